//! How a connection is secured, in libpq's words
//! (<https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS>).

/// libpq's `sslmode`, without `allow` and `prefer`: these go on in plain text without a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SslMode {
    /// No TLS.
    Disable,
    /// TLS with anybody: keeps out who only listens, not who answers in the server's place.
    Require,
    /// TLS with whoever has a certificate of a trusted authority, for any host.
    VerifyCa,
    /// TLS with the host that was meant.
    VerifyFull,
}

impl SslMode {
    /// The mode of this name; `None` for what is unknown, or known and refused.
    pub(crate) fn named(text: &str) -> Option<Self> {
        match text {
            "disable" => Some(Self::Disable),
            "require" => Some(Self::Require),
            "verify-ca" => Some(Self::VerifyCa),
            "verify-full" => Some(Self::VerifyFull),
            _ => None,
        }
    }
}
