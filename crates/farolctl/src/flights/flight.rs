//! One row of flights.csv and the two instants that follow from it.
//!
//! Clock columns (`sched_dep_time` 515, `dep_time` 2400) are New York local time, while
//! `time_hour` is the scheduled hour in UTC. Their difference is the UTC offset, so that
//! summer time needs no time zone database. The departure is the schedule plus `dep_delay`
//! minutes: `dep_time` alone does not say on which side of midnight it was.

use std::io::Read;

use csv::ByteRecord;
use serde::{Deserialize, Deserializer, Serialize};
use time::{
    Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset,
    format_description::well_known::Rfc3339,
};

use super::{Days, Error};

/// The columns as they are in the data set; `NA` is `None`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(super) struct Row {
    year: i32,
    month: u8,
    day: u8,
    sched_dep_time: u16,
    #[serde(deserialize_with = "available")]
    dep_time: Option<u16>,
    #[serde(deserialize_with = "available")]
    pub(super) dep_delay: Option<i32>,
    sched_arr_time: u16,
    #[serde(deserialize_with = "available")]
    arr_time: Option<u16>,
    #[serde(deserialize_with = "available")]
    arr_delay: Option<i32>,
    pub(super) carrier: String,
    pub(super) flight: u32,
    #[serde(deserialize_with = "available")]
    pub(super) tailnum: Option<String>,
    pub(super) origin: String,
    pub(super) dest: String,
    #[serde(deserialize_with = "available")]
    air_time: Option<u32>,
    distance: u32,
    pub(super) time_hour: String,
}

/// A flight whose times were checked against each other.
#[derive(Debug, Clone)]
pub(crate) struct Flight {
    pub(super) row: Row,
    pub(super) scheduled: OffsetDateTime,
    pub(super) departed: Option<OffsetDateTime>,
}

impl Flight {
    /// The actual departure; the scheduled one if the flight was cancelled.
    pub(crate) fn time(&self) -> OffsetDateTime {
        self.departed.unwrap_or(self.scheduled)
    }

    pub(super) fn new(row: Row) -> Result<Self, String> {
        let scheduled = scheduled(&row)?;
        let departed = match (row.dep_time, row.dep_delay) {
            (None, _) => None,
            (Some(clock), Some(delay)) => Some(departed(scheduled, clock, delay)?),
            (Some(_), None) => return Err("a departure without a delay".to_owned()),
        };
        Ok(Self { row, scheduled, departed })
    }
}

/// Reads the rows scheduled on `days` and skips the others cheaply.
pub(super) fn read(source: impl Read, days: Days) -> Result<Vec<Flight>, Error> {
    let mut reader = csv::Reader::from_reader(source);
    let header = reader.byte_headers().map_err(at_line)?.clone();
    let mut record = ByteRecord::new();
    let mut flights = Vec::new();
    while reader.read_byte_record(&mut record).map_err(at_line)? {
        let line = record.position().map_or(0, csv::Position::line);
        let failed = |cause: String| Error::Row { line, cause };
        if days.contains(schedule_date(&record).map_err(failed)?) {
            let row: Row = record.deserialize(Some(&header)).map_err(at_line)?;
            flights.push(Flight::new(row).map_err(failed)?);
        }
    }
    Ok(flights)
}

fn at_line(error: csv::Error) -> Error {
    let line = error.position().map_or(0, csv::Position::line);
    Error::Row { line, cause: error.to_string() }
}

/// The first three columns are year, month and day.
fn schedule_date(record: &ByteRecord) -> Result<Date, String> {
    let number = |column: usize| {
        let field = record.get(column).and_then(|field| std::str::from_utf8(field).ok());
        field.and_then(|text| text.parse::<u16>().ok()).ok_or("no schedule date".to_owned())
    };
    let (year, month, day) = (number(0)?, number(1)?, number(2)?);
    date(i32::from(year), month as u8, day as u8)
}

fn date(year: i32, month: u8, day: u8) -> Result<Date, String> {
    let month = Month::try_from(month).map_err(|error| error.to_string())?;
    Date::from_calendar_date(year, month, day).map_err(|error| error.to_string())
}

fn scheduled(row: &Row) -> Result<OffsetDateTime, String> {
    let date = date(row.year, row.month, row.day)?;
    let (hour, minute) = (row.sched_dep_time / 100, row.sched_dep_time % 100);
    let clock = Time::from_hms(hour as u8, minute as u8, 0).map_err(|error| error.to_string())?;
    let local = PrimitiveDateTime::new(date, clock);
    let hour_utc = OffsetDateTime::parse(&row.time_hour, &Rfc3339)
        .map_err(|error| format!("time_hour {}: {error}", row.time_hour))?;
    let offset = local.assume_utc() - Duration::minutes(i64::from(minute)) - hour_utc;
    if ![-5, -4].contains(&offset.whole_hours()) || offset.subsec_nanoseconds() != 0 {
        return Err(format!("time_hour {} does not fit {local} in New York", row.time_hour));
    }
    let offset = UtcOffset::from_whole_seconds(offset.whole_seconds() as i32);
    offset.map(|offset| local.assume_offset(offset)).map_err(|error| error.to_string())
}

fn departed(scheduled: OffsetDateTime, clock: u16, delay: i32) -> Result<OffsetDateTime, String> {
    let departed = scheduled + Duration::minutes(i64::from(delay));
    // midnight is 2400 in the data
    let told = (clock / 100 % 24, clock % 100);
    if told == (u16::from(departed.hour()), u16::from(departed.minute())) {
        Ok(departed)
    } else {
        Err(format!("dep_time {clock} contradicts the schedule {scheduled} and delay {delay}"))
    }
}

fn available<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    let text = <&str>::deserialize(deserializer)?;
    if text == "NA" {
        return Ok(None);
    }
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

#[cfg(test)]
#[path = "flight_tests.rs"]
mod tests;
