//! The URL map of the gateway, on one screen.

mod accept_events;
mod find_event;
mod identify;
mod list_events;
mod management;
mod query;

use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Resource};

use crate::problem::{Kind, Problem};

/// Registers every route.
pub(crate) fn map(app: &mut ServiceConfig) {
    app.service(
        only("/v1/events", "GET, POST")
            .route(web::post().to(accept_events::handle))
            .route(web::get().to(list_events::handle)),
    )
    .service(only("/v1/event", "GET").route(web::get().to(find_event::handle)))
    .service(only("/health", "GET").route(web::get().to(management::health)))
    .service(only("/ready", "GET").route(web::get().to(management::ready)))
    .service(only("/version", "GET").route(web::get().to(management::version)))
    .service(only("/metrics", "GET").route(web::get().to(management::metrics)))
    .default_service(web::to(nothing_here));
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
