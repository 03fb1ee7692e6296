//! Progress: from a state on, every way without further faults ends with all records decided. The
//! checker's own `eventually` overlooks paths that run in circles, and here a circle is the failure.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Mutex;

use super::Protocol;
use super::world::World;

/// States that are known to finish, by their hash.
#[derive(Default)]
pub(super) struct Finishing(Mutex<HashSet<u64>>);

/// Whether all records get decided, whatever the workers do first, once faults stop.
pub(super) fn is_certain(protocol: &Protocol, world: &World) -> bool {
    finishes(protocol, &mut protocol.finishing.0.lock().unwrap(), &mut Vec::new(), world)
}

fn finishes(protocol: &Protocol, known: &mut HashSet<u64>, way: &mut Vec<u64>, world: &World) -> bool {
    let mut hasher = DefaultHasher::new();
    world.hash(&mut hasher);
    let state = hasher.finish();
    if world.is_finished() || known.contains(&state) {
        return true;
    }
    if way.contains(&state) {
        return false;
    }
    way.push(state);
    let calm = world.calm_actions(&protocol.topic);
    let mut next = calm.iter().map(|action| world.after(&protocol.topic, protocol.guards, *action));
    let finishes = !calm.is_empty() && next.all(|world| finishes(protocol, known, way, &world));
    way.pop();
    if finishes {
        known.insert(state);
    }
    finishes
}
