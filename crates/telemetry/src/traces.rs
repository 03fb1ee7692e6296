//! Traces: spans of the `tracing` crate, batched and sent by OTLP over HTTP.

use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracer, SdkTracerProvider};
use tracing::level_filters::LevelFilter;
use tracing::{Level, Subscriber};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{Filtered, Targets};
use tracing_subscriber::registry::LookupSpan;

use crate::{Service, StartError, Traces, https, resource, sampling, traced};

/// The semantic conventions that span and attribute names follow.
const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.42.0";

/// What sends spans must not make spans itself, or each export would cause the next.
const TRANSPORT: [&str; 6] = ["opentelemetry", "h2", "hyper", "hyper_util", "reqwest", "tower"];

/// The span of a batch has a link to each of its events that are recorded; the SDK's own limit is 128.
const LINKS: u32 = 1_024;

/// How long spans wait for company where somebody waits for them.
const SOON: Duration = Duration::from_millis(200);

/// A provider with its own batching thread; endpoint, sampler and limits come from `OTEL_*`.
/// `None` where traces are off.
pub(crate) fn provider(service: Service, traces: &Traces) -> Result<Option<SdkTracerProvider>, StartError> {
    let endpoint = match traces {
        Traces::Off => return Ok(None),
        Traces::AsTheEnvironmentSays if is_disabled() => return Ok(None),
        Traces::AsTheEnvironmentSays => None,
        Traces::To(endpoint) => Some(endpoint),
    };
    let exporter = SpanExporter::builder().with_http().with_http_client(https::client()?);
    let exporter = match endpoint {
        None => exporter.build()?,
        Some(endpoint) => exporter.with_endpoint(endpoint).build()?,
    };
    let mut settings = BatchConfigBuilder::default();
    if matches!(traces, Traces::To(_)) {
        settings = settings.with_scheduled_delay(SOON);
    }
    let processor = BatchSpanProcessor::builder(exporter).with_batch_config(settings.build()).build();
    let mut provider =
        SdkTracerProvider::builder().with_resource(resource::of(service)).with_span_processor(processor);
    provider = provider.with_id_generator(traced::Ids::default());
    if std::env::var_os("OTEL_SPAN_LINK_COUNT_LIMIT").is_none() {
        provider = provider.with_max_links_per_span(LINKS);
    }
    let sampler = match traces {
        Traces::To(_) => Some(sampling::everything()),
        Traces::AsTheEnvironmentSays | Traces::Off => sampling::from_environment(),
    };
    if let Some(sampler) = sampler {
        traced::decide_by(&sampler);
        provider = provider.with_sampler(sampler);
    }
    Ok(Some(provider.build()))
}

/// Whether `OTEL_SDK_DISABLED` switches traces off; the Rust SDK does not look itself.
fn is_disabled() -> bool {
    std::env::var("OTEL_SDK_DISABLED").is_ok_and(|value| value.eq_ignore_ascii_case("true"))
}

/// The layer that turns `tracing` spans into OpenTelemetry spans, without extras nobody reads.
pub(crate) fn layer<S>(
    provider: &SdkTracerProvider,
    service: Service,
) -> Filtered<OpenTelemetryLayer<S, SdkTracer>, Targets, S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let scope = InstrumentationScope::builder(service.name)
        .with_version(service.version)
        .with_schema_url(SCHEMA_URL)
        .build();
    let quiet = Targets::new()
        .with_default(Level::INFO)
        .with_targets(TRANSPORT.map(|target| (target, LevelFilter::OFF)));
    tracing_opentelemetry::layer()
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_error_records_to_exceptions(false)
        .with_error_fields_to_exceptions(false)
        .with_tracer(provider.tracer_with_scope(scope))
        .with_filter(quiet)
}
