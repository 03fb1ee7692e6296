//! Sends letters again: in windows that are sent, acknowledged and then marked. Ending it anywhere
//! loses nothing: a letter that was sent and not marked is sent again, and is still one row.

use std::time::Duration;

use rdkafka::producer::future_producer::DeliveryFuture;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::kafka::{Kafka, NotAcknowledged};
use super::letters::{Acknowledged, Letters, Matching, PAGE};
use super::standing::{Standing, Why};
use super::tally::Tally;
use super::{Error, books};
use crate::{interrupt, progress::Progress};

/// Bytes in one window, about: what is in memory at a time.
const WINDOW_BYTES: usize = 8 << 20;

/// Which letters to send again.
#[derive(Debug)]
pub(crate) enum Selection {
    Ids(Vec<i64>),
    Matching(Matching),
}

/// How they are sent.
pub(crate) struct Redrive<'a> {
    pub(crate) letters: &'a Letters,
    pub(crate) kafka: &'a Kafka,
    /// Letters per second.
    pub(crate) rate: Option<f64>,
    /// Only says what would be done.
    pub(crate) dry_run: bool,
}

/// A run in progress.
struct Run<'a> {
    how: &'a Redrive<'a>,
    tally: Tally,
    window: Vec<Sent>,
    window_bytes: usize,
    started: Instant,
    due: u32,
    interrupt: JoinHandle<std::io::Result<()>>,
}

struct Sent {
    letter_id: i64,
    redrives: i32,
    delivery: DeliveryFuture,
}

impl Redrive<'_> {
    /// Sends every selected letter that can be sent, in the order of their numbers.
    pub(crate) async fn run(&self, selection: Selection) -> Result<Tally, Error> {
        let mut run = Run::start(self);
        let result = match selection {
            Selection::Ids(ids) => run.send_named(ids).await,
            Selection::Matching(matching) => run.send_matching(&matching).await,
        };
        run.interrupt.abort();
        result?;
        run.tally.seconds = run.started.elapsed().as_secs_f64();
        Ok(run.tally)
    }
}

impl<'a> Run<'a> {
    fn start(how: &'a Redrive<'a>) -> Self {
        Self {
            how,
            tally: Tally { dry_run: how.dry_run, ..Tally::of("redriven") },
            window: Vec::new(),
            window_bytes: 0,
            started: Instant::now(),
            due: 0,
            interrupt: tokio::spawn(interrupt::requested()),
        }
    }

    async fn send_named(&mut self, mut ids: Vec<i64>) -> Result<(), Error> {
        ids.sort_unstable();
        ids.dedup();
        let progress = Progress::start("redriven", ids.len() as u64);
        for page in ids.chunks(PAGE) {
            let standings = self.how.letters.standings(page).await?;
            for letter_id in page {
                match standings.iter().find(|standing| standing.letter_id == *letter_id) {
                    Some(standing) => self.take(standing).await?,
                    None => self.tally.leave(*letter_id, Why::Unknown),
                }
                progress.advance();
            }
            if self.is_over() {
                break;
            }
        }
        progress.finish();
        self.settle().await
    }

    async fn send_matching(&mut self, matching: &Matching) -> Result<(), Error> {
        // Letters that come while this runs are for the next run: it ends.
        let (last, count) = self.how.letters.extent(matching).await?;
        let progress = Progress::start("redriven", u64::try_from(count).unwrap_or_default());
        let mut after = 0;
        while !self.is_over() {
            let page = self.how.letters.matching(matching, after, last).await?;
            let Some(end) = page.last() else { break };
            after = end.letter_id;
            for standing in &page {
                self.take(standing).await?;
                progress.advance();
            }
        }
        progress.finish();
        self.settle().await
    }

    fn is_over(&self) -> bool {
        self.tally.stopped_by.is_some() || self.tally.interrupted
    }

    /// Sends one letter, if it can be and its turn comes before the run is told to end.
    async fn take(&mut self, standing: &Standing) -> Result<(), Error> {
        if self.is_over() {
            return Ok(());
        }
        if let Err(why) = standing.redrivable(&self.how.kafka.cluster_id) {
            self.tally.leave(standing.letter_id, why);
            return Ok(());
        }
        if self.how.dry_run {
            self.tally.done += 1;
            return Ok(());
        }
        self.wait_for_turn().await;
        if self.tally.interrupted {
            return Ok(());
        }
        self.send(standing).await?;
        if self.is_window_full() { self.settle().await } else { Ok(()) }
    }

    async fn send(&mut self, standing: &Standing) -> Result<(), Error> {
        let letter_id = standing.letter_id;
        let Some(record) = self.how.letters.record(letter_id).await? else {
            self.tally.leave(letter_id, Why::Unknown);
            return Ok(());
        };
        match self.how.kafka.send(letter_id, &record) {
            Ok(delivery) => {
                self.window_bytes += record.bytes();
                self.window.push(Sent { letter_id, redrives: standing.redrives, delivery });
            }
            Err(refused) => self.refused(letter_id, refused),
        }
        Ok(())
    }

    fn refused(&mut self, letter_id: i64, refused: NotAcknowledged) {
        if !refused.is_of_record {
            self.tally.stopped_by = Some(format!("Kafka did not acknowledge: {}", refused.cause));
        }
        self.tally.fail(letter_id, &refused.cause);
    }

    /// A window is sent within about a second, so that few letters are sent and not marked at any time.
    fn is_window_full(&self) -> bool {
        let a_second = |rate: f64| rate.ceil().clamp(1.0, PAGE as f64) as usize;
        self.window.len() >= self.how.rate.map_or(PAGE, a_second) || self.window_bytes >= WINDOW_BYTES
    }

    /// Waits for the window's acknowledgements, then marks its letters.
    async fn settle(&mut self) -> Result<(), Error> {
        let mut acknowledged = Vec::with_capacity(self.window.len());
        for Sent { letter_id, redrives, delivery } in std::mem::take(&mut self.window) {
            match Kafka::acknowledged(delivery).await {
                Ok(position) => acknowledged.push(Acknowledged { letter_id, redrives, position }),
                Err(refused) => self.refused(letter_id, refused),
            }
        }
        self.window_bytes = 0;
        if acknowledged.is_empty() {
            return Ok(());
        }
        let count = acknowledged.len();
        let marked = self.how.letters.mark_redriven(&acknowledged).await;
        marked.map_err(|cause: books::Error| Error::NotMarked { count, cause })?;
        self.tally.done += count as u64;
        Ok(())
    }

    async fn wait_for_turn(&mut self) {
        let due =
            self.how.rate.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(f64::from(self.due) / rate));
        self.due += 1;
        tokio::select! {
            biased;
            _ = &mut self.interrupt => self.tally.interrupted = true,
            () = tokio::time::sleep_until(self.started + due) => {}
        }
    }
}
