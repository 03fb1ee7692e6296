//! Work in its trace. Whether that is recorded is decided before a span is made: nearly none are, and what nobody will see
//! is only ids, for logs, answers and the next service.

use std::cell::Cell;
use std::sync::OnceLock;

use futures::future::Either;
use opentelemetry::Context;
use opentelemetry::trace::{
    FutureExt as _, SpanContext, SpanId, SpanKind, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator, SamplingDecision, ShouldSample};
use tracing::{Instrument as _, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::propagation::{self, Remote};
use crate::sampling::FollowLinks;

/// What decides about traces that begin here. There is none where traces are off, or where the SDK was told to decide: then
/// everything gets a span.
static SAMPLER: OnceLock<FollowLinks> = OnceLock::new();

thread_local! {
    /// The id that the next trace to begin on this thread gets: the one that was decided by.
    static DRAWN: Cell<Option<TraceId>> = const { Cell::new(None) };
}

pub(crate) fn decide_by(sampler: &FollowLinks) {
    // Telemetry is set up once in a process; a second try fails where the subscriber is set.
    SAMPLER.get_or_init(|| sampler.clone());
}

/// Random ids, but for traces that were decided before they began.
#[derive(Debug, Default)]
pub(crate) struct Ids(RandomIdGenerator);

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> TraceId {
        DRAWN.take().unwrap_or_else(|| self.0.new_trace_id())
    }

    fn new_span_id(&self) -> SpanId {
        self.0.new_span_id()
    }
}

/// Work that has begun; whose trace it goes on is not known yet.
pub struct Undecided {
    make: fn() -> Span,
    /// Not entered yet. Disabled where a trace that begins here would not be recorded.
    span: Span,
    root: Root,
}

/// What a trace that begins here would be.
enum Root {
    /// Whatever the SDK makes of it.
    LeftToSdk,
    Recorded(TraceId),
    Unrecorded(TraceId),
}

impl Root {
    fn draw() -> Self {
        let Some(sampler) = SAMPLER.get() else { return Self::LeftToSdk };
        let id = RandomIdGenerator::default().new_trace_id();
        match sampler.should_sample(None, id, "", &SpanKind::Server, &[], &[]).decision {
            SamplingDecision::RecordAndSample => Self::Recorded(id),
            SamplingDecision::Drop | SamplingDecision::RecordOnly => Self::Unrecorded(id),
        }
    }
}

impl Undecided {
    /// Work that begins now; where it is recorded, `make` makes its span.
    pub fn new(make: fn() -> Span) -> Self {
        let root = Root::draw();
        let span = if matches!(root, Root::Unrecorded(_)) { Span::none() } else { make() };
        Self { make, span, root }
    }

    /// The same in the trace of `sender`, or in one of its own.
    pub fn decide(mut self, sender: &Remote) -> Traced {
        let span = std::mem::replace(&mut self.span, Span::none());
        match (std::mem::replace(&mut self.root, Root::LeftToSdk), sender.span_context()) {
            // A span that is there follows its sender, whatever that decided.
            (Root::LeftToSdk, _) | (Root::Recorded(_), Some(_)) => Traced::recorded(span, sender),
            // What only the sender wants recorded begins when that is known.
            (Root::Unrecorded(_), Some(parent)) if parent.is_sampled() => {
                Traced::recorded((self.make)(), sender)
            }
            (Root::Unrecorded(_), Some(parent)) => {
                Traced::unrecorded(sender.context(), parent.trace_id(), parent.trace_state().clone())
            }
            (Root::Recorded(id), None) => {
                begin_trace(&span, id);
                Traced { span, ids: None }
            }
            (Root::Unrecorded(id), None) => Traced::unrecorded(Context::new(), id, TraceState::NONE),
        }
    }
}

/// Work that ends before its sender is known was a trace of its own.
impl Drop for Undecided {
    fn drop(&mut self) {
        if let Root::Recorded(id) = self.root {
            begin_trace(&self.span, id);
        }
    }
}

fn begin_trace(span: &Span, id: TraceId) {
    DRAWN.set(Some(id));
    // Its context starts it.
    drop(span.context());
    // Nobody else's, should the span be switched off.
    DRAWN.set(None);
}

/// Work in its trace.
#[derive(Clone)]
pub struct Traced {
    /// Disabled where it is not recorded.
    span: Span,
    /// What stands for the span there.
    ids: Option<Context>,
}

impl Traced {
    /// Work without any trace.
    pub fn none() -> Self {
        Self { span: Span::none(), ids: None }
    }

    /// Work in the trace of `sender`, or in one that begins with it; where it is recorded, `make` makes its span.
    pub fn new(sender: &Remote, make: fn() -> Span) -> Self {
        Undecided::new(make).decide(sender)
    }

    fn recorded(span: Span, sender: &Remote) -> Self {
        propagation::adopt(&span, sender);
        Self { span, ids: None }
    }

    fn unrecorded(base: Context, trace_id: TraceId, state: TraceState) -> Self {
        let span_id = RandomIdGenerator::default().new_span_id();
        let ids = SpanContext::new(trace_id, span_id, TraceFlags::NOT_SAMPLED, false, state);
        Self { span: Span::none(), ids: Some(base.with_remote_span_context(ids)) }
    }

    /// Its span; disabled where it has none.
    pub fn span(&self) -> &Span {
        &self.span
    }

    /// The id of its trace; `None` where traces are off.
    pub fn trace_id(&self) -> Option<TraceId> {
        match &self.ids {
            Some(ids) => propagation::trace_id_of(ids),
            None => propagation::trace_id(&self.span),
        }
    }

    /// Lets `work` run in it.
    pub fn run<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        match &self.ids {
            Some(ids) => Either::Left(work.with_context(ids.clone())),
            None => Either::Right(work.instrument(self.span.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

    fn undecided(root: Root) -> Undecided {
        Undecided { make: || panic!("nobody will see this span"), span: Span::none(), root }
    }

    fn unsampled() -> Remote {
        propagation::extract_fields(Some(PARENT), None)
    }

    #[test]
    fn what_is_not_recorded_has_the_ids_of_its_trace_and_no_span() {
        let traced = undecided(Root::Unrecorded(TraceId::from(7))).decide(&Remote::None);
        assert!(traced.span().is_none());
        assert_eq!(traced.trace_id(), Some(TraceId::from(7)));
    }

    #[tokio::test]
    async fn what_the_sender_does_not_record_goes_on_in_its_trace_as_a_child() {
        let traced = undecided(Root::Unrecorded(TraceId::from(7))).decide(&unsampled());
        let mut headers = std::collections::HashMap::new();
        traced.run(async { propagation::inject_current(&mut headers) }).await;
        let header = &headers["traceparent"];
        assert!(
            header.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && header.ends_with("-00"),
            "{header}"
        );
        assert_ne!(header, PARENT);
    }

    #[test]
    fn a_trace_that_was_decided_gets_the_id_that_it_was_decided_by() {
        DRAWN.set(Some(TraceId::from(9)));
        let ids = Ids::default();
        assert_eq!(ids.new_trace_id(), TraceId::from(9));
        assert_ne!(ids.new_trace_id(), TraceId::from(9));
    }
}
