//! What the worker says about itself: strange records, books, lag, and what waits for PostgreSQL.

use std::process::Child;

use nix::sys::signal::Signal;
use testkit::{Page, Record, eventually};

use crate::process::{command, signal};
use crate::support::Ground;

/// As docs/TELEMETRY.md states it.
const MOST_SERIES: usize = 500;
const MADE_UP: &str = "zq9";

/// A worker in a process of its own, since all workers of one process share their metrics.
struct Watched {
    child: Child,
    url: String,
}

impl Watched {
    fn start(ground: &Ground) -> Self {
        let address = format!("127.0.0.1:{}", testkit::closed_port());
        let mut command = command(&ground.topic, &ground.database);
        let child = command.env("FAROL_MANAGEMENT_ADDR", &address).spawn().unwrap();
        Self { child, url: format!("http://{address}/metrics") }
    }

    async fn page(&self) -> Option<String> {
        reqwest::get(&self.url).await.ok()?.text().await.ok()
    }

    /// Waits until the page has all of these lines.
    async fn shows(&self, lines: &[&str]) -> String {
        eventually(&format!("{lines:?}"), || async {
            self.page().await.filter(|page| lines.iter().all(|line| page.contains(&format!("\n{line}\n"))))
        })
        .await
    }

    async fn value(&self, series: &str) -> Option<f64> {
        let page = self.page().await?;
        let line = page.lines().find(|line| line.starts_with(&format!("{series} ")))?.to_owned();
        line.rsplit(' ').next()?.parse().ok()
    }

    fn stop(mut self) {
        signal(&self.child, Signal::SIGTERM);
        assert!(self.child.wait().unwrap().success());
    }
}

/// Records of every kind that others may send, other ones each time.
fn strange_records() -> Vec<Record> {
    let made_up = || format!("{MADE_UP}{}", uuid::Uuid::new_v4());
    let mut odd = Record::event(&made_up(), "{}");
    for (name, value) in &mut odd.headers {
        if ["ce_source", "ce_type"].contains(&name.as_str()) {
            *value = format!("/{}", made_up()).into_bytes();
        }
    }
    odd.headers.push((format!("ce_{MADE_UP}"), made_up().into_bytes()));
    odd.headers.push(("farol-producer".to_owned(), made_up().into_bytes()));
    odd.headers.push(("farol-received-at".to_owned(), made_up().into_bytes()));
    odd.headers.push(("farol-dead-letter-id".to_owned(), b"77".to_vec()));
    odd.headers.push(("traceparent".to_owned(), made_up().into_bytes()));
    let garbage = Record { value: Some(made_up().into_bytes()), ..Record::default() };
    let broken = Record::event(&made_up(), &made_up());
    let header = Record { headers: vec![(made_up(), made_up().into_bytes())], ..Record::default() };
    vec![odd, garbage, broken, header]
}

#[tokio::test]
async fn strange_records_make_no_series_of_their_own() {
    let ground = Ground::prepare(2).await;
    let worker = Watched::start(&ground);
    for _ in 0..50 {
        ground.topic.produce(&strange_records(), false);
    }
    ground.decided(200).await;
    let text =
        worker.shows(&["farol_broken_trace_contexts_total 50", "farol_oldest_unprocessed_seconds 0"]).await;
    let page = Page::read(&text);
    assert!(page.series() > 100, "only {} series: nothing happened", page.series());
    assert!(page.series() <= MOST_SERIES, "{} series", page.series());
    assert!(!text.contains(MADE_UP), "something made up became a label");
    assert_eq!(page.surprises("worker"), Default::default());
    testkit::promtool_accepts(&text);
    worker.stop();
}

#[tokio::test]
async fn the_books_and_the_open_letters_are_shown_as_postgresql_has_them() {
    let ground = Ground::prepare(1).await;
    let poison = Record { value: Some(b"x".to_vec()), ..Record::default() };
    let record = || Record::event("1", "{}");
    ground.topic.produce(&[record(), record(), poison, Record::event("1", "{\"a\":1}")], false);
    let before = ground.worker().await;
    ground.decided(4).await;
    before.stop().await;
    let worker = Watched::start(&ground);
    worker
        .shows(&[
            "farol_ledger_records{outcome=\"stored\"} 1",
            "farol_ledger_records{outcome=\"duplicate\"} 1",
            "farol_ledger_records{outcome=\"dead_lettered\"} 2",
            "farol_ledger_records{outcome=\"gap\"} 0",
            "farol_ledger_consumed_records 4",
            "farol_ledger_imbalance_records 0",
            "farol_open_dead_letters{cause=\"undecodable\"} 1",
            "farol_open_dead_letters{cause=\"conflict\"} 1",
            "farol_open_dead_letters{cause=\"unstorable\"} 0",
            "db_client_connection_max{db_client_connection_pool_name=\"postgres\"} 4",
        ])
        .await;
    worker.stop();
}

#[tokio::test]
async fn what_waits_for_postgresql_grows_old_and_is_young_again_once_it_is_stored() {
    let ground = Ground::prepare(1).await;
    ground.topic.keep_for(60_000).await;
    let worker = Watched::start(&ground);
    let lag = "farol_consumer_lag_seconds{partition=\"0\"}";
    worker.shows(&[&format!("{lag} 0"), "farol_retention_used_ratio{partition=\"0\"} 0"]).await;
    // A mistake of an operator, which no retry mends.
    ground
        .database
        .run("ALTER TABLE farol.dead_letters RENAME TO letters; ALTER TABLE farol.events RENAME TO rows")
        .await;
    ground.topic.produce(&[Record::event("1", "{}")], false);
    let old = eventually("it grows old", || async { worker.value(lag).await.filter(|age| *age > 2.0) }).await;
    assert!(worker.value("farol_oldest_unprocessed_seconds").await.unwrap() >= old);
    assert!(worker.value("farol_retention_used_ratio{partition=\"0\"}").await.unwrap() >= old / 60.0);
    ground
        .database
        .run("ALTER TABLE farol.letters RENAME TO dead_letters; ALTER TABLE farol.rows RENAME TO events")
        .await;
    ground.decided(1).await;
    worker.shows(&[&format!("{lag} 0"), "farol_oldest_unprocessed_seconds 0"]).await;
    worker.stop();
}
