//! GCRA as the script does it.

use std::time::SystemTime;

use fred::interfaces::KeysInterface as _;

use super::*;

/// Sets what the producer owes. Dated into the future nothing of it is paid back, so that the
/// numbers of the next answer are exact.
async fn owe(redis: &Redis, producer: &str, millionths: u64, since_now: i64) {
    // Redis runs on this machine and so has its clock.
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_micros();
    let since = i64::try_from(now).unwrap() + since_now;
    let account = format!("{millionths} {since}");
    redis.client().set::<(), _, _>(redis.scope(producer).rate(), account, None, None, false).await.unwrap();
}

const FROZEN: i64 = 3_600_000_000;

#[tokio::test]
async fn a_burst_passes_and_the_next_event_is_told_its_wait() {
    let (redis, producer) = shared().await;
    let rate = rate(1, 5);
    let quota = |remaining, reset| Quota { rate: rate.unwrap(), remaining, reset: secs(reset) };
    assert_eq!(verdict(&redis, &producer, rate, 2).await, Verdict::Allowed(quota(3, 2)));
    owe(&redis, &producer, 3_000_000, FROZEN).await;
    assert_eq!(verdict(&redis, &producer, rate, 2).await, Verdict::Allowed(quota(0, 5)));
    owe(&redis, &producer, 4_000_000, FROZEN).await;
    let limited = Verdict::Limited { quota: quota(1, 4), retry_after: secs(2) };
    assert_eq!(verdict(&redis, &producer, rate, 3).await, limited);
    assert_eq!(verdict(&redis, &producer, rate, 3).await, limited, "a limited request changes nothing");
    assert_eq!(verdict(&redis, &producer, rate, 1).await, Verdict::Allowed(quota(0, 5)));
}

#[tokio::test]
async fn time_pays_back_at_the_rate_and_never_more_than_the_burst() {
    let (redis, producer) = shared().await;
    let rate = rate(1, 1_000);
    // All of it is owed since 500 s ago, so half of it is there; a slow test may find a little more.
    owe(&redis, &producer, 1_000_000_000, -500_000_000).await;
    let Verdict::Limited { quota, retry_after } = verdict(&redis, &producer, rate, 600).await else {
        panic!("600 events do not fit into half a burst")
    };
    assert!((500..530).contains(&quota.remaining), "{quota:?}");
    assert!(retry_after > secs(70) && retry_after <= secs(100), "{retry_after:?}");
    assert!(matches!(verdict(&redis, &producer, rate, 500).await, Verdict::Allowed(_)));
    owe(&redis, &producer, 1_000_000_000, -86_400_000_000).await;
    let Verdict::Allowed(quota) = verdict(&redis, &producer, rate, 1_000).await else {
        panic!("it is a burst")
    };
    assert_eq!((quota.remaining, quota.reset), (0, secs(1_000)));
}

#[tokio::test]
async fn fractions_of_a_second_are_exact() {
    let (redis, producer) = shared().await;
    owe(&redis, &producer, 7_000_000, FROZEN).await;
    let Verdict::Limited { quota, retry_after } = verdict(&redis, &producer, rate(3, 7), 1).await else {
        panic!("the whole burst is owed")
    };
    assert_eq!((quota.remaining, retry_after), (0, Duration::from_micros(333_334)));
    let largest = rate(u32::MAX, u32::MAX);
    owe(&redis, &producer, u64::from(u32::MAX) * 1_000_000, FROZEN).await;
    let Verdict::Limited { quota, retry_after } = verdict(&redis, &producer, largest, 1).await else {
        panic!("the whole burst is owed")
    };
    assert_eq!((quota.remaining, retry_after, quota.reset), (0, Duration::from_micros(1), secs(1)));
}

#[tokio::test]
async fn more_events_than_the_burst_are_told_so_and_take_nothing() {
    let (redis, producer) = shared().await;
    let asked = redis.ask(&producer, rate(1, 5), &keys(6)).await;
    assert_eq!(asked.verdict, Verdict::BeyondBurst(rate(1, 5).unwrap()));
    let Verdict::Allowed(quota) = verdict(&redis, &producer, rate(1, 5), 5).await else {
        panic!("a burst fits")
    };
    assert_eq!(quota.remaining, 0);
}

#[tokio::test]
async fn an_account_ends_by_itself_once_it_is_paid() {
    let (redis, producer) = shared().await;
    assert!(matches!(verdict(&redis, &producer, rate(2, 10), 10).await, Verdict::Allowed(_)));
    let left: i64 = redis.client().pttl(redis.scope(&producer).rate()).await.unwrap();
    assert!((1..=5_000).contains(&left), "{left} ms");
    verdict(&redis, &producer, None, 1).await;
    let nobodys: i64 = redis.client().pttl(redis.scope(&format!("{producer}-other")).rate()).await.unwrap();
    assert_eq!(nobodys, -2, "a producer without a rate has no account");
}
