//! The bench's own database on a server that is there for tests, and where that server's
//! processes are.

use postgres::Server;
use reqwest::Url;
use service::Secret;
use tls::Trust;
use tokio_postgres::Client;

use super::{Error, cpu};

/// A database that exists until it is removed.
pub(crate) struct Database {
    name: String,
    /// Its address.
    pub(crate) url: String,
    admin: Client,
    /// The server's first process, if the server runs on this machine.
    postmaster: Option<u32>,
}

impl Database {
    /// Creates database `name` (letters, digits, underscores) on the server of `server_url`.
    pub(crate) async fn create(server_url: &str, name: String) -> Result<Self, Error> {
        let url = with_database(server_url, &name)?;
        let server = Server::new(&Secret::new(server_url.to_owned()), &Trust::system());
        let server = server.map_err(|error| Error::Database(format!("the server's address {error}")))?;
        let connected = server.connect().await;
        let (admin, connection) = connected.map_err(|error| Error::Database(postgres::cause(&error)))?;
        tokio::spawn(async move {
            // shows again, with its cause, in the statement that needs the connection
            if let Err(error) = connection.await {
                eprintln!("farolctl: PostgreSQL closed the connection: {error}");
            }
        });
        let postmaster = postmaster(&admin).await?;
        execute(&admin, &format!("create database {name}")).await?;
        Ok(Self { name, url, admin, postmaster })
    }

    /// CPU seconds of all of the server's processes; `None` if it is on another machine.
    pub(crate) fn cpu_seconds(&self) -> Option<f64> {
        cpu::tree_seconds(self.postmaster?).ok()
    }

    pub(crate) async fn remove(self) -> Result<(), Error> {
        execute(&self.admin, &format!("drop database {} with (force)", self.name)).await
    }
}

async fn execute(client: &Client, statement: &str) -> Result<(), Error> {
    client.batch_execute(statement).await.map_err(|error| Error::Database(postgres::cause(&error)))
}

fn with_database(server_url: &str, name: &str) -> Result<String, Error> {
    let url = Url::parse(server_url);
    let mut url = url.map_err(|error| Error::Database(format!("the server's address is no URL: {error}")))?;
    url.set_path(name);
    Ok(url.to_string())
}

/// The parent of our own backend, if that is a process of this machine.
async fn postmaster(client: &Client) -> Result<Option<u32>, Error> {
    let row = client.query_one("select pg_backend_pid()", &[]).await;
    let row = row.map_err(|error| Error::Database(postgres::cause(&error)))?;
    let pid: i32 = row.try_get(0).map_err(|error| Error::Database(postgres::cause(&error)))?;
    let backend = u32::try_from(pid).ok().and_then(|pid| cpu::stat(pid).ok());
    let is_postgres = |stat: &cpu::Stat| stat.name == "postgres";
    let parent = backend.filter(is_postgres).map(|stat| stat.parent);
    Ok(parent.filter(|&parent| cpu::stat(parent).is_ok_and(|stat| is_postgres(&stat))))
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn only_the_database_changes() {
        let url = with_database("postgres://u:p@127.0.0.1:5/postgres?connect_timeout=3", "bench_1");
        assert_eq!(url.ok().as_deref(), Some("postgres://u:p@127.0.0.1:5/bench_1?connect_timeout=3"));
        assert!(with_database("host=127.0.0.1 dbname=x", "b").is_err());
    }
}
