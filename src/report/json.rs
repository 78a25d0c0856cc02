//! The report for programs: one JSON document, version 1.0, frozen.
//!
//! The types here are the public form and nothing else: the model may change, these may
//! only grow. Every key is always there, what is absent is null, and `complete` stands
//! last, so that a document that was cut off cannot pass for a whole one. Whatever text
//! comes in, the bytes that go out hold no control character and nothing invisible.

use super::model;
use super::words::{millis, utc};
use crate::fact::FactValue;
use crate::text::Printable;
use channel::JsonChannel;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use standing::JsonStanding;
use std::time::Duration;
use time::OffsetDateTime;

/// The version of the format. A new minor version only adds.
pub const FORMAT_VERSION: &str = "1.0";
/// How many characters of one text from outside are told.
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

/// What every document says of itself, whichever command made it.
#[derive(Clone, Debug)]
pub struct Heading {
    /// Which system, where that is known.
    pub stack: Option<model::StackIdentity>,
    /// When it began, where that is known.
    pub started_at: Option<OffsetDateTime>,
    /// How long it took, where that is known.
    pub took: Option<Duration>,
    /// The verdict; for a failure, unknown.
    pub verdict: model::Verdict,
    /// The exit code of the process.
    pub exit_code: u8,
    /// What happened, in one sentence.
    pub summary: Printable,
    /// What to do, where there is something to do.
    pub next_action: Option<model::NextAction>,
}

impl Heading {
    /// A heading that names no stack and no time, with the exit code of the verdict.
    pub fn new(verdict: model::Verdict, summary: impl Into<Printable>) -> Self {
        Self {
            stack: None,
            started_at: None,
            took: None,
            verdict,
            exit_code: verdict.exit_code(),
            summary: summary.into(),
            next_action: None,
        }
    }

    /// The heading of a report.
    pub fn of(report: &model::Report) -> Self {
        Self {
            stack: Some(report.stack.clone()),
            started_at: Some(report.started_at),
            took: Some(report.took),
            next_action: report.next_action.clone(),
            ..Self::new(report.verdict, report.summary.clone())
        }
    }
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

/// The document of a command that judges no runbook, such as `facts`: the heading, which
/// kind of document it is, then the keys of `extra`, then `complete`. An `extra` that is no
/// object stands under `result`; a key that the heading has is the heading's.
pub fn document(
    kind: DocumentKind,
    heading: &Heading,
    extra: &serde_json::Value,
    pretty: bool,
) -> String {
    text(&JsonDocument(kind.name(), heading, extra), pretty)
}

struct JsonDocument<'a>(&'static str, &'a Heading, &'a serde_json::Value);

/// The keys of a heading, and the one that ends a document.
const HEADING: [&str; 10] = [
    "format_version",
    "duckops_version",
    "stack",
    "started_at",
    "duration_ms",
    "verdict",
    "exit_code",
    "summary",
    "next_action",
    "kind",
];
const END: &str = "complete";

impl Serialize for JsonDocument<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let JsonDocument(kind, heading, extra) = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("format_version", FORMAT_VERSION)?;
        map.serialize_entry("duckops_version", env!("CARGO_PKG_VERSION"))?;
        map.serialize_entry("stack", &JsonStack::of(heading.stack.as_ref()))?;
        map.serialize_entry("started_at", &heading.started_at.map(utc))?;
        map.serialize_entry("duration_ms", &heading.took.map(millis))?;
        map.serialize_entry("verdict", heading.verdict.word())?;
        map.serialize_entry("exit_code", &heading.exit_code)?;
        map.serialize_entry("summary", heading.summary.as_str())?;
        map.serialize_entry(
            "next_action",
            &heading.next_action.as_ref().map(JsonAction::of),
        )?;
        map.serialize_entry("kind", kind)?;
        match extra {
            serde_json::Value::Object(keys) => {
                for (key, value) in keys {
                    if !HEADING.contains(&key.as_str()) && key != END {
                        map.serialize_entry(key, value)?;
                    }
                }
            }
            other => map.serialize_entry("result", other)?,
        }
        map.serialize_entry(END, &true)?;
        map.end()
    }
}

/// The text of a document, with a newline at its end and nothing in it that a terminal
/// would act upon or hide.
fn text(document: &impl Serialize, pretty: bool) -> String {
    let json = if pretty {
        serde_json::to_string_pretty(document)
    } else {
        serde_json::to_string(document)
    };
    // Only a map whose keys are no text could fail, and there is none.
    let json = json.unwrap_or_else(|_| "null".to_owned());
    let mut out = String::with_capacity(json.len() + 1);
    for c in json.chars() {
        // Beyond ASCII a character can only stand inside a string.
        let mut buffer = [0; 4];
        let bare: &str = c.encode_utf8(&mut buffer);
        if c < '\x7f' || Printable::from(bare).as_str() == bare {
            out.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out.push('\n');
    out
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
    summary: &'a str,
    next_action: Option<JsonAction<'a>>,
    escalation: Option<JsonEscalation<'a>>,
    runbooks: Vec<JsonRunbook<'a>>,
    notes: Vec<&'a str>,
    channels: Vec<JsonChannel<'a>>,
    complete: bool,
}

#[derive(Serialize)]
struct JsonStack<'a> {
    name: Option<&'a str>,
    api_url: Option<&'a str>,
    region: Option<&'a str>,
    account: Option<&'a str>,
}

impl<'a> JsonStack<'a> {
    fn of(stack: Option<&'a model::StackIdentity>) -> Self {
        Self {
            name: stack.map(|s| s.name.as_str()),
            api_url: stack.map(|s| s.api_url.as_str()),
            region: stack.map(|s| s.region.as_str()),
            account: stack.map(|s| s.account.as_str()),
        }
    }
}

#[derive(Serialize)]
struct JsonAction<'a> {
    text: &'a str,
    command: Option<&'a str>,
}

impl<'a> JsonAction<'a> {
    fn of(action: &'a model::NextAction) -> Self {
        Self {
            text: action.text.as_str(),
            command: action.command.as_ref().map(Printable::as_str),
        }
    }
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
mod kind;
mod standing;

pub use kind::DocumentKind;

#[cfg(test)]
mod tests;
