//! Recorded history: what earlier runs saw, so that a question such as "how many in 24 h" can be
//! answered from running totals. Times and paths are arguments.
//!
//! A file that does not exist is an *empty* history: nothing was recorded, which is proven. A file
//! that cannot be read is an *error*. They must not be confused, because an empty history can let a
//! step be ok on the first run.

mod blocking;
mod dynamodb;
mod error;
pub mod export;
mod location;
mod pending;
mod retention;
mod sqlite;
mod window;

pub(crate) use blocking::blocking;
pub use dynamodb::{ACTIONS, Initialised, TableAccess, TableName, initialise};
pub use error::HistoryError;
pub use location::Location;
pub use pending::{Pending, Queue};
pub use retention::{Pruned, Retention};
pub use window::{Increase, Sample, TOLERANCE, Window, WindowError, increase};

use std::time::Duration;
use time::OffsetDateTime;
use ulid::Ulid;

/// How long an operation waits for another process unless the caller has less time.
pub const BUSY_BUDGET: Duration = Duration::from_secs(2);

/// What identifies one stack: the caller joins name, URL, account and region, so that
/// staging never mixes with prod. Compared byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StackKey(pub String);

/// The numbers and verdicts of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Recording the same id again changes nothing.
    pub id: Ulid,
    /// When it was seen, to the millisecond.
    pub at: OffsetDateTime,
    /// Of which stack.
    pub stack: StackKey,
    /// The verdict of the run.
    pub verdict: String,
    /// Id and verdict of each runbook.
    pub runbooks: Vec<(String, String)>,
    /// Path and value of each whole-numbered fact, each path once.
    pub numbers: Vec<(String, i64)>,
    /// Which duckops recorded it.
    pub duckops_version: String,
}

/// A recorded snapshot without its numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// See [`Snapshot::id`].
    pub id: Ulid,
    /// See [`Snapshot::at`].
    pub at: OffsetDateTime,
    /// See [`Snapshot::verdict`].
    pub verdict: String,
    /// See [`Snapshot::runbooks`].
    pub runbooks: Vec<(String, String)>,
    /// See [`Snapshot::duckops_version`].
    pub duckops_version: String,
}

/// The one document that everybody who records for a stack shares, in one revision of it.
/// History keeps it beside the snapshots and does not read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckState {
    /// Number of changes; 0 before the first.
    pub revision: u64,
    /// Its content; empty before the first change.
    pub document: String,
}

/// The outcome of an attempt to change the check state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Exchanged {
    /// It was changed, and is on disk.
    Done,
    /// Another process changed it first: read it and decide again.
    Lost,
}

/// A store of snapshots. Calls block, each for about the budget it was opened with at most.
pub trait History: Send {
    /// Records a snapshot; when it returns, the snapshot is on disk. Recording an id
    /// that is there already changes nothing.
    ///
    /// # Errors
    /// [`HistoryError`]; then nothing of this snapshot was recorded.
    fn record(&mut self, snapshot: &Snapshot) -> Result<(), HistoryError>;

    /// Records a snapshot of an earlier run, which had to wait. It takes its place by its
    /// time and never is the newest.
    ///
    /// # Errors
    /// [`HistoryError`]; then nothing of this snapshot was recorded.
    fn record_late(&mut self, snapshot: &Snapshot) -> Result<(), HistoryError>;

    /// The samples of a fact at or after `from`, and the newest one before it, in the
    /// order they were recorded, which is not that of their times if a clock was moved.
    /// Hosts that share a store have no such order: theirs is that of the times.
    ///
    /// # Errors
    /// [`HistoryError`]; never an empty answer in its place.
    fn samples(
        &self,
        stack: &StackKey,
        fact: &str,
        from: OffsetDateTime,
    ) -> Result<Vec<Sample>, HistoryError>;

    /// The newest time in `from..=to` at which the fact was above zero.
    ///
    /// # Errors
    /// [`HistoryError`].
    fn last_positive(
        &self,
        stack: &StackKey,
        fact: &str,
        from: OffsetDateTime,
        to: OffsetDateTime,
    ) -> Result<Option<OffsetDateTime>, HistoryError>;

    /// The newest value at or after `from` of each fact whose name begins so, by the rest of its name.
    ///
    /// # Errors
    /// [`HistoryError`]; never an empty answer in its place.
    fn newest(
        &self,
        stack: &StackKey,
        beginning: &str,
        from: OffsetDateTime,
    ) -> Result<Vec<(String, i64)>, HistoryError>;

    /// The facts that were ever recorded for this stack, in order.
    ///
    /// # Errors
    /// [`HistoryError`].
    fn facts(&self, stack: &StackKey) -> Result<Vec<String>, HistoryError>;

