//! The report for programs: one JSON document, version 1.0, frozen.
//!
//! The types here are the public form and nothing else: the model may change, these may
//! only grow. Every key is always there, what is absent is null, and `complete` stands
//! last, so that a document that was cut off cannot pass for a whole one. Whatever text
//! comes in, the bytes that go out hold no control character and nothing invisible.

use super::model;
use super::words::millis;
use crate::fact::{FactValue, utc};
use crate::text::Printable;
use channel::JsonChannel;
use serde::Serialize;
use standing::JsonStanding;

/// How many characters of one text from outside are kept.
const TEXT: usize = 2000;

/// The whole report: indented for a person, or on one line for `--watch`.
pub fn render(report: &model::Report, pretty: bool) -> String {
    render_ended(report, report.exit_code(), pretty)
}

/// The same where the process ends otherwise than the verdict says, as in a drill.
pub fn render_ended(report: &model::Report, exit_code: u8, pretty: bool) -> String {
    text(
        &JsonRun {
            format_version: FORMAT_VERSION,
            duckops_version: env!("CARGO_PKG_VERSION"),
            stack: JsonStack::of(Some(&report.stack)),
            started_at: Some(utc(report.started_at)),
            duration_ms: Some(millis(report.took)),
            verdict: report.verdict.word(),
            exit_code,
            root_cause: report.root_cause.as_ref().map(Printable::as_str),
            further: report.further().map(|also| also.id.as_str()).collect(),
            summary: report.summary.as_str(),
            next_action: report.next_action.as_ref().map(JsonAction::of),
            escalation: report.escalation.as_ref().map(JsonEscalation::of),
            runbooks: report.runbooks.iter().map(JsonRunbook::of).collect(),
            notes: report.notes.iter().map(Printable::as_str).collect(),
            channels: report.channels.iter().map(JsonChannel::of).collect(),
            complete: true,
        },
        pretty,
    )
}

/// The judged runbooks of a report, as they stand in its document: for documents that hold
/// something beside them.
pub fn runbooks(report: &model::Report) -> serde_json::Value {
    let runbooks: Vec<_> = report.runbooks.iter().map(JsonRunbook::of).collect();
    serde_json::to_value(runbooks).unwrap_or_default()
}

/// The same document for a run that never came to a report: a usage error, a bad
/// configuration, a panic. All keys are there; those of the report are null or empty.
pub fn failure(heading: &Heading, pretty: bool) -> String {
    text(
        &JsonRun {
            format_version: FORMAT_VERSION,
            duckops_version: env!("CARGO_PKG_VERSION"),
            stack: JsonStack::of(heading.stack.as_ref()),
            started_at: heading.started_at.map(utc),
            duration_ms: heading.took.map(millis),
            verdict: heading.verdict.word(),
            exit_code: heading.exit_code,
            root_cause: None,
            further: vec![],
            summary: heading.summary.as_str(),
            next_action: heading.next_action.as_ref().map(JsonAction::of),
            escalation: None,
            runbooks: vec![],
            notes: vec![],
            channels: vec![],
            complete: true,
        },
        pretty,
    )
}

#[derive(Serialize)]
struct JsonRun<'a> {
    format_version: &'static str,
    duckops_version: &'static str,
    stack: JsonStack<'a>,
    started_at: Option<String>,
    duration_ms: Option<u64>,
    verdict: &'static str,
    exit_code: u8,
    root_cause: Option<&'a str>,
    further: Vec<&'a str>,
    summary: &'a str,
    next_action: Option<JsonAction<'a>>,
    escalation: Option<JsonEscalation<'a>>,
    runbooks: Vec<JsonRunbook<'a>>,
    notes: Vec<&'a str>,
    channels: Vec<JsonChannel<'a>>,
    complete: bool,
}

#[derive(Serialize)]
struct JsonEscalation<'a> {
    to: &'a str,
    priority: &'a str,
    due: Option<String>,
    reason: &'a str,
}

impl<'a> JsonEscalation<'a> {
    fn of(escalation: &'a model::Escalation) -> Self {
        Self {
            to: escalation.to.as_str(),
            priority: escalation.priority.as_str(),
            due: escalation.due.map(utc),
            reason: escalation.reason.as_str(),
        }
    }
}

#[derive(Serialize)]
struct JsonRunbook<'a> {
    id: &'a str,
    title: &'a str,
    severity: &'a str,
    verdict: &'static str,
    summary: &'a str,
    blocked_by: Option<&'a str>,
    next_action: Option<JsonAction<'a>>,
    escalation: Option<JsonEscalation<'a>>,
    steps: Vec<JsonStep<'a>>,
    standing: Option<JsonStanding<'a>>,
}

