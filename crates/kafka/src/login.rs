//! Who we are to the brokers: a name and a password by SASL. A login by tokens (OAUTHBEARER, as
//! MSK's IAM has it) would be another kind of [`Login`].

use std::str::FromStr;

use rdkafka::ClientConfig;
use service::{Environment, Secret};

const MECHANISM: &str = "FAROL_KAFKA_SASL_MECHANISM";
const USERNAME: &str = "FAROL_KAFKA_SASL_USERNAME";
const PASSWORD: &str = "FAROL_KAFKA_SASL_PASSWORD";

/// A name, a password, and how it is proven.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    mechanism: Mechanism,
    username: String,
    password: Secret,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mechanism {
    ScramSha512,
    ScramSha256,
    /// Shows the password itself to the broker.
    Plain,
}

impl Login {
    /// `Some(None)` where nothing is said of a login.
    pub(crate) fn read(env: &mut Environment<'_>) -> Option<Option<Self>> {
        let mechanism = env.optional::<Mechanism>(MECHANISM);
        let username = env.optional::<String>(USERNAME);
        let password = env.optional_secret(PASSWORD);
        match (mechanism?, username?, password?) {
            (None, None, None) => Some(None),
            (mechanism, Some(username), Some(password)) => {
                let mechanism = mechanism.unwrap_or(Mechanism::ScramSha512);
                Some(Some(Self { mechanism, username, password }))
            }
            (_, None, _) => env.mistake(format!("{USERNAME} is not set: who this program is to the brokers")),
            (_, _, None) => env.mistake(format!("{PASSWORD} (or {PASSWORD}_FILE) is not set")),
        }
    }

    /// Whether the password itself goes over the connection.
    pub(crate) fn shows_password(&self) -> bool {
        self.mechanism == Mechanism::Plain
    }

    pub(crate) fn apply(&self, client: &mut ClientConfig) {
        client
            .set("sasl.mechanism", self.mechanism.name())
            .set("sasl.username", &self.username)
            .set("sasl.password", self.password.reveal());
    }
}

impl Mechanism {
    fn name(self) -> &'static str {
        match self {
            Self::ScramSha512 => "SCRAM-SHA-512",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::Plain => "PLAIN",
        }
    }
}

impl FromStr for Mechanism {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::ScramSha512, Self::ScramSha256, Self::Plain];
        all.into_iter()
            .find(|mechanism| mechanism.name().eq_ignore_ascii_case(text))
            .ok_or("it must be SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN")
    }
}
