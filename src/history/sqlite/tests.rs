//! What is specific to the SQLite file: the order of recording and waiting for locks. What every
//! store must do is in `tests/histories/suite.rs`.
#![allow(clippy::unwrap_used)] // A broken test may say so loudly.

use super::*;
use crate::history::{Location, increase, open};
use rusqlite::params;
use std::time::Instant;
use tempfile::TempDir;
use ulid::Ulid;

pub(super) const SHORT: Duration = Duration::from_millis(150);
pub(super) const LONG: Duration = Duration::from_secs(20);

pub(super) fn at(second: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(1_770_000_000 + second)
}

pub(super) fn prod() -> StackKey {
    StackKey("prod https://x 123456789012 us-east-1".to_owned())
}

pub(super) fn snapshot(number: u128, second: i64, total: i64) -> Snapshot {
    Snapshot {
        id: Ulid::from(number),
        at: at(second),
        stack: prod(),
        verdict: "warning".to_owned(),
        runbooks: vec![("inc-004".to_owned(), "warning".to_owned())],
        numbers: vec![
            ("peck.callback_errors".to_owned(), total),
            ("status.agents.alive".to_owned(), total % 2),
        ],
        duckops_version: "0.1.0".to_owned(),
    }
}

pub(super) fn errors_since(history: &dyn History, second: i64) -> Vec<(i64, i64)> {
    let samples = history.samples(&prod(), "peck.callback_errors", at(second));
    let second = |s: &Sample| (s.at - at(0)).whole_seconds();
    samples
        .unwrap()
        .iter()
        .map(|s| (second(s), s.value))
        .collect()
}

pub(super) fn filled(path: &Path, snapshots: i64) {
    let mut history = Sqlite::open(path, LONG).unwrap();
    for i in 0..snapshots {
        history.record(&snapshot(i as u128 + 1, i, i)).unwrap();
    }
}

#[test]
fn reading_creates_no_file_and_recording_does() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("new/state/history.db");
    let mut history = open(&Location::Sqlite(path.clone()), SHORT).unwrap();
    assert!(errors_since(&*history, 0).is_empty());
    assert!(!path.parent().unwrap().exists());
    history.record(&snapshot(1, 0, 5)).unwrap();
    assert!(path.exists());
}

#[test]
fn the_same_id_twice_is_recorded_once() {
    let folder = TempDir::new().unwrap();
    let mut history = Sqlite::open(&folder.path().join("h.db"), SHORT).unwrap();
    history.record(&snapshot(7, 0, 5)).unwrap();
    history.record(&snapshot(7, 9, 6)).unwrap();
    assert_eq!(errors_since(&history, 0), [(0, 5)]);
}

#[test]
fn samples_keep_the_order_of_recording() {
    let folder = TempDir::new().unwrap();
    let mut history = Sqlite::open(&folder.path().join("h.db"), SHORT).unwrap();
    for (number, second) in [(1, 0), (2, 5_000), (3, 1_000)] {
        history.record(&snapshot(number, second, 5)).unwrap();
    }
    assert_eq!(
        errors_since(&history, 500),
        [(0, 5), (5_000, 5), (1_000, 5)]
    );
    let samples = history
        .samples(&prod(), "peck.callback_errors", at(500))
        .unwrap();
    let window = crate::history::Window {
        start: at(500),
        end: at(6_000),
    };
    assert!(increase(&samples, window).is_err());
}

#[test]
fn two_connections_at_once_lose_nothing_and_record_nothing_twice() {
    const EACH: i64 = 200;
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("h.db");
    std::thread::scope(|threads| {
        for thread in 0..2_i64 {
            let path = &path;
            threads.spawn(move || {
                let mut history = Sqlite::open(path, LONG).unwrap();
                for i in 0..EACH {
                    let number = (thread * EACH + i + 1) as u128;
                    history.record(&snapshot(number, i, thread)).unwrap();
                }
            });
        }
    });
    let history = Sqlite::open(&path, LONG).unwrap();
    let all = errors_since(&history, 0);
    assert_eq!(all.len() as i64, 2 * EACH);
    for thread in 0..2 {
        let own: Vec<_> = all
            .iter()
            .filter(|(_, t)| *t == thread)
            .map(|(s, _)| *s)
            .collect();
        assert_eq!(own, (0..EACH).collect::<Vec<_>>());
    }
    assert_eq!(checked(&history), "ok");
}

pub(super) fn checked(history: &Sqlite) -> String {
    let Db::Open(db) = &history.db else {
        return "not open".to_owned();
    };
    let check = |pragma| db.query_row(pragma, [], |row| row.get::<_, String>(0));
    assert!(
        check("PRAGMA foreign_key_check").is_err(),
        "a row is a complaint"
    );
    check("PRAGMA integrity_check").unwrap()
}

