//! When a fault last occurred that a 24 h window still shows: shown in the first line, so that a
//! past fault is not mistaken for a present one.

use super::cert_age::fewest_waiting;
use super::last_growth::last_growth;
use super::{CALLBACK_ERRORS, CERTIFICATES, DUCKLINGS, HOUR, RecordedSamples, unavailable};
use crate::fact::{self, Fact, FactValue};
use crate::observation::{Observation, Observations, Unavailable, UnavailableReason};
use crate::text::Untrusted;
use time::{Duration, OffsetDateTime};

/// Faults come with pauses: only after so long it is said that there was none since.
const CALM: Duration = Duration::minutes(15);

pub(super) fn join(
    observation: &mut Observation,
    observations: &Observations,
    past: &Result<RecordedSamples, Unavailable>,
    now: OffsetDateTime,
) {
    let past = past.as_ref().ok();
    let callbacks = last_callback_error(observations, past, now);
    observation.put(
        "peck.callback_errors_none_since",
        minute(callbacks, now),
        now,
    );
    let age = match observation.outcome("executions.newest_failure_age") {
        Ok(Fact {
            value: FactValue::Duration(age),
            ..
        }) => Ok(now.saturating_sub(Duration::seconds(age))),
        Ok(_) => Err(unavailable(observations, "executions.newest_failure_age")),
        Err(unavailable) => Err(unavailable),
    };
    observation.put("executions.failures_none_since", minute(age, now), now);
    let missed = last_missed_certificate(observations, past, now);
    observation.put("certs.none_missed_since", minute(missed, now), now);
}

/// The minute of a moment that is long enough ago, as a first line has it: of
/// `2026-03-22T17:40:09Z` it is `17:40Z`.
fn minute(
    at: Result<OffsetDateTime, Unavailable>,
    now: OffsetDateTime,
) -> Result<FactValue, Unavailable> {
    let at = at?;
    if now - at < CALM {
        let why = "the newest was a short while ago";
        return Err(Unavailable::new(UnavailableReason::NoData, why));
    }
    let at = fact::utc(at);
    let minute = at.get(11..16).unwrap_or(&at);
    Ok(FactValue::Text(Untrusted::new(format!("{minute}Z"))))
}

/// When the last callback failed, by the feed or by recorded totals: whichever is later, since the
/// feed need not show all of them.
fn last_callback_error(
    observations: &Observations,
    past: Option<&RecordedSamples>,
    now: OffsetDateTime,
) -> Result<OffsetDateTime, Unavailable> {
    const AGE: &str = "audit.callback_error_age";
    let dated = observations.seconds(AGE);
    let dated = dated.map(|age| now.saturating_sub(Duration::seconds(age)));
    let total = observations.int(CALLBACK_ERRORS);
    let counted = past
        .zip(total)
        .and_then(|(past, total)| last_growth(past.of(CALLBACK_ERRORS), total, now).by);
    let last = [dated, counted].into_iter().flatten().max();
    last.ok_or_else(|| unavailable(observations, AGE))
}

