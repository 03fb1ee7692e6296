//! The client's own record of what was acknowledged: one line of JSON each, on disk before it counts.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tokio::{sync::mpsc, task::JoinHandle};

use super::Error;

/// The most lines that one write to the disk takes together.
const TOGETHER: usize = 4_096;

/// One acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The event; none for poison, which is no event.
    pub(crate) event: Option<Identity>,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    /// The gateway said that it gave a receipt for this event before.
    pub(crate) repeat: bool,
    /// When the answer came, in milliseconds since 1970.
    pub(crate) at: u64,
}

/// Which event, and with which content.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) source: String,
    pub(crate) id: String,
    /// SHA-256 of the data as it was sent.
    pub(crate) digest: String,
}

/// Takes entries from every sender.
#[derive(Debug, Clone)]
pub(crate) struct Journal(mpsc::UnboundedSender<Entry>);

impl Journal {
    /// A new file; an existing one is somebody's evidence and is not touched. The handle ends with
    /// the number of lines when every clone of the journal is gone.
    pub(crate) fn create(path: &Path) -> Result<(Self, JoinHandle<Result<u64, Error>>), Error> {
        let file = File::create_new(path).map_err(|cause| failed(path, cause))?;
        let (sender, receiver) = mpsc::unbounded_channel();
        let path = path.to_owned();
        Ok((Self(sender), tokio::task::spawn_blocking(move || write(file, &path, receiver))))
    }

    /// Hands an entry over; false if the disk refused an earlier one.
    #[must_use]
    pub(crate) fn add(&self, entry: Entry) -> bool {
        self.0.send(entry).is_ok()
    }
}

fn write(mut file: File, path: &Path, mut entries: mpsc::UnboundedReceiver<Entry>) -> Result<u64, Error> {
    let mut lines = 0;
    let mut batch = Vec::new();
    loop {
        let taken = entries.blocking_recv_many(&mut batch, TOGETHER);
        if taken == 0 {
            return Ok(lines);
        }
        let mut text = Vec::new();
        for entry in batch.drain(..) {
            serde_json::to_writer(&mut text, &entry).map_err(|error| failed(path, error.into()))?;
            text.push(b'\n');
        }
        file.write_all(&text).and_then(|()| file.sync_data()).map_err(|cause| failed(path, cause))?;
        lines += taken as u64;
    }
}

/// Reads a whole journal.
pub(crate) fn read(path: &Path) -> Result<Vec<Entry>, Error> {
    let file = File::open(path).map_err(|cause| failed(path, cause))?;
    let mut entries = Vec::new();
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(|cause| failed(path, cause))?;
        let entry = serde_json::from_str(&line).map_err(|cause| Error::Entry { line: number + 1, cause })?;
        entries.push(entry);
    }
    Ok(entries)
}

fn failed(path: &Path, cause: std::io::Error) -> Error {
    Error::Journal { path: PathBuf::from(path), cause }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(offset: i64) -> Entry {
        let event = Identity { source: "/s".to_owned(), id: offset.to_string(), digest: "d".to_owned() };
        Entry { event: Some(event), partition: 1, offset, repeat: false, at: 7 }
    }

    #[tokio::test]
    async fn what_was_added_is_read_back_in_order() {
        let path = std::env::temp_dir().join(format!("farol-journal-{}", uuid::Uuid::new_v4()));
        let (journal, written) = Journal::create(&path).unwrap();
        let entries: Vec<_> = (0..10_000).map(entry).collect();
        for entry in &entries {
            assert!(journal.add(entry.clone()));
        }
        drop(journal);
        assert_eq!(written.await.unwrap().unwrap(), 10_000);
        assert_eq!(read(&path).unwrap(), entries);
        assert!(Journal::create(&path).is_err(), "a journal that is there is not written over");
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn half_a_line_is_an_error_and_not_the_end() {
        let path = std::env::temp_dir().join(format!("farol-journal-{}", uuid::Uuid::new_v4()));
        std::fs::write(&path, serde_json::to_string(&entry(1)).unwrap() + "\n{\"event\":").unwrap();
        assert!(matches!(read(&path), Err(Error::Entry { line: 2, .. })));
        std::fs::remove_file(&path).unwrap();
    }
}
