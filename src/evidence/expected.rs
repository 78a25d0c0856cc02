//! The version that the alias should have, and its source.
//!
//! A version on the command line or in the configuration decides. Otherwise DEPLOY-LOG.md, a newer
//! move in the journal, the status API and recorded history are used in this order; where they
//! differ, all are named.

use super::moves::{AliasHistory, VersionEvidence};
use super::{DAY, RecordedSamples, text_fact, unavailable};
use crate::fact::FactValue;
use crate::lambda::alias_moves::WholeMove;
use crate::lambda::version_number as number;
use crate::observation::{FactState, Observation, Observations, Unavailable, UnavailableReason};
use crate::text::Untrusted;
use time::OffsetDateTime;

/// The version that the alias should have, and what others say.
pub(super) struct ExpectedVersion {
    version: String,
    from: &'static str,
    /// Who names which version, where they differ.
    dispute: Option<String>,
}

/// Makes the facts, and yields whether the alias points elsewhere.
pub(super) fn join(
    observation: &mut Observation,
    observations: &Observations,
    past: &Result<RecordedSamples, Unavailable>,
    versions: VersionEvidence<'_>,
    history: &Result<AliasHistory, Unavailable>,
    now: OffsetDateTime,
) -> Result<bool, Unavailable> {
    let text = |text: &str| FactValue::Text(Untrusted::new(text));
    let expected = expected(observations, past, versions, history, now);
    let drift = expected.as_ref().map_err(Clone::clone);
    let drift = drift.and_then(|expected| {
        let version = text_fact(observations, "alias.version")?;
        Ok(number(&version) != number(&expected.version))
    });
    let of = |value: fn(&ExpectedVersion) -> FactValue| {
        expected.as_ref().map(value).map_err(Clone::clone)
    };
    observation.put("alias.expected", of(|e| text_value(&e.version)), now);
    observation.put("alias.expected_from", of(|e| text_value(e.from)), now);
    let disputed = of(|e| FactValue::Bool(e.dispute.is_some()));
    observation.put("alias.disputed", disputed, now);
    let dispute = expected.and_then(|expected| {
        let none = || Unavailable::new(UnavailableReason::NoData, "all that is known agrees");
        expected.dispute.ok_or_else(none)
    });
    observation.put("alias.dispute", dispute.map(|told| text(&told)), now);
    observation.put("alias.drift", drift.clone().map(FactValue::Bool), now);
    drift
}

fn text_value(text: &str) -> FactValue {
    FactValue::Text(Untrusted::new(text))
}

fn expected(
    observations: &Observations,
    past: &Result<RecordedSamples, Unavailable>,
    versions: VersionEvidence<'_>,
    history: &Result<AliasHistory, Unavailable>,
    now: OffsetDateTime,
) -> Result<ExpectedVersion, Unavailable> {
    if let Ok(pinned) = text_fact(observations, "alias.pinned") {
        return Ok(ExpectedVersion {
            version: number(&pinned).to_owned(),
            from: "the caller",
            dispute: None,
        });
    }
    let log = versions.context.logged.as_ref();
    let moved = versions.context.moves.last().filter(|moved| {
        log.is_none_or(|log| moved.at > log.from) && !is_superseded(moved, past, now)
    });
    let reported = text_fact(observations, "status.lambda_version");
    let mut witnesses: Vec<(&'static str, String)> = Vec::new();
    if let Some(log) = log {
        witnesses.push(("DEPLOY-LOG.md", log.version.clone()));
    }
    if let Some(moved) = moved {
        // It is newer than the log, so it comes first.
        witnesses.insert(0, ("the journal", moved.version.clone()));
    }
    match &reported {
        Ok(version) => witnesses.push(("the status API", version.clone())),
        // A contradiction leaves none of them credible, unless people wrote the version down.
        Err(unavailable)
            if unavailable.why == UnavailableReason::Contradictory && witnesses.is_empty() =>
        {
            return Err(unexpected(observations, unavailable));
        }
        Err(_) => {}
    }
    if let Some(version) = answered_under(observations, history) {
        witnesses.push(("the last good answer", version));
    }
    let Some((from, version)) = witnesses.first().cloned() else {
        let none = || unavailable(observations, "status.lambda_version");
        return Err(unexpected(
            observations,
            &reported.err().unwrap_or_else(none),
        ));
    };
    let version = number(&version).to_owned();
    let is_disputed = witnesses.iter().any(|(_, other)| number(other) != version);
    let told = || {
        let told = witnesses.iter();
        let told = told.map(|(from, version)| format!("{from} {}", number(version)));
        told.collect::<Vec<_>>().join(", ")
    };
    Ok(ExpectedVersion {
        version,
        from,
        dispute: is_disputed.then(told),
    })
}

fn unexpected(observations: &Observations, unavailable: &Unavailable) -> Unavailable {
    let at = text_fact(observations, "alias.version").map_or_else(
        |_| String::new(),
        |v| format!("the alias points to {v}, and "),
    );
    let detail = format!("{at}no expected version is known: {}", unavailable.detail);
    Unavailable::new(unavailable.why, detail)
        .fix("Find out which version should serve; --expect names it")
        .command("duckops alias show")
}

/// The version under which the API last answered well: in this run, else in a recorded one.
fn answered_under(
    observations: &Observations,
    history: &Result<AliasHistory, Unavailable>,
) -> Option<String> {
    let is_good = observations.int("api.good_answers").is_some_and(|n| n > 0);
    if is_good {
        return match observations.get("alias.number") {
            FactState::Known(fact) => Some(fact.value.shown().to_string()),
            _ => None,
        };
    }
    let history = history.as_ref().ok()?;
    Some(history.last_good?.version.to_string())
}

/// Whether another version has served well for a day since this move: then the alias was moved from
/// elsewhere, and not back.
fn is_superseded(
    moved: &WholeMove,
    past: &Result<RecordedSamples, Unavailable>,
    now: OffsetDateTime,
) -> bool {
    let runs = past.as_ref().map(RecordedSamples::answered_runs);
    let runs = runs.unwrap_or_default();
    let later = |run: &&crate::lambda::last_known_good::AnsweredRun| {
        run.at > moved.at && run.version.to_string() != moved.version
    };
    let first = runs.iter().filter(later).map(|run| run.at).min();
    first.is_some_and(|at| now.unix_timestamp() - at >= DAY.whole_seconds())
}
