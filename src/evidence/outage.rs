//! Since when an outage is waited out: the clock of an escalation, which must not begin anew
//! with every run.

use super::moves::{AliasHistory, VersionEvidence};
use super::{ALIAS_NUMBER, GOOD_ANSWERS, RecordedSamples, unavailable};
use crate::fact::FactValue;
use crate::observation::{FactState, Observation, Observations, Unavailable, UnavailableReason};
use time::OffsetDateTime;

/// Two runs that saw the API fail and lie farther apart are not known to be of one outage.
const MAX_GAP: i64 = 6 * 3_600;

pub(super) fn join(
    observation: &mut Observation,
    observations: &Observations,
    history: &Result<AliasHistory, Unavailable>,
    past: &Result<RecordedSamples, Unavailable>,
    versions: VersionEvidence<'_>,
    now: OffsetDateTime,
) {
    let up = match observations.get("api.up") {
        FactState::Known(fact) => Ok(fact.value == FactValue::Bool(true)),
        _ => Err(unavailable(observations, "api.up")),
    };
    let seconds = now.unix_timestamp();
    let outage_since = up.and_then(|up| match up {
        true => Ok(None),
        false => {
            let past = past.as_ref().map_err(Clone::clone)?;
            let first = outage_since(past, seconds)?;
            let moved = first_move_since(first, history.as_ref().ok(), past, versions);
            Ok(Some(moved.unwrap_or(first).min(seconds)))
        }
    });
    let waited = outage_since
        .clone()
        .map(|outage_since| outage_since.map_or(0, |at| seconds - at));
    observation.put("recovery.waited", waited.map(FactValue::Duration), now);
    let answers = || {
        Unavailable::new(
            UnavailableReason::NoData,
            "the API answers: no recovery is awaited",
        )
    };
    let outage_since = outage_since.and_then(|outage_since| outage_since.ok_or_else(answers));
    observation.put("recovery.since", outage_since.map(FactValue::Instant), now);
}

/// When the first run of this outage saw the API fail.
fn outage_since(past: &RecordedSamples, now: i64) -> Result<i64, Unavailable> {
    let mut first = now;
    for run in past.of(GOOD_ANSWERS).iter().rev() {
        let at = run.at.unix_timestamp();
        if at > now {
            return Err(Unavailable::new(
                UnavailableReason::ClockOff,
                "a recorded run lies in the future, so since when the API fails is not known",
            ));
        }
        if run.value > 0 || first - at > MAX_GAP {
            break;
        }
        first = first.min(at);
    }
    Ok(first)
}

/// When the alias was first moved after the outage began, at the earliest possible moment, so that
/// an escalation is never late and a second move does not delay it again.
fn first_move_since(
    outage: i64,
    history: Option<&AliasHistory>,
    past: &RecordedSamples,
    versions: VersionEvidence<'_>,
) -> Option<i64> {
    let samples = past.of(ALIAS_NUMBER);
    let recorded = samples.windows(2).find_map(|pair| match pair {
        [one, other] if one.value != other.value => {
            let at = one.at.unix_timestamp();
            (other.at.unix_timestamp() > outage).then_some(at)
        }
        _ => None,
    });
    let journal = versions.context.moves.iter().map(|moved| moved.at);
    let journal = journal.filter(|at| *at > outage).min();
    let last = history.and_then(|history| history.after);
    let moved = [recorded, journal, last].into_iter().flatten();
    moved.filter(|at| *at > outage).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Probe;
    use crate::history::Sample;
    use crate::lambda::alias_moves::WholeMove;
    use crate::lambda::version_lookup::VersionContext;
    use std::collections::BTreeMap;

    const NOW: i64 = 1_774_149_129;

    /// How long ago runs saw the API answer or fail, oldest first.
    fn past(runs: &[(i64, bool)]) -> RecordedSamples {
        let sample = |(ago, answered): &(i64, bool)| Sample {
            at: OffsetDateTime::from_unix_timestamp(NOW - ago).expect("an instant"),
            value: i64::from(*answered),
        };
        RecordedSamples {
            samples: BTreeMap::from([(GOOD_ANSWERS, runs.iter().map(sample).collect())]),
            ..RecordedSamples::default()
        }
    }

    fn ago(runs: &[(i64, bool)], moved: Option<i64>) -> Option<i64> {
        with_journal(runs, moved, &[])
    }

    /// The same with moves in the journal, so long ago.
    fn with_journal(runs: &[(i64, bool)], moved: Option<i64>, journal: &[i64]) -> Option<i64> {
        let history = moved.map(|ago| AliasHistory {
            current: 61,
            after: Some(NOW - ago),
            before: NOW,
            is_dated: true,
            is_move_seen: true,
            last_good: None,
        });
        let unasked = Unavailable::new(UnavailableReason::NotAsked, "no alias");
        let context = VersionContext {
            moves: (journal.iter())
                .map(|ago| WholeMove {
                    at: NOW - ago,
                    version: "61".to_owned(),
                })
                .collect(),
            ..VersionContext::default()
        };
        let versions = VersionEvidence {
            assessment: &Err(unasked.clone()),
            metrics: &[],
            context: &context,
        };
        let mut status = Observation::new(Probe::Status);
        let now = OffsetDateTime::from_unix_timestamp(NOW).expect("an instant");
        status.set("api.up", FactValue::Bool(false), now);
        let mut observations = Observations::default();
        observations.add(crate::fact::declared(Probe::Status), status);
        let mut observation = Observation::new(Probe::History);
        let history = history.ok_or(unasked);
        let past = Ok(past(runs));
        join(
            &mut observation,
            &observations,
            &history,
            &past,
            versions,
            now,
        );
        match observation.outcome("recovery.waited").ok()?.value {
            FactValue::Duration(waited) => Some(waited),
            other => panic!("{other:?} is no duration"),
        }
    }

    #[test]
    fn an_outage_begins_with_the_first_run_that_observed_it() {
        assert_eq!(ago(&[], None), Some(0));
        assert_eq!(ago(&[(600, true)], None), Some(0));
        assert_eq!(ago(&[(600, true), (240, false)], None), Some(240));
        assert_eq!(ago(&[(600, false), (240, false)], None), Some(600));
        assert_eq!(
            ago(&[(600, false), (300, true), (240, false)], None),
            Some(240)
        );
        assert_eq!(ago(&[(600, false), (300, true)], None), Some(0));
        // Two nights are not one outage.
        assert_eq!(ago(&[(MAX_GAP, false)], None), Some(MAX_GAP));
        assert_eq!(ago(&[(MAX_GAP + 1, false)], None), Some(0));
        assert_eq!(ago(&[(-1, false)], None), None);
    }

    #[test]
    fn moving_the_alias_during_an_outage_restarts_the_recovery_clock() {
        let outage = [(7_200, true), (3_600, false), (240, false)];
        assert_eq!(ago(&outage, Some(7_200)), Some(3_600));
        assert_eq!(ago(&outage, Some(240)), Some(240));
        assert_eq!(ago(&outage, Some(-60)), Some(0));
    }

    #[test]
    fn only_the_first_move_of_an_outage_restarts_the_recovery_clock() {
        let outage = [(7_200, true), (3_600, false), (240, false)];
        assert_eq!(with_journal(&outage, Some(300), &[900, 300]), Some(900));
        // A move before the outage is none of its own.
        assert_eq!(with_journal(&outage, Some(300), &[4_000, 300]), Some(300));
        assert_eq!(with_journal(&outage, None, &[4_000]), Some(3_600));
    }
}
