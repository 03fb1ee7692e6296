//! Input that is made to harm: each is refused, nothing of it is in Kafka, and the gateway serves on.

use std::io::Write as _;

use reqwest::{Method, RequestBuilder};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Running, WRITER, answer, event, start};

const BATCH: &str = "application/cloudevents-batch+json";
const LEVELS: usize = 100_000;

fn binary(gateway: &Running) -> RequestBuilder {
    let request = gateway.request(Method::POST, "/v1/events").bearer_auth(WRITER);
    request
        .header("ce-specversion", "1.0")
        .header("ce-id", "1")
        .header("ce-source", "/a")
        .header("ce-type", "t")
}

fn batch(gateway: &Running, body: impl Into<reqwest::Body>) -> RequestBuilder {
    let request = gateway.request(Method::POST, "/v1/events").bearer_auth(WRITER);
    request.header("content-type", BATCH).body(body)
}

/// Sends a request that is refused with this status and type of problem.
async fn refused(request: RequestBuilder, status: u16, kind: &str) {
    let (answered, problem) = answer(request).await;
    let named = problem["type"].as_str().unwrap_or_default().trim_start_matches("urn:farol:problem:");
    assert_eq!((answered.as_u16(), named), (status, kind), "{problem}");
}

/// The gateway still takes an event, and that one is all there is in Kafka.
async fn unharmed(gateway: &Running) {
    assert_eq!(answer(gateway.post(WRITER, &event())).await.0, 202);
    assert_eq!(gateway.topic.records().len(), 1);
}

/// What comes back for these bytes, up to the end of the head or of the connection.
async fn answer_to(gateway: &Running, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(gateway.address()).await.unwrap();
    // The gateway may answer and close before it has read all of it.
    drop(stream.write_all(bytes).await);
    let (mut text, mut buffer) = (Vec::new(), [0; 4_096]);
    let read = async {
        while !text.windows(4).any(|end| end == b"\r\n\r\n") {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(n) => text.extend_from_slice(&buffer[..n]),
            }
        }
    };
    tokio::time::timeout(testkit::PATIENCE, read).await.unwrap();
    String::from_utf8(text).unwrap()
}

fn head(lines: &str) -> String {
    format!(
        "POST /v1/events HTTP/1.1\r\nHost: farol\r\nAuthorization: Bearer {WRITER}\r\nce-specversion: 1.0\r\n\
         ce-id: 1\r\nce-source: /a\r\nce-type: t\r\n{lines}\r\n"
    )
}

