//! A walk through one runbook: its steps as they stand, what changed, and what was done on the way.
//!
//! A step that is asked again takes its place among the others; the exit code is that of the last
//! evaluation with all of them.

use super::run::Run;
use super::runbooks::RequestedRunbooks;
use super::wait::Wait;
use crate::evidence::WaitedFor;
use crate::fact::{self, FactValue};
use crate::report::model::{Report, RunbookReport, StepReport, Verdict};
use crate::report::palette::Style;
use crate::report::table;
use crate::report::words::wrap;
use crate::runbook::{Library, Missing};
use crate::text::Printable;
use std::time::Duration;

/// A guide goes on for as long as its reader needs.
const LIMIT: Duration = Duration::from_secs(86_400);
/// The columns of the labels of a page.
const LABEL: usize = 10;

/// The steps of a runbook on a walk through it.
pub struct GuideSession {
    whole: RequestedRunbooks,
    single: Vec<RequestedRunbooks>,
    id: String,
    wait: Wait,
    report: Option<Report>,
    /// Whether a step was asked again after the whole runbook was.
    is_patched: bool,
    /// What a step was at first, and what it was before it was asked last.
    first: Vec<(Verdict, String)>,
    before: Vec<(Verdict, String)>,
    acts: Vec<String>,
}

impl GuideSession {
    /// A walk that has not begun.
    ///
    /// # Errors
    /// There is no such runbook, or it is wrong.
    pub fn load(library: &Library, id: &str) -> Result<Self, Missing> {
        let runbook = library.get(id)?;
        let single = runbook
            .steps
            .iter()
            .map(|step| RequestedRunbooks::load(library, Some(&runbook.id), Some(&step.id)));
        Ok(Self {
            whole: RequestedRunbooks::load(library, Some(&runbook.id), None)?,
            single: single.collect::<Result<_, _>>()?,
            id: runbook.id.clone(),
            wait: Wait::new(LIMIT),
            report: None,
            is_patched: false,
            first: Vec::new(),
            before: Vec::new(),
            acts: Vec::new(),
        })
    }

    /// The id of the runbook.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How many steps it has.
    pub fn len(&self) -> usize {
        self.single.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.single.is_empty()
    }

    /// What the answers so far have seen of a recovery, for the next run.
    pub fn seen(&self) -> WaitedFor {
        self.wait.seen()
    }

    /// Asks every step.
    pub async fn ask_all(&mut self, run: Run) {
        let evaluated = self.whole.collect_and_evaluate(run).await;
        self.wait.note(&evaluated);
        let report = evaluated.record().await;
        self.before = states(self.report.as_ref(), &self.id);
        if self.first.is_empty() {
            self.first = states(Some(&report), &self.id);
        }
        (self.report, self.is_patched) = (Some(report), false);
    }

    /// Asks one step again, by its index: only its own probes.
    pub async fn ask_step(&mut self, index: usize, run: Run) {
        let Some(requested) = self.single.get(index) else {
            return;
        };
        let evaluated = requested.collect_and_evaluate(run).await;
        self.wait.note(&evaluated);
        let report = evaluated.record().await;
        self.before = states(self.report.as_ref(), &self.id);
        let fresh = of(&report, &self.id).and_then(|runbook| runbook.steps.first().cloned());
        let runbooks = self
            .report
            .iter_mut()
            .flat_map(|report| &mut report.runbooks);
        let mut own = runbooks.filter(|runbook| runbook.id.as_str() == self.id);
        if let (Some(fresh), Some(runbook)) = (fresh, own.next())
            && let Some(place) = runbook.steps.iter_mut().find(|step| step.id == fresh.id)
        {
            *place = fresh;
            self.is_patched = true;
        }
    }

    /// A step as it stands.
    pub fn step(&self, index: usize) -> Option<&StepReport> {
        of(self.report.as_ref()?, &self.id)?.steps.get(index)
    }

    /// The command that is suggested now: that of the step, or that of the runbook.
    pub fn command(&self, index: usize) -> Option<&Printable> {
        let report = self.report.as_ref()?;
        let of_step = self.step(index)?.next_action.as_ref();
        let of_run = || {
            report
                .next_action
                .as_ref()
                .filter(|_| self.step(index).is_some_and(is_bad))
        };
        of_step.or_else(of_run)?.command.as_ref()
    }

