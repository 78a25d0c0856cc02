//! The document of a command that judges no runbook: a heading that all documents share, and keys
//! of its own.

use super::kind::DocumentKind;
use super::shared::{FORMAT_VERSION, JsonAction, JsonStack, text};
use crate::fact::utc;
use crate::report::model;
use crate::report::words::millis;
use crate::text::Printable;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use std::time::Duration;
use time::OffsetDateTime;

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
