//! The report as JUnit XML, which build systems show as tests: a suite for each runbook, a case
//! for each step.
//!
//! A critical step is a failure and one that could not be judged an error. A warning passes, with
//! its text on the output of its case, unless it shall count. What is held back, so that the run
//! does not end as badly as a step of it, passes too and says so. The markup is a template whose
//! values are escaped where it is compiled.

use super::model::{NextAction, Report, RunbookReport, StepReport, Verdict};
use super::words::{name, value};
use crate::fact::utc;
use crate::text::Printable;
use maud::{Markup, html};
use std::borrow::Cow;
use std::time::Duration;
use time::OffsetDateTime;

/// How a case ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As it should be.
    Passed,
    /// Not as it should be: the kind of failure, such as `critical`.
    Failed(&'static str),
    /// The result is unknown.
    Error,
    /// Not needed.
    Skipped,
}

/// One test.
#[derive(Clone, Debug)]
pub struct TestCase {
    /// Its name, unique within its suite.
    pub name: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The result in one sentence.
    pub message: String,
    /// What else must be known, in lines.
    pub details: String,
}

/// Tests that belong together.
#[derive(Clone, Debug)]
pub struct Suite {
    /// What they are about, such as `inc-004`.
    pub name: String,
    /// When they began, where that is known.
    pub began: Option<OffsetDateTime>,
    /// How long all of them took, where that is known.
    pub took: Option<Duration>,
    /// In their order.
    pub cases: Vec<TestCase>,
}

/// The whole report; with `is_strict` a warning is a failure. Where something is critical or
/// unknown there is always a case that says so.
pub fn render(report: &Report, is_strict: bool) -> String {
    let counting = Counting {
        is_strict,
        worst: report.verdict,
    };
    let runbooks = report.runbooks.iter();
    let mut suites: Vec<_> = runbooks.map(|r| suite(r, report, &counting)).collect();
    let has_bad = counted(&suites, is_bad) > 0;
    if counting.outcome(report.verdict).0 != Outcome::Passed && !has_bad {
        let run = counting.case(report.verdict, "run", report.summary.as_str());
        suites.push(timed("run", report, vec![run]));
    }
    document(&suites)
}

/// A command that came to no result: one case, which is an error.
pub fn failure(summary: &Printable) -> String {
    let case = TestCase {
        name: "run".to_owned(),
        outcome: Outcome::Error,
        message: summary.to_string(),
        details: String::new(),
    };
    document(&[Suite {
        name: "duckops".to_owned(),
        began: None,
        took: None,
        cases: vec![case],
    }])
}

/// Suites as one document.
pub fn document(suites: &[Suite]) -> String {
    let all = |of: fn(&Outcome) -> bool| counted(suites, of);
    let body = html! {
        testsuites name="duckops" tests=(all(|_| true)) failures=(all(is_failure)) errors=(all(is_error)) {
            "\n" @for suite in suites { (written(suite)) }
        }
    };
    let body = body.into_string();
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}\n")
}

fn suite(runbook: &RunbookReport, report: &Report, counting: &Counting) -> Suite {
    let cases = runbook.steps.iter().map(|step| case(step, counting));
    let mut cases: Vec<_> = cases.collect();
    if let Some(by) = &runbook.blocked_by {
        let message = format!("not judged until {} is solved", name(by));
        cases = vec![TestCase {
            name: "run".to_owned(),
            outcome: Outcome::Skipped,
            message,
            details: String::new(),
        }];
    }
    timed(&name(&runbook.id), report, cases)
}

fn timed(name: &str, report: &Report, cases: Vec<TestCase>) -> Suite {
    Suite {
        name: name.to_owned(),
        began: Some(report.started_at),
        took: Some(report.took),
        cases,
    }
}