#[tokio::test]
async fn line_breaks_in_values_are_refused_however_they_are_written() {
    let gateway = start(&[]).await;
    for value in ["a%0D%0AX-Injected: 1", "a%0ab", "%0D", "\"a%0d%0a\""] {
        let response = binary(&gateway).header("ce-note", value).send().await.unwrap();
        assert_eq!(response.status(), 400, "{value}");
        assert!(!response.headers().contains_key("x-injected"));
        let problem = crate::support::json(response).await;
        assert_eq!(problem["header"], "ce-note", "{problem}");
    }
    let mut injecting = event();
    injecting["note"] = json!("a\r\nX-Injected: 1");
    refused(gateway.post(WRITER, &injecting), 400, "malformed-event").await;
    refused(batch(&gateway, json!([injecting]).to_string()), 400, "batch-refused").await;
    for line in ["ce-note: a\rX-Injected: 1\r\n", "ce-note: a\r\n X-Injected: 1\r\n", "ce-note: a\0b\r\n"] {
        let head = head(&format!("{line}Content-Length: 0\r\n"));
        let answer = answer_to(&gateway, head.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{line:?}: {answer}");
    }
    unharmed(&gateway).await;
}

#[tokio::test]
async fn a_body_whose_end_two_readers_could_see_elsewhere_is_refused() {
    let gateway = start(&[]).await;
    for lines in [
        "Content-Length: 2\r\nContent-Length: 40\r\n",
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Content-Length: +2\r\n",
        "Content-Length: -2\r\n",
    ] {
        let request = format!("{}0\r\n\r\n", head(lines));
        let answer = answer_to(&gateway, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{lines:?}: {answer}");
    }
    unharmed(&gateway).await;
}

#[tokio::test]
async fn a_huge_batch_is_refused_by_its_bytes_its_count_and_without_a_length() {
    let settings = [("FAROL_MAX_EVENT_BYTES", "65536"), ("FAROL_MAX_BATCH_BYTES", "1048576")];
    let gateway = start(&settings.map(|(name, value)| (name, value.to_owned()))).await;
    let nothings = |count: usize| format!("[{}{{}}]", "{},".repeat(count - 1));
    refused(batch(&gateway, nothings(300_000)), 413, "too-large").await;
    // Beyond what is worth reading to its end, the connection may be cut before the answer is seen.
    let huge = nothings(2_000_000);
    let told =
        format!("{}{huge}", head(&format!("Content-Type: {BATCH}\r\nContent-Length: {}\r\n", huge.len())));
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let endless = format!(
        "{}{}",
        head(&format!("Content-Type: {BATCH}\r\nTransfer-Encoding: chunked\r\n")),
        chunk.repeat(32)
    );
    for request in [told, endless] {
        let answer = answer_to(&gateway, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 413") || answer.is_empty(), "{answer}");
    }
    unharmed(&gateway).await;
}

#[tokio::test]
async fn deep_json_is_refused_and_no_stack_ends() {
    let gateway = start(&[]).await;
    let arrays = format!("{}{}", "[".repeat(LEVELS), "]".repeat(LEVELS));
    let objects = format!("{}1{}", "{\"a\":".repeat(LEVELS), "}".repeat(LEVELS));
    let template = |name: &str, value: &str| {
        let mut event = event();
        event[name] = json!("HERE");
        event.to_string().replace("\"HERE\"", value)
    };
    for deep in [&arrays, &objects] {
        let structured = gateway.post_bytes(template("data", deep)).bearer_auth(WRITER);
        refused(structured, 422, "unstorable").await;
        let data = binary(&gateway).header("content-type", "application/json").body(deep.clone());
        refused(data, 422, "unstorable").await;
        refused(batch(&gateway, format!("[{}]", template("data", deep))), 422, "batch-refused").await;
        let attribute = gateway.post_bytes(template("note", deep)).bearer_auth(WRITER);
        refused(attribute, 400, "malformed-event").await;
        refused(gateway.post_bytes(deep.clone()).bearer_auth(WRITER), 400, "malformed-event").await;
    }
    let open = binary(&gateway).header("content-type", "application/json").body("[".repeat(LEVELS));
    assert!(answer(open).await.0.is_client_error());
    assert_eq!(answer(batch(&gateway, arrays)).await.0, 400);
    unharmed(&gateway).await;
}

#[tokio::test]
async fn a_bomb_is_refused_in_every_mode_and_no_body_is_expanded_twice() {
    let gateway = start(&[]).await;
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let zeros = vec![b' '; 64 << 20];
    // As one, and as many that each are within the limit.
    let bombs = [
        ("gzip", gzip(&zeros)),
        ("zstd", zstd::encode_all(&zeros[..], 3).unwrap()),
        ("gzip", gzip(&zeros[..1 << 16]).repeat(1_024)),
    ];
    for (encoding, bomb) in bombs {
        for request in [
            gateway.post_bytes(bomb.clone()).bearer_auth(WRITER),
            binary(&gateway).body(bomb.clone()),
            batch(&gateway, bomb.clone()),
        ] {
            refused(request.header("content-encoding", encoding), 413, "too-large").await;
        }
    }
    let twice = gzip(&gzip(&zeros));
    let listed = gateway.post_bytes(twice.clone()).bearer_auth(WRITER);
    refused(listed.header("content-encoding", "gzip, gzip"), 415, "unsupported-encoding").await;
    let repeated = gateway.post_bytes(twice).bearer_auth(WRITER).header("content-encoding", "gzip");
    refused(repeated.header("content-encoding", "gzip"), 415, "unsupported-encoding").await;
    unharmed(&gateway).await;
}
