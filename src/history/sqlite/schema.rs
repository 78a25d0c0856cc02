//! The tables of a history database, its owner, and the settings of a connection to it.

use super::{HistoryError, failed_opening, failed_writing};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;
use std::time::Duration;

/// The schema this version reads and writes.
pub(super) const VERSION: i64 = 2;

/// Marks the file as ours: "duck" in ASCII.
const APPLICATION: i64 = 0x6475_636b;

/// Before it, two connections in WAL mode could lose committed rows.
const SOUND_LIBRARY: i32 = 3_051_003;

/// A query for a window touches the rows of that window only: they lie together, in
/// order of time. `seq` is the order of recording and survives a clock that moved; below
/// zero it is that of a snapshot which had to wait. `positive_ms` is when a fact was above
/// zero for the last time.
pub(super) const TABLES: &str = "
CREATE TABLE series (
    id          INTEGER PRIMARY KEY,
    stack       TEXT NOT NULL,
    fact        TEXT NOT NULL,
    positive_ms INTEGER,
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
CREATE INDEX snapshot_by_time ON snapshot (at_ms);
CREATE TABLE sample (
    series INTEGER NOT NULL REFERENCES series (id),
    at_ms  INTEGER NOT NULL,
    seq    INTEGER NOT NULL,
    value  INTEGER NOT NULL,
    PRIMARY KEY (series, at_ms, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE ledger (
    stack    TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE thinned (
    grain_ms INTEGER PRIMARY KEY,
    up_to_ms INTEGER NOT NULL
) STRICT;
";

/// From schema 1, which had neither ledger nor retention. A sample no longer holds on to
/// its snapshot, or forgetting a snapshot would have to look through all samples.
const FROM_1: &str = "
ALTER TABLE series ADD COLUMN positive_ms INTEGER;
UPDATE series SET positive_ms = (
    SELECT max(at_ms) FROM sample WHERE sample.series = series.id AND value > 0);
CREATE INDEX snapshot_by_time ON snapshot (at_ms);
CREATE TABLE sample_2 (
    series INTEGER NOT NULL REFERENCES series (id),
    at_ms  INTEGER NOT NULL,
    seq    INTEGER NOT NULL,
    value  INTEGER NOT NULL,
    PRIMARY KEY (series, at_ms, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO sample_2 SELECT series, at_ms, seq, value FROM sample;
DROP TABLE sample;
ALTER TABLE sample_2 RENAME TO sample;
CREATE TABLE ledger (
    stack    TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE thinned (
    grain_ms INTEGER PRIMARY KEY,
    up_to_ms INTEGER NOT NULL
) STRICT;
";

/// Whether the linked library is free of the WAL bug.
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

/// The state of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// No tables yet.
    Empty,
    /// Tables of this schema.
    Ours,
    /// Tables of an older schema, which [`prepare`] migrates.
    Older,
}

/// Inspects a database before it is read.
///
/// # Errors
/// Another application's database, a newer schema, or no database at all.
pub(super) fn content(db: &Connection, path: &Path) -> Result<Content, HistoryError> {
    // In one transaction, or another process could create the tables between two queries.
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

fn judge(identity: (i64, i64, i64), path: &Path) -> Result<Content, HistoryError> {
    match identity {
        (0, 0, 0) => Ok(Content::Empty),
        (APPLICATION, VERSION, 1..) => Ok(Content::Ours),
        (APPLICATION, 1, 1..) => Ok(Content::Older),
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

/// Switches to WAL and makes the tables, or brings them up to date. A database that is
/// not ours is not touched.
pub(super) fn prepare(db: &mut Connection, path: &Path) -> Result<(), HistoryError> {
    let failed = |e: rusqlite::Error| failed_writing(path, &e);
    let found = content(db, path)?;
    // Without WAL SQLite uses its rollback journal, which is as safe.
    db.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))
        .map_err(failed)?;
    if found == Content::Ours {
        return Ok(());
    }
    renew(db, path)
}

/// Creates or migrates the tables atomically, unless another process has done so meanwhile.
pub(super) fn renew(db: &mut Connection, path: &Path) -> Result<(), HistoryError> {
    let failed = |e: rusqlite::Error| failed_writing(path, &e);
    let change = db
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    let steps = match judge(identity(&change).map_err(failed)?, path)? {
        Content::Ours => return Ok(()),
        Content::Empty => TABLES,
        Content::Older => FROM_1,
    };
    change.execute_batch(steps).map_err(failed)?;
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
    fn a_sqlite_library_with_the_wal_bug_is_refused() {
        assert!(sound(3_051_003).is_ok());
        assert!(sound(3_054_001).is_ok());
        assert!(sound(rusqlite::version_number()).is_ok());
        assert_eq!(
            sound(3_051_002),
            Err("SQLite 3.51.2 can lose rows that were recorded; duckops needs 3.51.3".to_owned())
        );
    }

    #[test]
    fn tables_created_meanwhile_by_another_process_are_accepted() -> Result<(), HistoryError> {
        let path = Path::new("x");
        let Ok(mut db) = Connection::open_in_memory() else {
            return Err(HistoryError::unreadable(path, "no memory"));
        };
        assert_eq!(content(&db, path)?, Content::Empty);
        prepare(&mut db, path)?;
        assert_eq!(content(&db, path)?, Content::Ours);
        renew(&mut db, path)
    }

    /// Columns and indexes, whatever the spelling of the statements.
    fn shape(db: &Connection) -> rusqlite::Result<Vec<String>> {
        let mut names = db.prepare(
            "SELECT m.type || ' ' || m.name || ' ' || ifnull(group_concat(c.name || c.type || c.pk), '')
             FROM sqlite_schema m LEFT JOIN pragma_table_info(m.name) c
             WHERE m.name NOT LIKE 'sqlite_%' GROUP BY m.name ORDER BY m.name",
        )?;
        let names = names.query_map([], |row| row.get(0))?;
        names.collect()
    }

    #[test]
    fn schema_1_is_migrated_and_keeps_its_rows() -> rusqlite::Result<()> {
        let path = Path::new("x");
        let mut old = Connection::open_in_memory()?;
        old.execute_batch(
            "CREATE TABLE series (id INTEGER PRIMARY KEY, stack TEXT NOT NULL, fact TEXT NOT NULL,
                 UNIQUE (stack, fact)) STRICT;
             CREATE TABLE snapshot (seq INTEGER PRIMARY KEY, ulid TEXT NOT NULL UNIQUE,
                 stack TEXT NOT NULL, at_ms INTEGER NOT NULL, verdict TEXT NOT NULL,
                 runbooks TEXT NOT NULL, version TEXT NOT NULL) STRICT;
             CREATE INDEX snapshot_of_stack ON snapshot (stack, seq);
             CREATE TABLE sample (series INTEGER NOT NULL REFERENCES series (id),
                 at_ms INTEGER NOT NULL, seq INTEGER NOT NULL REFERENCES snapshot (seq),
                 value INTEGER NOT NULL, PRIMARY KEY (series, at_ms, seq)) STRICT, WITHOUT ROWID;
             PRAGMA application_id = 1685414763; PRAGMA user_version = 1;
             INSERT INTO series VALUES (1, 'prod', 'alive'), (2, 'prod', 'dead');
             INSERT INTO snapshot VALUES (1, 'a', 'prod', 10, 'ok', '[]', '0'), (2, 'b', 'prod', 20, 'ok', '[]', '0');
             INSERT INTO sample VALUES (1, 10, 1, 3), (1, 20, 2, 0), (2, 10, 1, 0);",
        )?;
        assert_eq!(content(&old, path), Ok(Content::Older));
        assert_eq!(prepare(&mut old, path), Ok(()));
        assert_eq!(content(&old, path), Ok(Content::Ours));
        let mut new = Connection::open_in_memory()?;
        assert_eq!(prepare(&mut new, path), Ok(()));
        assert_eq!(shape(&old)?, shape(&new)?);
        let count = |what: &str| old.query_row(what, [], |row| row.get::<_, Option<i64>>(0));
        assert_eq!(count("SELECT count(*) FROM sample")?, Some(3));
        assert_eq!(
            count("SELECT positive_ms FROM series WHERE id = 1")?,
            Some(10)
        );
        assert_eq!(count("SELECT positive_ms FROM series WHERE id = 2")?, None);
        Ok(())
    }
}
