//! What a sender does in binary content mode; Farol only receives it, so the writer is the tests' own.

use std::fmt::Write as _;

use event::Event;

/// The headers of `event` as an HTTP message in binary mode (HTTP binding §3.1).
pub(crate) fn headers(event: &Event) -> Vec<(String, String)> {
    let header = |(name, value): (&str, &str)| match name {
        "datacontenttype" => ("Content-Type".to_owned(), value.to_owned()),
        _ => (format!("ce-{name}"), percent_encoded(value)),
    };
    event.attributes.iter().map(header).collect()
}

/// A header value by §3.1.3.2: space, quote, percent and all that is not printable ASCII escaped.
fn percent_encoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'"' | b'%' => write!(out, "%{byte:02X}").unwrap(),
            0x21..=0x7e => out.push(char::from(byte)),
            _ => write!(out, "%{byte:02X}").unwrap(),
        }
    }
    out
}
