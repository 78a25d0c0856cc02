//! When the alias came to its version, and when the API last answered well before that, by every
//! witness there is: recorded runs, the journal, DEPLOY-LOG.md, the date of the version, and the
//! metrics of single versions.

use super::{ALIAS_NUMBER, RecordedSamples};
use crate::fact::{FactValue, Group};
use crate::lambda::VersionMetrics;
use crate::lambda::last_known_good::{AnsweredRun, Assessment};
use crate::lambda::version_lookup::VersionContext;
use crate::observation::{FactState, Observations, Unavailable, UnavailableReason};

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;

/// Evidence on versions that does not come from probes.
#[derive(Clone, Copy)]
pub struct VersionEvidence<'a> {
    /// The last known-good version, or why it was not looked for.
    pub assessment: &'a Result<Assessment, Unavailable>,
    /// What single versions did behind the alias; empty where that was not asked for.
    pub metrics: &'a [VersionMetrics],
    /// The journal and the deploy log.
    pub context: &'a VersionContext,
}

/// How the alias came to its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AliasHistory {
    /// The version that it points to.
    pub(super) current: i64,
    /// It came to it after this, if anything shows it; in seconds since 1970.
    pub(super) after: Option<i64>,
    /// And no later than this.
    pub(super) before: i64,
    /// Whether a witness shows that it had come by then. Else `before` is only the present moment.
    pub(super) is_dated: bool,
    /// Whether a witness shows another version before it. The date of the version alone shows none: its
    /// first invocation that is seen may be one of many.
    pub(super) is_move_seen: bool,
    /// The last recorded run that saw the API answer well.
    pub(super) last_good: Option<AnsweredRun>,
}

impl AliasHistory {
    /// Whether the version came after the API last answered well.
    pub(super) fn came_after_good(&self) -> bool {
        self.last_good.is_some_and(|good| {
            good.version != self.current || self.after.is_some_and(|after| after >= good.at)
        })
    }

    /// The moment of the last move, if one happened at `since` or later: its upper bound.
    pub(super) fn move_since(&self, since: i64) -> Option<i64> {
        let is_move = |after| self.is_move_seen || after >= since;
        let is_move = self.is_dated && self.after.is_some_and(is_move);
        Some(self.before).filter(|before| is_move && *before > since)
    }
}

/// The interval in which the alias came to its version.
///
/// # Errors
/// Why that is not known: the alias cannot be read, or recorded history cannot and no other
/// source has it.
pub(super) fn alias_history(
    observations: &Observations,
    past: &Result<RecordedSamples, Unavailable>,
    versions: VersionEvidence<'_>,
    now: i64,
) -> Result<AliasHistory, Unavailable> {
    let Some(current) = observations.int(ALIAS_NUMBER) else {
        return Err(super::unavailable(observations, ALIAS_NUMBER));
    };
    let mut found = recorded(observations, past.as_ref().ok(), current, now)?;
    let mut others = vec![
        by_journal(versions.context, current),
        by_deploy_log(versions.context, current),
    ];
    let is_split = matches!(observations.get("alias.weighted"),
        FactState::Known(fact) if fact.value == FactValue::Bool(true));
    if !is_split {
        others.push(by_minutes(observations, current));
        others.push(by_hours(versions.metrics, current));
    }
    for bounds in others.into_iter().flatten() {
        found.narrow(bounds, now);
    }
    match past {
        Err(unavailable) if !found.is_dated => Err(unavailable.clone()),
        _ => Ok(found),
    }
}

/// What one witness shows: after when, and by when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct MoveBounds {
    after: Option<i64>,
    before: Option<i64>,
}

impl AliasHistory {
    /// Takes in another witness, unless it contradicts what stronger ones show.
    fn narrow(&mut self, bounds: MoveBounds, now: i64) {
        let after = self.after.max(bounds.after);
        let told = bounds.before.map_or(self.before, |at| at.min(self.before));
        let before = told.min(now);
        if after.is_some_and(|after| after > before) {
            return;
        }
        self.is_dated |= bounds.before.is_some_and(|at| at <= now);
        self.is_move_seen |= bounds.after.is_some();
        (self.after, self.before) = (after, before);
    }
}

/// From recorded runs and from the date of the version: it cannot serve before it exists.
fn recorded(
    observations: &Observations,
    past: Option<&RecordedSamples>,
    current: i64,
    now: i64,
) -> Result<AliasHistory, Unavailable> {
    let samples = past.map_or(&[][..], |past| past.of(ALIAS_NUMBER));
    let last = samples.iter().rposition(|sample| sample.value != current);
    let at = |index: usize| samples.get(index).map(|sample| sample.at.unix_timestamp());
    let seen = at(last.map_or(0, |last| last + 1));
    let published = match observations.get("alias.published") {
        FactState::Known(fact) => match fact.value {
            FactValue::Instant(at) => Some(at),
            _ => None,
        },
        _ => None,
    };
    let (after, before) = (last.and_then(at).max(published), seen.unwrap_or(now));
    if after.is_some_and(|after| after > before) {
        return Err(Unavailable::new(
            UnavailableReason::ClockOff,
            "recorded history and the date of the version contradict each other",
        ));
    }
    let answered = past.map(RecordedSamples::answered_runs);
    Ok(AliasHistory {
        current,
        after,
        before,
        // A run that saw another version is followed by this one at the latest.
        is_dated: seen.is_some() || last.is_some(),
        is_move_seen: last.is_some(),
        last_good: answered.and_then(|runs| runs.into_iter().max_by_key(|run| run.at)),
    })
}

