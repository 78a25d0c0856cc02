//! The time of a run, read once by the command line and handed down.

use std::time::Instant;
use time::OffsetDateTime;

/// The wall clock of a run: what it was at the start, and what has passed since.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// The wall clock when the run began.
    pub now: OffsetDateTime,
    /// The steady clock at the same moment.
    pub began: Instant,
}

impl Clock {
    /// The wall clock at this moment.
    pub fn at(&self) -> OffsetDateTime {
        self.now + self.began.elapsed()
    }
}
