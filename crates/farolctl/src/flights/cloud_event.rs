//! One flight as one CloudEvent in structured mode.

use bytes::Bytes;
use serde::Serialize;
use time::format_description::well_known::Rfc3339;

use super::flight::{Flight, Row};
use crate::delivery::Outgoing;

const DEPARTED: &str = "aero.flight.departed";
const CANCELLED: &str = "aero.flight.cancelled";

/// The data set's columns beside the schedule with its UTC offset.
#[derive(Serialize)]
struct Data<'a> {
    scheduled: String,
    #[serde(flatten)]
    row: &'a Row,
}

#[derive(Serialize)]
struct CloudEvent<'a> {
    specversion: &'static str,
    r#type: &'static str,
    source: String,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    time: String,
    datacontenttype: &'static str,
    data: Data<'a>,
}

impl Flight {
    /// The `source` of its event.
    pub(crate) fn source(&self) -> String {
        format!("/nyc/{}", self.row.origin)
    }

    /// The `id` of its event: carrier, flight number and scheduled hour are unique
    /// over all 336,776 flights.
    pub(crate) fn id(&self) -> String {
        format!("{}-{}-{}", self.row.carrier, self.row.flight, self.row.time_hour)
    }

    /// Its event in structured mode under another id, for a measurement that needs
    /// the same flight to be a new event.
    pub(crate) fn body_with_id(&self, id: &str) -> Bytes {
        // neither can fail: the times are of 2013 with whole-hour offsets, and JSON holds all
        // strings, numbers and nulls
        let rfc3339 = |time: time::OffsetDateTime| time.format(&Rfc3339).unwrap_or_default();
        let event = CloudEvent {
            specversion: "1.0",
            r#type: if self.departed.is_some() { DEPARTED } else { CANCELLED },
            source: self.source(),
            id,
            subject: self.row.tailnum.as_deref(),
            time: rfc3339(self.time()),
            datacontenttype: "application/json",
            data: Data { scheduled: rfc3339(self.scheduled), row: &self.row },
        };
        serde_json::to_vec(&event).unwrap_or_default().into()
    }
}

impl Outgoing for Flight {
    fn body(&self) -> Bytes {
        self.body_with_id(&self.id())
    }
}
