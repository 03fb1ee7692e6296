//! Forward-only migrations of the schema `farol`, run by command and never silently at a start.

use postgres::Server;
use refinery::Migration;

mod apply;

pub use apply::OUTSIDE_A_TRANSACTION;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// Where the applied migrations are recorded.
pub(crate) const HISTORY: &str = "farol.schema_history";
/// Two of these commands at once would both try: the second waits for this lock.
const LOCK: &str = "SELECT pg_advisory_lock(hashtext('farol.schema_history'))";

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// No connection, or PostgreSQL refused a statement of ours.
    #[error("PostgreSQL: {}", failure_text(.0))]
    Postgres(#[from] tokio_postgres::Error),
    /// A migration failed, or an applied one differs from the one in this program.
    #[error("{0}")]
    Migration(#[from] Box<refinery::Error>),
}

fn failure_text(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| postgres::cause(error), ToString::to_string)
}

/// The migrations of this program.
pub fn migrations() -> Vec<Migration> {
    embedded::migrations::runner().get_migrations().clone()
}

/// The version of the schema that this program is written for.
pub(crate) fn newest_version() -> i64 {
    migrations().iter().map(|migration| i64::from(migration.version())).max().unwrap_or_default()
}

/// Applies what is missing; answers with the names of what it applied.
pub async fn run(server: &Server) -> Result<Vec<String>, MigrateError> {
    run_these(server, &migrations()).await
}

/// Applies what is missing of these migrations; tests bring some that do not exist yet.
pub async fn run_these(server: &Server, these: &[Migration]) -> Result<Vec<String>, MigrateError> {
    let (mut client, connection) = server.connect().await?;
    let driving = tokio::spawn(connection);
    client.batch_execute(LOCK).await?;
    client.batch_execute("CREATE SCHEMA IF NOT EXISTS farol").await?;
    let applied = apply::apply(&mut client, these).await?;
    // The lock goes with the connection.
    drop(client);
    if let Ok(Err(error)) = driving.await {
        tracing::debug!(%error, "the connection of the migration ended by an error");
    }
    Ok(applied)
}
