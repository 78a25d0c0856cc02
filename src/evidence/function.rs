//! The function's metrics in the window that its time limit asks for, and when its
//! present errors began.

use super::moves::AliasHistory;
use super::versions::{self, ErrorOwner, VersionSeries};
use crate::fact::{self, FactValue};
use crate::observation::{FactState, Observation, Observations, Unavailable, UnavailableReason};
use crate::text::Untrusted;
use time::OffsetDateTime;

const MINUTE: i64 = 60;
/// The window of the runbook.
const WINDOW: i64 = 300;
/// The longest time limit that Lambda knows, for when this function's is not known.
const MAX_TIMEOUT: i64 = 900;
/// So long without an error ends a run of errors.
const MAX_GAP: i64 = 900;
/// How far back the metrics were asked for.
const LOOKBACK: i64 = crate::probe::lambda::REACH;

/// What the metrics show.
pub(super) struct FunctionMetrics {
    /// Errors in the window, if any are shown.
    pub(super) errors: i64,
    /// Throttled requests in the window, if any are shown.
    pub(super) throttles: i64,
    /// Whether metrics are proven to arrive and show no invocation in the window.
    pub(super) stopped: bool,
    /// Whether counting is proven to work.
    pub(super) counted: bool,
    /// Whose the errors in the window are.
    pub(super) error_owner: ErrorOwner,
    /// When the present errors began; `Err` when they may be older than what was asked for.
    pub(super) errors_since: Option<Result<i64, i64>>,
}

pub(super) fn join(
    observation: &mut Observation,
    observations: &Observations,
    history: &Result<AliasHistory, Unavailable>,
    now: OffsetDateTime,
) -> Result<FunctionMetrics, Unavailable> {
    let window = window(observations);
    observation.set("lambda.window", FactValue::Duration(window), now);
    let mut start = window_start(window, now.unix_timestamp());
    let mut metrics = metrics(observations, window, now.unix_timestamp());
    let none = Unavailable::new(
        UnavailableReason::NoData,
        "nothing shows that the alias moved in this window",
    );
    let mut pending = Err(none);
    if let (Ok((metrics, invoked)), Some(moved)) =
        (&mut metrics, recovering_since(observations, history, start))
    {
        start = (moved + MINUTE - 1).div_euclid(MINUTE) * MINUTE;
        let is_counted = since_move(observations, metrics, invoked, start);
        if !is_counted {
            let minute = fact::instant(moved);
            let minute = minute.get(11..16).unwrap_or(&minute);
            let told = format!("no metrics of this version since {minute}Z yet");
            pending = Ok(FactValue::Text(Untrusted::new(told)));
        }
    }
    observation.put("lambda.pending", pending, now);
    match &mut metrics {
        Ok((metrics, invoked)) => {
            metrics.error_owner =
                versions::join(observation, observations, start, metrics.errors, now);
            // What did not come through the alias began without it.
            if metrics.error_owner.has_own()
                && let Ok(errors) = series(observations, "lambda.alias_errors_by_minute")
                && let Some(errors_since) = errors_since(errors, now.unix_timestamp())
            {
                metrics.errors_since = Some(errors_since);
            }
            // While the API fails, lines that are there are no sign that it works.
            let is = |path, wanted| matches!(observations.get(path), FactState::Known(fact) if fact.value == FactValue::Bool(wanted));
            let is_logged = is("logs.silent", false) && is("api.up", true);
            facts(observation, metrics, (*invoked, is_logged), window, now);
        }
        Err(unavailable) => {
            for path in [
                "lambda.invocations",
                "lambda.errors",
                "lambda.errors_min",
                "lambda.throttles_min",
                "lambda.active",
                "lambda.seen",
                "lambda.stopped",
                "lambda.errors_since",
                "lambda.errors_since_max",
            ]
            .into_iter()
            .chain(versions::UNAVAILABLE_WITH_FUNCTION_METRICS)
            {
                observation.set_unavailable(path, unavailable.clone());
            }
        }
    }
    metrics.map(|(metrics, _)| metrics)
}

/// When the alias moved, if it did so in the window and the API answers now: then what an earlier
/// version did counts no more. While the API fails, all of the window is looked at.
fn recovering_since(
    observations: &Observations,
    history: &Result<AliasHistory, Unavailable>,
    start: i64,
) -> Option<i64> {
    let is_up = matches!(observations.get("api.up"),
        FactState::Known(fact) if fact.value == FactValue::Bool(true));
    history.as_ref().ok().filter(|_| is_up)?.move_since(start)
}

/// Counts from the first full minute after the move, of the version that serves alone where its
/// metrics are available. Returns whether there are any points.
fn since_move(
    observations: &Observations,
    metrics: &mut FunctionMetrics,
    invoked: &mut Option<Invoked>,
    start: i64,
) -> bool {
    let count = |path: &str| -> i64 {
        let series = series(observations, path).unwrap_or_default();
        let inside = series.iter().filter(|(at, _)| *at >= start);
        inside.map(|(_, count)| count).sum()
    };
    metrics.throttles = count("lambda.throttles_by_minute");
    metrics.stopped = false;
    let own = versions::serving_since(observations, start);
    let (calls, errors) = own.unwrap_or_else(|| {
        let errors = count("lambda.errors_by_minute");
        (count("lambda.invocations_by_minute"), errors)
    });
    metrics.errors = errors;
    if errors == 0 {
        metrics.errors_since = None;
    }
    *invoked = (calls > 0).then_some((calls, true));
    calls > 0
}

