//! Facts about a rollback: whether the likeliest cause is the version that serves, and which version
//! to go back to.
//!
//! The version to go back to is not chosen here: [`crate::lambda::last_known_good`] is the one place
//! that does, so that `triage` and the alias commands name the same one.

#[cfg(test)]
mod tests;

use super::culprit::earlier_culprit;
use super::function::FunctionMetrics;
use super::log_lines::LogErrors;
use super::moves::{AliasHistory, VersionEvidence};
use super::versions::ErrorOwner;
use super::{DAY, text_fact, unavailable};
use crate::fact::{self, FactValue};
use crate::lambda::error_rate::{MAX_ERROR_RATE, error_rate_at_least};
use crate::lambda::last_known_good::{Assessment, KnownGood};
use crate::observation::{FactState, Observation, Observations, Unavailable, UnavailableReason};
use crate::text::Untrusted;
use time::OffsetDateTime;

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
/// Errors that began so long after a version came, or longer, are not laid to it.
const BLAME_WINDOW: i64 = DAY.whole_seconds();

/// What a rollback is decided from.
pub(super) struct RollbackInputs<'a> {
    pub(super) observations: &'a Observations,
    /// Whether the alias points elsewhere than expected.
    pub(super) drift: Result<bool, Unavailable>,
    pub(super) metrics: &'a Result<FunctionMetrics, Unavailable>,
    pub(super) history: &'a Result<AliasHistory, Unavailable>,
    pub(super) log: &'a LogErrors,
    pub(super) versions: VersionEvidence<'a>,
}

pub(super) fn join(
    observation: &mut Observation,
    inputs: &RollbackInputs<'_>,
    now: OffsetDateTime,
) {
    let history = inputs.history;
    let after = history.clone().and_then(|history| {
        let open = || {
            Unavailable::new(
                UnavailableReason::NotCovered,
                "nothing shows an earlier version",
            )
        };
        history.after.map(FactValue::Instant).ok_or_else(open)
    });
    let before = history.clone();
    let before = before.map(|history| FactValue::Instant(history.before));
    observation.put("alias.moved_after", after, now);
    observation.put("alias.moved_before", before, now);

    let text = |text: &str| FactValue::Text(Untrusted::new(text));
    let why = reason(inputs, now.unix_timestamp());
    let because = why.clone().and_then(|why| {
        let version = text_fact(inputs.observations, "alias.version")?;
        let none = || Unavailable::new(UnavailableReason::NoData, "no rollback is due");
        why.because(&version).ok_or_else(none)
    });
    let offered = why.clone().map(|why| why.because("").is_some());
    observation.put("rollback.offered", offered.map(FactValue::Bool), now);
    observation.put("rollback.because", because.map(|told| text(&told)), now);
    observation.put("rollback.why", why.map(|why| text(why.word())), now);
}

/// What speaks for a rollback, or against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    /// The API answers and the alias is where it should be.
    NotNeeded,
    /// The alias is elsewhere, and the API answers.
    DriftButUp,
    /// What fails stands before the function.
    Gateway,
    /// Requests are refused for want of concurrency.
    Throttled,
    /// No request reaches the function.
    NotInvoked,
    /// Only other versions behind the alias fail.
    ErrorsOfOthers,
    /// Only versions failed that have left the alias.
    ErrorsOfFormer,
    /// The errors are older than the version.
    ErrorsBeforeMove,
    /// The version served well for more than a day before it failed.
    ServedWell,
    /// Neither log nor metrics show an error.
    NoErrors,
    /// The errors came with the version.
    ErrorsAfterMove,
    /// They came with this one, and the version that was put in its place fails, too.
    ErrorsAfterEarlierMove(i64),
    /// The version came after the API last answered well, and the function fails to answer.
    CameAfterGood,
    /// The alias is elsewhere, and the API fails.
    Drift,
}

