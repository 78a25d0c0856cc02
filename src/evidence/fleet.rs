//! Is the fleet alive, did it stop, or has it never lived.

use super::{ALIVE, DAY, DEAD, GOOD_ANSWERS, RecordedSamples, unavailable};
use crate::connections::BondState;
use crate::fact::FactValue;
use crate::observation::{Observation, Observations, Unavailable, UnavailableReason};
use crate::text::Untrusted;
use time::{Duration, OffsetDateTime};

/// An agent pulses every ten minutes, and runs are some minutes apart: so long after one that saw the
/// API fail, silence says nothing of an agent, because no pulse could arrive.
const RETURNING: Duration = Duration::minutes(16);

pub(super) fn join(
    observation: &mut Observation,
    observations: &Observations,
    past: &Result<RecordedSamples, Unavailable>,
    now: OffsetDateTime,
) {
    let recorded = past
        .as_ref()
        .map(|past| past.last_alive)
        .map_err(Clone::clone);
    let state = state(observations, &recorded);
    observation.put(
        "fleet.state",
        state.map(|word| FactValue::Text(Untrusted::new(word))),
        now,
    );
    let returning = past.as_ref().is_ok_and(|past| is_returning(past, now));
    observation.put("fleet.returning", Ok(FactValue::Bool(returning)), now);
    let past = past.as_ref().ok().filter(|_| !returning);
    let died = match observations.int(DEAD) {
        Some(dead) => Ok(past.map_or(0, |past| died_within_a_day(past, dead, now))),
        None => Err(unavailable(observations, DEAD)),
    };
    observation.put("fleet.died_24h", died.map(FactValue::Int), now);
    let alive = alive_within_a_day(observations, &recorded, now);
    observation.put("fleet.alive_24h", alive.map(FactValue::Bool), now);
    let last = recorded.and_then(|last| {
        let never = || {
            Unavailable::new(
                UnavailableReason::NoData,
                "no run recorded an agent as alive",
            )
        };
        last.ok_or_else(never)
    });
    let last = last.map(|at| FactValue::Instant(at.unix_timestamp()));
    observation.put("fleet.last_alive", last, now);
}

/// Whether a run saw the API fail a short while ago.
fn is_returning(past: &RecordedSamples, now: OffsetDateTime) -> bool {
    let failed = past.of(GOOD_ANSWERS).iter().filter(|run| run.value == 0);
    let mut ages = failed.map(|run| now - run.at);
    ages.any(|age| !age.is_negative() && age < RETURNING)
}

/// By how much the number of dead agents rose within a day, at least.
fn died_within_a_day(past: &RecordedSamples, dead: i64, now: OffsetDateTime) -> i64 {
    let recent = past.of(DEAD).iter();
    let recent = recent.filter(|run| run.at >= now - DAY && run.at <= now);
    let fewest = recent.map(|run| run.value).min();
    fewest.map_or(0, |fewest| (dead - fewest).max(0))
}

/// When a run last recorded an agent as alive, or why that is not known.
type LastRecordedAlive = Result<Option<OffsetDateTime>, Unavailable>;

fn state(
    observations: &Observations,
    recorded: &LastRecordedAlive,
) -> Result<&'static str, Unavailable> {
    match counts(observations)? {
        (_, _, 0) => Ok("empty"),
        (1.., _, _) => Ok("alive"),
        (_, 0, _) => Ok("slow"),
        _ if pulsed(observations) || matches!(recorded, Ok(Some(_))) => Ok("stopped"),
        _ => {
            recorded.as_ref().map_err(Clone::clone)?;
            never_pulsed(observations)
        }
    }
}

/// Alive, dead and bonded, where they agree with each other.
fn counts(observations: &Observations) -> Result<(i64, i64, i64), Unavailable> {
    let count = |path: &str| match observations.int(path) {
        Some(count) => Ok(count),
        None => Err(unavailable(observations, path)),
    };
    Ok((
        count(ALIVE)?,
        count(DEAD)?,
        count("status.agents.total_bonded")?,
    ))
}

