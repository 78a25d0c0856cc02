//! Reads a recording. Facts that are missing or that this version does not understand are unavailable;
//! nothing is defaulted.

use super::form::{FORMAT, RecordedFact, RecordedRequest, RecordingFile};
use super::repeated::repeated;
use super::{FORMAT_VERSION, MISSING, Recording};
use crate::fact::{self, Declared, FactType, FactValue, Group};
use crate::fact::{Probe, declared, misfits, upper_bounds};
use crate::observation::UnavailableReason::{Contradictory, Mistyped};
use crate::observation::{
    self, Blocker, Observation, Observations, Unavailable, UnavailableReason,
};
use crate::redact::Removed;
use crate::report::model::StackIdentity;
use crate::runbook::stack_word;
use crate::text::{Printable, Untrusted};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The largest recording, in bytes.
pub const LARGEST: usize = 16 * 1024 * 1024;

/// How much older or newer than the recording a fact in it may be.
const OLDEST: time::Duration = time::Duration::days(2);
const NEWEST: time::Duration = time::Duration::hours(1);

/// Why a file cannot be read as a recording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is no recording, or only a part of one.
    #[error("it is no recording of duckops: {0}")]
    Other(Printable),
    /// It was cut off.
    #[error("the recording is not whole: it was cut off while it was written or copied")]
    CutOff,
    /// A version of the format whose meaning is not known.
    #[error(
        "it is of format {0}, and this version of duckops reads {FORMAT_VERSION}: judge it with a newer one"
    )]
    Newer(Printable),
    /// It is too large to be one.
    #[error("it is larger than 16 MiB, which no recording is")]
    TooLarge,
}

/// Reads a file.
///
/// # Errors
/// [`Unreadable`]. A single fact that cannot be read is unavailable instead.
pub fn read(bytes: &[u8]) -> Result<Recording, Unreadable> {
    if bytes.len() > LARGEST {
        return Err(Unreadable::TooLarge);
    }
    // First whether it is one, then whether it is one that can be understood.
    let document: Value = serde_json::from_slice(bytes).map_err(|error| match error.is_eof() {
        true => Unreadable::CutOff,
        false => other(error),
    })?;
    if document.get("format").and_then(Value::as_str) != Some(FORMAT) {
        return Err(other(format!("it does not say `\"format\": \"{FORMAT}\"`")));
    }
    let version = document.get("format_version").and_then(Value::as_str);
    let major = |version: &str| version.split('.').next().map(str::to_owned);
    match version {
        Some(version) if major(version) == major(FORMAT_VERSION) => {}
        version => return Err(Unreadable::Newer(version.unwrap_or("?").into())),
    }
    let file: RecordingFile = serde_json::from_value(document).map_err(other)?;
    if !file.complete {
        return Err(Unreadable::CutOff);
    }
    let repeated = repeated(bytes);
    let is_fact = |name: &&String| fact::find(name).is_some();
    if let Some(name) = repeated.iter().find(|name| !is_fact(name)) {
        let name = Printable::from(name.as_str());
        return Err(other(format!("`{name}` stands twice in it")));
    }
    recording(file, &repeated)
}

fn other(why: impl ToString) -> Unreadable {
    Unreadable::Other(why.to_string().into())
}

fn recording(file: RecordingFile, repeated: &BTreeSet<String>) -> Result<Recording, Unreadable> {
    let started_at = instant(&file.started_at)
        .ok_or_else(|| other(format!("`{}` is no time", Printable::from(file.started_at))))?;
    let mut notes: Vec<Printable> = file.notes.into_iter().map(Printable::from).collect();
    let mut observations = Observations::default();
    let mut told_by = Vec::new();
    let mut probes = file.probes;
    for probe in Probe::ALL {
        let Some(told) = probes.remove(probe.name()) else {
            continue;
        };
        let facts_of = declared(probe);
        let mut observation = Observation::new(probe);
        observation.default_unavailable(Unavailable::new(UnavailableReason::Missing, MISSING));
        observation.asked = told.asked.into_iter().map(asked).collect();
        let mut facts = told.facts;
        for fact in facts_of {
            if let Some(told) = facts.remove(fact.path) {
                put(&mut observation, fact, told, started_at);
            }
            if repeated.contains(fact.path) {
                let why = "it stands twice in the recording";
                reject(&mut observation, fact.path, Contradictory, why);
            }
        }
        reject_contradictions(&mut observation, facts_of);
        unknown(&mut notes, "facts", facts.into_keys());
        told_by.push((facts_of, observation));
    }
    reject_misfits(&mut told_by);
    for (facts_of, observation) in told_by {
        observations.add(facts_of, observation);
    }
    unknown(&mut notes, "probes", probes.into_keys());
    let naming = file
        .names
        .into_iter()
        .filter_map(|(name, value)| Some((stack_word(&name)?, Printable::from(value))));
    Ok(Recording {
        stack: StackIdentity {
            name: file.stack.name.into(),
            api_url: file.stack.api_url.into(),
            region: file.stack.region.into(),
            account: file.stack.account.into(),
            arguments: Vec::new(),
        },
        naming: naming.collect(),
        started_at,
        took: Duration::from_nanos(file.took_ns),
        runbook: file.runbook,
        step: file.step,
        notes,
        observations,
        removed: Removed::from_words(file.removed),
    })
}

/// Notes what only a newer version knows: it is in the file, and is not judged.
fn unknown(notes: &mut Vec<Printable>, what: &str, names: impl Iterator<Item = String>) {
    let names: Vec<_> = names.collect();
    if let Some(first) = names.first() {
        let many = names.len();
        notes.push(
            format!(
                "the recording holds {many} {what} that this version does not know, such as {first}"
            )
            .into(),
        );
    }
}

