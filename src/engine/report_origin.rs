//! What a report says of its run beside the conclusion.

use crate::judge;
use crate::report::model::{self, Report};
use crate::report::suggested::GivenArguments;
use crate::text::Printable;
use std::path::PathBuf;
use std::time::Duration;
use time::OffsetDateTime;

/// What a report says of its run beside the conclusion.
pub(super) struct ReportOrigin {
    pub(super) stack: model::StackIdentity,
    pub(super) started_at: OffsetDateTime,
    pub(super) took: Duration,
    pub(super) notes: Vec<Printable>,
    /// The DEPLOY-LOG.md that it has read.
    pub(super) deploy_log: Option<PathBuf>,
    /// The version that its command line expects, and no setting.
    pub(super) expected: Option<String>,
}

impl ReportOrigin {
    pub(super) fn report(mut self, mut conclusion: judge::Conclusion) -> Report {
        // Why a whole run could not be judged is said of the run, once.
        let details = conclusion.layout.details.drain(..);
        self.notes.extend(details.map(|(_, text)| text));
        let mut report = Report {
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
            channels: Vec::new(),
            layout: conclusion.layout,
        };
        report.keep_arguments(GivenArguments {
            expected: self.expected.as_deref(),
            deploy_log: self.deploy_log.as_deref(),
        });
        report
    }
}
