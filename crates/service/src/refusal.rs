//! What a program says when it cannot start; there is no log yet.

use std::fmt::Display;
use std::process::ExitCode;

/// Says on standard error what is wrong with `what`, and gives the exit code for it.
pub fn refuse_start(program: &str, what: &str, reason: &dyn Display) -> ExitCode {
    eprintln!("{program} cannot start, its {what} are wrong:\n{reason}");
    ExitCode::FAILURE
}
