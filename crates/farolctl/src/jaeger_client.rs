//! Jaeger's query API: fetches one trace, and waits for one that is still arriving. It owns
//! Jaeger's JSON, not how a trace is shown.

use std::{collections::HashMap, time::Duration};

use reqwest::Url;
use serde::Deserialize;
use tokio::time::Instant;

use crate::https;
use crate::trace_tree::Trace;

const POLL: Duration = Duration::from_millis(300);
const TIMEOUT: Duration = Duration::from_secs(10);

/// A client of one Jaeger.
pub(crate) struct JaegerClient {
    http: reqwest::Client,
    base: Url,
}

/// Why a trace cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(
        "no answer from Jaeger at {url}: {cause}\n  Is it running? `make up` starts the local stack; --jaeger-url or FAROL_JAEGER_URL names another."
    )]
    Unreachable { url: String, cause: String },
    #[error("Jaeger at {url} answered {status}: {body}")]
    Refused { url: String, status: u16, body: String },
    #[error("Jaeger's answer is not understood: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error(transparent)]
    Client(#[from] https::Error),
}

#[derive(Debug, Deserialize)]
struct Answer {
    #[serde(default)]
    data: Vec<RawTrace>,
}

/// A trace as Jaeger gives it; times are microseconds.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RawTrace {
    #[serde(rename = "traceID")]
    pub(crate) trace_id: String,
    pub(crate) spans: Vec<RawSpan>,
    pub(crate) processes: HashMap<String, RawProcess>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RawSpan {
    #[serde(rename = "traceID")]
    pub(crate) trace_id: String,
    #[serde(rename = "spanID")]
    pub(crate) span_id: String,
    pub(crate) operation_name: String,
    #[serde(default)]
    pub(crate) references: Vec<RawReference>,
    pub(crate) start_time: u64,
    pub(crate) duration: u64,
    #[serde(default)]
    pub(crate) tags: Vec<RawTag>,
    #[serde(rename = "processID")]
    pub(crate) process_id: String,
}

/// `CHILD_OF` names the parent, `FOLLOWS_FROM` a link.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RawReference {
    pub(crate) ref_type: String,
    #[serde(rename = "traceID")]
    pub(crate) trace_id: String,
    #[serde(rename = "spanID")]
    pub(crate) span_id: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct RawTag {
    pub(crate) key: String,
    pub(crate) value: serde_json::Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RawProcess {
    pub(crate) service_name: String,
}

/// Reads Jaeger's answer; no trace is `None`.
pub(crate) fn parse(body: &str) -> Result<Option<Trace>, serde_json::Error> {
    let answer: Answer = serde_json::from_str(body)?;
    Ok(answer.data.into_iter().find(|trace| !trace.spans.is_empty()).map(Trace::from_raw))
}

impl JaegerClient {
    pub(crate) fn new(base: Url) -> Result<Self, Error> {
        let http = https::client(&base, TIMEOUT)?;
        Ok(Self { http, base })
    }

    /// The trace as far as it has arrived.
    pub(crate) async fn trace(&self, trace_id: &str) -> Result<Option<Trace>, Error> {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/api/traces/{trace_id}", self.base.path().trim_end_matches('/')));
        let unreachable = |error: reqwest::Error| Error::Unreachable {
            url: self.base.to_string(),
            cause: https::cause(&error),
        };
        let response = self.http.get(url).send().await.map_err(unreachable)?;
        let status = response.status().as_u16();
        let body = response.text().await.map_err(unreachable)?;
        match status {
            200 => Ok(parse(&body)?),
            404 => Ok(None),
            _ => {
                let body = body.chars().take(200).collect();
                Err(Error::Refused { url: self.base.to_string(), status, body })
            }
        }
    }

    /// Asks again until the trace is whole (an event went from request to consumer) and no
    /// longer grows, or `patience` is over; then whatever has arrived.
    pub(crate) async fn wait(&self, trace_id: &str, patience: Duration) -> Result<Option<Trace>, Error> {
        let deadline = Instant::now() + patience;
        let mut spans_before = 0;
        loop {
            let trace = self.trace(trace_id).await?;
            let spans = trace.as_ref().map_or(0, |trace| trace.spans.len());
            let whole = trace.as_ref().is_some_and(Trace::is_whole);
            if (whole && spans == spans_before) || Instant::now() + POLL > deadline {
                return Ok(trace);
            }
            spans_before = spans;
            tokio::time::sleep(POLL).await;
        }
    }
}
