//! Applies migrations while workers and gateways go on: none of them is kept waiting for longer than they bear.

use std::time::Duration;

use refinery::{Migration, Runner, Target};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::{HISTORY, MigrateError};

/// How a migration begins whose statements cannot run in a transaction: `CREATE INDEX CONCURRENTLY`. They run one by one,
/// and all of them again if one of them failed.
pub const OUTSIDE_A_TRANSACTION: &str = "-- outside a transaction";
/// A migration in a transaction waits this long for a lock, then gives up and tries again: whoever came after it waits with
/// it, for the same lock. Less than the 10 s that a worker's own statements wait.
const LOCK_TIMEOUT: &str = "SET lock_timeout = '2s'";
/// Building an index concurrently waits for older transactions, and nobody waits for it.
const NO_LOCK_TIMEOUT: &str = "SET lock_timeout = 0";
const PAUSE: Duration = Duration::from_secs(1);
const TRIES: usize = 60;

/// Applies what is missing, in the order of versions; answers with the names of what it applied.
pub(super) async fn apply(
    client: &mut Client,
    migrations: &[Migration],
) -> Result<Vec<String>, MigrateError> {
    let mut applied = Vec::new();
    let mut ordered: Vec<&Migration> = migrations.iter().collect();
    ordered.sort_by_key(|migration| migration.version());
    for migration in ordered {
        if patiently(client, migrations, migration).await? {
            applied.push(migration.to_string());
        }
    }
    Ok(applied)
}

/// Tries again while somebody else's transaction is in the way.
async fn patiently(
    client: &mut Client,
    all: &[Migration],
    migration: &Migration,
) -> Result<bool, MigrateError> {
    let mut left = TRIES;
    loop {
        left -= 1;
        match one(client, all, migration).await {
            Err(error) if left > 0 && is_in_the_way(&error) => {
                tracing::warn!(name: "migration_delayed", %migration, left, "another transaction holds a lock that it needs; it is tried again");
                tokio::time::sleep(PAUSE).await;
            }
            outcome => return outcome,
        }
    }
}

/// Applies one migration unless it is applied; answers whether it did.
async fn one(client: &mut Client, all: &[Migration], migration: &Migration) -> Result<bool, MigrateError> {
    let version = migration.version();
    let sql = migration.sql().unwrap_or_default();
    let outside = sql.starts_with(OUTSIDE_A_TRANSACTION) && !is_applied(client, i64::from(version)).await?;
    if outside {
        client.batch_execute(NO_LOCK_TIMEOUT).await?;
        for statement in statements(sql) {
            client.batch_execute(statement).await?;
        }
    }
    // What was done outside is only written down.
    let target = if outside { Target::FakeVersion(version) } else { Target::Version(version) };
    client.batch_execute(LOCK_TIMEOUT).await?;
    // A newer program's migrations are none of ours: after a step back the older one finds them there.
    let mut runner = Runner::new(all).set_target(target).set_abort_missing(false);
    runner.set_migration_table_name(HISTORY);
    let report = runner.run_async(client).await.map_err(Box::new)?;
    Ok(outside || !report.applied_migrations().is_empty())
}

async fn is_applied(client: &Client, version: i64) -> Result<bool, MigrateError> {
    let known = format!("SELECT count(*) > 0 FROM {HISTORY} WHERE version = $1::bigint");
    Ok(client.query_one(&known, &[&version]).await?.try_get(0)?)
}

/// The statements of a file, each ending with a line that ends in a semicolon.
fn statements(sql: &str) -> impl Iterator<Item = &str> {
    sql.split_inclusive(";\n").filter(|statement| statement.contains(';'))
}

fn is_in_the_way(error: &MigrateError) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(postgres) = error.downcast_ref::<tokio_postgres::Error>() {
            let in_the_way = [SqlState::LOCK_NOT_AVAILABLE, SqlState::T_R_DEADLOCK_DETECTED];
            return postgres.code().is_some_and(|code| in_the_way.contains(code));
        }
        cause = error.source();
    }
    false
}
