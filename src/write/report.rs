//! The report of a guarded write: for people as text, for programs as one document. Every
//! key is always there; what is absent is null or empty.

use super::clock::Clock;
use crate::exit;
use crate::fact::instant;
use crate::report::json::{self, DocumentKind, Heading};
use crate::report::model::{self, NextAction, Verdict};
use crate::text::Printable;
use crate::webhook::bundle;
use serde_json::{Value, json};
use std::fmt::Write;
use time::OffsetDateTime;

/// The plan of a write, ready to be shown and printed.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanView {
    /// The id of the write, in the journal too.
    pub id: String,
    /// The plan as data.
    pub json: Value,
    /// The plan for people, each line with its label.
    pub lines: Vec<(String, String)>,
    /// The same change as a command of another tool, where there is one.
    pub by_hand: Option<String>,
}

/// What a guarded write came to, and everything there is to say about it.
#[derive(Clone, Debug, Default)]
pub struct WriteReport {
    /// The exit code.
    pub code: u8,
    /// A stable word. Of every write: `done`, `dry-run`, `refused`, `no-consent`, `conflict`,
    /// `not-verified`, `not-recorded`, `unclear`. Of the alias: `unchanged`, `overtaken`,
    /// `half-done`, `returned`. Of a bond: `not-sent`, `unrecognised`, `recovered`,
    /// `nothing-open`.
    pub outcome: &'static str,
    /// One sentence.
    pub summary: String,
    /// What would change, or was to.
    pub plan: Option<PlanView>,
    /// The checks that refuse the write.
    pub refusals: Vec<String>,
    /// The checks that say that a rollback would not help.
    pub advice: Vec<String>,
    /// What else to know before consenting.
    pub cautions: Vec<String>,
    /// The versions that were considered, and what speaks against each.
    pub candidates: Vec<String>,
    /// The value of `--confirm` that consents to the plan.
    pub confirm: Option<String>,
    /// What is known afterwards, each line with its label.
    pub findings: Vec<(&'static str, String)>,
    /// What was read back, for programs.
    pub result: Value,
    /// What verifying came to, for programs.
    pub verified: Option<Value>,
    /// Whether the journal has the outcome; none when nothing was sent.
    pub recorded: Option<bool>,
    /// The command that takes the change back.
    pub undo: Option<String>,
    /// The line for DEPLOY-LOG.md.
    pub deploy_log: Option<String>,
    /// The line for GOVERNANCE-LOG.md.
    pub governance_log: Option<String>,
    /// When the escalation is due, and why.
    pub escalation: Option<(OffsetDateTime, String)>,
    /// The one thing to do now.
    pub next: Option<NextAction>,
    /// What must be said whatever came out.
    pub notes: Vec<Printable>,
}

/// A next action of text and, where one exists, a command.
pub fn next_action(text: impl Into<Printable>, command: Option<String>) -> Option<NextAction> {
    Some(NextAction {
        text: text.into(),
        command: command.map(Into::into),
    })
}

impl WriteReport {
    /// An end before anything was sent.
    pub fn nothing_sent(code: u8, outcome: &'static str, summary: impl AsRef<str>) -> Self {
        let summary = summary.as_ref().trim_end_matches('.');
        Self {
            code,
            outcome,
            summary: format!("{summary}; nothing was sent"),
            ..Self::default()
        }
    }

    /// A refusal before anything was sent, and what to do instead.
    pub fn refused(
        summary: impl AsRef<str>,
        next: impl Into<Printable>,
        command: Option<String>,
    ) -> Self {
        Self {
            next: next_action(next, command),
            ..Self::nothing_sent(exit::WARNING, "refused", summary)
        }
    }

    /// Takes code, outcome, summary and next action of another report, and keeps the plan and
    /// everything that was found.
    pub fn ended_as(self, end: Self) -> Self {
        Self {
            code: end.code,
            outcome: end.outcome,
            summary: end.summary,
            next: end.next,
            ..self
        }
    }

    /// Outcome and summary on one line.
    pub fn headline(&self) -> String {
        Printable::from(format!("{}: {}", self.outcome.to_uppercase(), self.summary)).to_string()
    }

