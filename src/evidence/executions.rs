//! Which executions that ended without success are failures: those of requests that were denied or
//! expired are outcomes of the approval, not faults.
//!
//! Two witnesses tell of such requests: the feed, as far as it reaches back, and the counters of the
//! status API, as far as runs recorded them.

use super::{DECLINED, RecordedSamples, increase_of};
use crate::fact::FactValue;
use crate::observation::{FactState, Observation, Observations, Unavailable, UnavailableReason};
use crate::text::Untrusted;
use time::{Duration, OffsetDateTime};

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
/// Counters are read once per run, minutes apart, so failures of the last hour are attributed in a
/// window that is longer by this.
const BETWEEN_RUNS: i64 = 900;
/// An execution ends within so many seconds of the entry that says what its request came to.
const SIMULTANEOUS: i64 = 60;
const ENDED: &str = "executions.ended_24h_by_name";
const ALL: &str = "executions.unsuccessful_24h";

pub(super) fn join(
    observation: &mut Observation,
    observations: &Observations,
    past: &Result<RecordedSamples, Unavailable>,
    now: OffsetDateTime,
) {
    let seconds = now.unix_timestamp();
    let ended = match by_name(observations, ENDED) {
        Ok(ended) => ended,
        Err(unavailable) => {
            for path in [
                "executions.outcomes_24h",
                "executions.failures_24h",
                "executions.failures_24h_min",
                "executions.failures_1h_min",
                "executions.newest_failure_age",
                "executions.newest_failure_name",
            ] {
                observation.set_unavailable(path, unavailable.clone());
            }
            return;
        }
    };
    let by_id = by_name(observations, "audit.declined_by_id").unwrap_or_default();
    let outcomes = |since: i64, nameless: &str| {
        let start = now.saturating_sub(Duration::seconds(since));
        let counted = increase_of(observations, past, DECLINED, now, now - start);
        let runs = past.as_ref().map_or(&[][..], |past| past.of(DECLINED));
        let first = runs.iter().map(|run| run.at).find(|at| *at >= start);
        let declined = Declined {
            by_id: &by_id,
            nameless: observations.int(nameless).unwrap_or(0),
            counted: counted.map_or(0, |counted| counted.at_least),
            counted_since: first.unwrap_or(now).unix_timestamp(),
        };
        outcomes(&ended, &declined, seconds - since)
    };
    let day = outcomes(DAY, "audit.declined_24h_min");
    let hour = outcomes(HOUR + BETWEEN_RUNS, "audit.declined_1h_min");
    let failed = |outcomes: &Outcomes, since: i64| {
        let failures = outcomes.failures.iter().filter(|(_, at)| *at > since);
        i64::try_from(failures.count()).unwrap_or(i64::MAX)
    };
    observation.set("executions.outcomes_24h", FactValue::Int(day.count), now);
    let failures = FactValue::Int(failed(&day, seconds - DAY));
    // No more than those of the day: the counters of the day may explain more of them.
    let recent = failed(&hour, seconds - HOUR).min(failed(&day, seconds - DAY));
    let recent = FactValue::Int(recent);
    observation.set("executions.failures_1h_min", recent, now);
    // A list that was cut short without any execution in it shows nothing.
    let whole = missing(observations, ALL);
    let at_least = match &whole {
        Some(unavailable) if ended.is_empty() => Err(unavailable.clone()),
        _ => Ok(failures.clone()),
    };
    observation.put("executions.failures_24h_min", at_least, now);
    let exact = whole.map_or(Ok(failures), Err);
    observation.put("executions.failures_24h", exact, now);
    let none = || Unavailable::new(UnavailableReason::NoData, "no execution failed in 24 h");
    let newest = day.failures.first();
    let age = newest.map(|(_, at)| FactValue::Duration((seconds - at).max(0)));
    observation.put("executions.newest_failure_age", age.ok_or_else(none), now);
    let name = newest.map(|(name, _)| FactValue::Text(Untrusted::new(name.as_str())));
    observation.put("executions.newest_failure_name", name.ok_or_else(none), now);
}

