//! `/health`, `/ready`, `/version` and `/metrics`: what machines and operators ask.

use actix_web::{HttpResponse, web};
use serde_json::json;
use telemetry::MetricsPage;

use crate::SERVICE;
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
    let waived: &[&str] = if state.dev { &["topic"] } else { &[] };
    HttpResponse::Ok().json(json!({
        "name": SERVICE.name,
        "version": SERVICE.version,
        "commit": option_env!("FAROL_COMMIT"),
        "builtAt": option_env!("FAROL_BUILT_AT"),
        "deployedBy": state.deployed_by,
        "waivedChecks": waived,
    }))
}

/// Everything measured, in Prometheus text format.
pub(super) async fn metrics(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().content_type(MetricsPage::CONTENT_TYPE).body(state.metrics.render())
}
