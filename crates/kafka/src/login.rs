//! Who we are to the brokers: by SASL, a name and a password, or tokens that AWS's IAM signs.

use std::str::FromStr;

use aws::Signer;
use rdkafka::ClientConfig;
use service::{Environment, Secret};

pub(crate) const MECHANISM: &str = "FAROL_KAFKA_SASL_MECHANISM";
const USERNAME: &str = "FAROL_KAFKA_SASL_USERNAME";
const PASSWORD: &str = "FAROL_KAFKA_SASL_PASSWORD";

/// How we prove who we are.
#[derive(Debug, Clone)]
pub(crate) enum Login {
    Password {
        mechanism: Mechanism,
        username: String,
        password: Secret,
    },
    /// A token that the role of this program signs (MSK's IAM access control).
    Token(Signer),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mechanism {
    ScramSha512,
    ScramSha256,
    /// Shows the password itself to the broker.
    Plain,
    /// OAUTHBEARER with a token in MSK's form.
    AwsMskIam,
}

impl Login {
    /// `Some(None)` where nothing is said of a login.
    pub(crate) fn read(env: &mut Environment<'_>) -> Option<Option<Self>> {
        let mechanism = env.optional::<Mechanism>(MECHANISM);
        let username = env.optional::<String>(USERNAME);
        let password = env.optional_secret(PASSWORD);
        match (mechanism?, username?, password?) {
            (None, None, None) => Some(None),
            (Some(Mechanism::AwsMskIam), None, None) => {
                Signer::read(env).map(|signer| Some(Self::Token(signer)))
            }
            (Some(Mechanism::AwsMskIam), ..) => env.mistake(format!(
                "{MECHANISM} is AWS_MSK_IAM, which signs tokens: drop {USERNAME} and {PASSWORD}"
            )),
            (mechanism, Some(username), Some(password)) => {
                let mechanism = mechanism.unwrap_or(Mechanism::ScramSha512);
                Some(Some(Self::Password { mechanism, username, password }))
            }
            (_, None, _) => env.mistake(format!("{USERNAME} is not set: who this program is to the brokers")),
            (_, _, None) => env.mistake(format!("{PASSWORD} (or {PASSWORD}_FILE) is not set")),
        }
    }

    /// What of it goes over the connection as it is, by the mechanism's name.
    pub(crate) fn shows(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Password { mechanism: Mechanism::Plain, .. } => Some(("PLAIN", "the password")),
            Self::Password { .. } => None,
            Self::Token(_) => Some(("AWS_MSK_IAM", "the token")),
        }
    }

    pub(crate) fn signer(&self) -> Option<&Signer> {
        match self {
            Self::Password { .. } => None,
            Self::Token(signer) => Some(signer),
        }
    }

    pub(crate) fn apply(&self, client: &mut ClientConfig) {
        match self {
            Self::Password { mechanism, username, password } => client
                .set("sasl.mechanism", mechanism.name())
                .set("sasl.username", username)
                .set("sasl.password", password.reveal()),
            Self::Token(_) => client.set("sasl.mechanism", "OAUTHBEARER"),
        };
    }
}

impl Mechanism {
    fn name(self) -> &'static str {
        match self {
            Self::ScramSha512 => "SCRAM-SHA-512",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::Plain => "PLAIN",
            Self::AwsMskIam => "AWS_MSK_IAM",
        }
    }
}

impl FromStr for Mechanism {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::ScramSha512, Self::ScramSha256, Self::Plain, Self::AwsMskIam];
        all.into_iter()
            .find(|mechanism| mechanism.name().eq_ignore_ascii_case(text))
            .ok_or("it must be SCRAM-SHA-512, SCRAM-SHA-256, PLAIN or AWS_MSK_IAM")
    }
}
