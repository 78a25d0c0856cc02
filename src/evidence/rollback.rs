//! Facts about a rollback: whether the alias is where it should be, whether the errors came with the
//! version that serves, and which version to go back to.
//!
//! The version to go back to is not chosen here: [`crate::lambda::last_known_good`] is the one place
//! that does, so that `triage` and the alias commands name the same one.

#[cfg(test)]
mod tests;

use super::function::FunctionMetrics;
use super::versions::ErrorOwner;
use super::{ALIAS_NUMBER, RecordedSamples};
use crate::fact::{self, FactValue};
use crate::lambda::last_known_good::{Assessment, KnownGood};
use crate::lambda::version_number as number;
use crate::observation::{FactState, Observation, Observations, Unavailable, UnavailableReason};
use crate::text::Untrusted;
use time::OffsetDateTime;

const MINUTE: i64 = 60;

pub(super) fn join(
    observation: &mut Observation,
    observations: &Observations,
    metrics: Result<FunctionMetrics, Unavailable>,
    alias_move_interval: Result<MoveInterval, Unavailable>,
    now: OffsetDateTime,
) {
    let text = |text_fact: &str| FactValue::Text(Untrusted::new(text_fact));
    let expected_version = expected_version(observations);
    let drift = expected_version.clone().and_then(|(expected_version, _)| {
        let version = text_fact(observations, "alias.version")?;
        Ok(number(&version) != number(&expected_version))
    });
    let version = expected_version.clone().map(|(version, _)| text(&version));
    observation.put("alias.expected", version, now);
    let from = expected_version.map(|(_, from)| text(from));
    observation.put("alias.expected_from", from, now);
    observation.put("alias.drift", drift.clone().map(FactValue::Bool), now);

    let after = alias_move_interval.clone().and_then(|alias_move_interval| {
        let open = || {
            Unavailable::new(
                UnavailableReason::NotCovered,
                "nothing shows an earlier version",
            )
        };
        alias_move_interval
            .after
            .map(FactValue::Instant)
            .ok_or_else(open)
    });
    let before = alias_move_interval
        .clone()
        .map(|alias_move_interval| FactValue::Instant(alias_move_interval.before));
    observation.put("alias.moved_after", after, now);
    observation.put("alias.moved_before", before, now);

    let rollback_reason = rollback_reason(observations, drift, &metrics, &alias_move_interval);
    observation.put("rollback.why", rollback_reason.map(text), now);
}

fn unavailable(observations: &Observations, path: &str) -> Unavailable {
    match observations.get(path) {
        FactState::Unavailable(unavailable) => unavailable.clone(),
        _ => Unavailable::new(
            UnavailableReason::NotAsked,
            format!("{path} was not asked for"),
        ),
    }
}

fn text_fact(observations: &Observations, path: &str) -> Result<String, Unavailable> {
    match observations.get(path) {
        FactState::Known(fact) => Ok(fact.value.shown().to_string()),
        _ => Err(unavailable(observations, path)),
    }
}

/// The version that the alias should have, and who says so: the caller before the API.
fn expected_version(observations: &Observations) -> Result<(String, &'static str), Unavailable> {
    if let Ok(pinned) = text_fact(observations, "alias.pinned") {
        return Ok((number(&pinned).to_owned(), "the caller"));
    }
    match text_fact(observations, "status.lambda_version") {
        Ok(version) => Ok((number(&version).to_owned(), "the status API")),
        Err(unavailable) => {
            let at = text_fact(observations, "alias.version").map_or_else(
                |_| String::new(),
                |v| format!("the alias points to {v}, and "),
            );
            let detail = format!("{at}no expected version is known: {}", unavailable.detail);
            Err(Unavailable::new(unavailable.why, detail).fix("Name the version: --expect VERSION"))
        }
    }
}

/// When the alias came to its version.
#[derive(Clone)]
pub(super) struct MoveInterval {
    /// After this, if anything shows it.
    pub(super) after: Option<i64>,
    /// No later than this.
    pub(super) before: i64,
}

/// From recorded runs and from the date of the version: it cannot serve before it exists.
pub(super) fn alias_move_interval(
    observations: &Observations,
    past: &Result<RecordedSamples, Unavailable>,
    now: i64,
) -> Result<MoveInterval, Unavailable> {
    let Some(current) = observations.int(ALIAS_NUMBER) else {
        return Err(unavailable(observations, ALIAS_NUMBER));
    };
    let samples = past.as_ref().map_err(Clone::clone)?.of(ALIAS_NUMBER);
    let last = samples.iter().rposition(|sample| sample.value != current);
    let at = |index: usize| samples.get(index).map(|sample| sample.at.unix_timestamp());
    let before = at(last.map_or(0, |last| last + 1)).unwrap_or(now);
    let published = match observations.get("alias.published") {
        FactState::Known(fact) => match fact.value {
            FactValue::Instant(at) => Some(at),
            _ => None,
        },
        _ => None,
    };
    let after = last.and_then(at).max(published);
    if after.is_some_and(|after| after > before) {
        return Err(Unavailable::new(
            UnavailableReason::ClockOff,
            "recorded history and the date of the version contradict each other",
        ));
    }
    Ok(MoveInterval { after, before })
}

