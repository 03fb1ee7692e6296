//! Binary mode: any headers and body are answered; an event that is taken survives.

#![no_main]

use event::http::{ContentMode, read};
use event_fuzz::Message;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let message = Message::of(bytes);
    let content_type = message.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    // As a server does: the content type decides the mode.
    let mode = ContentMode::of(content_type.and_then(|(_, value)| std::str::from_utf8(value).ok()));
    if mode != Ok(ContentMode::Binary) {
        return;
    }
    let headers = message.headers.iter().copied();
    if let Ok(event) = read(ContentMode::Binary, headers, message.body.unwrap_or_default()) {
        event_fuzz::assert_survives(&event);
    }
});
