//! Logs: one JSON object a line on standard output, with the ids of the span it was written in.

use json_subscriber::JsonLayer;
use opentelemetry::trace::TraceContextExt as _;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{EnvFilter, FilterExt as _, LevelFilter, filter_fn};
use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::registry::LookupSpan;

use crate::StartError;

/// The log layer, filtered by `FAROL_LOG` (`info` by default).
pub(crate) fn layer<S>() -> Result<impl Layer<S>, StartError>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let directives = std::env::var("FAROL_LOG").unwrap_or_default();
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).parse(directives)?;
    let mut json = JsonLayer::stdout();
    json.with_timer("timestamp", SystemTime);
    json.with_level("level");
    json.with_target("target");
    json.with_flattened_event();
    json.add_multiple_dynamic_fields(|event, _context, line| {
        if let Some(name) = name_of(event) {
            let written = line.write_field("event.name", name);
            debug_assert!(written.is_ok(), "a string always becomes JSON");
        }
        let context = opentelemetry::Context::current();
        let span = context.span();
        let ids = span.span_context();
        if ids.is_valid() {
            let written = line
                .write_field("trace_id", ids.trace_id().to_string())
                .and_then(|()| line.write_field("span_id", ids.span_id().to_string()))
                .and_then(|()| line.write_field("trace_flags", format!("{:02x}", ids.trace_flags().to_u8())));
            debug_assert!(written.is_ok(), "a string always becomes JSON");
        }
    });
    // Lines ask for nothing but the ids, so spans need not be made for them: with traces off there
    // are none at all.
    let finest = filter.max_level_hint().unwrap_or(LevelFilter::TRACE);
    // A filter that does not say so is taken to want every level, and then nothing in the process is off at its place.
    let events = filter_fn(|metadata| metadata.is_event()).with_max_level_hint(finest);
    Ok(json.with_filter(filter.and(events)))
}

/// The name that its place in the source gives an event; one without gets a name from the macro, and
/// those of libraries that log otherwise all have the same.
fn name_of(event: &Event<'_>) -> Option<&'static str> {
    let name = event.metadata().name();
    (!name.starts_with("event ") && name != "log event").then_some(name)
}
