//! The authorities whose certificates are believed: the system's, or only those of one file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use native_tls::{Certificate, Protocol, TlsConnector, TlsConnectorBuilder};
use service::Environment;

/// The authorities a connection is checked against. A file is read once, at the start.
#[derive(Clone, Default)]
pub struct Trust(Option<Arc<Authorities>>);

struct Authorities {
    path: PathBuf,
    pem: Vec<u8>,
    certificates: Vec<Certificate>,
}

/// Why a file of authorities is of no use. Its text goes on from the name of the setting.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// There is no such file, or it may not be read.
    #[error("names {path}, which cannot be read: {cause}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the operating system says.
        cause: std::io::Error,
    },
    /// Something else is in it.
    #[error("names {0}, which holds no certificates in PEM form")]
    NoCertificates(PathBuf),
}

impl Trust {
    /// Whom the system trusts: Debian's `ca-certificates`, or where `SSL_CERT_FILE` points.
    pub fn system() -> Self {
        Self::default()
    }

    /// The authorities of a PEM file and nobody else.
    pub fn of_file(path: &Path) -> Result<Self, TrustError> {
        let unreadable = |cause| TrustError::Unreadable { path: path.to_owned(), cause };
        let pem = std::fs::read(path).map_err(unreadable)?;
        let certificates = Certificate::stack_from_pem(&pem).unwrap_or_default();
        if certificates.is_empty() {
            return Err(TrustError::NoCertificates(path.to_owned()));
        }
        Ok(Self(Some(Arc::new(Authorities { path: path.to_owned(), pem, certificates }))))
    }

    /// The authorities of the file that the setting `name` names; the system's where it is not set.
    pub fn read(env: &mut Environment<'_>, name: &str) -> Option<Self> {
        match env.optional::<PathBuf>(name)? {
            None => Some(Self::system()),
            Some(path) => match Self::of_file(&path) {
                Ok(trust) => Some(trust),
                Err(error) => env.mistake(format!("{name} {error}")),
            },
        }
    }

    /// Where the authorities come from; `None` for the system's.
    pub fn file(&self) -> Option<&Path> {
        self.0.as_deref().map(|authorities| authorities.path.as_path())
    }

    /// The authorities' certificates; `None` for the system's.
    pub fn pem(&self) -> Option<&[u8]> {
        self.0.as_deref().map(|authorities| authorities.pem.as_slice())
    }

    /// A connector by TLS 1.2 or later that checks certificate and host name.
    pub fn connector(&self) -> TlsConnectorBuilder {
        let mut builder = TlsConnector::builder();
        builder.min_protocol_version(Some(Protocol::Tlsv12));
        if let Some(authorities) = &self.0 {
            builder.disable_built_in_roots(true);
            for certificate in &authorities.certificates {
                builder.add_root_certificate(certificate.clone());
            }
        }
        builder
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.file() {
            None => f.write_str("system"),
            Some(path) => write!(f, "{}", path.display()),
        }
    }
}
