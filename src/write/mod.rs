//! Acting: the few things that `duckops` changes, each guarded the same way.
//!
//! A plan says what would change; a [`consent::Consent`] that only [`consent`] can make is
//! bound to that plan and is used up by carrying it out; one request is sent, never twice;
//! what it came to is read back, not believed; the [`journal`] keeps all of it. This room
//! knows no terminal and no renderer, and it judges no incident.

#![cfg_attr(
    test,
    allow(
        clippy::expect_used,
        clippy::panic,
        clippy::print_stdout,
        reason = "a test ends where it learns something, and says what"
    )
)]

pub mod alias;
pub mod bond;
pub mod consent;

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
