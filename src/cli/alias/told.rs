//! What a command that moves the alias has to say at its end: for people as text, for
//! programs as one document. Every key is always there; what is absent is null.

use super::gather::Gathered;
use crate::cli::Context;
use crate::engine::run::stack_heading;
use crate::exit;
use crate::fact::instant;
use crate::report::json::DocumentKind;
use crate::report::json::{self, Heading};
use crate::report::model::{NextAction, Verdict};
use crate::text::Printable;
use crate::write::alias::plan::Plan;
use crate::write::alias::verify::Verified;
use serde_json::{Value, json};
use std::fmt::Write;
use time::OffsetDateTime;

/// Everything there is to say.
#[derive(Default)]
pub(super) struct Told {
    pub(super) code: u8,
    /// A stable word: `done`, `dry-run`, `refused`, `no-consent`, `unchanged`, `conflict`,
    /// `not-verified`, `not-recorded`, `overtaken`, `half-done`, `unclear`.
    pub(super) outcome: &'static str,
    pub(super) summary: String,
    pub(super) plan: Option<Plan>,
    /// What stands in the way.
    pub(super) refusals: Vec<String>,
    /// What says that a rollback would not help.
    pub(super) advice: Vec<String>,
    /// What else is not green.
    pub(super) cautions: Vec<String>,
    /// The versions that were considered, and what speaks against each.
    pub(super) candidates: Vec<String>,
    /// The flag that would have been consent.
    pub(super) confirm: Option<String>,
    /// What was read back.
    pub(super) result: Value,
    pub(super) verified: Option<Verified>,
    /// Whether the journal has it; none when nothing was sent.
    pub(super) recorded: Option<bool>,
    pub(super) undo: Option<String>,
    pub(super) deploy_log: Option<String>,
    pub(super) governance_log: Option<String>,
    /// By when, and why, somebody has to be called.
    pub(super) escalation: Option<(OffsetDateTime, String)>,
    pub(super) next: Option<(String, Option<String>)>,
}

impl Told {
    /// An end before anything was sent.
    pub(super) fn nothing_sent(
        code: u8,
        outcome: &'static str,
        summary: impl Into<String>,
    ) -> Self {
        Self {
            code,
            outcome,
            summary: format!("{}; nothing was sent", summary.into().trim_end_matches('.')),
            ..Self::default()
        }
    }

    fn verdict(&self) -> Verdict {
        match self.code {
            exit::OK => Verdict::Ok,
            exit::CRITICAL => Verdict::Critical,
            exit::UNKNOWN => Verdict::Unknown,
            _ => Verdict::Warning,
        }
    }

    /// Prints it; yields the exit code. A report of success that nobody could read is not
    /// delivered, and says so.
    pub(super) fn print(&self, context: &Context, gathered: Option<&Gathered>) -> u8 {
        let text = match context.out.format {
            crate::cli::out::Format::Json => self.document(context, gathered),
            crate::cli::out::Format::Short => format!("{}\n", self.headline()),
            _ => self.text(context, gathered),
        };
        match context.out.print(&text, self.code) {
            exit::UNKNOWN if self.code == exit::OK => exit::CRITICAL,
            code => code,
        }
    }

    fn headline(&self) -> String {
        Printable::from(format!("{}: {}", self.outcome.to_uppercase(), self.summary)).to_string()
    }

    fn document(&self, context: &Context, gathered: Option<&Gathered>) -> String {
        let stack = stack_heading(&context.settings.stack);
        let summary = Printable::from(self.summary.as_str());
        let next = self.next.as_ref().map(|(text, command)| NextAction {
            text: text.as_str().into(),
            command: command.as_deref().map(Into::into),
        });
        let heading = Heading {
            stack: Some(&stack),
            started_at: gathered.map(|g| g.clock.now),
            took: gathered.map(|g| g.clock.began.elapsed()),
            verdict: self.verdict(),
            exit_code: self.code,
            summary: &summary,
            next_action: next.as_ref(),
        };
        let escalation = self.escalation.as_ref().map(|(due, reason)| {
            json!({
                "to": context.settings.stack.escalation.value,
                "priority": "P0",
                "due": instant(due.unix_timestamp()),
                "reason": reason,
            })
        });
        let notes = gathered.map(Gathered::all_notes).unwrap_or_default();
        let notes: Vec<_> = notes.iter().map(Printable::as_str).collect();
        let extra = json!({
            "outcome": self.outcome,
            "dry_run": self.outcome == "dry-run",
            "plan": self.plan.as_ref().map(Plan::json),
            "refusals": self.refusals,
            "advice": self.advice,
            "cautions": self.cautions,
            "candidates": self.candidates,
            "confirm": self.confirm,
            "result": self.result,
            "verified": self.verified.as_ref().map(Verified::json),
            "journal": self.recorded.map(|recorded| json!({
                "id": self.plan.as_ref().map(|plan| &plan.id), "recorded": recorded,
            })),
            "undo": self.undo,
            "deploy_log": self.deploy_log,
            "governance_log": self.governance_log,
            "escalation": escalation,
            "notes": notes,
        });
        json::document(DocumentKind::AliasMove, &heading, &extra, true)
    }