    /// The snapshots of this stack at or after `from`, oldest first, those that had to wait
    /// among them.
    ///
    /// # Errors
    /// [`HistoryError`]; never an empty answer in its place.
    fn summaries(
        &self,
        stack: &StackKey,
        from: OffsetDateTime,
    ) -> Result<Vec<Summary>, HistoryError>;

    /// The ledger of this stack.
    ///
    /// # Errors
    /// [`HistoryError`]; never an empty ledger in its place.
    fn ledger(&self, stack: &StackKey) -> Result<CheckState, HistoryError>;

    /// Puts `document` in place of the ledger, if that still has this revision. A snapshot
    /// that is passed is recorded with it: after success both are stored.
    ///
    /// # Errors
    /// [`HistoryError`]; then the ledger is as it was, unless it is
    /// [`HistoryError::NoAnswer`]: what became of it is seen by reading it.
    fn exchange(
        &mut self,
        stack: &StackKey,
        revision: u64,
        document: &str,
        snapshot: Option<&Snapshot>,
    ) -> Result<Exchanged, HistoryError>;

    /// Thins out what is old, as far as it has not been yet.
    ///
    /// # Errors
    /// [`HistoryError`]; then at worst less was thinned out.
    fn prune(&mut self, keep: &Retention, now: OffsetDateTime) -> Result<Pruned, HistoryError>;
}

/// Opens history on this machine for reading and recording. A database that does not exist
/// is empty and is made by the first [`History::record`]. A table is opened by [`share`].
///
/// # Errors
/// [`HistoryError`] if something is there that cannot be read.
pub fn open(location: &Location, budget: Duration) -> Result<Box<dyn History>, HistoryError> {
    match location {
        Location::Sqlite(path) => Ok(Box::new(sqlite::Sqlite::open(path, budget)?)),
        Location::DynamoDb(_) => {
            let why = format!("{location} needs a login to AWS");
            let (why, remedy) = (why.into(), None);
            Err(HistoryError::NoCredentials { why, remedy })
        }
        Location::None => Ok(Box::new(Nowhere)),
    }
}

/// Opens history that several hosts share. Nothing is asked before the first call, and
/// nothing answers that was not proven to be the stack's.
pub fn share(table: &TableName, access: TableAccess, budget: Duration) -> Box<dyn History> {
    Box::new(dynamodb::DynamoDb::new(table, access, budget))
}

/// History for a run that records none: always empty.
#[derive(Clone, Copy, Debug)]
pub struct Nowhere;

impl History for Nowhere {
    fn record(&mut self, _: &Snapshot) -> Result<(), HistoryError> {
        Ok(())
    }

    fn record_late(&mut self, _: &Snapshot) -> Result<(), HistoryError> {
        Ok(())
    }

    fn samples(
        &self,
        _: &StackKey,
        _: &str,
        _: OffsetDateTime,
    ) -> Result<Vec<Sample>, HistoryError> {
        Ok(Vec::new())
    }

    fn last_positive(
        &self,
        _: &StackKey,
        _: &str,
        _: OffsetDateTime,
        _: OffsetDateTime,
    ) -> Result<Option<OffsetDateTime>, HistoryError> {
        Ok(None)
    }

    fn newest(
        &self,
        _: &StackKey,
        _: &str,
        _: OffsetDateTime,
    ) -> Result<Vec<(String, i64)>, HistoryError> {
        Ok(Vec::new())
    }

    fn facts(&self, _: &StackKey) -> Result<Vec<String>, HistoryError> {
        Ok(Vec::new())
    }

    fn summaries(&self, _: &StackKey, _: OffsetDateTime) -> Result<Vec<Summary>, HistoryError> {
        Ok(Vec::new())
    }

    fn ledger(&self, _: &StackKey) -> Result<CheckState, HistoryError> {
        Ok(CheckState::default())
    }

    fn exchange(
        &mut self,
        _: &StackKey,
        _: u64,
        _: &str,
        _: Option<&Snapshot>,
    ) -> Result<Exchanged, HistoryError> {
        Ok(Exchanged::Done)
    }

    fn prune(&mut self, _: &Retention, _: OffsetDateTime) -> Result<Pruned, HistoryError> {
        Ok(Pruned::default())
    }
}

/// Whole milliseconds since 1970, as every store keeps times.
fn millis(at: OffsetDateTime) -> i64 {
    // In range: the years that `time` knows are far fewer than 64 bits of milliseconds.
    i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX)
}

/// The time of a number of milliseconds since 1970, unless no year has it.
fn instant(millis: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_1970_keep_their_milliseconds() {
        for ms in [0, 1, -1, -1_500, 1_770_000_000_123, i64::from(i32::MIN)] {
            assert_eq!(instant(ms).map(millis), Some(ms));
        }
    }
}
