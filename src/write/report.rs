//! The report of a guarded write: for people as text, for programs as one document. Every
//! key is always there; what is absent is null or empty.

use super::clock::Clock;
use crate::exit;
use crate::fact::utc;
use crate::report::json::{self, DocumentKind, Heading};
use crate::report::model::{self, NextAction, Verdict};
use crate::report::suggested::with_arguments;
use crate::report::words::wrap_words;
use crate::text::{Printable, quoted};
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
    /// Whether `--dry-run` was given, whatever came of it.
    pub dry_run: bool,
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

    /// An end for want of consent, with the command that gives it, or the flag alone where the
    /// command is not known.
    pub fn without_consent(why: String, command: Option<String>, flag: &str) -> Self {
        let next = match command {
            Some(command) => next_action(
                "Read the plan, then confirm it",
                Some(format!("{command} {flag}")),
            ),
            None => next_action(format!("Read the plan, then add its consent: {flag}"), None),
        };
        Self {
            next,
            ..Self::nothing_sent(exit::NO_CONSENT, "no-consent", why)
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

    /// The same, with the arguments that name the stack in each command that is suggested.
    pub fn with_arguments(mut self, arguments: &[String]) -> Self {
        let next = self.next.as_mut().and_then(|next| next.command.as_mut());
        if let Some(command) = next {
            *command = with_arguments(command.as_str(), arguments).into();
        }
        self.undo = self.undo.map(|undo| with_arguments(&undo, arguments));
        self
    }

    /// Outcome and summary on one line.
    pub fn headline(&self) -> String {
        Printable::from(format!("{} {}", self.word(), self.summary)).to_string()
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
                "due": utc(*due),
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
            "dry_run": self.dry_run,
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
    pub fn text(&self, contact: &str, place: &str) -> String {
        let width = self.width();
        let mut lines = self.answer(contact);
        lines.push(String::new());
        let mut rows: Vec<(String, String)> = Vec::new();
        if let Some(plan) = &self.plan {
            rows.extend(plan.lines.iter().cloned());
        }
        let groups = [
            ("refused", &self.refusals),
            ("warning", &self.cautions),
            ("others", &self.candidates),
        ];
        // What was weighed before a change that is done is answered by what was read back; of one
        // that cannot be undone it still says what follows.
        let is_done = self.outcome == "done" && self.undo.is_some();
        for (label, texts) in groups.into_iter().filter(|_| !is_done) {
            rows.extend(texts.iter().map(|text| (label.to_owned(), text.clone())));
        }
        let findings = self.findings.iter();
        rows.extend(findings.map(|(label, text)| ((*label).to_owned(), text.clone())));
        if let (Some(plan), Some(recorded)) = (&self.plan, self.recorded) {
            let kept = match recorded {
                true => plan.id.clone(),
                false => format!("{} could NOT be completed", plan.id),
            };
            rows.push(("journal".to_owned(), kept));
        }
        let rows = rows.iter();
        lines.extend(rows.flat_map(|(label, text)| row(label, text, width)));
        // What is pasted stands whole on a line of its own.
        let next = self.next.as_ref().and_then(|next| next.command.as_ref());
        let is_asked = next.is_some_and(|command| command.as_str().contains("--confirm "));
        if let (Some(confirm), None, false) = (&self.confirm, self.recorded, is_asked) {
            lines.push(format!("  consent    --confirm {}", quoted(confirm)));
        }
        lines.extend(self.undo.iter().map(|undo| format!("  undo       {undo}")));
        if let Some(plan) = &self.plan {
            // Once the request was sent, the report must not invite to send it again.
            let by_hand = plan.by_hand.iter().filter(|_| self.recorded.is_none());
            lines.extend(by_hand.map(|command| format!("  aws CLI    {command}")));
        }
        let pasted = [
            ("DEPLOY-LOG.md line:", &self.deploy_log),
            ("GOVERNANCE-LOG.md line:", &self.governance_log),
        ];
        for (label, text) in pasted {
            if let Some(text) = text {
                lines.extend([String::new(), label.to_owned(), text.clone()]);
            }
        }
        lines.push(String::new());
        let notes = self.notes.iter();
        lines.extend(notes.flat_map(|note| {
            let note = note.as_str();
            let endpoint = note.strip_prefix("endpoint ");
            endpoint.map_or_else(
                || labelled("note", note, width),
                |url| labelled("endpoint", url, width),
            )
        }));
        let sent = match self.recorded {
            None => " \u{b7} nothing was sent",
            Some(_) => "",
        };
        lines.push(format!("{place}{sent} \u{b7} exit {}", self.code));
        // Without a plan there are no rows between two gaps.
        lines.dedup_by(|line, before| line.is_empty() && before.is_empty());
        let dry = if self.is_dry() { DRY_RUN } else { "" };
        lines.into_iter().fold(String::new(), |mut text, line| {
            let line = format!("{dry}{}", Printable::from(line));
            let _ = writeln!(
                text,
                "{}",
                if dry.is_empty() {
                    line.trim_end()
                } else {
                    &line
                }
            );
            text
        })
    }

    /// What came of it, what to do, whom to call by when.
    fn answer(&self, contact: &str) -> Vec<String> {
        let width = self.width();
        let mut lines = labelled(&self.word(), &capitalised(self.finding()), width);
        // Before the command that would do it all the same.
        let advice = self.advice.iter();
        lines.extend(advice.flat_map(|advice| labelled("ADVISED AGAINST", advice, width)));
        if let Some(next) = &self.next {
            let is_against_advice = self.outcome == "no-consent" && !self.advice.is_empty();
            let label = match self.outcome {
                "done" | "dry-run" | "recovered" | "nothing-open" => "NEXT",
                _ if is_against_advice => "OR",
                _ => "DO NOW",
            };
            let text = match is_against_advice {
                true => "To do it all the same, read the plan, then confirm it",
                false => next.text.as_str(),
            };
            lines.extend(labelled(label, text, width));
            let command = next.command.iter();
            lines.extend(command.map(|command| format!("{:MARGIN$}{command}", "")));
        }
        if let Some((due, reason)) = &self.escalation {
            let due = utc(*due);
            let whom = format!("{contact} (P0) by {due}: {reason}");
            lines.extend(labelled("ESCALATE", &whom, width));
        }
        lines
    }

    /// The summary without what the last line says.
    fn finding(&self) -> &str {
        match self.recorded {
            None => self.summary.trim_end_matches("; nothing was sent"),
            Some(_) => &self.summary,
        }
    }

    /// The outcome as a person reads it.
    fn is_dry(&self) -> bool {
        self.outcome == "dry-run"
    }

    /// The columns that a line has beside the mark of a dry run.
    fn width(&self) -> usize {
        match self.is_dry() {
            true => WIDTH - DRY_RUN.len(),
            false => WIDTH,
        }
    }

    fn word(&self) -> String {
        match self.outcome {
            "no-consent" => "NOT SENT".to_owned(),
            // Every line begins with it.
            "dry-run" => "PLAN".to_owned(),
            outcome => outcome.to_uppercase().replace('-', " "),
        }
    }

    /// What a person reads before the question: the plan and what speaks against it.
    pub fn question_lines(&self) -> Vec<String> {
        let plan = self.plan.iter().flat_map(|plan| &plan.lines);
        let plan = plan.flat_map(|(label, text)| row(label, text, WIDTH));
        let advice = self.advice.iter();
        let advice = advice.map(|advice| format!("ADVISED AGAINST: {advice}"));
        let cautions = self.cautions.iter();
        let cautions = cautions.flat_map(|caution| row("warning", caution, WIDTH));
        plan.chain(advice).chain(cautions).collect()
    }
}

/// Where the text of a labelled line begins.
const MARGIN: usize = 10;
/// A line is no longer than this where it may be broken.
const WIDTH: usize = 80;
/// What every line of a dry run begins with.
const DRY_RUN: &str = "DRY RUN  ";

/// A label and a text, over as many lines as it takes.
fn labelled(label: &str, text: &str, width: usize) -> Vec<String> {
    let margin = MARGIN.max(label.len() + 1);
    let parts = wrap_words(text, width - margin);
    let parts = parts.iter().enumerate().map(|(at, part)| {
        let label = if at == 0 { label } else { "" };
        let gap = " ".repeat(margin - label.len());
        format!("{label}{gap}{part}")
    });
    parts.collect()
}

/// The same, set in as a row.
fn row(label: &str, text: &str, width: usize) -> Vec<String> {
    const LABEL: usize = 11;
    let parts = wrap_words(text, width - LABEL - 2);
    let parts = parts.iter().enumerate().map(|(at, part)| {
        let label = if at == 0 { label } else { "" };
        let gap = " ".repeat(LABEL.saturating_sub(label.len()).max(1));
        format!("  {label}{gap}{part}")
    });
    parts.collect()
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(chars).collect()
    })
}
