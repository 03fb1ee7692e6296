//! A login by tokens in RDS's form: the account's password is, for a moment, what the role signs at that moment.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws::{Credentials, Signer};
use postgres::{Auth, Server, cause};
use service::Secret;
use testkit::{Authority, PATIENCE, PostgresServer};
use tls::Trust;

const NOON: u64 = 1_795_262_400;

/// A role's signer, and the clock by which it signs.
fn signer(expiry: Option<SystemTime>) -> (Signer, Arc<AtomicU64>) {
    let clock = Arc::new(AtomicU64::new(NOON));
    let told = Arc::clone(&clock);
    let credentials = Credentials::new("AKIDEXAMPLE", "hidden", None, expiry, "test");
    let signer = Signer::of("us-east-2", credentials, Duration::from_secs(900))
        .by_clock(move || UNIX_EPOCH + Duration::from_secs(told.load(Ordering::Relaxed)));
    (signer, clock)
}

fn server(url: String, authority: &Authority, signer: Signer) -> Server {
    let trust = Trust::of_file(&authority.file()).unwrap();
    Server::new(&Secret::new(url), &trust).unwrap().authenticated_by(Auth::AwsRdsIam(signer)).unwrap()
}

#[tokio::test]
async fn every_new_connection_has_a_token_of_its_own() {
    let authority = Authority::new();
    let running = PostgresServer::start(&authority.sign("localhost"));
    let trust = Trust::of_file(&authority.file()).unwrap();
    let owner = Server::new(&Secret::new(running.url("localhost", "sslmode=verify-full")), &trust).unwrap();
    let (owner, connection) = owner.connect().await.unwrap();
    tokio::spawn(connection);
    owner.batch_execute("CREATE ROLE farol_iam LOGIN").await.unwrap();
    let (signer, clock) = signer(None);
    let becomes = || async {
        let token = signer.database_password("localhost", running.port(), "farol_iam").await.unwrap();
        let sql = format!("ALTER ROLE farol_iam PASSWORD '{}'", token.reveal());
        owner.batch_execute(&sql).await.unwrap();
        token
    };

    let first = becomes().await;
    let pool = server(running.iam_url("localhost", "sslmode=verify-full"), &authority, signer.clone());
    let pool = pool.pool(2, PATIENCE).unwrap();
    let early = pool.get().await.unwrap();

    // The next second has another token, which the server does not know yet.
    clock.fetch_add(1, Ordering::Relaxed);
    let refused = cause(&pool.get().await.err().unwrap());
    assert!(refused.contains("authentication failed") && refused.contains("farol_iam"), "{refused}");
    assert!(!refused.contains("hidden") && !refused.contains("X-Amz"), "{refused}");
    let second = becomes().await;
    assert_ne!(first.reveal(), second.reveal());
    let late = pool.get().await.unwrap();
    for client in [&early, &late] {
        let user: String = client.query_one("SELECT current_user::text", &[]).await.unwrap().get(0);
        assert_eq!(user, "farol_iam", "a connection lives on when its token has ended");
    }
}

#[tokio::test]
async fn without_credentials_a_connection_fails_and_says_where_they_were_looked_for() {
    let authority = Authority::new();
    let (signer, _) = signer(Some(SystemTime::now() - Duration::from_secs(1)));
    let url = "postgres://farol_iam@localhost:1/farol?sslmode=verify-full".to_owned();
    let server = server(url, &authority, signer);
    let refused = cause(&server.connect().await.err().unwrap());
    assert!(refused.contains("no AWS credentials") && refused.contains("service account"), "{refused}");
    let pool = server.pool(1, PATIENCE).unwrap();
    let refused = cause(&pool.get().await.err().unwrap());
    assert!(refused.contains("no AWS credentials") && !refused.contains("hidden"), "{refused}");
}
