//! A recording: everything that a run was told, as a file, so that it can be judged again
//! where nobody answers, by other runbooks, and by somebody else.
//!
//! It holds declared facts and nothing besides: what an answer said beyond them was never
//! kept. Secrets are taken out before it is written, and the finished file is searched again.
//! This room judges nothing and asks nobody.

pub mod diff;
mod form;
mod read;
mod write;

pub use read::{LARGEST, Unreadable, read};
pub use write::{Leaks, write};

use crate::observation::Observations;
use crate::redact::Removed;
use crate::report::model::StackIdentity;
use crate::text::Printable;
use crate::text::StackNames;
use std::time::Duration;
use time::OffsetDateTime;

/// The version of the format. A new minor version only adds.
pub const FORMAT_VERSION: &str = "1.0";

/// One run, as it was told.
#[derive(Debug)]
pub struct Recording {
    /// Which system.
    pub stack: StackIdentity,
    /// What the names of the stack stand for in the words of runbooks.
    pub naming: StackNames,
    /// When it began.
    pub started_at: OffsetDateTime,
    /// How long it took.
    pub took: Duration,
    /// The runbook that was asked for; all incidents without one.
    pub runbook: Option<String>,
    /// The only step of it that was asked for.
    pub step: Option<String>,
    /// What had to be said of the run.
    pub notes: Vec<Printable>,
    /// The facts.
    pub observations: Observations,
    /// How many secrets of which kind were taken out.
    pub removed: Removed,
}