    /// For people; in a dry run every line says so.
    pub(super) fn text(&self, context: &Context, gathered: Option<&Gathered>) -> String {
        let mut lines = vec![self.headline(), String::new()];
        if let Some(plan) = &self.plan {
            lines.extend(plan_lines(plan));
            // Once it was sent, nobody should be tempted to send it again.
            if self.recorded.is_none() {
                lines.push(labelled("by hand:", &plan.by_hand()));
            }
        }
        let groups = [
            ("refused:", &self.refusals),
            ("ADVISED AGAINST:", &self.advice),
            ("caution:", &self.cautions),
            ("considered:", &self.candidates),
        ];
        for (label, texts) in groups {
            lines.extend(texts.iter().map(|text| labelled(label, text)));
        }
        if let Some(confirm) = &self.confirm {
            lines.push(labelled("consent:", &format!("--confirm '{confirm}'")));
        }
        if let Some(verified) = &self.verified {
            lines.push(labelled("verified:", &verified.told));
            lines.push(labelled("metrics:", &verified.metrics));
        }
        if let (Some(plan), Some(recorded)) = (&self.plan, self.recorded) {
            let kept = match recorded {
                true => format!("{} (duckops journal)", plan.id),
                false => format!("{} could NOT be completed", plan.id),
            };
            lines.push(labelled("journal:", &kept));
        }
        if let Some((due, reason)) = &self.escalation {
            let whom = &context.settings.stack.escalation.value;
            let due = instant(due.unix_timestamp());
            lines.push(labelled(
                "ESCALATE",
                &format!("{whom} P0 by {due}: {reason}"),
            ));
        }
        let pasted = [
            ("undo:", &self.undo),
            ("DEPLOY-LOG.md", &self.deploy_log),
            ("GOVERNANCE-LOG.md", &self.governance_log),
        ];
        for (label, text) in pasted {
            if let Some(text) = text {
                lines.push(label.to_owned());
                lines.push(format!("  {text}"));
            }
        }
        if let Some((text, command)) = &self.next {
            lines.push(labelled("NEXT", text));
            lines.extend(command.iter().map(|command| format!("  {command}")));
        }
        for note in gathered.map(Gathered::all_notes).unwrap_or_default() {
            lines.push(labelled("note:", note.as_str()));
        }
        lines.push(format!("exit {}", self.code));
        let dry = match self.outcome {
            "dry-run" => "DRY RUN  ",
            _ => "",
        };
        lines.into_iter().fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{dry}{}", Printable::from(line));
            text
        })
    }
}

/// What would change, or was to.
pub(super) fn plan_lines(plan: &Plan) -> Vec<String> {
    let caller = &plan.caller;
    let mut lines = vec![
        labelled(
            "plan:",
            &format!(
                "{} of {}, alias {}",
                plan.purpose.command(),
                plan.function,
                plan.alias
            ),
        ),
        labelled(
            "from:",
            &format!("{} (revision {})", plan.from.split(), plan.from.revision),
        ),
        labelled("to:", &plan.wanted()),
    ];
    lines.extend(plan.then.iter().map(|then| labelled("then:", then)));
    lines.extend([
        labelled(
            "where:",
            &format!(
                "account {}, region {}, at {}",
                caller.account, plan.region, plan.host
            ),
        ),
        labelled("as:", &caller.arn),
    ]);
    if let Some((by, note)) = &plan.approval {
        lines.push(labelled("approved:", &format!("by {by}: {note}")));
    }
    if plan.differences.is_empty() {
        lines.push(labelled("differs:", "nothing but the code"));
    }
    let differences = plan.differences.iter();
    lines.extend(differences.map(|difference| labelled("differs:", difference)));
    lines
}

fn labelled(label: &str, text: &str) -> String {
    format!(
        "{label:<10}{}{text}",
        if label.len() >= 10 { " " } else { "" }
    )
}
