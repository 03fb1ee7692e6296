//! What an error's chain of sources says, for messages.

use std::error::Error;

/// The error at the bottom: for HTTP clients, whose outer errors only repeat the address.
pub(crate) fn root(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