    /// Notes what was done, and how it ended.
    pub fn acted(&mut self, command: &str, code: Option<i32>) {
        let ended = code.map_or("ended by a signal".to_owned(), |code| {
            format!("exit {code}")
        });
        // An entry of the log does not hold itself.
        if !command.starts_with("duckops record ") {
            self.acts.push(format!("{command} ({ended})"));
        }
    }

    /// What the last answers changed, a line for each step.
    pub fn changes(&self) -> Vec<String> {
        let now = states(self.report.as_ref(), &self.id);
        differences(&self.before, &now)
    }

    /// What stands on the page of a step.
    pub fn page(&self, index: usize, style: Style) -> Vec<String> {
        let (Some(report), Some(step)) = (&self.report, self.step(index)) else {
            return vec!["nothing was answered yet".to_owned()];
        };
        let width = style.width.max(40);
        let mut lines = Vec::new();
        let mut labelled = |label: &str, text: &str| {
            for (number, part) in wrap(text, width - LABEL).into_iter().enumerate() {
                let label = if number == 0 { label } else { "" };
                lines.push(format!("{label:<LABEL$}{part}"));
            }
        };
        labelled("finding", step.summary.as_str());
        for more in &step.also {
            labelled("", more.as_str());
        }
        for (number, text) in why(step).iter().enumerate() {
            labelled(if number == 0 { "why" } else { "" }, text);
        }
        let label = match step.verdict() {
            Verdict::Critical | Verdict::Unknown => "DO NOW",
            _ => "NEXT",
        };
        let of_report = report.next_action.as_ref().filter(|_| is_bad(step));
        match step.next_action.as_ref().or(of_report) {
            Some(next) => labelled(label, next.text.as_str()),
            None => labelled(label, "go on to the next step (n)"),
        }
        if let Some(command) = self.command(index) {
            lines.push(format!("{:LABEL$}{command}", ""));
        }
        let mut labelled = |label: &str, text: &str| {
            for (number, part) in wrap(text, width - LABEL).into_iter().enumerate() {
                let label = if number == 0 { label } else { "" };
                lines.push(format!("{label:<LABEL$}{part}"));
            }
        };
        if let Some((number, text)) = self.leading(index) {
            labelled("overall", &format!("step {number}: {text}"));
        }
        if let Some(escalation) = step.escalation.as_ref().or(report.escalation.as_ref()) {
            let whom = table::whom(escalation, report.started_at);
            let label = table::label(escalation).to_lowercase();
            labelled(&label, &format!("{whom}; {}", escalation.reason));
        }
        lines
    }

    /// What the whole runbook leads to, and the step that says it, where that is another one.
    fn leading(&self, index: usize) -> Option<(usize, &Printable)> {
        let next = self.report.as_ref()?.next_action.as_ref()?;
        let steps = (0..self.len()).filter_map(|at| Some((at, self.step(at)?)));
        let mut leading = steps.filter(|(_, step)| step.next_action.as_ref() == Some(next));
        let (at, step) = leading.next()?;
        let is_other = at != index && self.step(index).is_some_and(is_bad);
        is_other.then_some((step.number, &next.text))
    }

    /// Every step in one line: its number, its verdict.
    pub fn overview(&self, index: usize) -> String {
        let steps = (0..self.len()).filter_map(|at| Some((at, self.step(at)?)));
        let words = steps.map(|(at, step)| {
            let word = format!("{} {}", step.number, step.verdict().short());
            if at == index {
                format!("[{word}]")
            } else {
                word
            }
        });
        words.collect::<Vec<_>>().join("  ")
    }

