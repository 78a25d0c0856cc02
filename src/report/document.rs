//! What a command prints that is no report: a text for people, and one JSON document for programs.

use super::json::{self, DocumentKind, Heading};
use super::model::{Report, Verdict};
use crate::text::Printable;
use serde_json::Value;

/// The output of one command. Rooms make it, the command line prints it.
#[derive(Clone, Debug)]
pub struct Document {
    /// The name that programs know it by.
    pub kind: DocumentKind,
    /// Verdict, exit code and summary.
    pub heading: Heading,
    /// The keys of its own.
    pub extra: Value,
    /// What people read.
    pub text: String,
}

impl Document {
    /// A document with the exit code of its verdict.
    pub fn new(
        kind: DocumentKind,
        verdict: Verdict,
        summary: impl Into<Printable>,
        text: impl Into<String>,
        extra: Value,
    ) -> Self {
        Self {
            kind,
            heading: Heading::new(verdict, summary),
            extra,
            text: text.into(),
        }
    }

    /// A document of something that went well.
    pub fn ok(
        kind: DocumentKind,
        summary: impl Into<Printable>,
        text: impl Into<String>,
        extra: Value,
    ) -> Self {
        Self::new(kind, Verdict::Ok, summary, text, extra)
    }

    /// A document under the heading of a report, which holds something beside the judged steps.
    pub fn of(kind: DocumentKind, report: &Report, text: impl Into<String>, extra: Value) -> Self {
        Self {
            kind,
            heading: Heading::of(report),
            extra,
            text: text.into(),
        }
    }

    /// A text that a packager or a shell reads, which is the `document` of the JSON document.
    pub fn verbatim(kind: DocumentKind, summary: impl Into<Printable>, text: String) -> Self {
        let extra = serde_json::json!({ "document": text });
        Self::ok(kind, summary, text, extra)
    }

    /// The same with another exit code than that of its verdict.
    pub fn with_exit_code(mut self, code: u8) -> Self {
        self.heading.exit_code = code;
        self
    }

    /// As JSON: indented for a person, or on one line for a series.
    pub fn json(&self, pretty: bool) -> String {
        json::document(self.kind, &self.heading, &self.extra, pretty)
    }
}
