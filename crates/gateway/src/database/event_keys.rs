//! The keys of events: they tell that an event was stored, also after its row has left.

use event::EventKey;
use time::OffsetDateTime;

use super::{Database, LookUpError};

impl Database {
    /// When the event of this key was stored, whether its row is still there or not.
    pub(crate) async fn stored_at(&self, key: EventKey) -> Result<Option<OffsetDateTime>, LookUpError> {
        self.asked("SELECT farol.event_keys", async {
            let session = self.session().await?;
            let statement =
                session.prepare_cached("SELECT stored_at FROM farol.event_keys WHERE key = $1").await?;
            let row = session.query_opt(&statement, &[&key.as_uuid()]).await?;
            Ok(row.map(|row| row.try_get(0)).transpose()?)
        })
        .await
    }
}
