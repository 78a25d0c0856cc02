//! How old the newest certificate is, and whether a duckling has waited for a day, by whichever
//! witness reaches back: the feed shows certificates with their times, recorded totals show between
//! which two runs there was one.

use super::last_growth::{LastGrowth, last_growth};
use super::{CERTIFICATES, DAY, DUCKLINGS, RecordedSamples, unavailable};
use crate::fact::FactValue;
use crate::observation::{Observation, Observations, Unavailable};
use time::{Duration, OffsetDateTime};

const BACKLOG: &str = "certs.backlog";

pub(super) fn join(
    observation: &mut Observation,
    observations: &Observations,
    past: &Result<RecordedSamples, Unavailable>,
    now: OffsetDateTime,
) {
    let recorded = past.as_ref().ok();
    for (fact, within) in [
        ("certs.waiting_1h", Duration::HOUR),
        ("certs.waiting_24h", DAY),
    ] {
        let waiting = fewest_waiting(observations, recorded, (now, within));
        let waiting = waiting.ok_or_else(|| unavailable(observations, BACKLOG));
        observation.put(fact, waiting.map(FactValue::Int), now);
    }
    let total = observations.int(CERTIFICATES);
    let samples = recorded.map_or(&[][..], |past| past.of(CERTIFICATES));
    let issued = total.map_or(LastGrowth::default(), |total| {
        last_growth(samples, total, now)
    });
    let seconds = now.unix_timestamp();
    let ago = |at: OffsetDateTime| (seconds - at.unix_timestamp()).max(0);
    let dated = observations.seconds("audit.cert_age");
    let newest = [dated, issued.after.map(ago)].into_iter().flatten().min();
    let newest = newest.ok_or_else(|| unavailable(observations, "audit.cert_age"));
    observation.put("certs.newest_age", newest.map(FactValue::Duration), now);
    let seen = [dated, issued.by.map(ago)].into_iter().flatten().min();
    let none_for = [
        observations.seconds("audit.cert_age_min"),
        issued.none_since.map(ago),
    ];
    let at_least = seen.or_else(|| none_for.into_iter().flatten().max());
    let at_least = at_least.ok_or_else(|| unavailable(observations, "audit.cert_age_min"));
    observation.put(
        "certs.newest_age_min",
        at_least.map(FactValue::Duration),
        now,
    );
}