#[test]
fn during_a_foreign_write_reading_works_and_recording_times_out() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("h.db");
    filled(&path, 3);
    let other = Connection::open(&path).unwrap();
    other
        .execute_batch("BEGIN IMMEDIATE; DELETE FROM sample")
        .unwrap();

    let begun = Instant::now();
    let mut history = Sqlite::open(&path, SHORT).unwrap();
    assert_eq!(errors_since(&history, 0).len(), 3);
    assert!(begun.elapsed() < SHORT, "reading does not wait");
    let refused = history.record(&snapshot(9, 9, 9));
    assert!(
        matches!(refused, Err(HistoryError::Busy { waited, .. }) if waited == SHORT),
        "{refused:?}"
    );
    assert!(begun.elapsed() < SHORT * 10, "{:?}", begun.elapsed());

    other.execute_batch("ROLLBACK").unwrap();
    history.record(&snapshot(9, 9, 9)).unwrap();
    assert_eq!(errors_since(&history, 0).len(), 4);
}

#[test]
fn an_exclusively_locked_database_is_busy_not_empty() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("h.db");
    filled(&path, 3);
    let other = Connection::open(&path).unwrap();
    let alone = "PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; DELETE FROM sample";
    other.execute_batch(alone).unwrap();
    let refused = Sqlite::open(&path, SHORT).err();
    assert!(
        matches!(refused, Some(HistoryError::Busy { waited, .. }) if waited == SHORT),
        "{refused:?}"
    );
}

#[test]
fn a_full_disk_is_an_error_and_loses_no_recorded_snapshot() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("h.db");
    filled(&path, 3);
    let mut history = Sqlite::open(&path, SHORT).unwrap();
    let Db::Open(db) = &history.db else {
        unreachable!("it was recorded")
    };
    let set = "PRAGMA max_page_count = 1"; // It takes what there is as the least.
    let _: i64 = db.query_row(set, [], |row| row.get(0)).unwrap();
    let mut large = snapshot(9, 9, 9);
    large.numbers = (0..5_000).map(|i| (format!("fact.{i}"), i)).collect();
    let refused = history.record(&large);
    assert!(
        matches!(&refused, Err(HistoryError::NotWritable { why, .. }) if why.as_str().contains("full")),
        "{refused:?}"
    );
    assert_eq!(errors_since(&history, 0).len(), 3);
    drop(history);
    let history = Sqlite::open(&path, SHORT).unwrap();
    assert_eq!(errors_since(&history, 0).len(), 3);
    assert_eq!(
        history.summaries(&prod(), at(0)).unwrap().pop().unwrap().id,
        Ulid::from(3)
    );
    assert_eq!(checked(&history), "ok");
}

#[test]
fn a_newer_schema_is_neither_read_nor_written() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("h.db");
    filled(&path, 1);
    let other = Connection::open(&path).unwrap();
    other.pragma_update(None, "user_version", 7).unwrap();
    drop(other);
    let before = std::fs::read(&path).unwrap();
    let refused = Sqlite::open(&path, SHORT).err().unwrap();
    assert_eq!(
        refused,
        HistoryError::Newer {
            path: path.clone(),
            found: 7,
            known: schema::VERSION
        }
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_schema_upgraded_during_the_run_is_not_written() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("h.db");
    filled(&path, 1);
    let mut history = Sqlite::open(&path, SHORT).unwrap();
    let other = Connection::open(&path).unwrap();
    other.pragma_update(None, "user_version", 7).unwrap();
    let refused = history.record(&snapshot(2, 2, 2));
    assert!(
        matches!(refused, Err(HistoryError::Newer { found: 7, .. })),
        "{refused:?}"
    );
}

#[test]
fn a_stored_value_that_is_not_a_time_is_reported_as_damage() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("h.db");
    filled(&path, 1);
    let other = Connection::open(&path).unwrap();
    other
        .execute("UPDATE sample SET at_ms = ?1", params![i64::MAX])
        .unwrap();
    other
        .execute("UPDATE snapshot SET runbooks = '{'", [])
        .unwrap();
    let history = Sqlite::open(&path, SHORT).unwrap();
    let samples = history.samples(&prod(), "peck.callback_errors", at(0));
    assert!(
        matches!(samples, Err(HistoryError::Unreadable { .. })),
        "{samples:?}"
    );
    let read = history.summaries(&prod(), at(0));
    assert!(
        matches!(read, Err(HistoryError::Unreadable { .. })),
        "{read:?}"
    );
}
