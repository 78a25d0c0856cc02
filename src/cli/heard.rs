//! From what was concluded of a run to its report, whether it was heard now or recorded.

use crate::judge::Conclusion;
use crate::report::model::{self, Report};
use crate::text::Printable;
use std::time::Duration;
use time::OffsetDateTime;

/// What a report says of a run beside what was concluded.
pub(super) struct Heard {
    pub(super) stack: model::Stack,
    pub(super) started_at: OffsetDateTime,
    pub(super) took: Duration,
    pub(super) notes: Vec<Printable>,
}

impl Heard {
    /// The report.
    pub(super) fn concluded(self, conclusion: Conclusion) -> Report {
        Report {
            stack: self.stack,
            started_at: self.started_at,
            took: self.took,
            verdict: conclusion.verdict,
            root_cause: conclusion.root_cause,
            summary: conclusion.summary,
            next_action: conclusion.next_action,
            escalation: conclusion.escalation,
            runbooks: conclusion.runbooks,
            notes: self.notes,
        }
    }
}
