//! PostgreSQL over TLS, with certificates of the test's own.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::Path;

use postgres::{Server, SslMode, cause};
use service::Secret;
use testkit::{Authority, Database, PATIENCE, PostgresServer};
use tls::Trust;

const IS_ENCRYPTED: &str = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

fn server(url: &str, trusted: Option<&Path>) -> Server {
    let trust = trusted.map_or_else(Trust::system, |file| Trust::of_file(file).unwrap());
    Server::new(&Secret::new(url.to_owned()), &trust).unwrap()
}

/// Whether the server itself says that the connection is encrypted.
async fn is_encrypted(url: &str, trusted: Option<&Path>) -> bool {
    let (client, connection) =
        server(url, trusted).connect().await.unwrap_or_else(|e| panic!("{}", cause(&e)));
    tokio::spawn(connection);
    client.query_one(IS_ENCRYPTED, &[]).await.unwrap().get(0)
}

/// What a refused connection says to people.
async fn refusal(url: &str, trusted: Option<&Path>) -> String {
    match server(url, trusted).connect().await {
        Ok(_) => panic!("it connected"),
        Err(error) => cause(&error),
    }
}

#[tokio::test]
async fn verify_full_connects_to_the_host_of_a_trusted_certificate() {
    let authority = Authority::new();
    let running = PostgresServer::start(&authority.sign("localhost"));
    for parameters in ["sslmode=verify-full", "", "sslmode=verify-full&sslnegotiation=postgres"] {
        assert!(is_encrypted(&running.url("localhost", parameters), Some(&authority.file())).await);
    }
    let pool = server(&running.url("localhost", ""), Some(&authority.file())).pool(2, PATIENCE).unwrap();
    let encrypted: bool = pool.get().await.unwrap().query_one(IS_ENCRYPTED, &[]).await.unwrap().get(0);
    assert!(encrypted);
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused_unless_only_the_authority_counts() {
    let authority = Authority::new();
    let running = PostgresServer::start(&authority.sign("localhost"));
    let said = refusal(&running.url("127.0.0.1", "sslmode=verify-full"), Some(&authority.file())).await;
    assert!(said.contains("another host") && said.contains("FAROL_DATABASE_URL"), "{said}");
    assert!(!said.contains(running.password()), "{said}");
    for parameters in ["sslmode=verify-ca", "sslmode=require"] {
        assert!(is_encrypted(&running.url("127.0.0.1", parameters), Some(&authority.file())).await);
    }
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused() {
    let (authority, other) = (Authority::new(), Authority::new());
    let running = PostgresServer::start(&authority.sign("localhost"));
    for mode in ["verify-full", "verify-ca", "require"] {
        let said = refusal(&running.url("localhost", &format!("sslmode={mode}")), Some(&other.file())).await;
        assert!(
            said.contains("FAROL_DATABASE_CA_FILE") && !said.contains(running.password()),
            "{mode}: {said}"
        );
    }
    // The system's authorities do not know ours either.
    let said = refusal(&running.url("localhost", "sslmode=verify-full"), None).await;
    assert!(said.contains("FAROL_DATABASE_CA_FILE"), "{said}");
    // As in libpq: encrypted, and nobody looks who answers.
    assert!(is_encrypted(&running.url("localhost", "sslmode=require"), None).await);
}

#[tokio::test]
async fn a_server_without_tls_gets_no_password_where_tls_is_demanded() {
    let (authority, plain) = (Authority::new(), Database::create().await);
    for mode in ["verify-full", "verify-ca", "require"] {
        let said = refusal(&format!("{}?sslmode={mode}", plain.url()), Some(&authority.file())).await;
        assert!(said.contains("speaks no TLS") && said.contains("sslmode=disable"), "{mode}: {said}");
    }
    // Here authorities alone demand it: without them this machine's own server needs none.
    assert_eq!(server(&plain.url(), Some(&authority.file())).ssl_mode(), SslMode::VerifyFull);
    assert!(!is_encrypted(&plain.url(), None).await);
}

#[tokio::test]
async fn a_server_that_takes_tls_only_refuses_plain_text() {
    let authority = Authority::new();
    let running = PostgresServer::start(&authority.sign("localhost"));
    let said = refusal(&running.url("localhost", "sslmode=disable"), None).await;
    assert!(said.contains("no encryption") && !said.contains(running.password()), "{said}");
}
