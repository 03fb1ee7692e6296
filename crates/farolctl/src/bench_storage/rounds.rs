//! The rounds of all sides, interleaved: a slower minute hits them all.

use std::{collections::BTreeMap, io, net::SocketAddr, time::Duration};

use reqwest::Url;

use super::{
    Round,
    connect::Connect,
    connect_topic,
    copied::Copied,
    copy::{self, Kind},
    ground::Ground,
    slow_link::SlowLink,
    worker,
};
use crate::{
    bench::{Error, topic::Topic},
    progress::Progress,
};

/// Sides by name; the worker's with a longer way to PostgreSQL are named after what it adds.
pub(crate) type Sides = BTreeMap<String, Vec<Round>>;

pub(crate) const FAROL: &str = "farol";
pub(crate) const COPY: &str = "copy";
pub(crate) const COPY_WITH_KEYS: &str = "copy-with-keys";
pub(crate) const COPY_STAGING: &str = "copy-staging";
pub(crate) const DEBEZIUM: &str = "debezium";
/// Added round trips in microseconds.
pub(crate) const ADDED: [u64; 2] = [2_500, 12_000];

/// What is measured, beside the worker itself.
pub(crate) struct Plan<'p> {
    pub(crate) ground: &'p Ground,
    pub(crate) topic: &'p str,
    pub(crate) count: i64,
    pub(crate) rounds: u16,
    /// COPY's ceilings.
    pub(crate) ceilings: bool,
    /// The rival's jars.
    pub(crate) classpath: Option<&'p str>,
    /// The longer ways.
    pub(crate) links: bool,
}

/// The name of the worker's side with a longer way.
pub(crate) fn slowed(added_micros: u64) -> String {
    format!("{FAROL}+{}ms", added_micros as f64 / 1e3)
}

impl Plan<'_> {
    /// Runs every side once to warm up, then all rounds.
    pub(crate) async fn run(&self) -> Result<Sides, Error> {
        let copied = self.warm_up().await?;
        let rival = match self.classpath {
            None => None,
            Some(classpath) => Some(self.rival(classpath).await?),
        };
        let mut sides = Sides::new();
        let progress = Progress::start("rounds", self.rounds.into());
        for _ in 0..self.rounds {
            self.add(&mut sides, FAROL, worker::fresh_round(self.ground, self.topic, self.count).await?);
            if self.ceilings {
                for (name, kind) in
                    [(COPY, Kind::Rows), (COPY_WITH_KEYS, Kind::RowsAndKeys), (COPY_STAGING, Kind::Staging)]
                {
                    self.add(&mut sides, name, copy::round(self.ground, &copied, self.count, kind).await?);
                }
            }
            if let Some((connect, topic)) = &rival {
                self.add(&mut sides, DEBEZIUM, connect.round(self.ground, &topic.name, self.count).await?);
            }
            for added in ADDED.into_iter().filter(|_| self.links) {
                let round = self.farther(Duration::from_micros(added)).await?;
                self.add(&mut sides, &slowed(added), round);
            }
            progress.advance();
        }
        progress.finish();
        match rival {
            None => Ok(sides),
            Some((connect, topic)) => {
                drop(connect);
                topic.remove().await.map(|()| sides)
            }
        }
    }

    fn add(&self, sides: &mut Sides, name: &str, round: Round) {
        eprintln!(
            "farolctl: {name}: {:.0} rows/s; CPU s/M: {:.1} itself, {:.1} PostgreSQL, {:.1} Kafka",
            round.rows_per_second,
            round.client,
            round.postgresql.unwrap_or(f64::NAN),
            round.broker.unwrap_or(f64::NAN)
        );
        sides.entry(name.to_owned()).or_default().push(round);
    }

    /// Rows for COPY, from a worker's round that does not count.
    async fn warm_up(&self) -> Result<Copied, Error> {
        let database = self.ground.database("warm").await?;
        worker::round(self.ground, self.topic, &database, &database.url, self.count).await?;
        let copied = Copied::from(self.ground, &database).await?;
        database.remove().await?;
        Ok(copied)
    }

    /// Its JVM has compiled what it runs when the first round begins.
    async fn rival(&self, classpath: &str) -> Result<(Connect, Topic), Error> {
        let count = usize::try_from(self.count).unwrap_or_default();
        let topic = connect_topic::topic(self.ground, self.topic, count).await?;
        let connect = Connect::start(self.ground, classpath).await?;
        connect.round(self.ground, &topic.name, self.count).await?;
        Ok((connect, topic))
    }

    /// The worker's round with a longer way to PostgreSQL.
    async fn farther(&self, added: Duration) -> Result<Round, Error> {
        let database = self.ground.database("round").await?;
        let (link, url) = detour(&database.url, added)?;
        let round = worker::round(self.ground, self.topic, &database, &url, self.count).await?;
        drop(link);
        database.remove().await?;
        Ok(round)
    }
}

/// A longer way to the database behind `url`, and the address it then has.
fn detour(url: &str, added: Duration) -> Result<(SlowLink, String), Error> {
    let wrong = |cause: String| Error::Database(format!("{cause}, so no slow link can lead to it"));
    let mut url = Url::parse(url).map_err(|error| wrong(error.to_string()))?;
    let server = url.socket_addrs(|| Some(5432)).map_err(|error| wrong(error.to_string()))?;
    let server: SocketAddr = *server.first().ok_or_else(|| wrong("the server has no address".to_owned()))?;
    let link = SlowLink::to(server, added).map_err(|error: io::Error| wrong(error.to_string()))?;
    url.set_ip_host(link.address.ip())
        .and_then(|()| url.set_port(Some(link.address.port())))
        .map_err(|()| wrong("its address takes no port".to_owned()))?;
    Ok((link, url.to_string()))
}
