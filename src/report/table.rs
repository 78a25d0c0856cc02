//! The report for a person at a terminal, at three in the morning.
//!
//! The first lines answer: which stack, how bad, what to do now. Then come the runbooks,
//! worst first, one line a step; what is not ok also gets what it stands on, its next
//! action and the command that asks the same by hand. A sentence is said once. Text from
//! outside never begins a line, so it can forge none; commands stand whole on a line of
//! their own, however narrow the terminal. Everything of ours is ASCII.

use super::model::{Escalation, NextAction, Report, Runbook, Verdict};
use super::palette::{Style, Tone};
use super::words::{self, cut, name, utc, wrap};
use time::OffsetDateTime;

/// Where the text begins; what stands left of it labels it.
const MARGIN: usize = 10;
/// How many entries of a list are shown; `--output json` has them all.
const ENTRIES: usize = 2;

/// How many lines an overview of several runbooks may take; more do not fit on a screen.
const SCREEN: usize = 25;

/// The whole report, for a terminal of the given width.
pub fn render(report: &Report, style: Style) -> String {
    if report.runbooks.len() == 1 {
        return page(report, style, Density::Whole);
    }
    let mut out = String::new();
    for density in [
        Density::Whole,
        Density::Joined,
        Density::Short,
        Density::Least,
    ] {
        out = page(report, style, density);
        // A command that is wider than the terminal counts as the line that it is.
        if out.lines().count() <= SCREEN {
            break;
        }
    }
    out
}

fn page(report: &Report, style: Style, density: Density) -> String {
    let mut page = Page {
        style: Style {
            width: style.width.max(2 * MARGIN),
            ..style
        },
        density,
        started_at: report.started_at,
        said: Vec::new(),
        commands: Vec::new(),
        calls: Vec::new(),
        out: String::new(),
    };
    page.answer(report);
    page.out.push('\n');
    match report.runbooks.as_slice() {
        [only] => page.runbook(only),
        several => page.overviews(several),
    }
    page.close(report);
    page.out
}

/// How much an overview says, so that it fits on a screen. A critical step has its line
/// whatever the density.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Density {
    /// A line for each step that is not ok.
    Whole,
    /// Unknown steps of a runbook have one line, and so have all runbooks that are ok.
    Joined,
    /// Only critical steps have a line, and a runbook without any has one itself.
    Short,
    /// Nor is it said of each runbook where to read on.
    Least,
}

/// How much is said of a step that is not ok.
#[derive(Clone, Copy, PartialEq)]
enum Detail {
    /// One line, cut to the width.
    Line,
    /// The whole sentence.
    Sentence,
    /// Evidence, next action, escalation and the question by hand.
    All,
}

struct Page {
    style: Style,
    density: Density,
    started_at: OffsetDateTime,
    /// Sentences that stand on the page already.
    said: Vec<String>,
    /// Commands that do.
    commands: Vec<String>,
    /// Those who are called already.
    calls: Vec<Escalation>,
    out: String,
}

impl Page {
    /// What a reader must know who reads no further.
    fn answer(&mut self, report: &Report) {
        let runbooks: Vec<_> = report.runbooks.iter().map(|r| name(&r.id)).collect();
        let stack = &report.stack;
        let of = format!(
            "{} {} {}: {}",
            stack.name,
            stack.account,
            stack.region,
            runbooks.join(" ")
        );
        let word = report.verdict.word().to_ascii_uppercase();
        self.labelled(&word, Tone::of(report.verdict), &of, Tone::Strong);
        let room = 2 * (self.style.width - MARGIN) - MARGIN;
        match self.density < Density::Short {
            true => self.sentence(report.summary.as_str()),
            false => self.sentence(&cut(report.summary.as_str(), room)),
        }
        if let Some(cause) = &report.root_cause {
            let known = report.summary.as_str().to_ascii_uppercase();
            if !known.contains(&name(cause)) && runbooks.first() != Some(&name(cause)) {
                self.labelled("CAUSE", Tone::Strong, &name(cause), Tone::Plain);
            }
        }
        if let Some(next) = &report.next_action {
            self.action("NEXT", next);
        }
        if let Some(escalation) = &report.escalation {
            let whom = self.whom(escalation);
            self.calls.push(escalation.clone());
            self.labelled("ESCALATE", Tone::Strong, &whom, Tone::Plain);
        }
    }

