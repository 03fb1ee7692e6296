//! One event on its way: asked for again under the same id until the gateway says that it is kept, as the
//! promise tells every client to do.

use std::{
    io,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use serde::Deserialize;
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout},
};

use super::{
    events::Outgoing,
    journal::{Entry, Journal},
    load::{millis, seconds},
    seconds::{Ending, Seconds},
};
use crate::load_check::connection::{Answer, Connection};

/// Beyond the gateway's own deadline: what takes longer is no answer.
const PATIENCE: Duration = Duration::from_secs(12);
/// How long a client waits before it asks again, whatever it is told.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// What all events on their way share.
pub(crate) struct Delivery {
    pub(crate) address: SocketAddr,
    pub(crate) head: String,
    pub(crate) slots: Semaphore,
    pub(crate) seconds: Seconds,
    pub(crate) journal: Journal,
    idle: Mutex<Vec<Connection>>,
}

/// Whether an event is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    Yes,
    /// Refused for good.
    No,
    /// The disk does not take the journal: nothing can be proved.
    Unwritten,
}

#[derive(Debug, Deserialize)]
struct Receipt {
    partition: i32,
    offset: i64,
    #[serde(default)]
    repeat: bool,
}

impl Delivery {
    pub(crate) fn new(address: SocketAddr, key: &str, slots: usize, journal: Journal) -> Self {
        let head = format!(
            "POST /v1/events HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\
             Content-Type: application/cloudevents+json\r\n"
        );
        let slots = Semaphore::new(slots);
        Self { address, head, slots, seconds: Seconds::default(), journal, idle: Mutex::default() }
    }

    /// Sends one event until the answer is final.
    pub(crate) async fn deliver(&self, event: &Outgoing) -> Kept {
        loop {
            let (ending, answer) = self.attempt(event).await;
            let retry_after = match (ending, answer) {
                (Ending::Accepted, Some(answer)) => return self.keep(event, &answer),
                (Ending::Conflict, _) => return Kept::No,
                (Ending::Status(status), Some(answer)) if is_temporary(status) => answer.retry_after,
                (Ending::Broken | Ending::Silent, _) => None,
                (ending, answer) => {
                    let body = answer.map(|answer| String::from_utf8_lossy(&answer.body).into_owned());
                    eprintln!("farolctl: {:?} was answered with {ending:?}: {body:?}", event.identity);
                    return Kept::No;
                }
            };
            let wait = retry_after.map_or(SHORTEST_WAIT, Duration::from_secs);
            tokio::time::sleep(wait.clamp(SHORTEST_WAIT, LONGEST_WAIT)).await;
        }
    }

    async fn attempt(&self, event: &Outgoing) -> (Ending, Option<Answer>) {
        // the semaphore is never closed
        let slot = self.slots.acquire().await;
        let second = seconds(SystemTime::now());
        self.seconds.sent(second);
        let started = Instant::now();
        let result = timeout(PATIENCE, self.exchange(event)).await;
        drop(slot);
        let (ending, answer) = match result {
            Err(_) => (Ending::Silent, None),
            Ok(Err(_)) => (Ending::Broken, None),
            Ok(Ok(answer)) => (ending(answer.status, event.contested), Some(answer)),
        };
        self.seconds.ended(second, ending, started.elapsed());
        (ending, answer)
    }

    async fn exchange(&self, event: &Outgoing) -> io::Result<Answer> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => Connection::open(self.address).await?,
        };
        let request = format!("{}Content-Length: {}\r\n\r\n{}", self.head, event.body.len(), event.body);
        let answer = connection.exchange(request.as_bytes()).await?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        Ok(answer)
    }

    fn keep(&self, event: &Outgoing, answer: &Answer) -> Kept {
        let Ok(receipt) = serde_json::from_slice::<Receipt>(&answer.body) else {
            // a 202 without a receipt is an acknowledgement all the same, of nothing that can be found
            return self.note(event, Receipt { partition: -1, offset: -1, repeat: false });
        };
        self.note(event, receipt)
    }

    fn note(&self, event: &Outgoing, receipt: Receipt) -> Kept {
        let Receipt { partition, offset, repeat } = receipt;
        let at = millis(SystemTime::now());
        let entry = Entry { event: Some(event.identity.clone()), partition, offset, repeat, at };
        if self.journal.add(entry) { Kept::Yes } else { Kept::Unwritten }
    }
}

fn ending(status: u16, contested: bool) -> Ending {
    match status {
        202 => Ending::Accepted,
        409 if contested => Ending::Conflict,
        other => Ending::Status(other),
    }
}

fn is_temporary(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..=599)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_is_right_only_where_the_id_is_contested() {
        assert_eq!(ending(409, true), Ending::Conflict);
        assert_eq!(ending(409, false), Ending::Status(409));
        assert_eq!(ending(202, true), Ending::Accepted);
        assert!(is_temporary(503) && is_temporary(429) && !is_temporary(409) && !is_temporary(422));
    }
}
