//! Settings of the HTTP side.

use std::net::SocketAddr;
use std::time::Duration;

use service::Environment;

/// Listening and speaking HTTP.
#[derive(Debug, Clone)]
pub struct Http {
    /// `FAROL_HTTP_ADDR`: where it listens.
    pub addr: SocketAddr,
    /// `FAROL_MANAGEMENT_ADDR`: where the management endpoints listen; without it, beside the others.
    pub management_addr: Option<SocketAddr>,
    /// `FAROL_KEEP_ALIVE`: how long an idle connection stays open; longer than any load balancer in front keeps it.
    pub keep_alive: Duration,
    /// `FAROL_HEADER_TIMEOUT`: how long a client may take to send the head of a request.
    pub header_timeout: Duration,
    /// `FAROL_BODY_TIMEOUT`: how long a client may take to send its body.
    pub body_timeout: Duration,
    /// `FAROL_CORS_ORIGINS`: web origins whose scripts may call, comma-separated; none unless set.
    pub cors_origins: Vec<String>,
}

impl Http {
    pub(super) fn read(env: &mut Environment<'_>) -> Option<Self> {
        let addr = env.or("FAROL_HTTP_ADDR", "127.0.0.1:8080");
        let management_addr = env.optional("FAROL_MANAGEMENT_ADDR");
        let keep_alive = env.duration("FAROL_KEEP_ALIVE", "75s");
        let header_timeout = env.duration("FAROL_HEADER_TIMEOUT", "10s");
        let body_timeout = env.duration("FAROL_BODY_TIMEOUT", "10s");
        let cors_origins = cors_origins(env);
        Some(Self {
            addr: addr?,
            management_addr: management_addr?,
            keep_alive: keep_alive?,
            header_timeout: header_timeout?,
            body_timeout: body_timeout?,
            cors_origins: cors_origins?,
        })
    }
}

/// Origins are named one by one: events are sent with a key, which no script of any site may use.
fn cors_origins(env: &mut Environment<'_>) -> Option<Vec<String>> {
    let text = env.or::<String>("FAROL_CORS_ORIGINS", "")?;
    let origins: Vec<_> = text.split(',').map(str::trim).filter(|origin| !origin.is_empty()).collect();
    match origins.iter().find(|origin| !origin.contains("://") || origin.ends_with('/')) {
        Some(wrong) => {
            env.mistake(format!("FAROL_CORS_ORIGINS holds {wrong:?}, which is not scheme://host[:port]"))
        }
        None => Some(origins.into_iter().map(str::to_owned).collect()),
    }
}

/// Where people find what else there is; shown on the landing page.
#[derive(Debug, Clone)]
pub struct Links {
    /// `FAROL_TRACES_URL`: Jaeger's UI.
    pub traces: Option<String>,
    /// `FAROL_DASHBOARDS_URL`: Grafana.
    pub dashboards: Option<String>,
    /// `FAROL_METRICS_URL`: Prometheus.
    pub metrics: Option<String>,
}

impl Links {
    pub(super) fn read(env: &mut Environment<'_>) -> Option<Self> {
        let traces = env.optional("FAROL_TRACES_URL");
        let dashboards = env.optional("FAROL_DASHBOARDS_URL");
        let metrics = env.optional("FAROL_METRICS_URL");
        Some(Self { traces: traces?, dashboards: dashboards?, metrics: metrics? })
    }
}