fn case(step: &StepReport, counting: &Counting) -> TestCase {
    let name = format!("{} {}", step.number, step.title);
    let evidence = step.finding.evidence().iter();
    let mut lines: Vec<_> = evidence
        .map(|one| format!("{} {}", one.fact, value(one)))
        .collect();
    lines.extend(step.also.iter().map(ToString::to_string));
    if let Some(NextAction { text, command }) = &step.next_action {
        lines.push(format!("next: {text}"));
        lines.extend(command.iter().map(ToString::to_string));
    }
    if step.verdict() >= Verdict::Warning && !step.manual.is_empty() {
        lines.push(format!("check it yourself: {}", step.manual));
    }
    TestCase {
        details: lines.join("\n"),
        ..counting.case(step.verdict(), &name, step.summary.as_str())
    }
}

/// Which verdicts are failures.
struct Counting {
    /// Whether a warning is one.
    is_strict: bool,
    /// The verdict of the run: what is worse is held back.
    worst: Verdict,
}

impl Counting {
    /// How a case of this verdict ends, and what is said before its text.
    fn outcome(&self, verdict: Verdict) -> (Outcome, &'static str) {
        match verdict {
            Verdict::Skipped => (Outcome::Skipped, ""),
            Verdict::Ok => (Outcome::Passed, ""),
            Verdict::Critical if self.worst < verdict => (Outcome::Passed, "held back, critical: "),
            Verdict::Unknown if self.worst < verdict => (Outcome::Passed, "held back, unknown: "),
            Verdict::Critical => (Outcome::Failed("critical"), ""),
            Verdict::Unknown => (Outcome::Error, ""),
            Verdict::Warning if self.is_strict && self.worst >= verdict => {
                (Outcome::Failed("warning"), "")
            }
            Verdict::Warning => (Outcome::Passed, "warning: "),
        }
    }

    fn case(&self, verdict: Verdict, name: &str, summary: &str) -> TestCase {
        let (outcome, prefix) = self.outcome(verdict);
        TestCase {
            name: name.to_owned(),
            outcome,
            message: format!("{prefix}{summary}"),
            details: String::new(),
        }
    }
}

fn is_failure(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(_))
}

fn is_error(outcome: &Outcome) -> bool {
    *outcome == Outcome::Error
}

fn is_bad(outcome: &Outcome) -> bool {
    is_failure(outcome) || is_error(outcome)
}

fn counted(suites: &[Suite], of: fn(&Outcome) -> bool) -> usize {
    let cases = suites.iter().flat_map(|suite| &suite.cases);
    cases.filter(|case| of(&case.outcome)).count()
}

fn written(suite: &Suite) -> Markup {
    let of = |of: fn(&Outcome) -> bool| counted(std::slice::from_ref(suite), of);
    let skipped = of(|outcome| *outcome == Outcome::Skipped);
    let began = suite.began.map(utc);
    let took = suite.took.map(|took| format!("{:.3}", took.as_secs_f64()));
    html! {
        testsuite name=(xml(&suite.name)) tests=(suite.cases.len()) failures=(of(is_failure))
            errors=(of(is_error)) skipped=(skipped) timestamp=[began] time=[took]
        {
            "\n" @for case in &suite.cases { (test(case, &suite.name)) }
        }
        "\n"
    }
}

fn test(case: &TestCase, suite: &str) -> Markup {
    let (message, details) = (xml(&case.message), xml(&case.details));
    let text = html! { (message) "\n" (details) };
    html! {
        testcase name=(xml(&case.name)) classname={ "duckops." (xml(suite)) } {
            @match &case.outcome {
                Outcome::Passed => system-out { (text) },
                Outcome::Failed(kind) => failure type=(kind) message=(message) { (text) },
                Outcome::Error => error type="unknown" message=(message) { (text) },
                Outcome::Skipped => skipped message=(message) {},
            }
        }
        "\n"
    }
}

/// A text without the characters that no XML document can hold, not even escaped.
fn xml(text: &str) -> Cow<'_, str> {
    let forbidden = |c: char| matches!(c, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    match text.contains(forbidden) {
        true => Cow::Owned(text.replace(forbidden, "\u{fffd}")),
        false => Cow::Borrowed(text),
    }
}
