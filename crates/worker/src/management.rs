//! The worker's management listener: `/health`, `/ready`, `/version`, `/metrics`.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::{App, HttpResponse, HttpServer, web};
use flags::Flags;
use serde_json::json;
use telemetry::MetricsPage;
use tokio::runtime::Handle;

use crate::SERVICE;
use crate::status::Status;

/// Binds `addr`; the server runs once it is polled.
pub(crate) fn listen(
    addr: SocketAddr,
    status: Status,
    flags: Arc<Flags>,
    metrics: MetricsPage,
) -> std::io::Result<(Server, SocketAddr)> {
    let http = HttpServer::new(move || {
        if let Ok(runtime) = Handle::try_current() {
            metrics.watch(runtime);
        }
        App::new()
            .app_data(web::Data::new(status.clone()))
            .app_data(web::Data::from(Arc::clone(&flags)))
            .app_data(web::Data::new(metrics.clone()))
            .route("/health", web::get().to(health))
            .route("/ready", web::get().to(ready))
            .route("/version", web::get().to(version))
            .route("/metrics", web::get().to(render))
    })
    .workers(1)
    .disable_signals()
    .shutdown_timeout(1)
    .bind(addr)?;
    let bound = http.addrs().first().copied().unwrap_or(addr);
    Ok((http.run(), bound))
}

async fn health() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

async fn ready(status: web::Data<Status>) -> HttpResponse {
    match status.not_ready_because() {
        None => HttpResponse::Ok().json(json!({ "status": "ready" })),
        Some(reason) => {
            HttpResponse::ServiceUnavailable().json(json!({ "status": "unready", "reason": reason }))
        }
    }
}

/// Which build runs, and the flags that hold now: the same members as the gateway's.
async fn version(flags: web::Data<Flags>) -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "name": SERVICE.name,
        "version": SERVICE.version,
        "commit": option_env!("FAROL_COMMIT"),
        "builtAt": option_env!("FAROL_BUILT_AT"),
        "flags": flags.report(),
    }))
}

async fn render(metrics: web::Data<MetricsPage>) -> HttpResponse {
    HttpResponse::Ok().content_type(MetricsPage::CONTENT_TYPE).body(metrics.render())
}
