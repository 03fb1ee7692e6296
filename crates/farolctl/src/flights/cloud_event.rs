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
struct CloudEvent<'a, T> {
    specversion: &'static str,
    r#type: &'static str,
    source: String,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    datacontenttype: Option<&'static str>,
    data: T,
}

/// What a service that only follows departures would send.
#[derive(Serialize)]
struct ShortData<'a> {
    delay: Option<i32>,
    carrier: &'a str,
    flight: u32,
    dest: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    remarks: &'a str,
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
        let data = Data { scheduled: rfc3339(self.scheduled), row: &self.row };
        // cannot fail: JSON holds all strings, numbers and nulls
        serde_json::to_vec(&self.event(id, data)).unwrap_or_default().into()
    }

    /// Its event in short, about 300 bytes.
    pub(crate) fn short_event(&self, id: &str) -> String {
        serde_json::to_string(&self.event(id, self.short_data(""))).unwrap_or_default()
    }

    /// Its event with the attributes that are required and no other, made longer by remarks.
    pub(crate) fn event_with_remarks(&self, id: &str, remarks: &str) -> String {
        let event = self.event(id, self.short_data(remarks));
        let event = CloudEvent { subject: None, time: None, datacontenttype: None, ..event };
        serde_json::to_string(&event).unwrap_or_default()
    }

    fn short_data<'a>(&'a self, remarks: &'a str) -> ShortData<'a> {
        let Row { dep_delay: delay, carrier, flight, dest, .. } = &self.row;
        ShortData { delay: *delay, carrier, flight: *flight, dest, remarks }
    }

    fn event<'a, T>(&'a self, id: &'a str, data: T) -> CloudEvent<'a, T> {
        CloudEvent {
            specversion: "1.0",
            r#type: if self.departed.is_some() { DEPARTED } else { CANCELLED },
            source: self.source(),
            id,
            subject: self.row.tailnum.as_deref(),
            time: Some(rfc3339(self.time())),
            datacontenttype: Some("application/json"),
            data,
        }
    }
}

/// Cannot fail: the times are of 2013, with whole-hour offsets.
fn rfc3339(time: time::OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_default()
}

impl Outgoing for Flight {
    fn body(&self) -> Bytes {
        self.body_with_id(&self.id())
    }
}
