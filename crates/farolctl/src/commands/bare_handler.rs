//! The yardstick of `farolctl bench`: an actix handler that reads the body and answers, in a
//! process of its own so that its CPU time can be told apart.

use actix_web::{App, HttpResponse, HttpServer, web};
use futures::StreamExt as _;

use crate::error::Error;

/// Read each body and answer 202 at once (the yardstick of `bench`)
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Port on 127.0.0.1
    #[arg(long)]
    port: u16,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Error> {
    let app = || {
        App::new()
            .route("/ready", web::get().to(HttpResponse::Ok))
            .route("/v1/events", web::post().to(accept))
            .route("/v1/traces", web::post().to(swallow))
    };
    let server = HttpServer::new(app).workers(std::thread::available_parallelism()?.get());
    Ok(server.bind(("127.0.0.1", arguments.port))?.run().await?)
}

/// What a collector answers, in bytes of OTLP: an empty message. It limits no length, as actix's own extractor would.
async fn swallow(mut body: web::Payload) -> Result<HttpResponse, actix_web::Error> {
    while let Some(chunk) = body.next().await {
        chunk?;
    }
    Ok(HttpResponse::Ok().content_type("application/x-protobuf").finish())
}

/// A body of about the size of a receipt.
async fn accept(body: web::Bytes) -> HttpResponse {
    HttpResponse::Accepted().json(serde_json::json!({
        "id": "", "source": "/bare", "topic": "bare.handler", "partition": 0,
        "offset": body.len(), "traceId": null, "repeat": false
    }))
}
