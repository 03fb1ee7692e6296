//! A PostgreSQL server that can be connected to.

use std::fmt;
use std::time::Duration;

use deadpool_postgres::{BuildError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use postgres_native_tls::MakeTlsConnector;
use service::{Environment, Secret};
use tls::Trust;
use tokio_postgres::config::SslMode as DriverMode;
use tokio_postgres::{Client, Config, Error};

use crate::address::{self, AddressError};
use crate::auth::{Auth, Token};
use crate::connector::{Connection, Connector};
use crate::ssl_mode::SslMode;
use crate::{CA_FILE, URL};

/// Where a server is, who we are there, and how the connection is secured.
#[derive(Clone)]
pub struct Server {
    config: Config,
    mode: SslMode,
    tls: MakeTlsConnector,
    token: Option<Token>,
}

impl Server {
    /// What `url` says, checked against `trust`. Without `sslmode` a host elsewhere gets
    /// `verify-full`, and so does this machine where authorities are given; else it needs no TLS.
    pub fn new(url: &Secret, trust: &Trust) -> Result<Self, AddressError> {
        let (mut config, named) = address::parse(url.reveal())?;
        let given = trust.file().is_some();
        let mode = match named {
            Some(SslMode::Disable) if given => return Err(AddressError::UnusedAuthorities),
            // As libpq has it: with authorities at hand, they are asked.
            Some(SslMode::Require) if given => SslMode::VerifyCa,
            Some(mode) => mode,
            None if address::stays_here(&config) && !given => SslMode::Disable,
            None => SslMode::VerifyFull,
        };
        // The driver's own default falls back to plain text.
        config.ssl_mode(if mode == SslMode::Disable { DriverMode::Disable } else { DriverMode::Require });
        Ok(Self { config, mode, tls: connector(mode, trust)?, token: None })
    }

    /// Reads `FAROL_DATABASE_URL`, `FAROL_DATABASE_CA_FILE` and `FAROL_DATABASE_AUTH`.
    pub fn read(env: &mut Environment<'_>) -> Option<Self> {
        let url = env.secret(URL, "postgres://user:password@host:port/database");
        let trust = Trust::read(env, CA_FILE);
        let auth = Auth::read(env);
        let (url, trust, auth) = (url?, trust?, auth?);
        match Self::new(&url, &trust).and_then(|server| server.authenticated_by(auth)) {
            Ok(server) => Some(server),
            Err(error) => env.mistake(format!("{URL} {error}")),
        }
    }

    /// The same server, to which each new connection shows who we are by `auth`.
    pub fn authenticated_by(self, auth: Auth) -> Result<Self, AddressError> {
        let token = match auth {
            Auth::Password => None,
            Auth::AwsRdsIam(_) if self.mode != SslMode::VerifyFull => {
                return Err(AddressError::NotForTokens("must say sslmode=verify-full"));
            }
            Auth::AwsRdsIam(signer) => Some(Token::of(signer, &self.config)?),
        };
        Ok(Self { token, ..self })
    }

    /// How connections are secured.
    pub fn ssl_mode(&self) -> SslMode {
        self.mode
    }

    /// The same server for sessions of this name, bound to `options` (`-c name=value …`) whatever
    /// the connection string says.
    pub fn for_sessions(mut self, name: &str, options: &str) -> Self {
        let options = self.config.get_options().map_or(options.to_owned(), |set| format!("{set} {options}"));
        self.config.options(options).application_name(name);
        self
    }

    /// One connection.
    pub async fn connect(&self) -> Result<(Client, Connection), Error> {
        self.connector().connect(&self.config).await
    }

    /// A pool that connects when it is first asked; each wait in it ends after `patience`.
    pub fn pool(&self, size: usize, patience: Duration) -> Result<Pool, BuildError> {
        if self.mode == SslMode::Require {
            tracing::warn!(
                name: "postgres_not_verified",
                "connections to PostgreSQL are encrypted, and nobody checks who answers them: \
                 say sslmode=verify-full in {URL}"
            );
        }
        let mut config = self.config.clone();
        config.connect_timeout(patience);
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        Pool::builder(Manager::from_connect(config, self.connector(), recycling))
            .max_size(size)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(patience))
            .create_timeout(Some(patience))
            .build()
    }

    fn connector(&self) -> Connector {
        Connector::new(self.tls.clone(), self.token.clone())
    }
}

