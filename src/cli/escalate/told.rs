//! What there is to say at the end of a call: for people as text, for programs as a document.

use super::call::Call;
use super::learn::Learned;
use crate::cli::Context;
use crate::cli::out::Format;
use crate::exit;
use crate::fact::instant;
use crate::report::json::{self, Heading};
use crate::report::model::NextAction;
use crate::text::Printable;
use serde_json::json;

/// All of it.
#[derive(Default)]
pub(super) struct Told {
    pub(super) code: u8,
    /// A stable word: `delivered`, `half-delivered`, `undelivered`, `not-recorded`, `printed`,
    /// `dry-run`, `not-due`, `already`, `refused`, `no-consent`.
    pub(super) outcome: &'static str,
    pub(super) summary: String,
    pub(super) cautions: Vec<String>,
    /// Each channel that was tried, and whether it took the message.
    pub(super) channels: Vec<(String, bool)>,
    /// Whether others will know of it; none where nobody was called.
    pub(super) recorded: Option<bool>,
    pub(super) next: Option<(String, Option<String>)>,
}

impl Told {
    /// What a call came to that was sent.
    pub(super) fn came_to(self, call: &Call<'_>) -> Self {
        let names = |took: bool| {
            let of = self.channels.iter().filter(|channel| channel.1 == took);
            of.map(|(name, _)| name.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        };
        let to = call.runbook.escalation.as_ref();
        let to = to.map_or(String::new(), |due| format!("{} ", due.to));
        let kept = match self.recorded {
            Some(true) => "it is tried again by the next check --notify",
            _ => "nothing keeps it",
        };
        let by_hand = (
            format!("Call {to}by other means, and paste the message"),
            None,
        );
        let record = format!("duckops record {}", call.runbook.id);
        let record = ("Record it".to_owned(), Some(record));
        let (code, outcome, summary, next) = match (self.outcome, self.recorded) {
            ("undelivered", _) => (
                exit::CRITICAL,
                self.outcome,
                format!("no channel took it ({}); {kept}", names(false)),
                by_hand,
            ),
            ("half-delivered", _) => (
                exit::CRITICAL,
                self.outcome,
                format!("{} took it; {} did not: {kept}", names(true), names(false)),
                record,
            ),
            (_, Some(true)) => (
                exit::OK,
                self.outcome,
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
                ("Tell the others that you called".to_owned(), record.1),
            ),
        };
        Self {
            code,
            outcome,
            summary,
            next: Some(next),
            ..self
        }
    }

    /// Prints it; yields the exit code.
    pub(super) fn print(&self, context: &Context, learned: &Learned, call: &Call<'_>) -> u8 {
        let due = call.runbook.escalation.as_ref();
        let mut cautions: Vec<&String> = Vec::new();
        for caution in &self.cautions {
            if !cautions.contains(&caution) {
                cautions.push(caution);
            }
        }
        let message = due.map(|_| call.message());
        let summary = Printable::from(self.summary.as_str());
        let next = self.next.as_ref().map(|(text, command)| NextAction {
            text: text.as_str().into(),
            command: command.as_deref().map(Printable::from),
        });
        if context.out.format == Format::Json {
            let report = &learned.report;
            let heading = Heading {
                stack: Some(&report.stack),
                started_at: Some(report.started_at),
                took: Some(report.took),
                verdict: call.runbook.verdict,
                exit_code: self.code,
                summary: &summary,
                next_action: next.as_ref(),
            };
            let extra = json!({
                "runbook": call.runbook.id.as_str(),
                "outcome": self.outcome,
                "escalation": due.map(|due| json!({
                    "to": due.to.as_str(),
                    "priority": due.priority.as_str(),
                    "due": due.due.map(|at| instant(at.unix_timestamp())),
                    "reason": due.reason.as_str(),
                })),
                "message": message,
                "channels": self.channels.iter().map(|(name, took)| json!({
                    "name": name, "delivered": took,
                })).collect::<Vec<_>>(),
                "recorded": self.recorded,
                "cautions": cautions,
            });
            let document = json::document("escalate", &heading, &extra, true);
            return context.out.print(&document, self.code);
        }
        let mut text = String::new();
        // Whoever consented at the terminal has read it; what went out is told by its channels.
        let is_shown = !matches!(
            self.outcome,
            "delivered" | "half-delivered" | "not-recorded" | "already"
        );
        if let Some(message) = message.filter(|_| is_shown) {
            text.push_str(&message);
            text.push('\n');
        }
        text.push_str(&format!("{}: {summary}\n", self.outcome.to_uppercase()));
        for caution in &cautions {
            text.push_str(&format!("caution: {}\n", Printable::from(caution.as_str())));
        }
        if let Some(NextAction {
            text: what,
            command,
        }) = &next
        {
            text.push_str(&format!("NEXT  {what}\n"));
            if let Some(command) = command {
                text.push_str(&format!("      {command}\n"));
            }
        }
        context.out.print(&text, self.code)
    }
}
