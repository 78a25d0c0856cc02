//! Rollbacks and deployments of versions that DEPLOY-LOG.md records.
//!
//! The log is free text. A block (a line with a date and the lines below it) that speaks of rolling
//! back names the version that was left, after `was`, `from` or `rolled back`; any other block that
//! names exactly one version deployed that one. What is not understood yields no event; a block that
//! speaks of a rollback never counts as a deployment.

use super::version_events::{VersionEvent, VersionEventKind, VersionEvents};
use crate::stack::log_blocks;

/// Words that say that a block is no deployment that happened to production.
const NOT_A_DEPLOYMENT: [&str; 6] = ["planned", "failed", "staging", "staged", "dev", "canary"];

/// The events that a deploy log records.
pub fn deploy_log_events(log: &str) -> VersionEvents {
    log_blocks(log)
        .iter()
        .flat_map(|(at, text)| block_events(*at, text))
        .collect()
}

fn block_events(at: i64, text: &str) -> Vec<VersionEvent> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let event = |version, kind| VersionEvent { at, version, kind };
    if is_rollback(&words) {
        let left = versions_left(&words).into_iter();
        return left
            .map(|version| event(version, VersionEventKind::RolledBack))
            .collect();
    }
    if words.iter().any(|word| NOT_A_DEPLOYMENT.contains(word)) {
        return Vec::new();
    }
    let mut named: Vec<i64> = (0..words.len())
        .filter_map(|at| version_at(&words, at))
        .collect();
    named.sort_unstable();
    named.dedup();
    match named.as_slice() {
        [only] => vec![event(*only, VersionEventKind::Promoted)],
        _ => Vec::new(),
    }
}

fn is_rollback(words: &[&str]) -> bool {
    let pair = |pair: &[&str]| {
        matches!(pair[0], "roll" | "rolled" | "rolling" | "rolls") && pair[1] == "back"
    };
    words.contains(&"rollback") || words.windows(2).any(pair)
}

/// The version that the words from here on name: `v61`, `version 61`.
fn version_at(words: &[&str], at: usize) -> Option<i64> {
    let word = words.get(at)?;
    match *word {
        "version" | "functionversion" => number(words.get(at + 1)?),
        word => number(word.strip_prefix('v')?),
    }
}

fn number(word: &str) -> Option<i64> {
    let fits = (1..=6).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| word.parse().ok())?
}

/// The versions that a rollback left. After these words a bare number is a version, too.
fn versions_left(words: &[&str]) -> Vec<i64> {
    let after = |at: usize| version_at(words, at).or_else(|| number(words.get(at)?));
    let mut left = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let names = match *word {
            "was" | "from" => true,
            "back" => at > 0 && words[at - 1].starts_with("roll"),
            "of" => at > 0 && words[at - 1] == "rollback",
            _ => false,
        };
        if names {
            left.extend(after(at + 1));
        }
    }
    if left.is_empty() {
        // "v62 deployed, rolled back at noon": whatever is named and is not where it went.
        let is_target = |at: usize| at > 0 && matches!(words[at - 1], "to" | "now");
        let others = (0..words.len()).filter(|at| !is_target(*at));
        left.extend(others.filter_map(|at| version_at(words, at)));
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lambda::version_events::EventStanding;

    #[test]
    fn a_rollback_entry_rejects_only_the_version_it_left() {
        let rows = [
            "2026-03-22T03:11:00Z | prod | version 61 | alias rollback, was 62 | by arn:me | 200",
            "2026-03-22 rolled back v62 to v61",
            "2026-03-22 rollback from 62 to 61 by ops",
            "## 2026-03-22\nRollback of version 62\nnow version 61",
            "| 2026-03-22 | rolled back from v62 -> v61 |",
            "2026-03-22 v62 deployed, rolled back at noon to v61",
        ];
        for row in rows {
            let events = deploy_log_events(row);
            assert_eq!(events.standing(62), EventStanding::RolledBack, "{row}");
            assert_eq!(events.standing(61), EventStanding::NeverRolledBack, "{row}");
        }
    }

    #[test]
    fn only_a_later_deployment_promotes_a_version_again() {
        let back = "2026-03-20 rolled back v62 to v61\n";
        let again = format!("{back}2026-03-22 deployed version 62\n");
        let events = deploy_log_events(&again);
        assert!(matches!(
            events.standing(62),
            EventStanding::PromotedAgain(_)
        ));
        for line in [
            "2026-03-22 version 62 to staging",
            "2026-03-22 version 62 failed",
            "2026-03-22 planned: v62",
            "2026-03-22 v62 or v63",
            "2026-03-20 deployed v62",
        ] {
            let events = deploy_log_events(&format!("{back}{line}\n"));
            assert_eq!(events.standing(62), EventStanding::RolledBack, "{line}");
        }
    }
}
