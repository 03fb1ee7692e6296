//! Where in JSON something is wrong: told on the way out of what it is in.

use crate::refusal::{Place, Refusal};

/// Where a pointer is cut.
const MAX_POINTER_BYTES: usize = 256;

/// The refusal of what is the item `index` of an array, seen from the array.
pub(super) fn in_item(index: usize, refusal: Refusal) -> Refusal {
    inside(&index.to_string(), refusal)
}

/// The refusal of what is the member `name` of an object, seen from the object.
pub(super) fn in_member(name: &[u8], refusal: Refusal) -> Refusal {
    inside(&String::from_utf8_lossy(name).replace('~', "~0").replace('/', "~1"), refusal)
}

/// Puts a step before a JSON pointer (RFC 6901).
fn inside(step: &str, mut refusal: Refusal) -> Refusal {
    if let Place::Data(pointer) = &mut refusal.place {
        *pointer = format!("/{step}{pointer}");
        pointer.truncate(pointer.floor_char_boundary(MAX_POINTER_BYTES));
    }
    refusal
}
