//! Makes connections, each with a token of its own where there is no password.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use aws::NoCredentials;
use deadpool_postgres::Connect;
use postgres_native_tls::{MakeTlsConnector, TlsStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, Error, NoTls, Socket};

use crate::auth::Token;
use crate::cause;

/// What drives a [`Client`]: it must be polled for the client to get answers.
pub type Connection = tokio_postgres::Connection<Socket, TlsStream<Socket>>;

/// Connects by a configuration, TLS and, where there is one, a token.
pub(crate) struct Connector {
    tls: MakeTlsConnector,
    token: Option<Token>,
}

impl Connector {
    pub(crate) fn new(tls: MakeTlsConnector, token: Option<Token>) -> Self {
        Self { tls, token }
    }

    pub(crate) async fn connect(&self, config: &Config) -> Result<(Client, Connection), Error> {
        match &self.token {
            None => config.connect(self.tls.clone()).await,
            Some(token) => match token.sign().await {
                Ok(password) => config.clone().password(password.reveal()).connect(self.tls.clone()).await,
                Err(error) => Err(no_token(error).await),
            },
        }
    }
}

impl Connect for Connector {
    fn connect(
        &self,
        config: &Config,
    ) -> Pin<Box<dyn Future<Output = Result<(Client, JoinHandle<()>), Error>> + Send + '_>> {
        let config = config.clone();
        Box::pin(async move {
            let (client, connection) = Self::connect(self, &config).await?;
            let driving = async move {
                if let Err(error) = connection.await {
                    tracing::warn!(name: "postgres_connection_ended", error = cause(&error), "a connection to PostgreSQL ended by an error");
                }
            };
            Ok((client, tokio::spawn(driving)))
        })
    }
}

/// The driver's error for what the driver never saw: it makes none but of what a connection says.
async fn no_token(error: NoCredentials) -> Error {
    let refused = Config::new().user("-").connect_raw(Refusing(error), NoTls).await;
    match refused {
        Err(error) => error,
        Ok(_) => unreachable!("a stream that takes nothing makes no connection"),
    }
}

/// A stream on which everything fails for one reason.
struct Refusing(NoCredentials);

impl Refusing {
    fn fail<T>(&self) -> Poll<io::Result<T>> {
        Poll::Ready(Err(io::Error::other(self.0.clone())))
    }
}

impl AsyncRead for Refusing {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.fail()
    }
}

impl AsyncWrite for Refusing {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        self.fail()
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.fail()
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.fail()
    }
}
