//! Tokens: a signed request that is handed over in place of a password.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use service::{Environment, Secret};

use crate::NoCredentials;
use crate::credentials::{Chain, Source};
use crate::presign::{Request, encoded, presign};

/// The longest life that AWS gives a token.
const LIFE: Duration = Duration::from_secs(900);
const REGION: &str = "AWS_REGION";

/// Signs tokens for one region; copies share their credentials.
#[derive(Clone)]
pub struct Signer {
    region: String,
    chain: Chain,
    life: Duration,
    now: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

/// What a broker takes in place of a password, for a while.
#[derive(Debug, Clone)]
pub struct Token {
    /// The token itself.
    pub text: Secret,
    /// When it and what signed it are of no use any more.
    pub expires: SystemTime,
}

impl Signer {
    /// Signs with what AWS's default chain finds, for the region in `AWS_REGION`, which EKS sets in pods.
    pub fn read(env: &mut Environment<'_>) -> Option<Self> {
        let region =
            env.required::<String>(REGION, "where the cluster and the database are, such as us-east-2")?;
        let is_region = region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !is_region {
            return env.mistake(format!("{REGION} is {region:?}; it must be a region such as us-east-2"));
        }
        let chain = Chain::new(Source::Default(region.clone()));
        Some(Self { region, chain, life: LIFE, now: Arc::new(SystemTime::now) })
    }

    /// Signs with what `provider` gives, tokens that live for `life`.
    pub fn of(region: &str, provider: impl ProvideCredentials + 'static, life: Duration) -> Self {
        let source = Source::Given(SharedCredentialsProvider::new(provider));
        let (region, chain) = (region.to_owned(), Chain::new(source));
        Self { region, chain, life: life.min(LIFE), now: Arc::new(SystemTime::now) }
    }

    /// The same by another clock, for tests that must know the token.
    pub fn by_clock(self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self { now: Arc::new(now), ..self }
    }

    /// A token for the brokers of MSK. Blocks while there are no credentials yet.
    pub fn kafka_token(&self) -> Result<Token, NoCredentials> {
        let credentials = self.chain.credentials_blocking()?;
        kafka_token(&self.region, &credentials, (self.now)(), self.life)
    }

    /// A password for `user` of the RDS database at `host`. Counts when a connection begins, not while it lasts.
    pub async fn database_password(
        &self,
        host: &str,
        port: u16,
        user: &str,
    ) -> Result<Secret, NoCredentials> {
        let credentials = self.chain.credentials().await?;
        database_password(&self.region, &credentials, (self.now)(), (host, port, user))
    }
}

/// The URL by which a connection is asked for, in base64 (the form of AWS's own signers for MSK).
fn kafka_token(
    region: &str,
    credentials: &Credentials,
    now: SystemTime,
    life: Duration,
) -> Result<Token, NoCredentials> {
    // The signature ends with what signed it: a client that believed in a longer life would be refused.
    let left = credentials.expiry().map(|expiry| expiry.duration_since(now).unwrap_or_default());
    let life = left.map_or(life, |left| left.min(life));
    let authority = format!("kafka.{region}.amazonaws.com");
    let query = "Action=kafka-cluster%3AConnect";
    let request = Request { service: "kafka-cluster", region, authority: &authority, query };
    let url = presign(&request, credentials, now, life).map_err(NoCredentials)?;
    // Not signed: for AWS's logs.
    let agent = concat!("farol/", env!("CARGO_PKG_VERSION"));
    let text = URL_SAFE_NO_PAD.encode(format!("https://{url}&User-Agent={}", agent.replace('/', "%2F")));
    Ok(Token { text: Secret::new(text), expires: now + life })
}

fn database_password(
    region: &str,
    credentials: &Credentials,
    now: SystemTime,
    (host, port, user): (&str, u16, &str),
) -> Result<Secret, NoCredentials> {
    let authority = format!("{host}:{port}");
    let query = format!("Action=connect&DBUser={}", encoded(user));
    let request = Request { service: "rds-db", region, authority: &authority, query: &query };
    presign(&request, credentials, now, LIFE).map(Secret::new).map_err(NoCredentials)
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("region", &self.region).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
