//! The report of a rotation: where the key is, who needs it by when, and what an unfinished one
//! came to.

use super::id::BondId;
use super::plan::BondPlan;
use super::read::BondReader;
use super::recover::{Recovered, recover};
use super::rotate::RotationOutcome;
use super::summary::BondSummary;
use crate::connections::{OFFLINE, SLOW};
use crate::exit;
use crate::fact::{duration, instant};
use crate::state_dir::journal::Stage;
use crate::write::guarded::{WriteContext, WriteOutcome};
use crate::write::report::{WriteReport, next_action};
use serde_json::json;
use std::path::Path;
use std::time::Duration;

/// The pause between two reads while the first pulse with a new key is waited for.
const PAUSE: Duration = Duration::from_secs(5);

/// The report of a rotation by its outcome, now or as found later.
pub(super) fn ended(bond: &BondId, outcome: &RotationOutcome, report: WriteReport) -> WriteReport {
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let recover = Some(format!("duckops bond rotate {bond} --recover"));
    let show = Some(format!("duckops bond show {bond}"));
    let is_unrecorded = report.recorded == Some(false);
    let (code, word, summary, next) = match outcome {
        RotationOutcome::Stored {
            file,
            fingerprint,
            odd,
        } => {
            let summary = format!("the new key {fingerprint} is in {}", path(file));
            let (code, word, summary) = match odd {
                Some(odd) => (
                    exit::CRITICAL,
                    "not-verified",
                    format!("{summary}, but {odd}"),
                ),
                None if is_unrecorded => (exit::CRITICAL, "not-recorded", summary),
                None => (exit::OK, "done", summary),
            };
            let next =
                "Give the key to everything that held the old one, then see that pulses resume";
            (code, word, summary, next_action(next, show))
        }
        RotationOutcome::Refused { status } => (
            exit::WARNING,
            "refused",
            format!("the server refused it (HTTP {status}); the old key still counts"),
            match status {
                401 | 403 => next_action(
                    "Check that the token is fresh and is the owner's, then plan again",
                    None,
                ),
                _ => next_action(
                    "Look at the bond in connection-card.html before trying again",
                    show,
                ),
            },
        ),
        RotationOutcome::Conflict { status } => (
            exit::CONFLICT,
            "conflict",
            format!(
                "the server answered that the bond changed meanwhile or is being rotated (HTTP {status}); nothing of ours was applied"
            ),
            next_action("Look what changed, and who did it", show),
        ),
        RotationOutcome::Unsent { why } => (
            exit::WARNING,
            "not-sent",
            format!("the request never left: {why}; the old key still counts"),
            next_action(
                "Find out why the address cannot be reached",
                Some("duckops doctor".to_owned()),
            ),
        ),
        RotationOutcome::Unrecognised { spool, why } => (
            exit::CRITICAL,
            "unrecognised",
            format!(
                "the key was rotated, and no key was taken from the answer: {why}; the answer is kept raw in {}",
                path(spool)
            ),
            next_action(
                "Take the key out of that file to the runtime; then see that pulses resume",
                show,
            ),
        ),
        RotationOutcome::Lost { why, spool } => {
            let kept = spool.as_deref().map(path);
            let kept = kept.map(|spool| format!("; what arrived is kept in {spool}"));
            (
                exit::UNKNOWN,
                "unclear",
                format!(
                    "a new key may have been issued and is lost ({why}); if so, the old one is dead{}",
                    kept.unwrap_or_default()
                ),
                next_action(
                    "Do not repeat it blindly: see whether pulses go on with the old key, and if not, rotate again knowingly with --supersede",
                    recover,
                ),
            )
        }
    };
    WriteReport {
        code,
        outcome: word,
        summary,
        next,
        ..report
    }
}

/// Who needs a new key, and by when.
pub(super) fn propagation(before: &BondSummary, fingerprint: &str) -> Vec<(&'static str, String)> {
    let consumers = match before.dependents.is_empty() {
        true => "every skill and receiver that held the old key".to_owned(),
        false => before.dependents.join(", "),
    };
    let mut lines = vec![
        (
            "key",
            format!(
                "{fingerprint} is the beginning of its SHA-256; the key itself is printed nowhere"
            ),
        ),
        (
            "give it to",
            format!("the agent's runtime, and {consumers}"),
        ),
    ];
    lines.extend(before.last_pulse.map(|pulse| {
        (
            "by when",
            format!(
                "without a pulse with it the bond is SLOW from {} and OFFLINE from {}",
                instant(pulse + SLOW),
                instant(pulse + OFFLINE)
            ),
        )
    }));
    lines.push((
        "if broken",
        "a consumer that stays cut off is reconnected by a new peck, never by the old key"
            .to_owned(),
    ));
    lines
}

