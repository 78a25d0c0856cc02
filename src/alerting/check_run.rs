//! One check and the channels that it notifies, as the alert state needs them.

use super::debounce::Debounce;
use crate::report::model::Verdict;
use time::OffsetDateTime;

/// A channel that messages may go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertChannel {
    /// Its name in the configuration.
    pub name: String,
    /// The least verdict that is sent to it.
    pub from: Verdict,
}

/// One check, as it is compared with the ones before.
#[derive(Clone, Copy, Debug)]
pub struct CheckRun<'a> {
    /// When it began.
    pub at: OffsetDateTime,
    /// Unique among all checks.
    pub id: &'a str,
    /// Which machine it ran on.
    pub host: &'a str,
    /// How many bad runs of how many make a verdict count.
    pub debounce: Debounce,
    /// Where messages go; none without `--notify`.
    pub channels: &'a [AlertChannel],
    /// The stack by its name, for messages and their keys.
    pub stack: &'a str,
}
