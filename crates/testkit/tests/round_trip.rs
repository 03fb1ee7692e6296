//! What goes in comes out: events sent in every mode are read back equal from PostgreSQL, which
//! takes all that the event crate takes.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "../../event/tests/support/any_event.rs"]
mod any_event;
#[path = "../../event/tests/support/binary_mode.rs"]
mod binary_mode;
mod whole;

use std::collections::BTreeMap;

use any_event::{any_event, one_value_twice};
use bytes::Bytes;
use event::http::{BATCHED_JSON, ContentMode, STRUCTURED_JSON, to_structured};
use event::{Data, Event, JsonText};
use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::TestRunner;
use reqwest::RequestBuilder;
use serde_json::value::RawValue;
use testkit::{Database, KeysFile, Record, Topic, eventually};
use whole::{KEY, Whole};

/// Members of events that are easy to get wrong.
const NASTY: [&str; 12] = [
    r#""data":null"#,
    r#""data":"""#,
    r#""data_base64":"""#,
    r#""datacontenttype":"text/plain","data":"a\u0000b\u00e9""#,
    r#""datacontenttype":"text/plain;charset=iso-8859-1","data_base64":"6Q==""#,
    r#""datacontenttype":"application/x+json","data_base64":"eyJhIjogWzEuNTBdfQ==""#,
    r#""subject":"100%25 \"€\" \\ 😀 \u00a0","leg":" 1 ","flag":true,"empty":"","big":2147483647"#,
    r#""time":"0000-01-01t00:00:00.1234567891+23:59""#,
    r#""time":"9999-12-31T23:59:59.999999999Z","data":{"€":{"":[[],{}]}}"#,
    r#""time":"2016-12-31T23:59:60Z","dataschema":"https://example.com/s.json#/a""#,
    r#""data":[9007199254740993,1e999,-0.0,0.1e-990,123456789012345678901234567890.123456789012345678901]"#,
    r#""data":{"b":"\ud83d\ude00\u007f","a\"\\":"\uffff","aa":1,"\u0001":{"b":1}}"#,
];

