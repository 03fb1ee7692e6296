//! Events that are not taken now, because the flag `shed-events` says so.

use event::{Event, EventKey};
use flags::Shedding;
use tracing::Span;

use crate::problem::{Kind, Problem};

/// Why the event is not taken, if it is one of those.
pub(super) fn refusal(shedding: &Shedding, event: &Event, key: EventKey) -> Option<Problem> {
    let (event_type, source) = (event.attributes.event_type.as_str(), event.attributes.source.as_str());
    let problem = || {
        let detail = "events of this type or source are not taken now; repeat with the same id";
        Problem::new(Kind::Shed, detail).retry_after(shedding.retry_after())
    };
    shedding.covers(event_type, source, key.as_uuid().into_bytes()).then(problem)
}

/// Tells the request's span which flag it was, once, if any event was refused for it.
pub(super) fn tell<'p>(shedding: Option<Shedding>, mut refusals: impl Iterator<Item = &'p Problem>) {
    if let Some(shedding) = shedding
        && refusals.any(|problem| problem.kind == Kind::Shed)
    {
        shedding.tell(&Span::current());
    }
}
