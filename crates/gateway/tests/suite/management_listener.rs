//! Management endpoints on a listener of their own.

use crate::support::{Running, answer, event, start, uuid};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const MANAGEMENT: [&str; 8] =
    ["/health", "/ready", "/version", "/metrics", "/kafka", "/postgres", "/redis", "/testes"];

async fn start_apart() -> Running {
    start(&[("FAROL_MANAGEMENT_ADDR", "127.0.0.1:0".to_owned())]).await
}

#[tokio::test]
async fn they_are_there_and_not_where_clients_call() {
    let gateway = start_apart().await;
    for path in MANAGEMENT {
        assert_ne!(gateway.manage(path).send().await.unwrap().status(), 404, "{path}");
        let (status, problem) = answer(gateway.get(path)).await;
        assert_eq!(
            (status.as_u16(), &problem["type"]),
            (404, &"urn:farol:problem:not-found".into()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_clients_call_is_not_there() {
    let gateway = start_apart().await;
    assert_eq!(answer(gateway.post(crate::support::WRITER, &event())).await.0, 202);
    for path in ["/", "/docs", "/openapi.json", "/v1/events", "/v1/event?source=/a&id=1"] {
        assert_eq!(gateway.manage(path).send().await.unwrap().status(), 404, "{path}");
    }
    assert_eq!(gateway.manage("/assets/page.css").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn without_the_setting_all_is_on_one_port() {
    let gateway = start(&[]).await;
    for path in MANAGEMENT {
        assert_ne!(gateway.get(path).send().await.unwrap().status(), 404, "{path}");
    }
}

#[tokio::test]
async fn an_address_that_is_taken_is_named_with_its_setting() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let started = crate::support::build(&[("FAROL_MANAGEMENT_ADDR", addr)]).await;
    let Err(refused) = started else { panic!("it listens on a port that is taken") };
    assert!(refused.to_string().contains("FAROL_MANAGEMENT_ADDR"), "{refused}");
}

#[tokio::test]
async fn they_answer_until_the_last_request_of_a_client_is_answered() {
    let gateway = start_apart().await;
    let mut in_flight = begin_post(&gateway).await;
    let ready = gateway.manage("/ready");
    let stopping = tokio::spawn(gateway.stop());
    testkit::eventually("readiness falls", || async {
        let (status, body) = answer(ready.try_clone().unwrap()).await;
        (status == 503 && body["reason"] == "draining").then_some(())
    })
    .await;
    in_flight.write_all(b"}").await.unwrap();
    let mut said = String::new();
    in_flight.read_to_string(&mut said).await.unwrap();
    assert!(said.starts_with("HTTP/1.1 202 "), "{said}");
    stopping.await.unwrap().unwrap();
    // A kept connection breaks, a new one is refused.
    assert!(ready.send().await.is_err());
}

/// A POST of which the last byte is still to come, once the gateway waits for that.
async fn begin_post(gateway: &Running) -> TcpStream {
    let body = format!(r#"{{"specversion":"1.0","id":"{}","source":"/nyc/JFK","type":"t"}}"#, uuid());
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\nexpect: 100-continue\r\n\
         content-type: application/cloudevents+json\r\ncontent-length: {}\r\n\r\n",
        gateway.address(),
        crate::support::WRITER,
        body.len(),
    );
    let mut stream = TcpStream::connect(gateway.address()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(&body.as_bytes()[..body.len() - 1]).await.unwrap();
    stream
}
