//! `dlq list` and `dlq show`: what an operator sees.

use serde_json::{Value, json};
use testkit::Record;

use crate::ground::{Ground, refused_event};

fn ids(list: &Value) -> Vec<i64> {
    list["letters"].as_array().unwrap().iter().map(|letter| letter["letterId"].as_i64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_are_listed_newest_first_page_by_page_and_counted_by_cause() {
    let broken = Record { value: Some(b"topsecret".to_vec()), ..Record::default() };
    let records = [refused_event(1), refused_event(2), broken];
    let (ground, worker) = Ground::with_letters(&records).await;
    ground.database.run("UPDATE farol.dead_letters SET state = 'quarantined' WHERE id = 'bad1'").await;
    let list = ground.dlq(&["list"]).await.json();
    let counts = json!([
        { "cause": "undecodable", "state": "open", "count": 1 },
        { "cause": "unstorable", "state": "open", "count": 1 },
        { "cause": "unstorable", "state": "quarantined", "count": 1 },
    ]);
    assert_eq!((ids(&list), &list["counts"], &list["more"]), (vec![3, 2, 1], &counts, &json!(false)));
    assert!(!list.to_string().contains("topsecret"));
    let page = ground.dlq(&["list", "--limit", "2"]).await.json();
    assert_eq!((ids(&page), &page["more"]), (vec![3, 2], &json!(true)));
    assert_eq!(ids(&ground.dlq(&["list", "--limit", "2", "--before", "2"]).await.json()), [1]);
    let both = ground.dlq(&["list", "--cause", "unstorable", "--state", "quarantined"]).await.json();
    assert_eq!(both["letters"][0]["id"], "bad1");
    assert_eq!(ids(&ground.dlq(&["list", "--cause", "conflict"]).await.json()), Vec::<i64>::new());
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_is_shown_with_its_headers_and_its_value_only_on_request() {
    let (ground, worker) = Ground::with_letters(&[refused_event(1)]).await;
    let shown = ground.dlq(&["show", "1"]).await.json();
    assert_eq!((&shown["cause"], &shown["sqlstate"]), (&json!("unstorable"), &json!("23514")));
    assert_eq!((&shown["source"], &shown["id"]), (&json!("/test"), &json!("bad1")));
    assert_eq!(shown["key"], json!({ "base64": "/wE=" }));
    let headers = shown["headers"].as_array().unwrap();
    assert!(headers.contains(&json!({ "name": "ce_type", "value": "test.event" })), "{shown}");
    assert!(headers.contains(&json!({ "name": "x-bytes", "value": { "base64": "AP4=" } })), "{shown}");
    assert_eq!((&shown["valueBytes"], shown.get("value")), (&json!(11), None));
    assert_eq!(ground.dlq(&["show", "1", "--value"]).await.json()["value"], "{\"n\": 1.10}");
    let unknown = ground.dlq(&["show", "7"]).await;
    assert_eq!(unknown.code(), Some(1));
    assert!(unknown.said().contains("farolctl dlq list"), "{}", unknown.said());
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_text_finds_causes_letters_and_headers() {
    let (ground, worker) = Ground::with_letters(&[refused_event(1)]).await;
    for (arguments, expected) in [
        (&["list"][..], &["unstorable", "█", "bad1"][..]),
        (&["show", "1"], &["dead letter 1: unstorable, open", "ce_type: test.event", "shown by --value"]),
    ] {
        let mut command = ground.command(arguments);
        command.args(["--output", "human"]);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(expected.iter().all(|part| text.contains(part)), "{text}");
    }
    worker.stop().await;
}
