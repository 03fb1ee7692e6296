//! Accepts connections and speaks HTTP/1.1 or, with a client that begins so, HTTP/2 without TLS.
//!
//! The web framework's own server waits for ever for the first byte of a connection that may be
//! either, and for the second head of one that is kept; here nobody holds a connection for nothing.

mod bounded_stream;
mod head_end;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol, Request, Response};
use actix_server::{GracefulShutdownSignal, Server};
use actix_service::{IntoServiceFactory, ServiceFactory, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::AppConfig;
use tokio::net::{TcpSocket, TcpStream};

use crate::config::Config;
use bounded_stream::{BoundedStream, Bounds};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1_024;
/// What an HTTP/2 client sends first (RFC 9113 §3.4), as much of it as decides.
const HTTP_2_PREFACE: &[u8] = b"PRI * HTTP/2";

/// How long a connection may take for what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Idle between requests.
    pub(crate) keep_alive: Duration,
    /// Sending a request's head; also the first byte of the connection.
    pub(crate) head: Duration,
    /// From the first byte of a request to the first of its answer: longer than any answer takes.
    pub(crate) request: Duration,
}

/// What an answer may take beyond the waits that are bounded one by one.
const SLACK: Duration = Duration::from_secs(10);

impl Patience {
    pub(crate) fn of(config: &Config) -> Self {
        let http = &config.http;
        let request = http.header_timeout + http.body_timeout + config.kafka.delivery_timeout + SLACK;
        Self { keep_alive: http.keep_alive, head: http.header_timeout, request }
    }

    /// A first head that is late is told so by the framework, which knows of no other; a moment
    /// after it would have, the connection ends without a word.
    fn bounds(self) -> Bounds {
        Bounds { head: self.head + Duration::from_secs(1), request: self.request }
    }
}

/// An address that is bound, whose connections wait.
pub(crate) struct Listener {
    socket: std::net::TcpListener,
    addr: SocketAddr,
}

impl Listener {
    pub(crate) fn bind(addr: SocketAddr) -> io::Result<Self> {
        let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_reuseaddr(true)?;
        socket.bind(addr)?;
        let socket = socket.listen(BACKLOG)?.into_std()?;
        let addr = socket.local_addr()?;
        Ok(Self { socket, addr })
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Serves what `app` makes for each of `threads` threads.
    pub(crate) fn serve<F, I, S, B>(
        self,
        app: F,
        patience: Patience,
        threads: usize,
        shutdown_timeout: Duration,
    ) -> io::Result<Server>
    where
        F: Fn() -> I + Send + Clone + 'static,
        I: IntoServiceFactory<S, Request>,
        S: ServiceFactory<Request, Config = AppConfig, Error = Error> + 'static,
        S::Future: 'static,
        S::InitError: std::fmt::Debug,
        S::Response: Into<Response<B>> + 'static,
        <S::Service as actix_service::Service<Request>>::Future: 'static,
        S::Service: 'static,
        B: MessageBody + 'static,
    {
        let Self { socket, addr } = self;
        let server = Server::build()
            .disable_signals()
            .shutdown_timeout(shutdown_timeout.as_secs())
            .backlog(BACKLOG)
            .workers(threads);
        let ending = server.graceful_shutdown_signal();
        let server = server.listen("farol", socket, move || {
            // Without this signal an idle connection would hold the end up until its time is over.
            let (of_kept, of_new) = (ending.clone(), ending.clone());
            let http = HttpService::build()
                .graceful_shutdown_signal(move || notified(of_kept.clone()))
                .keep_alive(patience.keep_alive)
                .client_request_timeout(patience.head)
                .local_addr(addr)
                .finish(map_config(app().into_factory().map_err(into_response), |()| AppConfig::default()));
            fn_service(move |stream| begin(stream, patience, of_new.clone())).and_then(http)
        })?;
        Ok(server.run())
    }
}

fn into_response(error: Error) -> Response<BoxBody> {
    error.as_response_error().error_response().into()
}

type Connection = (BoundedStream<TcpStream>, Protocol, Option<SocketAddr>);

async fn notified(ending: GracefulShutdownSignal) {
    ending.notified().await;
}

/// Waits for the first bytes, which tell the protocol; not beyond the end of the server.
async fn begin(
    stream: TcpStream,
    patience: Patience,
    ending: GracefulShutdownSignal,
) -> Result<Connection, DispatchError> {
    let silent = |_| DispatchError::Io(io::ErrorKind::TimedOut.into());
    let mut first = [0; HTTP_2_PREFACE.len()];
    let read = tokio::select! {
        // What has come is looked at first: it may be a request.
        biased;
        read = tokio::time::timeout(patience.head, stream.peek(&mut first)) => read.map_err(silent)?,
        () = ending.notified() => return Err(DispatchError::Io(io::ErrorKind::ConnectionAborted.into())),
    };
    let read = read.map_err(DispatchError::Io)?;
    stream.set_nodelay(true).map_err(DispatchError::Io)?;
    let peer = stream.peer_addr().ok();
    Ok(match &first[..read] == HTTP_2_PREFACE {
        // Many requests share the connection: what it waits for says nothing of one of them.
        true => (BoundedStream::unbounded(stream), Protocol::Http2, peer),
        false => (BoundedStream::new(stream, patience.bounds()), Protocol::Http1, peer),
    })
}
