//! One event of a request: what is known of it, and what is decided.

use std::collections::HashMap;

use event::{Digest, Event, EventKey};
use flags::Shedding;

use super::{Decision, shed};
use crate::keys::Key;
use crate::problem::{Kind, Problem};

/// The first event of each identity in the request: where it is, and its content.
pub(super) type Firsts = HashMap<EventKey, (usize, Digest)>;

pub(super) struct Entry<'e> {
    /// What is known of it; `None` while it is to be published.
    pub(super) decision: Option<Decision>,
    pub(super) known: Option<Known<'e>>,
}

pub(super) struct Known<'e> {
    pub(super) event: &'e Event,
    pub(super) key: EventKey,
    pub(super) digest: Digest,
    /// The earlier entry that this one repeats.
    pub(super) repeats: Option<usize>,
}

impl<'e> Entry<'e> {
    pub(super) fn refused(problem: Problem) -> Self {
        Self { decision: Some(Decision::Refused(problem)), known: None }
    }

    /// The entry of the event at `index`, with what `key`, flags and the request's `firsts` decide.
    pub(super) fn of(
        index: usize,
        event: &'e Event,
        key: &Key,
        shedding: Option<&Shedding>,
        firsts: Option<&mut Firsts>,
    ) -> Self {
        if !key.may_use(event.attributes.source.as_str()) {
            return Self::refused(Problem::new(Kind::Forbidden, "the key may not use this source"));
        }
        let key = event.key();
        if let Some(problem) = shedding.and_then(|shedding| shed::refusal(shedding, event, key)) {
            return Self::refused(problem);
        }
        let digest = event.digest();
        let this = (index, digest);
        let (first, its_digest) = firsts.map_or(this, |firsts| *firsts.entry(key).or_insert(this));
        let known = Known { event, key, digest, repeats: (first != index).then_some(first) };
        let decision = (its_digest != digest).then(|| Decision::Refused(conflict()));
        Self { decision, known: Some(known) }
    }

    /// What has to go on: not decided, and not the repeat of another entry.
    pub(super) fn open(&self) -> Option<&Known<'e>> {
        match &self.decision {
            None => self.known.as_ref().filter(|known| known.repeats.is_none()),
            Some(_) => None,
        }
    }
}

pub(super) fn conflict() -> Problem {
    Problem::new(
        Kind::Conflict,
        "an event with this source and id, but with other content, was accepted before; a new event needs a new id",
    )
}
