//! History in a SQLite database that several processes on one machine share, such as a person
//! and cron.
//!
//! Every transaction that may write takes the write lock at its start, so that it is never refused
//! half-way. The first recording creates the database; reading never does. A database that cannot
//! be read is left unchanged.

mod copy;
mod file;
mod prune;
mod rows;
mod schema;
mod wait;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_check_state;
#[cfg(test)]
mod tests_files;
#[cfg(test)]
mod tests_million;
#[cfg(test)]
mod tests_processes;
#[cfg(test)]
mod tests_prune;
#[cfg(test)]
mod tests_storm;

use super::{
    CheckState, Exchanged, History, HistoryError, Pruned, Retention, Sample, Snapshot, StackKey,
    Summary,
};
use file::HistoryFile;
use rusqlite::{Connection, ErrorCode, FileControl, MAIN_DB, OpenFlags, TransactionBehavior};
use schema::Content;
use std::path::{Path, PathBuf};
use std::time::Duration;
use time::OffsetDateTime;
use wait::patiently;

/// A SQLite database at a path, or the empty history that a missing one stands for.
pub(super) struct Sqlite {
    path: PathBuf,
    budget: Duration,
    db: Db,
}

enum Db {
    /// No file, so nothing was recorded.
    Empty,
    /// A connection that may write.
    Open(Connection),
    /// A copy in memory of a read-only database.
    Copy(Connection),
}

impl Sqlite {
    /// Opens what is there for reading; creates and changes nothing.
    pub(super) fn open(path: &Path, budget: Duration) -> Result<Self, HistoryError> {
        schema::sound(rusqlite::version_number())
            .map_err(|why| HistoryError::unreadable(path, why))?;
        let db = match file::look(path)? {
            HistoryFile::Nothing | HistoryFile::Empty => Db::Empty,
            HistoryFile::File => patiently(budget, || open_for_reading(path))?,
        };
        let path = path.to_owned();
        Ok(Self { path, budget, db })
    }