fn missing(observations: &Observations, path: &str) -> Option<Unavailable> {
    match observations.get(path) {
        FactState::Known(_) => None,
        FactState::Unavailable(unavailable) => Some(unavailable.clone()),
        FactState::NotAsked => Some(Unavailable::new(
            UnavailableReason::NotAsked,
            format!("{path} not requested"),
        )),
    }
}

/// A name and the moment that counts for it.
type NamedInstant = (String, i64);

/// The first point of each group of a fact.
fn by_name(observations: &Observations, path: &str) -> Result<Vec<NamedInstant>, Unavailable> {
    if let FactState::Known(fact) = observations.get(path)
        && let FactValue::Groups(groups) = &fact.value
    {
        let first = groups.iter().filter_map(|(name, points)| {
            let (at, _) = points.first()?;
            Some((name.printable(200).to_string(), *at))
        });
        return Ok(first.collect());
    }
    let mistyped = || {
        let why = format!("{path} holds no groups");
        Unavailable::new(UnavailableReason::Mistyped, why)
    };
    Err(missing(observations, path).unwrap_or_else(mistyped))
}

/// What ended in a window, and how much of it was an outcome.
struct Outcomes {
    count: i64,
    /// The others and when each ended, newest first.
    failures: Vec<NamedInstant>,
}

/// What is known of requests that were denied or expired.
struct Declined<'a> {
    /// Those that the feed names, and when.
    by_id: &'a [NamedInstant],
    /// Those in the window that it does not name.
    nameless: i64,
    /// Those by the counters, since the first run in the window.
    counted: i64,
    counted_since: i64,
}

/// By id where the name of an execution holds one of a request that was declined, else as many as
/// the feed or the counters show in the window, with an id or without.
fn outcomes(ended: &[NamedInstant], declined: &Declined<'_>, since: i64) -> Outcomes {
    let mut inside = 0;
    let mut counted_by_id = 0;
    let mut failures = Vec::new();
    // Where the names of executions hold ids, a request that is left over explains no other.
    let mut is_by_id = false;
    for (name, at) in ended {
        let is_declined = declined.by_id.iter().any(|(id, _)| holds_word(name, id));
        is_by_id |= is_declined;
        if *at > since {
            inside += 1;
            match is_declined {
                true => counted_by_id += i64::from(*at > declined.counted_since),
                false => failures.push((name.clone(), *at)),
            }
        }
    }
    let unused = (declined.by_id.iter()).filter(|(_, at)| *at > since && !is_by_id);
    let unused: Vec<i64> = unused.map(|(_, at)| *at).collect();
    let shown = unused.len() + usize::try_from(declined.nameless).unwrap_or(0);
    // The counters hold those that were found by their names, too.
    let counted = usize::try_from(declined.counted - counted_by_id).unwrap_or(0);
    let left = failures.len().saturating_sub(shown.max(counted));
    failures.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
    remove_simultaneous(&mut failures, unused);
    // Which of the rest are the outcomes is not known: the newest are taken for failures.
    failures.truncate(left);
    let count = inside - failures.len();
    Outcomes {
        count: i64::try_from(count).unwrap_or(i64::MAX),
        failures,
    }
}

/// Removes for each request that was declined the execution that ended with it, if one did: where names
/// tell nothing, times do.
fn remove_simultaneous(ended: &mut Vec<NamedInstant>, declined: Vec<i64>) {
    for at in declined {
        let distance = |(_, end): &NamedInstant| (end - at).abs();
        let nearest = (0..ended.len()).min_by_key(|nth| distance(&ended[*nth]));
        if let Some(nth) = nearest.filter(|nth| distance(&ended[*nth]) <= SIMULTANEOUS) {
            ended.remove(nth);
        }
    }
}

