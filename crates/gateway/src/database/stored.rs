//! A stored event: its row, and how it is shown.

use std::collections::BTreeMap;

use bytes::Bytes;
use event::{Attributes, Data, Event, EventKey, JsonText, Refusal};
use serde::Serialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::{Database, LookUpError};
use crate::openapi::CloudEvent;

/// The columns that make an event; `e` is the table.
pub(super) const COLUMNS: &str = "
e.tx, e.n, e.source, e.id, e.type, e.subject, e.time_text, e.datacontenttype, e.dataschema,
e.extensions::text AS extensions, e.data::text AS data, e.data_bytes,
e.topic, e.partition, e.\"offset\", encode(e.trace_id, 'hex') AS trace_id, e.received_at, e.stored_at";

/// A row, as it is told.
pub(crate) struct Stored {
    pub(crate) event: Event,
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) trace_id: Option<String>,
    pub(crate) received_at: Option<OffsetDateTime>,
    pub(crate) stored_at: OffsetDateTime,
}

/// An event that is a row.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StoredEvent)]
pub(crate) struct Shown<'s> {
    #[schema(inline)]
    status: Status,
    /// The event in the JSON event format.
    #[schema(value_type = CloudEvent)]
    event: Box<RawValue>,
    topic: &'s str,
    partition: i32,
    offset: i64,
    /// The trace that led to the row.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[0-9a-f]{32}$")]
    trace_id: Option<&'s str>,
    /// When the gateway had it.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    received_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    stored_at: OffsetDateTime,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    Stored,
}

impl Stored {
    /// How it is shown; the event in the JSON event format.
    pub(crate) fn shown(&self) -> Result<Shown<'_>, LookUpError> {
        let text = String::from_utf8_lossy(&event::http::to_structured(&self.event)).into_owned();
        Ok(Shown {
            status: Status::Stored,
            event: RawValue::from_string(text)?,
            topic: &self.topic,
            partition: self.partition,
            offset: self.offset,
            trace_id: self.trace_id.as_deref(),
            received_at: self.received_at,
            stored_at: self.stored_at,
        })
    }

    /// [`Self::shown`] as JSON text.
    pub(crate) fn to_json(&self) -> Result<Bytes, LookUpError> {
        Ok(serde_json::to_vec(&self.shown()?)?.into())
    }

    pub(super) fn of(row: &Row) -> Result<Self, LookUpError> {
        Ok(Self {
            event: Event { attributes: attributes(row)?, data: data(row)? },
            topic: row.try_get("topic")?,
            partition: row.try_get("partition")?,
            offset: row.try_get("offset")?,
            trace_id: row.try_get("trace_id")?,
            received_at: row.try_get("received_at")?,
            stored_at: row.try_get("stored_at")?,
        })
    }
}

impl Database {
    /// The row of this event. The key says where it is, so that one partition is read.
    pub(crate) async fn stored(&self, key: EventKey) -> Result<Option<Stored>, LookUpError> {
        self.asked("SELECT farol.events", async {
            let session = self.session().await?;
            let statement = session.prepare_cached(&find_sql()).await?;
            let row = session.query_opt(&statement, &[&key.as_uuid()]).await?;
            row.as_ref().map(Stored::of).transpose()
        })
        .await
    }
}

pub(super) fn find_sql() -> String {
    format!(
        "SELECT {COLUMNS} FROM farol.event_keys k
         JOIN farol.events e ON e.tx = k.tx AND e.n = k.n AND e.stored_at = k.stored_at WHERE k.key = $1"
    )
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
