//! HTTP itself: versions, connections, encodings, limits of the head, other origins.

use std::io::Write as _;
use std::time::Duration;

use crate::support::{Running, WRITER, answer, event, json, start, uuid};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A raw request in binary mode; `extra` are header lines, `body` what follows the head.
fn raw(id: &str, extra: &str, body: &str) -> String {
    format!(
        "POST /v1/events HTTP/1.1\r\nHost: farol\r\nAuthorization: Bearer {WRITER}\r\nce-specversion: 1.0\r\n\
         ce-id: {id}\r\nce-source: /nyc/JFK\r\nce-type: t\r\n{extra}\r\n{body}"
    )
}

async fn connect(gateway: &Running) -> TcpStream {
    TcpStream::connect(gateway.address()).await.unwrap()
}

/// Reads until `until` was seen as often as asked, or the connection ends.
async fn read_until(stream: &mut TcpStream, until: &str, times: usize) -> String {
    let (mut text, mut buffer) = (String::new(), [0; 4_096]);
    let read = async {
        while text.matches(until).count() < times {
            match stream.read(&mut buffer).await.unwrap() {
                0 => break,
                n => text.push_str(std::str::from_utf8(&buffer[..n]).unwrap()),
            }
        }
    };
    tokio::time::timeout(testkit::PATIENCE, read).await.unwrap();
    text
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let gateway = start(&[]).await;
    let mut stream = connect(&gateway).await;
    let ids: Vec<_> = (0..3).map(|_| uuid()).collect();
    let requests: String = ids.iter().map(|id| raw(id, "Content-Length: 2\r\n", "hi")).collect();
    stream.write_all(requests.as_bytes()).await.unwrap();
    let answers = read_until(&mut stream, "\"repeat\":false}", 3).await;
    assert_eq!(answers.matches("HTTP/1.1 202").count(), 3, "{answers}");
    let places: Vec<_> = ids.iter().map(|id| answers.find(id.as_str()).unwrap()).collect();
    assert!(places.is_sorted(), "{answers}");
}

#[tokio::test]
async fn http_2_without_tls_is_spoken_with_who_knows_it() {
    let gateway = start(&[]).await;
    let client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    let request = gateway.post(WRITER, &event()).build().unwrap();
    let response = client.execute(request).await.unwrap();
    assert_eq!((response.version(), response.status().as_u16()), (reqwest::Version::HTTP_2, 202));
}

#[tokio::test]
async fn a_client_that_asks_before_it_sends_is_told_to_continue() {
    let gateway = start(&[]).await;
    let mut stream = connect(&gateway).await;
    let head = raw(&uuid(), "Expect: 100-continue\r\nContent-Length: 2\r\n", "");
    stream.write_all(head.as_bytes()).await.unwrap();
    let interim = read_until(&mut stream, "\r\n\r\n", 1).await;
    assert!(interim.starts_with("HTTP/1.1 100"), "{interim}");
    stream.write_all(b"hi").await.unwrap();
    let answer = read_until(&mut stream, "\"repeat\":false}", 1).await;
    assert!(answer.contains("HTTP/1.1 202"), "{answer}");
}

#[tokio::test]
async fn a_compressed_body_is_the_event_it_was() {
    let gateway = start(&[]).await;
    let gzip = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let event = event();
    for (encoding, body) in [
        ("gzip", gzip(&event.to_string())),
        ("zstd", zstd::encode_all(event.to_string().as_bytes(), 3).unwrap()),
    ] {
        let request = gateway.post_bytes(body).bearer_auth(WRITER).header("content-encoding", encoding);
        assert_eq!(answer(request).await.0, 202, "{encoding}");
    }
    let bomb = gateway
        .post_bytes(gzip(&" ".repeat(32 << 20)))
        .bearer_auth(WRITER)
        .header("content-encoding", "gzip");
    assert_eq!(answer(bomb).await.1["type"], "urn:farol:problem:too-large");
    let other = gateway.post(WRITER, &event).header("content-encoding", "br").send().await.unwrap();
    assert_eq!(
        (other.status().as_u16(), &other.headers()["accept-encoding"]),
        (415, &"gzip, zstd".parse().unwrap())
    );
    assert_eq!(json(other).await["type"], "urn:farol:problem:unsupported-encoding");
}

