//! What the targets share: how bytes of the fuzzer become a message, and what must hold for every
//! event that was taken.

#[path = "../../crates/event/tests/support/binary_mode.rs"]
mod binary_mode;

use bytes::Bytes;
use event::http::{ContentMode, read, read_batch, to_structured};
use event::{Data, Event, kafka};

/// A message out of the fuzzer's bytes: a header a line (`name: value`), an empty line, the body.
/// Without the empty line there is no body.
pub struct Message<'d> {
    /// The headers whose name is text.
    pub headers: Vec<(&'d str, &'d [u8])>,
    /// What follows the empty line.
    pub body: Option<Bytes>,
}

impl<'d> Message<'d> {
    /// Takes the bytes apart.
    pub fn of(bytes: &'d [u8]) -> Self {
        let end = bytes.windows(2).position(|two| two == b"\n\n");
        let head = &bytes[..end.unwrap_or(bytes.len())];
        let headers = head.split(|byte| *byte == b'\n').filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            Some((std::str::from_utf8(&line[..colon]).ok()?, line[colon + 1..].trim_ascii()))
        });
        Self { headers: headers.collect(), body: end.map(|end| Bytes::copy_from_slice(&bytes[end + 2..])) }
    }
}

/// Asserts that an event that was taken comes back equal from every way in which it can travel,
/// with the same identity and digest.
pub fn assert_survives(event: &Event) {
    let structured = Bytes::from(to_structured(event));
    let back = read(ContentMode::Structured, std::iter::empty(), structured.clone());
    assert_same(&back.expect("what was written is read"), event);

    let batch = Bytes::from([b"[", &structured[..], b",", &structured[..], b"]"].concat());
    for back in read_batch(&batch, 2).expect("a batch of two is one") {
        assert_same(&back.expect("an item is read as it is alone"), event);
    }

    let headers: Vec<_> = kafka::headers(event).collect();
    let headers = headers.iter().map(|(name, value)| (&**name, Some(value.as_bytes())));
    let back = kafka::read(headers, event.data.as_bytes().cloned());
    assert_same(&back.expect("a record that was written is read"), event);

    // HTTP has no message without a body: in binary mode, data of no bytes is no data.
    if event.data != Data::Bytes(Bytes::new()) {
        let headers = binary_mode::headers(event);
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let back = read(ContentMode::Binary, headers, event.data.as_bytes().cloned().unwrap_or_default());
        assert_same(&back.expect("a message that was written is read"), event);
    }
}

fn assert_same(one: &Event, other: &Event) {
    assert_eq!(one.attributes, other.attributes);
    match (&one.data, &other.data) {
        // The JSON format has no place for the white space around data.
        (Data::Json(one), Data::Json(other)) => {
            assert_eq!(one.as_str().trim_ascii(), other.as_str().trim_ascii())
        }
        (one, other) => assert_eq!(one, other),
    }
    assert_eq!(one.key(), other.key());
    assert_eq!(one.digest(), other.digest());
    assert_eq!(one.partition_key(), other.partition_key());
}
