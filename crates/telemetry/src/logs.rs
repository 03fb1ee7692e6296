//! Logs: one JSON object a line on standard output, with the ids of the span it was written in.

use json_subscriber::JsonLayer;
use opentelemetry::trace::TraceContextExt as _;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{EnvFilter, LevelFilter};
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
    json.add_multiple_dynamic_fields(|_event, _context, line| {
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
    Ok(json.with_filter(filter))
}
