//! How Farol's services tell what they do: traces by OTLP, metrics for Prometheus, logs as
//! JSON lines, one start and one orderly stop for all three. Knows no domain type.
//!
//! The only crate that touches the OpenTelemetry SDK and its exporter.

mod broken_contexts;
mod build_info;
mod database_operations;
mod https;
mod kafka_statistics;
mod logs;
mod metrics_page;
mod pool;
mod propagation;
mod resource;
mod runtimes;
mod sampling;
mod traced;
mod traces;

use std::time::Duration;

use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub use database_operations::{DATABASE_OPERATION_DURATION, postgres_operation};
pub use https::HttpsError;
pub use kafka_statistics::KafkaStatistics;
pub use metrics_page::{MetricsPage, SECONDS_SUFFIX, describe};
pub use opentelemetry::propagation::{Extractor, Injector};
pub use opentelemetry::trace::TraceId;
pub use pool::{postgres_pool, postgres_pool_timeout};
pub use propagation::{
    Remote, TRACEPARENT, add_event, adopt, current_trace_id, extract, extract_fields, in_hexadecimal, inject,
    inject_current, is_recorded, link_elsewhere, link_with_each, rename, trace_id,
};
pub use sampling::sample_roots;
pub use traced::{Traced, Undecided};

/// Who speaks: becomes the resource of every span, unless the environment says otherwise.
#[derive(Debug, Clone, Copy)]
pub struct Service {
    /// `service.name`
    pub name: &'static str,
    /// `service.version`
    pub version: &'static str,
}

/// Why telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The OTLP exporter refused its settings.
    #[error("the OTLP trace exporter cannot be built: {0}")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// A file of authorities is of no use, or the HTTP client refused its settings.
    #[error("{0}")]
    Https(#[from] HttpsError),
    /// `FAROL_LOG` is not a filter.
    #[error("FAROL_LOG is not a log filter such as `info` or `warn,gateway=debug`: {0}")]
    LogFilter(#[from] tracing_subscriber::filter::ParseError),
    /// Buckets or recorder were refused.
    #[error("the metrics recorder cannot be built: {0}")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
    /// Something else in the process already took the place.
    #[error("telemetry is already set up in this process: {0}")]
    AlreadyThere(#[from] tracing_subscriber::util::TryInitError),
}

/// Telemetry that is set up. [`Telemetry::shutdown`] must be the last thing a program does.
pub struct Telemetry {
    provider: Option<SdkTracerProvider>,
    metrics: MetricsPage,
}

/// Where spans go.
#[derive(Debug, Clone)]
pub enum Traces {
    /// Where the OpenTelemetry variables of the environment say.
    AsTheEnvironmentSays,
    /// To this OTLP/HTTP endpoint, such as `http://127.0.0.1:4318/v1/traces`, and all that begin here, at once.
    To(String),
    /// Nowhere: no span is made at all.
    Off,
}

/// Sets up traces, logs and metrics for the whole process, as the environment says.
///
/// Honours the OpenTelemetry variables (`OTEL_EXPORTER_OTLP_*`, `OTEL_TRACES_SAMPLER*`,
/// `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_SERVICE_NAME`, `OTEL_BSP_*`, `OTEL_SPAN_*_LIMIT`);
/// `OTEL_SDK_DISABLED=true` switches traces off. Of the variables about certificates it knows
/// `OTEL_EXPORTER_OTLP_CERTIFICATE` and `OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE`. Where no sampler is
/// named, `FAROL_DEV` decides which it is. `FAROL_LOG` filters the log.
pub fn start(service: Service) -> Result<Telemetry, StartError> {
    start_with(service, Traces::AsTheEnvironmentSays)
}

/// Sets up traces, logs and metrics for the whole process, with spans going where `traces` says.
pub fn start_with(service: Service, traces: Traces) -> Result<Telemetry, StartError> {
    let log = logs::layer()?;
    let metrics = MetricsPage::install()?;
    build_info::set(service);
    let provider = traces::provider(service, &traces)?;
    let spans = provider.as_ref().map(|provider| traces::layer(provider, service));
    tracing_subscriber::registry().with(spans).with(log).try_init()?;
    report_panics();
    Ok(Telemetry { provider, metrics })
}

impl Telemetry {
    /// The page that Prometheus scrapes.
    pub fn metrics(&self) -> MetricsPage {
        self.metrics.clone()
    }

    /// Sends what is still queued, for `budget` at the longest. The last log line of a program
    /// may come after this; a span that ends after this is lost.
    pub async fn shutdown(self, budget: Duration) {
        let Some(provider) = self.provider else { return };
        // The batch processor's thread is waited for, which a runtime's thread must not do.
        let flushed = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(budget)).await;
        match flushed {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(
                    name: "spans_not_flushed",
                    %error,
                    "spans may be lost: the tracer did not flush in time"
                )
            }
            Err(error) => {
                tracing::warn!(
                    name: "spans_flush_broke_off",
                    %error,
                    "spans may be lost: the flush did not run"
                )
            }
        }
    }
}

/// A panic is logged like any other failure, inside the span it happened in.
fn report_panics() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let location = panic.location().map(ToString::to_string);
        tracing::error!(name: "panic", location, exception.r#type = "panic", "a thread panicked");
        default(panic);
    }));
}
