//! What a request finds on its own thread, so that no other thread has to be asked or woken.

use crate::publisher::Wakes;
use crate::redis::Redis;
use crate::startup::State;

/// What a thread that takes requests has of its own.
pub(crate) struct Lane {
    pub(super) redis: Redis,
    pub(super) wakes: Wakes,
}

impl Lane {
    pub(crate) fn of_this_thread(state: &State) -> Self {
        Self { redis: state.redis.of_this_thread(), wakes: Wakes::of_this_thread() }
    }
}
