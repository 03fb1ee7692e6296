//! The worker's protocol as a model whose every interleaving is looked at: batches, ledger,
//! rebalances, crashes and lost answers. It calls the worker's own decisions; the world around
//! them is told here. What it covers and what it does not: `docs/adr/0003-model.md`.

mod batches;
mod database;
mod guards;
mod invariants;
mod member;
mod progress;
mod tests;
mod topic;
mod world;

use stateright::{Model, Property};

use guards::Guards;
use progress::Finishing;
use topic::Topic;
use world::{Action, World};

/// What retention may take from the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Retention {
    /// Only what the ledger says is decided: the promise's condition.
    OfDecided,
    /// Anything: the condition is broken.
    OfAnything,
}

/// The protocol with some of its guards.
struct Protocol {
    topic: Topic,
    guards: Guards,
    retention: Retention,
    properties: Vec<Property<Self>>,
    finishing: Finishing,
}

impl Protocol {
    fn new(guards: Guards, retention: Retention, properties: Vec<Property<Self>>) -> Self {
        Self { topic: Topic::new(), guards, retention, properties, finishing: Finishing::default() }
    }
}

impl Model for Protocol {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::new()]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        actions.extend(world.actions(&self.topic, self.guards, self.retention));
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        Some(world.after(&self.topic, self.guards, action))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        self.properties.clone()
    }
}