impl Reason {
    fn word(self) -> &'static str {
        match self {
            Reason::NotNeeded => "not-needed",
            Reason::DriftButUp => "drift-but-up",
            Reason::Gateway => "gateway",
            Reason::Throttled => "throttled",
            Reason::NotInvoked => "not-invoked",
            Reason::ErrorsOfOthers => "errors-of-others",
            Reason::ErrorsOfFormer => "errors-of-former",
            Reason::ErrorsBeforeMove => "errors-before-move",
            Reason::ServedWell => "served-well",
            Reason::NoErrors => "no-errors",
            Reason::ErrorsAfterMove => "errors-after-move",
            Reason::ErrorsAfterEarlierMove(_) => "errors-after-earlier-move",
            Reason::CameAfterGood => "came-after-good",
            Reason::Drift => "drift",
        }
    }

    /// Why a rollback is due, where it is.
    fn because(self, version: &str) -> Option<String> {
        match self {
            Reason::ErrorsAfterMove => Some(format!("errors since {version} came")),
            Reason::ErrorsAfterEarlierMove(earlier) => {
                Some(format!("errors since {earlier} came, also with {version}"))
            }
            Reason::CameAfterGood => Some(format!("{version} came after the last good answer")),
            Reason::Drift => Some("alias drifted".to_owned()),
            _ => None,
        }
    }
}

fn reason(inputs: &RollbackInputs<'_>, now: i64) -> Result<Reason, Unavailable> {
    let observations = inputs.observations;
    let up = match observations.get("api.up") {
        FactState::Known(fact) => fact.value == FactValue::Bool(true),
        _ => return Err(unavailable(observations, "api.up")),
    };
    if up {
        return inputs.drift.clone().map(|drift| match drift {
            true => Reason::DriftButUp,
            false => Reason::NotNeeded,
        });
    }
    // What fails before the function is not mended by another version, not even on drift.
    let cause = text_fact(observations, "api.cause");
    if cause.as_deref() == Ok("gateway") {
        return Ok(Reason::Gateway);
    }
    let metrics = inputs.metrics.as_ref().ok();
    let failed = metrics.map_or(0, |metrics| metrics.errors);
    if metrics.is_some_and(|metrics| metrics.throttles > 0 && failed == 0) {
        return Ok(Reason::Throttled);
    }
    let is_log_clean = observations.int("logs.errors_15m") == Some(0);
    if metrics.is_some_and(|metrics| metrics.stopped) && is_log_clean {
        return Ok(Reason::NotInvoked);
    }
    match metrics.map(|metrics| metrics.error_owner) {
        Some(ErrorOwner::OtherVersions) => return Ok(Reason::ErrorsOfOthers),
        Some(ErrorOwner::FormerVersions) => return Ok(Reason::ErrorsOfFormer),
        _ => {}
    }
    let is_drift = inputs.drift == Ok(true);
    let mut onset = onset(inputs, now);
    let history = match inputs.history {
        Ok(history) => history,
        Err(_) if is_drift => return Ok(Reason::Drift),
        Err(unavailable) => {
            let calm = onset.is_none().then(|| without_errors(inputs));
            return calm.and_then(Result::ok).ok_or_else(|| unavailable.clone());
        }
    };
    let came_after_good = history.came_after_good();
    let Some(onset) = &mut onset else {
        // A function can fail to answer and count as no error, as with a response that the gateway
        // cannot read.
        let is_own_answer = cause.as_deref() == Ok("lambda");
        // Log and metrics come later than the answer: in the first minutes it is the only error.
        let came_after = history.after.filter(|_| history.is_dated);
        let came_lately = came_after.is_some_and(|after| now - after <= BLAME_WINDOW);
        return match came_after_good && (is_own_answer || !is_log_clean) {
            true => Ok(Reason::CameAfterGood),
            false if is_own_answer && came_lately => Ok(Reason::ErrorsAfterMove),
            false if is_drift => Ok(Reason::Drift),
            false => without_errors(inputs),
        };
    };
    if is_older(inputs, history, onset) {
        let known = inputs.versions.assessment.as_ref().ok();
        let good = known.and_then(Assessment::version);
        let culprit = good
            .and_then(|good| earlier_culprit(observations, (good, history.current), onset.latest));
        return Ok(culprit.map_or(Reason::ErrorsBeforeMove, Reason::ErrorsAfterEarlierMove));
    }
    let served = onset.earliest.map(|began| began - history.before);
    if history.is_dated && served.is_some_and(|served| served > BLAME_WINDOW) {
        return Ok(Reason::ServedWell);
    }
    if came_after_good || began_with_version(inputs, history, onset) {
        return Ok(Reason::ErrorsAfterMove);
    }
    match is_drift {
        true => Ok(Reason::Drift),
        false => Err(undated(history, onset.latest)),
    }
}

