//! The rival: Kafka Connect with Debezium's JDBC sink, one JVM for all rounds (so that only the first pays for its
//! start and its compiler), a connector and a database of its own for each round.

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use reqwest::Url;
use serde_json::{Value, json};
use tokio_postgres::Client;

use super::{
    Round, connect_topic, database as failed,
    ground::{Ground, cpu_seconds, http},
    worker::PATIENCE,
};
use crate::{
    bench::{
        Error, cpu,
        process::{self, Process, free_address},
    },
    load_check::memory::Watch,
};

const NAME: &str = "Kafka Connect";
const MAIN: &str = "org.apache.kafka.connect.cli.ConnectStandalone";
const START_WITHIN: Duration = Duration::from_secs(300);
const POLL: Duration = Duration::from_millis(250);
/// As much as the sink gains by: measured, see docs/PERFORMANCE-STORAGE.md.
const RECORDS_PER_BATCH: u32 = 5_000;

/// A JVM that serves.
pub(crate) struct Connect {
    process: Process,
    client: reqwest::Client,
    url: String,
}

impl Connect {
    /// Starts it with the jars of `classpath`.
    pub(crate) async fn start(ground: &Ground, classpath: &str) -> Result<Self, Error> {
        let home = ground.folder("connect")?;
        let address = free_address().map_err(|error| Error::file(Path::new("127.0.0.1:0"), error))?;
        let settings = home.join("worker.properties");
        fs::write(&settings, properties(ground, &home, &address))
            .map_err(|error| Error::file(&settings, error))?;
        let log = ground.home.join("connect.log");
        let mut command: Command = process::command(Path::new("java"), &log, &[])?;
        command
            .args(["-Xms2g", "-Xmx2g", "-XX:+UseParallelGC", "-XX:-UsePerfData", "-cp", classpath, MAIN])
            .arg(&settings);
        let process = Process::start(NAME, command, log)?;
        let connect = Self { process, client: http()?, url: format!("http://{address}/connectors") };
        let deadline = Instant::now() + START_WITHIN;
        // it listens before it can be asked
        while !connect.client.get(&connect.url).send().await.is_ok_and(|answer| answer.status().is_success())
        {
            if Instant::now() > deadline {
                return Err(connect
                    .process
                    .failed(format!("does not serve after {} s", START_WITHIN.as_secs())));
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(connect)
    }

    /// Has all `count` records of `topic` written into a database of its own.
    pub(crate) async fn round(&self, ground: &Ground, topic: &str, count: i64) -> Result<Round, Error> {
        let database = ground.empty_database("rival").await?;
        let session = ground.session(&database.url).await?;
        let prepared = format!("SET max_parallel_workers_per_gather = 0; {}", connect_topic::TABLE);
        session.batch_execute(&prepared).await.map_err(|error| failed(&error))?;
        let name = format!("{topic}_{}", uuid::Uuid::new_v4().simple());
        ground.settle().await?;
        let (pid, broker) = (self.process.pid(), ground.broker());
        let watch = Watch::start(pid);
        let before = (cpu_seconds(&self.process)?, database.cpu_seconds(), broker.cpu_seconds());
        self.ask(reqwest::Method::POST, "", Some(&connector(&name, topic, &database.url)?)).await?;
        let (elapsed, asking) = self.written(&session, &name, count).await?;
        let after = (cpu_seconds(&self.process)?, database.cpu_seconds(), broker.cpu_seconds());
        self.ask(reqwest::Method::DELETE, &format!("/{name}"), None).await?;
        drop(session);
        database.remove().await?;
        let per_million = |seconds: f64| seconds / count as f64 * 1e6;
        let used = |before: Option<f64>, after: Option<f64>| Some(per_million(after? - before?));
        Ok(Round {
            rows_per_second: count as f64 / elapsed.as_secs_f64(),
            client: per_million(after.0 - before.0),
            postgresql: used(before.1, after.1).map(|seconds| seconds - per_million(asking)),
            broker: used(before.2, after.2),
            memory: Some(watch.stop().halves()),
        })
    }

    /// Waits until there are so many rows; the time from the first transaction's start on, and the CPU seconds
    /// that counting took the server.
    async fn written(&self, session: &Client, name: &str, count: i64) -> Result<(Duration, f64), Error> {
        let backend: i32 = one(session, "SELECT pg_backend_pid()").await?;
        let asking =
            || u32::try_from(backend).ok().and_then(|pid| cpu::seconds(pid).ok()).unwrap_or_default();
        let (start, before) = (Instant::now(), asking());
        loop {
            // statistics come a second late and cost nothing, counting is exact and costs a scan
            let about: i64 = one(session, "SELECT pg_stat_get_tuples_inserted('flights'::regclass)").await?;
            if about > count * 9 / 10 && one::<i64>(session, "SELECT count(*) FROM flights").await? >= count {
                let seconds =
                    "SELECT extract(epoch FROM clock_timestamp() - min(stored_at))::float8 FROM flights";
                let end = Instant::now();
                let elapsed = Duration::from_secs_f64(one::<f64>(session, seconds).await?);
                return Ok((elapsed.saturating_sub(end.elapsed()), asking() - before));
            }
            if start.elapsed() > PATIENCE {
                return Err(self.process.failed(format!("wrote about {about} of {count} rows")));
            }
            self.look(name).await?;
            tokio::time::sleep(POLL).await;
        }
    }

    /// An error where a task failed.
    async fn look(&self, name: &str) -> Result<(), Error> {
        let answer = self.client.get(format!("{}/{name}/status", self.url)).send().await;
        let text = match answer {
            Ok(answer) => answer.text().await.unwrap_or_default(),
            Err(error) => return Err(self.process.failed(error.to_string())),
        };
        // not there yet is an answer, too
        let status: Value = serde_json::from_str(&text).unwrap_or_default();
        let tasks = status["tasks"].as_array().into_iter().flatten();
        match tasks.chain([&status["connector"]]).find(|part| part["state"] == "FAILED") {
            None => Ok(()),
            Some(part) => {
                let trace: String = part["trace"].as_str().unwrap_or_default().chars().take(2_000).collect();
                Err(self.process.failed(format!("failed: {trace}")))
            }
        }
    }

    async fn ask(&self, method: reqwest::Method, path: &str, body: Option<&Value>) -> Result<(), Error> {
        let failed = |error: reqwest::Error| self.process.failed(error.to_string());
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.map_err(failed)?;
        let status = answer.status();
        match status.is_success() {
            true => Ok(()),
            false => Err(self
                .process
                .failed(format!("answers {status}: {}", answer.text().await.map_err(failed)?))),
        }
    }
}

async fn one<T: for<'r> tokio_postgres::types::FromSql<'r>>(
    session: &Client,
    query: &str,
) -> Result<T, Error> {
    let row = session.query_one(query, &[]).await.map_err(|error| failed(&error))?;
    row.try_get(0).map_err(|error| failed(&error))
}

/// The JVM's settings: the converter is told the schema once, which spares it a schema with every record.
fn properties(ground: &Ground, home: &Path, address: &str) -> String {
    let (brokers, home, schema) = (&ground.brokers, home.display(), connect_topic::schema());
    format!(
        "bootstrap.servers={brokers}\nlisteners=http://{address}\noffset.storage.file.filename={home}/offsets\n\
         key.converter=org.apache.kafka.connect.storage.StringConverter\n\
         value.converter=org.apache.kafka.connect.json.JsonConverter\n\
         value.converter.schemas.enable=true\nvalue.converter.schema.content={schema}\n\
         connector.client.config.override.policy=All\nplugin.discovery=service_load\n"
    )
}

/// A sink as its users tune it: one task a partition, large polls and batches, inserts of many rows a statement.
fn connector(name: &str, topic: &str, database_url: &str) -> Result<Value, Error> {
    let url = Url::parse(database_url).map_err(|error| Error::Dirty(error.to_string()))?;
    let (host, port) = (url.host_str().unwrap_or_default(), url.port().unwrap_or(5432));
    Ok(json!({"name": name, "config": {
        "connector.class": "io.debezium.connector.jdbc.JdbcSinkConnector",
        "tasks.max": "6",
        "topics": topic,
        "connection.url": format!("jdbc:postgresql://{host}:{port}{}?reWriteBatchedInserts=true", url.path()),
        "connection.username": url.username(),
        "connection.password": url.password().unwrap_or_default(),
        "collection.name.format": "flights",
        "insert.mode": "upsert",
        "primary.key.mode": "record_value",
        "primary.key.fields": "source,id",
        "schema.evolution": "none",
        "batch.size": RECORDS_PER_BATCH.to_string(),
        "consumer.override.auto.offset.reset": "earliest",
        "consumer.override.max.poll.records": RECORDS_PER_BATCH.to_string(),
        "consumer.override.fetch.min.bytes": "1048576",
        "consumer.override.fetch.max.wait.ms": "200",
        "consumer.override.max.partition.fetch.bytes": "8388608",
    }}))
}
