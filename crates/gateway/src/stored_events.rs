//! Look-ups of stored events in PostgreSQL, by identity.

use std::collections::BTreeMap;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use event::{Attributes, Data, Event, EventKey, JsonText, Refusal};
use time::OffsetDateTime;
use tokio_postgres::{NoTls, Row};

use crate::config::Config;

const POOL_SIZE: usize = 8;
const PATIENCE: Duration = Duration::from_secs(2);

const FIND: &str = "
SELECT e.source, e.id, e.type, e.subject, e.time_text, e.datacontenttype, e.dataschema,
       e.extensions::text AS extensions, e.data::text AS data, e.data_bytes,
       e.topic, e.partition, e.\"offset\", encode(e.trace_id, 'hex') AS trace_id, e.received_at, e.stored_at
FROM farol.event_keys k
JOIN farol.events e ON e.tx = k.tx AND e.n = k.n AND e.stored_at = k.stored_at
WHERE k.key = $1";

/// A row, as the look-up tells it.
pub(crate) struct Stored {
    pub(crate) event: Event,
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) trace_id: Option<String>,
    pub(crate) received_at: Option<OffsetDateTime>,
    pub(crate) stored_at: OffsetDateTime,
}

/// Why a look-up has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LookUpError {
    #[error("no connection to PostgreSQL: {0}")]
    Pool(#[from] deadpool_postgres::PoolError),
    #[error("PostgreSQL: {0}")]
    Query(#[from] tokio_postgres::Error),
    #[error("the row is not a valid event: {0}")]
    Row(#[from] Refusal),
    #[error("the row's extensions are not a JSON object of strings: {0}")]
    Extensions(#[from] serde_json::Error),
}

/// Reads events that the worker stored.
#[derive(Clone)]
pub(crate) struct StoredEvents(Pool);

impl StoredEvents {
    /// A pool that connects when it is first asked.
    pub(crate) fn connect(config: &Config) -> Result<Self, crate::StartError> {
        let mut postgres: tokio_postgres::Config = config.database_url.reveal().parse()?;
        postgres.application_name(crate::SERVICE.name).connect_timeout(PATIENCE);
        let manager =
            Manager::from_config(postgres, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let pool = Pool::builder(manager)
            .max_size(POOL_SIZE)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .build()?;
        Ok(Self(pool))
    }

    pub(crate) async fn find(&self, key: EventKey) -> Result<Option<Stored>, LookUpError> {
        let client = self.0.get().await?;
        let statement = client.prepare_cached(FIND).await?;
        let row = client.query_opt(&statement, &[&key.as_uuid()]).await?;
        row.as_ref().map(stored).transpose()
    }
}

fn stored(row: &Row) -> Result<Stored, LookUpError> {
    Ok(Stored {
        event: Event { attributes: attributes(row)?, data: data(row)? },
        topic: row.try_get("topic")?,
        partition: row.try_get("partition")?,
        offset: row.try_get("offset")?,
        trace_id: row.try_get("trace_id")?,
        received_at: row.try_get("received_at")?,
        stored_at: row.try_get("stored_at")?,
    })
}

fn attributes(row: &Row) -> Result<Attributes, LookUpError> {
    let extensions: Option<&str> = row.try_get("extensions")?;
    let extensions: BTreeMap<String, String> = serde_json::from_str(extensions.unwrap_or("{}"))?;
    let mut typed = BTreeMap::new();
    for (name, value) in extensions {
        typed.insert(name.parse()?, value);
    }
    Ok(Attributes {
        id: row.try_get::<_, &str>("id")?.parse()?,
        source: row.try_get::<_, &str>("source")?.parse()?,
        event_type: row.try_get::<_, &str>("type")?.parse()?,
        subject: optional(row.try_get("subject")?)?,
        time: optional(row.try_get("time_text")?)?,
        datacontenttype: optional(row.try_get("datacontenttype")?)?,
        dataschema: optional(row.try_get("dataschema")?)?,
        extensions: typed,
    })
}

fn optional<T: std::str::FromStr<Err = Refusal>>(text: Option<&str>) -> Result<Option<T>, Refusal> {
    text.map(str::parse).transpose()
}

fn data(row: &Row) -> Result<Data, LookUpError> {
    let json: Option<String> = row.try_get("data")?;
    let bytes: Option<Vec<u8>> = row.try_get("data_bytes")?;
    Ok(match (json, bytes) {
        (Some(text), _) => Data::Json(JsonText::parse(text.into())?),
        (None, Some(bytes)) => Data::Bytes(bytes.into()),
        (None, None) => Data::Absent,
    })
}
