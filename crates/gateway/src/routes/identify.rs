//! Who is asking: the bearer key of a request, and whether it allows what is asked.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};

use crate::keys::{Key, Role};
use crate::problem::{Kind, Problem};
use crate::startup::State;

/// The caller's key, if it has `role`.
pub(super) fn identify(request: &HttpRequest, state: &State, role: Role) -> Result<Arc<Key>, Problem> {
    let Some(key) = state.keys.find(bearer(request)) else {
        let problem = Problem::new(Kind::Unauthorized, "send a known key as `Authorization: Bearer <key>`");
        return Err(problem.header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"farol\"")));
    };
    if !key.allows(role) {
        return Err(Problem::new(Kind::Forbidden, format!("the key lacks the role {}", role.name())));
    }
    Ok(key)
}

/// Refuses a source that the key may not speak for.
pub(super) fn check_source(key: &Key, source: &str) -> Result<(), Problem> {
    if key.may_use(source) {
        return Ok(());
    }
    Err(Problem::new(Kind::Forbidden, "the key may not use this source"))
}

/// The token of a bearer `Authorization`; the scheme's name is in any case (RFC 9110 §11.1).
fn bearer(request: &HttpRequest) -> Option<&str> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
