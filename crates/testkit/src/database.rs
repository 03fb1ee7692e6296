//! A database of a test's own, dropped with it.

use postgres::Server;
use service::Secret;
use tls::Trust;
use tokio_postgres::types::{FromSqlOwned, ToSql};
use tokio_postgres::{Client, NoTls};

use crate::setting;

/// An empty database.
pub struct Database {
    name: String,
    client: Client,
}

impl Database {
    /// Creates it.
    pub async fn create() -> Self {
        let name = format!("test_{}", uuid::Uuid::new_v4().simple());
        let server = connect(&setting("FAROL_TEST_DATABASE_URL")).await;
        server.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        let client = connect(&url_of(&name)).await;
        Self { name, client }
    }

    /// What a program connects with.
    pub fn url(&self) -> String {
        url_of(&self.name)
    }

    /// The same for a program of ours.
    pub fn server(&self) -> Server {
        Server::new(&Secret::new(self.url()), &Trust::system()).unwrap()
    }

    /// Runs statements that answer nothing.
    pub async fn run(&self, sql: &str) {
        self.client.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }

    /// The only column of the only row.
    pub async fn one<T: FromSqlOwned>(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> T {
        let row = self.client.query_one(sql, parameters).await;
        row.unwrap_or_else(|error| panic!("{sql}: {error:?}")).get(0)
    }

    /// The first column of every row.
    pub async fn all<T: FromSqlOwned>(&self, sql: &str) -> Vec<T> {
        let rows = self.client.query(sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        rows.iter().map(|row| row.get(0)).collect()
    }
}

impl Drop for Database {
    /// On a thread of its own: a test's runtime may be gone already.
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let server = connect(&setting("FAROL_TEST_DATABASE_URL")).await;
                server.batch_execute(&sql).await.unwrap();
            });
        });
        assert!(dropped.join().is_ok() || std::thread::panicking(), "{} was not dropped", self.name);
    }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

fn url_of(name: &str) -> String {
    let server = setting("FAROL_TEST_DATABASE_URL");
    let (before, _) = server.rsplit_once('/').expect("FAROL_TEST_DATABASE_URL ends in a database");
    format!("{before}/{name}")
}
