//! Where in JSON something is wrong.

use std::fmt::Write as _;
use std::ops::Range;

use crate::refusal::Place;

/// One step from a container to the value inside it.
pub(super) enum Step {
    Member(Name),
    Item(usize),
}

/// Where a member's name is, in the names of the members of all objects that are open.
pub(super) type Name = Range<usize>;

/// The JSON pointer (RFC 6901) of a path, cut where it would grow without bound.
pub(super) fn pointer(path: &[Step], names: &str) -> Place {
    const MAX_POINTER_BYTES: usize = 256;
    let mut text = String::new();
    for step in path {
        match step {
            Step::Member(name) => {
                text.push('/');
                text.push_str(&names[name.clone()].replace('~', "~0").replace('/', "~1"));
            }
            // Writing to a String cannot fail.
            Step::Item(index) => drop(write!(text, "/{index}")),
        }
        if text.len() > MAX_POINTER_BYTES {
            let end = text.floor_char_boundary(MAX_POINTER_BYTES);
            text.truncate(end);
            break;
        }
    }
    Place::Data(text)
}
