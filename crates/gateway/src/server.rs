//! The server of events: the application as each of its threads has it, and how many of them there are.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_cors::Cors;
use actix_web::dev::Server;
use actix_web::http::Method;
use actix_web::{App, middleware, web};
use tokio::runtime::Handle;

use crate::config::Config;
use crate::intake::Lane;
use crate::listener::{Listener, Patience};
use crate::observe;
use crate::routes::{self, Serves};
use crate::startup::{StartError, State};

/// Binds the address of events; what it answers serves once it is awaited.
pub(crate) fn listen(config: &Config, state: Arc<State>) -> Result<(Server, SocketAddr), StartError> {
    let refused = |source| StartError::Listen { setting: "FAROL_HTTP_ADDR", addr: config.http.addr, source };
    let serves = if config.http.management_addr.is_some() { Serves::Public } else { Serves::Everything };
    let data = web::Data::from(state);
    let origins = config.http.cors_origins.clone();
    let app = move || {
        watch_runtime(&data);
        App::new()
            .app_data(data.clone())
            .app_data(web::Data::new(Lane::of_this_thread(&data)))
            .configure(|app| routes::map(app, serves))
            .wrap(middleware::Condition::new(!origins.is_empty(), cross_origin(&origins)))
            .wrap(middleware::from_fn(observe::observe))
    };
    let listener = Listener::bind(config.http.addr).map_err(refused)?;
    let addr = listener.addr();
    let server =
        listener.serve(app, Patience::of(config), threads(), config.shutdown.timeout).map_err(refused)?;
    Ok((server, addr))
}

/// How many threads take requests: all cores but one, which the Kafka client's threads need. Measured with two cores, beside
/// two threads: a third less CPU for an event, and a third more of them, since requests meet more company on their way to
/// Redis and Kafka.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1))
}

/// Counts in the runtime of a thread of the server; it makes the application there.
pub(crate) fn watch_runtime(state: &State) {
    if let Ok(runtime) = Handle::try_current() {
        state.metrics.watch(runtime);
    }
}

/// What scripts of the configured origins may do: send events and look them up, with a key.
fn cross_origin(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods([Method::GET, Method::POST])
        .allow_any_header()
        .expose_any_header()
        .max_age(3_600);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}
