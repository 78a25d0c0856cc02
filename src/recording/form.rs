//! The file format of a recording: types may gain fields, and the meaning of a field never changes.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What the file says it is.
pub(super) const FORMAT: &str = "duckops recording";

/// The whole file. Keys that a reader does not know it ignores; those that an older writer
/// did not know have a default.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RecordingFile {
    pub(super) format: String,
    pub(super) format_version: String,
    pub(super) duckops_version: String,
    pub(super) started_at: String,
    pub(super) took_ns: u64,
    pub(super) stack: RecordedStack,
    /// What the names of the stack stand for.
    pub(super) names: BTreeMap<String, String>,
    pub(super) runbook: Option<String>,
    pub(super) step: Option<String>,
    #[serde(default)]
    pub(super) notes: Vec<String>,
    pub(super) probes: BTreeMap<String, RecordedProbe>,
    /// How many secrets of which kind were taken out.
    #[serde(default)]
    pub(super) removed: BTreeMap<String, usize>,
    /// The last key, so that a file that was cut off cannot pass for a whole one.
    pub(super) complete: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RecordedStack {
    pub(super) name: String,
    pub(super) api_url: String,
    pub(super) region: String,
    pub(super) account: String,
}

/// The requests and facts of one probe.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct RecordedProbe {
    #[serde(default)]
    pub(super) asked: Vec<RecordedRequest>,
    pub(super) facts: BTreeMap<String, RecordedFact>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RecordedRequest {
    pub(super) question: String,
    pub(super) took_ns: u64,
    pub(super) bytes: Option<u64>,
    pub(super) failure: Option<String>,
}

/// A fact, or why it is not known.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RecordedFact {
    /// Its type; none where it is not known.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) ty: Option<String>,
    /// Numbers with a fraction stand as text: every digit of them counts.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub(super) value: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<String>,
    /// The code of the reason; none where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) silent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) command: Option<String>,
    /// The action that AWS denied, where that is the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) denied_action: Option<String>,
}
