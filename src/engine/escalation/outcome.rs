//! The outcome of an escalation: exit code, stable word, summary, next action.

use crate::exit;
use crate::report::model;

/// The outcome of an escalation.
#[derive(Debug, Default)]
pub struct EscalationOutcome {
    /// The exit code.
    pub code: u8,
    /// A stable word: `delivered`, `half-delivered`, `undelivered`, `not-recorded`, `printed`,
    /// `dry-run`, `not-due`, `already`, `refused`, `no-consent`.
    pub word: &'static str,
    /// The outcome in one sentence.
    pub summary: String,
    /// What the operator should know.
    pub cautions: Vec<String>,
    /// Each channel that was tried, and whether it accepted the message.
    pub channels: Vec<(String, bool)>,
    /// Whether what was not accepted is sent again; not where a channel refused the message itself.
    pub is_tried_again: bool,
    /// Whether other hosts know of it; none where nothing was sent.
    pub recorded: Option<bool>,
    /// What to do next, and its command.
    pub next: Option<(String, Option<String>)>,
    /// Failures of single channels, for standard error.
    pub warnings: Vec<String>,
}

/// The command that records an incident, as the next action.
pub(super) fn record(runbook: &str) -> (String, Option<String>) {
    let command = format!("duckops record {runbook}");
    ("Record the incident".to_owned(), Some(command))
}

impl EscalationOutcome {
    /// The outcome of an escalation that was sent, by its channels and by whether it is recorded.
    pub(super) fn sent(self, runbook: &model::RunbookReport) -> Self {
        let names = |accepted: bool| {
            let channels = self.channels.iter();
            let names = channels.filter(|channel| channel.1 == accepted);
            names
                .map(|(name, _)| name.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        };
        let to = runbook.escalation.as_ref();
        let to = to.map_or(String::new(), |due| format!("{} ", due.to));
        let retry = match self.recorded {
            Some(true) if !self.is_tried_again => "a refused message is not sent again",
            Some(true) => "the next check --notify tries again",
            _ => "not kept for a retry",
        };
        let by_hand = (
            format!("Call {to}by other means, and paste the message"),
            None,
        );
        let record = record(runbook.id.as_str());
        let (code, word, summary, next) = match (self.word, self.recorded) {
            ("undelivered", _) => (
                exit::CRITICAL,
                self.word,
                format!("no channel took it ({}); {retry}", names(false)),
                by_hand,
            ),
            ("half-delivered", _) => (
                exit::CRITICAL,
                self.word,
                format!("{} took it; {} did not: {retry}", names(true), names(false)),
                record,
            ),
            (_, Some(true)) => (
                exit::OK,
                self.word,
                format!("{} took it", names(true)),
                record,
            ),
            _ => (
                exit::CRITICAL,
                "not-recorded",
                format!(
                    "{} took it, but that is not recorded everywhere",
                    names(true)
                ),
                ("Report to the team that you paged".to_owned(), record.1),
            ),
        };
        Self {
            code,
            word,
            summary,
            next: Some(next),
            ..self
        }
    }
}
