//! The record of an escalation in the alert state.

use super::debounce::PastRun;
use super::stored::from_millis;
use crate::report::model::Verdict;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// An escalation that was sent; prevents a second one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EscalationRecord {
    /// Who escalated.
    pub by: String,
    /// From which machine.
    pub host: String,
    pub(super) at: i64,
    pub(super) incident: String,
    pub(super) run: String,
    pub(super) delivered: Option<i64>,
}

impl EscalationRecord {
    /// When it was written.
    pub fn at(&self) -> OffsetDateTime {
        from_millis(self.at)
    }

    /// Whether this run sent it.
    pub fn is_of(&self, run: &str) -> bool {
        self.run == run
    }

    /// When the first channel accepted it; none while every channel is still tried.
    pub fn delivered(&self) -> Option<OffsetDateTime> {
        self.delivered.map(from_millis)
    }

    /// Whether the runbook was bad in every remembered run since then: it is the same incident.
    pub(super) fn is_same_incident(&self, runs: &[PastRun]) -> bool {
        let is_bad = |verdict| verdict >= Verdict::Warning;
        runs.iter()
            .all(|run| run.at <= self.at || is_bad(run.verdict.0))
    }
}
