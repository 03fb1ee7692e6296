//! What machines and operators ask: liveness, readiness, build, metrics, and the gateway's
//! dependencies as they are now.
//!
//! No key is asked for: whoever reaches the port may ask. So the answers hold no address, host name,
//! account or version of a server, and of a failure only its kind; the cause is in the log. What they
//! do give away: which parts there are and which one is down, the topic's name and size, how many
//! events there were (`/metrics`, the watermark in `/kafka`), and which build runs (`/version`).
//! Where that is too much, `FAROL_MANAGEMENT_ADDR` moves all of it to a port that clients do not reach.
//! Asking costs a dependency at most one round trip a second, however many ask.

mod checks;
mod version;

use actix_web::{HttpResponse, web};
use serde_json::json;
use telemetry::MetricsPage;

pub(super) use checks::{all, kafka, postgres, redis};
pub(super) use version::Version;

use crate::startup::State;

/// Alive: asks nothing else, so that a dependency's outage never restarts the gateway.
pub(super) async fn health() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

/// Ready: whether this replica should get requests. A broker's outage makes 503s, not unreadiness.
pub(super) async fn ready(state: web::Data<State>) -> HttpResponse {
    match state.not_ready_because() {
        None => HttpResponse::Ok().json(json!({ "status": "ready" })),
        Some(reason) => {
            HttpResponse::ServiceUnavailable().json(json!({ "status": "unready", "reason": reason }))
        }
    }
}

/// What is running, and which checks of the promise it was told to waive.
pub(super) async fn version(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(Version::of(&state))
}

/// Everything measured, in Prometheus text format.
pub(super) async fn metrics(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().content_type(MetricsPage::CONTENT_TYPE).body(state.metrics.render())
}
