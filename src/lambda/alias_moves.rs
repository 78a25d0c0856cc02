//! What the journal tells of earlier moves of this alias. It tells what was meant and what
//! was read back then; what is so now, only Lambda tells.

use super::reader::AliasTarget;
use crate::state_dir::journal::{Chain, Entry, Stage};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What earlier runs on this machine did.
#[derive(Clone, Debug, Default)]
pub struct AliasMoves {
    /// Versions that were rolled back.
    pub rolled_back: BTreeSet<i64>,
    /// The last move that was read back as in force.
    pub last: Option<AliasMove>,
    /// Moves that were about to be sent and of which nobody recorded what came of them.
    pub open: Vec<AliasMove>,
}

/// One move.
#[derive(Clone, Debug, PartialEq)]
pub struct AliasMove {
    /// Which write it was.
    pub id: String,
    /// When it was sent or read back.
    pub at: String,
    /// Its command.
    pub command: String,
    /// The version that served before.
    pub from: String,
    /// The version it was about.
    pub to: String,
    /// The revision that it was planned on.
    pub planned_on: String,
    /// The version that was to take what the weights leave.
    pub version: String,
    /// Whether other versions were to have a share.
    pub is_split: bool,
    /// The revision that was read back.
    pub revision: Option<String>,
}

/// Reads the moves of one stack's alias out of a journal.
pub fn read_alias_moves(chain: &Chain, stack: &str, alias: &str) -> AliasMoves {
    let mut plans: BTreeMap<&str, &Value> = BTreeMap::new();
    let mut read_alias_moves = AliasMoves::default();
    for (_, entry) in chain.entries.iter().filter(|(_, e)| e.stack == stack) {
        match entry.stage {
            Stage::Plan if entry.detail["alias"] == alias => {
                plans.insert(&entry.id, &entry.detail);
            }
            Stage::Outcome if entry.detail["outcome"] == "in-force" => {
                let Some(plan) = plans.get(entry.id.as_str()) else {
                    continue;
                };
                let made = of(entry, plan);
                let went_back = made.command == "alias rollback" && made.from != made.version;
                if let (true, Ok(from)) = (went_back, made.from.parse()) {
                    read_alias_moves.rolled_back.insert(from);
                }
                if plan["weights"].as_object().is_none_or(|w| w.is_empty())
                    && made.from == made.version
                {
                    let shares = plan["from_weights"].as_object();
                    let given_up = shares.into_iter().flat_map(|shares| shares.keys());
                    read_alias_moves
                        .rolled_back
                        .extend(given_up.filter_map(|v| v.parse::<i64>().ok()));
                }
                read_alias_moves.last = Some(made);
            }
            _ => {}
        }
    }
    read_alias_moves.open = chain
        .open()
        .into_iter()
        .filter_map(|entry| Some(of(entry, plans.get(entry.id.as_str())?)))
        .collect();
    read_alias_moves
}

fn of(entry: &Entry, plan: &Value) -> AliasMove {
    let text = |name: &str| plan[name].as_str().unwrap_or_default().to_owned();
    AliasMove {
        id: entry.id.clone(),
        at: entry.at.clone(),
        command: entry.action.clone(),
        from: text("from"),
        to: text("to"),
        planned_on: text("revision"),
        version: text("version"),
        is_split: plan["weights"].as_object().is_some_and(|w| !w.is_empty()),
        revision: entry.detail["revision"].as_str().map(str::to_owned),
    }
}

impl AliasMoves {
    /// The version of a shift that was begun here and is still half done.
    pub fn half_done(&self, alias: &AliasTarget) -> Option<&str> {
        let last = self.last.as_ref().filter(|last| last.is_split)?;
        let is_there = alias.weights.contains_key(&last.to) && alias.version == last.version;
        is_there.then_some(last.to.as_str())
    }

    /// The last move, if the alias is still as it left it.
    pub fn current_move(&self, alias: &AliasTarget) -> Option<&AliasMove> {
        let last = self.last.as_ref();
        last.filter(|last| last.revision.as_ref() == Some(&alias.revision))
    }
}

impl AliasMove {
    /// What became of an unfinished move, by the alias as it is now.
    pub fn found_later(&self, alias: &AliasTarget) -> (&'static str, String) {
        let split = alias.split();
        if alias.revision == self.planned_on {
            let told = "it was never applied: the alias kept its revision".to_owned();
            return ("unchanged", told);
        }
        match alias.version == self.version && alias.weights.is_empty() != self.is_split {
            true => ("in-force", format!("the alias is as it wanted: {split}")),
            false => (
                "unclear",
                format!("the alias has been changed since: {split}"),
            ),
        }
    }
}
