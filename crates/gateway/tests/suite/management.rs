//! What machines and operators ask the gateway.

use crate::support::{answer, event, start};
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
    assert_eq!(answer(gateway.post(crate::support::WRITER, &event())).await.0, 202);
    let raw_path = format!("/unknown/{}", crate::support::uuid());
    assert_eq!(gateway.get(&raw_path).send().await.unwrap().status(), 404);
    let page = gateway.get("/metrics").send().await.unwrap();
    assert_eq!(page.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let page = page.text().await.unwrap();
    let accepted = "http_server_request_duration_seconds_count{http_request_method=\"POST\",http_route=\"/v1/events\",http_response_status_code=\"202\"}";
    assert!(page.contains(accepted), "{page}");
    assert!(page.contains("farol_events_total{outcome=\"accepted\",reason=\"\"}"));
    assert!(!page.contains(&raw_path), "a path that no route has must not become a label");
    for line in page.lines().filter(|line| line.starts_with("# TYPE") && line.contains("_seconds ")) {
        assert!(line.ends_with("histogram") || line.contains("process_"), "not a histogram: {line}");
    }
}

#[tokio::test]
async fn a_topic_that_cannot_keep_the_promise_makes_it_unready() {
    let gateway = start(&[("FAROL_DEV", "0".to_owned())]).await;
    testkit::eventually("the topic was looked at", || async {
        let (status, body) = answer(gateway.get("/ready")).await;
        (status == 503 && body["reason"] == "topic_unfit").then_some(())
    })
    .await;
    assert_eq!(answer(gateway.get("/version")).await.1["waivedChecks"], json!([]));
    assert_eq!(answer(gateway.get("/health")).await.0, 200);
}
