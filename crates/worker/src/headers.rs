//! A record's headers, in two pieces of memory: ten headers of a name and a value each would be twenty.

use std::ops::Range;

use rdkafka::message::{BorrowedHeaders, Headers as _};

/// What a name and a value take, about, to begin with enough room.
const NAME_BYTES: usize = 16;
const VALUE_BYTES: usize = 32;

/// Names and values in their order; a header may have no value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Headers {
    names: String,
    values: Vec<u8>,
    places: Vec<Place>,
}

/// Where one header's name and value are.
#[derive(Debug, Clone)]
struct Place {
    name: Range<usize>,
    value: Option<Range<usize>>,
}

impl Headers {
    /// Headers up to the first whose name is not UTF-8, and whether there is one. The client panics over it, and offers
    /// no other way to read it; past it nobody reads on, since each further one would be a panic to report.
    pub(crate) fn read(headers: &BorrowedHeaders) -> (Self, bool) {
        let count = headers.count();
        let mut read = Self {
            names: String::with_capacity(count * NAME_BYTES),
            values: Vec::with_capacity(count * VALUE_BYTES),
            places: Vec::with_capacity(count),
        };
        for index in 0..count {
            let Ok(header) = std::panic::catch_unwind(|| headers.get(index)) else { return (read, true) };
            read.push(header.key, header.value);
        }
        (read, false)
    }

    pub(crate) fn push(&mut self, name: &str, value: Option<&[u8]>) {
        let before = (self.names.len(), self.values.len());
        self.names.push_str(name);
        let value = value.map(|value| {
            self.values.extend_from_slice(value);
            before.1..self.values.len()
        });
        self.places.push(Place { name: before.0..self.names.len(), value });
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, Option<&[u8]>)> + Clone {
        self.places.iter().map(|Place { name, value }| {
            (&self.names[name.clone()], value.as_ref().map(|value| &self.values[value.clone()]))
        })
    }

    /// The value of the last header of this name, as text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let (_, value) = self.iter().rev().find(|(key, _)| *key == name)?;
        std::str::from_utf8(value?).ok()
    }

    /// How much memory names and values hold.
    pub(crate) fn bytes(&self) -> usize {
        self.names.len() + self.values.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_as_they_came_and_of_two_of_a_name_the_last_counts() {
        let mut headers = Headers::default();
        let came =
            [("a", Some(&b"1"[..])), ("", Some(b"")), ("b", None), ("a", Some(b"2")), ("c", Some(b"\xff"))];
        came.iter().for_each(|(name, value)| headers.push(name, *value));
        assert_eq!(headers.iter().collect::<Vec<_>>(), came);
        assert_eq!(["a", "", "b", "c"].map(|name| headers.text(name)), [Some("2"), Some(""), None, None]);
        assert_eq!(headers.bytes(), 7);
    }
}