    /// The evidence of a step, as `--explain` shows it.
    pub fn evidence(&self, index: usize, style: Style) -> Vec<String> {
        let (Some(report), Some(step)) = (&self.report, self.step(index)) else {
            return Vec::new();
        };
        let mut alone = report.clone();
        alone
            .runbooks
            .retain(|runbook| runbook.id.as_str() == self.id);
        for runbook in &mut alone.runbooks {
            runbook.steps.retain(|known| known.id == step.id);
        }
        table::explain(&alone, style)
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// What came of it all, in one line that an entry of the log can hold.
    pub fn summary(&self) -> String {
        if self.report.is_none() {
            return "guide: nothing was judged".to_owned();
        }
        let now = states(self.report.as_ref(), &self.id);
        let mut parts = differences(&self.first, &now);
        if parts.is_empty() {
            parts.push("no step changed".to_owned());
        }
        parts.extend(self.acts.iter().map(|act| format!("ran {act}")));
        let open = now
            .iter()
            .filter(|(verdict, _)| *verdict > Verdict::Ok)
            .count();
        parts.push(match open {
            0 => "no step is warning, unknown or critical".to_owned(),
            n => format!("{n} of {} steps not ok", now.len()),
        });
        format!("guide: {}", parts.join("; "))
    }

    /// That of the last evaluation, with every step as it stands.
    pub fn exit_code(&self) -> u8 {
        let Some(report) = &self.report else {
            return Verdict::Unknown.exit_code();
        };
        let steps = of(report, &self.id).map(|runbook| &runbook.steps);
        match steps.filter(|_| self.is_patched) {
            Some(steps) => Verdict::worst(steps.iter().map(StepReport::verdict)).exit_code(),
            None => report.exit_code(),
        }
    }
}

fn of<'a>(report: &'a Report, id: &str) -> Option<&'a RunbookReport> {
    let mut runbooks = report.runbooks.iter();
    runbooks.find(|runbook| runbook.id.as_str() == id)
}

fn is_bad(step: &StepReport) -> bool {
    step.verdict() > Verdict::Ok
}

fn states(report: Option<&Report>, id: &str) -> Vec<(Verdict, String)> {
    let steps = report
        .and_then(|report| of(report, id))
        .map(|runbook| &runbook.steps);
    let state = |step: &StepReport| (step.verdict(), format!("step {} {}", step.number, step.id));
    steps.into_iter().flatten().map(state).collect()
}

fn differences(before: &[(Verdict, String)], now: &[(Verdict, String)]) -> Vec<String> {
    let both = before.iter().zip(now);
    let changed = both.filter(|((then, _), (now, _))| then != now);
    let line = |((then, _), (now, name)): (&(Verdict, String), &(Verdict, String))| {
        format!("{name} {} -> {}", then.short(), now.short())
    };
    changed.map(line).collect()
}

/// What the verdict stands on, in words: the first facts that the finding does not quote.
fn why(step: &StepReport) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for evidence in step.finding.evidence() {
        // A yes, a word or a time says little without its question: those are read in the evidence.
        let (Some(value), Some(label)) = (&evidence.value, fact::label(evidence.fact)) else {
            continue;
        };
        let is_number = matches!(
            value,
            FactValue::Int(_) | FactValue::Float(_) | FactValue::Duration(1..)
        );
        let line = format!("{label}: {}", value.shown());
        let is_said = step.summary.as_str().contains(value.shown().as_str());
        if is_number && !seen.contains(&line) && (seen.is_empty() || !is_said) {
            seen.push(line);
        }
    }
    if seen.is_empty() {
        seen.push(step.reason_code.as_str().replace('-', " "));
    }
    seen.truncate(2);
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_verdict_stands_on_is_named_only_where_the_words_stand_alone() {
        for (path, due) in [
            (
                "peck.callback_errors_24h_min",
                Some("callback errors of the last 24 h"),
            ),
            ("audit.pulse_age", Some("age of the newest pulse")),
            (
                "bonds.offline",
                Some("bonds without a pulse for 30 minutes"),
            ),
            (
                "alias.weighted",
                Some("a part of the traffic goes to another version"),
            ),
            ("executions.oldest_running_age_min", None),
            ("executions.newest_failure_name", None),
            ("callbacks.failing_offline", None),
            ("bonds.offline_24h", None),
            ("logs.timeouts_15m_min", None),
            ("recovery.waited", None),
            ("status.agents.dead", None),
            ("lambda.errors", None),
        ] {
            assert_eq!(fact::label(path), due, "{path}");
        }
    }

    #[test]
    fn only_steps_whose_verdict_changed_are_differences() {
        let state = |verdict, name: &str| (verdict, name.to_owned());
        let before = [
            state(Verdict::Critical, "step 1 a"),
            state(Verdict::Ok, "step 2 b"),
        ];
        let now = [
            state(Verdict::Ok, "step 1 a"),
            state(Verdict::Ok, "step 2 b"),
        ];
        assert_eq!(differences(&before, &now), ["step 1 a CRIT -> OK"]);
        assert_eq!(differences(&now, &now), [""; 0]);
    }
}
