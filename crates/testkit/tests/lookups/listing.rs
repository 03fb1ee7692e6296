//! `GET /v1/events`: every event once, in order, whoever commits meanwhile.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tokio_postgres::NoTls;

use crate::support::{AIRPORT, KEY, Running, answer, insert, start};

/// Reads page after page from `cursor` until nothing more can be seen; ids in order, and the cursor to go on with.
async fn read_on(gateway: &Running, query: &[(&str, &str)], cursor: Option<String>) -> (Vec<String>, String) {
    let (mut ids, mut cursor) = (Vec::new(), cursor);
    loop {
        let mut query = query.to_vec();
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let (status, page) = gateway.list(&query).await;
        assert_eq!(status, 200, "{page}");
        let events = page["events"].as_array().unwrap();
        ids.extend(events.iter().map(|shown| shown["event"]["id"].as_str().unwrap().to_owned()));
        let next = page["cursor"].as_str().unwrap().to_owned();
        if page["caughtUp"] == true {
            return (ids, next);
        }
        assert_ne!(cursor.as_ref(), Some(&next), "a page leads on");
        cursor = Some(next);
    }
}

/// Reads on until `count` events were seen. Writers of other tests hold the horizon back as well:
/// it is the whole server's oldest transaction.
async fn read(
    gateway: &Running,
    query: &[(&str, &str)],
    cursor: Option<String>,
    count: usize,
) -> (Vec<String>, String) {
    let (mut ids, mut cursor) = read_on(gateway, query, cursor).await;
    let started = std::time::Instant::now();
    while ids.len() < count {
        assert!(started.elapsed() < testkit::PATIENCE, "{} of {count} events were seen", ids.len());
        let (more, next) = read_on(gateway, query, Some(cursor)).await;
        ids.extend(more);
        cursor = next;
    }
    (ids, cursor)
}

