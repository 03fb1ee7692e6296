//! The URL map of the gateway, on one screen.

mod accept_events;
mod api_document;
mod assets;
mod docs_page;
mod find_event;
mod identify;
mod landing_page;
mod list_dead_letters;
mod list_events;
mod management;
mod negotiation;
mod page;
mod query;

use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpResponse, Resource, Responder, Route, guard};

pub(crate) use api_document::ApiDocument;
pub(crate) use landing_page::LandingPage;

use crate::problem::{Kind, Problem};

/// What one listener serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Serves {
    /// Everything, on one port.
    Everything,
    /// What clients and people call, where the rest has a listener of its own.
    Public,
    /// The rest.
    Management,
}

/// Where events are sent to, and listed.
pub(crate) const EVENTS_PATH: &str = "/v1/events";

const READING: &[Method] = &[Method::GET, Method::HEAD];

/// Registers every route of a listener.
pub(crate) fn map(app: &mut ServiceConfig, serves: Serves) {
    if serves != Serves::Management {
        let events =
            only(EVENTS_PATH, "GET, HEAD, POST").route(on(&[Method::POST]).to(accept_events::handle));
        app.service(events.route(on(READING).to(list_events::handle)))
            .service(read("/v1/event", find_event::handle))
            .service(read("/v1/dead-letters", list_dead_letters::handle))
            .service(read("/", landing_page::handle))
            .service(read("/docs", docs_page::handle))
            .service(read("/openapi.json", api_document::handle));
    }
    if serves != Serves::Public {
        app.service(read("/health", management::health))
            .service(read("/ready", management::ready))
            .service(read("/version", management::version))
            .service(read("/metrics", management::metrics))
            .service(read("/kafka", management::kafka))
            .service(read("/postgres", management::postgres))
            .service(read("/redis", management::redis))
            .service(read("/testes", management::all));
    }
    app.service(read(assets::PATTERN, assets::handle)).default_service(web::to(nothing_here));
}

/// A resource to read: GET, and HEAD, which HTTP wants wherever there is GET (RFC 9110 §9.1).
fn read<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    only(path, "GET, HEAD").route(on(READING).to(handler))
}

/// A route for these methods. The framework's own guards note what they look for in every request, for an answer that
/// [`only`] gives.
fn on(methods: &'static [Method]) -> Route {
    web::route().guard(guard::fn_guard(|request| methods.contains(&request.head().method)))
}

/// A resource that answers other methods with 405 and says which it takes.
fn only(path: &str, allowed: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move || async move {
        let detail = format!("this resource takes {allowed}");
        let problem = Problem::new(Kind::MethodNotAllowed, detail);
        Err::<HttpResponse, _>(problem.header(ALLOW, HeaderValue::from_static(allowed)))
    }))
}

async fn nothing_here() -> Result<HttpResponse, Problem> {
    Err(Problem::new(Kind::NotFound, "no resource of this gateway has this path"))
}
