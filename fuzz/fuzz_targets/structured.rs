//! Structured mode: any body is answered; an event that is taken survives.

#![no_main]

use bytes::Bytes;
use event::http::{ContentMode, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let body = Bytes::copy_from_slice(bytes);
    if let Ok(event) = read(ContentMode::Structured, std::iter::empty(), body) {
        event_fuzz::assert_survives(&event);
    }
});
