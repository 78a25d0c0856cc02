//! The report for a person at a terminal.
//!
//! The first lines answer: what is wrong, what to do, the command, whom to call. Then one row a
//! step (or a runbook), then one line with stack, requests, time and exit code. The whole of it is
//! at most 22 lines of 80 columns: what does not fit is shortened in a fixed order, skipped rows
//! first, never a number and never a command. `--explain` shows everything.

mod answer;
mod explain;
mod lines;
mod offline;
mod rows;

#[cfg(test)]
mod tests;

use super::model::{Escalation, NextAction, Report, RunbookReport, StepReport, StepRows, Verdict};
use super::palette::{Style, Tone};
use super::suggested::with_arguments;
use super::words::{self, cut, name, wrap, wrap_at};
pub(super) use answer::page;
pub(crate) use lines::{label, whom};

use answer::{AnswerBlock, MARGIN};
use lines::{context, leading, note};
use rows::{Row, RowStyle};
use std::collections::BTreeSet;

/// Lines that fit a terminal of 24 rows together with the prompt.
const SCREEN: usize = 22;

/// A list is not shortened to fewer rows than these.
const LEAST_ROWS: usize = 3;

/// The whole report on one screen, for a terminal of the given width.
pub fn render(report: &Report, style: Style) -> String {
    let mut page = String::new();
    for density in Density::ALL {
        page = TablePage::new(report, style, density, false).render();
        if page.lines().count() <= SCREEN {
            return page;
        }
    }
    // Of a long list the rows at the end go, so that the answer stays in sight.
    let excess = page.lines().count() - SCREEN;
    let rows = report.layout.body.len().saturating_sub(excess + 1);
    if rows < LEAST_ROWS {
        return page;
    }
    let mut shorter = TablePage::new(report, style, Density::JoinWarnings, false);
    shorter.body_rows = rows;
    shorter.render()
}

/// The report with the evidence, the requests and the manual command of every step.
pub fn explain(report: &Report, style: Style) -> String {
    TablePage::new(report, style, Density::Whole, true).render()
}

/// How much is left out so that the page fits. Each level includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum Density {
    /// Nothing.
    Whole,
    /// Skipped rows are joined into one.
    JoinSkipped,
    /// So are rows that are ok.
    JoinOk,
    /// Further rows of a step are cut to one.
    OneFurtherRow,
    /// And left out.
    NoFurtherRow,
    /// Notes are counted.
    CountNotes,
    /// Warnings and unknown steps are joined, each by verdict.
    JoinWarnings,
}

impl Density {
    const ALL: [Self; 7] = [
        Self::Whole,
        Self::JoinSkipped,
        Self::JoinOk,
        Self::OneFurtherRow,
        Self::NoFurtherRow,
        Self::CountNotes,
        Self::JoinWarnings,
    ];
}

struct TablePage<'a> {
    report: &'a Report,
    style: Style,
    density: Density,
    explains: bool,
    /// How many lines of the body are shown.
    body_rows: usize,
    /// Failures of requests that are already explained.
    seen: BTreeSet<String>,
    out: String,
}

impl<'a> TablePage<'a> {
    fn new(report: &'a Report, style: Style, density: Density, explains: bool) -> Self {
        let width = style.width.max(2 * MARGIN);
        Self {
            report,
            style: Style { width, ..style },
            density,
            explains,
            body_rows: usize::MAX,
            seen: BTreeSet::new(),
            out: String::new(),
        }
    }

    fn render(mut self) -> String {
        self.answer();
        for runbook in self.report.further() {
            self.block(runbook);
        }
        self.body();
        match self.report.runbooks.as_slice() {
            _ if !self.explains && offline::is_offline(self.report) => self.no_connection(),
            [only] => self.steps(only),
            several if self.explains => self.each_runbook(several),
            several => self.runbooks(several),
        }
        self.close();
        self.out
    }

    /// The first block: what is wrong, what to do, whom to call.
    fn answer(&mut self) {
        let report = self.report;
        let headline = words::headline(report);
        let leading = report.runbooks.first().map(|runbook| &runbook.id);
        let id = report.root_cause.as_ref().or(leading);
        self.answer_block(
            report.verdict,
            &headline,
            report.next_action.as_ref(),
            (id.map_or("", |id| id.as_str()), report.escalation.as_ref()),
        );
    }

