//! The landing page as it comes from the gateway; what its scripts do is tested in a browser.

use std::time::{Duration, Instant};

use crate::support::{Running, silent_server, start};
use reqwest::Response;
use reqwest::header::HeaderMap;

const POLICY: &str = "content-security-policy";

async fn page(gateway: &Running) -> (HeaderMap, String) {
    read(gateway.get("/").send().await.unwrap()).await
}

async fn read(response: Response) -> (HeaderMap, String) {
    assert_eq!(response.status(), 200);
    (response.headers().clone(), response.text().await.unwrap())
}

#[tokio::test]
async fn it_says_how_everything_is_and_how_to_send_an_event() {
    let gateway = start(&[("FAROL_TRACES_URL", "https://traces.example/".to_owned())]).await;
    let (headers, html) = page(&gateway).await;
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    for said in [
        "<tr data-part=\"gateway\" class=\"well\">",
        "<tr data-part=\"kafka\" class=\"well\">",
        "<tr data-part=\"redis\" class=\"well\">",
        "<dt>Waived checks</dt><dd>topic</dd>",
        "<a href=\"https://traces.example\">Traces</a>",
        "<a href=\"/docs\">",
        "<a href=\"/openapi.json\">",
    ] {
        assert!(html.contains(said), "{said} is not in {html}");
    }
    assert!(html.contains(&format!("curl -i 'http://{}/v1/events'", gateway.address())), "{html}");
    assert!(!html.contains("Dashboards"), "a link that is not configured is not shown");
}

#[tokio::test]
async fn what_was_configured_or_claimed_is_text_and_never_markup() {
    let hostile = "<script>alert(1)</script>\" onload='x'";
    let gateway = start(&[
        ("FAROL_DEPLOYED_BY", hostile.to_owned()),
        ("FAROL_TRACES_URL", format!("https://traces.example/{hostile}")),
        ("FAROL_METRICS_URL", "javascript:alert(1)".to_owned()),
    ])
    .await;
    let request = gateway.get("/").header("x-forwarded-host", hostile).header("x-forwarded-proto", hostile);
    let (_, html) = read(request.send().await.unwrap()).await;
    assert!(!html.contains("<script>") && !html.contains("\" onload"), "{html}");
    assert!(!html.contains("javascript:"), "{html}");
}

#[tokio::test]
async fn only_files_of_the_gateway_may_run_and_nothing_is_written_into_the_page() {
    let gateway = start(&[]).await;
    let (headers, html) = page(&gateway).await;
    let policy = headers[POLICY].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["cache-control"], "no-store");
    for inline in ["<style", " style=", " onclick=", "<script>"] {
        assert!(!html.contains(inline), "{inline} in {html}");
    }
}

#[tokio::test]
async fn every_file_it_names_is_there_and_is_not_sent_twice() {
    let gateway = start(&[]).await;
    let mut wanted = assets_named_in(&page(&gateway).await.1, "/assets/");
    let mut seen = Vec::new();
    while let Some(path) = wanted.pop() {
        let (headers, content) = read(gateway.get(&path).send().await.unwrap()).await;
        let again = gateway.get(&path).header("if-none-match", &headers["etag"]).send().await.unwrap();
        assert_eq!(
            (again.status().as_u16(), again.headers()["etag"] == headers["etag"]),
            (304, true),
            "{path}"
        );
        assert!(headers.contains_key("cache-control"), "{path}");
        let imports = assets_named_in(&content, "from './")
            .into_iter()
            .map(|name| format!("/assets/{}", name.trim_start_matches("from './")));
        seen.push(path);
        wanted.extend(imports.filter(|path| !seen.contains(path)));
    }
    assert!(seen.iter().any(|path| path.ends_with("journey.js")), "{seen:?}");
    assert_eq!(gateway.get("/assets/other.js").send().await.unwrap().status(), 404);
}

/// Everything that begins so, up to its quotation mark.
fn assets_named_in(text: &str, beginning: &str) -> Vec<String> {
    let named = text.match_indices(beginning).filter_map(|(at, _)| {
        let rest = &text[at + beginning.len()..];
        rest.split(['"', '\'']).next().map(|name| format!("{beginning}{name}"))
    });
    named.collect()
}

#[tokio::test]
async fn parts_that_say_nothing_do_not_hold_it_up() {
    let silent = silent_server();
    let gateway = start(&[
        ("FAROL_DATABASE_URL", format!("postgres://postgres@{silent}/farol")),
        ("FAROL_REDIS_URL", format!("redis://{silent}")),
        ("FAROL_KAFKA_BROKERS", silent),
    ])
    .await;
    let started = Instant::now();
    let (_, html) = page(&gateway).await;
    assert!(started.elapsed() < Duration::from_millis(1_500), "{:?}", started.elapsed());
    for part in ["kafka", "postgres", "redis"] {
        assert!(html.contains(&format!("<tr data-part=\"{part}\" class=\"ill\">")), "{html}");
    }
}

#[tokio::test]
async fn where_management_is_apart_it_tells_the_public_nothing_of_the_inside() {
    let gateway = start(&[
        ("FAROL_MANAGEMENT_ADDR", "127.0.0.1:0".to_owned()),
        ("FAROL_DEPLOYED_BY", "somebody inside".to_owned()),
    ])
    .await;
    let (_, html) = page(&gateway).await;
    assert!(html.contains("Events are taken."), "{html}");
    for inside in ["PostgreSQL", "Redis", "somebody inside", "Waived", "/metrics", env!("CARGO_PKG_VERSION")]
    {
        assert!(!html.contains(inside), "{inside} is in {html}");
    }
}

#[tokio::test]
async fn without_authentication_it_asks_for_no_key() {
    let with_key = page(&start(&[]).await).await.1;
    assert!(with_key.contains("<input id=\"key\" type=\"password\""), "{with_key}");
    let without = page(&start(&[("FAROL_AUTH", "off".to_owned())]).await).await.1;
    assert!(!without.contains("id=\"key\"") && !without.contains("FAROL_KEY"), "{without}");
}
