//! Live checks of Kafka, PostgreSQL and Redis.

use std::time::{Duration, Instant};

use crate::support::{Running, answer, silent_server, start};
use fred::interfaces::{ClientLike as _, ServerInterface as _};
use reqwest::StatusCode;
use serde_json::{Value, json};
use testkit::{Database, closed_port, eventually};

/// A gateway that finds the table it looks events up in.
async fn start_with_schema() -> (Running, Database) {
    let database = Database::create().await;
    database.run("CREATE SCHEMA farol; CREATE TABLE farol.events ()").await;
    (start(&[("FAROL_DATABASE_URL", database.url())]).await, database)
}

/// The answer of a check that must fail, in time, for `reason`, without saying where or why.
async fn fails(gateway: &Running, path: &str, reason: &str, hidden: &str) {
    let started = Instant::now();
    let (status, check) = answer(gateway.get(path)).await;
    assert!(started.elapsed() < Duration::from_secs(4), "{path} took {:?}", started.elapsed());
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{check}");
    assert_eq!((&check["ok"], &check["reason"]), (&json!(false), &json!(reason)), "{check}");
    assert!(check["latencyMs"].as_f64().unwrap() > 0.0, "{check}");
    assert!(!check.to_string().contains(hidden), "{hidden} is no business of who asks: {check}");
    assert_eq!(gateway.get("/ready").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn each_part_that_answers_is_ok_with_its_latency() {
    let (gateway, _database) = start_with_schema().await;
    for name in ["kafka", "postgres", "redis"] {
        let (status, check) = answer(gateway.get(&format!("/{name}"))).await;
        assert_eq!(status, 200, "{check}");
        assert_eq!(
            (&check["name"], &check["ok"], &check["reason"]),
            (&json!(name), &json!(true), &Value::Null)
        );
        let latency = check["latencyMs"].as_f64().unwrap();
        assert!(latency > 0.0 && latency < 2_000.0, "{check}");
    }
}

#[tokio::test]
async fn the_check_of_kafka_tells_leaders_replicas_and_a_watermark() {
    let gateway = start(&[]).await;
    let (_, check) = answer(gateway.get("/kafka")).await;
    let details = &check["details"];
    assert_eq!(details["topic"], gateway.topic.name());
    assert_eq!((&details["partitionCount"], &details["underReplicated"]), (&json!(3), &json!(0)));
    let partitions = details["partitions"].as_array().unwrap();
    assert_eq!(partitions.len(), 3);
    for partition in partitions {
        let leader = partition["leader"].as_i64().unwrap();
        assert_eq!((&partition["replicas"], &partition["inSync"]), (&json!([leader]), &json!([leader])));
    }
    assert_eq!(details["watermark"], json!({ "partition": 0, "low": 0, "high": 0 }));
}

#[tokio::test]
async fn the_check_of_postgresql_tells_whether_it_may_be_written() {
    let (gateway, database) = start_with_schema().await;
    let (_, check) = answer(gateway.get("/postgres")).await;
    assert_eq!(check["details"], json!({ "inRecovery": false, "readOnly": false }));
    let name = database.one::<String>("SELECT current_database()::text", &[]).await;
    database.run(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await;
    eventually("a later check sees it", || async {
        let (_, check) = answer(gateway.get("/postgres")).await;
        (check["details"]["readOnly"] == true).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_check_of_redis_leaves_nothing_behind() {
    // A database that nothing else uses.
    let (server, _) =
        testkit::redis_url().rsplit_once('/').map(|(s, n)| (s.to_owned(), n.to_owned())).unwrap();
    let url = format!("{server}/9");
    let gateway = start(&[("FAROL_REDIS_URL", url.clone())]).await;
    assert_eq!(answer(gateway.get("/redis")).await.1["details"]["operations"], json!(["set", "get", "del"]));
    let redis = fred::types::Builder::from_config(fred::types::config::Config::from_url(&url).unwrap());
    let redis = redis.build().unwrap();
    redis.init().await.unwrap();
    eventually("no key is left", || async { (redis.dbsize::<u64>().await.unwrap() == 0).then_some(()) })
        .await;
}

#[tokio::test]
async fn all_who_ask_at_the_same_time_share_one_round_trip() {
    let (gateway, _database) = start_with_schema().await;
    for path in ["/kafka", "/postgres", "/redis"] {
        let asking: Vec<_> = (0..60).map(|_| tokio::spawn(gateway.get(path).send())).collect();
        let mut times = Vec::new();
        for asked in asking {
            let check = crate::support::json(asked.await.unwrap().unwrap()).await;
            assert_eq!(check["ok"], true, "{check}");
            times.push(check["checkedAt"].as_str().unwrap().to_owned());
        }
        times.dedup();
        assert!(times.len() <= 2, "{path}: {} round trips for 60 that asked within a moment", times.len());
    }
}

#[tokio::test]
async fn a_result_is_soon_looked_up_anew() {
    let gateway = start(&[]).await;
    let first = answer(gateway.get("/redis")).await.1["checkedAt"].clone();
    eventually("a newer result", || async {
        (answer(gateway.get("/redis")).await.1["checkedAt"] != first).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_part_that_is_away_is_unreachable() {
    let nowhere = format!("127.0.0.1:{}", closed_port());
    let gateway = start(&[
        ("FAROL_DATABASE_URL", format!("postgres://postgres@{nowhere}/farol")),
        ("FAROL_REDIS_URL", format!("redis://{nowhere}")),
        ("FAROL_KAFKA_BROKERS", nowhere),
    ])
    .await;
    for path in ["/postgres", "/redis", "/kafka"] {
        fails(&gateway, path, "unreachable", "127.0.0.1").await;
    }
}

#[tokio::test]
async fn a_part_that_says_nothing_does_not_hold_its_check_up() {
    let silent = silent_server();
    let gateway = start(&[
        ("FAROL_DATABASE_URL", format!("postgres://postgres@{silent}/farol")),
        ("FAROL_REDIS_URL", format!("redis://{silent}")),
        ("FAROL_KAFKA_BROKERS", silent),
    ])
    .await;
    // To a client of Kafka, a broker that does not say which versions it speaks is not connected.
    for (path, reason) in [("/postgres", "timed_out"), ("/redis", "timed_out"), ("/kafka", "unreachable")] {
        fails(&gateway, path, reason, "127.0.0.1").await;
    }
}

#[tokio::test]
async fn a_part_that_lacks_what_is_needed_says_so() {
    let gateway = start(&[("FAROL_KAFKA_TOPIC", "no.such.topic".to_owned())]).await;
    fails(&gateway, "/kafka", "topic_missing", "127.0.0.1").await;
    fails(&gateway, "/postgres", "schema_missing", "127.0.0.1").await;
}

#[tokio::test]
async fn a_server_that_does_not_let_us_in_refuses() {
    let database = testkit::Database::create().await;
    let stranger = database.url().replace("//postgres:", "//stranger:");
    let redis = testkit::redis_url().replacen("default:", "default:wrong", 1);
    let gateway = start(&[("FAROL_DATABASE_URL", stranger), ("FAROL_REDIS_URL", redis)]).await;
    fails(&gateway, "/postgres", "refused", "stranger").await;
    fails(&gateway, "/redis", "refused", "wrong").await;
}

#[tokio::test]
async fn one_table_has_them_all_for_machines_and_for_people() {
    let (gateway, _database) = start_with_schema().await;
    let (status, table) = answer(gateway.get("/testes")).await;
    assert_eq!((status.as_u16(), &table["ok"]), (200, &json!(true)), "{table}");
    let names: Vec<_> =
        table["checks"].as_array().unwrap().iter().map(|check| check["name"].clone()).collect();
    assert_eq!(names, ["kafka", "postgres", "redis"]);
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let page = gateway.get("/testes").header("accept", browser).send().await.unwrap();
    assert_eq!((page.status().as_u16(), &page.headers()["vary"]), (200, &"accept".parse().unwrap()));
    let html = page.text().await.unwrap();
    for name in ["Kafka", "PostgreSQL", "Redis"] {
        assert!(html.contains(&format!("<th scope=\"row\">{name}")), "{html}");
    }
}

#[tokio::test]
async fn one_part_away_makes_the_table_a_503_and_the_others_are_still_told() {
    let redis = format!("redis://127.0.0.1:{}", closed_port());
    let gateway = start(&[("FAROL_REDIS_URL", redis)]).await;
    let (status, table) = answer(gateway.get("/testes")).await;
    assert_eq!((status.as_u16(), &table["ok"]), (503, &json!(false)), "{table}");
    assert_eq!(
        (&table["checks"][0]["ok"], &table["checks"][2]["ok"]),
        (&json!(true), &json!(false)),
        "{table}"
    );
}

#[tokio::test]
async fn each_check_is_measured_by_its_result() {
    let gateway = start(&[("FAROL_REDIS_URL", format!("redis://127.0.0.1:{}", closed_port()))]).await;
    assert_eq!(gateway.get("/testes").send().await.unwrap().status(), 503);
    let page = gateway.get("/metrics").send().await.unwrap().text().await.unwrap();
    for labels in ["dependency=\"kafka\",result=\"ok\"", "dependency=\"redis\",result=\"unreachable\""] {
        assert!(
            page.contains(&format!("farol_dependency_check_duration_seconds_count{{{labels}}}")),
            "{labels}"
        );
    }
}