fn nasty() -> impl Iterator<Item = Event> {
    NASTY.iter().map(|members| {
        let body =
            format!(r#"{{"specversion":"1.0","id":"%20","source":"/a%20b?c=d","type":"t",{members}}}"#);
        read_structured(body)
    })
}

fn read_structured(document: impl Into<Bytes>) -> Event {
    event::http::read(ContentMode::Structured, std::iter::empty(), document.into()).unwrap()
}

/// The event under an id of its own.
fn renamed(mut event: Event, prefix: &str) -> Event {
    event.attributes.id = format!("{prefix} {}", event.attributes.id).parse().unwrap();
    event
}

/// So many values of a strategy, other ones each time.
fn generated<S: Strategy>(strategy: &S, count: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::default();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// A gateway and a worker, and what they stand on. They run in this process until it ends.
struct Pipeline {
    url: String,
    client: reqwest::Client,
    topic: Topic,
    _database: Database,
    _keys: KeysFile,
}

async fn start() -> Pipeline {
    let Whole { url, topic, database, keys } = whole::start(1, testkit::metrics()).await;
    Pipeline { url, client: reqwest::Client::new(), topic, _database: database, _keys: keys }
}

impl Pipeline {
    fn post(&self) -> RequestBuilder {
        self.client.post(format!("{}/v1/events", self.url)).bearer_auth(KEY)
    }

    async fn send_binary(&self, event: &Event) {
        let headers = binary_mode::headers(event);
        let request = headers.iter().fold(self.post(), |request, (name, value)| request.header(name, value));
        accepted(request.body(event.data.as_bytes().cloned().unwrap_or_default()), event).await;
    }

    async fn send_structured(&self, event: &Event) {
        accepted(self.post().header("content-type", STRUCTURED_JSON).body(to_structured(event)), event).await;
    }

    async fn send_batch(&self, events: &[Event]) {
        let documents: Vec<_> =
            events.iter().map(|event| String::from_utf8(to_structured(event)).unwrap()).collect();
        let body = format!("[{}]", documents.join(","));
        accepted(self.post().header("content-type", BATCHED_JSON).body(body), events).await;
    }

    /// The event as it is told once it is stored.
    async fn stored(&self, sent: &Event) -> Event {
        let query = [("source", sent.attributes.source.as_str()), ("id", sent.attributes.id.as_str())];
        let text = eventually(&format!("stored: {sent:?}"), || async {
            let request = self.client.get(format!("{}/v1/event", self.url)).query(&query).bearer_auth(KEY);
            let text = request.send().await.unwrap().text().await.unwrap();
            assert!(!text.contains("dead_lettered"), "{sent:?}: {text}");
            text.contains("\"status\":\"stored\"").then_some(text)
        })
        .await;
        // Raw, so that no number passes through a double on the way.
        let found: BTreeMap<String, Box<RawValue>> = serde_json::from_str(&text).unwrap();
        read_structured(found["event"].get().to_owned())
    }
}

async fn accepted(request: RequestBuilder, what: impl std::fmt::Debug) {
    let response = request.send().await.unwrap();
    let status = response.status();
    assert_eq!(status, 202, "{what:?}: {}", response.text().await.unwrap());
}

/// Attributes by text, bytes by byte; JSON by value, which is what the digest looks at.
fn assert_same(stored: &Event, sent: &Event) {
    let attributes = |event: &Event| -> Vec<(String, String)> {
        event.attributes.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    assert_eq!(attributes(stored), attributes(sent));
    if !matches!((&stored.data, &sent.data), (Data::Json(_), Data::Json(_))) {
        assert_eq!(stored.data, sent.data, "{sent:?}");
    }
    assert_eq!(stored.digest(), sent.digest(), "{sent:?}: {:?}", sent.data.as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_read_back_as_it_was_sent_in_each_mode() {
    let pipeline = start().await;
    let mut sent = Vec::new();
    for mode in ["binary", "structured", "batched"] {
        let all = nasty().chain(generated(&any_event(), 20)).enumerate();
        let mut events: Vec<Event> = all.map(|(n, event)| renamed(event, &format!("{mode} {n}"))).collect();
        // HTTP has no message without a body: in binary mode, data of no bytes is no data.
        for event in events.iter_mut().filter(|event| event.data == Data::Bytes(Bytes::new())) {
            if mode == "binary" {
                event.data = Data::Absent;
            }
        }
        match mode {
            "batched" => pipeline.send_batch(&events).await,
            _ => {
                for event in &events {
                    match mode {
                        "binary" => pipeline.send_binary(event).await,
                        _ => pipeline.send_structured(event).await,
                    }
                }
            }
        }
        sent.extend(events);
    }
    for event in &sent {
        assert_same(&pipeline.stored(event).await, event);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_another_producer_is_read_in_structured_mode_too() {
    let pipeline = start().await;
    let events: Vec<Event> = nasty().enumerate().map(|(n, event)| renamed(event, &n.to_string())).collect();
    let records = events.iter().map(|event| Record {
        value: Some(to_structured(event)),
        headers: vec![("content-type".to_owned(), STRUCTURED_JSON.into())],
        ..Record::default()
    });
    pipeline.topic.produce(&records.collect::<Vec<_>>(), false);
    for event in &events {
        assert_same(&pipeline.stored(event).await, event);
    }
}

#[tokio::test]
async fn postgresql_takes_whatever_the_event_crate_takes() {
    let database = Database::create().await;
    let deep = format!("{}1{}", "[".repeat(128), "]".repeat(128));
    let limits =
        ["9".repeat(1_000), "1e999".into(), "-1e-998".into(), format!("0.{}", "9".repeat(999)), deep];
    let generated_json = generated(&one_value_twice(), 300).into_iter().map(|(one, _)| one);
    for text in limits.into_iter().chain(generated_json) {
        let json = JsonText::parse(text.into()).unwrap();
        let kept: String = database.one("SELECT $1::text::jsonb::text", &[&json.as_str()]).await;
        let same = |json: JsonText| Event { data: Data::Json(json), ..nasty().next().unwrap() }.digest();
        assert_eq!(same(JsonText::parse(kept.into()).unwrap()), same(json.clone()), "{}", json.as_str());
    }
    for event in nasty().chain(generated(&any_event(), 300)) {
        for (_, value) in event.attributes.iter() {
            let kept: String = database.one("SELECT $1::text", &[&value]).await;
            assert_eq!(kept, value);
        }
        if let Some(time) = &event.attributes.time {
            let sql = "SELECT (extract(epoch FROM $1::timestamptz) * 1000000)::bigint";
            let kept: i64 = database.one(sql, &[&time.instant()]).await;
            let sent = time.instant().unix_timestamp_nanos() / 1_000;
            assert!((i128::from(kept) - sent).abs() <= 1, "{time}: {kept}");
        }
    }
}

/// Tells whether a text is one that jsonb holds.
const HOLDS: &str = "CREATE FUNCTION holds(text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM $1::jsonb;
    RETURN true;
EXCEPTION WHEN data_exception THEN
    RETURN false;
END $$";

#[tokio::test]
async fn postgresql_could_not_take_what_is_refused_for_it() {
    let database = Database::create().await;
    database.run(HOLDS).await;
    assert!(database.one::<bool>("SELECT holds('[1e999]')", &[]).await);
    for text in [r#""\u0000""#, r#"{"\u0000":1}"#, r#"["\ud800"]"#, r#"["\ude00\ud83d"]"#, "1e200000"] {
        let refusal = JsonText::parse(Bytes::from(text)).expect_err(text);
        assert_eq!(refusal.class, event::Class::Unstorable, "{text}");
        assert!(!database.one::<bool>("SELECT holds($1)", &[&text]).await, "{text}");
    }
    // It keeps the last of them, which is not what was sent.
    let kept: String = database.one("SELECT '{\"a\":1,\"a\":2}'::jsonb::text", &[]).await;
    assert_eq!(kept, r#"{"a": 2}"#);
}