/// When the present errors began, in seconds since 1970.
struct Onset {
    /// No earlier than this; `None` where they may be older than what was asked for.
    earliest: Option<i64>,
    /// No later than this.
    latest: i64,
}

/// By the metrics, else by the lines of the log, which are there first.
fn onset(inputs: &RollbackInputs<'_>, now: i64) -> Option<Onset> {
    let metrics = inputs.metrics.as_ref().ok();
    match metrics.and_then(|metrics| metrics.errors_since) {
        Some(Ok(since)) => Some(Onset {
            earliest: Some(since),
            latest: since,
        }),
        Some(Err(latest)) => Some(Onset {
            earliest: None,
            latest,
        }),
        None => inputs.log.oldest_own.map(|oldest| {
            // Calm minutes before the first line show that it is the first.
            let is_first = metrics.is_some_and(|metrics| metrics.counted)
                || oldest - (now - super::log_lines::WINDOW) > 2 * MINUTE;
            Onset {
                earliest: is_first.then_some(oldest),
                latest: oldest,
            }
        }),
    }
}

/// Whether the errors are clearly older than the version. Single errors of a version that served
/// well otherwise are not of this outage.
fn is_older(inputs: &RollbackInputs<'_>, history: &AliasHistory, onset: &mut Onset) -> bool {
    let Some(after) = history
        .after
        .filter(|after| onset.latest + MINUTE <= *after)
    else {
        return false;
    };
    let sum = |names: [&str; 2]| {
        let series = names
            .iter()
            .find_map(|path| match inputs.observations.get(path) {
                FactState::Known(fact) => match &fact.value {
                    FactValue::Series(points) => Some(points),
                    _ => None,
                },
                _ => None,
            });
        let inside = series.into_iter().flatten();
        let inside = inside.filter(|(at, _)| (after - HOUR..after).contains(at));
        inside.map(|(_, count)| count).sum::<i64>()
    };
    let errors = sum(["lambda.alias_errors_by_minute", "lambda.errors_by_minute"]);
    let invoked = sum([
        "lambda.alias_invocations_by_minute",
        "lambda.invocations_by_minute",
    ]);
    let is_stray = invoked > 0 && error_rate_at_least(errors, invoked) < MAX_ERROR_RATE;
    if is_stray {
        onset.earliest = Some(after);
        onset.latest = history.before;
    }
    !is_stray
}

/// Whether the errors began with the version, or at most [`BLAME_WINDOW`] after it came.
fn began_with_version(inputs: &RollbackInputs<'_>, history: &AliasHistory, onset: &Onset) -> bool {
    let is_soon = |came: i64| onset.earliest.is_some_and(|at| at - came <= BLAME_WINDOW);
    let came = if history.is_dated {
        Some(history.before)
    } else {
        history.after
    };
    let own = inputs.versions.metrics.iter();
    let own = own.filter(|metrics| metrics.number == history.current);
    let (invoked, failed) = own.fold((0, 0), |(invoked, failed), metrics| {
        (invoked + metrics.invoked(), failed + metrics.failed())
    });
    came.is_some_and(is_soon)
        || invoked > 0 && error_rate_at_least(failed, invoked) >= MAX_ERROR_RATE
}

/// That nothing fails in the function, where that is shown.
fn without_errors(inputs: &RollbackInputs<'_>) -> Result<Reason, Unavailable> {
    let metrics = inputs.metrics.as_ref().map_err(Clone::clone)?;
    let no_data = |why: &str| Err(Unavailable::new(UnavailableReason::NoData, why));
    if !metrics.counted {
        return no_data(
            "CloudWatch has no data points of the function, so nothing shows when it began to fail",
        );
    }
    if inputs.observations.int("logs.errors_15m") != Some(0) {
        return no_data(
            "the metrics show no error yet, and the log is not proven clean: nothing shows when it began to fail",
        );
    }
    Ok(Reason::NoErrors)
}

fn undated(history: &AliasHistory, latest: i64) -> Unavailable {
    let from = history.after.map_or_else(
        || "at some time".to_owned(),
        |at| format!("after {}", fact::instant(at)),
    );
    let (before, latest) = (fact::instant(history.before), fact::instant(latest));
    Unavailable::new(
        UnavailableReason::NotCovered,
        format!(
            "the alias moved {from} and no later than {before}, the errors began by {latest}: which came first is not known"
        ),
    )
    .fix("Look up in DEPLOY-LOG.md when the alias moved")
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
