//! Since when a limit is passed, by recorded runs: what deadlines count from, so that they do
//! not move with every run. Like the windows, these name the spans that the runbooks set.

use super::{CALLBACK_ERRORS_24H, CERTIFICATES, DAY, RecordedSamples};
use crate::fact::FactValue;
use crate::history::{Sample, TOLERANCE};
use crate::observation::{Observation, Observations, Unavailable, UnavailableReason};
use time::OffsetDateTime;

/// More callback errors in 24 h than this are escalated.
const MAX_CALLBACK_ERRORS: i64 = 10;

pub(super) fn join(
    observation: &mut Observation,
    observations: &Observations,
    callback_errors: Option<i64>,
    past: &Result<RecordedSamples, Unavailable>,
    now: OffsetDateTime,
) {
    let over = match callback_errors {
        Some(count) if count > MAX_CALLBACK_ERRORS => {
            past.as_ref().map_err(Clone::clone).and_then(|past| {
                let recent = |run: &&Sample| now - run.at <= DAY;
                unbroken_since(
                    past.of(CALLBACK_ERRORS_24H),
                    recent,
                    |count| count > MAX_CALLBACK_ERRORS,
                    now,
                )
            })
        }
        _ => Err(Unavailable::new(
            UnavailableReason::NoData,
            format!(
                "not more than {MAX_CALLBACK_ERRORS} callback errors are known of the last 24 h"
            ),
        )),
    };
    let over = over.map(FactValue::Instant);
    observation.put("peck.callback_errors_over_since", over, now);
    let none = match observations.int(CERTIFICATES) {
        Some(total) => past.as_ref().map_err(Clone::clone).and_then(|past| {
            unbroken_since(past.of(CERTIFICATES), |_| true, |was| was == total, now)
        }),
        None => Err(Unavailable::new(
            UnavailableReason::NoData,
            "the present total is not known",
        )),
    };
    let none = none.map(FactValue::Instant);
    observation.put("certs.none_since", none, now);
}

/// When the first of the newest runs was that all saw what holds now; now, if none did.
fn unbroken_since(
    runs: &[Sample],
    counts: impl Fn(&&Sample) -> bool,
    holds: impl Fn(i64) -> bool,
    now: OffsetDateTime,
) -> Result<i64, Unavailable> {
    if runs.iter().any(|run| run.at - now > TOLERANCE) {
        return Err(Unavailable::new(
            UnavailableReason::ClockOff,
            "a recorded run lies in the future, so since when this holds is not known",
        ));
    }
    let newest = runs.iter().rev().filter(counts);
    let held = newest.take_while(|run| holds(run.value));
    let first = held.map(|run| run.at).fold(now, OffsetDateTime::min);
    Ok(first.unix_timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-03-22 03:12:09 UTC);

    /// How long ago the first of the newest runs was that saw more than ten, by runs so long
    /// ago and what each saw, oldest first.
    fn over(runs: &[(i64, i64)]) -> Option<i64> {
        let sample = |(ago, value): &(i64, i64)| Sample {
            at: NOW - Duration::seconds(*ago),
            value: *value,
        };
        let runs: Vec<_> = runs.iter().map(sample).collect();
        let recent = |run: &&Sample| NOW - run.at <= DAY;
        let since = unbroken_since(&runs, recent, |count| count > MAX_CALLBACK_ERRORS, NOW);
        since.ok().map(|at| NOW.unix_timestamp() - at)
    }

    #[test]
    fn a_condition_holds_since_the_first_run_of_an_unbroken_series() {
        assert_eq!(over(&[]), Some(0));
        assert_eq!(over(&[(600, 10)]), Some(0));
        assert_eq!(over(&[(600, 11)]), Some(600));
        assert_eq!(over(&[(900, 11), (600, 10), (300, 12)]), Some(300));
        assert_eq!(over(&[(900, 11), (600, 14), (300, 12)]), Some(900));
        // What was seen a day ago and more was another day's.
        assert_eq!(over(&[(86_401, 11), (86_400, 11)]), Some(86_400));
        // A clock that was slightly ahead does not count as moved, and must not delay an
        // escalation.
        assert_eq!(over(&[(300, 11), (-60, 11)]), Some(300));
        assert_eq!(over(&[(300, 11), (-61, 11)]), None);
        // Of runs out of order the earliest counts.
        assert_eq!(over(&[(300, 11), (600, 11)]), Some(600));
    }
}
