//! Fills a topic with real flights the way events come: through a gateway, in batches, so that every
//! record has the headers and the key that the gateway gives it.

use std::{path::Path, sync::Arc};

use bytes::Bytes;
use reqwest::Client;
use tokio::{sync::Mutex, task::JoinSet};

use super::{
    flights::Flights,
    ground::{Ground, http},
};
use crate::{
    bench::{
        Error,
        process::{Process, free_address},
        stack::{self, Servers},
        topic::Topic,
    },
    progress::Progress,
};

const EVENTS_PER_REQUEST: usize = 500;
const CONNECTIONS: usize = 8;
/// What a fleet would record; a laptop's all would make every record a sampled one.
pub(crate) const SAMPLING: [(&str, &str); 2] =
    [("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.01")];

struct Intake {
    client: Client,
    url: String,
    key: String,
    events: Mutex<(Flights, usize)>,
    progress: Progress,
    count: usize,
}

/// Makes a topic and has a gateway write `count` flights into it.
pub(crate) async fn topic(
    ground: &Ground,
    name: &str,
    events: Flights,
    count: usize,
) -> Result<(Topic, Flights), Error> {
    let topic = Topic::create(&ground.brokers, format!("{}_{name}", ground.run), ground.partitions).await?;
    match fill(ground, &topic.name, events, count).await {
        Ok(events) => Ok((topic, events)),
        Err(error) => {
            topic.remove().await?;
            Err(error)
        }
    }
}

async fn fill(ground: &Ground, topic: &str, events: Flights, count: usize) -> Result<Flights, Error> {
    let home = ground.folder(topic)?;
    let key = format!("farol_{}", uuid::Uuid::new_v4().simple());
    let keys_file = stack::write_keys(&home, &key)?;
    let database = ground.database("intake").await?;
    let (address, gateway) = gateway(ground, &home, topic, &database.url, &keys_file).await?;
    let intake = Arc::new(Intake {
        client: http()?,
        url: format!("http://{address}/v1/events"),
        key,
        events: Mutex::new((events, count)),
        progress: Progress::start("flights into the topic", count as u64),
        count,
    });
    let mut senders = JoinSet::new();
    (0..CONNECTIONS).for_each(|_| drop(senders.spawn(send(Arc::clone(&intake)))));
    while let Some(sender) = senders.join_next().await {
        sender.map_err(|error| Error::Dirty(error.to_string()))??;
    }
    intake.progress.finish();
    gateway.stop().await?;
    database.remove().await?;
    let intake = Arc::into_inner(intake).ok_or_else(|| Error::Dirty("a sender is left over".to_owned()))?;
    Ok(intake.events.into_inner().0)
}

/// A gateway that writes into `topic`, ready.
pub(crate) async fn gateway(
    ground: &Ground,
    home: &Path,
    topic: &str,
    database_url: &str,
    keys_file: &str,
) -> Result<(String, Process), Error> {
    let address = free_address().map_err(|error| Error::file(Path::new("127.0.0.1:0"), error))?;
    let servers = Servers { brokers: &ground.brokers, topic, database_url, redis_url: &ground.redis_url };
    let mut gateway = stack::start_gateway(&ground.bin_dir, home, &servers, &address, keys_file, &SAMPLING)?;
    gateway.wait_ready(&address).await?;
    Ok((address, gateway))
}

async fn send(intake: Arc<Intake>) -> Result<(), Error> {
    while let Some((body, left)) = next(&intake).await {
        let request = intake.client.post(&intake.url).bearer_auth(&intake.key);
        let request = request.header("content-type", "application/cloudevents-batch+json").body(body);
        let answer = request.send().await.map_err(|error| Error::Dirty(error.to_string()))?;
        if answer.status() != 202 {
            let (status, text) = (answer.status(), answer.text().await.unwrap_or_default());
            let text: String = text.chars().take(300).collect();
            return Err(Error::Dirty(format!("the gateway answered a batch with {status}: {text}")));
        }
        intake.progress.set((intake.count - left) as u64);
    }
    Ok(())
}

/// The next batch, and how many events are left after it.
async fn next(intake: &Intake) -> Option<(Bytes, usize)> {
    let mut guard = intake.events.lock().await;
    let (events, left) = &mut *guard;
    let count = EVENTS_PER_REQUEST.min(*left);
    *left -= count;
    (count > 0).then(|| (array(&events.take(count)), *left))
}

fn array(bodies: &[Bytes]) -> Bytes {
    let inner = bodies.join(&b","[..]);
    [&b"["[..], &inner, b"]"].concat().into()
}

#[cfg(test)]
mod tests {
    use super::array;

    #[test]
    fn a_batch_is_a_json_array() {
        assert_eq!(array(&["{}".into(), "1".into()]), "[{},1]");
        assert_eq!(array(&["{}".into()]), "[{}]");
    }
}
