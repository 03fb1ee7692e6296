//! The golden signals in the terminal: what is shown (`signals`), what one round of questions found
//! (`snapshot`), how that looks (`frame`) and the terminal it is drawn on (`terminal`).

pub(crate) mod frame;
pub(crate) mod live;
mod section;
pub(crate) mod signals;
pub(crate) mod snapshot;
mod spark;
mod terminal;

#[cfg(test)]
mod frame_tests;
#[cfg(test)]
mod snapshot_tests;
