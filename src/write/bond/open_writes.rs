//! Pulses and ends that were sent and whose outcome the journal does not have: killed before
//! it was known, or answered by nothing that refused them. A later reading of the bond settles
//! them. Rotations have their own: see [`super::recover`].

use super::id::BondId;
use super::plan::Action;
use super::summary::{BondSummary, ProvenState};
use crate::fact::parse_instant;
use crate::state_dir::journal::{Chain, JournalEntry, Stage};
use crate::write::guarded::WriteContext;
use serde_json::json;

/// From this age on an unanswered request is held to be without effect: the API ends a request
/// after 30 s, and no proxy on the way keeps one for longer than a few minutes.
const LATEST_EFFECT_S: i64 = 15 * 60;

/// Writes into the journal what a bond, as it was just read, says about unfinished pulses and
/// ends of it. If the journal cannot take it, the next reading says so again.
pub fn settle(context: &WriteContext<'_>, bond: &BondId, summary: &BondSummary) {
    let Ok(chain) = context.journal.recent() else {
        return;
    };
    let now = context.clock.at().unix_timestamp();
    let open = open_on(&chain, &context.stack.key(), bond);
    let entries: Vec<_> = open
        .into_iter()
        .filter_map(|open| {
            let (outcome, why) = found(open, summary, now)?;
            let detail = json!({"outcome": outcome, "why": why, "found_later": true});
            Some(context.entry(&open.id, &open.action, Stage::Outcome, detail))
        })
        .collect();
    if !entries.is_empty() {
        let _ = context.journal.append(&entries);
    }
}

/// The open pulses and ends of one bond of this stack.
fn open_on<'a>(chain: &'a Chain, stack: &str, bond: &BondId) -> Vec<&'a JournalEntry> {
    let is_of_bond = |id: &str| {
        chain.entries.iter().any(|(_, entry)| {
            entry.id == id
                && entry.stage == Stage::Plan
                && entry.stack == stack
                && entry.detail["bond"] == bond.as_str()
        })
    };
    let mut open = chain.open();
    open.retain(|entry| entry.action != Action::Rotate.command() && is_of_bond(&entry.id));
    open
}

/// The outcome of an open write by the bond as it was read at `now`, in seconds since 1970;
/// `None` while it may still be applied.
fn found(
    open: &JournalEntry,
    bond: &BondSummary,
    now: i64,
) -> Option<(&'static str, &'static str)> {
    let sent = parse_instant(&open.at)?;
    let is_applied = match open.action == Action::Pulse.command() {
        true => bond.last_pulse.is_some_and(|pulse| pulse >= sent),
        false => bond.state == ProvenState::Other("UNPECKED"),
    };
    let is_known = !matches!(bond.state, ProvenState::NotKnown(_));
    match (is_applied, is_known && now - sent >= LATEST_EFFECT_S) {
        (true, _) => Some(("done", "a later reading shows it")),
        (false, true) => Some(("unchanged", "a later reading does not show it")),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    const SENT: &str = "2026-03-22T03:12:09Z";

    #[test]
    fn an_unanswered_write_is_settled_by_what_is_shown_or_by_fifteen_minutes() {
        let sent = parse_instant(SENT).expect("a time");
        let bonded = || ProvenState::Bonded;
        let over = || ProvenState::Other("UNPECKED");
        let unknown = || ProvenState::NotKnown("torn".to_owned());
        let table = [
            ("bond disconnect", over(), None, 5, Some("done")),
            ("bond disconnect", bonded(), None, 899, None),
            ("bond disconnect", bonded(), None, 900, Some("unchanged")),
            ("bond disconnect", unknown(), None, 900, None),
            ("bond pulse", bonded(), Some(1), 5, Some("done")),
            ("bond pulse", bonded(), Some(-1), 5, None),
            ("bond pulse", bonded(), Some(-1), 900, Some("unchanged")),
        ];
        for (action, state, pulse, age, due) in table {
            let open = JournalEntry {
                id: "01A".to_owned(),
                at: SENT.to_owned(),
                action: action.to_owned(),
                stage: Stage::Sending,
                stack: "s".to_owned(),
                detail: Value::Null,
            };
            let bond = BondSummary {
                state: state.clone(),
                last_pulse: pulse.map(|after| sent + after),
                ..BondSummary::unknown("", sent + age)
            };
            let outcome = found(&open, &bond, sent + age).map(|(outcome, _)| outcome);
            assert_eq!(outcome, due, "{action} {state:?} after {age} s");
        }
    }
}
