//! `GET /`: what a person sees first: how everything is, how to send an event, and where the rest is.
//!
//! Where the management endpoints have a port of their own, this page leaves out what they tell (the
//! state of each part, the build) and makes no check: it says whether events are taken, how to send
//! one, and shows the links that were configured. Who may not see those leaves them unset.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::management::Version;
use super::page::{self, Part};
use crate::config::Config;
use crate::dependencies::Dependency;
use crate::openapi::{PAGES, PageProblems};
use crate::problem::Problem;
use crate::startup::State;

/// How long the page waits for a part. A slow part must not make it slow: a second look comes soon.
const PATIENCE: Duration = Duration::from_millis(700);

/// What of the page is the same for everybody.
pub(crate) struct LandingPage {
    /// Whether it shows what the management endpoints tell.
    for_operators: bool,
    key_needed: bool,
    traces: Option<String>,
    links: Vec<Link>,
}

struct Link {
    name: &'static str,
    about: &'static str,
    url: String,
}

impl LandingPage {
    /// Whether a call needs a key, so that a page has to ask for one.
    pub(super) fn key_needed(&self) -> bool {
        self.key_needed
    }

    pub(crate) fn new(config: &Config) -> Self {
        let traces = web_address("FAROL_TRACES_URL", config.links.traces.as_deref());
        let elsewhere = [
            ("Traces", "each event from its client to its row", traces.clone()),
            (
                "Dashboards",
                "rates, errors, latency",
                web_address("FAROL_DASHBOARDS_URL", config.links.dashboards.as_deref()),
            ),
            (
                "Metrics",
                "queries and alerts",
                web_address("FAROL_METRICS_URL", config.links.metrics.as_deref()),
            ),
        ];
        let links = elsewhere
            .into_iter()
            .filter_map(|(name, about, url)| url.map(|url| Link { name, about, url }))
            .collect();
        Self {
            for_operators: config.http.management_addr.is_none(),
            key_needed: config.keys_file.is_some(),
            traces,
            links,
        }
    }
}

/// A configured link without the slash at its end; one that a browser would run instead of open is left out.
fn web_address(setting: &str, url: Option<&str>) -> Option<String> {
    let url = url?.trim_end_matches('/');
    if url.starts_with("http://") || url.starts_with("https://") {
        return Some(url.to_owned());
    }
    tracing::warn!(
        name: "link_left_out",
        setting,
        "the landing page leaves out a link that does not start with http:// or https://"
    );
    None
}

#[derive(Template)]
#[template(path = "landing.html")]
struct Page<'s> {
    address: String,
    summary: String,
    well: bool,
    parts: Vec<Part>,
    version: Option<Version<'s>>,
    key_needed: bool,
    traces: &'s str,
    links: &'s [Link],
}

#[utoipa::path(
    get, path = "/", operation_id = "landingPage", tag = PAGES,
    summary = "The landing page",
    description = "How everything is, a sample event to send, and where the rest is.",
    responses((status = 200, description = "The page", body = String, content_type = "text/html"), PageProblems),
)]
pub(super) async fn handle(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let fixed = &state.landing_page;
    let (parts, version) = match fixed.for_operators {
        true => (parts(&state).await, Some(Version::of(&state))),
        false => (Vec::new(), None),
    };
    let ready = state.not_ready_because().is_none();
    let (address, traces) = (own_address(&request), fixed.traces.as_deref().unwrap_or_default());
    let page = Page {
        address,
        summary: summary(ready, &parts),
        well: ready && parts.iter().all(|part| part.ok),
        parts,
        version,
        key_needed: fixed.key_needed,
        traces,
        links: &fixed.links,
    };
    page::answer(HttpResponse::Ok(), &page)
}

/// The gateway itself, and each dependency, all asked at the same time.
async fn parts(state: &State) -> Vec<Part> {
    let (kafka, postgres, redis) = tokio::join!(
        part(state, Dependency::Kafka),
        part(state, Dependency::Postgres),
        part(state, Dependency::Redis),
    );
    vec![gateway(state.not_ready_because()), kafka, postgres, redis]
}

async fn part(state: &State, dependency: Dependency) -> Part {
    match tokio::time::timeout(PATIENCE, state.dependencies.check(dependency)).await {
        Ok(check) => Part::of(&check),
        Err(_) => Part::silent(dependency, PATIENCE),
    }
}

fn gateway(not_ready_because: Option<&str>) -> Part {
    let (state, notes) = match not_ready_because {
        None => ("is ready".to_owned(), String::new()),
        Some(reason) => (format!("is not ready: {}", reason.replace('_', " ")), "See /ready.".to_owned()),
    };
    let ok = not_ready_because.is_none();
    Part { id: "gateway", name: "Gateway", role: "this program", ok, state, latency: String::new(), notes }
}

/// The state in one sentence: screen readers say it again when it changes.
fn summary(ready: bool, parts: &[Part]) -> String {
    let failing: Vec<_> =
        parts.iter().filter(|part| !part.ok).map(|part| format!("{} {}", part.name, part.state)).collect();
    match (failing.is_empty(), ready) {
        (false, _) => format!("{}.", failing.join("; ")),
        (true, true) if parts.is_empty() => "Events are taken.".to_owned(),
        (true, true) => "All parts answer, and events are taken.".to_owned(),
        (true, false) => "This gateway is not taking events at the moment.".to_owned(),
    }
}

/// Where the caller reached us, for commands to copy. What a client claims goes no further than
/// its own page, and only if it could be an address.
fn own_address(request: &HttpRequest) -> String {
    let info = request.connection_info();
    let of_host = |c: char| c.is_ascii_alphanumeric() || ".-:[]_".contains(c);
    match (info.scheme(), info.host()) {
        (scheme @ ("http" | "https"), host) if !host.is_empty() && host.chars().all(of_host) => {
            format!("{scheme}://{host}")
        }
        _ => "http://gateway.example".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn address(host: &str) -> String {
        own_address(&TestRequest::default().insert_header(("host", host)).to_http_request())
    }

    #[test]
    fn the_address_is_the_one_that_was_called() {
        assert_eq!(address("farol.example:8080"), "http://farol.example:8080");
        assert_eq!(address("[::1]:8080"), "http://[::1]:8080");
    }

    #[test]
    fn a_host_that_is_none_is_not_repeated() {
        for host in ["<b>", "a;rm", "a b", "$(id)", "`id`", "a'"] {
            assert_eq!(address(host), "http://gateway.example", "{host}");
        }
    }

    #[test]
    fn a_link_that_is_no_web_address_is_left_out() {
        assert_eq!(
            web_address("X", Some("https://traces.example/")).as_deref(),
            Some("https://traces.example")
        );
        assert_eq!(web_address("X", Some("javascript:alert(1)")), None);
        assert_eq!(web_address("X", None), None);
    }
}
