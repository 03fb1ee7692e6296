//! `GET /v1/dead-letters`: what is told of letters, and to whom.

use serde_json::{Value, json};
use testkit::KeysFile;

use crate::support::{Running, answer, start};

const ADMIN: &str = "farol_admin";
const READER: &str = "farol_reader";
const ONE_SOURCE: &str = "farol_one_source";
const PATH: &str = "/v1/dead-letters";

async fn gateway() -> (Running, KeysFile) {
    let roles: &[&str] = &["admin"];
    let keys = KeysFile::with(&[
        (ADMIN, &["*"], roles),
        (READER, &["*"], &["read", "write"]),
        (ONE_SOURCE, &["/nyc"], roles),
    ]);
    let gateway = start(&[("FAROL_KEYS_FILE", keys.path().display().to_string())]).await;
    (gateway, keys)
}

/// Letters numbered from 1 on; each with content that must not be seen.
async fn write(gateway: &Running, letters: &[(&str, &str)]) {
    for (offset, (cause, state)) in letters.iter().enumerate() {
        let sql = format!(
            "INSERT INTO farol.dead_letters (cluster_id, topic, partition, \"offset\", record_key, record_value, header_names,
             header_values, source, id, cause, state, message, sqlstate)
             VALUES ('c', 't', 3, {offset}, 'topsecret', 'topsecret', '{{topsecret}}', '{{topsecret}}', '/nyc', 'e{offset}',
                     '{cause}', '{state}', 'topsecret', '23514')"
        );
        gateway.database.run(&sql).await;
    }
}

async fn list(gateway: &Running, query: &[(&str, &str)]) -> (u16, Value) {
    answer(gateway.get(ADMIN, PATH, query)).await
}

fn ids(page: &Value) -> Vec<i64> {
    page["letters"].as_array().unwrap().iter().map(|letter| letter["letterId"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn letters_are_told_with_their_cause_and_never_their_content() {
    let (gateway, _keys) = gateway().await;
    assert_eq!(list(&gateway, &[]).await, (200, json!({ "letters": [], "counts": [] })));
    write(&gateway, &[("unstorable", "quarantined")]).await;
    gateway.database.run("UPDATE farol.dead_letters SET quarantine_reason = 'noise'").await;
    let (status, page) = list(&gateway, &[]).await;
    let letter = &page["letters"][0];
    assert_eq!(
        (status, &letter["cause"], &letter["state"]),
        (200, &json!("unstorable"), &json!("quarantined"))
    );
    assert_eq!(
        (&letter["source"], &letter["id"], &letter["sqlstate"]),
        (&json!("/nyc"), &json!("e0"), &json!("23514"))
    );
    assert_eq!(
        (&letter["partition"], &letter["offset"], &letter["redrives"]),
        (&json!(3), &json!(0), &json!(0))
    );
    assert_eq!(letter["quarantineReason"], "noise");
    assert!(!page.to_string().contains("topsecret"), "{page}");
}

#[tokio::test]
async fn letters_are_filtered_and_counted_by_cause_and_state() {
    let (gateway, _keys) = gateway().await;
    let kinds =
        [("unstorable", "open"), ("conflict", "open"), ("unstorable", "resolved"), ("unstorable", "open")];
    write(&gateway, &kinds).await;
    for (query, expected) in [
        (&[][..], &[4, 3, 2, 1][..]),
        (&[("state", "open")], &[4, 2, 1]),
        (&[("cause", "unstorable")], &[4, 3, 1]),
        (&[("cause", "unstorable"), ("state", "open")], &[4, 1]),
        (&[("cause", "undecodable")], &[]),
    ] {
        let (status, page) = list(&gateway, query).await;
        assert_eq!((status, ids(&page).as_slice()), (200, expected), "{query:?}");
        let counts = json!([
            { "cause": "unstorable", "state": "open", "count": 2 },
            { "cause": "conflict", "state": "open", "count": 1 },
            { "cause": "unstorable", "state": "resolved", "count": 1 },
        ]);
        assert_eq!(page["counts"], counts, "of all letters, whatever the filter");
    }
}

#[tokio::test]
async fn pages_lead_from_the_newest_letter_to_the_oldest() {
    let (gateway, _keys) = gateway().await;
    write(&gateway, &[("unstorable", "open"); 5]).await;
    let (mut seen, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut query = vec![("limit", "2"), ("state", "open")];
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let (status, page) = list(&gateway, &query).await;
        assert_eq!(status, 200, "{page}");
        seen.extend(ids(&page));
        // What comes while somebody pages is newer, and pushes nothing onto another page.
        gateway.database.run(&letter_at(seen.len() + 100)).await;
        let Some(next) = page["cursor"].as_str() else { break };
        cursor = Some(next.to_owned());
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);
}

fn letter_at(offset: usize) -> String {
    format!(
        "INSERT INTO farol.dead_letters (cluster_id, topic, partition, \"offset\", header_names, header_values, cause, message)
         VALUES ('c', 't', 0, {offset}, '{{}}', '{{}}', 'unstorable', 'x')"
    )
}

#[tokio::test]
async fn counting_ends_at_a_number_that_says_enough() {
    let (gateway, _keys) = gateway().await;
    let many = "INSERT INTO farol.dead_letters (cluster_id, topic, partition, \"offset\", header_names, header_values, cause, message)
                SELECT 'c', 't', 0, i, '{}', '{}', 'undecodable', 'x' FROM generate_series(1, 10001) AS i";
    gateway.database.run(many).await;
    let (_, page) = list(&gateway, &[("limit", "1")]).await;
    let counts = json!([{ "cause": "undecodable", "state": "open", "count": 10_000, "orMore": true }]);
    assert_eq!(page["counts"], counts);
}

#[tokio::test]
async fn only_an_administrator_of_every_source_may_look() {
    let (gateway, _keys) = gateway().await;
    write(&gateway, &[("conflict", "open")]).await;
    for (key, expected) in [(ADMIN, 200), (READER, 403), (ONE_SOURCE, 403), ("farol_nobody", 401)] {
        let (status, said) = answer(gateway.get(key, PATH, &[])).await;
        assert_eq!(status, expected, "{key}: {said}");
    }
    let (_, problem) = answer(gateway.get(READER, PATH, &[])).await;
    assert!(problem["detail"].as_str().unwrap().contains("admin"), "{problem}");
}

#[tokio::test]
async fn a_list_of_letters_that_cannot_be_meant_names_the_parameter() {
    let (gateway, _keys) = gateway().await;
    write(&gateway, &[("conflict", "open"); 2]).await;
    let cursor = list(&gateway, &[("limit", "1")]).await.1["cursor"].as_str().unwrap().to_owned();
    for (query, parameter) in [
        (vec![("cause", "bad luck")], "cause"),
        (vec![("cause", "")], "cause"),
        (vec![("state", "lost")], "state"),
        (vec![("limit", "0")], "limit"),
        (vec![("limit", "1001")], "limit"),
        (vec![("cursor", "nonsense")], "cursor"),
        (vec![("cursor", cursor.as_str()), ("state", "open")], "cursor"),
        (vec![("source", "/nyc")], "source"),
    ] {
        let (status, problem) = list(&gateway, &query).await;
        assert_eq!((status, problem["parameter"].as_str()), (400, Some(parameter)), "{query:?}");
    }
    assert_eq!(ids(&list(&gateway, &[("cursor", cursor.as_str())]).await.1), [1]);
}
