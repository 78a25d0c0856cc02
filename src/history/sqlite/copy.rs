//! Reads a database in a directory without write permission. SQLite creates its `-wal` and `-shm`
//! files even to read, so the whole database is copied into memory instead, and the copy is used
//! only if the file did not change meanwhile.

use super::{HistoryError, failed_reading, file};
use crate::state_dir::input::{self, Links};
use crate::text::words_of;
use rusqlite::{Connection, MAIN_DB};
use std::fs::{self, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The largest database that is copied into memory: about five million snapshots.
const MOST_BYTES: u64 = 256 << 20;

/// Byte 18 and 19 of the header say how the file is written and read: 1 with a journal,
/// 2 with a WAL. A copy in memory has no WAL.
const WRITTEN_AND_READ_WITH: std::ops::Range<usize> = 18..20;

/// A connection to a copy in memory.
pub(super) fn open(path: &Path) -> Result<Connection, HistoryError> {
    let failed = |e: std::io::Error| HistoryError::unreadable(path, words_of(&e));
    let refused = |why: &str| HistoryError::unreadable(path, why);
    merged(path)?;
    let before = fs::symlink_metadata(path).map_err(failed)?;
    let (file, opened) = input::open(path, Links::Refuse)
        .map_err(|error| HistoryError::unreadable(path, error.to_string()))?;
    if print(&opened) != print(&before) {
        return Err(refused("it was changed while it was read"));
    }
    if opened.len() > MOST_BYTES {
        return Err(refused(
            "its folder cannot be written to, and it is too large to be read without",
        ));
    }
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    // A writer that has finished changed the time stamp; an active one has a WAL.
    merged(path)?;
    if print(&fs::symlink_metadata(path).map_err(failed)?) != print(&before)
        || bytes.len() as u64 != before.len()
    {
        return Err(refused("it was changed while it was read"));
    }
    for byte in bytes.get_mut(WRITTEN_AND_READ_WITH).into_iter().flatten() {
        *byte = 1.min(*byte);
    }
    let load = || {
        let mut db = Connection::open_in_memory()?;
        let size = bytes.len();
        db.deserialize_read_exact(MAIN_DB, bytes.as_slice(), size, true)?;
        Ok(db)
    };
    load().map_err(|e| failed_reading(path, &e))
}

/// A non-empty WAL holds rows that a copy of the database file would lack.
fn merged(path: &Path) -> Result<(), HistoryError> {
    if file::unmerged(path)? == 0 {
        return Ok(());
    }
    Err(HistoryError::unreadable(
        path,
        "its folder is not writable while rows wait in it",
    ))
}

/// What changes when a file is written or replaced.
fn print(seen: &Metadata) -> impl PartialEq + use<> {
    let (changed, written) = (
        (seen.ctime(), seen.ctime_nsec()),
        (seen.mtime(), seen.mtime_nsec()),
    );
    (seen.dev(), seen.ino(), seen.len(), changed, written)
}
