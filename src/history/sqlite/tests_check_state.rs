//! A snapshot and its change of the check state are written together or not at all. What every
//! store must do is in `tests/histories/suite.rs`.
#![allow(clippy::unwrap_used)] // A broken test may say so loudly.

use super::tests::{LONG, errors_since, prod, snapshot};
use super::*;
use tempfile::TempDir;

#[test]
fn a_lost_compare_and_swap_records_nothing() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("h.db");
    let mut one = Sqlite::open(&path, LONG).unwrap();
    let mut other = Sqlite::open(&path, LONG).unwrap();
    let first = one.exchange(&prod(), 0, "a", Some(&snapshot(1, 0, 5)));
    assert_eq!(first, Ok(Exchanged::Done));
    let late = other.exchange(&prod(), 0, "b", Some(&snapshot(2, 0, 6)));
    assert_eq!(late, Ok(Exchanged::Lost));
    assert_eq!(errors_since(&one, 0), [(0, 5)]);
}