    fn block(&mut self, runbook: &RunbookReport) {
        let headline = format!("{} {}", name(&runbook.id), runbook.summary);
        let next = runbook.next_action.as_ref();
        let escalation = (runbook.id.as_str(), runbook.escalation.as_ref());
        self.answer_block(runbook.verdict, &headline, next, escalation);
    }

    fn answer_block(
        &mut self,
        verdict: Verdict,
        headline: &str,
        next: Option<&NextAction>,
        (id, escalation): (&str, Option<&Escalation>),
    ) {
        self.answered(|answer| answer.finding(verdict, headline));
        let whom = escalation.map(|escalation| whom(escalation, self.report.started_at));
        let mut is_said = false;
        if let Some(next) = next {
            let mut text = next.text.to_string();
            // The deadline stands where the escalation is the action itself.
            if let (Some(escalation), Some(whom)) = (escalation, &whom)
                && let Some(rest) = text.strip_prefix(&format!("Escalate to {}", escalation.to))
            {
                text = format!("Escalate to {whom}{rest}");
                is_said = true;
            }
            self.answered(|answer| answer.next(verdict, &text));
            if let Some(command) = &next.command {
                self.command(command.as_str());
            }
        }
        if let Some(whom) = whom.filter(|_| !is_said) {
            let label = escalation.map_or("ESCALATE", label);
            self.labelled(label, Tone::Strong, &whom, Tone::Plain);
            let shown = next.and_then(|next| Some(next.command.as_ref()?.as_str()));
            let command = format!("duckops escalate {id}");
            let command = with_arguments(&command, &self.report.stack.arguments);
            if label == "ESCALATE" && shown != Some(&command) {
                self.command(&command);
            }
        }
    }

    /// The lines between the answer and the steps.
    fn body(&mut self) {
        let body = &self.report.layout.body;
        if body.is_empty() {
            return;
        }
        self.out.push('\n');
        for line in body.iter().take(self.body_rows) {
            for line in words::wrap_in(line.as_str(), self.style.width) {
                self.line(&line);
            }
        }
        if let Some(more @ 1..) = body.len().checked_sub(self.body_rows) {
            self.line(&format!("and {more} more: --explain"));
        }
    }

    /// What was tried, in place of steps of which none could be judged.
    fn no_connection(&mut self) {
        self.out.push('\n');
        for line in offline::lines(self.report) {
            self.line(&cut(&line, self.style.width));
        }
        let nothing = format!(
            "Nothing was judged: this run shows nothing about the state of {}.",
            self.report.stack.name
        );
        self.out.push('\n');
        for line in wrap(&nothing, self.style.width) {
            self.line(&line);
        }
    }

    /// The steps of each runbook under its own heading.
    fn each_runbook(&mut self, runbooks: &[RunbookReport]) {
        for runbook in runbooks {
            let heading = format!("{} {}", name(&runbook.id), runbook.title);
            self.out.push('\n');
            let heading = self.style.paint(Tone::Strong, &heading);
            self.line(&heading);
            self.step_rows(runbook);
        }
    }

    /// One row a step.
    fn steps(&mut self, runbook: &RunbookReport) {
        let before = self.out.len();
        self.out.push('\n');
        self.step_rows(runbook);
        // Without a row there is no gap either.
        if self.out.len() == before + 1 {
            self.out.truncate(before);
        }
    }

    fn step_rows(&mut self, runbook: &RunbookReport) {
        let many = runbook.steps.len() > rows::LISTED;
        let joins = |verdict: Verdict| match verdict {
            Verdict::Skipped => many || self.density >= Density::JoinSkipped,
            Verdict::Ok => many || self.density >= Density::JoinOk,
            Verdict::Warning | Verdict::Unknown => self.density >= Density::JoinWarnings,
            Verdict::Critical => false,
        };
        let joins = |verdict| !self.explains && joins(verdict);
        let leading = leading(self.report, runbook);
        let has_row = |step: &&StepReport| match self.report.layout.rows {
            _ if self.explains => true,
            StepRows::All => true,
            StepRows::Judged => step.verdict() != Verdict::Skipped,
            StepRows::Further => {
                let is_said = leading.is_some_and(|leading| leading.summary == step.summary);
                step.verdict() >= Verdict::Warning && !is_said
            }
        };
        let shown: Vec<&StepReport> = runbook.steps.iter().filter(has_row).collect();
        let mut rows = Vec::new();
        for step in shown.iter().filter(|step| !joins(step.verdict())) {
            let mut row = Row::of_step(step, self.further_rows());
            if self.explains {
                row.under = explain::lines(step, &mut self.seen);
                row.commands = explain::commands(step);
            }
            rows.push(row);
        }
        if many {
            // Of a long list of checks the failing ones come first.
            rows.sort_by_key(|row| std::cmp::Reverse(row.verdict));
        }
        for verdict in [
            Verdict::Unknown,
            Verdict::Warning,
            Verdict::Ok,
            Verdict::Skipped,
        ] {
            if joins(verdict) {
                rows.extend(Row::joined_steps(&shown, verdict, many));
            }
        }
        self.rows(rows);
    }

