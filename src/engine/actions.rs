//! What was done, by the journal: each write with its object.

use crate::fact::parse_instant;
use crate::state_dir::journal::{Chain, JournalEntry, Stage};
use crate::text::{Printable, Untrusted};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The writes to one stack in a journal.
pub(super) struct Writes<'a> {
    /// Oldest first.
    entries: Vec<&'a JournalEntry>,
    plans: BTreeMap<&'a str, &'a Value>,
    verified: BTreeMap<&'a str, &'a JournalEntry>,
    ended: BTreeSet<&'a str>,
    open: BTreeSet<&'a str>,
}

impl<'a> Writes<'a> {
    /// Those to the stack with this key; writes to other stacks are left out.
    pub(super) fn of(chain: &'a Chain, stack: &str) -> Self {
        // An entry may hold the name alone.
        let name = stack.split('|').next().unwrap_or_default();
        let entries = chain.entries.iter().map(|(_, entry)| entry);
        let entries: Vec<_> = entries
            .filter(|entry| entry.stack == stack || entry.stack == name)
            .collect();
        let of = |stage| {
            let of = entries.iter().filter(move |entry| entry.stage == stage);
            of.map(|entry| (entry.id.as_str(), *entry))
        };
        Self {
            plans: of(Stage::Plan)
                .map(|(id, entry)| (id, &entry.detail))
                .collect(),
            // The first of a write counts.
            verified: of(Stage::Verified).rev().collect(),
            ended: of(Stage::Outcome).map(|(id, _)| id).collect(),
            open: chain.open().iter().map(|entry| entry.id.as_str()).collect(),
            entries,
        }
    }

    /// Its entries, oldest first.
    pub(super) fn entries(&self) -> impl Iterator<Item = &'a JournalEntry> {
        self.entries.iter().copied()
    }

    /// What an entry says, for a sequence; none for a plan and a consent.
    pub(super) fn moment(&self, entry: &JournalEntry) -> Option<String> {
        let plan = self.plans.get(entry.id.as_str()).copied();
        Some(match entry.stage {
            Stage::Sending => format!("{}: sent", with_object(entry, plan)),
            Stage::Outcome => outcome(entry, plan),
            Stage::Verified => verification(entry, plan),
            Stage::Plan | Stage::Consent => return None,
        })
    }

    /// Each write since then, in seconds since 1970, and until `now`, in a line: what came of it,
    /// and whether it was verified.
    pub(super) fn lines(&self, since: i64, now: i64) -> Vec<Printable> {
        let within = |entry: &&JournalEntry| {
            parse_instant(&entry.at).is_some_and(|at| (since..=now).contains(&at))
        };
        let line = |entry: &'a JournalEntry| {
            let id = entry.id.as_str();
            let text = match entry.stage {
                Stage::Outcome => {
                    let said = self.moment(entry)?;
                    match self.verified.get(id) {
                        Some(verified) => format!("{said}, {}", verified_at(verified)),
                        None => said,
                    }
                }
                // Of a write that was killed, for example.
                Stage::Verified if !self.has_outcome(id) => self.moment(entry)?,
                Stage::Sending if self.open.contains(id) && !self.has_outcome(id) => {
                    let plan = self.plans.get(id).copied();
                    let what = with_object(entry, plan);
                    format!("{what}: sent, outcome not recorded")
                }
                _ => return None,
            };
            Some(format!("{} {text}", shown(&entry.at)).into())
        };
        self.entries().filter(within).filter_map(line).collect()
    }

    fn has_outcome(&self, id: &str) -> bool {
        self.ended.contains(id)
    }
}

fn outcome(entry: &JournalEntry, plan: Option<&Value>) -> String {
    let word = entry.detail["outcome"].as_str().unwrap_or("outcome");
    let done = plan.and_then(|plan| done(&entry.action, plan));
    match done.filter(|_| ["in-force", "done", "stored"].contains(&word)) {
        Some(done) => done,
        None => format!("{}: {}", with_object(entry, plan), shown(word)),
    }
}

fn verification(entry: &JournalEntry, plan: Option<&Value>) -> String {
    match plan.and_then(|plan| done(&entry.action, plan)) {
        Some(done) => format!("{done}, {}", verified_at(entry)),
        None => format!("{}: verified", with_object(entry, plan)),
    }
}

/// Whether it was verified to work, and when: `verified 17:10:01Z`.
fn verified_at(entry: &JournalEntry) -> String {
    let at = entry.at.get(11..).unwrap_or(&entry.at);
    let word = match entry.detail["well"] {
        Value::Bool(false) => "not verified to work",
        _ => "verified",
    };
    format!("{word} {}", shown(at))
}

