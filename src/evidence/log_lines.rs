//! Error lines of the log before and after the last move of the alias: what an earlier version
//! logged does not speak against the one that serves now.

use super::moves::AliasHistory;
use super::unavailable;
use crate::fact::{FactValue, Group};
use crate::observation::{FactState, Observation, Observations, Unavailable};
use time::OffsetDateTime;

/// The window of errors in the log, in seconds.
pub(super) const WINDOW: i64 = 15 * 60;

const AT_LEAST: &str = "logs.errors_15m_min";
const EXACT: &str = "logs.errors_15m";

/// Error lines, attributed to versions as far as the log allows.
#[derive(Debug, Default)]
pub(super) struct LogErrors {
    /// The oldest that may be of the version behind the alias, in seconds since 1970.
    pub(super) oldest_own: Option<i64>,
    /// How many are no older than the last move; `None` where the log was not read to its end.
    pub(super) since_move: Option<i64>,
    /// The last move of the alias in the window, in seconds since 1970.
    pub(super) moved: Option<i64>,
}

pub(super) fn join(
    observation: &mut Observation,
    observations: &Observations,
    history: &Result<AliasHistory, Unavailable>,
    now: OffsetDateTime,
) -> LogErrors {
    let count = |path| {
        observations
            .int(path)
            .ok_or_else(|| unavailable(observations, path))
    };
    let history = history.as_ref().ok();
    let start = now.unix_timestamp() - WINDOW;
    let moved = history.and_then(|history| history.move_since(start));
    let lines: &[Group] = match observations.get("logs.errors_by_version") {
        FactState::Known(fact) => match &fact.value {
            FactValue::Groups(groups) => groups,
            _ => &[],
        },
        _ => &[],
    };
    let own = history.map(|history| history.current.to_string());
    let mut before = 0;
    let mut oldest_own: Option<i64> = None;
    for (version, seconds) in lines {
        let is_untold = version.is("");
        let is_own = own.as_ref().is_some_and(|own| version.is(own));
        for (at, lines) in seconds {
            let is_before = match (moved, history) {
                // The line's version is more exact than the upper bound of an interval.
                (Some(_), Some(history)) if is_own => history.after.is_some_and(|it| *at < it),
                (Some(_), _) if !is_untold && !is_split(observations) => true,
                (Some(moved), _) => *at < moved,
                (None, _) => false,
            };
            if is_before {
                before += lines;
            } else if is_own || is_untold || own.is_none() {
                oldest_own = Some(oldest_own.map_or(*at, |oldest| oldest.min(*at)));
            }
        }
    }
    let since = |all: i64| (all - before).max(0);
    let exact = count(EXACT).map(since);
    let at_least = count(AT_LEAST).map(since);
    let since_move = exact.as_ref().ok().copied();
    observation.put("logs.errors_since_move", exact.map(FactValue::Int), now);
    observation.put(
        "logs.errors_since_move_min",
        at_least.map(FactValue::Int),
        now,
    );
    let before = count(AT_LEAST).map(|_| before);
    observation.put("logs.errors_before_move", before.map(FactValue::Int), now);
    LogErrors {
        oldest_own,
        since_move,
        moved,
    }
}

fn is_split(observations: &Observations) -> bool {
    matches!(observations.get("alias.weighted"),
        FactState::Known(fact) if fact.value == FactValue::Bool(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Probe;
    use crate::observation::UnavailableReason;
    use crate::text::Untrusted;

    const NOW: i64 = 1_774_149_129;

    /// How many lines are before the last move and since, of lines with their version and age. The
    /// alias came to 61 between `after` and `before` seconds ago.
    fn counted(lines: &[(&str, i64)], moved: Option<(i64, i64)>) -> (i64, i64) {
        let at = OffsetDateTime::from_unix_timestamp(NOW).expect("an instant");
        let mut logs = Observation::new(Probe::Logs);
        let all = i64::try_from(lines.len()).expect("a few");
        logs.set(EXACT, FactValue::Int(all), at);
        logs.set(AT_LEAST, FactValue::Int(all), at);
        let groups = lines.iter();
        let groups = groups.map(|(version, ago)| (Untrusted::new(*version), vec![(NOW - ago, 1)]));
        logs.set(
            "logs.errors_by_version",
            FactValue::Groups(groups.collect()),
            at,
        );
        let mut observations = Observations::default();
        observations.add(crate::fact::declared(Probe::Logs), logs);
        let history = moved.map(|(after, before)| AliasHistory {
            current: 61,
            after: Some(NOW - after),
            before: NOW - before,
            is_dated: true,
            is_move_seen: true,
            last_good: None,
        });
        let unknown = Unavailable::new(UnavailableReason::NotAsked, "no alias");
        let mut observation = Observation::new(Probe::History);
        let history = history.ok_or(unknown);
        join(&mut observation, &observations, &history, at);
        let count = |path| match observation.outcome(path).expect("known").value {
            FactValue::Int(count) => count,
            other => panic!("{other:?} is no count"),
        };
        (
            count("logs.errors_before_move"),
            count("logs.errors_since_move"),
        )
    }

    #[test]
    fn log_lines_of_the_replaced_version_count_as_before_the_move() {
        let lines = [("62", 500), ("62", 100), ("61", 50), ("", 400), ("", 50)];
        assert_eq!(counted(&lines, Some((200, 140))), (3, 2));
        // Inside the interval the version decides, and without it the upper bound.
        assert_eq!(counted(&[("61", 150), ("", 150)], Some((200, 140))), (1, 1));
        // The version served before, and failed then.
        assert_eq!(counted(&[("61", 201)], Some((200, 140))), (1, 0));
    }

    #[test]
    fn every_log_line_counts_without_a_move_in_the_window() {
        let lines = [("62", 500), ("61", 50), ("", 400)];
        assert_eq!(counted(&lines, None), (0, 3));
        assert_eq!(counted(&lines, Some((2_000, 900))), (0, 3));
        assert_eq!(counted(&lines, Some((2_000, 899))).1, 2);
    }
}
