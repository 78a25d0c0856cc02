//! Writes a recording. Secrets are removed from every text, and the finished bytes are searched for
//! known secrets.

use super::form::{
    FORMAT, RecordedFact, RecordedProbe, RecordedRequest, RecordedStack, RecordingFile,
};
use super::{FORMAT_VERSION, Recording};
use crate::fact::Probe;
use crate::fact::{self, FactValue};
use crate::observation::{Blocker, Unavailable};
use crate::redact::{Removed, Secrets};
use crate::text::Printable;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Why no recording is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a secret of this run would be in it, in the name or the address of the stack perhaps; nothing was written"
)]
pub struct Leaks;

/// The bytes of the file. `secrets` are those that this run knows.
///
/// # Errors
/// [`Leaks`]: a known secret would be in it.
pub fn write(recording: &mut Recording, secrets: &Secrets) -> Result<Vec<u8>, Leaks> {
    let mut removed = std::mem::take(&mut recording.removed);
    recording
        .observations
        .each_text(|pieces| secrets.hide(pieces, &mut removed));
    for note in &mut recording.notes {
        note.edited(|note| secrets.hide(&mut [note], &mut removed));
    }
    // Only the account: in a name of the stack a secret is no slip of an answer, and is refused.
    let mut account = |name: &mut Printable| {
        name.edited(|name| secrets.hide_account(name, &mut removed));
    };
    account(&mut recording.stack.account);
    recording.naming.values_mut().for_each(account);
    let bytes = bytes(recording, &removed);
    recording.removed = removed;
    match secrets.are_in(&bytes) {
        true => Err(Leaks),
        false => Ok(bytes),
    }
}

fn bytes(recording: &Recording, removed: &Removed) -> Vec<u8> {
    let text = |text: &Printable| text.to_string();
    let stack = &recording.stack;
    let file = RecordingFile {
        format: FORMAT.to_owned(),
        format_version: FORMAT_VERSION.to_owned(),
        duckops_version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: utc(recording.started_at),
        took_ns: nanos(recording.took),
        stack: RecordedStack {
            name: text(&stack.name),
            api_url: text(&stack.api_url),
            region: text(&stack.region),
            account: text(&stack.account),
        },
        names: recording
            .naming
            .iter()
            .map(|(name, value)| ((*name).to_owned(), text(value)))
            .collect(),
        runbook: recording.runbook.clone(),
        step: recording.step.clone(),
        notes: recording.notes.iter().map(text).collect(),
        probes: probes(recording),
        removed: removed
            .iter()
            .map(|(kind, many)| (kind.word().to_owned(), many))
            .collect(),
        complete: true,
    };
    let mut bytes = serde_json::to_vec_pretty(&file).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

fn probes(recording: &Recording) -> BTreeMap<String, RecordedProbe> {
    let observations = &recording.observations;
    let mut probes: BTreeMap<String, RecordedProbe> = BTreeMap::new();
    for (path, probe, outcome) in observations.all() {
        let told = probes.entry(probe.name().to_owned()).or_default();
        let fact = match outcome {
            Ok(fact::Fact { value, at }) => known(value, *at),
            Err(unavailable) => silent(unavailable),
        };
        told.facts.insert(path.to_owned(), fact);
    }
    for probe in Probe::ALL {
        let asked = observations
            .asked(probe)
            .iter()
            .map(|asked| RecordedRequest {
                question: asked.question.to_string(),
                took_ns: nanos(asked.took),
                bytes: asked.bytes,
                failure: asked.failure.as_ref().map(Printable::to_string),
            });
        if let Some(told) = probes.get_mut(probe.name()) {
            told.asked = asked.collect();
        }
    }
    probes
}

fn known(value: &FactValue, at: OffsetDateTime) -> RecordedFact {
    RecordedFact {
        ty: Some(value.ty().name().to_owned()),
        value: match value {
            FactValue::Bool(yes) => (*yes).into(),
            FactValue::Int(n) | FactValue::Duration(n) | FactValue::Instant(n) => (*n).into(),
            FactValue::Float(x) => x.to_string().into(),
            FactValue::Text(text) => text.clone().exposed().as_str().into(),
            FactValue::List(lines) => lines
                .iter()
                .map(|line| Value::from(line.clone().exposed().as_str()))
                .collect(),
            FactValue::Series(points) => json!(points),
            FactValue::Groups(groups) => groups
                .iter()
                .map(|(name, points)| json!([name.clone().exposed().as_str(), points]))
                .collect(),
        },
        at: Some(utc(at)),
        silent: None,
        detail: None,
        fix: None,
        command: None,
        denied_action: None,
    }
}

fn silent(unavailable: &Unavailable) -> RecordedFact {
    RecordedFact {
        ty: None,
        value: Value::Null,
        at: None,
        silent: Some(unavailable.why.code().to_owned()),
        detail: Some(unavailable.detail.to_string()),
        fix: unavailable.fix.as_ref().map(Printable::to_string),
        command: unavailable.command.as_ref().map(Printable::to_string),
        denied_action: match unavailable.blocker.as_deref() {
            Some(Blocker::DeniedAction(action)) => Some(action.to_string()),
            Some(Blocker::Step(_)) | None => None,
        },
    }
}

fn utc(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}

fn nanos(took: Duration) -> u64 {
    u64::try_from(took.as_nanos()).unwrap_or(u64::MAX)
}