    /// Several runbooks, worst first, so that together they fit on a screen.
    fn overviews(&mut self, runbooks: &[Runbook]) {
        let joined = self.density >= Density::Joined;
        let (fine, rest): (Vec<_>, Vec<_>) = runbooks
            .iter()
            .partition(|runbook| joined && runbook.verdict == Verdict::Ok);
        rest.into_iter().for_each(|runbook| self.overview(runbook));
        match fine.as_slice() {
            [] => {}
            [only] => self.heading(only),
            several => {
                let names: Vec<_> = several.iter().map(|runbook| name(&runbook.id)).collect();
                let tone = Tone::of(Verdict::Ok);
                self.labelled("OK", tone, &names.join(" "), tone);
            }
        }
    }

    /// One of several runbooks, and where to read on; less of it where lines are dear.
    fn overview(&mut self, runbook: &Runbook) {
        if runbook.verdict <= Verdict::Ok {
            return self.heading(runbook);
        }
        let is_short = self.density >= Density::Short && runbook.verdict < Verdict::Critical;
        // Each that is blocked says so itself: the sentence is short and may stand often.
        if is_short || runbook.blocked_by.is_some() {
            return self.line_of(runbook);
        }
        self.heading(runbook);
        let (density, mut unknown) = (self.density, 0);
        let (bad, rest): (Vec<_>, Vec<_>) = runbook.steps.iter().partition(|step| {
            let verdict = step.verdict();
            unknown += usize::from(verdict == Verdict::Unknown);
            match density {
                Density::Whole => verdict >= Verdict::Warning,
                Density::Joined if verdict == Verdict::Unknown => unknown == 1,
                Density::Joined => verdict >= Verdict::Warning,
                Density::Short | Density::Least => verdict == Verdict::Critical,
            }
        });
        for step in bad {
            self.step(step, Detail::Line);
        }
        if density == Density::Least {
            return;
        }
        let rest: Vec<_> = rest
            .iter()
            .map(|step| format!("{} {}", step.number, step.verdict().short()))
            .collect();
        let rest = match rest.as_slice() {
            [] => String::new(),
            _ => format!("{}; ", rest.join(", ")),
        };
        let more = format!("{rest}more: duckops triage {}", runbook.id);
        self.labelled("", Tone::Plain, &more, Tone::Faint);
    }

    /// A runbook in one line: what it says, in place of what it is about.
    fn line_of(&mut self, runbook: &Runbook) {
        let word = runbook.verdict.word().to_ascii_uppercase();
        let line = format!("{word} {}: {}", runbook.severity, runbook.summary);
        let line = cut(&line, self.style.width - MARGIN);
        let tone = Tone::of(runbook.verdict);
        self.labelled(&name(&runbook.id), Tone::Strong, &line, tone);
    }

    fn heading(&mut self, runbook: &Runbook) {
        let word = runbook.verdict.word().to_ascii_uppercase();
        let heading = if runbook.verdict >= Verdict::Warning {
            format!("{word} {}: {}", runbook.severity, runbook.title)
        } else {
            format!("{word}: {}", runbook.title)
        };
        let tone = Tone::of(runbook.verdict);
        self.labelled(&name(&runbook.id), Tone::Strong, &heading, tone);
        if let Some(compared) = words::standing(runbook, self.started_at) {
            self.labelled("", Tone::Plain, &compared, Tone::Faint);
        }
    }

