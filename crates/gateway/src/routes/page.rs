//! A page for a browser: its headers, and a row for each part of the system.

use std::time::Duration;

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpResponse, HttpResponseBuilder};
use askama::Template;

use crate::dependencies::{Check, Dependency, Details, Topic};
use crate::problem::{Kind, Problem};

/// Only our own files run or load, and only we are called: even a hole in the escaping could do nothing.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Answers with a rendered template. What it shows is of this moment, so nobody keeps it.
pub(super) fn answer(mut answer: HttpResponseBuilder, page: &impl Template) -> Result<HttpResponse, Problem> {
    let html = page.render().map_err(|error| {
        tracing::error!(name: "page_not_rendered", %error, "a page could not be rendered");
        Problem::new(Kind::Unavailable, "the page cannot be shown now")
    })?;
    answer
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((CACHE_CONTROL, "no-store"));
    Ok(answer.body(html))
}

/// One row of the table of parts.
pub(super) struct Part {
    /// For scripts and tests.
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    /// What it is there for.
    pub(super) role: &'static str,
    pub(super) ok: bool,
    /// How it is, after its name.
    pub(super) state: String,
    pub(super) latency: String,
    /// What else was found; of a part that fails, what follows from it.
    pub(super) notes: String,
}

impl Part {
    /// A part as its check found it.
    pub(super) fn of(check: &Check) -> Self {
        let (state, latency, notes) = match check.reason {
            None => ("answers", shown(check.latency), check.details.as_ref().map(found).unwrap_or_default()),
            Some(reason) => (reason.words(), String::new(), consequence(check.name).to_owned()),
        };
        Self { ok: check.ok, state: state.to_owned(), latency, notes, ..Self::unknown(check.name) }
    }

    /// A part that gave no answer before the page had to be there.
    pub(super) fn silent(dependency: Dependency, waited: Duration) -> Self {
        let state = format!("gave no answer within {}", shown(waited));
        Self { state, notes: consequence(dependency).to_owned(), ..Self::unknown(dependency) }
    }

    fn unknown(dependency: Dependency) -> Self {
        let (name, role) = match dependency {
            Dependency::Kafka => ("Kafka", "takes the events in"),
            Dependency::Postgres => ("PostgreSQL", "holds their rows"),
            Dependency::Redis => ("Redis", "remembers first receipts and rates"),
        };
        let (state, latency, notes) = Default::default();
        Self { id: dependency.name(), name, role, ok: false, state, latency, notes }
    }
}

fn shown(duration: Duration) -> String {
    match duration.as_secs_f64() * 1e3 {
        ms if ms < 10.0 => format!("{ms:.1} ms"),
        ms if ms < 1_000.0 => format!("{ms:.0} ms"),
        ms => format!("{:.1} s", ms / 1e3),
    }
}

fn found(details: &Details) -> String {
    match details {
        Details::Kafka(topic) => topic_found(topic),
        Details::Postgres { in_recovery: true, .. } => "a standby: it answers look-ups".to_owned(),
        Details::Postgres { read_only: true, .. } => "read-only: it answers look-ups".to_owned(),
        Details::Postgres { .. } => "reads and writes".to_owned(),
        Details::Redis { .. } => "wrote, read and deleted a key".to_owned(),
    }
}

fn topic_found(topic: &Topic) -> String {
    let Topic { topic: name, brokers, partition_count, under_replicated, .. } = topic;
    let plural = |number: &usize| if *number == 1 { "" } else { "s" };
    let size = format!(
        "{name}: {partition_count} partition{} on {brokers} broker{}",
        plural(partition_count),
        plural(brokers)
    );
    match under_replicated {
        0 => format!("{size}, all replicas in sync"),
        behind => format!("{size}, {behind} with replicas out of sync"),
    }
}

fn consequence(dependency: Dependency) -> &'static str {
    match dependency {
        Dependency::Kafka => "No event is accepted until it answers. Events accepted before are safe.",
        Dependency::Postgres => "Events are accepted and wait in Kafka. Look-ups get no answer.",
        Dependency::Redis => "Events are accepted. A repeated one may be accepted again; it is stored once.",
    }
}
