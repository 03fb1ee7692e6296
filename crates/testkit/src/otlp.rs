//! An OTLP/HTTP receiver in the test's process: what a collector would see.

use std::sync::{Arc, Mutex};

use actix_web::{App, HttpResponse, HttpServer, web};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

use crate::eventually;

/// A span as it arrived, with the resource it came from.
#[derive(Debug, Clone)]
pub struct SeenSpan {
    /// The span.
    pub span: Span,
    resource: Vec<KeyValue>,
    /// The schema URL of its scope.
    pub schema_url: String,
}

impl SeenSpan {
    /// The text of an attribute that is a string.
    pub fn text(&self, key: &str) -> Option<&str> {
        text(find(&self.span.attributes, key)?)
    }

    /// The value of an attribute that is an integer.
    pub fn int(&self, key: &str) -> Option<i64> {
        match find(&self.span.attributes, key)? {
            Value::IntValue(value) => Some(*value),
            _ => None,
        }
    }

    /// The text of a resource attribute.
    pub fn resource(&self, key: &str) -> Option<&str> {
        text(find(&self.resource, key)?)
    }

    /// Names of all attributes.
    pub fn attribute_names(&self) -> Vec<&str> {
        self.span.attributes.iter().map(|attribute| attribute.key.as_str()).collect()
    }
}

fn find<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    let attribute = attributes.iter().find(|attribute| attribute.key == key)?;
    attribute.value.as_ref().and_then(|AnyValue { value, .. }| value.as_ref())
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

/// Listens for spans until the process ends.
#[derive(Clone)]
pub struct OtlpReceiver {
    port: u16,
    seen: Arc<Mutex<Vec<SeenSpan>>>,
}

impl OtlpReceiver {
    /// Starts to listen on a free port.
    pub fn start() -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let shared = web::Data::from(Arc::clone(&seen));
        let (tell_port, port) = std::sync::mpsc::channel();
        // A thread and runtime of its own: the receiver must outlive the test that started it.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let server = HttpServer::new(move || {
                    App::new()
                        .app_data(shared.clone())
                        .app_data(web::PayloadConfig::new(64 << 20))
                        .route("/v1/traces", web::post().to(receive))
                })
                .workers(1)
                .disable_signals()
                .bind("127.0.0.1:0")
                .unwrap();
                tell_port.send(server.addrs()[0].port()).unwrap();
                server.run().await.unwrap();
            });
        });
        Self { port: port.recv().unwrap(), seen }
    }

    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` would be.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The spans of one trace, once `enough` of them are there.
    pub async fn trace(&self, trace_id: &str, enough: impl Fn(&[SeenSpan]) -> bool) -> Vec<SeenSpan> {
        let trace_id = hex::decode(trace_id).unwrap();
        eventually("the trace is complete", || async {
            let seen = self.seen.lock().unwrap();
            let spans: Vec<_> = seen.iter().filter(|s| s.span.trace_id == trace_id).cloned().collect();
            enough(&spans).then_some(spans)
        })
        .await
    }

    /// Every span that arrived so far.
    pub fn spans(&self) -> Vec<SeenSpan> {
        self.seen.lock().unwrap().clone()
    }
}

async fn receive(body: web::Bytes, seen: web::Data<Mutex<Vec<SeenSpan>>>) -> HttpResponse {
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    let mut seen = seen.lock().unwrap();
    for of_resource in request.resource_spans {
        let resource = of_resource.resource.unwrap_or_default().attributes;
        for of_scope in of_resource.scope_spans {
            let schema_url = of_scope.schema_url;
            seen.extend(of_scope.spans.into_iter().map(|span| SeenSpan {
                span,
                resource: resource.clone(),
                schema_url: schema_url.clone(),
            }));
        }
    }
    HttpResponse::Ok()
        .content_type("application/x-protobuf")
        .body(ExportTraceServiceResponse::default().encode_to_vec())
}
