//! Which of two representations a client wants: a page for people, or JSON for machines.

use actix_web::HttpRequest;
use actix_web::http::header::{Accept, Header as _, Quality};

/// Whether HTML is wanted more than JSON (RFC 9110 §12.5.1). Whoever takes both alike, or says
/// nothing that is understood, is a machine: browsers name HTML.
pub(super) fn wants_html(request: &HttpRequest) -> bool {
    let Ok(accept) = Accept::parse(request) else { return false };
    quality(&accept, "text", "html") > quality(&accept, "application", "json")
}

/// The quality of the most specific range that covers the type.
fn quality(accept: &Accept, main: &str, sub: &str) -> Quality {
    let covering = accept.iter().filter_map(|range| {
        let specificity = match (range.item.type_().as_str(), range.item.subtype().as_str()) {
            ("*", "*") => 0,
            (t, "*") if t == main => 1,
            (t, s) if t == main && s == sub => 2,
            _ => return None,
        };
        Some((specificity, range.quality))
    });
    covering.max_by_key(|(specificity, _)| *specificity).map_or(Quality::ZERO, |(_, quality)| quality)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn html(accept: &str) -> bool {
        wants_html(&TestRequest::default().insert_header(("accept", accept)).to_http_request())
    }

    #[test]
    fn browsers_get_html() {
        assert!(html("text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"));
        assert!(html("text/*"));
        assert!(html("application/json;q=0.5, text/html;q=0.6"));
        assert!(html("*/*, application/json;q=0"));
    }

    #[test]
    fn everybody_else_gets_json() {
        assert!(!wants_html(&TestRequest::default().to_http_request()));
        for accept in [
            "*/*",
            "application/json",
            "application/json, text/html;q=0.9",
            "text/html, application/json",
            "text/html;q=0, */*",
            "image/png",
            "",
            "nonsense",
        ] {
            assert!(!html(accept), "{accept}");
        }
    }
}
