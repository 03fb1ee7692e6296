//! Load at a chosen rate, whatever the gateway makes of it: for sizing, for autoscalers and for alerts.

pub(crate) mod events;
pub(crate) mod open_loop;
pub(crate) mod plan;
pub(crate) mod tally;
pub(crate) mod target;
