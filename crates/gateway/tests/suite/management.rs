//! What machines and operators ask the gateway.

use crate::support::{Running, WRITER, answer, event, start};
use reqwest::{Method, StatusCode};
use serde_json::json;

#[tokio::test]
async fn health_ready_and_version_tell_what_they_promise() {
    let gateway = start(&[("FAROL_DEPLOYED_BY", "a test".to_owned())]).await;
    assert_eq!(answer(gateway.get("/health")).await.1, json!({ "status": "ok" }));
    assert_eq!(answer(gateway.get("/ready")).await.1, json!({ "status": "ready" }));
    let (_, version) = answer(gateway.get("/version")).await;
    assert_eq!(version["name"], "farol-gateway");
    assert_eq!(version["deployedBy"], "a test");
    assert_eq!(version["waivedChecks"], json!(["topic"]));
}

#[tokio::test]
async fn every_request_is_measured_under_its_route() {
    let gateway = start(&[]).await;
    assert_eq!(answer(gateway.post(WRITER, &event())).await.0, 202);
    let raw_path = format!("/unknown/{}", crate::support::uuid());
    assert_eq!(gateway.get(&raw_path).send().await.unwrap().status(), 404);
    let page = gateway.get("/metrics").send().await.unwrap();
    assert_eq!(page.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let page = page.text().await.unwrap();
    let accepted = "http_server_request_duration_seconds_count{http_request_method=\"POST\",http_route=\"/v1/events\",http_response_status_code=\"202\"}";
    assert!(page.contains(accepted), "{page}");
    assert!(page.contains("farol_events_total{outcome=\"accepted\",reason=\"\"}"));
    assert!(!page.contains(&raw_path), "a path that no route has must not become a label");
    for line in page.lines().filter(|line| line.starts_with("# TYPE")) {
        assert!(!line.ends_with(" summary"), "quantiles cannot be added up over gateways: {line}");
    }
}

#[tokio::test]
async fn what_can_be_read_answers_head_too() {
    let gateway = start(&[]).await;
    for path in
        ["/health", "/ready", "/version", "/testes", "/", "/docs", "/openapi.json", "/assets/page.css"]
    {
        let head = gateway.request(Method::HEAD, path).send().await.unwrap();
        assert_ne!(head.headers()["content-length"], "0", "{path}");
        let get = gateway.get(path).send().await.unwrap();
        assert_eq!(
            (head.status(), &head.headers()["content-type"]),
            (get.status(), &get.headers()["content-type"])
        );
        assert_eq!(head.text().await.unwrap(), "", "{path}");
    }
}

/// Waits until `/ready` says so; through it all the gateway is alive.
async fn unready(gateway: &Running, reason: &str) {
    testkit::eventually(reason, || async {
        let (status, body) = answer(gateway.get("/ready")).await;
        (status == 503 && body == json!({ "status": "unready", "reason": reason })).then_some(())
    })
    .await;
    assert_eq!(answer(gateway.get("/health")).await, (StatusCode::OK, json!({ "status": "ok" })));
}

#[tokio::test]
async fn a_topic_that_cannot_keep_the_promise_makes_it_unready() {
    let gateway = start(&[("FAROL_DEV", "0".to_owned())]).await;
    unready(&gateway, "topic_unfit").await;
    assert_eq!(answer(gateway.get("/version")).await.1["waivedChecks"], json!([]));
}

#[tokio::test]
async fn a_topic_that_nobody_could_look_at_makes_it_unready() {
    let brokers = format!("127.0.0.1:{}", testkit::closed_port());
    let gateway = start(&[("FAROL_DEV", "0".to_owned()), ("FAROL_KAFKA_BROKERS", brokers)]).await;
    unready(&gateway, "topic_unverified").await;
}

#[tokio::test]
async fn a_gateway_that_stops_says_so_before_it_stops_serving() {
    let gateway = start(&[("FAROL_SHUTDOWN_WAIT", "2s".to_owned())]).await;
    let (ready, post) = (gateway.get("/ready"), gateway.post(WRITER, &event()));
    let stopping = tokio::spawn(gateway.stop());
    testkit::eventually("readiness falls", || async {
        let (status, body) = answer(ready.try_clone().unwrap()).await;
        (status == 503 && body["reason"] == "draining").then_some(())
    })
    .await;
    assert_eq!(answer(post).await.0, 202);
    stopping.await.unwrap().unwrap();
}
