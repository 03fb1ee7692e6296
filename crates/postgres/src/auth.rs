//! How each connection shows who we are: by the password of the connection string, or by a token that is signed for it.

use aws::{NoCredentials, Signer};
use service::{Environment, Secret};
use tokio_postgres::Config;
use tokio_postgres::config::Host;

use crate::address::AddressError;

/// The setting that says how.
pub const AUTH: &str = "FAROL_DATABASE_AUTH";
const PORT: u16 = 5432;

/// How each connection shows who we are.
#[derive(Debug, Clone)]
pub enum Auth {
    /// By what the connection string says.
    Password,
    /// By a token of AWS's IAM in the password's place (RDS).
    AwsRdsIam(Signer),
}

impl Auth {
    /// Reads `FAROL_DATABASE_AUTH`: `password` unless set, or `aws_rds_iam`.
    pub fn read(env: &mut Environment<'_>) -> Option<Self> {
        match env.or::<String>(AUTH, "password")?.as_str() {
            "password" => Some(Self::Password),
            "aws_rds_iam" => Signer::read(env).map(Self::AwsRdsIam),
            other => env.mistake(format!("{AUTH} is {other:?}; it must be `password` or `aws_rds_iam`")),
        }
    }
}

/// Signs tokens for one user of one server.
#[derive(Clone)]
pub(crate) struct Token {
    signer: Signer,
    host: String,
    port: u16,
    user: String,
}

impl Token {
    /// For the one host and user of `config`.
    pub(crate) fn of(signer: Signer, config: &Config) -> Result<Self, AddressError> {
        let refused = AddressError::NotForTokens;
        let [Host::Tcp(host)] = config.get_hosts() else {
            return Err(refused("must name one host, the database's own endpoint"));
        };
        let user = config.get_user().ok_or(refused("must name the user"))?.to_owned();
        if config.get_password().is_some() {
            return Err(refused("must hold no password"));
        }
        let port = config.get_ports().first().copied().unwrap_or(PORT);
        Ok(Self { signer, host: host.clone(), port, user })
    }

    /// A new one: it counts while the connection begins, so none is kept.
    pub(crate) async fn sign(&self) -> Result<Secret, NoCredentials> {
        self.signer.database_password(&self.host, self.port, &self.user).await
    }
}
