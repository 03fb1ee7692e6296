//! Whether the schema has what this program asks for.

use deadpool_postgres::Object;

use super::StoreError;
use crate::migrate;

/// A newer schema will do: migrations only add, until nobody asks for what they take away.
pub(super) async fn check(client: &Object) -> Result<(), StoreError> {
    let newest = format!("SELECT coalesce(max(version), 0)::bigint FROM {}", migrate::HISTORY);
    let has: i64 = client.query_one(&newest, &[]).await?.try_get(0)?;
    let needs = migrate::newest_version();
    if has < needs { Err(StoreError::SchemaTooOld { has, needs }) } else { Ok(()) }
}