#[tokio::test]
async fn an_answer_names_its_trace_and_not_its_server() {
    let gateway = start(&[]).await;
    let response = gateway.post(WRITER, &event()).send().await.unwrap();
    assert!(!response.headers().contains_key("server"));
}

#[tokio::test]
async fn a_head_that_is_too_long_is_told_so() {
    let gateway = start(&[]).await;
    let long = "x".repeat(9_000);
    let (status, problem) = answer(gateway.get(&format!("/health?{long}"))).await;
    assert_eq!((status.as_u16(), problem["type"].as_str()), (414, Some("urn:farol:problem:uri-too-long")));
    let request = gateway.get("/health").header("x-long", "x".repeat(70_000));
    let (status, problem) = answer(request).await;
    assert_eq!(
        (status.as_u16(), problem["type"].as_str()),
        (431, Some("urn:farol:problem:headers-too-large"))
    );
    let mut stream = connect(&gateway).await;
    let head = format!("GET /health HTTP/1.1\r\nHost: farol\r\nx-long: {}\r\n\r\n", "x".repeat(200_000));
    // The server may close before it has read all of it.
    drop(stream.write_all(head.as_bytes()).await);
    let answer = read_until(&mut stream, "\r\n\r\n", 1).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
}

#[tokio::test]
async fn a_body_that_is_too_slow_is_not_waited_for() {
    let gateway = start(&[("FAROL_BODY_TIMEOUT", "200ms".to_owned())]).await;
    let mut stream = connect(&gateway).await;
    stream.write_all(raw(&uuid(), "Content-Length: 10\r\n", "half").as_bytes()).await.unwrap();
    let answer = read_until(&mut stream, "body-too-slow", 1).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn a_head_that_is_too_slow_is_not_waited_for() {
    let gateway = start(&[("FAROL_HEADER_TIMEOUT", "200ms".to_owned())]).await;
    let mut stream = connect(&gateway).await;
    stream.write_all(b"POST /v1/events HTTP/1.1\r\nHost:").await.unwrap();
    let answer = read_until(&mut stream, "\r\n\r\n", 1).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() {
    let gateway = start(&[("FAROL_HEADER_TIMEOUT", "200ms".to_owned())]).await;
    let mut stream = connect(&gateway).await;
    assert_eq!(read_until(&mut stream, "never", 1).await, "");
}

#[tokio::test]
async fn a_second_head_that_is_too_slow_is_not_waited_for_either() {
    let gateway = start(&[("FAROL_HEADER_TIMEOUT", "200ms".to_owned())]).await;
    let mut stream = connect(&gateway).await;
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: farol\r\n\r\n").await.unwrap();
    read_until(&mut stream, "\"ok\"}", 1).await;
    stream.write_all(b"GET /health HTTP/1.1\r\nHost:").await.unwrap();
    assert_eq!(read_until(&mut stream, "never", 1).await, "");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_malformed_or_gone_and_never_an_event() {
    let gateway = start(&[]).await;
    let mut stream = connect(&gateway).await;
    stream.write_all(raw(&uuid(), "Content-Length: 10\r\n", "half").as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    read_until(&mut stream, "never", 1).await;
    assert_eq!(gateway.topic.records().len(), 0);
}

#[tokio::test]
async fn scripts_of_other_origins_may_call_only_where_they_are_named() {
    let origin = "https://app.example";
    let preflight = |gateway: &Running| {
        let request = gateway.request(reqwest::Method::OPTIONS, "/v1/events").header("origin", origin);
        request.header("access-control-request-method", "POST").timeout(Duration::from_secs(10))
    };
    let closed = start(&[]).await;
    let response = preflight(&closed).send().await.unwrap();
    assert!(!response.headers().contains_key("access-control-allow-origin"));
    let open = start(&[("FAROL_CORS_ORIGINS", origin.to_owned())]).await;
    let response = preflight(&open).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["access-control-allow-origin"], origin);
    let sent = open.post(WRITER, &event()).header("origin", origin).send().await.unwrap();
    assert_eq!(
        (sent.status().as_u16(), &sent.headers()["access-control-allow-origin"]),
        (202, &origin.parse().unwrap())
    );
    let other = open.post(WRITER, &event()).header("origin", "https://other.example").send().await.unwrap();
    assert!(!other.headers().contains_key("access-control-allow-origin"));
}
