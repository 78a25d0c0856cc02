//! Since when an outage is waited out: the clock of an escalation, which must not begin anew
//! with every run.

use super::rollback::MoveInterval;
use super::{GOOD_ANSWERS, RecordedSamples};
use crate::fact::FactValue;
use crate::observation::{FactState, Observation, Observations, Unavailable, UnavailableReason};
use time::OffsetDateTime;

/// Two runs that saw the API fail and lie farther apart are not known to be of one outage.
const MAX_GAP: i64 = 6 * 3_600;

pub(super) fn join(
    observation: &mut Observation,
    observations: &Observations,
    alias_move_interval: &Result<MoveInterval, Unavailable>,
    past: &Result<RecordedSamples, Unavailable>,
    now: OffsetDateTime,
) {
    let up = match observations.get("api.up") {
        FactState::Known(fact) => Ok(fact.value == FactValue::Bool(true)),
        FactState::Unavailable(unavailable) => Err(unavailable.clone()),
        FactState::NotAsked => Err(Unavailable::new(
            UnavailableReason::NotAsked,
            "api.up was not asked for",
        )),
    };
    let seconds = now.unix_timestamp();
    let outage_since = up.and_then(|up| match up {
        true => Ok(None),
        false => outage_since(
            alias_move_interval,
            past.as_ref().map_err(Clone::clone)?,
            seconds,
        )
        .map(Some),
    });
    let waited = outage_since
        .clone()
        .map(|outage_since| outage_since.map_or(0, |at| seconds - at));
    observation.put("recovery.waited", waited.map(FactValue::Duration), now);
    let answers = || {
        Unavailable::new(
            UnavailableReason::NoData,
            "the API answers: nothing is waited for",
        )
    };
    let outage_since = outage_since.and_then(|outage_since| outage_since.ok_or_else(answers));
    observation.put("recovery.since", outage_since.map(FactValue::Instant), now);
}

/// When the first run of this outage saw the API fail, or when the alias was moved after
/// that: at the earliest moment at which it can have been, so that nobody is called late.
fn outage_since(
    alias_move_interval: &Result<MoveInterval, Unavailable>,
    past: &RecordedSamples,
    now: i64,
) -> Result<i64, Unavailable> {
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
    let after = alias_move_interval
        .as_ref()
        .ok()
        .and_then(|alias_move_interval| alias_move_interval.after);
    Ok(after.map_or(first, |after| first.max(after)).min(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Sample;
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
            last_alive: None,
        }
    }

    fn ago(runs: &[(i64, bool)], alias_move_interval: Option<i64>) -> Option<i64> {
        let alias_move_interval = alias_move_interval
            .ok_or_else(|| Unavailable::new(UnavailableReason::NotAsked, "no alias"));
        let alias_move_interval = alias_move_interval.map(|ago| MoveInterval {
            after: Some(NOW - ago),
            before: NOW,
        });
        outage_since(&alias_move_interval, &past(runs), NOW)
            .ok()
            .map(|at| NOW - at)
    }

    #[test]
    fn an_outage_begins_with_the_first_run_that_saw_it() {
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
    fn moving_the_alias_during_an_outage_begins_the_wait_anew() {
        let outage = [(7_200, true), (3_600, false), (240, false)];
        assert_eq!(ago(&outage, Some(7_200)), Some(3_600));
        assert_eq!(ago(&outage, Some(240)), Some(240));
        assert_eq!(ago(&outage, Some(-60)), Some(0));
    }
}
