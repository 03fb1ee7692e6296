//! What a command can fail with, and the exit code that tells it: 1 failed or
//! refused, 2 used wrongly.

use std::process::ExitCode;

use crate::{
    bench, board, books, dlq, flights, gateway_client, https, jaeger_client, picture, prometheus_client,
    prove,
};

/// Every message says what happened and, where it can, what to do next.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The command line asks for something that cannot be meant.
    #[error("{0}")]
    Usage(String),
    /// The command did its work, and the result is bad news.
    #[error("{0}")]
    Failed(String),
    #[error(transparent)]
    Gateway(#[from] gateway_client::Error),
    #[error(transparent)]
    Books(#[from] books::Error),
    #[error(transparent)]
    Jaeger(#[from] jaeger_client::Error),
    #[error(transparent)]
    Flights(#[from] flights::Error),
    #[error(transparent)]
    Bench(#[from] bench::Error),
    #[error(transparent)]
    Dlq(#[from] dlq::Error),
    #[error(transparent)]
    Prove(#[from] prove::Error),
    #[error(transparent)]
    Prometheus(#[from] prometheus_client::Error),
    #[error(transparent)]
    Board(#[from] board::Error),
    #[error(transparent)]
    Png(#[from] picture::png::Error),
    #[error("cannot write to standard output: {0}")]
    Output(#[from] std::io::Error),
}

impl Error {
    /// The exit code of the process that ends with this error.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_)
            | Self::Board(_)
            | Self::Gateway(gateway_client::Error::Client(https::Error::Scheme { .. }))
            | Self::Jaeger(jaeger_client::Error::Client(https::Error::Scheme { .. }))
            | Self::Prometheus(prometheus_client::Error::Client(https::Error::Scheme { .. }))
            | Self::Flights(flights::Error::OutOfRange { .. }) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}
