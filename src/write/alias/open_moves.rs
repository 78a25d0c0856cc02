//! Moves that were sent and whose outcome the journal does not have: killed before it was
//! known, or answered by nothing that refused them. A later reading settles them.

use crate::fact::parse_instant;
use crate::lambda::alias_moves::AliasMove;
use crate::lambda::alias_target::AliasTarget;
use crate::state_dir::journal::{Chain, Journal, JournalEntry, Stage};
use serde_json::json;

/// From this age on an unanswered request is held to be without effect: AWS refuses a signature
/// that is older than 5 minutes (Signature Version 4), and three times that is waited.
const LATEST_EFFECT_S: i64 = 15 * 60;

/// What a later reading says about an unfinished move.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Settlement {
    outcome: &'static str,
    why: String,
    /// Whether the request can no longer change anything.
    is_settled: bool,
}

impl Settlement {
    /// By the alias as it is at `now`, in seconds since 1970.
    fn of(open: &AliasMove, alias: &AliasTarget, now: i64) -> Self {
        // The request names a revision: once the alias has another one, it cannot be applied.
        if alias.revision != open.planned_on {
            let (outcome, why) = open.found_later(alias);
            return Self {
                outcome,
                why,
                is_settled: true,
            };
        }
        let age = parse_instant(&open.at).map(|sent| now - sent);
        match age.is_some_and(|age| age >= LATEST_EFFECT_S) {
            true => Self {
                outcome: "unchanged",
                why: "it was never applied: the alias kept its revision".to_owned(),
                is_settled: true,
            },
            false => Self {
                outcome: "unclear",
                why: "so far never applied, and it still may be: the alias kept its revision"
                    .to_owned(),
                is_settled: false,
            },
        }
    }
}

/// One line about an unfinished move, by the alias as it was read, if it was.
pub(super) fn note(open: &AliasMove, alias: Option<&AliasTarget>, now: i64) -> String {
    let found = match alias {
        Some(alias) => Settlement::of(open, alias, now).why,
        None => "the alias cannot be read".to_owned(),
    };
    let (command, from, to, at) = (&open.command, &open.from, &open.to, &open.at);
    format!(
        "unfinished {command} {from} -> {to} of {at} ({}): {found}",
        open.id
    )
}

/// Writes into the journal what the alias, as it is now, says about unfinished moves. A move
/// that may still be applied stays open. If the journal cannot take it, the next reading says
/// so again.
pub fn settle(
    open: &[AliasMove],
    chain: &Chain,
    alias: &AliasTarget,
    journal: &Journal,
    stack: &str,
    at: (i64, String),
) {
    let (now, timestamp) = at;
    let is_recorded = |id: &str| {
        let mut of = chain.entries.iter().filter(|(_, entry)| entry.id == id);
        of.any(|(_, entry)| entry.stage == Stage::Outcome)
    };
    let entries = open.iter().filter_map(|open| {
        let found = Settlement::of(open, alias, now);
        // Said once; a second entry would only repeat it.
        if !found.is_settled && is_recorded(&open.id) {
            return None;
        }
        let revision = (found.outcome == "in-force").then_some(&alias.revision);
        let mut detail = json!({
            "outcome": found.outcome, "why": found.why, "found_later": true,
            "version": alias.version, "revision": revision,
        });
        if !found.is_settled {
            detail["settled"] = false.into();
        }
        Some(JournalEntry {
            id: open.id.clone(),
            at: timestamp.clone(),
            action: open.command.clone(),
            stage: Stage::Outcome,
            stack: stack.to_owned(),
            detail,
        })
    });
    let entries: Vec<_> = entries.collect();
    if !entries.is_empty() {
        let _ = journal.append(&entries);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const SENT: &str = "2026-03-22T03:12:09Z";

    fn open() -> AliasMove {
        AliasMove {
            id: "01A".to_owned(),
            at: SENT.to_owned(),
            command: "alias rollback".to_owned(),
            from: "62".to_owned(),
            to: "61".to_owned(),
            planned_on: "r62".to_owned(),
            version: "61".to_owned(),
            is_split: false,
            revision: None,
        }
    }

    #[test]
    fn an_unanswered_move_is_settled_by_a_new_revision_or_by_fifteen_minutes() {
        let sent = parse_instant(SENT).expect("a time");
        let table = [
            ("62", "r62", 0, "unclear", false),
            ("62", "r62", 899, "unclear", false),
            ("62", "r62", 900, "unchanged", true),
            ("61", "r63", 9, "in-force", true),
            ("60", "r63", 9, "unclear", true),
        ];
        for (version, revision, age, outcome, is_settled) in table {
            let alias = AliasTarget {
                version: version.to_owned(),
                revision: revision.to_owned(),
                weights: BTreeMap::new(),
            };
            let found = Settlement::of(&open(), &alias, sent + age);
            assert_eq!(
                (found.outcome, found.is_settled),
                (outcome, is_settled),
                "{version} {revision} after {age} s"
            );
        }
    }
}
