//! Recordings: all facts of a run as a file, to be evaluated again offline, with other runbooks, or on
//! another machine.
//!
//! A recording holds declared facts only, not the answers they came from. Secrets are removed
//! before it is written, and the finished file is searched again. This module sends no requests
//! and evaluates nothing.

pub mod diff;
mod form;
mod read;
mod repeated;
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

/// One run: its stack, selection and facts.
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
    /// Notes of the run.
    pub notes: Vec<Printable>,
    /// The facts.
    pub observations: Observations,
    /// How many secrets of which kind were taken out.
    pub removed: Removed,
}

/// Why a fact is not known that a recording does not have, such as one of a newer version.
pub const MISSING: &str = "the recording does not hold it";
