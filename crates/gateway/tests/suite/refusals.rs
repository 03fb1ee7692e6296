//! Every refusal: its status, its type, where the mistake is, and its headers.

use crate::support::{AIRPORT, READER, Running, WRITER, answer, event, start};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

/// Sends a request and checks the problem document that comes back.
async fn refused(request: RequestBuilder, status: u16, kind: &str) -> Value {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), status);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let problem = crate::support::json(response).await;
    assert_eq!(problem["type"], format!("urn:farol:problem:{kind}"));
    assert_eq!(problem["status"], status);
    assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
    problem
}

fn changed(name: &str, value: Value) -> Value {
    let mut event = event();
    event[name] = value;
    event
}

async fn nothing_was_produced(gateway: Running) {
    assert_eq!(gateway.topic.records().len(), 0);
}

#[tokio::test]
async fn a_request_without_a_known_key_is_unauthorized() {
    let gateway = start(&[]).await;
    let body = event().to_string();
    for request in [
        gateway.post_bytes(body.clone()),
        gateway.post_bytes(body.clone()).bearer_auth("farol_unknown"),
        gateway.post_bytes(body.clone()).basic_auth("farol", Some(WRITER)),
        gateway.get("/v1/event?source=/nyc/JFK&id=1"),
    ] {
        let response = request.try_clone().unwrap().send().await.unwrap();
        assert_eq!(response.headers()["www-authenticate"], "Bearer realm=\"farol\"");
        refused(request, 401, "unauthorized").await;
    }
    nothing_was_produced(gateway).await;
}

#[tokio::test]
async fn a_key_does_only_what_its_roles_and_sources_allow() {
    let gateway = start(&[]).await;
    refused(gateway.post(READER, &event()), 403, "forbidden").await;
    refused(gateway.post(AIRPORT, &changed("source", json!("/nycx"))), 403, "forbidden").await;
    refused(gateway.get("/v1/event?source=/nyc&id=1").bearer_auth(WRITER), 403, "forbidden").await;
    refused(gateway.get("/v1/event?source=/lax&id=1").bearer_auth(AIRPORT), 403, "forbidden").await;
    assert_eq!(answer(gateway.post(AIRPORT, &event())).await.0, 202);
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let gateway = start(&[]).await;
    refused(gateway.get("/v2/events"), 404, "not-found").await;
}

#[tokio::test]
async fn another_method_is_told_which_are_allowed() {
    let gateway = start(&[]).await;
    for (method, path, allowed) in [
        (Method::PUT, "/v1/events", "GET, HEAD, POST"),
        (Method::POST, "/v1/event", "GET, HEAD"),
        (Method::DELETE, "/health", "GET, HEAD"),
    ] {
        let response = gateway.request(method.clone(), path).send().await.unwrap();
        assert_eq!(response.headers()["allow"], allowed);
        refused(gateway.request(method, path), 405, "method-not-allowed").await;
    }
}

#[tokio::test]
async fn a_malformed_event_is_told_where_it_is_wrong() {
    let gateway = start(&[]).await;
    for (event, pointer) in [
        (changed("id", json!("")), "/id"),
        (changed("source", json!("not a uri")), "/source"),
        (changed("type", Value::Null), "/type"),
        (changed("time", json!("yesterday")), "/time"),
        (changed("specversion", json!("0.3")), "/specversion"),
        (changed("BadName", json!("x")), "/BadName"),
        (changed("leg", json!(1.5)), "/leg"),
    ] {
        let problem = refused(gateway.post(WRITER, &event), 400, "malformed-event").await;
        assert_eq!(problem["pointer"], pointer);
    }
    refused(gateway.post_bytes("{").bearer_auth(WRITER), 400, "malformed-event").await;
    nothing_was_produced(gateway).await;
}

