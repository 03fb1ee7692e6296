//! What machines and operators ask: liveness, readiness, build, metrics, and the gateway's
//! dependencies as they are now.
//!
//! No key is asked for: whoever reaches the port may ask. So the answers hold no address, host name,
//! account or version of a server, and of a failure only its kind; the cause is in the log. What they
//! do give away: which parts there are and which one is down, the topic's name and size, how many
//! events there were (`/metrics`, the watermark in `/kafka`), and which build runs (`/version`).
//! Where that is too much, `FAROL_MANAGEMENT_ADDR` moves all of it to a port that clients do not reach.
//! Asking costs a dependency at most one round trip a second, however many ask.

pub(super) mod checks;
mod version;

use actix_web::{HttpResponse, web};
use serde::Serialize;
use telemetry::MetricsPage;
use utoipa::ToSchema;

pub(super) use checks::{all, kafka, postgres, redis};
pub(super) use version::Version;

use crate::openapi::{AnyProblems, MANAGEMENT};
use crate::startup::State;

/// It is alive.
#[derive(Serialize, ToSchema)]
struct Health {
    #[schema(pattern = "^ok$")]
    status: &'static str,
}

/// Whether this replica should get requests.
#[derive(Serialize, ToSchema)]
struct Readiness {
    #[schema(pattern = "^(ready|unready)$")]
    status: &'static str,
    /// Why it should not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<&'static str>,
}

/// Alive: asks nothing else, so that a dependency's outage never restarts the gateway.
#[utoipa::path(
    get, path = "/health", operation_id = "health", tag = MANAGEMENT,
    summary = "Is it alive?",
    description = "Asks no dependency.",
    responses((status = 200, description = "It is", body = Health), AnyProblems),
)]
pub(super) async fn health() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "ok" })
}

/// Ready: whether this replica should get requests. A broker's outage makes 503s, not unreadiness.
#[utoipa::path(
    get, path = "/ready", operation_id = "ready", tag = MANAGEMENT,
    summary = "Should this replica get requests?",
    description = "About the gateway itself: while Kafka is away it answers 503 to events and stays ready.",
    responses(
        (status = 200, description = "It should", body = Readiness),
        (status = 503, body = Readiness,
            description = "It should not: it is stopping, its producer broke, or the topic cannot keep the promise"),
        AnyProblems,
    ),
)]
pub(super) async fn ready(state: web::Data<State>) -> HttpResponse {
    match state.not_ready_because() {
        None => HttpResponse::Ok().json(Readiness { status: "ready", reason: None }),
        reason => HttpResponse::ServiceUnavailable().json(Readiness { status: "unready", reason }),
    }
}

/// What is running, and which checks of the promise it was told to waive.
#[utoipa::path(
    get, path = "/version", operation_id = "version", tag = MANAGEMENT,
    summary = "Which build runs?",
    responses(
        (status = 200, description = "The build, and which checks of the promise it was told to waive", body = Version),
        AnyProblems,
    ),
)]
pub(super) async fn version(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(Version::of(&state))
}

/// Everything measured, in Prometheus text format.
#[utoipa::path(
    get, path = "/metrics", operation_id = "metrics", tag = MANAGEMENT,
    summary = "Everything measured, in Prometheus text format",
    responses(
        (status = 200, description = "The metrics", body = String, content_type = MetricsPage::CONTENT_TYPE),
        AnyProblems,
    ),
)]
pub(super) async fn metrics(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().content_type(MetricsPage::CONTENT_TYPE).body(state.metrics.render())
}