/// When the last duckling registered that has waited for over an hour: later runs saw no fewer wait
/// than wait now.
fn last_missed_certificate(
    observations: &Observations,
    past: Option<&RecordedSamples>,
    now: OffsetDateTime,
) -> Result<OffsetDateTime, Unavailable> {
    let waiting = fewest_waiting(observations, past, (now, HOUR));
    let waiting = waiting.ok_or_else(|| unavailable(observations, "certs.backlog"))?;
    let certificates = past.map_or(&[][..], |past| past.of(CERTIFICATES));
    let ducklings = past.map_or(&[][..], |past| past.of(DUCKLINGS));
    let mut backlogs = ducklings.iter().rev().filter_map(|ducklings| {
        let mut runs = certificates.iter();
        let same_run = runs.find(|sample| sample.at == ducklings.at)?;
        Some((
            ducklings.at,
            ducklings.value - same_run.value,
            same_run.value,
        ))
    });
    let issued = observations.int("status.database.birth_certificates");
    let issued = issued.max(certificates.last().map(|run| run.value));
    let (mut since, mut issued_then) = (now, issued);
    let is_fewer = backlogs.any(|(at, backlog, certificates)| {
        let is_fewer = backlog < waiting;
        if !is_fewer {
            (since, issued_then) = (at, Some(certificates));
        }
        is_fewer
    });
    match is_fewer {
        // Without one since then, none was missed because none was due.
        true if issued_then < issued => Ok(since),
        true => Err(Unavailable::new(
            UnavailableReason::NoData,
            "no certificate was issued since",
        )),
        false => Err(Unavailable::new(
            UnavailableReason::NotCovered,
            "no recorded run saw fewer ducklings wait",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Probe;
    use crate::history::Sample;
    use std::collections::BTreeMap;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-03-22 18:00:00 UTC);

    /// Minutes ago and total, oldest first, the last one now.
    fn samples(runs: &[(i64, i64)]) -> Vec<Sample> {
        let earlier = &runs[..runs.len() - 1];
        let sample = |run: &(i64, i64)| Sample {
            at: NOW - Duration::minutes(run.0),
            value: run.1,
        };
        earlier.iter().map(sample).collect()
    }

    fn status(path: &'static str, value: i64, feed: Option<i64>) -> Observations {
        let mut status = Observation::new(Probe::Status);
        status.set(path, FactValue::Int(value), NOW);
        let mut audit = Observation::silent(
            Probe::Audit,
            Unavailable::new(UnavailableReason::NotCovered, "too short"),
        );
        if let Some(minutes) = feed {
            let age = FactValue::Duration(minutes * 60);
            audit.set("audit.callback_error_age", age, NOW);
        }
        let mut observations = Observations::default();
        for observation in [status, audit] {
            observations.add(fact::declared(observation.probe), observation);
        }
        observations
    }

    fn joined(observations: &Observations, past: RecordedSamples, path: &str) -> Option<String> {
        let mut joined = Observation::new(Probe::History);
        join(&mut joined, observations, &Ok(past), NOW);
        let found = joined.outcome(path).ok()?;
        Some(found.value.shown().to_string())
    }

    #[test]
    fn the_last_callback_error_is_the_later_one_of_feed_and_totals() {
        let told = |runs: &[(i64, i64)], feed| {
            let (_, total) = *runs.last().expect("now");
            let past = RecordedSamples {
                samples: BTreeMap::from([(CALLBACK_ERRORS, samples(runs))]),
                ..RecordedSamples::default()
            };
            let observations = status(CALLBACK_ERRORS, total, feed);
            joined(&observations, past, "peck.callback_errors_none_since")
        };
        let at = |minute: &str| Some(minute.to_owned());
        let grew = [(40, 3), (20, 17), (0, 17)];
        assert_eq!(told(&grew, None), at("17:40Z"));
        assert_eq!(told(&grew, Some(25)), at("17:40Z"));
        assert_eq!(told(&grew, Some(15)), at("17:45Z"));
        assert_eq!(told(&grew, Some(14)), None);
        assert_eq!(told(&[(20, 16), (0, 17)], Some(25)), None);
        assert_eq!(told(&[(20, 17), (0, 17)], None), None);
    }

    #[test]
    fn no_certificate_is_missed_while_no_more_ducklings_wait() {
        // Minutes ago, ducklings and certificates, the last one now.
        let told = |runs: &[(i64, i64, i64)]| {
            let (_, ducklings, certificates) = *runs.last().expect("now");
            let of = |value: fn(&(i64, i64, i64)) -> i64| {
                let runs: Vec<_> = runs.iter().map(|run| (run.0, value(run))).collect();
                samples(&runs)
            };
            let past = RecordedSamples {
                samples: BTreeMap::from([
                    (DUCKLINGS, of(|run| run.1)),
                    (CERTIFICATES, of(|run| run.2)),
                ]),
                ..RecordedSamples::default()
            };
            let observations = status("certs.backlog", ducklings - certificates, None);
            joined(&observations, past, "certs.none_missed_since")
        };
        let at = |minute: &str| Some(minute.to_owned());
        // Three wait since 15:20; who came at 17:50 waits for some minutes only.
        let runs = [
            (200, 12, 10),
            (160, 13, 10),
            (90, 14, 11),
            (10, 15, 11),
            (0, 15, 12),
        ];
        assert_eq!(told(&runs), at("15:20Z"));
        // Nobody came since, and no certificate: nothing shows that they are issued again.
        let idle = [(200, 12, 10), (160, 13, 10), (90, 13, 10), (0, 13, 10)];
        assert_eq!(told(&idle), None);
        // No other run within the hour: one that came just now may be missed.
        assert_eq!(told(&runs[..4]), None);
        assert_eq!(told(&runs[1..]), None);
        assert_eq!(told(&[(20, 12, 10), (10, 13, 10), (0, 13, 10)]), None);
    }
}