/// A metric point has the minute in which the invocation began, and appears when it ended.
fn window(observations: &Observations) -> i64 {
    let limit = match observations.get("alias.timeout") {
        FactState::Known(fact) => match fact.value {
            FactValue::Duration(seconds) => seconds.clamp(0, MAX_TIMEOUT),
            _ => MAX_TIMEOUT,
        },
        _ => MAX_TIMEOUT,
    };
    WINDOW.max(limit + MINUTE)
}

fn series<'a>(
    observations: &'a Observations,
    path: &str,
) -> Result<&'a VersionSeries, Unavailable> {
    match observations.get(path) {
        FactState::Known(fact) => match &fact.value {
            FactValue::Series(points) => Ok(points),
            _ => Err(Unavailable::new(
                UnavailableReason::Mistyped,
                format!("{path} is no series"),
            )),
        },
        FactState::Unavailable(unavailable) => Err(unavailable.clone()),
        FactState::NotAsked => Err(Unavailable::new(
            UnavailableReason::NotAsked,
            format!("{path} not requested"),
        )),
    }
}

/// When the window begins: with the minute that it falls into.
fn window_start(window: i64, now: i64) -> i64 {
    (now - window).div_euclid(MINUTE) * MINUTE
}

/// Invocations in the window, and whether it holds any data point.
type Invoked = (i64, bool);

/// What is shown, with the invocations if counting is proven to work.
fn metrics(
    observations: &Observations,
    window: i64,
    now: i64,
) -> Result<(FunctionMetrics, Option<Invoked>), Unavailable> {
    let invocations = series(observations, "lambda.invocations_by_minute")?;
    let errors = series(observations, "lambda.errors_by_minute")?;
    let throttles = series(observations, "lambda.throttles_by_minute")?;
    let start = window_start(window, now);
    let inside = |points: &VersionSeries| -> Invoked {
        let inside: Vec<_> = points.iter().filter(|(at, _)| *at >= start).collect();
        (inside.iter().map(|(_, n)| n).sum(), !inside.is_empty())
    };
    let (invoked, any) = inside(invocations);
    let active = any || inside(errors).1 || inside(throttles).1;
    let counted = invocations.iter().any(|(_, n)| *n > 0);
    let failed = inside(errors).0;
    let throttled = inside(throttles).0;
    let metrics = FunctionMetrics {
        errors: failed,
        throttles: throttled,
        stopped: counted && invoked == 0 && throttled == 0,
        counted,
        error_owner: ErrorOwner::Unknown,
        errors_since: (failed > 0).then(|| errors_since(errors, now)).flatten(),
    };
    Ok((metrics, counted.then_some((invoked, active))))
}

/// The first minute of the newest run of errors; `Err` when the run may be older.
fn errors_since(errors: &VersionSeries, now: i64) -> Option<Result<i64, i64>> {
    let mut first: Option<i64> = None;
    for (at, _) in errors.iter().rev().filter(|(_, count)| *count > 0) {
        if first.is_some_and(|first| first - at > MAX_GAP) {
            break;
        }
        first = Some(*at);
    }
    let window_start = (now - LOOKBACK).div_euclid(MINUTE) * MINUTE;
    first.map(|first| match first - window_start > MAX_GAP {
        true => Ok(first),
        false => Err(first),
    })
}

