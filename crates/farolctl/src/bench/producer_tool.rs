//! The ceiling of everybody who writes to Kafka: its own producer performance tool, with the durability that the
//! gateway has. It batches what it makes up itself and answers nobody, so that no server of single events can reach it.

use std::{path::Path, process::Stdio};

use super::{
    Error, cpu,
    ground::Ground,
    process::{command, failed},
    rows::Row,
};

const RECORDS: u32 = 1_000_000;
const RECORD_BYTES: u32 = 300;
const TOOL: &str = "Kafka's producer tool";

struct Run {
    per_second: f64,
    client: f64,
    broker: Option<f64>,
}

/// Rates and CPU of some runs; the tool's start is in them, as it is in every JVM's life.
pub(crate) async fn rows(ground: &Ground, classpath: &str) -> Result<Vec<Row>, Error> {
    let topic = ground.topic(ground.size.partitions).await?;
    let records = if ground.size.round.as_secs() < 2 { RECORDS / 20 } else { RECORDS };
    let mut runs = Vec::new();
    for _ in 0..ground.size.rounds {
        runs.push(run(ground, classpath, &topic, records).await?);
    }
    let cpu = Row::new("ceiling-producer-tool-cpu", format!("ceiling, {TOOL}: CPU"), "CPU s/M events");
    let cpu = cpu.with("tool", runs.iter().map(|run| run.client).collect());
    let rate = Row::new("ceiling-producer-tool-rate", format!("ceiling, {TOOL}: acknowledged"), "events/s");
    Ok(vec![
        cpu.with("Kafka", runs.iter().filter_map(|run| run.broker).collect()),
        rate.with("tool", runs.iter().map(|run| run.per_second).collect()),
    ])
}

async fn run(ground: &Ground, classpath: &str, topic: &str, records: u32) -> Result<Run, Error> {
    let log = ground.folder("producer-tool")?.join("tool.log");
    let mut command = command(Path::new("java"), &log, &[])?;
    command.args(["-cp", classpath, "org.apache.kafka.tools.ProducerPerformance", "--topic", topic]);
    command.args(["--num-records", &records.to_string(), "--record-size", &RECORD_BYTES.to_string()]);
    command.args(["--throughput", "-1", "--producer-props", "acks=all", "enable.idempotence=true"]);
    command.arg(format!("bootstrap.servers={}", ground.brokers)).stdout(Stdio::piped());
    let broker_before = ground.neighbours.kafka.cpu_seconds();
    let before = children_seconds()?;
    let output = tokio::task::spawn_blocking(move || command.output()).await;
    let output = output.map_err(|error| Error::Dirty(error.to_string()))?;
    let output = output.map_err(|error| Error::file(Path::new("java"), error))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let per_second = per_second(&text).filter(|_| output.status.success());
    let per_second =
        per_second.ok_or_else(|| failed(TOOL, format!("ended with {}: {text}", output.status), &log))?;
    let millions = f64::from(records) / 1e6;
    let broker = ground.neighbours.kafka.cpu_seconds().zip(broker_before);
    Ok(Run {
        per_second,
        client: (children_seconds()? - before) / millions,
        broker: broker.map(|(after, before)| (after - before) / millions),
    })
}

fn children_seconds() -> Result<f64, Error> {
    cpu::ended_children_seconds().map_err(|error| Error::Dirty(error.to_string()))
}

/// Of the tool's last line: `1000000 records sent, 320000.0 records/sec (91.55 MB/sec), …`.
fn per_second(text: &str) -> Option<f64> {
    let last = text.lines().rfind(|line| line.contains("records sent"))?;
    let before = last.split_once(" records/sec")?.0;
    before.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::per_second;

    #[test]
    fn the_tools_last_line_has_the_rate_of_the_whole_run() {
        let text = "9 records sent, 1.8 records/sec (0.1 MB/sec), 3 ms avg latency, 4 ms max latency.\n\
            1000000 records sent, 323310.7 records/sec (92.50 MB/sec), 250.1 ms avg latency.\n";
        assert_eq!(per_second(text), Some(323_310.7));
        assert_eq!(per_second("nonsense"), None);
    }
}
