//! A gateway for tests of the command line: it keeps what it got, answers repeats with the
//! first receipt, and can be busy first.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, dev::ServerHandle, web};
use serde_json::{Value, json};

pub(crate) const KEY: &str = "farol_test";

/// What the stub does and has seen.
#[derive(Default)]
pub(crate) struct State {
    /// Requests to answer with 503 before any is accepted.
    pub(crate) busy: AtomicU64,
    /// Events by (source, id), with their receipts.
    pub(crate) events: Mutex<HashMap<(String, String), (Value, Value)>>,
    /// `traceparent` headers in order of arrival.
    pub(crate) traceparents: Mutex<Vec<String>>,
}

/// A running stub; it ends when dropped.
pub(crate) struct StubGateway {
    pub(crate) url: String,
    pub(crate) state: Arc<State>,
    handle: ServerHandle,
}

impl StubGateway {
    pub(crate) async fn start() -> Self {
        let state = Arc::new(State::default());
        let data = web::Data::from(Arc::clone(&state));
        let app = move || {
            App::new()
                .app_data(data.clone())
                .route("/v1/events", web::post().to(take))
                .route("/v1/event", web::get().to(locate))
        };
        let server = HttpServer::new(app).workers(1).bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        let server = server.disable_signals().run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { url, state, handle }
    }
}

impl Drop for StubGateway {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

fn problem(status: u16, kind: &str) -> Value {
    json!({"type": format!("https://farol.example/problems/{kind}"), "title": kind,
           "status": status, "pointer": "/source", "traceId": "0af7651916cd43dd8448eb211c80319c"})
}

async fn take(request: HttpRequest, state: web::Data<State>, body: web::Bytes) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    if header("authorization") != Some(&format!("Bearer {KEY}")) {
        return HttpResponse::Unauthorized().json(problem(401, "unauthorized"));
    }
    let busy = state.busy.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
    if busy.is_ok() {
        let mut answer = HttpResponse::ServiceUnavailable();
        return answer.insert_header(("retry-after", "0")).json(problem(503, "busy"));
    }
    state.traceparents.lock().unwrap().extend(header("traceparent").map(str::to_owned));
    let event: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (Some(source), Some(id)) = (event["source"].as_str(), event["id"].as_str()) else {
        return HttpResponse::BadRequest().json(problem(400, "malformed"));
    };
    let mut events = state.events.lock().unwrap();
    let offset = events.len();
    let place = (source.to_owned(), id.to_owned());
    if let Some((_, receipt)) = events.get(&place) {
        let mut receipt = receipt.clone();
        receipt["repeat"] = true.into();
        return HttpResponse::Accepted().json(receipt);
    }
    let receipt = json!({"id": id, "source": source, "topic": "farol.events", "partition": 0,
        "offset": offset, "traceId": "4bf92f3577b34da6a3ce929d0e0e4736", "repeat": false});
    events.insert(place, (event, receipt.clone()));
    HttpResponse::Accepted().json(receipt)
}

async fn locate(state: web::Data<State>, query: web::Query<HashMap<String, String>>) -> HttpResponse {
    let named = |name: &str| query.get(name).cloned().unwrap_or_default();
    match state.events.lock().unwrap().get(&(named("source"), named("id"))) {
        Some((event, _)) => HttpResponse::Ok().json(json!({"status": "stored", "event": event})),
        None => HttpResponse::NotFound().json(problem(404, "not-stored-yet")),
    }
}