impl<'a> JsonRunbook<'a> {
    fn of(runbook: &'a model::RunbookReport) -> Self {
        Self {
            id: runbook.id.as_str(),
            title: runbook.title.as_str(),
            severity: runbook.severity.as_str(),
            verdict: runbook.verdict.word(),
            summary: runbook.summary.as_str(),
            blocked_by: runbook.blocked_by.as_ref().map(Printable::as_str),
            next_action: runbook.next_action.as_ref().map(JsonAction::of),
            escalation: runbook.escalation.as_ref().map(JsonEscalation::of),
            steps: runbook.steps.iter().map(JsonStep::of).collect(),
            standing: runbook.standing.as_ref().map(JsonStanding::of),
        }
    }
}

#[derive(Serialize)]
struct JsonStep<'a> {
    number: usize,
    id: &'a str,
    title: &'a str,
    verdict: &'static str,
    reason_code: &'a str,
    summary: &'a str,
    next_action: Option<JsonAction<'a>>,
    escalation: Option<JsonEscalation<'a>>,
    evidence: Vec<JsonEvidence>,
    asked: Vec<JsonRequest<'a>>,
    manual: Option<&'a str>,
}

impl<'a> JsonStep<'a> {
    fn of(step: &'a model::StepReport) -> Self {
        let evidence = step.finding.evidence();
        let asked = step.asked.iter().map(|(probe, asked)| JsonRequest {
            probe: probe.name(),
            question: asked.question.as_str(),
            took_ms: millis(asked.took),
            failure: asked.failure.as_ref().map(Printable::as_str),
        });
        Self {
            number: step.number,
            id: step.id.as_str(),
            title: step.title.as_str(),
            verdict: step.verdict().word(),
            reason_code: step.reason_code.as_str(),
            summary: step.summary.as_str(),
            next_action: step.next_action.as_ref().map(JsonAction::of),
            escalation: step.escalation.as_ref().map(JsonEscalation::of),
            evidence: evidence.iter().map(JsonEvidence::of).collect(),
            asked: asked.collect(),
            manual: Some(step.manual.as_str()).filter(|manual| !manual.is_empty()),
        }
    }
}

#[derive(Serialize)]
struct JsonEvidence {
    fact: &'static str,
    value: serde_json::Value,
    unit: Option<&'static str>,
    source: &'static str,
    at: Option<String>,
}

impl JsonEvidence {
    fn of(evidence: &model::Evidence) -> Self {
        let unit = match &evidence.value {
            Some(FactValue::Duration(_)) => "seconds",
            Some(FactValue::Instant(_)) => "utc",
            _ => evidence.unit,
        };
        Self {
            fact: evidence.fact,
            value: value(evidence.value.as_ref()),
            unit: Some(unit).filter(|unit| !unit.is_empty()),
            source: evidence.source.name(),
            at: evidence.at.map(utc),
        }
    }
}

/// A typed value; null when it is not known.
pub fn value(value: Option<&FactValue>) -> serde_json::Value {
    let text = |t: &crate::text::Untrusted| t.printable(TEXT).to_string();
    let points = |points: &[(i64, i64)]| -> serde_json::Value {
        let point = |(at, n): &(i64, i64)| serde_json::json!([crate::fact::instant(*at), n]);
        points.iter().map(point).collect()
    };
    match value {
        None => serde_json::Value::Null,
        Some(FactValue::Bool(yes)) => (*yes).into(),
        Some(FactValue::Int(n) | FactValue::Duration(n)) => (*n).into(),
        Some(FactValue::Float(x)) => (*x).into(),
        Some(FactValue::Text(t)) => text(t).into(),
        Some(FactValue::List(entries)) => entries.iter().map(text).collect::<Vec<_>>().into(),
        Some(FactValue::Instant(seconds)) => crate::fact::instant(*seconds).into(),
        Some(FactValue::Series(series)) => points(series),
        Some(FactValue::Groups(groups)) => groups
            .iter()
            .map(|(name, series)| serde_json::json!([text(name), points(series)]))
            .collect(),
    }
}

#[derive(Serialize)]
struct JsonRequest<'a> {
    probe: &'static str,
    question: &'a str,
    took_ms: u64,
    failure: Option<&'a str>,
}

mod channel;
mod heading;
mod kind;
mod shared;
mod standing;

pub use heading::{Heading, document};
pub use kind::DocumentKind;
pub use shared::FORMAT_VERSION;
use shared::{JsonAction, JsonStack, text};

#[cfg(test)]
mod tests;