    /// The only runbook: every step, with everything under what is not ok.
    fn runbook(&mut self, runbook: &Runbook) {
        self.heading(runbook);
        let told_by_a_step = runbook
            .steps
            .iter()
            .any(|step| step.verdict() >= Verdict::Warning && step.summary == runbook.summary);
        if !told_by_a_step || runbook.blocked_by.is_some() {
            self.sentence(runbook.summary.as_str());
        }
        if let Some(by) = &runbook.blocked_by
            && !runbook
                .summary
                .as_str()
                .to_ascii_uppercase()
                .contains(&name(by))
        {
            self.sentence(&format!("Not judged until {} is solved.", name(by)));
        }
        for step in &runbook.steps {
            let explained = runbook.blocked_by.is_some();
            self.step(
                step,
                if explained {
                    Detail::Sentence
                } else {
                    Detail::All
                },
            );
        }
        let of_a_step = |next: &NextAction| {
            let mut steps = runbook.steps.iter();
            steps.any(|step| step.next_action.as_ref() == Some(next))
        };
        if let Some(next) = runbook.next_action.as_ref().filter(|n| !of_a_step(n)) {
            self.action("next", next);
        }
        if let Some(escalation) = &runbook.escalation
            && !self.called(escalation)
        {
            let whom = self.whom(escalation);
            self.labelled("escalate", Tone::Plain, &whom, Tone::Plain);
        }
    }

    /// What else must be said, and that this is the end of the report.
    fn close(&mut self, report: &Report) {
        for note in &report.notes {
            self.labelled("note:", Tone::Faint, note.as_str(), Tone::Plain);
        }
        let steps: usize = report.runbooks.iter().map(|r| r.steps.len()).sum();
        let end = format!(
            "{}, {steps} steps in {}, exit {}",
            utc(report.started_at),
            words::took(report.took),
            report.exit_code()
        );
        self.labelled("complete:", Tone::Faint, &end, Tone::Faint);
    }

    /// What to do, and the command on a line of its own.
    fn action(&mut self, label: &str, next: &NextAction) {
        if !self.fresh(&spoken(next)) {
            return;
        }
        self.labelled(label, Tone::Strong, next.text.as_str(), Tone::Plain);
        if let Some(command) = &next.command {
            self.command("", command.as_str());
        }
    }

    /// A sentence that stands on the page only once.
    fn sentence(&mut self, text: &str) {
        if !text.is_empty() && !self.repeats(text) {
            self.said.push(text.to_owned());
            self.labelled("", Tone::Plain, text, Tone::Plain);
        }
    }

    /// A command is never broken, because what is pasted must be what was meant; and it
    /// stands on the page only once.
    fn command(&mut self, label: &str, command: &str) {
        if self.commands.iter().any(|said| said == command) {
            return;
        }
        self.commands.push(command.to_owned());
        let label = self.style.paint(Tone::Faint, label);
        let command = self.style.paint(Tone::Strong, command);
        self.line(&format!("{:MARGIN$}{label}{command}", ""));
    }

    fn labelled(&mut self, label: &str, label_tone: Tone, text: &str, tone: Tone) {
        let style = self.style;
        let label = cut(label, style.width);
        let mut column = words::width(&label);
        let mut line = style.paint(label_tone, &label);
        if column >= MARGIN {
            self.line(&line);
            (line, column) = (String::new(), 0);
        }
        for text in wrap(text, style.width - MARGIN) {
            line.push_str(&" ".repeat(MARGIN - column));
            line.push_str(&style.paint(tone, &text));
            self.line(line.trim_end());
            (line, column) = (String::new(), 0);
        }
    }

    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn repeats(&self, text: &str) -> bool {
        self.said.iter().any(|said| said.contains(text))
    }

    /// Whether this was not said before; from now on it was.
    fn fresh(&mut self, text: &str) -> bool {
        let fresh = !self.said.iter().any(|said| said == text);
        if fresh {
            self.said.push(text.to_owned());
        }
        fresh
    }
}

fn spoken(next: &NextAction) -> String {
    let command = next.command.as_ref().map_or("", |c| c.as_str());
    format!("{}\n{command}", next.text)
}

mod call;
mod step;

#[cfg(test)]
mod tests;
