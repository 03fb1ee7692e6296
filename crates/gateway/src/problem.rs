//! What a client is told when it gets no 2xx: a problem document (RFC 9457). The only error
//! type at the HTTP edge; the cause of a 5xx goes to the log, never to the client.

mod kind;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::Value;
use tracing::Span;

pub(crate) use kind::Kind;

/// The media type of a problem document.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// Where in the request the mistake is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum At {
    /// A JSON pointer (RFC 6901) into the body.
    Pointer(String),
    /// The name of a header.
    Header(String),
    /// The name of a query parameter.
    Parameter(String),
}

/// A refusal on its way to the client.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) kind: Kind,
    detail: Cow<'static, str>,
    at: Option<At>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// What only few problems have.
    more: Option<Box<More>>,
}

/// Members of a problem's own type (RFC 9457 §3.2), and a status that its kind does not decide.
#[derive(Debug, Clone, Default)]
struct More {
    status: Option<StatusCode>,
    members: BTreeMap<&'static str, Value>,
}

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, detail: detail.into(), at: None, headers: Vec::new(), more: None }
    }

    pub(crate) fn at(mut self, at: At) -> Self {
        self.at = Some(at);
        self
    }

    /// The same mistake, seen from outside the item `index` of an array.
    pub(crate) fn inside_item(mut self, index: usize) -> Self {
        let inner = match self.at.take() {
            Some(At::Pointer(pointer)) => pointer,
            _ => String::new(),
        };
        self.at(At::Pointer(format!("/{index}{inner}")))
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// When to try again, in whole seconds.
    pub(crate) fn retry_after(self, wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.header(RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// A member of this problem's own type.
    pub(crate) fn member(mut self, name: &'static str, value: Value) -> Self {
        self.more.get_or_insert_default().members.insert(name, value);
        self
    }

    /// What became of each event of a batch; `status` is that of the first one refused.
    pub(crate) fn results(mut self, status: StatusCode, results: Value) -> Self {
        self.more.get_or_insert_default().status = Some(status);
        self.member("results", results)
    }

    /// What it says of one event among many: the same members, without the request's own.
    pub(crate) fn as_item(&self) -> Value {
        serde_json::json!(Document { trace_id: None, ..self.document() })
    }

    fn document(&self) -> Document<'_> {
        Document {
            r#type: format!("urn:farol:problem:{}", self.kind.name()),
            title: self.kind.title(),
            status: self.status_code().as_u16(),
            detail: &self.detail,
            at: self.at.as_ref(),
            trace_id: telemetry::trace_id(&Span::current()),
            members: self.more.as_ref().map(|more| &more.members),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.title(), self.detail)
    }
}

/// The document as it is written; members of RFC 9457 §3.1, then ours.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'p> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'p str,
    #[serde(flatten)]
    at: Option<&'p At>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    #[serde(flatten)]
    members: Option<&'p BTreeMap<&'static str, Value>>,
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.more.as_ref().and_then(|more| more.status).unwrap_or_else(|| self.kind.status())
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        for header in &self.headers {
            response.insert_header(header.clone());
        }
        response.content_type(PROBLEM_JSON).body(serde_json::json!(self.document()).to_string())
    }
}
