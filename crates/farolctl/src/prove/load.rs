//! An open-loop load: events are due by the clock, whatever became of earlier ones. It says what each second
//! brought, does what it is told meanwhile, and ends when every event that it began has a final answer.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use kafka::Cluster;
use postgres::Server;
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, timeout},
};

use super::{
    Error,
    control::Command,
    delivery::{Delivery, Kept},
    events,
    journal::Journal,
    lag::Lag,
    lines::{End, Line},
    poison::Poison,
};

const TICK: Duration = Duration::from_millis(10);
/// How long events without a final answer may take after the last one was due.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is to be loaded, and how.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) gateway: SocketAddr,
    pub(crate) key: String,
    /// Sets this run's ids apart from those of others.
    pub(crate) run: String,
    pub(crate) events_per_second: f64,
    /// The most requests that wait for an answer at one time.
    pub(crate) connections: usize,
    pub(crate) journal: PathBuf,
    /// Kafka, asked and poisoned past every link.
    pub(crate) cluster: Cluster,
    pub(crate) topic: String,
    pub(crate) database: Server,
}

/// Loads until told to stop; every line goes to `lines`.
pub(crate) async fn run(
    plan: Plan,
    mut commands: mpsc::Receiver<Command>,
    lines: mpsc::UnboundedSender<Line>,
) -> Result<(), Error> {
    let (journal, written) = Journal::create(&plan.journal)?;
    let delivery = Arc::new(Delivery::new(plan.gateway, &plan.key, plan.connections, journal.clone()));
    let poison = Arc::new(Poison::new(&plan.cluster, &plan.topic)?);
    let lag = Lag::new(&plan.cluster, &plan.topic, &plan.database)?;
    let mut watching = JoinSet::new();
    watching.spawn(tell_seconds(Arc::clone(&delivery), lines.clone()));
    watching.spawn(tell_lag(lag, lines.clone()));
    let mut load = Load::new(plan, Arc::clone(&delivery));
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => load.send_due()?,
            command = commands.recv() => match command {
                Some(Command::Burst { events_per_second, length }) => load.burst(events_per_second, length),
                Some(Command::Poison(count)) => {
                    let (poison, journal, lines) = (Arc::clone(&poison), journal.clone(), lines.clone());
                    load.others.spawn(async move {
                        say(&lines, Line::Poisoned(poison.send(count, &journal).await));
                    });
                }
                Some(Command::Stop) | None => break,
            },
        }
    }
    let given_up = load.finish().await?;
    watching.shutdown().await;
    for second in delivery.seconds.finished(u64::MAX) {
        say(&lines, Line::Second(second));
    }
    drop((journal, delivery));
    let journaled = written.await.map_err(|error| Error::Ended(error.to_string()))??;
    say(&lines, Line::End(End { journaled, given_up }));
    Ok(())
}

/// Events on their way.
struct Load {
    plan: Plan,
    delivery: Arc<Delivery>,
    sending: JoinSet<Kept>,
    others: JoinSet<()>,
    /// The number of the next event, and the moment up to which events were sent.
    next: u64,
    sent_until: Instant,
    /// The part of an event that is due already.
    share: f64,
    burst: Option<(f64, Instant)>,
    given_up: u64,
}

impl Load {
    fn new(plan: Plan, delivery: Arc<Delivery>) -> Self {
        let (sending, others) = (JoinSet::new(), JoinSet::new());
        Self {
            plan,
            delivery,
            sending,
            others,
            next: 0,
            sent_until: Instant::now(),
            share: 0.0,
            burst: None,
            given_up: 0,
        }
    }

    fn burst(&mut self, events_per_second: f64, length: Duration) {
        self.burst = Some((events_per_second, Instant::now() + length));
    }

    /// Sends what became due since the last time.
    fn send_due(&mut self) -> Result<(), Error> {
        let now = Instant::now();
        let extra = self.burst.filter(|(_, until)| now < *until).map_or(0.0, |(rate, _)| rate);
        self.share += (self.plan.events_per_second + extra) * (now - self.sent_until).as_secs_f64();
        self.sent_until = now;
        while self.share >= 1.0 {
            self.share -= 1.0;
            self.send_next();
        }
        while let Some(ended) = self.sending.try_join_next() {
            self.book(ended.map_err(|error| Error::Ended(error.to_string()))?)?;
        }
        Ok(())
    }

    fn send_next(&mut self) {
        if self.delivery.slots.available_permits() == 0 {
            self.delivery.seconds.held_back(seconds(SystemTime::now()));
            return;
        }
        for event in events::due(&self.plan.run, self.next) {
            let delivery = Arc::clone(&self.delivery);
            self.sending.spawn(async move { delivery.deliver(&event).await });
        }
        self.next += 1;
    }

    fn book(&mut self, kept: Kept) -> Result<(), Error> {
        match kept {
            Kept::Yes => Ok(()),
            Kept::No => {
                self.given_up += 1;
                Ok(())
            }
            Kept::Unwritten => Err(Error::Ended("the journal is not written any more".to_owned())),
        }
    }

    /// Waits for what is on its way; what has no final answer then is given up.
    async fn finish(mut self) -> Result<u64, Error> {
        let until = Instant::now() + PATIENCE;
        while let Ok(Some(ended)) = timeout(until - Instant::now(), self.sending.join_next()).await {
            self.book(ended.map_err(|error| Error::Ended(error.to_string()))?)?;
        }
        let left = self.sending.len() as u64;
        self.sending.shutdown().await;
        while let Some(ended) = self.others.join_next().await {
            ended.map_err(|error| Error::Ended(error.to_string()))?;
        }
        Ok(self.given_up + left)
    }
}

async fn tell_seconds(delivery: Arc<Delivery>, lines: mpsc::UnboundedSender<Line>) {
    let mut ticks = interval(Duration::from_millis(200));
    loop {
        ticks.tick().await;
        for second in delivery.seconds.finished(seconds(SystemTime::now())) {
            say(&lines, Line::Second(second));
        }
    }
}

async fn tell_lag(mut lag: Lag, lines: mpsc::UnboundedSender<Line>) {
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        say(&lines, Line::Books(lag.look().await));
    }
}

/// The reader is this process's own; it goes last.
fn say(lines: &mpsc::UnboundedSender<Line>, line: Line) {
    if lines.send(line).is_err() {
        eprintln!("farolctl: nobody reads the lines any more");
    }
}

pub(crate) fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn seconds(time: SystemTime) -> u64 {
    millis(time) / 1_000
}