/// The journal has the moment to the minute: a move is read back just after it was sent.
fn by_journal(context: &VersionContext, current: i64) -> Option<MoveBounds> {
    let last = context.moves.last()?;
    let is_current = last.version == current.to_string();
    is_current.then_some(MoveBounds {
        after: Some(last.at - MINUTE),
        before: Some(last.at),
    })
}

fn by_deploy_log(context: &VersionContext, current: i64) -> Option<MoveBounds> {
    let logged = context.logged.as_ref()?;
    let is_current = logged.version == current.to_string();
    is_current.then_some(MoveBounds {
        after: Some(logged.from - MINUTE),
        before: Some(logged.until + MINUTE),
    })
}

/// By the minutes in which single versions were executed.
fn by_minutes(observations: &Observations, current: i64) -> Option<MoveBounds> {
    let FactState::Known(fact) = observations.get("lambda.version_invocations_by_minute") else {
        return None;
    };
    let FactValue::Groups(groups) = &fact.value else {
        return None;
    };
    let own = current.to_string();
    let (mine, others): (Vec<&Group>, Vec<&Group>) =
        groups.iter().partition(|(version, _)| version.is(&own));
    let points = |groups: Vec<&Group>| -> Vec<(i64, i64)> {
        groups
            .into_iter()
            .flat_map(|(_, points)| points.clone())
            .collect()
    };
    takeover(&points(mine), &points(others), MINUTE)
}

fn by_hours(metrics: &[VersionMetrics], current: i64) -> Option<MoveBounds> {
    let points = |is_own: bool| -> Vec<(i64, i64)> {
        let wanted = metrics.iter().filter(|m| (m.number == current) == is_own);
        wanted.flat_map(|m| m.invocations.clone()).collect()
    };
    takeover(&points(true), &points(false), HOUR)
}

/// One version took over from others after the last period in which one of those was executed, and
/// no later than the end of the next period in which it was.
fn takeover(own: &[(i64, i64)], others: &[(i64, i64)], period: i64) -> Option<MoveBounds> {
    let executed = |points: &[(i64, i64)]| -> Vec<i64> {
        let executed = points.iter().filter(|(_, count)| *count > 0);
        executed.map(|(at, _)| *at).collect()
    };
    let after = executed(others).into_iter().max();
    let since = executed(own).into_iter().filter(|at| Some(*at) >= after);
    let before = since.min().map(|at| at + period);
    before.map(|before| MoveBounds {
        after,
        before: Some(before),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When the alias is said to have moved in the last five minutes, by a version that was published so many
    /// seconds ago and invoked two minutes ago, after others or not.
    fn moved(published: i64, others: &[(i64, i64)]) -> Option<i64> {
        const NOW: i64 = 1_774_149_120;
        let mut history = AliasHistory {
            current: 61,
            after: Some(NOW - published),
            before: NOW,
            is_dated: false,
            is_move_seen: false,
            last_good: None,
        };
        let others: Vec<_> = others
            .iter()
            .map(|(ago, count)| (NOW - ago, *count))
            .collect();
        let bounds = takeover(&[(NOW - 120, 40)], &others, MINUTE).expect("an invocation");
        history.narrow(bounds, NOW);
        history.move_since(NOW - 300).map(|at| NOW - at)
    }

    #[test]
    fn one_version_takes_over_between_two_hours_of_invocations() {
        let metrics = |number, invocations: &[(i64, i64)]| VersionMetrics {
            number,
            invocations: invocations.to_vec(),
            errors: Vec::new(),
        };
        let all = [
            metrics(60, &[(0, 7), (HOUR, 3)]),
            metrics(61, &[(HOUR, 0), (2 * HOUR, 8), (3 * HOUR, 9)]),
        ];
        let bounds = |current| by_hours(&all, current).map(|found| (found.after, found.before));
        assert_eq!(bounds(61), Some((Some(HOUR), Some(3 * HOUR))));
        // Others were invoked after all that this one did: nothing is known of a move to it.
        assert_eq!(bounds(60), None);
    }

    #[test]
    fn the_first_invocation_that_is_seen_is_no_move() {
        assert_eq!(moved(7 * 86_400, &[]), None);
        assert_eq!(moved(7 * 86_400, &[(240, 0)]), None);
        assert_eq!(moved(7 * 86_400, &[(240, 3)]), Some(60));
        assert_eq!(moved(200, &[]), Some(60));
    }
}
