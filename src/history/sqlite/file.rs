//! The database as a file: what may stand at its path, and creating it with private modes.

use super::HistoryError;
use crate::state_dir::private_file;
use crate::state_dir::{StateDirError, output};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The suffixes of the files that SQLite keeps beside a database.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// The smallest page, and so the smallest database.
const SMALLEST_PAGE: u64 = 512;

/// What is found where the database should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HistoryFile {
    /// Nothing.
    Nothing,
    /// An empty file, which SQLite takes for a new database.
    Empty,
    /// A file with something in it.
    File,
}

/// Looks without opening. Links, pipes, devices and folders are refused, also beside
/// the database; links among the parent folders are not our concern.
pub(super) fn look(path: &Path) -> Result<HistoryFile, HistoryError> {
    let found = match kind(path)? {
        None => HistoryFile::Nothing,
        Some(0) => HistoryFile::Empty,
        // SQLite takes a file of one byte for an empty database.
        Some(1..SMALLEST_PAGE) => {
            return Err(HistoryError::unreadable(
                path,
                "it is too short to be a database",
            ));
        }
        Some(_) => HistoryFile::File,
    };
    for suffix in BESIDE {
        kind(&beside(path, suffix))?;
    }
    Ok(found)
}

/// The bytes in the WAL or journal beside the database.
pub(super) fn unmerged(path: &Path) -> Result<u64, HistoryError> {
    let wal = kind(&beside(path, "-wal"))?.unwrap_or(0);
    Ok(wal + kind(&beside(path, "-journal"))?.unwrap_or(0))
}

/// The length of a regular file; `None` if there is none.
fn kind(path: &Path) -> Result<Option<u64>, HistoryError> {
    let seen = match fs::symlink_metadata(path) {
        Ok(seen) => seen,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(HistoryError::unreadable(path, e.to_string())),
    };
    let kind = seen.file_type();
    if kind.is_file() {
        return Ok(Some(seen.len()));
    }
    let why = if kind.is_symlink() {
        "it is a symbolic link, and links are not followed"
    } else if kind.is_dir() {
        "it is a folder"
    } else {
        "it is a pipe, a socket or a device"
    };
    Err(HistoryError::unreadable(path, why))
}

/// An absolute path with its folder resolved. Absolute, because the bundled SQLite reads `file:`
/// URIs and `:memory:` whatever the flags say; resolved, because `SQLITE_OPEN_NOFOLLOW` refuses
/// links among the parent folders too.
pub(super) fn plain(path: &Path) -> Result<PathBuf, HistoryError> {
    let (folder, name) = split(path)?;
    match fs::canonicalize(&folder) {
        Ok(folder) => Ok(folder.join(name)),
        Err(e) => Err(HistoryError::unreadable(path, e.to_string())),
    }
}

/// Creates an empty database file, 0600, and missing folders, 0700. A file that exists by now is
/// left alone.
pub(super) fn make(path: &Path) -> Result<(), HistoryError> {
    let (folder, _) = split(path)?;
    let refused = |error: StateDirError| HistoryError::not_writable(path, error.why().to_string());
    private_file::make_folder(&folder).map_err(refused)?;
    let Some(file) = private_file::create_new(path).map_err(refused)? else {
        return Ok(());
    };
    // Never closed: to close it would drop the locks that another connection of this
    // process may hold on the same file by now, as POSIX wants it. One handle, once.
    std::mem::forget(file);
    // The directory entry survives a power cut; not every file system supports this.
    let _ = output::sync_folder(&folder);
    Ok(())
}

fn split(path: &Path) -> Result<(PathBuf, PathBuf), HistoryError> {
    let Some(name) = path.file_name() else {
        return Err(HistoryError::unreadable(path, "it names no file"));
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    Ok((folder, PathBuf::from(name)))
}

pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