/// The fewest ducklings without a certificate that this run saw, or a recorded one within some time
/// before now: no more than these have waited for so long.
pub(super) fn fewest_waiting(
    observations: &Observations,
    past: Option<&RecordedSamples>,
    (now, within): (OffsetDateTime, Duration),
) -> Option<i64> {
    let backlog = observations.int(BACKLOG)?;
    let Some(past) = past else {
        return Some(backlog);
    };
    let certificates = past.of(CERTIFICATES);
    let recorded = past
        .of(DUCKLINGS)
        .iter()
        .filter(|sample| now - sample.at <= within);
    let backlogs = recorded.filter_map(|ducklings| {
        let same_run = certificates
            .iter()
            .find(|sample| sample.at == ducklings.at)?;
        Some(ducklings.value - same_run.value)
    });
    Some(backlogs.fold(backlog, i64::min))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::{self, Probe};
    use crate::history::Sample;
    use crate::observation::UnavailableReason;
    use std::collections::BTreeMap;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-03-22 03:12:09 UTC);
    const HOURS: i64 = 3_600;

    /// Fewest waiting in a day, hours of the newest age and of the same at least, and fewest waiting in an
    /// hour. `runs` are hours ago, ducklings and certificates; the last one is now. `dated` is the age of
    /// the newest certificate in the feed, `reach` how far back the feed goes.
    fn told(
        runs: &[(i64, i64, i64)],
        dated: Option<i64>,
        reach: Option<i64>,
    ) -> (Option<i64>, Option<i64>, Option<i64>, Option<i64>) {
        let (_, ducklings, certificates) = *runs.last().expect("now");
        let mut status = Observation::new(Probe::Status);
        status.set(CERTIFICATES, FactValue::Int(certificates), NOW);
        status.set(BACKLOG, FactValue::Int(ducklings - certificates), NOW);
        let silent = Unavailable::new(UnavailableReason::NotCovered, "too short");
        let mut audit = Observation::silent(Probe::Audit, silent);
        let mut set = |path, hours: Option<i64>| {
            if let Some(hours) = hours {
                audit.set(path, FactValue::Duration(hours * HOURS), NOW);
            }
        };
        set("audit.cert_age", dated);
        set("audit.cert_age_min", dated.or(reach));
        let mut observations = Observations::default();
        for observation in [status, audit] {
            observations.add(fact::declared(observation.probe), observation);
        }
        let series = |value: fn(&(i64, i64, i64)) -> i64| -> Vec<Sample> {
            let earlier = &runs[..runs.len() - 1];
            let sample = |run: &(i64, i64, i64)| Sample {
                at: NOW - Duration::hours(run.0),
                value: value(run),
            };
            earlier.iter().map(sample).collect()
        };
        let past = Ok(RecordedSamples {
            samples: BTreeMap::from([
                (DUCKLINGS, series(|run| run.1)),
                (CERTIFICATES, series(|run| run.2)),
            ]),
            ..RecordedSamples::default()
        });
        let mut joined = Observation::new(Probe::History);
        join(&mut joined, &observations, &past, NOW);
        let value = |path| match joined.outcome(path).ok()?.value {
            FactValue::Int(count) => Some(count),
            FactValue::Duration(seconds) => Some(seconds / HOURS),
            _ => None,
        };
        (
            value("certs.waiting_24h"),
            value("certs.newest_age"),
            value("certs.newest_age_min"),
            value("certs.waiting_1h"),
        )
    }

    #[test]
    fn a_feed_that_is_too_short_is_made_up_for_by_recorded_totals() {
        // One was issued between eight and seven hours ago.
        let grew = [(30, 9, 8), (8, 10, 8), (7, 10, 9), (0, 10, 9)];
        assert_eq!(
            told(&grew, None, Some(1)),
            (Some(1), Some(8), Some(7), Some(1))
        );
        assert_eq!(
            told(&grew, Some(3), Some(9)),
            (Some(1), Some(3), Some(3), Some(1))
        );
        // None for as long as runs are recorded, or as the feed reaches back.
        let flat = [(40, 9, 8), (20, 9, 8), (0, 10, 8)];
        assert_eq!(
            told(&flat, None, Some(1)),
            (Some(1), None, Some(40), Some(2))
        );
        assert_eq!(
            told(&flat[1..], None, Some(26)),
            (Some(1), None, Some(26), Some(2))
        );
        // The first run: nothing recorded.
        assert_eq!(told(&flat[2..], None, None), (Some(2), None, None, Some(2)));
    }

    #[test]
    fn whoever_registered_since_a_run_of_the_last_hour_has_not_waited_for_one() {
        for (runs, due) in [
            (vec![(1, 8, 8), (0, 9, 8)], 0),
            (vec![(2, 8, 8), (0, 9, 8)], 1),
            (vec![(2, 8, 8), (1, 9, 8), (0, 10, 8)], 1),
            (vec![(0, 9, 8)], 1),
        ] {
            assert_eq!(told(&runs, None, None).3, Some(due), "{runs:?}");
        }
    }

    #[test]
    fn whoever_registered_a_moment_ago_has_not_waited_for_a_day() {
        assert_eq!(told(&[(1, 8, 8), (0, 9, 8)], None, None).0, Some(0));
        assert_eq!(told(&[(25, 8, 8), (0, 9, 8)], None, None).0, Some(1));
        assert_eq!(
            told(&[(20, 9, 8), (1, 11, 8), (0, 12, 8)], None, None).0,
            Some(1)
        );
    }
}
