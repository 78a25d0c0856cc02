//! Recorded history: what earlier runs saw, so that "in 24 h" can be answered from
//! running totals. It keeps and returns samples and does the arithmetic on windows of
//! them; it knows no incident, no probe and no verdict, it asks no clock and reads no
//! environment: times and paths are arguments.
//!
//! A file that is not there is an *empty* history: it is proven that nothing was
//! recorded. A file that is there and cannot be read is an *error*. The two must never
//! be confused, because an empty history can let a step be ok on the first run.

mod error;
mod location;
mod sqlite;
mod window;

pub use error::HistoryError;
pub use location::Location;
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

/// What one run saw and judged.
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

/// A place that keeps snapshots. Its calls block, each for at most about the budget it
/// was opened with.
pub trait History: Send {
    /// Records a snapshot; when it returns, the snapshot is on disk. Recording an id
    /// that is there already changes nothing.
    ///
    /// # Errors
    /// [`HistoryError`]; then nothing of this snapshot was recorded.
    fn record(&mut self, snapshot: &Snapshot) -> Result<(), HistoryError>;

    /// The samples of a fact at or after `from`, and the newest one before it, in the
    /// order they were recorded, which is not that of their times if a clock was moved.
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

    /// The facts that were ever recorded for this stack, in order.
    ///
    /// # Errors
    /// [`HistoryError`].
    fn facts(&self, stack: &StackKey) -> Result<Vec<String>, HistoryError>;

    /// The snapshot recorded last for this stack.
    ///
    /// # Errors
    /// [`HistoryError`].
    fn latest(&self, stack: &StackKey) -> Result<Option<Summary>, HistoryError>;
}

/// Opens history for reading and recording. A database that does not exist is empty
/// and is made by the first [`History::record`].
///
/// # Errors
/// [`HistoryError`] if something is there that cannot be read.
pub fn open(location: &Location, budget: Duration) -> Result<Box<dyn History>, HistoryError> {
    match location {
        Location::Sqlite(path) => Ok(Box::new(sqlite::Sqlite::open(path, budget)?)),
        Location::None => Ok(Box::new(Nowhere)),
    }
}

/// History for a run that keeps none: it knows nothing and forgets what it is told.
#[derive(Clone, Copy, Debug)]
pub struct Nowhere;

impl History for Nowhere {
    fn record(&mut self, _: &Snapshot) -> Result<(), HistoryError> {
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

    fn facts(&self, _: &StackKey) -> Result<Vec<String>, HistoryError> {
        Ok(Vec::new())
    }

    fn latest(&self, _: &StackKey) -> Result<Option<Summary>, HistoryError> {
        Ok(None)
    }
}
