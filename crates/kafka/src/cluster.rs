//! The settings of a connection to Kafka, and librdkafka's properties for them.

use std::path::{Path, PathBuf};

use rdkafka::ClientConfig;
use service::{Environment, Secret};
use tls::Trust;

use crate::access::Access;
use crate::login::{Login, MECHANISM};
use crate::protocol::Protocol;

/// The setting with the bootstrap servers.
pub const BROKERS: &str = "FAROL_KAFKA_BROKERS";
/// The longest pause before a broker that was lost is tried again. The client doubles its pause up to this, and adds up to
/// half of it: with its own default, 10 s, a broker that came back went unused for up to 15 s.
pub const LONGEST_RECONNECT_PAUSE_MS: &str = "1000";
const PROTOCOL: &str = "FAROL_KAFKA_SECURITY_PROTOCOL";
pub(crate) const CA_FILE: &str = "FAROL_KAFKA_CA_FILE";
const CERTIFICATE_FILE: &str = "FAROL_KAFKA_CLIENT_CERTIFICATE_FILE";
const KEY_FILE: &str = "FAROL_KAFKA_CLIENT_KEY_FILE";
const KEY_PASSWORD: &str = "FAROL_KAFKA_CLIENT_KEY_PASSWORD";

/// Where the brokers are and how connections to them are secured.
#[derive(Debug, Clone)]
pub struct Cluster {
    brokers: String,
    protocol: Protocol,
    trust: Trust,
    identity: Option<Identity>,
    login: Option<Login>,
}

/// A certificate of our own, for brokers that ask for one.
#[derive(Debug, Clone)]
struct Identity {
    certificate: PathBuf,
    key: PathBuf,
    key_password: Option<Secret>,
}

impl Cluster {
    /// Reads `FAROL_KAFKA_BROKERS` and how to get there. Where the protocol is not named, TLS is
    /// used as soon as one broker is elsewhere or anything is said about certificates, and SASL as
    /// soon as there is a login.
    pub fn read(env: &mut Environment<'_>) -> Option<Self> {
        let brokers = env.required::<String>(BROKERS, "Kafka's bootstrap servers, as host:port,…");
        let named = env.optional::<Protocol>(PROTOCOL);
        let trust = Trust::read(env, CA_FILE);
        let identity = Identity::read(env);
        let login = Login::read(env);
        let (brokers, trust, identity, login) = (brokers?, trust?, identity?, login?);
        let certificates = trust.file().is_some() || identity.is_some();
        let elsewhere = !brokers.split(',').all(|broker| tls::is_loopback(host(broker)));
        let protocol = named?.unwrap_or(Protocol::of(certificates || elsewhere, login.is_some()));
        let cluster = Self { brokers, protocol, trust, identity, login };
        match cluster.contradiction() {
            None => Some(cluster),
            Some(contradiction) => env.mistake(contradiction),
        }
    }

    /// Where they are, as it was told.
    pub fn brokers(&self) -> &str {
        &self.brokers
    }

    /// The same brokers, logged in to by tokens that `signer` signs.
    pub fn signed_by(self, signer: aws::Signer) -> Self {
        let protocol = Protocol::of(self.protocol.has_tls(), true);
        Self { protocol, login: Some(Login::Token(signer)), ..self }
    }

    /// How a client of these brokers logs in; it goes with the properties.
    pub fn access(&self) -> Access {
        Access::new(self.login.as_ref().and_then(Login::signer).cloned())
    }

    /// librdkafka's properties for a client of these brokers.
    pub fn client_config(&self) -> ClientConfig {
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", &self.brokers).set("security.protocol", self.protocol.name());
        client.set("reconnect.backoff.max.ms", LONGEST_RECONNECT_PAUSE_MS);
        if self.protocol.has_tls() {
            self.apply_tls(&mut client);
        }
        if let Some(login) = &self.login {
            login.apply(&mut client);
        }
        client
    }

    fn apply_tls(&self, client: &mut ClientConfig) {
        // `probe` is where distributions keep the system's authorities.
        let authorities = self.trust.file().unwrap_or(Path::new("probe"));
        client
            .set("ssl.ca.location", authorities.to_string_lossy())
            .set("enable.ssl.certificate.verification", "true")
            // The host name too, which an old default of librdkafka left out.
            .set("ssl.endpoint.identification.algorithm", "https");
        if let Some(identity) = &self.identity {
            client
                .set("ssl.certificate.location", identity.certificate.to_string_lossy())
                .set("ssl.key.location", identity.key.to_string_lossy());
            if let Some(password) = &identity.key_password {
                client.set("ssl.key.password", password.reveal());
            }
        }
    }

    /// What was said and would not be done.
    fn contradiction(&self) -> Option<String> {
        let protocol = self.protocol.name();
        let certificates = self.trust.file().is_some() || self.identity.is_some();
        if certificates && !self.protocol.has_tls() {
            return Some(format!(
                "{PROTOCOL} is {protocol}, and certificates are set that only TLS would use"
            ));
        }
        match (&self.login, self.protocol.has_sasl()) {
            (Some(_), false) => Some(format!(
                "{PROTOCOL} is {protocol}, and FAROL_KAFKA_SASL_* is set that nothing would use"
            )),
            (None, true) => Some(format!(
                "{PROTOCOL} is {protocol}: it needs FAROL_KAFKA_SASL_USERNAME and FAROL_KAFKA_SASL_PASSWORD, \
                 or {MECHANISM}=AWS_MSK_IAM"
            )),
            (Some(login), true) if !self.protocol.has_tls() => login.shows().map(|(mechanism, shown)| {
                format!(
                    "{PROTOCOL} is {protocol}: {mechanism} would send {shown} in plain text; use sasl_ssl, \
                     or SCRAM-SHA-512"
                )
            }),
            _ => None,
        }
    }
}

impl Identity {
    /// `Some(None)` where nothing is said of a certificate of our own.
    fn read(env: &mut Environment<'_>) -> Option<Option<Self>> {
        let certificate = readable(env, CERTIFICATE_FILE);
        let key = readable(env, KEY_FILE);
        let key_password = env.optional_secret(KEY_PASSWORD);
        match (certificate?, key?, key_password?) {
            (None, None, None) => Some(None),
            (Some(certificate), Some(key), key_password) => {
                Some(Some(Self { certificate, key, key_password }))
            }
            _ => env.mistake(format!("{CERTIFICATE_FILE} and {KEY_FILE} belong together: set both or none")),
        }
    }
}

/// The file that a setting names; librdkafka itself would not say which setting is wrong.
fn readable(env: &mut Environment<'_>, name: &str) -> Option<Option<PathBuf>> {
    let path = env.optional::<PathBuf>(name)?;
    match path.as_ref().map(std::fs::File::open) {
        Some(Err(error)) => {
            let path = path.unwrap_or_default();
            env.mistake(format!("{name} names {}, which cannot be read: {error}", path.display()))
        }
        _ => Some(path),
    }
}

/// The host of `[protocol://]host[:port]`.
fn host(broker: &str) -> &str {
    let broker = broker.trim();
    let address = broker.split_once("://").map_or(broker, |(_, address)| address);
    match address.rsplit_once(':') {
        Some((host, port)) if port.chars().all(|c| c.is_ascii_digit()) && !host.ends_with(':') => host,
        _ => address,
    }
}

#[cfg(test)]
mod tests;
