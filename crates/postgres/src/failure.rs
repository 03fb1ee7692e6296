//! What a failure says to people: the driver's own text tells only which step failed.

use std::error::Error;

use tls::Advice;

use crate::{CA_FILE, URL};

/// The driver's text for a failed handshake; it shows no kind.
const HANDSHAKE: &str = "error performing TLS handshake";
const ADVICE: Advice =
    Advice { address: URL, ca_file: CA_FILE, without: "sslmode=disable in FAROL_DATABASE_URL" };

/// An error with everything under it; a failed handshake also says which setting decides.
pub fn cause(error: &(dyn Error + 'static)) -> String {
    let mut texts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(inner) = source {
        let text = inner.to_string();
        // Some layers repeat what they hold.
        if !texts.last().is_some_and(|last| last.ends_with(&text)) {
            texts.push(text);
        }
        source = inner.source();
    }
    let text = texts.join(": ");
    match text.contains(HANDSHAKE) {
        true => format!("{text}; {}", ADVICE.about(&text)),
        false => text,
    }
}
