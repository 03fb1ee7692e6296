use time::macros::datetime;

use super::{super::days::Days, *};
use crate::delivery::Outgoing;

const SAMPLE: &str = include_str!("../../tests/fixtures/flights.csv");

fn sample() -> Vec<Flight> {
    let read = Days::year().and_then(|year| read(SAMPLE.as_bytes(), year));
    read.unwrap_or_else(|error| panic!("{error}"))
}

fn flight(carrier: &str, number: u32, month: u8, day: u8) -> Flight {
    let of = |row: &Row| (row.carrier.clone(), row.flight, row.month, row.day);
    let wanted = (carrier.to_owned(), number, month, day);
    let found = sample().into_iter().find(|flight| of(&flight.row) == wanted);
    found.unwrap_or_else(|| panic!("{wanted:?} is not in the sample"))
}

fn event(flight: &Flight) -> serde_json::Value {
    serde_json::from_slice(&flight.body()).unwrap_or_default()
}

#[test]
fn a_departure_is_the_schedule_plus_the_delay_in_new_yorks_winter_time() {
    let flight = flight("UA", 1545, 1, 1);
    assert_eq!(flight.scheduled, datetime!(2013-01-01 05:15 -5));
    assert_eq!(flight.departed, Some(datetime!(2013-01-01 05:17 -5)));
}

#[test]
fn summer_time_follows_from_the_utc_hour() {
    let flight = flight("B6", 839, 7, 4);
    assert_eq!(flight.scheduled, datetime!(2013-07-04 23:59 -4));
    assert_eq!(flight.departed, Some(datetime!(2013-07-05 00:11 -4)));
}

#[test]
fn the_offset_changes_on_the_days_the_clocks_do() {
    let offset =
        |carrier, number, month, day| flight(carrier, number, month, day).scheduled.offset().whole_hours();
    assert_eq!(offset("B6", 727, 3, 9), -5);
    assert_eq!(offset("B6", 727, 3, 10), -4);
    assert_eq!(offset("US", 1895, 11, 2), -4);
    assert_eq!(offset("UA", 322, 11, 3), -5);
}

#[test]
fn a_delay_over_midnight_lands_on_the_next_day() {
    assert_eq!(flight("B6", 707, 1, 2).departed, Some(datetime!(2013-01-03 00:42 -5)));
    assert_eq!(flight("B6", 839, 12, 31).departed, Some(datetime!(2014-01-01 00:13 -5)));
}

#[test]
fn a_departure_at_2400_is_midnight() {
    assert_eq!(flight("B6", 839, 10, 30).departed, Some(datetime!(2013-10-31 00:00 -4)));
}

#[test]
fn a_delay_of_most_of_a_day_is_not_an_early_departure() {
    assert_eq!(flight("HA", 51, 1, 9).departed, Some(datetime!(2013-01-10 06:41 -5)));
}

#[test]
fn a_departed_flight_becomes_this_event() {
    let expected = serde_json::json!({
        "specversion": "1.0",
        "type": "aero.flight.departed",
        "source": "/nyc/EWR",
        "id": "UA-1545-2013-01-01T10:00:00Z",
        "subject": "N14228",
        "time": "2013-01-01T05:17:00-05:00",
        "datacontenttype": "application/json",
        "data": {
            "scheduled": "2013-01-01T05:15:00-05:00",
            "year": 2013, "month": 1, "day": 1, "sched_dep_time": 515, "dep_time": 517,
            "dep_delay": 2, "sched_arr_time": 819, "arr_time": 830, "arr_delay": 11,
            "carrier": "UA", "flight": 1545, "tailnum": "N14228", "origin": "EWR",
            "dest": "IAH", "air_time": 227, "distance": 1400,
            "time_hour": "2013-01-01T10:00:00Z"
        }
    });
    assert_eq!(event(&flight("UA", 1545, 1, 1)), expected);
}

#[test]
fn a_cancelled_flight_keeps_its_schedule_and_has_no_delays() {
    let event = event(&flight("EV", 4308, 1, 1));
    assert_eq!(event["type"], "aero.flight.cancelled");
    assert_eq!(event["time"], "2013-01-01T16:30:00-05:00");
    assert_eq!(event["subject"], "N18120");
    assert!(event["data"]["dep_time"].is_null() && event["data"]["arr_delay"].is_null());
}

#[test]
fn a_flight_without_a_tail_number_has_no_subject() {
    let event = event(&flight("AA", 133, 1, 2));
    assert!(event.get("subject").is_none());
    assert!(event["data"]["tailnum"].is_null());
}

#[test]
fn only_the_asked_days_are_read() {
    let day = time::macros::date!(2013 - 01 - 01);
    let days = Days::new(Some(day), Some(day));
    let flights = days.and_then(|days| read(SAMPLE.as_bytes(), days));
    assert!(flights.is_ok_and(|flights| flights.len() == 4));
}

#[test]
fn a_row_that_contradicts_itself_is_refused_with_its_line() {
    let wrong = SAMPLE.replacen(",517,515,2,", ",617,515,2,", 1);
    let result = Days::year().and_then(|year| read(wrong.as_bytes(), year));
    assert!(matches!(result, Err(Error::Row { line: 2, .. })), "{result:?}");
}

#[test]
fn every_flight_is_a_valid_cloud_event() {
    for flight in sample() {
        let mode = event::http::ContentMode::Structured;
        let read = event::http::read(mode, std::iter::empty(), flight.body());
        let parsed = read.unwrap_or_else(|refusal| panic!("{}: {refusal}", flight.id()));
        assert_eq!(parsed.attributes.id.as_str(), flight.id());
    }
}
