//! Batched mode: any body is answered within the limit of events, as the reference parser sees
//! its array; each event that is taken survives, and an item says of itself what it says alone.

#![no_main]

use bytes::Bytes;
use event::http::{BatchRefusal, ContentMode, read, read_batch};
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

const MAX_EVENTS: usize = 8;

fuzz_target!(|bytes: &[u8]| {
    let reference = serde_json::from_slice::<Vec<&RawValue>>(bytes);
    match read_batch(&Bytes::copy_from_slice(bytes), MAX_EVENTS) {
        Ok(events) => {
            let reference = reference.expect("a batch is an array of JSON");
            assert_eq!(events.len(), reference.len());
            assert!(events.len() <= MAX_EVENTS);
            for (event, item) in events.into_iter().zip(reference) {
                let alone = Bytes::copy_from_slice(item.get().as_bytes());
                assert_eq!(event, read(ContentMode::Structured, std::iter::empty(), alone));
                if let Ok(event) = event {
                    event_fuzz::assert_survives(&event);
                }
            }
        }
        Err(BatchRefusal::TooMany { limit }) => assert_eq!(limit, MAX_EVENTS),
        Err(BatchRefusal::Malformed(_)) => assert!(reference.is_err(), "an array of JSON is a batch"),
    }
});