/// What was done, in the past tense, with its object.
fn done(action: &str, plan: &Value) -> Option<String> {
    let verb = match action {
        "alias rollback" => "rolled back",
        "alias promote" => "promoted",
        "bond rotate" => "rotated the key of",
        "bond disconnect" => "disconnected",
        "bond pulse" => "pulsed as",
        _ => return None,
    };
    Some(format!("{verb} {}", object(plan)?))
}

fn with_object(entry: &JournalEntry, plan: Option<&Value>) -> String {
    let action = shown(&entry.action);
    match plan.and_then(object) {
        Some(object) => format!("{action} {object}"),
        None => action.to_string(),
    }
}

/// What a plan is about: an alias with its versions, or a bond.
fn object(plan: &Value) -> Option<Printable> {
    let text = |key: &str| Some(shown(plan[key].as_str()?));
    if let Some(bond) = text("bond") {
        return Some(bond);
    }
    let (alias, from, to) = (text("alias")?, text("from")?, text("version")?);
    Some(format!("{alias} {from} to {to}").into())
}

fn shown(text: &str) -> Printable {
    Untrusted::new(text).printable(80)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const STACK: &str = "prod|https://a.invalid|121546003735|us-east-1";

    fn entry(id: &str, second: u32, action: &str, stage: Stage, detail: Value) -> JournalEntry {
        JournalEntry {
            id: id.to_owned(),
            at: format!("2026-03-22T17:10:{second:02}Z"),
            action: action.to_owned(),
            stage,
            stack: STACK.to_owned(),
            detail,
        }
    }

    fn lines(entries: Vec<JournalEntry>) -> Vec<String> {
        let mut chain = Chain::default();
        chain.entries = (1..).zip(entries).collect();
        let lines = Writes::of(&chain, STACK).lines(0, i64::MAX);
        lines.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_write_is_told_with_its_object_and_its_verification() {
        let plan = json!({"alias": "prod", "from": "62", "version": "61", "to": "61"});
        let step = |stage, second, detail| entry("1", second, "alias rollback", stage, detail);
        let begun = vec![
            step(Stage::Plan, 0, plan),
            step(Stage::Sending, 0, json!({})),
        ];
        assert_eq!(
            lines(begun.clone()),
            ["2026-03-22T17:10:00Z alias rollback prod 62 to 61: sent, outcome not recorded"]
        );
        let ended = |outcome: &str, well: Option<bool>| {
            let mut entries = begun.clone();
            entries.push(step(Stage::Outcome, 0, json!({"outcome": outcome})));
            let verified = well.map(|well| step(Stage::Verified, 1, json!({"well": well})));
            entries.extend(verified);
            lines(entries)
        };
        let at = "2026-03-22T17:10:00Z";
        for (outcome, well, due) in [
            (
                "in-force",
                Some(true),
                "rolled back prod 62 to 61, verified 17:10:01Z",
            ),
            (
                "in-force",
                Some(false),
                "rolled back prod 62 to 61, not verified to work 17:10:01Z",
            ),
            ("in-force", None, "rolled back prod 62 to 61"),
            ("unchanged", None, "alias rollback prod 62 to 61: unchanged"),
        ] {
            assert_eq!(ended(outcome, well), [format!("{at} {due}")]);
        }
        let bond = |stage, detail| entry("2", 0, "bond rotate", stage, detail);
        let rotated = vec![
            bond(Stage::Plan, json!({"bond": "AAAA000000000001"})),
            bond(Stage::Sending, json!({})),
            bond(Stage::Outcome, json!({"outcome": "stored"})),
        ];
        assert_eq!(
            lines(rotated),
            [format!("{at} rotated the key of AAAA000000000001")]
        );
    }

    #[test]
    fn writes_to_another_stack_are_not_told() {
        let other = |stack: &str| JournalEntry {
            stack: stack.to_owned(),
            ..entry(
                "1",
                0,
                "alias promote",
                Stage::Outcome,
                json!({"outcome": "in-force"}),
            )
        };
        for stack in [
            "prod|https://a.invalid|999999999999|us-east-1",
            "prod|http://127.0.0.1:1|121546003735|us-east-1",
            "staging",
        ] {
            assert_eq!(lines(vec![other(stack)]), [""; 0], "{stack}");
        }
        assert_eq!(lines(vec![other(STACK)]).len(), 1);
    }
}
