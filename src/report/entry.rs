//! One incident as an entry of GOVERNANCE-LOG.md: who recorded it, the verdicts, the exact
//! numbers, what was done and who was called. Markdown in which text from outside is inert.

use super::markdown::inert;
use super::model::{Report, RunbookReport};

use crate::fact::utc;
use crate::text::Printable;
use std::fmt::Write;

/// What begins a log that is new.
pub const HEAD: &str = "# Governance log\n\n";

/// What is known of an incident from before the run that records it.
#[derive(Clone, Debug, Default)]
pub struct RecordedPast {
    /// Who was called about it already, by whom and when.
    pub called: Option<Printable>,
    /// From when to when recorded runs saw it, and how bad it was.
    pub spell: Option<Printable>,
}

/// What the entry says beside the report.
#[derive(Clone, Debug)]
pub struct GovernanceEntry<'a> {
    /// The unique id of this entry.
    pub id: &'a str,
    /// The run, and of its runbooks the one that is recorded.
    pub report: &'a Report,
    /// See [`GovernanceEntry::report`].
    pub runbook: &'a RunbookReport,
    /// Who records it, and how that is known.
    pub operator: &'a Printable,
    /// The AWS identity; `None` where AWS was not asked or it is not known.
    pub identity: Option<&'a Printable>,
    /// Each number with its name, or why it is not known.
    pub numbers: &'a [(&'static str, Printable)],
    /// What was changed from this machine, oldest first.
    pub actions: &'a [Printable],
    /// What came before this run.
    pub past: &'a RecordedPast,
    /// What the operator adds.
    pub note: Option<&'a Printable>,
}

/// What a line begins with that marks an entry of this runbook.
pub fn mark(runbook: &str) -> String {
    format!("<!-- duckops {runbook} ")
}

impl GovernanceEntry<'_> {
    /// The entry; it ends with a line break.
    pub fn render(&self) -> String {
        let (report, runbook) = (self.report, self.runbook);
        let stack = &report.stack;
        let id = runbook.id.as_str();
        let mut out = format!(
            "## {} {} {}: {}\n\n{}{} -->\n\n",
            utc(report.started_at),
            inert(&id.to_uppercase()),
            runbook.verdict.word().to_uppercase(),
            inert(runbook.title.as_str()),
            mark(id),
            self.id,
        );
        let mut line = |name: &str, text: &str| {
            let _ = writeln!(out, "- **{name}:** {text}");
        };
        line("Operator", &inert(self.operator.as_str()));
        let asked = self
            .identity
            .map_or("not known".to_owned(), |who| inert(who.as_str()));
        line(
            "Stack",
            &format!(
                "{}, account {}, region {}, asked as {asked}",
                inert(stack.name.as_str()),
                inert(stack.account.as_str()),
                inert(stack.region.as_str()),
            ),
        );
        line(
            "Verdict",
            &format!(
                "{}, {}: {}",
                runbook.verdict.word(),
                inert(runbook.severity.as_str()),
                inert(runbook.summary.as_str())
            ),
        );
        if let Some(cause) = report
            .root_cause
            .as_ref()
            .filter(|cause| **cause != runbook.id)
        {
            line("Root cause", &inert(&cause.as_str().to_uppercase()));
        }
        match runbook.escalation.as_ref().or(report.escalation.as_ref()) {
            None => line("Escalation", "none is due"),
            Some(due) => {
                let by = due
                    .due
                    .map_or("at once".to_owned(), |by| format!("by {}", utc(by)));
                let (to, priority) = (inert(due.to.as_str()), inert(due.priority.as_str()));
                let reason = inert(due.reason.as_str());
                line("Escalation", &format!("{to} {priority} {by}: {reason}"));
            }
        }
        if let Some(spell) = &self.past.spell {
            line("Incident", &inert(spell.as_str()));
        }
        if let Some(called) = &self.past.called {
            line("Called", &inert(called.as_str()));
        }
        if let Some(next) = &runbook.next_action {
            line("Next", &inert(next.text.as_str()));
        }
        if let Some(note) = self.note {
            line("Note", &inert(note.as_str()));
        }
        out.push_str("\n| step | verdict | conclusion |\n| ---: | --- | --- |\n");
        for step in &runbook.steps {
            let verdict = step.verdict().word();
            let summary = inert(step.summary.as_str());
            let _ = writeln!(out, "| {} | {verdict} | {summary} |", step.number);
        }
        out.push_str("\n| number | value |\n| --- | --- |\n");
        for (name, value) in self.numbers {
            let _ = writeln!(out, "| {} | {} |", inert(name), inert(value.as_str()));
        }
        match self.actions {
            [] => out.push_str("\nChanges from this machine in 24 h: none. Pages sent: none.\n"),
            actions => {
                out.push_str("\nDone from this machine in the last 24 h:\n\n");
                for action in actions {
                    let _ = writeln!(out, "- {}", inert(action.as_str()));
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn hostile_text_does_not_change_the_shape_of_an_entry() {
        let report = sample::hostile();
        let evil = report.runbooks[0].summary.clone();
        let render = |text: &Printable| {
            let numbers = [("a.fact", text.clone())];
            let past = RecordedPast {
                called: Some(text.clone()),
                spell: Some(text.clone()),
            };
            let entry = GovernanceEntry {
                id: "01",
                report: &report,
                runbook: &report.runbooks[0],
                operator: text,
                identity: Some(text),
                numbers: &numbers,
                actions: std::slice::from_ref(text),
                past: &past,
                note: Some(text),
            };
            entry.render()
        };
        // The shape: what each line begins with.
        let shape = |text: &str| -> Vec<String> {
            let begins = |line: &str| line.split([' ', ':']).next().unwrap_or_default().to_owned();
            text.lines().map(begins).collect()
        };
        let (hostile, plain) = (render(&evil), render(&"plain".into()));
        assert_eq!(shape(&hostile), shape(&plain));
        for line in hostile.lines().filter(|line| line.starts_with('|')) {
            let bars = line
                .replace("\\\\", "")
                .replace("\\|", "")
                .matches('|')
                .count();
            assert!(bars == 3 || bars == 4, "{line}");
        }
        assert_eq!(hostile.matches("<!--").count(), 1);
    }
}