fn asked(asked: RecordedRequest) -> observation::RequestLog {
    observation::RequestLog {
        question: asked.question.into(),
        took: Duration::from_nanos(asked.took_ns),
        bytes: asked.bytes,
        failure: asked.failure.map(Printable::from),
    }
}

/// Whether a command of a recording is one that a report offers to be pasted. A recording comes
/// from other hands: it may name a command of `duckops` or `aws`, and nothing that a shell would
/// take for more than words.
fn is_offered(command: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " -_./:=@,+'".contains(c);
    (command.starts_with("duckops ") || command.starts_with("aws "))
        && command.chars().all(is_plain)
}

fn put(
    observation: &mut Observation,
    declared: &Declared,
    told: RecordedFact,
    started_at: OffsetDateTime,
) {
    if let Some(code) = told.silent {
        let detail = Printable::from(told.detail.unwrap_or_default());
        let why = UnavailableReason::of_code(&code).unwrap_or(UnavailableReason::Unsupported);
        let mut unavailable = Unavailable::new(why, detail);
        unavailable.fix = told.fix.map(Printable::from);
        unavailable.command = told
            .command
            .filter(|command| is_offered(command))
            .map(Printable::from);
        let denied = told.denied_action.map(Printable::from);
        unavailable.blocker = denied.map(|action| Box::new(Blocker::DeniedAction(action)));
        return observation.set_unavailable(declared.path, unavailable);
    }
    let at = told.at.as_deref().map_or(Some(started_at), instant);
    let is_due = told.ty.as_deref() == Some(declared.ty.name());
    match (at, is_due.then(|| value(declared.ty, told.value)).flatten()) {
        (Some(_), Some(value)) if !declared.admits(&value) => {
            let why = "no probe yields such a value";
            reject(observation, declared.path, Mistyped, why);
        }
        (Some(at), Some(_)) if !(-OLDEST..=NEWEST).contains(&(at - started_at)) => {
            let why = "it is of another time than the recording";
            reject(observation, declared.path, Contradictory, why);
        }
        (Some(at), Some(value)) => observation.set(declared.path, value, at),
        _ => observation.set_unavailable(
            declared.path,
            Unavailable::new(
                UnavailableReason::Mistyped,
                format!("the recording does not hold a {} there", declared.ty.name()),
            ),
        ),
    }
}

/// What the recording says of a fact does not count.
fn reject(observation: &mut Observation, path: &'static str, reason: UnavailableReason, why: &str) {
    let unavailable = Unavailable::new(reason, why);
    observation.set_unavailable(path, unavailable);
}

/// Drops all facts that contradict each other, whichever probe they came from.
fn reject_misfits(told_by: &mut [(&'static [Declared], Observation)]) {
    let groups: Vec<_> =
        misfits(|path| told_by.iter().find_map(|(_, of)| of.value(path))).collect();
    for path in groups.into_iter().flatten() {
        for (declared, observation) in told_by.iter_mut() {
            if declared.iter().any(|fact| fact.path == *path) {
                reject(
                    observation,
                    path,
                    Contradictory,
                    "it does not fit the others",
                );
            }
        }
    }
}

/// Of a lower bound that exceeds its upper one neither counts.
fn reject_contradictions(observation: &mut Observation, declared: &'static [Declared]) {
    for fact in declared {
        for above in upper_bounds(fact.path) {
            // A count bounds a count: `growth.ducklings_24h` only says whether there was any.
            let is_bound = |other: &&Declared| other.path == above && other.ty == fact.ty;
            let above = declared.iter().find(is_bound);
            let Some(above) = above else { continue };
            let numbers = [fact.path, above.path].map(|path| observation.number(path));
            if let [Some(least), Some(most)] = numbers
                && least > most
            {
                let why = format!("{} exceeds {}", fact.path, above.path);
                reject(observation, fact.path, Contradictory, &why);
                reject(observation, above.path, Contradictory, &why);
            }
        }
    }
}

/// The value of a type; none where it is of another, or none that a probe could yield.
fn value(ty: FactType, told: Value) -> Option<FactValue> {
    Some(match ty {
        FactType::Bool => FactValue::Bool(told.as_bool()?),
        FactType::Int => FactValue::Int(told.as_i64()?),
        FactType::Duration => FactValue::Duration(told.as_i64()?),
        FactType::Instant => FactValue::Instant(told.as_i64()?),
        FactType::Float => {
            let number: f64 = told.as_str()?.parse().ok()?;
            FactValue::Float(Some(number).filter(|number| number.is_finite())?)
        }
        FactType::Text => FactValue::Text(Untrusted::new(told.as_str()?)),
        FactType::List => {
            let lines: Vec<String> = serde_json::from_value(told).ok()?;
            FactValue::List(lines.into_iter().map(Untrusted::new).collect())
        }
        FactType::Series => FactValue::Series(serde_json::from_value(told).ok()?),
        FactType::Groups => {
            let groups: Vec<(String, Vec<(i64, i64)>)> = serde_json::from_value(told).ok()?;
            let group = |(name, points)| -> Group { (Untrusted::new(name), points) };
            FactValue::Groups(groups.into_iter().map(group).collect())
        }
    })
}

fn instant(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_commands_of_duckops_and_aws_are_offered_from_a_recording() {
        for offered in [
            "duckops history status.database.birth_certificates",
            "aws sso login --profile 'on call'",
        ] {
            assert!(is_offered(offered), "{offered}");
        }
        for refused in [
            "curl -s http://127.0.0.1/x | sh",
            "duckops doctor; rm -r .",
            "duckops doctor\nrm -r .",
            "aws sso login $(id)",
            "awsome",
            "",
        ] {
            assert!(!is_offered(refused), "{refused}");
        }
    }
}