async fn connect(gateway: &Running) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(&gateway.database.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

#[tokio::test]
async fn pages_hold_every_event_once_in_order() {
    let gateway = start(&[]).await;
    for first in [0, 10, 20] {
        gateway.database.run(&insert("/nyc", "t", first, 10)).await;
    }
    let (ids, cursor) = read(&gateway, &[("limit", "7")], None, 30).await;
    assert_eq!(ids, (0..30).map(|id| id.to_string()).collect::<Vec<_>>());
    gateway.database.run(&insert("/nyc", "t", 30, 1)).await;
    let (ids, _) = read(&gateway, &[("limit", "7")], Some(cursor), 1).await;
    assert_eq!(ids, ["30"], "a reader who comes again goes on where it was");
    let (_, page) = gateway.list(&[("limit", "1")]).await;
    let shown = &page["events"][0];
    assert_eq!((&shown["status"], &shown["event"]["source"]), (&json!("stored"), &json!("/nyc")));
}

#[tokio::test]
async fn filters_choose_by_source_type_and_time() {
    let gateway = start(&[]).await;
    gateway.database.run(&insert("/nyc", "a", 0, 2)).await;
    gateway.database.run(&insert("/lax", "b", 10, 2)).await;
    assert_eq!(read(&gateway, &[], None, 4).await.0.len(), 4);
    let ids = |query: Vec<(&'static str, &'static str)>| {
        let gateway = &gateway;
        async move { read_on(gateway, &query, None).await.0 }
    };
    assert_eq!(ids(vec![("source", "/nyc")]).await, ["0", "1"]);
    assert_eq!(ids(vec![("type", "b")]).await, ["10", "11"]);
    assert_eq!(ids(vec![("source", "/nyc"), ("type", "b")]).await, Vec::<String>::new());
    assert_eq!(ids(vec![("since", "2020-01-01T00:00:00Z")]).await.len(), 4);
    assert_eq!(ids(vec![("until", "2020-01-01T00:00:00Z")]).await.len(), 0);
}

/// The transaction that began first commits last: a reader must not pass it by.
#[tokio::test]
async fn a_reader_misses_nothing_that_commits_late() {
    let gateway = start(&[]).await;
    let mut slow = connect(&gateway).await;
    let slow = slow.transaction().await.unwrap();
    slow.batch_execute(&insert("/slow", "t", 0, 3)).await.unwrap();
    gateway.database.run(&insert("/fast", "t", 100, 3)).await;
    let (before, cursor) = read_on(&gateway, &[], None).await;
    assert_eq!(before, Vec::<String>::new(), "what committed early waits for what began before it");
    slow.commit().await.unwrap();
    let (after, _) = read(&gateway, &[], Some(cursor), 6).await;
    assert_eq!(after, ["0", "1", "2", "100", "101", "102"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_pages_while_writers_commit_misses_nothing() {
    const WRITERS: usize = 4;
    const BATCHES: usize = 25;
    let gateway = start(&[]).await;
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let mut client = connect(&gateway).await;
        writers.push(tokio::spawn(async move {
            for batch in 0..BATCHES {
                let transaction = client.transaction().await.unwrap();
                let first = (writer * BATCHES + batch) * 10;
                transaction.batch_execute(&insert("/nyc", "t", first, 3)).await.unwrap();
                // Writers overlap: some commit long after others began.
                transaction
                    .batch_execute(&format!("SELECT pg_sleep({})", 0.002 * (writer + 1) as f64))
                    .await
                    .unwrap();
                transaction.commit().await.unwrap();
            }
        }));
    }
    let (mut seen, mut cursor) = (Vec::new(), None);
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        let (ids, next) = read_on(&gateway, &[("limit", "20")], cursor).await;
        seen.extend(ids);
        cursor = Some(next);
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let missing = WRITERS * BATCHES * 3 - seen.len();
    seen.extend(read(&gateway, &[("limit", "20")], cursor, missing).await.0);
    let distinct: BTreeSet<_> = seen.iter().collect();
    assert_eq!((seen.len(), distinct.len()), (WRITERS * BATCHES * 3, WRITERS * BATCHES * 3));
}

#[tokio::test]
async fn a_filter_that_nothing_matches_still_leads_on() {
    let gateway = start(&[]).await;
    let many = "INSERT INTO farol.events (key, tx, n, source, id, type, \"offset\", partition, topic, digest_version, digest)
                SELECT gen_random_uuid(), pg_current_xact_id()::text::bigint, i, '/nyc', i::text, 't', i, 0, 't', 1, sha256('x')
                FROM generate_series(1, 15000) AS i";
    gateway.database.run(many).await;
    assert_eq!(read(&gateway, &[("limit", "1000")], None, 15_000).await.0.len(), 15_000);
    let (status, page) = gateway.list(&[("type", "none")]).await;
    assert_eq!(
        (status, &page["events"], &page["caughtUp"]),
        (200, &json!([]), &json!(false)),
        "bounded work a page"
    );
    assert_eq!(read_on(&gateway, &[("type", "none")], None).await.0, Vec::<String>::new());
}

#[tokio::test]
async fn a_page_of_large_events_is_cut_and_leads_on() {
    let gateway = start(&[]).await;
    gateway.database.run(&insert("/nyc", "t", 0, 20)).await;
    gateway
        .database
        .run("UPDATE farol.events SET data_bytes = convert_to(repeat('x', 1048576), 'UTF8')")
        .await;
    assert_eq!(read(&gateway, &[], None, 20).await.0.len(), 20);
    let (_, page) = gateway.list(&[]).await;
    let count = page["events"].as_array().unwrap().len();
    assert!((1..20).contains(&count), "{count} events of 1 MiB in one page");
}

#[tokio::test]
async fn who_may_not_read_everything_names_a_source_of_its_own() {
    let gateway = start(&[]).await;
    let list = |query: &[(&str, &str)]| answer(gateway.get(AIRPORT, "/v1/events", query));
    let (status, problem) = list(&[]).await;
    assert_eq!((status, &problem["parameter"]), (400, &json!("source")));
    assert_eq!(list(&[("source", "/lax")]).await.0, 403);
    assert_eq!(list(&[("source", "/nyc/JFK")]).await.0, 200);
}

#[tokio::test]
async fn a_listing_that_cannot_be_meant_names_the_parameter() {
    let gateway = start(&[]).await;
    let cursor = gateway.list(&[]).await.1["cursor"].as_str().unwrap().to_owned();
    let mut tampered = cursor.clone();
    tampered.replace_range(3..4, if &tampered[3..4] == "A" { "B" } else { "A" });
    for (query, parameter) in [
        (vec![("limit", "0")], "limit"),
        (vec![("limit", "1001")], "limit"),
        (vec![("limit", "many")], "limit"),
        (vec![("since", "yesterday")], "since"),
        (vec![("until", "2013-01-01")], "until"),
        (vec![("source", "not a uri")], "source"),
        (vec![("cursor", "nonsense")], "cursor"),
        (vec![("cursor", tampered.as_str())], "cursor"),
        (vec![("cursor", cursor.as_str()), ("type", "t")], "cursor"),
        (vec![("page", "2")], "page"),
    ] {
        let (status, problem) = gateway.list(&query).await;
        assert_eq!((status, problem["parameter"].as_str()), (400, Some(parameter)), "{query:?}");
    }
    let (status, _) = answer(gateway.get(KEY, "/v1/events", &[("cursor", cursor.as_str())])).await;
    assert_eq!(status, 200);
    let none: Value = json!([]);
    assert_eq!(gateway.list(&[("cursor", cursor.as_str())]).await.1["events"], none);
}