/// Whether the feed shows a pulse, however old, and even if it broke off afterwards.
fn pulsed(observations: &Observations) -> bool {
    observations.int("audit.pulses_min").is_some_and(|n| n > 0)
}

/// Proven by a whole feed without a pulse that reaches back a day, or to before the first
/// registration that it shows, or that shows how each of the bonded agents was bonded: before that it
/// had no key to pulse with.
fn never_pulsed(observations: &Observations) -> Result<&'static str, Unavailable> {
    if observations.int("audit.pulses") != Some(0) {
        return Err(unavailable(observations, "audit.pulses"));
    }
    let Some(reach) = observations.seconds("audit.reach") else {
        return Err(unavailable(observations, "audit.reach"));
    };
    let before_the_first = observations
        .seconds("audit.registration_age")
        .is_some_and(|n| reach > n);
    let bonds = observations
        .connections()
        .into_iter()
        .flat_map(|all| &all.bonds);
    let shown = bonds.filter(|bond| bond.state() == BondState::Bonded && bond.since.is_some());
    let total = observations.int("status.agents.total_bonded");
    let shows_all = total.is_some_and(|total| shown.count() as i64 >= total);
    if reach >= DAY.whole_seconds() || before_the_first || shows_all {
        return Ok("never-pulsed");
    }
    let reach = crate::fact::duration(reach);
    Err(Unavailable::new(
        UnavailableReason::NotCovered,
        format!(
            "all agents are dead and the audit feed, which reaches back only {reach}, shows no pulse: it does not prove that there never was one"
        ),
    )
    .fix("Ask the spaceduck-bot team whether these agents ever pulsed"))
}

