//! What a client is told when it gets no 2xx: a problem document (RFC 9457). The only error
//! type at the HTTP edge; the cause of a 5xx goes to the log, never to the client.

mod guide;
mod kind;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

pub(crate) use kind::Kind;

use crate::backlog::Behind;
use crate::intake::EventResult;

/// The media type of a problem document.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// Where in the request the mistake is.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    results: Option<Value>,
    behind: Option<Value>,
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

    /// The `Retry-After` it has, for the answer that it is a part of.
    pub(crate) fn retry_after_header(&self) -> Option<(HeaderName, HeaderValue)> {
        self.headers.iter().find(|(name, _)| name == RETRY_AFTER).cloned()
    }

    /// How far the worker is behind; null where that is not known.
    pub(crate) fn behind(mut self, behind: Option<Behind>) -> Self {
        self.more.get_or_insert_default().behind = Some(serde_json::json!(behind));
        self
    }

    /// What became of each event of a batch; `status` is that of the first one refused.
    pub(crate) fn results(mut self, status: StatusCode, results: Value) -> Self {
        let more = self.more.get_or_insert_default();
        (more.status, more.results) = (Some(status), Some(results));
        self
    }

    /// What it says of one event among many: the same members, without the request's own.
    pub(crate) fn as_item(&self) -> Value {
        serde_json::json!(Document { trace_id: None, ..self.document() })
    }

    fn document(&self) -> Document<'_> {
        let (pointer, header, parameter) = match &self.at {
            None => (None, None, None),
            Some(At::Pointer(pointer)) => (Some(pointer.as_str()), None, None),
            Some(At::Header(name)) => (None, Some(name.as_str()), None),
            Some(At::Parameter(name)) => (None, None, Some(name.as_str())),
        };
        Document {
            r#type: self.kind.urn(),
            title: self.kind.title(),
            status: self.status_code().as_u16(),
            detail: &self.detail,
            pointer,
            header,
            parameter,
            trace_id: telemetry::current_trace_id().map(telemetry::in_hexadecimal),
            results: self.more.as_ref().and_then(|more| more.results.as_ref()),
            behind: self.more.as_ref().and_then(|more| more.behind.as_ref()),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.title(), self.detail)
    }
}

/// Why a request was refused (RFC 9457): the members of §3.1, then Farol's own.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub(crate) struct Document<'p> {
    /// Which kind of problem it is.
    #[schema(value_type = Kind)]
    r#type: String,
    /// The kind in words; the same for all problems of a kind.
    title: &'static str,
    /// The status of the answer; in `results`, the one that the event would have alone.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong with this request.
    detail: &'p str,
    /// Where in the body the mistake is: a JSON pointer (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pointer: Option<&'p str>,
    /// The header that holds the mistake.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    header: Option<&'p str>,
    /// The query parameter that holds the mistake.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    parameter: Option<&'p str>,
    /// The trace of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[0-9a-f]{32}$")]
    trace_id: Option<String>,
    /// Of a batch: what became of each event, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<EventResult>, required = false, no_recursion)]
    results: Option<&'p Value>,
    /// Of a look-up: how far the worker is behind; null where Kafka did not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Behind>)]
    behind: Option<&'p Value>,
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
