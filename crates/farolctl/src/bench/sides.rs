//! The two sides of the comparison, and what one round of each costs.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use super::{
    Error, cpu,
    database::Database,
    listener::Server,
    load::{self, Load},
    report::{Cpu, Round},
    stack::Stack,
};
use crate::books::Books;

const BOOKED_WITHIN: Duration = Duration::from_secs(300);
const POLL: Duration = Duration::from_millis(100);

/// Both sides of the comparison.
pub(crate) struct Sides<'a> {
    pub(crate) stack: &'a Stack,
    pub(crate) database: &'a Database,
    pub(crate) kafka: Server,
    pub(crate) redis: Server,
    pub(crate) books: &'a Books,
    pub(crate) connections: usize,
}

impl Sides<'_> {
    /// Sends to the bare handler.
    pub(crate) async fn bare(&self, bodies: Vec<bytes::Bytes>) -> Result<Round, Error> {
        let count = bodies.len();
        let reading = || -> Result<Cpu, Error> {
            let bare_handler = Some(self.stack.bare.cpu_seconds()?);
            Ok(Cpu { bare_handler, load_generator: Some(own_cpu()?), ..Cpu::default() })
        };
        let before = reading()?;
        let load = load::send(&self.stack.bare_client, bodies, self.connections).await?;
        Ok(round(&load, None, reading()?.per_million_since(&before, count)))
    }

    /// Sends to the gateway and waits until the worker has booked the last record.
    pub(crate) async fn farol(&self, bodies: Vec<bytes::Bytes>) -> Result<Round, Error> {
        let count = bodies.len();
        let booked_before = self.books.ledger().await?.totals().stored;
        let before = self.farol_reading()?;
        let start = Instant::now();
        let load = load::send(&self.stack.gateway_client, bodies, self.connections).await?;
        self.wait_until_booked(booked_before, count).await?;
        let rows_per_second = count as f64 / start.elapsed().as_secs_f64();
        let cpu = self.farol_reading()?.per_million_since(&before, count);
        Ok(round(&load, Some(rows_per_second), cpu))
    }

    /// CPU seconds so far of everything an event passes through.
    fn farol_reading(&self) -> Result<Cpu, Error> {
        Ok(Cpu {
            bare_handler: None,
            gateway: Some(self.stack.gateway.cpu_seconds()?),
            worker: Some(self.stack.worker.cpu_seconds()?),
            postgresql: self.database.cpu_seconds(),
            kafka: self.kafka.cpu_seconds(),
            redis: self.redis.cpu_seconds(),
            load_generator: Some(own_cpu()?),
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
                let log = self.stack.worker.log().to_owned();
                let seconds = BOOKED_WITHIN.as_secs();
                return Err(Error::NotBooked { seconds, booked, expected, log });
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

fn own_cpu() -> Result<f64, Error> {
    cpu::seconds(std::process::id()).map_err(|error| Error::file(Path::new("/proc"), error))
}

fn round(load: &Load, rows_per_second: Option<f64>, cpu: Cpu) -> Round {
    Round {
        acknowledged_per_second: load.rate(),
        p50_ms: load.percentile_ms(0.50),
        p99_ms: load.percentile_ms(0.99),
        retries: load.retries,
        rows_per_second,
        cpu_seconds_per_million: cpu,
    }
}