fn facts(
    observation: &mut Observation,
    metrics: &FunctionMetrics,
    (invoked, is_logged): (Option<Invoked>, bool),
    window: i64,
    at: OffsetDateTime,
) {
    let silent = || {
        let window = fact::duration(window);
        Unavailable::new(
            UnavailableReason::NoData,
            format!(
                "CloudWatch has no data points of the function in the last {window}, and silence is no proof"
            ),
        )
    };
    let exact = |count: i64| invoked.map(|_| FactValue::Int(count)).ok_or_else(silent);
    let invocations = exact(invoked.map_or(0, |(count, _)| count));
    observation.put("lambda.invocations", invocations, at);
    observation.put("lambda.errors", exact(metrics.errors), at);
    observation.set("lambda.errors_min", FactValue::Int(metrics.errors), at);
    observation.set(
        "lambda.throttles_min",
        FactValue::Int(metrics.throttles),
        at,
    );
    observation.set("lambda.stopped", FactValue::Bool(metrics.stopped), at);
    let active = invoked
        .filter(|(_, active)| *active)
        .map(|_| FactValue::Bool(true))
        .ok_or_else(silent);
    let seen = match is_logged {
        true => Ok(FactValue::Bool(true)),
        false => active.clone(),
    };
    observation.put("lambda.active", active, at);
    observation.put("lambda.seen", seen, at);
    let none = || {
        Unavailable::new(
            UnavailableReason::NoData,
            "the metrics show no present error",
        )
    };
    let older = || {
        let reach = fact::duration(LOOKBACK);
        Unavailable::new(
            UnavailableReason::NotCovered,
            format!("the errors may have begun earlier than {reach} ago"),
        )
    };
    let exact = match metrics.errors_since {
        Some(Ok(errors_since)) => Ok(FactValue::Instant(errors_since)),
        Some(Err(_)) => Err(older()),
        None => Err(none()),
    };
    observation.put("lambda.errors_since", exact, at);
    let most = match metrics.errors_since {
        Some(Ok(errors_since) | Err(errors_since)) => Ok(FactValue::Instant(errors_since)),
        None => Err(none()),
    };
    observation.put("lambda.errors_since_max", most, at);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Probe;

    const NOW: i64 = 1_774_149_129;

    fn observations(series: [&[(i64, i64)]; 3], timeout: Option<i64>) -> Observations {
        let at = OffsetDateTime::UNIX_EPOCH;
        let mut lambda = Observation::silent(
            Probe::Lambda,
            Unavailable::new(UnavailableReason::Missing, "no"),
        );
        let paths = [
            "lambda.invocations_by_minute",
            "lambda.errors_by_minute",
            "lambda.throttles_by_minute",
        ];
        for (path, points) in paths.into_iter().zip(series) {
            let points = points
                .iter()
                .map(|(ago, n)| ((NOW - ago).div_euclid(MINUTE) * MINUTE, *n))
                .collect();
            lambda.set(path, FactValue::Series(points), at);
        }
        let mut alias = Observation::silent(
            Probe::Alias,
            Unavailable::new(UnavailableReason::Denied, "no"),
        );
        if let Some(timeout) = timeout {
            alias.set("alias.timeout", FactValue::Duration(timeout), at);
        }
        let mut observations = Observations::default();
        observations.add(crate::fact::declared(Probe::Lambda), lambda);
        observations.add(crate::fact::declared(Probe::Alias), alias);
        observations
    }

    #[test]
    fn the_window_is_never_shorter_than_an_invocation() {
        let table = [
            (Some(30), 300),
            (Some(240), 300),
            (Some(241), 301),
            (Some(900), 960),
            (None, 960),
        ];
        for (timeout, seconds) in table {
            assert_eq!(window(&observations([&[], &[], &[]], timeout)), seconds);
        }
    }

    #[test]
    fn an_error_counts_while_its_minute_is_in_the_window() {
        for (ago, errors) in [(299, 1), (300, 1), (369, 0)] {
            let told = observations([&[(ago, 2)], &[(ago, 1)], &[]], Some(30));
            let (metrics, _) = metrics(&told, 300, NOW).expect("metrics");
            assert_eq!(metrics.errors, errors, "{ago} s ago");
        }
    }

    #[test]
    fn missing_data_points_are_not_zero() {
        let mut observation = Observation::new(Probe::History);
        let told = observations([&[], &[], &[]], Some(30));
        let now = OffsetDateTime::from_unix_timestamp(NOW).expect("an instant");
        let unmoved = Err(Unavailable::new(UnavailableReason::Denied, "no"));
        join(&mut observation, &told, &unmoved, now).expect("metrics");
        for path in ["lambda.invocations", "lambda.errors", "lambda.active"] {
            let why = observation.outcome(path).expect_err(path).why;
            assert_eq!(why, UnavailableReason::NoData, "{path}");
        }
        let stopped = observation.outcome("lambda.stopped").expect("known");
        assert_eq!(stopped.value, FactValue::Bool(false));
    }

    #[test]
    fn stopped_invocations_are_distinguished_from_none_ever() {
        let told = observations([&[(3_600, 2), (600, 2)], &[], &[]], Some(30));
        let (found, _) = metrics(&told, 300, NOW).expect("metrics");
        assert!(found.stopped && found.errors == 0);
        let throttled = observations([&[(600, 2)], &[], &[(120, 4)]], Some(30));
        let (found, _) = metrics(&throttled, 300, NOW).expect("metrics");
        assert!(!found.stopped && found.throttles == 4);
    }

    #[test]
    fn the_onset_of_errors_is_the_end_of_the_error_free_period() {
        let minute = |ago: i64| (NOW - ago * MINUTE).div_euclid(MINUTE) * MINUTE;
        let run = |agos: &[i64]| -> Vec<_> { agos.iter().map(|ago| (minute(*ago), 1)).collect() };
        assert_eq!(
            errors_since(&run(&[90, 20, 10, 2]), NOW),
            Some(Ok(minute(20)))
        );
        assert_eq!(
            errors_since(&run(&[40, 25, 10, 2]), NOW),
            Some(Ok(minute(40)))
        );
        assert_eq!(errors_since(&run(&[41, 25, 10]), NOW), Some(Ok(minute(25))));
        let long: Vec<i64> = (1..=180).rev().collect();
        assert_eq!(errors_since(&run(&long), NOW), Some(Err(minute(180))));
        assert_eq!(errors_since(&[], NOW), None);
    }
}