    /// One row a runbook.
    fn runbooks(&mut self, runbooks: &[RunbookReport]) {
        self.out.push('\n');
        let is_joined = |runbook: &RunbookReport| match runbook.verdict {
            Verdict::Critical if runbook.blocked_by.is_none() => false,
            _ => self.density >= Density::JoinWarnings,
        };
        let mut rows = Vec::new();
        let (mut at, mut joined) = (0, Vec::new());
        while let Some(runbook) = runbooks.get(at) {
            // Those of one verdict stand together.
            match is_joined(runbook) {
                true => joined.push(runbook),
                false => rows.push(Row::of_runbook(runbook)),
            }
            let next = runbooks.get(at + 1);
            if next.is_none_or(|next| next.verdict != runbook.verdict) {
                match joined.as_slice() {
                    [] => {}
                    [only] => rows.push(Row::of_runbook(only)),
                    several => rows.push(Row::joined_runbooks(several)),
                }
                joined.clear();
            }
            at += 1;
        }
        self.rows(rows);
    }

    fn further_rows(&self) -> usize {
        match self.density {
            _ if self.explains => usize::MAX,
            density if density >= Density::NoFurtherRow => 0,
            Density::OneFurtherRow => 1,
            _ => usize::MAX,
        }
    }

    fn rows(&mut self, rows: Vec<Row>) {
        let style = RowStyle {
            style: self.style,
            shortens: self.density >= Density::NoFurtherRow,
            is_whole: self.explains,
            keeps_words: false,
        };
        for line in rows::table(rows, &style) {
            self.line(&line);
        }
    }

    /// What follows, notes, and the line of context.
    fn close(&mut self) {
        let report = self.report;
        let mut lines: Vec<(&str, String)> = Vec::new();
        if let Some(obstacle) = words::obstacle(report) {
            lines.push(("unknown", obstacle.text.to_string()));
            let command = obstacle.command.iter();
            lines.extend(command.map(|command| ("", command.to_string())));
        }
        let details = report.layout.details.iter();
        lines.extend(details.map(|(label, text)| (*label, text.to_string())));
        match report.notes.len() {
            count if self.density >= Density::CountNotes && count > 1 => {
                lines.push(("notes", format!("{count} notes about this run: --explain")));
            }
            _ => lines.extend(report.notes.iter().map(note)),
        }
        self.out.push('\n');
        if let Some(then) = words::then(report) {
            // A command, and so not broken.
            let then = self.style.paint(Tone::Plain, &then);
            let label = self.style.paint(Tone::Faint, "then");
            self.line(&format!("{label}{:1$}{then}", "", MARGIN - 4));
        }
        for (label, text) in lines {
            self.labelled(label, Tone::Faint, &text, Tone::Plain);
        }
        let context = context(report, self.explains);
        let lines = wrap_at(&context, " \u{b7} ", self.style.width);
        for (at, line) in lines.iter().enumerate() {
            let indent = if at == 0 { "" } else { "  " };
            for part in wrap(line, self.style.width - indent.len()) {
                let part = self.style.paint(Tone::Faint, &part);
                self.line(&format!("{indent}{part}"));
            }
        }
    }

    fn answered(&mut self, write: impl FnOnce(&mut AnswerBlock)) {
        let mut answer = AnswerBlock {
            style: self.style,
            out: std::mem::take(&mut self.out),
        };
        write(&mut answer);
        self.out = answer.out;
    }

    fn command(&mut self, command: &str) {
        self.answered(|answer| answer.command(command));
    }

    fn labelled(&mut self, label: &str, label_tone: Tone, text: &str, tone: Tone) {
        self.answered(|answer| answer.labelled(label, label_tone, text, tone));
    }

    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }
}
