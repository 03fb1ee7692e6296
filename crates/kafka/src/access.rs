//! How a client logs in while it lives: where the login is by tokens, each client needs new ones before the old end.

use std::error::Error;
use std::time::UNIX_EPOCH;

use aws::{Signer, Token};
use metrics::{describe_gauge, gauge};
use rdkafka::ClientConfig;
use rdkafka::admin::AdminClient;
use rdkafka::client::{Client, ClientContext, OAuthToken};
use rdkafka::config::FromClientConfigAndContext as _;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, KafkaResult};

use crate::failure;
use crate::hand_over::hand_over;

/// Absent where the login is by password.
const TOKEN_EXPIRY: &str = "farol_kafka_token_expiry_timestamp_seconds";

/// Gives this crate's metrics their help texts.
pub fn describe() {
    describe_gauge!(TOKEN_EXPIRY, "When the token ends that a client was given last, in seconds since 1970");
}

/// A client's login. It is a context for clients that need nothing else of one; other contexts hold one and pass
/// [`ClientContext::generate_oauth_token`] on to it, with `ENABLE_REFRESH_OAUTH_TOKEN` set.
#[derive(Debug, Clone, Default)]
pub struct Access {
    signer: Option<Signer>,
    /// The client's name in metrics, where it is one that lives on.
    client: Option<&'static str>,
}

impl Access {
    pub(crate) fn new(signer: Option<Signer>) -> Self {
        Self { signer, client: None }
    }

    /// The same for a client whose tokens the metrics show, by this name.
    pub fn shown_as(self, client: &'static str) -> Self {
        Self { client: Some(client), ..self }
    }

    /// What to do about an error of librdkafka; `None` where it is no matter of security.
    pub fn advice(&self, said: &str) -> Option<String> {
        failure::advice(said, self.signer.is_some())
    }

    /// An admin client, for questions to ask now: nobody polls it for its next token.
    pub fn admin(&self, config: &ClientConfig) -> KafkaResult<AdminClient<Self>> {
        let admin = AdminClient::from_config_and_context(config, self.clone())?;
        self.sign_in(admin.inner())?;
        Ok(admin)
    }

    /// Hands a new token to a client that is not polled, before it asks something. Blocks while there are no
    /// credentials yet; does nothing where the login is by password.
    pub fn sign_in<C: ClientContext>(&self, client: &Client<C>) -> KafkaResult<()> {
        let Some(signer) = &self.signer else { return Ok(()) };
        let token = signer.kafka_token().map_err(|error| KafkaError::ClientCreation(error.to_string()))?;
        hand_over(client, for_librdkafka(&token))
    }

    fn token(&self) -> Result<OAuthToken, Box<dyn Error>> {
        // Asked only where the mechanism is OAUTHBEARER.
        let signer = self.signer.as_ref().ok_or("the login is not by tokens")?;
        let token = signer.kafka_token()?;
        if let Some(client) = self.client {
            let expiry = token.expires.duration_since(UNIX_EPOCH).unwrap_or_default();
            gauge!(TOKEN_EXPIRY, "client" => client).set(expiry.as_secs_f64());
        }
        Ok(for_librdkafka(&token))
    }
}

impl ClientContext for Access {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    /// librdkafka calls it from inside of `poll`, at first and when four fifths of a token's life are over.
    fn generate_oauth_token(&self, _config: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        self.token()
    }
}

impl ConsumerContext for Access {}

fn for_librdkafka(token: &Token) -> OAuthToken {
    let lifetime = token.expires.duration_since(UNIX_EPOCH).unwrap_or_default();
    OAuthToken {
        token: token.text.reveal().to_owned(),
        // The brokers take who we are from the signature.
        principal_name: "farol".to_owned(),
        lifetime_ms: i64::try_from(lifetime.as_millis()).unwrap_or(i64::MAX),
    }
}
