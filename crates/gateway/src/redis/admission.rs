//! The question of each request: the script `admit.lua`, and what its answer means.

use std::sync::LazyLock;
use std::time::Duration;

use event::EventKey;
use fred::clients::{Client, WithOptions};
use fred::error::{Error, ErrorKind};
use fred::interfaces::LuaInterface as _;
use fred::types::Value;
use sha1::{Digest as _, Sha1};

use super::names::Scope;
use super::seal::Seal;
use super::{Asked, Kept};
use crate::producer_rate::{Quota, Rate, Verdict};

const SCRIPT: &str = include_str!("admit.lua");
/// By which Redis knows the script, once it has seen it.
static HASH: LazyLock<String> = LazyLock::new(|| hex::encode(Sha1::digest(SCRIPT)));

/// Asks Redis; one round trip, two where this server does not know the script yet.
pub(super) async fn admit(
    client: &WithOptions<Client>,
    scope: &Scope,
    seal: &Seal,
    rate: Option<Rate>,
    keys: &[EventKey],
) -> Result<Asked, Error> {
    let names = key_names(scope, keys);
    let answer = client.evalsha(HASH.as_str(), names.clone(), arguments(rate)).await;
    let answer: Value = match answer {
        // EVAL runs the script and makes it known in one.
        Err(error) if error.details().starts_with("NOSCRIPT") => {
            client.eval(SCRIPT, names.clone(), arguments(rate)).await?
        }
        answer => answer?,
    };
    asked(answer, rate, &names[1..], seal)
        .ok_or_else(|| Error::new(ErrorKind::Protocol, "not an answer of the admission script"))
}

fn key_names(scope: &Scope, keys: &[EventKey]) -> Vec<String> {
    let receipts = keys.iter().map(|key| scope.receipt(*key));
    std::iter::once(scope.rate()).chain(receipts).collect()
}

fn arguments(rate: Option<Rate>) -> Vec<u32> {
    rate.map_or_else(Vec::new, |rate| vec![rate.events_per_second.get(), rate.burst.get()])
}

fn asked(answer: Value, rate: Option<Rate>, names: &[String], seal: &Seal) -> Option<Asked> {
    let events = names.len();
    let Value::Array(answer) = answer else { return None };
    let [Value::Integer(wait), Value::Integer(left), Value::Integer(reset), Value::Array(receipts)] =
        <[Value; 4]>::try_from(answer).ok()?
    else {
        return None;
    };
    let quota = |rate| Some(Quota { rate, remaining: u32::try_from(left).ok()?, reset: micros(reset)? });
    let verdict = match (rate, wait) {
        (None, _) => Verdict::Unlimited,
        (Some(rate), 0) => Verdict::Allowed(quota(rate)?),
        (Some(rate), wait) => {
            let limited = Verdict::Limited { quota: quota(rate)?, retry_after: micros(wait)? };
            return Some(Asked::without_receipts(limited, events));
        }
    };
    if receipts.len() != events {
        return None;
    }
    let kept = |(name, value): (&String, &Value)| Kept::decode(seal.open(name, value.as_bytes()?)?);
    Some(Asked { verdict, receipts: names.iter().zip(&receipts).map(kept).collect() })
}

fn micros(number: i64) -> Option<Duration> {
    u64::try_from(number).ok().map(Duration::from_micros)
}
