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

/// The whole chain: for PostgreSQL, whose driver says at the top only which step failed.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