/// Any one witness proves that an agent was alive. That none was takes all of them.
fn alive_within_a_day(
    observations: &Observations,
    recorded: &LastRecordedAlive,
    now: OffsetDateTime,
) -> Result<bool, Unavailable> {
    let counted = observations.int(ALIVE).is_some_and(|n| n > 0);
    let dated = observations
        .int("audit.pulses_24h_min")
        .is_some_and(|n| n > 0);
    let kept = matches!(recorded, Ok(Some(at)) if now - *at < DAY);
    if counted || dated || kept {
        return Ok(true);
    }
    if observations.int(ALIVE).is_none() {
        return Err(unavailable(observations, ALIVE));
    }
    recorded.as_ref().map_err(Clone::clone)?;
    match observations.seconds("audit.pulse_age_min") {
        Some(age) if age >= DAY.whole_seconds() => Ok(false),
        Some(age) => Err(Unavailable::new(
            UnavailableReason::NotCovered,
            format!(
                "the audit feed reaches back only {}, so it does not show whether an agent was alive in the last 24 h",
                crate::fact::duration(age)
            ),
        )),
        None => Err(unavailable(observations, "audit.pulse_age_min")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Probe;
    use crate::history::Sample;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-03-22 03:12:09 UTC);

    struct Feed {
        pulses: Option<i64>,
        recent: i64,
        reach: i64,
        registered: Option<i64>,
    }

    const NO_PULSE: Feed = Feed {
        pulses: Some(0),
        recent: 0,
        reach: 86_400,
        registered: None,
    };

    fn observations(alive: i64, dead: i64, feed: &Feed) -> Observations {
        let mut status = Observation::new(Probe::Status);
        let count =
            |observation: &mut Observation, path, n| observation.set(path, FactValue::Int(n), NOW);
        count(&mut status, "status.agents.alive", alive);
        count(&mut status, DEAD, dead);
        count(&mut status, "status.agents.total_bonded", alive + dead);
        let mut audit = Observation::silent(
            Probe::Audit,
            Unavailable::new(UnavailableReason::Broken, "torn"),
        );
        count(&mut audit, "audit.pulses_24h_min", feed.recent);
        count(&mut audit, "audit.pulses_min", feed.recent);
        if let Some(pulses) = feed.pulses {
            count(&mut audit, "audit.pulses", pulses);
            count(&mut audit, "audit.pulses_min", pulses);
            let long = |observation: &mut Observation, path, s| {
                observation.set(path, FactValue::Duration(s), NOW)
            };
            long(&mut audit, "audit.reach", feed.reach);
            long(&mut audit, "audit.pulse_age_min", feed.reach);
            if let Some(age) = feed.registered {
                long(&mut audit, "audit.registration_age", age);
            }
        }
        let mut observations = Observations::default();
        observations.add(crate::fact::declared(Probe::Status), status);
        observations.add(crate::fact::declared(Probe::Audit), audit);
        observations
    }

    #[test]
    fn a_rise_of_the_dead_within_a_day_is_known_by_recorded_runs() {
        let hour = Duration::hours(1);
        for (runs, due) in [
            (&[][..], 0),
            (&[(23, 0)][..], 2),
            (&[(24, 0), (1, 2)], 2),
            (&[(25, 0), (23, 2)], 0),
            (&[(23, 1), (1, 5)], 1),
            (&[(23, 3)], 0),
            (&[(-1, 0), (1, 2)], 0),
        ] {
            let sample = |&(ago, value): &(i32, i64)| Sample {
                at: NOW - hour * ago,
                value,
            };
            let past = RecordedSamples {
                samples: [(DEAD, runs.iter().map(sample).collect())].into(),
                ..RecordedSamples::default()
            };
            assert_eq!(died_within_a_day(&past, 2, NOW), due, "{runs:?}");
        }
    }

    fn told(
        alive: i64,
        dead: i64,
        feed: &Feed,
        recorded: &LastRecordedAlive,
    ) -> (String, Option<bool>) {
        let observations = observations(alive, dead, feed);
        let word = state(&observations, recorded)
            .unwrap_or("silent")
            .to_owned();
        (word, alive_within_a_day(&observations, recorded, NOW).ok())
    }

    #[test]
    fn alive_slow_and_empty_fleets_need_no_feed() {
        let torn = Feed {
            pulses: None,
            ..NO_PULSE
        };
        let unread = Err(Unavailable::new(
            UnavailableReason::HistoryUnreadable,
            "torn",
        ));
        assert_eq!(told(1, 2, &torn, &unread), ("alive".to_owned(), Some(true)));
        assert_eq!(told(0, 0, &torn, &unread).0, "empty");
        assert_eq!(told(0, 3, &torn, &unread), ("silent".to_owned(), None));
    }

    #[test]
    fn a_pulse_or_a_recorded_run_proves_that_a_dead_fleet_has_stopped() {
        let torn_after_a_pulse = Feed {
            pulses: None,
            recent: 1,
            ..NO_PULSE
        };
        assert_eq!(
            told(0, 3, &torn_after_a_pulse, &Ok(None)),
            ("stopped".to_owned(), Some(true))
        );
        for (ago, alive) in [(86_399, true), (86_400, false)] {
            let recorded = Ok(Some(NOW - time::Duration::seconds(ago)));
            assert_eq!(
                told(0, 3, &NO_PULSE, &recorded),
                ("stopped".to_owned(), Some(alive)),
                "{ago} s ago"
            );
        }
    }

    #[test]
    fn never_pulsed_needs_a_feed_that_covers_the_window() {
        let table = [
            (86_400, None, "never-pulsed", Some(false)),
            (86_399, None, "silent", None),
            (700, Some(699), "never-pulsed", None),
            (700, Some(700), "silent", None),
        ];
        for (reach, registered, word, alive) in table {
            let feed = Feed {
                reach,
                registered,
                ..NO_PULSE
            };
            let found = told(0, 3, &feed, &Ok(None));
            assert_eq!(found, (word.to_owned(), alive), "{reach} {registered:?}");
        }
        let unread = Err(Unavailable::new(
            UnavailableReason::HistoryUnreadable,
            "torn",
        ));
        assert_eq!(told(0, 3, &NO_PULSE, &unread), ("silent".to_owned(), None));
    }
}
