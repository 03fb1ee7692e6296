//! The JSON event format of CloudEvents 1.0.2: one event as a JSON object, a batch as an array
//! of them. Which message holds which is the bindings' matter.

mod batch;
mod structured;

pub use batch::BatchRefusal;
pub(crate) use batch::read as read_batch;
pub(crate) use structured::{read, write};

/// The media type of an event in this format.
pub const STRUCTURED_JSON: &str = "application/cloudevents+json";

/// The media type of a batch in this format.
pub const BATCHED_JSON: &str = "application/cloudevents-batch+json";

#[cfg(test)]
mod tests;