    fn read<T>(
        &self,
        nothing: T,
        mut rows: impl FnMut(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, HistoryError> {
        match &self.db {
            Db::Empty => Ok(nothing),
            Db::Open(db) | Db::Copy(db) => patiently(self.budget, || {
                rows(db).map_err(|e| failed_reading(&self.path, &e))
            }),
        }
    }
}

impl Sqlite {
    /// One transaction that holds the write lock from its start, retried while another process
    /// holds it.
    fn change<T>(
        &mut self,
        mut rows: impl FnMut(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, HistoryError> {
        let path = &self.path;
        let failed = |e: rusqlite::Error| failed_writing(path, &e);
        if let Db::Copy(_) = self.db {
            let why = "its folder cannot be written to";
            return Err(HistoryError::not_writable(path, why));
        }
        let db = &mut self.db;
        patiently(self.budget, || {
            if matches!(db, Db::Open(open) if was_moved(open)) {
                *db = Db::Empty;
            }
            if let Db::Empty = db {
                *db = Db::Open(open_for_writing(path)?);
            }
            let Db::Open(connection) = &mut *db else {
                return Err(HistoryError::not_writable(path, "it is not open"));
            };
            schema::prepare(connection, path)?;
            let change = connection
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .map_err(failed)?;
            let done = rows(&change).map_err(failed)?;
            change.commit().map_err(failed)?;
            Ok(done)
        })
    }
}

impl History for Sqlite {
    fn record(&mut self, snapshot: &Snapshot) -> Result<(), HistoryError> {
        self.change(|change| rows::insert(change, snapshot, false))
    }

    fn record_late(&mut self, snapshot: &Snapshot) -> Result<(), HistoryError> {
        self.change(|change| rows::insert(change, snapshot, true))
    }

    fn samples(
        &self,
        stack: &StackKey,
        fact: &str,
        from: OffsetDateTime,
    ) -> Result<Vec<Sample>, HistoryError> {
        self.read(Vec::new(), |db| rows::samples(db, stack, fact, from))
    }

    fn last_positive(
        &self,
        stack: &StackKey,
        fact: &str,
        from: OffsetDateTime,
        to: OffsetDateTime,
    ) -> Result<Option<OffsetDateTime>, HistoryError> {
        self.read(None, |db| rows::last_positive(db, stack, fact, from, to))
    }

    fn newest(
        &self,
        stack: &StackKey,
        beginning: &str,
        from: OffsetDateTime,
    ) -> Result<Vec<(String, i64)>, HistoryError> {
        self.read(Vec::new(), |db| rows::newest(db, stack, beginning, from))
    }

    fn facts(&self, stack: &StackKey) -> Result<Vec<String>, HistoryError> {
        self.read(Vec::new(), |db| rows::facts(db, stack))
    }

    fn summaries(
        &self,
        stack: &StackKey,
        from: OffsetDateTime,
    ) -> Result<Vec<Summary>, HistoryError> {
        self.read(Vec::new(), |db| rows::summaries(db, stack, from))
    }

    fn ledger(&self, stack: &StackKey) -> Result<CheckState, HistoryError> {
        self.read(CheckState::default(), |db| rows::ledger(db, stack))
    }

    fn exchange(
        &mut self,
        stack: &StackKey,
        revision: u64,
        document: &str,
        snapshot: Option<&Snapshot>,
    ) -> Result<Exchanged, HistoryError> {
        self.change(|change| {
            if !rows::exchange(change, stack, revision, document)? {
                return Ok(Exchanged::Lost);
            }
            if let Some(snapshot) = snapshot {
                rows::insert(change, snapshot, false)?;
            }
            Ok(Exchanged::Done)
        })
    }

    fn prune(&mut self, keep: &Retention, now: OffsetDateTime) -> Result<Pruned, HistoryError> {
        let mut pruned = Pruned::default();
        // One period at a time, so that other processes wait only briefly for the lock.
        for grain in keep.grains(now) {
            for _ in 0..keep.at_once.unwrap_or(usize::MAX) {
                let Some(part) = self.change(|change| prune::part(change, keep, grain))? else {
                    break;
                };
                pruned.observations += part.observations;
                pruned.snapshots += part.snapshots;
            }
        }
        Ok(pruned)
    }
}

fn open_for_reading(path: &Path) -> Result<Db, HistoryError> {
    let opened = connect(path).and_then(|db| up_to_date(db, path, Db::Open));
    let Err(HistoryError::NotWritable { .. }) = opened else {
        return opened;
    };
    let db = copy::open(path)?;
    schema::settle(&db, path)?;
    up_to_date(db, path, Db::Copy)
}

/// Migrates a database of an older version; the only change that reading makes.
fn up_to_date(
    mut db: Connection,
    path: &Path,
    open: fn(Connection) -> Db,
) -> Result<Db, HistoryError> {
    match schema::content(&db, path)? {
        Content::Empty => return Ok(Db::Empty),
        Content::Ours => {}
        Content::Older => schema::renew(&mut db, path)?,
    }
    Ok(open(db))
}

fn open_for_writing(path: &Path) -> Result<Connection, HistoryError> {
    if file::look(path)? == HistoryFile::Nothing {
        file::make(path)?;
    }
    connect(path)
}

/// Whether the file was deleted, moved or replaced since it was opened: rows written to it would
/// be lost.
fn was_moved(db: &Connection) -> bool {
    let mut moved = 0;
    db.file_control(Some(MAIN_DB), FileControl::HasMoved(&mut moved))
        .is_ok()
        && moved != 0
}

/// Opens without creating a file, following a link or reading the path as a URI.
fn connect(path: &Path) -> Result<Connection, HistoryError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let db = Connection::open_with_flags(file::plain(path)?, flags)
        .map_err(|e| failed_opening(path, &e))?;
    schema::settle(&db, path)?;
    Ok(db)
}

/// Opening: SQLite wants to write beside a database even to read it. Where it may not, or
/// the disk is full, the answer is [`HistoryError::NotWritable`], and there is another way
/// to read it; a disk that cannot be read will say so again there.
fn failed_opening(path: &Path, error: &rusqlite::Error) -> HistoryError {
    match error.sqlite_error_code() {
        Some(
            ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure,
        ) => HistoryError::not_writable(path, error.to_string()),
        _ => failed_reading(path, error),
    }
}

fn failed_reading(path: &Path, error: &rusqlite::Error) -> HistoryError {
    match error.sqlite_error_code() {
        Some(code) if is_busy(code) => busy(path),
        _ => HistoryError::unreadable(path, error.to_string()),
    }
}

fn failed_writing(path: &Path, error: &rusqlite::Error) -> HistoryError {
    match error.sqlite_error_code() {
        Some(code) if is_busy(code) => busy(path),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            HistoryError::unreadable(path, error.to_string())
        }
        _ => HistoryError::not_writable(path, error.to_string()),
    }
}

fn is_busy(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::SchemaChanged
    )
}

fn busy(path: &Path) -> HistoryError {
    HistoryError::Busy {
        path: path.to_owned(),
        waited: Duration::ZERO,
    }
}