#[tokio::test]
async fn what_is_wrong_inside_data_is_pointed_at_where_the_client_wrote_it() {
    let gateway = start(&[]).await;
    let template = changed("data", json!({ "a/b": ["HERE"] })).to_string();
    for (data, pointer) in [("01", "/data/a~1b/0"), ("\"\\x\"", "/data/a~1b/0")] {
        let request = gateway.post_bytes(template.replace("\"HERE\"", data)).bearer_auth(WRITER);
        assert_eq!(refused(request, 400, "malformed-event").await["pointer"], pointer, "{data}");
    }
    let mut event = changed("datacontenttype", json!("application/json"));
    event["data_base64"] = json!("WzAx");
    event.as_object_mut().unwrap().remove("data");
    let problem = refused(gateway.post(WRITER, &event), 400, "malformed-event").await;
    assert_eq!(problem["pointer"], "/data_base64");
    nothing_was_produced(gateway).await;
}

#[tokio::test]
async fn a_malformed_header_is_named() {
    let gateway = start(&[]).await;
    let binary = || {
        let request = gateway.request(Method::POST, "/v1/events").bearer_auth(WRITER);
        request.header("ce-specversion", "1.0").header("ce-source", "/nyc/JFK").header("ce-type", "t")
    };
    let problem = refused(binary(), 400, "malformed-event").await;
    assert_eq!(problem["header"], "ce-id");
    let broken = binary().header("ce-id", "1").header("content-type", "application/json").body("{");
    assert_eq!(refused(broken, 400, "malformed-event").await["pointer"], "");
    nothing_was_produced(gateway).await;
}

#[tokio::test]
async fn what_could_never_be_stored_is_refused_before_it_is_acknowledged() {
    let gateway = start(&[]).await;
    let template = changed("data", json!("HERE")).to_string();
    for (data, pointer) in [
        ("{\"a\":[\"\\u0000\"]}", "/data/a/0"),
        ("{\"a\":1,\"a\":2}", "/data/a"),
        ("1e1000", "/data"),
        ("\"\\ud800\"", "/data"),
    ] {
        let body = template.replace("\"HERE\"", data);
        let problem = refused(gateway.post_bytes(body).bearer_auth(WRITER), 422, "unstorable").await;
        assert_eq!(problem["pointer"], pointer, "{data}");
    }
    for (name, value) in [
        ("time", "9999-12-31T23:59:59-01:00"),
        ("datacontenttype", "application/cloudevents+json"),
        ("subject", "a\0"),
    ] {
        let problem = refused(gateway.post(WRITER, &changed(name, json!(value))), 422, "unstorable").await;
        assert_eq!(problem["pointer"], format!("/{name}"));
    }
    let long = changed("id", json!("x".repeat(513)));
    assert_eq!(refused(gateway.post(WRITER, &long), 422, "unstorable").await["pointer"], "/id");
    nothing_was_produced(gateway).await;
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_too_large() {
    let gateway = start(&[("FAROL_MAX_EVENT_BYTES", "2048".to_owned())]).await;
    let large = changed("data", json!("x".repeat(4_096)));
    refused(gateway.post(WRITER, &large), 413, "too-large").await;
    nothing_was_produced(gateway).await;
}

#[tokio::test]
async fn an_unknown_event_format_is_unsupported() {
    let gateway = start(&[]).await;
    let avro = || {
        let request = gateway.request(Method::POST, "/v1/events").bearer_auth(WRITER);
        request.header("content-type", "application/cloudevents+avro").body("x")
    };
    let response = avro().send().await.unwrap();
    assert_eq!(
        response.headers()["accept-post"],
        "application/cloudevents+json, application/cloudevents-batch+json, */*"
    );
    refused(avro(), 415, "unsupported-format").await;
}

#[tokio::test]
async fn a_look_up_needs_source_and_id() {
    let gateway = start(&[]).await;
    for query in ["", "?source=/nyc/JFK", "?id=1", "?source=not%20a%20uri&id=1"] {
        let request = gateway.get(&format!("/v1/event{query}")).bearer_auth(READER);
        refused(request, 400, "malformed-request").await;
    }
}
