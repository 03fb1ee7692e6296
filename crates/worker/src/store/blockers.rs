//! Ends sessions of other workers that hold what this one waits for: a worker that froze in the
//! middle of its transaction keeps its locks, though its partitions are somebody else's by now.

use std::time::Duration;

use deadpool_postgres::Object;

use super::StoreError;

/// How long a lock is waited for before its holder is looked at. Twice this is below the session
/// limit for locks, so that the waiting statement gets what it waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(4);

/// All sessions of one process have this name, and no other process has it.
pub(super) fn session_name() -> String {
    format!("{}/{}", crate::SERVICE.name, uuid::Uuid::new_v4().simple())
}

/// Holders of locks that a session named $1 has waited for as long as $3 seconds: only workers'
/// sessions ($2), of this user and this database, whose own worker has left them in the middle of a
/// transaction for as long: one that is at work says something every few milliseconds.
const END: &str = "
SELECT holder.pid, pg_terminate_backend(holder.pid)
FROM (SELECT DISTINCT holder.*
      FROM pg_stat_activity AS waiting
      CROSS JOIN LATERAL unnest(pg_blocking_pids(waiting.pid)) AS blocking (pid)
      JOIN pg_stat_activity AS holder ON holder.pid = blocking.pid
      WHERE waiting.application_name = $1 AND waiting.wait_event_type = 'Lock'
        AND waiting.state_change < clock_timestamp() - $3::double precision * interval '1 second') AS holder
WHERE holder.application_name LIKE $2 || '/%' AND holder.application_name <> $1
  AND holder.usename = current_user AND holder.datname = current_database()
  AND holder.state LIKE 'idle in transaction%'
  AND holder.state_change < clock_timestamp() - $3::double precision * interval '1 second'";

/// Ends them; answers how many there were.
pub(super) async fn end(client: &Object, own_name: &str) -> Result<usize, StoreError> {
    // A little less, since the wait began after the clock of whoever asks.
    let seconds = PATIENCE.as_secs_f64() * 0.75;
    let ended = client.query(END, &[&own_name, &crate::SERVICE.name, &seconds]).await?;
    for row in &ended {
        let pid: i32 = row.try_get(0)?;
        tracing::warn!(
            name: "blocker_ended",
            pid,
            "a frozen worker's session held locks that this one needs: ended"
        );
    }
    Ok(ended.len())
}