/// Whether the present errors began after the alias moved; `None` when there are none.
fn errors_began_after_move(
    metrics: &Result<FunctionMetrics, Unavailable>,
    alias_move_interval: &Result<MoveInterval, Unavailable>,
) -> Result<Option<bool>, Unavailable> {
    let metrics = metrics.as_ref().map_err(Clone::clone)?;
    let Some(since) = metrics.errors_since else {
        return match metrics.counted {
            true => Ok(None),
            false => Err(Unavailable::new(
                UnavailableReason::NoData,
                "CloudWatch has no data points of the function, so nothing shows when it began to fail",
            )),
        };
    };
    let alias_move_interval = alias_move_interval.as_ref().map_err(Clone::clone)?;
    let (Ok(latest) | Err(latest)) = since;
    if alias_move_interval
        .after
        .is_some_and(|after| latest + MINUTE <= after)
    {
        return Ok(Some(false));
    }
    if since.is_ok_and(|since| since + MINUTE > alias_move_interval.before) {
        return Ok(Some(true));
    }
    let from = alias_move_interval.after.map_or_else(
        || "at some time".to_owned(),
        |at| format!("after {}", fact::instant(at)),
    );
    let (before, latest) = (
        fact::instant(alias_move_interval.before),
        fact::instant(latest),
    );
    Err(Unavailable::new(
        UnavailableReason::NotCovered,
        format!(
            "the alias moved {from} and no later than {before}, the errors began by {latest}: which came first is not known"
        ),
    )
    .fix("Look up in DEPLOY-LOG.md when the alias moved"))
}

/// What speaks for a rollback, or against it, in a word.
fn rollback_reason(
    observations: &Observations,
    drift: Result<bool, Unavailable>,
    metrics: &Result<FunctionMetrics, Unavailable>,
    alias_move_interval: &Result<MoveInterval, Unavailable>,
) -> Result<&'static str, Unavailable> {
    let up = match observations.get("api.up") {
        FactState::Known(fact) => fact.value == FactValue::Bool(true),
        _ => return Err(unavailable(observations, "api.up")),
    };
    if up {
        return drift.map(|drift| match drift {
            true => "drift-but-up",
            false => "not-needed",
        });
    }
    let is_gateway = text_fact(observations, "api.cause").is_ok_and(|cause| cause == "gateway");
    match drift {
        // A cause before the function is not mended by another version.
        Ok(true) if is_gateway => return Ok("gateway"),
        Ok(true) => return Ok("drift"),
        _ => {}
    }
    let errors = errors_began_after_move(metrics, alias_move_interval);
    let of_others =
        (metrics.as_ref()).is_ok_and(|metrics| metrics.error_owner == ErrorOwner::OtherVersions);
    if errors == Ok(Some(true)) && !of_others {
        return Ok("errors-after-move");
    }
    drift?;
    if is_gateway {
        return Ok("gateway");
    }
    if metrics.as_ref().is_ok_and(|metrics| metrics.throttles > 0) {
        return Ok("throttled");
    }
    if of_others {
        return Ok("errors-of-others");
    }
    match errors? {
        Some(_) => Ok("errors-before-move"),
        None if observations.int("logs.errors_15m") != Some(0) => Err(Unavailable::new(
            UnavailableReason::NoData,
            "the metrics show no error yet, and the log is not proven clean: nothing shows when it began to fail",
        )),
        None if metrics.as_ref().is_ok_and(|metrics| metrics.stopped) => Ok("not-invoked"),
        None => Ok("no-errors"),
    }
}

/// The facts about the version to go back to.
pub(super) fn join_last_known_good(
    observation: &mut Observation,
    observations: &Observations,
    assessment: &Result<Assessment, Unavailable>,
    now: OffsetDateTime,
) {
    let found = last_known_good(observations, assessment);
    let known = found.clone().map(|found| FactValue::Bool(found.is_some()));
    observation.put("rollback.to_known", known, now);
    let found = found.and_then(|found| {
        let none = "no version that still exists is proven to have served well";
        found.ok_or_else(|| Unavailable::new(UnavailableReason::NoData, none))
    });
    let evidence = found.as_ref().map_err(Clone::clone);
    let evidence = evidence.map(|good| FactValue::Text(Untrusted::new(good.evidence.as_str())));
    observation.put("rollback.evidence", evidence, now);
    let version = found.map(|good| FactValue::Int(good.version));
    observation.put("rollback.to", version, now);
}

/// What AWS said about the alias may have been taken back since the versions were looked up, for
/// instance since another account answered. Then the assessment counts as little.
fn last_known_good(
    observations: &Observations,
    assessment: &Result<Assessment, Unavailable>,
) -> Result<Option<KnownGood>, Unavailable> {
    for path in ["alias.version", "alias.versions"] {
        if !matches!(observations.get(path), FactState::Known(_)) {
            return Err(unavailable(observations, path));
        }
    }
    let assessment = assessment.as_ref().map_err(Clone::clone)?;
    assessment.last_known_good.clone()
}
