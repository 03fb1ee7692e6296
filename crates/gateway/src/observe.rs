//! What every request leaves behind: a SERVER span by the HTTP semantic conventions, and the
//! rate, errors and duration of its route.
//!
//! The one middleware: every one costs each request its own boxes and moves.

use std::borrow::Cow;
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue, USER_AGENT};
use actix_web::http::{Method, Version};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest};
use telemetry::{Remote, Traced, Undecided};
use tracing::Span;
use tracing::field::Empty;

use crate::routes::EVENTS_PATH;
use crate::{http_limits, instruments, leave_taking, trace_context};

/// Routes whose requests make metrics but no span: machines, and pages left open,
/// ask them every few seconds.
const WITHOUT_SPAN: [&str; 9] =
    ["/health", "/ready", "/metrics", "/kafka", "/postgres", "/redis", "/testes", "/", "/assets/{name}"];

/// Whether requests of this route make a span, so that their answers can name it.
pub(crate) fn has_span(route: &str) -> bool {
    !WITHOUT_SPAN.contains(&route)
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The middleware; it wraps the whole application, unknown routes included.
pub(crate) async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let route = route_of(&request);
    let method = method_name(request.method());
    let mut measured = Measured::start(method, route.clone());
    let sender = match &route {
        Some(route) if !has_span(route) => None,
        _ => Some(trace_context::of_request(request.headers())),
    };
    let (outcome, traced) = match sender {
        None => (answer(request, next).await, Traced::none()),
        Some(Remote::None | Remote::Broken) if may_hold_event(method, route.as_deref()) => {
            trace_context::leave(&request, Undecided::new(server_span));
            let outcome = answer(request, next).await;
            let traced =
                outcome.as_ref().map_or_else(|_| Traced::none(), |response| followed(response.request()));
            (outcome, traced)
        }
        Some(sender) => {
            let traced = Traced::new(&sender, server_span);
            describe(traced.span(), request.request());
            (traced.run(answer(request, next)).await, traced)
        }
    };
    let span = traced.span();
    let status = match &outcome {
        Ok(response) => response.status().as_u16(),
        Err(error) => error.as_response_error().status_code().as_u16(),
    };
    measured.status = Some(status);
    let outcome = outcome.map(|response| with_request_id(response, &traced));
    span.record("http.response.status_code", i64::from(status));
    if status >= 500 {
        span.record("otel.status_code", "error");
        span.record("error.type", status.to_string());
    }
    outcome
}

/// What is answered to it, by whom it concerns unless its head is too long.
async fn answer(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let mut response = match http_limits::problem_of(&request) {
        None => next.call(request).await?.map_into_boxed_body(),
        Some(problem) => request.error_response(problem),
    };
    leave_taking::say_when_draining(&mut response);
    Ok(response)
}

/// The pattern of its route in the URL map; it is not looked for where nearly all requests go.
fn route_of(request: &ServiceRequest) -> Option<Cow<'static, str>> {
    match request.path() {
        EVENTS_PATH => Some(Cow::Borrowed(EVENTS_PATH)),
        _ => request.match_pattern().map(Cow::Owned),
    }
}

/// What became of a request whose trace was left to the handler.
fn followed(request: &HttpRequest) -> Traced {
    let refused_before = || {
        let traced = trace_context::follow(request, &[], false).unwrap_or_else(Traced::none);
        describe(traced.span(), request);
        traced
    };
    trace_context::followed(request).unwrap_or_else(refused_before)
}

/// Whether the body may tell what the head does not: the trace that the request goes on.
fn may_hold_event(method: &str, route: Option<&str>) -> bool {
    method == "POST" && route == Some(EVENTS_PATH)
}

/// The id by which client and operator speak of this request: its trace's.
fn with_request_id<B>(mut response: ServiceResponse<B>, traced: &Traced) -> ServiceResponse<B> {
    let id = traced.trace_id().map(telemetry::in_hexadecimal);
    if let Some(value) = id.and_then(|id| HeaderValue::try_from(id).ok()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

fn server_span() -> Span {
    tracing::info_span!(
        "http",
        otel.kind = "server",
        otel.status_code = Empty,
        error.r#type = Empty,
        http.request.method = Empty,
        http.request.method_original = Empty,
        http.response.status_code = Empty,
        http.route = Empty,
        url.path = Empty,
        url.scheme = Empty,
        server.address = Empty,
        server.port = Empty,
        client.address = Empty,
        network.protocol.version = Empty,
        user_agent.original = Empty,
    )
}

/// Says in a request's span what it asks, once it is known whose trace it goes on: nobody reads that of a span that
/// is not recorded, and those are nearly all.
pub(crate) fn describe(span: &Span, request: &HttpRequest) {
    if !telemetry::is_recorded(span) {
        return;
    }
    let (method, route) = (method_name(request.method()), request.match_pattern());
    let shown_method = if method == "_OTHER" { "HTTP" } else { method };
    let name =
        route.as_ref().map_or_else(|| shown_method.to_owned(), |route| format!("{shown_method} {route}"));
    let info = request.connection_info();
    let (address, port) = split_host(info.host());
    telemetry::rename(span, name);
    tracing::record_all!(
        span,
        http.request.method = method,
        http.request.method_original = (method == "_OTHER").then(|| request.method().as_str()),
        http.route = route,
        url.path = request.path(),
        url.scheme = info.scheme(),
        server.address = address,
        server.port = port,
        client.address = info.realip_remote_addr(),
        network.protocol.version = protocol_version(request.version()),
        user_agent.original = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()),
    );
}

/// Host and port of a `Host` header; an IPv6 address keeps its brackets.
fn split_host(host: &str) -> (&str, Option<i64>) {
    match host.rsplit_once(':') {
        Some((address, port)) if !port.ends_with(']') => (address, port.parse().ok()),
        _ => (host, None),
    }
}

/// The method if HTTP defines it, else `_OTHER`: a client must not invent label values.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        Method::CONNECT => "CONNECT",
        Method::TRACE => "TRACE",
        _ => "_OTHER",
    }
}

fn protocol_version(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        _ => "1.1",
    }
}

/// Counts a request while it lives; `Drop` also sees the ones whose client went away.
struct Measured {
    method: &'static str,
    route: Cow<'static, str>,
    status: Option<u16>,
    started: Instant,
}

/// The status of a request that nobody waited for: the code nginx made customary.
const CLIENT_CLOSED_REQUEST: u16 = 499;

impl Measured {
    fn start(method: &'static str, route: Option<Cow<'static, str>>) -> Self {
        instruments::active_requests(1.0);
        Self { method, route: route.unwrap_or_default(), status: None, started: Instant::now() }
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        instruments::active_requests(-1.0);
        let status = self.status.unwrap_or(CLIENT_CLOSED_REQUEST);
        instruments::request(self.method, std::mem::take(&mut self.route), status, self.started.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_split_into_address_and_port() {
        assert_eq!(split_host("farol.example:8080"), ("farol.example", Some(8080)));
        assert_eq!(split_host("farol.example"), ("farol.example", None));
        assert_eq!(split_host("[::1]:8080"), ("[::1]", Some(8080)));
        assert_eq!(split_host("[::1]"), ("[::1]", None));
    }

    #[test]
    fn a_method_that_http_does_not_define_is_no_label() {
        assert_eq!(method_name(&Method::POST), "POST");
        assert_eq!(method_name(&Method::from_bytes(b"BREW").unwrap()), "_OTHER");
    }
}
