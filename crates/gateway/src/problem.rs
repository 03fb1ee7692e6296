//! What a client is told when it gets no 2xx: a problem document (RFC 9457). The only error
//! type at the HTTP edge; the cause of a 5xx goes to the log, never to the client.

use std::borrow::Cow;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use tracing::Span;

/// Every kind of problem; its type never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    MalformedEvent,
    MalformedRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    NotStoredYet,
    MethodNotAllowed,
    BodyTooSlow,
    Conflict,
    TooLarge,
    UriTooLong,
    HeadersTooLarge,
    UnsupportedFormat,
    UnsupportedEncoding,
    Unstorable,
    NotAttempted,
    RateLimited,
    Overloaded,
    Unavailable,
}

impl Kind {
    /// The last part of the type, also a metric's label.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::MalformedEvent => "malformed-event",
            Self::MalformedRequest => "malformed-request",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::NotStoredYet => "not-stored-yet",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::BodyTooSlow => "body-too-slow",
            Self::Conflict => "conflict",
            Self::TooLarge => "too-large",
            Self::UriTooLong => "uri-too-long",
            Self::HeadersTooLarge => "headers-too-large",
            Self::UnsupportedFormat => "unsupported-format",
            Self::UnsupportedEncoding => "unsupported-encoding",
            Self::Unstorable => "unstorable",
            Self::NotAttempted => "not-attempted",
            Self::RateLimited => "rate-limited",
            Self::Overloaded => "overloaded",
            Self::Unavailable => "unavailable",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::MalformedEvent | Self::MalformedRequest => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound | Self::NotStoredYet => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UriTooLong => StatusCode::URI_TOO_LONG,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::UnsupportedFormat | Self::UnsupportedEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unstorable => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotAttempted => StatusCode::FAILED_DEPENDENCY,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Overloaded | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::MalformedEvent => "The message is not a CloudEvent",
            Self::MalformedRequest => "The request is not understood",
            Self::Unauthorized => "A valid key is needed",
            Self::Forbidden => "The key may not do this",
            Self::NotFound => "There is nothing here",
            Self::NotStoredYet => "The event is not stored yet",
            Self::MethodNotAllowed => "The resource does not take this method",
            Self::BodyTooSlow => "The body took too long",
            Self::Conflict => "Another event has this source and id",
            Self::TooLarge => "The body is too large",
            Self::UriTooLong => "The URI is too long",
            Self::HeadersTooLarge => "The headers are too large",
            Self::UnsupportedFormat => "The event format is not supported",
            Self::UnsupportedEncoding => "The content encoding is not supported",
            Self::Unstorable => "The event could never be stored",
            Self::NotAttempted => "The event was left out because others in its batch were refused",
            Self::RateLimited => "The producer is over its rate",
            Self::Overloaded => "The gateway has more to do than it can",
            Self::Unavailable => "The event cannot be accepted now",
        }
    }
}

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
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) kind: Kind,
    detail: Cow<'static, str>,
    at: Option<At>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, detail: detail.into(), at: None, headers: Vec::new() }
    }

    pub(crate) fn at(mut self, at: At) -> Self {
        self.at = Some(at);
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
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
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.kind.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        for header in &self.headers {
            response.insert_header(header.clone());
        }
        let document = Document {
            r#type: format!("urn:farol:problem:{}", self.kind.name()),
            title: self.kind.title(),
            status: self.status_code().as_u16(),
            detail: &self.detail,
            at: self.at.as_ref(),
            trace_id: telemetry::trace_id(&Span::current()),
        };
        response.content_type("application/problem+json").body(serde_json::json!(document).to_string())
    }
}
