//! The question of requests: the script `admit.lua`, and what its answers mean.

use std::time::Duration;

use fred::clients::{Client, WithOptions};
use fred::error::{Error, ErrorKind};
use fred::types::{Key, Value};

use super::names::Scope;
use super::script::Script;
use super::seal::Seal;
use super::{Asked, Kept};
use crate::producer_rate::{Quota, Rate, Verdict};

static ADMIT: Script = Script::new(include_str!("admit.lua"));

/// What is asked for some requests of one producer.
pub(super) struct Admission<'q> {
    pub(super) scope: &'q Scope,
    pub(super) rate: Option<Rate>,
    /// The names of each request's receipts.
    pub(super) requests: Vec<&'q [Key]>,
}

impl Admission<'_> {
    /// Asks Redis; one answer for each request.
    pub(super) async fn ask(&self, client: &WithOptions<Client>, seal: &Seal) -> Result<Vec<Asked>, Error> {
        let answer = ADMIT.run(client, self.names(), self.arguments()).await?;
        self.answers(answer, seal)
            .ok_or_else(|| Error::new(ErrorKind::Protocol, "not an answer of the admission script"))
    }

    fn names(&self) -> Vec<Key> {
        let receipts = self.requests.iter().flat_map(|names| names.iter().cloned());
        std::iter::once(self.scope.rate().into()).chain(receipts).collect()
    }

    fn arguments(&self) -> Vec<Value> {
        let rate = self.rate.map_or([0, 0], |rate| [rate.events_per_second.get(), rate.burst.get()]);
        // There is no room for so many names.
        let events = self.requests.iter().map(|names| u32::try_from(names.len()).unwrap_or(u32::MAX));
        rate.into_iter().chain(events).map(Value::from).collect()
    }

    fn answers(&self, answer: Value, seal: &Seal) -> Option<Vec<Asked>> {
        let [Value::Array(accounts), Value::Array(receipts)] = array(answer)? else { return None };
        let (accounts, rest) = accounts.as_chunks();
        if accounts.len() != self.requests.len() || !rest.is_empty() {
            return None;
        }
        let mut receipts = receipts.iter();
        let asked = |(account, names): (&[Value; 3], &&[Key])| {
            let verdict = verdict(account, self.rate)?;
            if matches!(verdict, Verdict::Limited { .. }) {
                return Some(Asked::without_receipts(verdict, names.len()));
            }
            let kept = |name: &Key| {
                Some(
                    receipts
                        .next()?
                        .as_bytes()
                        .and_then(|value| Kept::decode(seal.open(name.as_bytes(), value)?)),
                )
            };
            Some(Asked { verdict, receipts: names.iter().map(kept).collect::<Option<_>>()? })
        };
        let answers = accounts.iter().zip(&self.requests).map(asked).collect::<Option<_>>()?;
        receipts.next().is_none().then_some(answers)
    }
}

fn verdict(account: &[Value; 3], rate: Option<Rate>) -> Option<Verdict> {
    let [Value::Integer(wait), Value::Integer(left), Value::Integer(reset)] = account else { return None };
    let Some(rate) = rate else { return Some(Verdict::Unlimited) };
    let quota = Quota { rate, remaining: u32::try_from(*left).ok()?, reset: micros(*reset)? };
    Some(match *wait {
        0 => Verdict::Allowed(quota),
        wait => Verdict::Limited { quota, retry_after: micros(wait)? },
    })
}

fn array<const N: usize>(value: Value) -> Option<[Value; N]> {
    let Value::Array(values) = value else { return None };
    values.try_into().ok()
}

fn micros(number: i64) -> Option<Duration> {
    u64::try_from(number).ok().map(Duration::from_micros)
}
