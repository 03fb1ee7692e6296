//! The second listener, where `FAROL_MANAGEMENT_ADDR` asks for one: what operators and their
//! machines ask stays off the port that clients reach, and answers until the first listener is drained.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::{App, middleware, web};
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::listener::{Listener, Patience};
use crate::routes::{self, Serves};
use crate::startup::{StartError, State};
use crate::{observe, server};

/// A scrape or a check that is under way when the gateway ends may take so long.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// A management listener that is bound but does not serve yet.
pub(crate) struct ManagementListener {
    server: Server,
    addr: SocketAddr,
}

impl ManagementListener {
    /// Binds the address, if there is one.
    pub(crate) fn bind(config: &Config, state: Arc<State>) -> Result<Option<Self>, StartError> {
        let Some(addr) = config.http.management_addr else { return Ok(None) };
        let refused = |source| StartError::Listen { setting: "FAROL_MANAGEMENT_ADDR", addr, source };
        let data = web::Data::from(state);
        let app = move || {
            server::watch_runtime(&data);
            App::new()
                .app_data(data.clone())
                .configure(|app| routes::map(app, Serves::Management))
                .wrap(middleware::from_fn(observe::observe))
        };
        let listener = Listener::bind(addr).map_err(refused)?;
        let addr = listener.addr();
        let server = listener.serve(app, Patience::of(config), 1, SHUTDOWN_TIMEOUT).map_err(refused)?;
        Ok(Some(Self { server, addr }))
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Serves from now on.
    pub(crate) fn serve(listener: Option<Self>) -> Serving {
        Serving(listener.map(|Self { server, addr }| {
            tracing::info!(
                name: "management_listener_started",
                %addr,
                "management endpoints have a listener of their own"
            );
            (server.handle(), tokio::spawn(server))
        }))
    }
}

/// A management listener that serves, or none.
pub(crate) struct Serving(Option<(ServerHandle, JoinHandle<std::io::Result<()>>)>);

impl Serving {
    /// Completes when it ended by itself, so never where there is none.
    pub(crate) async fn ended(&mut self) -> Result<(), StartError> {
        match &mut self.0 {
            Some((_, serving)) => Ok(serving.await??),
            None => std::future::pending().await,
        }
    }

    /// Lets it finish what it answers, and ends it.
    pub(crate) async fn stop(self) -> Result<(), StartError> {
        let Some((handle, serving)) = self.0 else { return Ok(()) };
        handle.stop(true).await;
        Ok(serving.await??)
    }
}
