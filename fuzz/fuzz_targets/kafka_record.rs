//! Records of other producers, in binary and structured mode: any headers and value are answered;
//! an event that is taken survives.

#![no_main]

use event::kafka;
use event_fuzz::Message;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let message = Message::of(bytes);
    // A header may be there without a value.
    let headers =
        message.headers.iter().map(|(name, value)| (*name, Some(*value).filter(|v| *v != b"(null)")));
    if let Ok(event) = kafka::read(headers, message.body.clone()) {
        event_fuzz::assert_survives(&event);
    }
});