/// Waits for the first pulse after the rotation, which the old key can no longer make. `since`
/// is the time of the rotation by the server's clock, in seconds since 1970.
pub(super) async fn verify(
    context: &WriteContext<'_>,
    reader: &BondReader<'_>,
    plan: &BondPlan,
    (since, wait): (i64, Duration),
    report: WriteReport,
) -> WriteReport {
    let operator = context.operator;
    operator.warn(&format!(
        "duckops: waiting for the first pulse with the new key, for at most {}",
        duration(i64::try_from(wait.as_secs()).unwrap_or(i64::MAX))
    ));
    let is_due = |bond: &BondSummary| bond.last_pulse.is_some_and(|pulse| pulse >= since);
    let seen = reader.watch(operator, wait, PAUSE, is_due).await;
    let pulse = seen.ok().and_then(|bond| bond.last_pulse);
    let verified = json!({"verified": pulse.is_some()});
    let recorded = context.record(plan, Stage::Verified, verified);
    let mut report = WriteReport {
        recorded: Some(recorded.is_ok()),
        ..report
    };
    match pulse {
        Some(pulse) if recorded.is_ok() => {
            let line = ("verified", format!("a pulse at {}", instant(pulse)));
            report.findings.push(line);
            WriteReport {
                summary: format!("{}; the agent pulses with it", report.summary),
                next: next_action("Nothing more; the old key is dead", None),
                ..report
            }
        }
        Some(_) => WriteReport {
            code: exit::CRITICAL,
            outcome: "not-recorded",
            ..report
        },
        None => WriteReport {
            code: exit::CRITICAL,
            outcome: "not-verified",
            summary: format!("{}; no pulse with it was seen yet", report.summary),
            ..report
        },
    }
}

/// Recovers the unfinished rotations of a bond and reports the worst of them.
pub fn recovered(context: &WriteContext<'_>, bond: &BondId) -> WriteReport {
    let recovered = match recover(context, bond) {
        Ok(recovered) => recovered,
        Err(error) => {
            return WriteReport {
                code: exit::UNKNOWN,
                outcome: "unclear",
                summary: format!(
                    "what an unfinished rotation came to cannot be found out: {error}"
                ),
                next: next_action(
                    "Make the state folder usable and recover again; nothing was sent",
                    None,
                ),
                ..WriteReport::default()
            };
        }
    };
    let all: Vec<_> = recovered
        .iter()
        .map(|one| (one, ended(bond, &one.outcome, WriteReport::default())))
        .collect();
    let Some((worst, report)) = all.iter().max_by_key(|(one, report)| rank(one, report)) else {
        return WriteReport {
            code: exit::OK,
            outcome: "nothing-open",
            summary: format!("no rotation of {bond} is unfinished"),
            ..WriteReport::default()
        };
    };
    let findings = all.iter().map(|(one, report)| {
        let begun = one.at.as_deref().unwrap_or("an unknown time");
        let text = format!("{} of {begun}: {}", one.id, report.summary);
        ("rotation", text)
    });
    let results: Vec<_> = recovered
        .iter()
        .map(|one| {
            let mut result = one.outcome.json();
            result["id"] = one.id.as_str().into();
            result["at"] = one.at.as_deref().into();
            result
        })
        .collect();
    let next = match &worst.outcome {
        RotationOutcome::Lost { .. } => next_action(
            "See whether pulses go on with the old key; if not, rotate again knowingly",
            Some(format!(
                "duckops bond rotate {bond} --supersede {}",
                worst.id
            )),
        ),
        _ => report.next.clone(),
    };
    WriteReport {
        code: report.code,
        outcome: match worst.outcome.is_settled() {
            true => "recovered",
            false => report.outcome,
        },
        summary: report.summary.clone(),
        findings: findings.collect(),
        result: results.into(),
        next,
        ..WriteReport::default()
    }
}

/// Orders recovered rotations, the worst last. One that was never sent is no trouble: the old
/// key counts.
fn rank(recovered: &Recovered, report: &WriteReport) -> u8 {
    match (&recovered.outcome, report.code) {
        (RotationOutcome::Unsent { .. }, _) | (_, exit::OK) => 0,
        (_, exit::WARNING) => 1,
        (_, exit::CRITICAL) => 2,
        _ => 3,
    }
}
