//! Heads of requests that are too long: told so by a problem document, before any route sees them.

use actix_web::dev::ServiceRequest;

use crate::problem::{Kind, Problem};

/// RFC 9110 §4.1 asks for 8,000 at least.
const MAX_URI_BYTES: usize = 8 << 10;
/// Names and values together. The server itself ends a connection at twice as much.
const MAX_HEADER_BYTES: usize = 64 << 10;

/// Why a request is refused for its head; `None` where it is not.
pub(crate) fn problem_of(request: &ServiceRequest) -> Option<Problem> {
    let uri_bytes = request.uri().path_and_query().map_or(0, |uri| uri.as_str().len());
    if uri_bytes > MAX_URI_BYTES {
        let detail = format!("path and query take {uri_bytes} bytes; the limit is {MAX_URI_BYTES}");
        return Some(Problem::new(Kind::UriTooLong, detail));
    }
    let header_bytes: usize =
        request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if header_bytes > MAX_HEADER_BYTES {
        let detail = format!("the headers take {header_bytes} bytes; the limit is {MAX_HEADER_BYTES}");
        return Some(Problem::new(Kind::HeadersTooLarge, detail));
    }
    None
}
