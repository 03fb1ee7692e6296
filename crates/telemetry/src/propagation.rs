//! Trace context across process borders: W3C `traceparent` in, `traceparent` out.

use std::sync::LazyLock;

use opentelemetry::propagation::{Extractor, Injector, TextMapCompositePropagator, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use uuid::Uuid;

/// The field that names a message's span (W3C Trace Context, "traceparent header").
pub const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";

/// The span that a message came from, as its carrier told it.
#[derive(Debug, Clone)]
pub enum Remote {
    /// The carrier holds no trace context.
    None,
    /// The carrier holds something that is no trace context; the receiver starts a new trace.
    Broken,
    /// The context of the sender's span.
    Span(Context),
}

impl Remote {
    /// Whether the sender decided that this trace is recorded.
    pub fn is_sampled(&self) -> bool {
        self.of_span(SpanContext::is_sampled).unwrap_or_default()
    }

    /// The trace's id.
    pub fn trace_id(&self) -> Option<TraceId> {
        self.of_span(SpanContext::trace_id)
    }

    pub(crate) fn span_context(&self) -> Option<SpanContext> {
        self.of_span(SpanContext::clone)
    }

    fn of_span<T>(&self, of: impl FnOnce(&SpanContext) -> T) -> Option<T> {
        match self {
            Self::Span(context) => Some(of(context.span().span_context())),
            Self::None | Self::Broken => None,
        }
    }

    /// All that the sender told, its baggage included.
    pub(crate) fn context(&self) -> Context {
        match self {
            Self::Span(context) => context.clone(),
            Self::None | Self::Broken => Context::new(),
        }
    }
}

/// Not the global one, which everything would lock that reads or writes a context.
static PROPAGATOR: LazyLock<TextMapCompositePropagator> = LazyLock::new(|| {
    let propagators: Vec<Box<dyn TextMapPropagator + Send + Sync>> =
        vec![Box::new(TraceContextPropagator::new()), Box::new(BaggagePropagator::new())];
    TextMapCompositePropagator::new(propagators)
});

/// Reads the sender's span out of a message.
pub fn extract(carrier: &dyn Extractor) -> Remote {
    let Some(header) = carrier.get(TRACEPARENT) else { return Remote::None };
    // An empty context as the base: what happens to be current here must not leak in.
    let context = PROPAGATOR.extract_with_context(&Context::new(), carrier);
    match context.span().span_context().is_valid() {
        true => Remote::Span(context),
        false if header.is_empty() => Remote::None,
        false => Remote::Broken,
    }
}

/// The same, where a message holds the two fields of a trace context among others of any name.
pub fn extract_fields(traceparent: Option<&str>, tracestate: Option<&str>) -> Remote {
    extract(&Fields { traceparent, tracestate })
}

/// Writes `span` into a message, for whoever receives it to continue the trace.
pub fn inject(span: &Span, carrier: &mut dyn Injector) {
    inject_context(&span.context(), carrier);
}

/// The same for the work that this is called in, whether it has a span or not.
pub fn inject_current(carrier: &mut dyn Injector) {
    inject_context(&Context::current(), carrier);
}

fn inject_context(context: &Context, carrier: &mut dyn Injector) {
    PROPAGATOR.inject_context(context, &mut WithoutEmpty(carrier));
}

/// Makes the sender's span the parent of `span`, which must not have been entered yet.
pub fn adopt(span: &Span, remote: &Remote) {
    if let Remote::Span(context) = remote
        && let Err(error) = span.set_parent(context.clone())
        && !span.is_disabled()
    {
        // Traces switched off have no layer and no parent to set; anything else is our mistake.
        tracing::debug!(%error, "the span could not join its trace");
    }
}

/// Links `span` to the sender's span where that is of another trace. Those of one trace are related
/// already, and a link inside a trace makes viewers show it instead of the parent.
pub fn link_elsewhere(span: &Span, remote: &Remote) {
    if let Some(sender) = remote.span_context()
        && span.context().span().span_context().trace_id() != sender.trace_id()
    {
        span.add_link(sender);
    }
}

/// Links `span`, which must not have been entered yet, to each of the others, and then each to it.
pub fn link_with_each<'s>(span: &Span, others: impl Iterator<Item = &'s Span> + Clone) {
    // Its own context starts it, and the sampler looks at the links that it starts with.
    for other in others.clone() {
        span.add_link(other.context().span().span_context().clone());
    }
    let ids = span.context().span().span_context().clone();
    if ids.is_sampled() {
        others.for_each(|other| other.add_link(ids.clone()));
    }
}

/// Tells on `span` that something happened, without a log line.
pub fn add_event<const N: usize>(span: &Span, name: &'static str, attributes: [(&'static str, String); N]) {
    let attributes = attributes.map(|(key, value)| KeyValue::new(key, value));
    span.add_event(name, attributes.into());
}

/// Gives a span that has begun its name: from a field it would not be taken any more.
pub fn rename(span: &Span, name: String) {
    span.context().span().update_name(name);
}

/// Whether anybody will see `span`; what would only be a child of it can be left out else.
pub fn is_recorded(span: &Span) -> bool {
    !span.is_disabled() && span.context().span().span_context().is_sampled()
}

/// The id of the trace that `span` belongs to; `None` where traces are off.
pub fn trace_id(span: &Span) -> Option<TraceId> {
    trace_id_of(&span.context())
}

/// The id of the trace that this is called in, whether it has a span or not.
pub fn current_trace_id() -> Option<TraceId> {
    Context::map_current(trace_id_of)
}

pub(crate) fn trace_id_of(context: &Context) -> Option<TraceId> {
    let span = context.span();
    let ids = span.span_context();
    ids.is_valid().then(|| ids.trace_id())
}

/// A trace's id in hexadecimal. Its own formatter is slower, and every event's answer has one.
pub fn in_hexadecimal(id: TraceId) -> String {
    Uuid::from_bytes(id.to_bytes()).simple().encode_lower(&mut Uuid::encode_buffer()).to_owned()
}

/// A trace context and nothing else.
struct Fields<'m> {
    traceparent: Option<&'m str>,
    tracestate: Option<&'m str>,
}

impl Extractor for Fields<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            TRACEPARENT => self.traceparent,
            TRACESTATE => self.tracestate,
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT, TRACESTATE]
    }
}

/// The propagator writes an empty `tracestate`, which would be one useless header a message.
struct WithoutEmpty<'c>(&'c mut dyn Injector);

impl Injector for WithoutEmpty<'_> {
    fn set(&mut self, key: &str, value: String) {
        if !value.is_empty() {
            self.0.set(key, value);
        }
    }
}
