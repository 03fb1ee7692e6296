//! What becomes of a record: a row, a duplicate of one, or a dead letter with its cause.

use testkit::Record;

use crate::support::Ground;

#[tokio::test(flavor = "multi_thread")]
async fn records_become_rows_with_everything_they_carried() {
    let ground = Ground::prepare(1).await;
    let mut record = Record::event("1", r#"{"n": 0.10}"#);
    record.key = Some(b"key".to_vec());
    for (name, value) in [
        ("ce_subject", "N14228"),
        ("ce_time", "2013-01-01T05:17:00.123456789-05:00"),
        ("ce_leg", "1"),
        ("farol-producer", "airport"),
        ("farol-received-at", "1700000000123"),
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"),
    ] {
        record.headers.push((name.to_owned(), value.as_bytes().to_vec()));
    }
    ground.topic.produce(&[record], false);
    let worker = ground.worker().await;
    ground.decided(1).await;
    let row = "SELECT concat_ws('|', source, id, type, subject, time_text, time AT TIME ZONE 'UTC', datacontenttype,
                      extensions, data, topic = $1, partition, \"offset\", producer, received_at AT TIME ZONE 'UTC',
                      encode(trace_id, 'hex'), octet_length(digest), digest_version)
               FROM farol.events";
    let row: String = ground.database.one(row, &[&ground.topic.name()]).await;
    assert_eq!(
        row,
        "/test|1|test.event|N14228|2013-01-01T05:17:00.123456789-05:00|2013-01-01 10:17:00.123456|application/json|\
         {\"leg\": \"1\"}|{\"n\": 0.10}|t|0|0|airport|2023-11-14 22:13:20.123|4bf92f3577b34da6a3ce929d0e0e4736|32|1"
    );
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn data_that_is_not_json_is_kept_byte_for_byte() {
    let ground = Ground::prepare(1).await;
    let mut bytes = Record::event("bytes", "");
    bytes.value = Some(vec![0, 1, 0xff]);
    bytes.headers.retain(|(name, _)| name != "content-type");
    let mut absent = bytes.clone();
    absent.value = None;
    absent.headers[1].1 = b"absent".to_vec();
    ground.topic.produce(&[bytes, absent], false);
    let worker = ground.worker().await;
    ground.decided(2).await;
    let data = "SELECT coalesce(encode(data_bytes, 'hex'), 'none') FROM farol.events ORDER BY \"offset\"";
    assert_eq!(ground.database.all::<String>(data).await, ["0001ff", "none"]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_event_is_a_duplicate_within_a_batch_and_across_batches() {
    let ground = Ground::prepare(2).await;
    let event = || Record::event("1", r#"{"a":1}"#);
    ground.topic.produce(&[event(), Record::event("1", r#"{ "a" : 1.0 }"#), event().in_partition(1)], false);
    let worker = ground.worker().await;
    ground.decided(3).await;
    ground.topic.produce(&[event()], false);
    ground.decided(4).await;
    assert_eq!((ground.rows().await, ground.books().await), (1, [1, 3, 0, 0]));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_identity_with_other_content_is_a_dead_letter() {
    let ground = Ground::prepare(1).await;
    ground.topic.produce(&[Record::event("1", r#"{"a":1}"#), Record::event("1", r#"{"a":2}"#)], false);
    let worker = ground.worker().await;
    ground.decided(2).await;
    ground.topic.produce(&[Record::event("1", r#"{"a":3}"#)], false);
    ground.decided(3).await;
    assert_eq!(ground.books().await, [1, 0, 2, 0]);
    let kept: Vec<String> = ground.database.all("SELECT data::text FROM farol.events").await;
    assert_eq!(kept, [r#"{"a": 1}"#], "the first one stays");
    let letters = "SELECT concat_ws('|', cause, state, source, id, convert_from(record_value, 'UTF8'),
                          event_key = (SELECT key FROM farol.events))
                   FROM farol.dead_letters ORDER BY \"offset\"";
    let letters: Vec<String> = ground.database.all(letters).await;
    assert_eq!(letters, [r#"conflict|open|/test|1|{"a":2}|t"#, r#"conflict|open|/test|1|{"a":3}|t"#]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_decoded_is_kept_whole_with_the_reason() {
    let ground = Ground::prepare(1).await;
    let poison = Record {
        key: Some(vec![0xff]),
        value: Some(b"not an event".to_vec()),
        headers: vec![("x".to_owned(), vec![0, 0xfe])],
        ..Record::default()
    };
    let broken = Record::event("2", "{");
    ground.topic.produce(&[poison, Record::event("1", "{}"), broken, Record::default()], false);
    let worker = ground.worker().await;
    ground.decided(4).await;
    assert_eq!((ground.rows().await, ground.books().await), (1, [1, 0, 3, 0]));
    let letters = "SELECT concat_ws('|', \"offset\", cause, encode(record_key, 'hex'),
                          convert_from(record_value, 'UTF8'), convert_from(header_names[1], 'UTF8'),
                          encode(header_values[1], 'hex'), message)
                   FROM farol.dead_letters ORDER BY \"offset\"";
    let letters: Vec<String> = ground.database.all(letters).await;
    assert_eq!(letters[0], "0|undecodable|ff|not an event|x|00fe|attribute specversion: is required");
    assert!(
        letters[1].starts_with("2|undecodable|{|ce_specversion|312e30|data: is not valid JSON"),
        "{letters:?}"
    );
    assert_eq!(letters[2], "3|undecodable|attribute specversion: is required");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_utf8_in_records_of_others_end_as_dead_letters_and_stop_nobody() {
    let ground = Ground::prepare(1).await;
    let with = |name: &str, value: &[u8]| {
        let mut record = Record::event("1", "{}");
        record.headers.retain(|(header, _)| header != name);
        record.headers.push((name.to_owned(), value.to_vec()));
        record
    };
    let mut data = Record::event("1", "");
    data.value = Some(b"{\"a\":\"\xff\"}".to_vec());
    let mut structured = data.clone();
    structured.headers = vec![("content-type".to_owned(), b"application/cloudevents+json".to_vec())];
    structured.value = Some(b"{\"specversion\":\"1.0\",\"id\":\"\xc0\x80\"}".to_vec());
    let others = [with("ce_id", b"\xff"), with("ce_subject", b"caf\xe9"), with("ce_leg", b"\xed\xa0\x80")];
    let others = [&others[..], &[with("content-type", b"application/json; \xff"), data, structured]].concat();
    ground.topic.produce(&others, false);
    // What is no attribute and says nothing of ours may be anything.
    let harmless = [with("x", b"\xff"), with("traceparent", b"\xff"), with("farol-producer", b"\xff")];
    ground.topic.produce(&harmless, false);
    ground.topic.produce(&[Record::event("2", "{}")], false);
    let worker = ground.worker().await;
    ground.decided(10).await;
    assert_eq!(ground.books().await, [2, 2, 6, 0]);
    let kept = "SELECT encode(header_values[6], 'hex') FROM farol.dead_letters WHERE \"offset\" = 1";
    assert_eq!(ground.database.one::<String>(kept, &[]).await, "636166e9", "as it came");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_whose_name_is_no_utf8_makes_a_dead_letter_of_its_record_alone() {
    let ground = Ground::prepare(1).await;
    let (before, after) = ([(&b"x"[..], &b"1"[..]), (b"ce_id", b"1")], [(&b"y"[..], &b"2"[..])]);
    for name in [&b"\xff"[..], b"ce_\xff"] {
        ground.topic.produce_raw(&[&before[..], &[(name, b"")], &after].concat(), b"value");
    }
    ground.topic.produce(&[Record::event("1", "{}")], false);
    let worker = ground.worker().await;
    ground.decided(3).await;
    assert_eq!(ground.books().await, [1, 0, 2, 0]);
    let letters = "SELECT concat_ws('|', cause, convert_from(record_value, 'UTF8'), message,
                          array(SELECT convert_from(name, 'UTF8') FROM unnest(header_names) AS name)::text)
                   FROM farol.dead_letters ORDER BY \"offset\"";
    let letters: Vec<String> = ground.database.all(letters).await;
    let letter =
        "undecodable|value|a header's name is not UTF-8; it and those after it are not kept|{x,ce_id}";
    assert_eq!(letters, [letter, letter]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_postgresql_refuses_become_dead_letters_and_sink_no_other() {
    let ground = Ground::prepare(1).await;
    ground.database.run("ALTER TABLE farol.events ADD CONSTRAINT picky CHECK (id NOT LIKE 'bad%')").await;
    let records: Vec<_> = (0..500)
        .map(|n| {
            Record::event(&if [7, 8, 499].contains(&n) { format!("bad{n}") } else { n.to_string() }, "{}")
        })
        .collect();
    ground.topic.produce(&records, false);
    let worker = ground.worker().await;
    ground.decided(500).await;
    assert_eq!((ground.rows().await, ground.books().await), (497, [497, 0, 3, 0]));
    let letters: Vec<String> = ground
        .database
        .all("SELECT concat_ws('|', id, cause, sqlstate) FROM farol.dead_letters ORDER BY 1")
        .await;
    assert_eq!(letters, ["bad499|unstorable|23514", "bad7|unstorable|23514", "bad8|unstorable|23514"]);
    let keys: i64 = ground.database.one("SELECT count(*) FROM farol.event_keys", &[]).await;
    assert_eq!(keys, 497, "a refused row leaves no key behind");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storable_event_behind_a_refused_one_of_the_same_identity_is_stored() {
    let ground = Ground::prepare(1).await;
    ground.database.run("ALTER TABLE farol.events ADD CONSTRAINT picky CHECK (data->>'ok' = 'true')").await;
    let records = ["false", "true", "true"].map(|ok| Record::event("1", &format!("{{\"ok\":{ok}}}")));
    ground.topic.produce(&records, false);
    let worker = ground.worker().await;
    ground.decided(3).await;
    assert_eq!(ground.books().await, [1, 1, 1, 0]);
    worker.stop().await;
}
