//! Where Redis is, as fred wants it told, and what to do when its TLS handshake fails.

use std::time::{Duration, Instant};

use fred::error::{Error, ErrorKind};
use fred::types::config::{Config, Server, TlsConfig};
use tls::Advice;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::config;

const ADVICE: Advice = Advice {
    address: "FAROL_REDIS_URL",
    ca_file: "FAROL_REDIS_CA_FILE",
    without: "redis:// instead of rediss:// in FAROL_REDIS_URL",
};
/// How often the same failure is told.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// The URL's settings; with TLS, those and nobody else are trusted whom the settings name.
pub(crate) fn settings(config: &config::Redis) -> Result<Config, Error> {
    let mut settings = Config::from_url(config.url.reveal())?;
    if settings.tls.is_some() {
        let connector = config.trust.connector().build();
        let connector = connector.map_err(|error| Error::new(ErrorKind::Tls, error.to_string()))?;
        settings.tls = Some(TlsConfig::from(connector));
    }
    Ok(settings)
}

/// What fred says of a connection made by `settings`, with advice where TLS may be the matter.
pub(crate) fn cause(settings: &Config, error: &Error) -> String {
    match error.kind() {
        ErrorKind::Tls => format!("{error}; {}", ADVICE.about(error.details())),
        // Redis without TLS takes the handshake for the start of a command, and waits for its end.
        ErrorKind::Timeout if settings.tls.is_some() => {
            format!("{error}; a server that speaks no TLS stays silent: go without by {}", ADVICE.without)
        }
        _ => error.to_string(),
    }
}

/// Tells of handshakes that fail while fred connects again and again: nobody else would.
pub(super) async fn tell_of_handshakes(settings: Config, mut errors: Receiver<(Error, Option<Server>)>) {
    let mut told: Option<(String, Instant)> = None;
    loop {
        let error = match errors.recv().await {
            Ok((error, _)) if *error.kind() == ErrorKind::Tls => cause(&settings, &error),
            Ok(_) | Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        if !told.as_ref().is_some_and(|(last, at)| *last == error && at.elapsed() < TOLD_EVERY) {
            tracing::warn!(name: "redis_tls_failed", error, "Redis cannot be connected to by TLS");
            told = Some((error, Instant::now()));
        }
    }
}
