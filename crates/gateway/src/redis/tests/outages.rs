//! Redis that forgets, refuses, freezes or is not there.

use fred::interfaces::EventInterface as _;

use super::*;

#[tokio::test]
async fn a_server_that_forgot_the_script_is_taught_it_again() {
    let server = RedisServer::start();
    let redis = connect(server.url(), PATIENT);
    connected(&redis).await;
    for _ in 0..2 {
        assert_eq!(server.run("SCRIPT FLUSH"), "+OK");
        assert!(matches!(verdict(&redis, "p", rate(1, 5), 1).await, Verdict::Allowed(_)));
    }
    let owed: Option<String> = redis.client().get(redis.scope("p").rate()).await.unwrap();
    assert!(owed.is_some(), "Redis decided, not this gateway");
}

#[tokio::test]
async fn a_server_without_memory_leaves_the_rate_to_the_gateway() {
    let server = RedisServer::start();
    let redis = connect(server.url(), PATIENT);
    connected(&redis).await;
    assert_eq!(server.run("CONFIG SET maxmemory 1"), "+OK");
    for remaining in [1, 0] {
        let Verdict::Allowed(quota) = verdict(&redis, "p", rate(1, 2), 1).await else { panic!("it fits") };
        assert_eq!(quota.remaining, remaining);
    }
    assert!(matches!(verdict(&redis, "p", rate(1, 2), 1).await, Verdict::Limited { .. }));
    assert_eq!(server.run("EXISTS farol:{p}:rate"), ":0", "this gateway decided, not Redis");
    assert_eq!(server.run("CONFIG SET maxmemory 0"), "+OK");
    testkit::eventually("Redis decides again", || async {
        verdict(&redis, "q", rate(1, 5), 1).await;
        redis.client().get::<Option<String>, _>(redis.scope("q").rate()).await.ok().flatten()
    })
    .await;
}

#[tokio::test]
async fn a_primary_that_became_a_replica_is_left_for_a_new_connection() {
    let server = RedisServer::start();
    let redis = connect(server.url(), PATIENT);
    connected(&redis).await;
    let (mut connections, nowhere) = (redis.client().reconnect_rx(), testkit::closed_port());
    assert_eq!(server.run(&format!("REPLICAOF 127.0.0.1 {nowhere}")), "+OK");
    redis.keep("p", vec![(keys(1)[0], kept(1))]);
    tokio::time::timeout(testkit::PATIENCE, connections.recv()).await.unwrap().unwrap();
    assert_eq!(server.run("REPLICAOF NO ONE"), "+OK");
    connected(&redis).await;
}

#[tokio::test]
async fn a_gateway_that_starts_before_redis_finds_it_later() {
    let mut server = RedisServer::start();
    server.kill();
    let redis = connect(server.url(), PATIENT);
    let mut errors = redis.client().error_rx();
    tokio::time::timeout(testkit::PATIENCE, errors.recv()).await.unwrap().unwrap();
    assert_eq!(redis.find_receipt("p", keys(1)[0]).await, None);
    server.restart();
    connected(&redis).await;
}

#[tokio::test]
async fn a_request_that_waited_for_the_answer_to_another_has_less_time_for_its_own() {
    let server = RedisServer::start();
    let timeout = secs(1);
    let redis = connect(server.url(), timeout);
    connected(&redis).await;
    server.freeze();
    let began = Instant::now();
    let second = async {
        // The first is on its way by then.
        tokio::task::yield_now().await;
        verdict(&redis, "p", None, 1).await
    };
    tokio::join!(verdict(&redis, "p", None, 1), second);
    let waited = began.elapsed();
    assert!(waited >= timeout && waited < timeout * 2, "{waited:?}");
    server.thaw();
}

#[tokio::test]
async fn a_frozen_redis_is_asked_a_few_times_and_then_costs_no_time() {
    let server = RedisServer::start();
    let timeout = Duration::from_millis(200);
    let redis = connect(server.url(), timeout);
    connected(&redis).await;
    server.freeze();
    let began = Instant::now();
    for _ in 0..1_000 {
        assert_eq!(verdict(&redis, "p", None, 1).await, Verdict::Unlimited);
    }
    // Five calls open the breaker; then one at a time tries it, ever more rarely.
    assert!(began.elapsed() < timeout * 20, "{:?}", began.elapsed());
    server.thaw();
    connected(&redis).await;
}
