//! The HTTP client that spans leave by: an https endpoint is checked against the system's
//! authorities, or against those of the file that OpenTelemetry's variables name.

use std::path::Path;
use std::time::Duration;

use opentelemetry_otlp::{OTEL_EXPORTER_OTLP_TIMEOUT, OTEL_EXPORTER_OTLP_TRACES_TIMEOUT};
use reqwest::Certificate;
use reqwest::blocking::Client;
use reqwest::tls::Version;
use tls::{Trust, TrustError};

/// The one for traces goes first; <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>.
const CERTIFICATES: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"];
const TIMEOUTS: [&str; 2] = [OTEL_EXPORTER_OTLP_TRACES_TIMEOUT, OTEL_EXPORTER_OTLP_TIMEOUT];
/// What the specification says where no variable does.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// Why spans cannot be sent by HTTP.
#[derive(Debug, thiserror::Error)]
pub enum HttpsError {
    /// The file of authorities is of no use.
    #[error("{0} {1}")]
    Trust(&'static str, TrustError),
    /// The client refused its settings.
    #[error("the HTTP client that sends spans cannot be made: {0}")]
    Client(#[from] reqwest::Error),
    /// The thread that makes it ended.
    #[error("the HTTP client that sends spans was not made")]
    Thread,
}

/// A client for the batching thread.
pub(crate) fn client() -> Result<Client, HttpsError> {
    let mut builder = Client::builder().timeout(timeout()).tls_version_min(Version::TLS_1_2);
    if let Some((name, path)) = first_set(&CERTIFICATES) {
        let trust = Trust::of_file(Path::new(&path)).map_err(|error| HttpsError::Trust(name, error))?;
        let authorities = Certificate::from_pem_bundle(trust.pem().unwrap_or_default())?;
        builder = builder.tls_certs_only(authorities);
    }
    // A blocking client brings a runtime, which must not be made inside another.
    let made = std::thread::spawn(move || builder.build()).join();
    Ok(made.map_err(|_| HttpsError::Thread)??)
}

fn timeout() -> Duration {
    let set = first_set(&TIMEOUTS).and_then(|(_, text)| text.parse().ok());
    set.map_or(DEFAULT_TIMEOUT, Duration::from_millis)
}

fn first_set(names: &[&'static str]) -> Option<(&'static str, String)> {
    let set =
        |name: &&'static str| std::env::var(*name).ok().filter(|value| !value.is_empty()).map(|v| (*name, v));
    names.iter().find_map(set)
}