    /// The report as one JSON document of this kind.
    pub fn document(
        &self,
        kind: DocumentKind,
        stack: &model::StackIdentity,
        contact: &str,
        clock: Option<Clock>,
    ) -> String {
        let heading = Heading {
            stack: Some(stack.clone()),
            started_at: clock.map(|clock| clock.now),
            took: clock.map(|clock| clock.began.elapsed()),
            exit_code: self.code,
            next_action: self.next.clone(),
            ..Heading::new(Verdict::of_write(self.code), self.summary.as_str())
        };
        let escalation = self.escalation.as_ref().map(|(due, reason)| {
            json!({
                "to": contact,
                "priority": "P0",
                "due": instant(due.unix_timestamp()),
                "reason": reason,
            })
        });
        let findings: Vec<_> = self
            .findings
            .iter()
            .map(|(label, text)| json!({"label": label, "text": text}))
            .collect();
        let notes: Vec<_> = self.notes.iter().map(Printable::as_str).collect();
        let extra = json!({
            "outcome": self.outcome,
            "dry_run": self.outcome == "dry-run",
            "plan": self.plan.as_ref().map(|plan| &plan.json),
            "refusals": self.refusals,
            "advice": self.advice,
            "cautions": self.cautions,
            "candidates": self.candidates,
            "confirm": self.confirm,
            "result": self.result,
            "learned": findings,
            "verified": self.verified,
            "journal": self.recorded.map(|recorded| json!({
                "id": self.plan.as_ref().map(|plan| &plan.id), "recorded": recorded,
            })),
            "undo": self.undo,
            "deploy_log": self.deploy_log,
            "governance_log": self.governance_log,
            "escalation": escalation,
            "notes": notes,
        });
        json::document(kind, &heading, &extra, true)
    }

    /// The report for people; in a dry run every line says so.
    pub fn text(&self, contact: &str) -> String {
        let mut lines = vec![self.headline(), String::new()];
        if let Some(plan) = &self.plan {
            lines.extend(labelled_lines(&plan.lines));
            // Once the request was sent, the report must not invite to send it again.
            let by_hand = plan.by_hand.iter().filter(|_| self.recorded.is_none());
            lines.extend(by_hand.map(|command| labelled("by hand:", command)));
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
        if let (Some(confirm), None) = (&self.confirm, self.recorded) {
            let flag = format!("--confirm {}", quoted(confirm));
            lines.push(labelled("consent:", &flag));
        }
        lines.extend(labelled_lines(&self.findings));
        if let (Some(plan), Some(recorded)) = (&self.plan, self.recorded) {
            let kept = match recorded {
                true => format!("{} (duckops journal)", plan.id),
                false => format!("{} could NOT be completed", plan.id),
            };
            lines.push(labelled("journal:", &kept));
        }
        if let Some((due, reason)) = &self.escalation {
            let due = instant(due.unix_timestamp());
            lines.push(labelled(
                "ESCALATE",
                &format!("{contact} P0 by {due}: {reason}"),
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
        if let Some(next) = &self.next {
            lines.push(labelled("NEXT", next.text.as_str()));
            let command = next.command.iter();
            lines.extend(command.map(|command| format!("  {command}")));
        }
        let notes = self.notes.iter();
        lines.extend(notes.map(|note| labelled("note:", note.as_str())));
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

    /// What a person reads before the question: the plan and what speaks against it.
    pub fn question_lines(&self) -> Vec<String> {
        let plan = self
            .plan
            .iter()
            .flat_map(|plan| labelled_lines(&plan.lines));
        let advice = self.advice.iter();
        let advice = advice.map(|advice| format!("ADVISED AGAINST: {advice}"));
        let cautions = self.cautions.iter();
        let cautions = cautions.map(|caution| labelled("caution:", caution));
        plan.chain(advice).chain(cautions).collect()
    }
}

fn labelled_lines<L: AsRef<str>>(lines: &[(L, String)]) -> impl Iterator<Item = String> + '_ {
    let lines = lines.iter();
    lines.map(|(label, text)| labelled(label.as_ref(), text))
}

fn labelled(label: &str, text: &str) -> String {
    let gap = if label.len() >= 12 { " " } else { "" };
    format!("{label:<12}{gap}{text}")
}

/// A value as the shell takes it for one word.
pub(super) fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._:@/-".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => bundle::quoted(text),
    }
}
