//! When history will be old enough, on a first installation with nothing that speaks against ok.

use super::cert_age::fewest_waiting;
use super::{CALLBACK_ERRORS, DAY, HOUR, RecordedSamples};
use crate::fact::{Fact, FactValue};
use crate::observation::{Observation, Observations, Unavailable, UnavailableReason};
use time::{Duration, OffsetDateTime};

/// A running total up to this bounds the increase of any window by itself (INC-004, `per_day`), so
/// that only the last hour is open.
const FEW: i64 = 10;
/// This many errors in a day are strays, once an hour has passed without another.
const STRAY: i64 = 1;

pub(super) fn join(
    observation: &mut Observation,
    observations: &Observations,
    past: &Result<RecordedSamples, Unavailable>,
    now: OffsetDateTime,
) {
    let count = |path: &str| match observation.outcome(path) {
        Ok(Fact {
            value: FactValue::Int(count),
            ..
        }) => Some(count),
        _ => None,
    };
    let registered = count("growth.ducklings_48h_min").unwrap_or(0);
    // Those of requests that were denied or expired are no failures.
    let failures = count("executions.failures_24h");
    let lately = count("executions.failures_1h_min");
    let rising = observation.outcome("peck.callback_errors_rising");
    let is_rising = rising.is_ok_and(|fact| fact.value == FactValue::Bool(true));
    let is_quiet = !is_rising && lately == Some(0) && failures.is_some_and(|all| all <= STRAY);
    let waiting = fewest_waiting(observations, past.as_ref().ok(), (now, HOUR));
    let installed = past.as_ref().ok().and_then(|past| past.installed);
    for (path, ready) in [
        (
            "warming.callback_errors_until",
            installed.and_then(|first| Some(first + callback_errors(observations, is_quiet)?)),
        ),
        (
            "warming.certificates_until",
            installed
                .and_then(|first| Some(first + certificates(observations, waiting, registered)?)),
        ),
    ] {
        let ready = ready.filter(|ready| *ready > now).ok_or_else(|| {
            Unavailable::new(
                UnavailableReason::NoData,
                "history is old enough, or something speaks against waiting for it",
            )
        });
        let ready = ready.map(|ready| FactValue::Instant(ready.unix_timestamp()));
        observation.put(path, ready, now);
    }
}

/// How much history INC-004 step 1 needs, while nothing fails: in the last hour no callback error and
/// no failed execution, in 24 h a stray at most, no agent OFFLINE.
fn callback_errors(observations: &Observations, is_quiet: bool) -> Option<Duration> {
    let is_zero = |path: &str| observations.int(path) == Some(0);
    // A feed that broke off shows no absence: its pulses are counted only at its end.
    observations.int("audit.pulses")?;
    let shown = observations.int("audit.callback_errors_24h_min")?;
    let is_quiet = is_quiet
        && shown <= STRAY
        && is_zero("status.agents.dead")
        && observations.int("bonds.offline").unwrap_or(0) == 0;
    let total = observations.int(CALLBACK_ERRORS)?;
    is_quiet.then_some(if total <= FEW { HOUR } else { DAY })
}

/// How much history INC-002 step 1 needs, while every duckling had its certificate within the last
/// hour (one takes some minutes) or no registration is visible.
fn certificates(
    observations: &Observations,
    waiting: Option<i64>,
    registered: i64,
) -> Option<Duration> {
    let backlog = waiting?;
    observations.int("audit.pulses")?;
    let registrations = observations.int("audit.signups_48h_min")?.max(registered);
    (backlog <= 0 || registrations == 0).then_some(2 * DAY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-03-22 03:12:09 UTC);

    fn ready(
        path: &str,
        installed: Option<Duration>,
        facts: &[(&'static str, i64)],
    ) -> Option<i64> {
        let mut observations = Observations::default();
        for (probe, declared) in fact::all() {
            let mut observation = Observation::new(probe);
            for (path, value) in facts {
                if declared.iter().any(|fact| fact.path == *path) {
                    observation.set(path, FactValue::Int(*value), NOW);
                }
            }
            observations.add(declared, observation);
        }
        let past = Ok(RecordedSamples {
            installed: installed.map(|ago| NOW - ago),
            ..RecordedSamples::default()
        });
        let mut joined = Observation::new(crate::fact::Probe::History);
        for (path, value) in facts
            .iter()
            .filter(|(path, _)| path.starts_with("executions.failures"))
        {
            joined.set(path, FactValue::Int(*value), NOW);
        }
        let rises = facts.contains(&RISING);
        joined.set(RISING.0, FactValue::Bool(rises), NOW);
        join(&mut joined, &observations, &past, NOW);
        match joined.outcome(path).ok()?.value {
            FactValue::Instant(at) => Some((at - NOW.unix_timestamp()) / 60),
            _ => None,
        }
    }

    const RISING: (&str, i64) = ("peck.callback_errors_rising", 1);

    const QUIET: [(&str, i64); 6] = [
        ("audit.pulses", 40),
        ("audit.callback_errors_24h_min", 0),
        ("executions.failures_24h", 0),
        ("executions.failures_1h_min", 0),
        ("status.agents.dead", 0),
        ("peck.callback_errors", 7),
    ];

    fn with(path: &'static str, value: i64) -> Vec<(&'static str, i64)> {
        let others = QUIET.into_iter().filter(|(known, _)| *known != path);
        others.chain([(path, value)]).collect()
    }

    #[test]
    fn callback_errors_wait_for_an_hour_or_a_day_while_nothing_fails() {
        let path = "warming.callback_errors_until";
        let minutes = Duration::minutes;
        assert_eq!(ready(path, Some(minutes(0)), &QUIET), Some(60));
        assert_eq!(ready(path, Some(minutes(59)), &QUIET), Some(1));
        assert_eq!(ready(path, Some(minutes(60)), &QUIET), None);
        assert_eq!(ready(path, None, &QUIET), None);
        let many = with("peck.callback_errors", 11);
        assert_eq!(ready(path, Some(minutes(60)), &many), Some(23 * 60));
        for against in [
            with("audit.callback_errors_24h_min", 2),
            with("executions.failures_24h", 2),
            with("executions.failures_1h_min", 1),
            with(RISING.0, RISING.1),
            with("status.agents.dead", 1),
            with("bonds.offline", 1),
        ] {
            assert_eq!(ready(path, Some(minutes(5)), &against), None, "{against:?}");
        }
        // A stray, an hour later.
        for single in ["audit.callback_errors_24h_min", "executions.failures_24h"] {
            let single = with(single, 1);
            assert_eq!(
                ready(path, Some(minutes(5)), &single),
                Some(55),
                "{single:?}"
            );
        }
        for lost in QUIET {
            let rest: Vec<_> = QUIET.into_iter().filter(|known| *known != lost).collect();
            assert_eq!(
                ready(path, Some(minutes(5)), &rest),
                None,
                "without {lost:?}"
            );
        }
    }

    #[test]
    fn certificates_wait_for_two_days_unless_a_registration_has_none() {
        let path = "warming.certificates_until";
        let facts = |backlog: i64, registrations: i64| {
            [
                ("certs.backlog", backlog),
                ("audit.pulses", 40),
                ("audit.signups_48h_min", registrations),
            ]
        };
        let after = Some(Duration::hours(1));
        assert_eq!(ready(path, after, &facts(0, 9)), Some(47 * 60));
        assert_eq!(ready(path, after, &facts(3, 0)), Some(47 * 60));
        assert_eq!(ready(path, after, &facts(3, 1)), None);
        assert_eq!(ready(path, Some(Duration::hours(48)), &facts(0, 0)), None);
    }
}