/// What makes TLS of a connection; never asked where the mode is `disable`.
fn connector(mode: SslMode, trust: &Trust) -> Result<MakeTlsConnector, AddressError> {
    let mut builder = trust.connector();
    match mode {
        SslMode::VerifyFull => {}
        SslMode::VerifyCa => {
            builder.danger_accept_invalid_hostnames(true);
        }
        SslMode::Require | SslMode::Disable => {
            builder.danger_accept_invalid_hostnames(true).danger_accept_invalid_certs(true);
        }
    }
    // What `sslnegotiation=direct` demands, and any other server ignores.
    postgres_native_tls::set_postgresql_alpn(&mut builder);
    builder.build().map(MakeTlsConnector::new).map_err(|error| AddressError::Tls(error.to_string()))
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("mode", &self.mode).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> SslMode {
        Server::new(&Secret::new(url.to_owned()), &Trust::system()).unwrap().ssl_mode()
    }

    #[test]
    fn without_a_word_about_it_only_this_machine_goes_without_tls() {
        assert_eq!(mode("postgres://u:p@127.0.0.1:5432/d"), SslMode::Disable);
        assert_eq!(mode("postgres://u:p@db.example/d"), SslMode::VerifyFull);
        assert_eq!(mode("host=127.0.0.1,db.example user=u"), SslMode::VerifyFull);
        assert_eq!(mode("postgres://u:p@db.example/d?sslmode=disable"), SslMode::Disable);
    }

    #[test]
    fn mistakes_name_the_setting_and_not_the_password() {
        for (url, ca_file, named) in [
            ("postgres://u:hidden@h/d?sslmode=prefer", "", URL),
            ("hidden", "", URL),
            ("postgres://u:hidden@h/d", "/nonexistent/ca.pem", CA_FILE),
        ] {
            let mut env = Environment::new(|name| match name {
                URL => Some(url.to_owned()),
                CA_FILE => Some(ca_file.to_owned()),
                _ => None,
            });
            let server = Server::read(&mut env);
            let mistakes = env.finish(server).unwrap_err().to_string();
            assert!(mistakes.starts_with(named) && !mistakes.contains("hidden"), "{mistakes}");
        }
    }

    #[test]
    fn tokens_go_to_the_one_host_that_was_verified_and_beside_no_password() {
        for (url, named) in [
            ("postgres://u@db.example/d?sslmode=require", "sslmode=verify-full"),
            ("postgres://u@127.0.0.1/d", "sslmode=verify-full"),
            ("postgres://u@a.example,b.example/d", "one host"),
            ("postgres://u:hidden@db.example/d", "no password"),
            ("postgres://db.example/d", "the user"),
        ] {
            let mut env = Environment::new(|name| match name {
                URL => Some(url.to_owned()),
                "FAROL_DATABASE_AUTH" => Some("aws_rds_iam".to_owned()),
                "AWS_REGION" => Some("us-east-2".to_owned()),
                _ => None,
            });
            let server = Server::read(&mut env);
            let mistakes = env.finish(server).unwrap_err().to_string();
            assert!(mistakes.contains(named) && !mistakes.contains("hidden"), "{url}: {mistakes}");
        }
    }

    #[test]
    fn a_printed_server_holds_no_secret() {
        let server =
            Server::new(&Secret::new("postgres://u:hidden@h/d".to_owned()), &Trust::system()).unwrap();
        assert_eq!(format!("{server:?}"), "Server { mode: VerifyFull, .. }");
    }
}
