//! What a program says on standard output and then ends: its help, its version, the outcome of a command.

use std::io::Write as _;
use std::process::ExitCode;

/// Says `text`; a reader that has gone makes it a failure.
pub fn say(text: &str) -> ExitCode {
    match writeln!(std::io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
