//! Farol's side: a worker of its own reads the whole topic into a database.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use super::{
    Round,
    fill::SAMPLING,
    ground::{Ground, cpu_seconds},
};
use crate::{
    bench::{
        Error,
        database::Database,
        process::{Process, command, free_address},
        stack::WORKER,
    },
    books::{self, Books, Counts},
    load_check::memory::Watch,
};

/// No round takes longer on a machine that is worth measuring on.
pub(crate) const PATIENCE: Duration = Duration::from_secs(600);
const POLL: Duration = Duration::from_millis(20);

/// A worker that consumes.
pub(crate) struct Worker {
    pub(crate) process: Process,
    pub(crate) address: String,
}

impl Worker {
    /// Starts it; `url` may be a detour to the database.
    pub(crate) fn start(ground: &Ground, topic: &str, group: &str, url: &str) -> Result<Self, Error> {
        let address = free_address().map_err(|error| Error::file(Path::new("127.0.0.1:0"), error))?;
        let settings = [
            ("FAROL_MANAGEMENT_ADDR", address.as_str()),
            ("FAROL_KAFKA_BROKERS", &ground.brokers),
            ("FAROL_KAFKA_TOPIC", topic),
            ("FAROL_KAFKA_GROUP", group),
            ("FAROL_DATABASE_URL", url),
            ("FAROL_DEV", "1"),
            ("FAROL_LOG", "warn"),
        ];
        let (program, log) = (ground.bin_dir.join(WORKER), ground.home.join("worker.log"));
        let process =
            Process::start(WORKER, command(&program, &log, &[&settings[..], &SAMPLING].concat())?, log)?;
        Ok(Self { process, address })
    }
}

/// Reads all `count` records of `topic` into `database`, which is reached by `url`.
pub(crate) async fn round(
    ground: &Ground,
    topic: &str,
    database: &Database,
    url: &str,
    count: i64,
) -> Result<Round, Error> {
    let books = Books::connect(&books::server(&database.url, None)?).await?;
    ground.settle().await?;
    let broker = ground.broker();
    let before = (database.cpu_seconds(), broker.cpu_seconds());
    let worker = Worker::start(ground, topic, &format!("{topic}_{}", uuid::Uuid::new_v4()), url)?;
    let watch = Watch::start(worker.process.pid());
    let (first, begun) = reached(&books, topic, 1, &worker).await?;
    let (all, done) = reached(&books, topic, count, &worker).await?;
    let client = cpu_seconds(&worker.process)?;
    let after = (database.cpu_seconds(), broker.cpu_seconds());
    let memory = watch.stop().halves();
    worker.process.stop().await?;
    if all.stored != count || all.total() != count {
        return Err(Error::Dirty(format!("of {count} records {all:?} were booked")));
    }
    let per_million = |seconds: f64| seconds / count as f64 * 1e6;
    let used = |before: Option<f64>, after: Option<f64>| Some(per_million(after? - before?));
    Ok(Round {
        rows_per_second: (count - first.stored) as f64 / done.duration_since(begun).as_secs_f64(),
        client: per_million(client),
        postgresql: used(before.0, after.0),
        broker: used(before.1, after.1),
        memory: Some(memory),
    })
}

/// The same into a fresh database.
pub(crate) async fn fresh_round(ground: &Ground, topic: &str, count: i64) -> Result<Round, Error> {
    let database = ground.database("round").await?;
    let round = round(ground, topic, &database, &database.url, count).await?;
    database.remove().await?;
    Ok(round)
}

/// Waits until so many records of the topic are booked.
async fn reached(
    books: &Books,
    topic: &str,
    count: i64,
    worker: &Worker,
) -> Result<(Counts, Instant), Error> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut ledger = books.ledger().await?;
        ledger.0.retain(|account| account.topic == topic);
        let counts = ledger.totals();
        if counts.total() >= count {
            return Ok((counts, Instant::now()));
        }
        if Instant::now() > deadline {
            let (seconds, booked) = (PATIENCE.as_secs(), counts.total());
            let expected = usize::try_from(count).unwrap_or_default();
            return Err(Error::NotBooked { seconds, booked, expected, log: worker.process.log().to_owned() });
        }
        tokio::time::sleep(POLL).await;
    }
}