/// Whether a text holds a word, with nothing of a word directly before and after it.
fn holds_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric();
    !word.is_empty()
        && text.match_indices(word).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + word.len()..].chars().next();
            !before.is_some_and(is_part) && !after.is_some_and(is_part)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_774_149_129;

    fn named(list: &[(&str, i64)]) -> Vec<NamedInstant> {
        let named = list
            .iter()
            .map(|(name, ago)| ((*name).to_owned(), NOW - ago));
        named.collect()
    }

    /// Failures of the day and of the hour.
    fn failures(
        ended: &[(&str, i64)],
        declined: &[(&str, i64)],
        (nameless, counted): (i64, i64),
    ) -> (i64, i64) {
        let count = |window: i64| {
            let by_id = named(declined);
            let declined = Declined {
                by_id: &by_id,
                nameless,
                counted,
                counted_since: NOW - 4_000,
            };
            let failures = outcomes(&named(ended), &declined, NOW - window).failures;
            i64::try_from(failures.len()).expect("few")
        };
        (count(DAY), count(HOUR))
    }

    #[test]
    fn executions_of_declined_requests_are_outcomes_and_all_others_failures() {
        let declined = &[("p-1", 3_900), ("p-2", 1_400), ("p-3", 1_300)];
        type Row<'a> = (&'a [(&'a str, i64)], (i64, i64));
        let table: &[Row<'_>] = &[
            (&[], (0, 0)),
            (&[("p-1", 3_900)], (0, 0)),
            (&[("run-p-2-1", 1_400)], (0, 0)),
            (&[("p-1", 3_900), ("p-4", 790)], (1, 1)),
            (&[("p-1", 3_900), ("p-44", 700)], (1, 1)),
            // No name holds an id: as many as the feed shows, three today and two in this hour.
            (&[("a", 700)], (0, 0)),
            (&[("a", 700), ("b", 700), ("c", 700), ("d", 700)], (1, 2)),
        ];
        for (ended, due) in table {
            assert_eq!(failures(ended, declined, (0, 0)), *due, "{ended:?}");
        }
        assert_eq!(
            failures(&[("p-1", 3_900), ("p-2", 10)], &[], (0, 0)),
            (2, 1)
        );
    }

    #[test]
    fn an_execution_that_ended_with_a_declined_request_is_the_outcome_of_that_one() {
        let failures = |declined: &[(&str, i64)]| {
            let by_id = named(declined);
            let declined = Declined {
                by_id: &by_id,
                nameless: 0,
                counted: 0,
                counted_since: NOW,
            };
            let ended = named(&[("new", 1_000), ("old", 3_700), ("older", 3_760)]);
            let failures = outcomes(&ended, &declined, NOW - DAY).failures;
            let ages = failures.into_iter().map(|(_, at)| NOW - at);
            ages.collect::<Vec<_>>()
        };
        assert_eq!(failures(&[("p-1", 1_060)]), [3_700, 3_760]);
        assert_eq!(failures(&[("p-1", 3_690)]), [1_000, 3_760]);
        assert_eq!(failures(&[("p-1", 1_060), ("p-2", 950)]), [3_700]);
        // None of them ended with it.
        assert_eq!(failures(&[("p-1", 1_061)]), [1_000, 3_700]);
        assert_eq!(failures(&[]), [1_000, 3_700, 3_760]);
    }

    #[test]
    fn entries_that_name_no_request_are_outcomes_too() {
        let ended = &[("p-1", 60), ("b", 60), ("c", 60)];
        for (nameless, due) in [(0, 2), (1, 1), (2, 0), (9, 0)] {
            let found = failures(ended, &[("p-1", 100)], (nameless, 0));
            assert_eq!(found, (due, due), "{nameless}");
        }
    }

    #[test]
    fn declined_requests_that_only_the_counters_show_are_outcomes_too() {
        let ended = &[("p-1", 60), ("b", 70), ("c", 5_000)];
        // One of them is named by the feed, and counted as well.
        for (counted, due) in [
            (0, (2, 1)),
            (1, (2, 1)),
            (2, (1, 0)),
            (3, (0, 0)),
            (9, (0, 0)),
        ] {
            let found = failures(ended, &[("p-1", 100)], (0, counted));
            assert_eq!(found, due, "{counted}");
        }
        // Without a time beside them the newest are taken for the failures.
        assert_eq!(failures(&[("a", 60), ("b", 5_000)], &[], (0, 1)), (1, 0));
    }
}
