//! The gateway's HTTP API as this tool uses it: send an event, ask for one. It owns the
//! JSON of receipts and problems and knows nothing of retries.

use std::time::Duration;

use bytes::Bytes;
use reqwest::{Response, Url, header};
use serde::{Deserialize, Serialize};

use crate::https;
use crate::traceparent::Traceparent;

const STRUCTURED: &str = "application/cloudevents+json";
const BATCH: &str = "application/cloudevents-batch+json";
const TIMEOUT: Duration = Duration::from_secs(30);

/// A client of one gateway with one key.
#[derive(Debug, Clone)]
pub(crate) struct GatewayClient {
    http: reqwest::Client,
    base: Url,
    key: Option<String>,
}

/// What the gateway gives for an event that cannot be lost any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Receipt {
    pub(crate) id: String,
    pub(crate) source: String,
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) trace_id: Option<String>,
    /// The event was acknowledged before; this is its first receipt.
    #[serde(default)]
    pub(crate) repeat: bool,
}

/// Why the gateway said no (RFC 9457).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Problem {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) title: String,
    pub(crate) status: u16,
    pub(crate) detail: Option<String>,
    pub(crate) pointer: Option<String>,
    pub(crate) header: Option<String>,
    pub(crate) parameter: Option<String>,
    /// How far the worker is behind, where the gateway tells it.
    pub(crate) behind: Option<Behind>,
    pub(crate) trace_id: Option<String>,
}

/// What the worker has not decided yet.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Behind {
    pub(crate) records: i64,
    pub(crate) seconds: i64,
}

/// The gateway's answer to one event.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Acknowledged, now or before.
    Accepted(Receipt),
    /// Not acknowledged; the client may be asked to wait.
    Refused { problem: Problem, retry_after: Option<Duration> },
}

/// Where an event is.
#[derive(Debug)]
pub(crate) enum Located {
    /// The gateway's JSON as it came.
    Found(String),
    /// Nothing is known of it, or it may not be asked for.
    NotFound(Problem),
}

/// Why there is no answer at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(
        "no answer from the gateway at {url}: {cause}\n  Is it running? `make up` starts the local stack; --gateway-url or FAROL_GATEWAY_URL names another."
    )]
    Unreachable { url: String, cause: String },
    #[error(
        "the gateway at {url} answered {status} with something that is not Farol's: {body}\n  Check --gateway-url or FAROL_GATEWAY_URL."
    )]
    Unexpected { url: String, status: u16, body: String },
    #[error(transparent)]
    Client(#[from] https::Error),
    #[error("the key holds a character that no HTTP header can carry; check --key or FAROL_KEY")]
    Key,
}

impl GatewayClient {
    /// A client that sends `key` as bearer token, if there is one.
    pub(crate) fn new(base: Url, key: Option<String>) -> Result<Self, Error> {
        if key.as_deref().is_some_and(|key| header::HeaderValue::from_str(key).is_err()) {
            return Err(Error::Key);
        }
        let http = https::client(&base, TIMEOUT)?;
        Ok(Self { http, base, key })
    }

    /// Sends one event in structured mode and returns what the gateway said.
    pub(crate) async fn send(
        &self,
        event: Bytes,
        traceparent: Option<&Traceparent>,
    ) -> Result<Answer, Error> {
        let url = self.url("/v1/events");
        let mut request = self.http.post(url.clone()).header(header::CONTENT_TYPE, STRUCTURED);
        if let Some(traceparent) = traceparent {
            request = request.header("traceparent", traceparent.as_str());
        }
        let response = self.call(request.body(event), &url).await?;
        let retry_after = retry_after(&response);
        let (status, body) = read(response, &url).await?;
        if status == 202 {
            let receipt = serde_json::from_str(&body);
            return receipt.map(Answer::Accepted).map_err(|_| unexpected(&url, status, body));
        }
        Ok(Answer::Refused { problem: problem(&url, status, body)?, retry_after })
    }

    /// Sends a body of one event or of a batch; answers with the status, and reads what comes with it to its end.
    pub(crate) async fn status_of(&self, body: Bytes, is_batch: bool) -> Result<u16, Error> {
        let url = self.url("/v1/events");
        let media_type = if is_batch { BATCH } else { STRUCTURED };
        let request = self.http.post(url.clone()).header(header::CONTENT_TYPE, media_type).body(body);
        let (status, _) = read(self.call(request, &url).await?, &url).await?;
        Ok(status)
    }

    /// Asks where the event with this source and id is; its receipt's (partition, offset) helps.
    pub(crate) async fn locate(
        &self,
        source: &str,
        id: &str,
        position: Option<(i32, i64)>,
    ) -> Result<Located, Error> {
        let url = self.url("/v1/event");
        let request = self.http.get(url.clone()).query(&[("source", source), ("id", id)]);
        let request = match position {
            None => request,
            Some((partition, offset)) => {
                request.query(&[("partition", i64::from(partition)), ("offset", offset)])
            }
        };
        let (status, body) = read(self.call(request, &url).await?, &url).await?;
        if status == 200 {
            return Ok(Located::Found(body));
        }
        problem(&url, status, body).map(Located::NotFound)
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        url
    }

    async fn call(&self, request: reqwest::RequestBuilder, url: &Url) -> Result<Response, Error> {
        let request = match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        };
        request.send().await.map_err(|error| unreachable(url, &error))
    }
}

async fn read(response: Response, url: &Url) -> Result<(u16, String), Error> {
    let status = response.status().as_u16();
    let body = response.text().await.map_err(|error| unreachable(url, &error))?;
    Ok((status, body))
}

/// The problem in a body; an intermediary's plain 5xx becomes one of type `about:blank`.
fn problem(url: &Url, status: u16, body: String) -> Result<Problem, Error> {
    match serde_json::from_str(&body) {
        Ok(problem) => Ok(problem),
        Err(_) if status >= 500 => Ok(Problem {
            kind: "about:blank".to_owned(),
            title: format!("HTTP {status} without a problem document"),
            status,
            detail: None,
            pointer: None,
            header: None,
            parameter: None,
            behind: None,
            trace_id: None,
        }),
        Err(_) => Err(unexpected(url, status, body)),
    }
}

fn unexpected(url: &Url, status: u16, body: String) -> Error {
    let body = body.chars().take(200).collect();
    Error::Unexpected { url: url.to_string(), status, body }
}

fn unreachable(url: &Url, error: &reqwest::Error) -> Error {
    Error::Unreachable { url: url.to_string(), cause: https::cause(error) }
}

/// `Retry-After` in its form of seconds; a date is treated as absent.
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    value.parse().ok().map(Duration::from_secs)
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.status, self.title)?;
        if let Some(detail) = &self.detail {
            write!(f, ": {detail}")?;
        }
        let named = [("pointer", &self.pointer), ("header", &self.header), ("parameter", &self.parameter)];
        for (name, value) in named {
            if let Some(value) = value {
                write!(f, "\n  {name} {value}")?;
            }
        }
        write!(f, "\n  type {}", self.kind)?;
        if let Some(Behind { records, seconds }) = self.behind {
            write!(f, "\n  the worker is {records} records and {seconds} s behind")?;
        }
        if let Some(trace_id) = &self.trace_id {
            write!(f, "\n  trace {trace_id}")?;
        }
        match self.status {
            401 => write!(f, "\n  Give a key with --key or FAROL_KEY; `make key` prints the local one."),
            403 => write!(f, "\n  This key may not do that; use one whose sources and roles allow it."),
            _ => Ok(()),
        }
    }
}
