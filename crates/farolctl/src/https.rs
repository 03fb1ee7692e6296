//! The HTTP client of every command: https is checked against the system's authorities, or
//! against those of one file, and never left for http.

use std::{path::Path, time::Duration};

use reqwest::{Certificate, Client, Url, tls::Version};
use tls::{Trust, TrustError};

/// The variable that names a PEM file of authorities for every https address.
const CA_FILE: &str = "FAROL_CA_FILE";

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{url}: expected an address that starts with http:// or https://")]
    Scheme { url: String },
    #[error("{CA_FILE} {0}")]
    Trust(#[from] TrustError),
    #[error("the HTTP client does not start: {0}")]
    Client(#[from] reqwest::Error),
}

/// A client for `base`, whose requests end after `timeout`.
pub(crate) fn client(base: &Url, timeout: Duration) -> Result<Client, Error> {
    let builder = Client::builder().timeout(timeout);
    let builder = match base.scheme() {
        "http" => builder,
        // A redirect must not take key and event to plain http either.
        "https" => builder.https_only(true).tls_version_min(Version::TLS_1_2),
        _ => return Err(Error::Scheme { url: base.to_string() }),
    };
    let file = std::env::var(CA_FILE).ok().filter(|path| !path.is_empty());
    let builder = match file {
        None => builder,
        Some(path) => builder.tls_certs_only(authorities(Path::new(&path))?),
    };
    Ok(builder.build()?)
}

fn authorities(path: &Path) -> Result<Vec<Certificate>, Error> {
    let trust = Trust::of_file(path)?;
    Ok(Certificate::from_pem_bundle(trust.pem().unwrap_or_default())?)
}

/// What the error at the bottom says, and for a failed handshake what to do.
pub(crate) fn cause(error: &reqwest::Error) -> String {
    let cause = crate::cause::root(error);
    match cause.contains("SSL routines") || cause.contains("certificate") {
        true => {
            format!("{cause}\n  {CA_FILE} names a PEM file of authorities to trust instead of the system's.")
        }
        false => cause,
    }
}
