//! Whether the API has recovered: five good answers in a row, and a log without a new error line.

use super::log_lines::LogErrors;
use super::{GOOD_ANSWERS, RecordedSamples, unavailable};
use crate::fact::FactValue;
use crate::observation::{Observation, Observations, Unavailable, UnavailableReason};
use crate::text::Untrusted;
use time::OffsetDateTime;

/// How many good answers in a row are a recovery.
pub const STEADY: i64 = 5;
/// The log must have been read to its end so long after the move, in seconds.
const LOG_SETTLES: i64 = 20;
/// A failure seen longer ago than this is over; without the limit a five-minute cron would wait for
/// half an hour.
const RECENT_FAILURE: i64 = 10 * 60;

/// What a run that waits for recovery has seen before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WaitedFor {
    /// Good answers in a row, up to the answer of this run.
    pub good: i64,
    /// When it last saw the API fail, in seconds since 1970.
    pub failed: Option<i64>,
}

pub(super) fn join(
    observation: &mut Observation,
    observations: &Observations,
    log: &LogErrors,
    past: &Result<RecordedSamples, Unavailable>,
    waited: Option<WaitedFor>,
    now: OffsetDateTime,
) {
    let seconds = now.unix_timestamp();
    let is_good = match observations.int("api.good_answers") {
        Some(answers) => Ok(answers > 0),
        None => Err(unavailable(observations, "api.good_answers")),
    };
    let before = before(past.as_ref().ok(), waited, (log.moved, seconds));
    let good = is_good.map(|is_good| if is_good { before.good + 1 } else { 0 });
    let clean_for = match (log.moved, log.since_move) {
        (Some(moved), Some(0)) => Ok(seconds - moved),
        (Some(_), Some(_)) => Err("there are error lines since the alias moved"),
        (Some(_), None) => Err("the log was not read to its end"),
        (None, _) => Err("the alias did not move lately"),
    };
    let state = good.as_ref().map_err(Clone::clone).map(|good| {
        let is_recent = before
            .failed
            .is_some_and(|at| seconds - at < RECENT_FAILURE);
        let is_log_settled = clean_for.is_ok_and(|clean| clean >= LOG_SETTLES)
            || log.moved.is_none() && log.since_move == Some(0);
        match *good {
            0 => "down",
            _ if !is_recent => "calm",
            STEADY.. if is_log_settled => "restored",
            STEADY.. => "settling",
            _ => "recovering",
        }
    });
    let text = |word: &str| FactValue::Text(Untrusted::new(word));
    observation.put("recovery.state", state.map(text), now);
    observation.put("recovery.good_answers", good.map(FactValue::Int), now);
    let clean_for = clean_for.map(FactValue::Duration);
    let clean_for = clean_for.map_err(|why| Unavailable::new(UnavailableReason::NoData, why));
    observation.put("recovery.log_clean_for", clean_for, now);
}

/// What was seen before this run, by recorded runs and by `--wait`. A row of good answers begins anew
/// where the alias moved.
fn before(
    past: Option<&RecordedSamples>,
    waited: Option<WaitedFor>,
    (moved, now): (Option<i64>, i64),
) -> WaitedFor {
    let runs = past.map_or(&[][..], |past| past.of(GOOD_ANSWERS));
    let recorded: Vec<(i64, bool)> = (runs.iter())
        .map(|run| (run.at.unix_timestamp(), run.value > 0))
        .filter(|(at, _)| *at <= now)
        .collect();
    let is_of_row = |(at, good): &&(i64, bool)| *good && moved.is_none_or(|moved| *at >= moved);
    let good = recorded.iter().rev().take_while(is_of_row).count();
    let failed = recorded.iter().rev().find(|(_, good)| !good);
    let waited = waited.unwrap_or_default();
    WaitedFor {
        good: waited.good.max(i64::try_from(good).unwrap_or(i64::MAX - 1)),
        failed: failed.map(|(at, _)| *at).max(waited.failed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Probe;
    use crate::history::Sample;
    use std::collections::BTreeMap;

    const NOW: i64 = 1_774_149_129;

    /// The state after recorded runs, so long ago, that saw the API answer or not.
    fn state(
        runs: &[(i64, bool)],
        log: &LogErrors,
        waited: Option<WaitedFor>,
        good: bool,
    ) -> String {
        let at = |ago: i64| OffsetDateTime::from_unix_timestamp(NOW - ago).expect("an instant");
        let sample = |(ago, good): &(i64, bool)| Sample {
            at: at(*ago),
            value: i64::from(*good),
        };
        let past = Ok(RecordedSamples {
            samples: BTreeMap::from([(GOOD_ANSWERS, runs.iter().map(sample).collect())]),
            ..RecordedSamples::default()
        });
        let mut status = Observation::new(Probe::Status);
        status.set("api.good_answers", FactValue::Int(i64::from(good)), at(0));
        let mut observations = Observations::default();
        observations.add(crate::fact::declared(Probe::Status), status);
        let mut observation = Observation::new(Probe::History);
        join(&mut observation, &observations, log, &past, waited, at(0));
        let state = observation.outcome("recovery.state").expect("known");
        state.value.shown().to_string()
    }

    fn waited_for(good: i64) -> Option<WaitedFor> {
        let failed = Some(NOW - 30);
        Some(WaitedFor { good, failed })
    }

    fn clean(moved_ago: i64) -> LogErrors {
        LogErrors {
            moved: Some(NOW - moved_ago),
            since_move: Some(0),
            oldest_own: None,
        }
    }

    #[test]
    fn five_good_answers_and_a_clean_log_are_a_recovery() {
        let runs = [(60, false), (20, true), (15, true), (10, true), (5, true)];
        let of = |runs: &[(i64, bool)], log: &LogErrors| state(runs, log, None, true);
        assert_eq!(of(&runs, &clean(30)), "restored");
        assert_eq!(of(&runs[..4], &clean(30)), "recovering");
        assert_eq!(of(&runs, &clean(20)), "restored");
        // Two of the answers are older than the move.
        assert_eq!(of(&runs, &clean(12)), "recovering");
        assert_eq!(state(&runs, &clean(12), waited_for(4), true), "settling");
        assert_eq!(state(&runs, &clean(30), None, false), "down");
        let unread = LogErrors {
            since_move: None,
            ..clean(30)
        };
        let faulty = LogErrors {
            since_move: Some(1),
            ..clean(30)
        };
        for log in [unread, faulty] {
            assert_eq!(of(&runs, &log), "settling");
        }
        // A failure that is over, and a row that was broken.
        assert_eq!(of(&[(600, false)], &clean(30)), "calm");
        assert_eq!(of(&[(599, false)], &clean(30)), "recovering");
        let broken = [(25, true), (20, true), (15, true), (10, false), (5, true)];
        assert_eq!(of(&broken, &clean(30)), "recovering");
    }

    #[test]
    fn without_history_waiting_ducklings_count() {
        let waited = |good, failed_ago: i64| {
            Some(WaitedFor {
                good,
                failed: Some(NOW - failed_ago),
            })
        };
        assert_eq!(state(&[], &clean(30), waited(4, 30), true), "restored");
        assert_eq!(state(&[], &clean(30), waited(3, 30), true), "recovering");
        assert_eq!(state(&[], &clean(30), None, true), "calm");
    }
}
