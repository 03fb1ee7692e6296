//! Redis over TLS, with certificates of the test's own.

use ::tls::Trust;
use fred::interfaces::ClientLike as _;
use fred::types::Builder;
use testkit::Authority;

use super::*;

fn config(url: String, trusted: Option<&Authority>) -> config::Redis {
    config::Redis {
        url: service::Secret::new(url),
        trust: trusted.map_or_else(Trust::system, |authority| Trust::of_file(&authority.file()).unwrap()),
        timeout: PATIENT,
        receipt_window: secs(600),
        receipt_key: None,
        stored_cache: secs(60),
    }
}

/// What a refused connection says to people.
async fn refusal(url: String, trusted: Option<&Authority>) -> String {
    let settings = server::settings(&config(url, trusted)).unwrap();
    let client = Builder::from_config(settings.clone())
        .with_connection_config(|connection| {
            connection.connection_timeout = secs(2);
            connection.internal_command_timeout = secs(2);
        })
        .build()
        .unwrap();
    server::cause(&settings, &client.init().await.unwrap_err())
}

#[tokio::test]
async fn a_trusted_server_is_used_over_tls() {
    let authority = Authority::new();
    let running = RedisServer::start_with_tls(&authority.sign("localhost"));
    let redis = Redis::connect(&config(running.tls_url("localhost"), Some(&authority)), "t").unwrap();
    connected(&redis).await;
    assert!(matches!(verdict(&redis, "p", rate(1, 5), 1).await, Verdict::Allowed(_)));
    let owed: Option<String> = redis.client().get(redis.scope("p").rate()).await.unwrap();
    assert!(owed.is_some(), "Redis decided, not this gateway");
}

#[tokio::test]
async fn an_account_that_may_do_no_more_than_its_keys_is_enough() {
    let authority = Authority::new();
    let running = RedisServer::start_with_tls(&authority.sign("localhost"));
    // What deploy/terraform/modules/elasticache gives the gateway's account, beside a default account that is off.
    let may = "on >hidden ~farol:* resetchannels -@all +@read +@write +@connection +@scripting +time -@dangerous +info";
    assert_eq!(running.run(&format!("ACL SETUSER gateway {may}")), "+OK");
    assert_eq!(running.run("ACL SETUSER default off"), "+OK");
    let as_account = |login: &str| running.tls_url("localhost").replace("://", &format!("://{login}@"));
    let redis = Redis::connect(&config(as_account("gateway:hidden"), Some(&authority)), "t").unwrap();
    connected(&redis).await;
    assert!(matches!(verdict(&redis, "p", rate(1, 5), 1).await, Verdict::Allowed(_)));
    let owed: Option<String> = redis.client().get(redis.scope("p").rate()).await.unwrap();
    assert!(owed.is_some(), "Redis decided, not this gateway");
    let said = refusal(as_account("gateway:wrong-password"), Some(&authority)).await;
    assert!(!said.contains("wrong-password"), "{said}");
}

#[tokio::test]
async fn a_server_that_is_not_who_was_meant_gets_no_password() {
    let (authority, other) = (Authority::new(), Authority::new());
    let running = RedisServer::start_with_tls(&authority.sign("localhost"));
    let with_password = |url: String| url.replace("://", "://:hidden@");
    let url = with_password(running.tls_url("localhost"));
    for trusted in [Some(&other), None] {
        let said = refusal(url.clone(), trusted).await;
        assert!(said.contains("FAROL_REDIS_CA_FILE must name") && !said.contains("hidden"), "{said}");
    }
    let said = refusal(with_password(running.tls_url("127.0.0.1")), Some(&authority)).await;
    assert!(said.contains("FAROL_REDIS_URL must name the host") && !said.contains("hidden"), "{said}");
    let plain = with_password(running.url().replace("redis:", "rediss:"));
    let said = refusal(plain, Some(&authority)).await;
    assert!(said.contains("speaks no TLS") && !said.contains("hidden"), "{said}");
}
