//! The tables of a history database, who owns it and how a connection to it behaves.
//! It knows nothing of windows, and of facts only that they have a path and a number.

use super::{HistoryError, failed_opening, failed_writing};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;
use std::time::Duration;

/// The schema this version reads and writes.
pub(super) const VERSION: i64 = 1;

/// Marks the file as ours: "duck" in ASCII.
const APPLICATION: i64 = 0x6475_636b;

/// Before it, two connections in WAL mode could lose committed rows.
const SOUND_LIBRARY: i32 = 3_051_003;

/// A query for a window touches the rows of that window only: they lie together, in
/// order of time. `seq` is the order of recording and survives a clock that moved.
pub(super) const TABLES: &str = "
CREATE TABLE series (
    id    INTEGER PRIMARY KEY,
    stack TEXT NOT NULL,
    fact  TEXT NOT NULL,
    UNIQUE (stack, fact)
) STRICT;
CREATE TABLE snapshot (
    seq      INTEGER PRIMARY KEY,
    ulid     TEXT NOT NULL UNIQUE,
    stack    TEXT NOT NULL,
    at_ms    INTEGER NOT NULL,
    verdict  TEXT NOT NULL,
    runbooks TEXT NOT NULL,
    version  TEXT NOT NULL
) STRICT;
CREATE INDEX snapshot_of_stack ON snapshot (stack, seq);
CREATE TABLE sample (
    series INTEGER NOT NULL REFERENCES series (id),
    at_ms  INTEGER NOT NULL,
    seq    INTEGER NOT NULL REFERENCES snapshot (seq),
    value  INTEGER NOT NULL,
    PRIMARY KEY (series, at_ms, seq)
) STRICT, WITHOUT ROWID;
";

/// Whether the library that was linked keeps committed rows.
pub(super) fn sound(version: i32) -> Result<(), String> {
    if version >= SOUND_LIBRARY {
        return Ok(());
    }
    let (major, minor, patch) = (
        version / 1_000_000,
        version / 1_000 % 1_000,
        version % 1_000,
    );
    Err(format!(
        "SQLite {major}.{minor}.{patch} can lose rows that were recorded; duckops needs 3.51.3"
    ))
}

/// Settings of every connection; none of them writes.
pub(super) fn settle(db: &Connection, path: &Path) -> Result<(), HistoryError> {
    let set = || {
        db.busy_timeout(Duration::ZERO)?; // The waiting is ours, see `wait`.
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        db.pragma_update(None, "trusted_schema", false)?;
        db.pragma_update(None, "foreign_keys", true)?;
        db.pragma_update(None, "cell_size_check", true)?;
        db.pragma_update(None, "synchronous", "FULL")
    };
    set().map_err(|e| failed_opening(path, &e))
}

/// Whether there are tables of ours to read. `false`: the database is still empty.
///
/// # Errors
/// Another application's database, a newer schema, or no database at all.
pub(super) fn is_ours(db: &Connection, path: &Path) -> Result<bool, HistoryError> {
    // In one transaction, or another process could make the tables between two answers.
    let look = || {
        let look = db.unchecked_transaction()?;
        let seen = identity(&look)?;
        look.finish()?;
        Ok(seen)
    };
    judge(look().map_err(|e| failed_opening(path, &e))?, path)
}

/// Mark of the application, version of the schema, number of tables and indexes.
fn identity(db: &Connection) -> rusqlite::Result<(i64, i64, i64)> {
    let number = |pragma: &str| db.pragma_query_value(None, pragma, |row| row.get(0));
    let objects = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok((number("application_id")?, number("user_version")?, objects))
}

fn judge(identity: (i64, i64, i64), path: &Path) -> Result<bool, HistoryError> {
    match identity {
        (0, 0, 0) => Ok(false),
        (APPLICATION, VERSION, 1..) => Ok(true),
        (APPLICATION, found, _) if found > VERSION => Err(HistoryError::Newer {
            path: path.to_owned(),
            found,
            known: VERSION,
        }),
        (APPLICATION, ..) => Err(HistoryError::unreadable(path, "its tables are missing")),
        _ => {
            let why = "it is a database of another application";
            Err(HistoryError::unreadable(path, why))
        }
    }
}

/// Switches to WAL and makes the tables if there are none. A database that is not ours
/// is not touched.
pub(super) fn prepare(db: &mut Connection, path: &Path) -> Result<(), HistoryError> {
    let failed = |e: rusqlite::Error| failed_writing(path, &e);
    let done = is_ours(db, path)?;
    // Where WAL is not possible SQLite stays with its journal, which is as safe.
    db.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))
        .map_err(failed)?;
    if done { Ok(()) } else { create(db, path) }
}

/// Makes the tables, all or none, unless somebody else did since we looked.
fn create(db: &mut Connection, path: &Path) -> Result<(), HistoryError> {
    let failed = |e: rusqlite::Error| failed_writing(path, &e);
    let change = db
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    if judge(identity(&change).map_err(failed)?, path)? {
        return Ok(());
    }
    change.execute_batch(TABLES).map_err(failed)?;
    change
        .pragma_update(None, "application_id", APPLICATION)
        .map_err(failed)?;
    change
        .pragma_update(None, "user_version", VERSION)
        .map_err(failed)?;
    change.commit().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_that_can_lose_rows_is_refused() {
        assert!(sound(3_051_003).is_ok());
        assert!(sound(3_054_001).is_ok());
        assert!(sound(rusqlite::version_number()).is_ok());
        assert_eq!(
            sound(3_051_002),
            Err("SQLite 3.51.2 can lose rows that were recorded; duckops needs 3.51.3".to_owned())
        );
    }

    #[test]
    fn who_finds_the_tables_made_meanwhile_is_content() -> Result<(), HistoryError> {
        let path = Path::new("x");
        let Ok(mut db) = Connection::open_in_memory() else {
            return Err(HistoryError::unreadable(path, "no memory"));
        };
        assert!(!is_ours(&db, path)?);
        prepare(&mut db, path)?;
        assert!(is_ours(&db, path)?);
        create(&mut db, path)
    }
}
