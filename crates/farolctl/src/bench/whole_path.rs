//! Rows about the whole path: what each process uses from the request to the booked row. It shares the machine with the
//! load, so that its rate is one of a small machine that does everything.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use super::{
    Error,
    database::Database,
    ground::{Ground, Telemetry, free},
    load::Pace,
    process::Process,
    requests::Shape,
    rows::Row,
    side::{KAFKA, LOAD_GENERATOR, REDIS, Round, SERVER, Side},
    single::FAROL,
    stack,
};
use crate::{
    books::{self, Books},
    progress::Progress,
};

const BOOKED_WITHIN: Duration = Duration::from_secs(300);
const POLL: Duration = Duration::from_millis(50);

/// Everything that an event passes through.
struct Whole<'a> {
    farol: Side,
    worker: Process,
    database: &'a Database,
    books: Books,
}

/// One round until its last record was booked.
struct Booked {
    round: Round,
    worker: f64,
    postgresql: Option<f64>,
    rows_per_second: f64,
}

pub(crate) async fn rows(ground: &Ground) -> Result<Vec<Row>, Error> {
    let database = Database::create(&ground.database_url, format!("{}_path", ground.run)).await?;
    let measured = measure(ground, &database).await;
    database.remove().await?;
    Ok(report(&measured?))
}

async fn measure(ground: &Ground, database: &Database) -> Result<Vec<Booked>, Error> {
    let (_collector, collector_at) = ground.collector().await?;
    let topic = ground.topic(ground.size.partitions).await?;
    let (worker_at, home) = (free()?, ground.folder("worker")?);
    let servers = stack::Servers { database_url: &database.url, ..ground.servers(&topic) };
    let endpoint = format!("http://{collector_at}");
    let traced = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())];
    let settings = [&traced[..], &super::ground::SHIPPED_SAMPLING].concat();
    let mut worker = stack::start_worker(&ground.bin_dir, &home, &servers, &worker_at, &settings)?;
    worker.wait_ready(&worker_at).await?;
    let farol = ground.gateway(FAROL, &topic, Telemetry::Shipped, &collector_at).await?;
    let books = Books::connect(&books::server(&database.url, None)?).await?;
    let whole = Whole { farol, worker, database, books };
    let requests = ground.requests(&whole.farol, Shape::Single);
    let [warm_up, load] = ground.size.loads(Pace::Closed);
    let progress = Progress::start("whole path", ground.size.rounds as u64 + 1);
    whole.round(ground, &requests, warm_up).await?;
    let mut rounds = Vec::new();
    for _ in 0..ground.size.rounds {
        progress.advance();
        rounds.push(whole.round(ground, &requests, load).await?);
    }
    progress.finish();
    whole.farol.process.stop().await?;
    whole.worker.stop().await?;
    Ok(rounds)
}

impl Whole<'_> {
    async fn round(
        &self,
        ground: &Ground,
        requests: &std::sync::Arc<super::requests::Requests>,
        load: super::load::Load,
    ) -> Result<Booked, Error> {
        let booked_before = self.books.ledger().await?.totals().stored;
        let (worker, postgresql) = (self.worker.tree_cpu_seconds()?, self.database.cpu_seconds());
        let start = Instant::now();
        let round = self.farol.round(&ground.neighbours, requests, load).await?;
        let events = usize::try_from(round.seen.events).unwrap_or(usize::MAX);
        self.wait_until_booked(booked_before, events).await?;
        let rows_per_second = round.seen.events as f64 / start.elapsed().as_secs_f64();
        let per_million = |after: f64, before: f64| (after - before) / events as f64 * 1e6;
        Ok(Booked {
            worker: per_million(self.worker.tree_cpu_seconds()?, worker),
            postgresql: self
                .database
                .cpu_seconds()
                .zip(postgresql)
                .map(|(after, before)| per_million(after, before)),
            rows_per_second,
            round,
        })
    }

    async fn wait_until_booked(&self, before: i64, expected: usize) -> Result<(), Error> {
        let start = Instant::now();
        loop {
            let booked = self.books.ledger().await?.totals().stored - before;
            if usize::try_from(booked).is_ok_and(|booked| booked >= expected) {
                return Ok(());
            }
            if start.elapsed() > BOOKED_WITHIN {
                let log: &Path = self.worker.log();
                let seconds = BOOKED_WITHIN.as_secs();
                return Err(Error::NotBooked { seconds, booked, expected, log: log.to_owned() });
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

fn report(rounds: &[Booked]) -> Vec<Row> {
    let cpu = Row::new("whole-path-cpu", "request to booked row: CPU by process", "CPU s/M events");
    let of = |part: &str| rounds.iter().filter_map(|booked| booked.round.cpu.get(part).copied()).collect();
    let cpu = cpu.with("gateway", of(SERVER)).with(KAFKA, of(KAFKA)).with(REDIS, of(REDIS));
    let cpu = cpu.with(LOAD_GENERATOR, of(LOAD_GENERATOR));
    let cpu = cpu.with("worker", rounds.iter().map(|booked| booked.worker).collect());
    let rate = Row::new("whole-path-rate", "request to booked row, all on this machine", "events/s");
    let rate = rate.with("acknowledged", rounds.iter().map(|booked| booked.round.seen.per_second).collect());
    vec![
        cpu.with("PostgreSQL", rounds.iter().filter_map(|booked| booked.postgresql).collect()),
        rate.with("rows", rounds.iter().map(|booked| booked.rows_per_second).collect()),
    ]
}
