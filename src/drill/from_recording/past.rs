//! What earlier runs would have recorded: totals that grew by what was known of each window, and
//! when this and that was seen.

use super::{DAY, HOUR, MINUTE, RecordedFacts};
use crate::practice::EarlierRun;
use std::collections::BTreeMap;
use std::time::Duration;

/// Who says which version is expected, where the last run that was answered does.
const LAST_GOOD_ANSWER: &str = "the last good answer";

/// Between two runs.
const RUNS: u64 = 1_800;
/// How many earlier runs are generated where something must be seen to have lasted.
const SOME: u64 = 4;

/// MadeUpRuns by how many seconds ago they were.
#[derive(Default)]
struct MadeUpRuns(BTreeMap<u64, BTreeMap<&'static str, i64>>);

impl MadeUpRuns {
    fn saw(&mut self, ago: u64, fact: &'static str, value: i64) {
        self.0.entry(ago).or_default().insert(fact, value);
    }
}

/// Oldest first.
pub(super) fn recorded(facts: &RecordedFacts<'_>) -> Vec<EarlierRun> {
    let mut runs = MadeUpRuns::default();
    pecks(&mut runs, facts);
    certificates(&mut runs, facts);
    if let Some(ago) = facts.ago_of("fleet.last_alive") {
        runs.saw(ago, "status.agents.alive", 1);
    }
    function(&mut runs, facts);
    let runs = runs.0.into_iter().rev();
    runs.map(|(ago, facts)| EarlierRun {
        ago: Duration::from_secs(ago),
        facts: facts.into_iter().collect(),
    })
    .collect()
}

/// A running total: what lies on both sides of the beginning of a window says how much it grew
/// in it, to the number.
fn grew(runs: &mut MadeUpRuns, fact: &'static str, window: u64, then: i64) {
    runs.saw(window + MINUTE, fact, then);
    runs.saw(window - MINUTE, fact, then);
}

fn pecks(runs: &mut MadeUpRuns, facts: &RecordedFacts<'_>) {
    const TOTAL: &str = "peck.callback_errors";
    if let Some(ago) = facts.ago_of("peck.callback_errors_over_since") {
        runs.saw(ago, "peck.callback_errors_24h_min", 11);
    }
    let (Some(total), Some(most)) = (facts.int(TOTAL), facts.int("peck.callback_errors_24h_max"))
    else {
        return;
    };
    let least = facts.int("peck.callback_errors_24h_min").unwrap_or(0);
    let rising = facts.bool("peck.callback_errors_rising");
    if most < total {
        runs.saw(DAY + MINUTE, TOTAL, total - most);
    }
    match rising {
        // Nothing of an hour ago shows whether they rise.
        None => {}
        Some(rising) => {
            runs.saw(DAY - MINUTE, TOTAL, total - least);
            grew(runs, TOTAL, HOUR, total - i64::from(rising && least > 0));
        }
    }
}

fn certificates(runs: &mut MadeUpRuns, facts: &RecordedFacts<'_>) {
    for (total, windows) in [
        (
            "status.database.ducklings",
            ["growth.ducklings_24h_min", "growth.ducklings_48h_min"],
        ),
        (
            "status.database.birth_certificates",
            ["growth.certificates_24h_min", "growth.certificates_48h_min"],
        ),
    ] {
        let Some(present) = facts.int(total) else {
            continue;
        };
        let spans = [("certs.stalled_24h", DAY), ("certs.stalled_48h", 2 * DAY)];
        for ((is_known, span), grown) in spans.into_iter().zip(windows) {
            if let (Some(_), Some(grown)) = (facts.bool(is_known), facts.int(grown)) {
                grew(runs, total, span, present - grown);
            }
        }
    }
    if let (Some(ago), Some(present)) = (
        facts.ago_of("certs.none_since"),
        facts.int("status.database.birth_certificates"),
    ) {
        runs.saw(ago, "status.database.birth_certificates", present);
    }
}

/// Where the alias was, and whether the API answered then.
fn function(runs: &mut MadeUpRuns, facts: &RecordedFacts<'_>) {
    const ALIAS: &str = "alias.number";
    const ANSWERED: &str = "api.good_answers";
    if let Some(ago) = facts.ago_of("recovery.since").filter(|ago| *ago > 0) {
        runs.saw(ago, ANSWERED, 0);
    }
    let Some(present) = facts.int(ALIAS) else {
        return;
    };
    if let Some(ago) = facts.ago_of("alias.moved_before").filter(|ago| *ago > 0) {
        runs.saw(ago, ALIAS, present);
    }
    // While the API fails, the expected version is the one that answered last, unless another
    // source names one: then this version has answered since it came.
    let expected = facts.text("alias.expected_from");
    let by_answer = expected.as_deref() == Some(LAST_GOOD_ANSWER);
    let last = facts.text("alias.expected").filter(|_| by_answer);
    let last: Option<i64> = last.and_then(|version| version.parse().ok());
    let failing = facts.int(ANSWERED) == Some(0);
    if last == Some(present)
        && failing
        && let Some(ago) = facts.ago_of("alias.moved_before").filter(|ago| *ago > 0)
    {
        runs.saw(ago, ANSWERED, 1);
    }
    let before = facts.int("rollback.to");
    let earliest = facts.ago_of("alias.moved_after");
    let known = facts.ago_of("alias.moved_before").unwrap_or(0);
    if let Some(before) = before {
        // It was seen serving until the alias moved; where that is not known, long ago.
        let until = earliest.unwrap_or(known + DAY).max(known + 1);
        for run in 0..SOME {
            runs.saw(until + run * RUNS, ALIAS, before);
            // An answered run would have recorded the expected version; where that is not known,
            // only metrics showed this one.
            if !(failing && facts.unavailable("alias.expected").is_some()) {
                runs.saw(until + run * RUNS, ANSWERED, 1);
            }
        }
    }
}
