//! The ledger: whoever read an older revision changes nothing, and a snapshot comes with
//! its change or not at all.
#![allow(clippy::unwrap_used)] // A broken test may say so loudly.

use super::tests::{LONG, errors_since, prod, snapshot};
use super::*;
use tempfile::TempDir;

#[test]
fn only_who_read_the_present_revision_may_write_the_next() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("h.db");
    let mut one = Sqlite::open(&path, LONG).unwrap();
    let mut other = Sqlite::open(&path, LONG).unwrap();
    assert_eq!(one.ledger(&prod()).unwrap(), Ledger::default());
    let first = one.exchange(&prod(), 0, "a", Some(&snapshot(1, 0, 5)));
    assert_eq!(first, Ok(Exchanged::Done));
    let late = other.exchange(&prod(), 0, "b", Some(&snapshot(2, 0, 6)));
    assert_eq!(late, Ok(Exchanged::Lost));
    assert_eq!(errors_since(&one, 0), [(0, 5)], "nothing of who lost");
    let read = Sqlite::open(&path, LONG).unwrap().ledger(&prod()).unwrap();
    assert_eq!((read.revision, read.document.as_str()), (1, "a"));
    assert_eq!(other.exchange(&prod(), 1, "b", None), Ok(Exchanged::Done));
    assert_eq!(one.exchange(&prod(), 1, "c", None), Ok(Exchanged::Lost));
    let staging = StackKey("staging".to_owned());
    assert_eq!(one.ledger(&staging).unwrap(), Ledger::default());
}

#[test]
fn of_many_that_count_at_once_every_step_counts_once() {
    const EACH: usize = 50;
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("h.db");
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                let mut history = Sqlite::open(&path, LONG).unwrap();
                for _ in 0..EACH {
                    loop {
                        let Ledger { revision, document } = history.ledger(&prod()).unwrap();
                        let count: usize = document.parse().unwrap_or(0);
                        let next = (count + 1).to_string();
                        if history.exchange(&prod(), revision, &next, None).unwrap()
                            == Exchanged::Done
                        {
                            break;
                        }
                    }
                }
            });
        }
    });
    let read = Sqlite::open(&path, LONG).unwrap().ledger(&prod()).unwrap();
    assert_eq!(read.document, (4 * EACH).to_string());
    assert_eq!(read.revision, 4 * EACH as u64);
}
