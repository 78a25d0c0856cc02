//! Moves of the alias that the journal of this machine records: what was planned and what was read
//! back then. Where the alias points now only Lambda can say.

use super::alias_target::AliasTarget;
use super::version_events::{VersionEvent, VersionEventKind, VersionEvents};
use crate::fact;
use crate::state_dir::journal::{Chain, JournalEntry, Stage};
use serde_json::Value;
use std::collections::BTreeMap;

/// The moves of one alias that were made from this machine.
#[derive(Clone, Debug, Default)]
pub struct AliasMoves {
    /// What they did to single versions.
    pub events: VersionEvents,
    /// The last move that was read back as in force.
    pub last: Option<AliasMove>,
    /// Every move in force that gave a version all traffic, oldest first.
    pub whole: Vec<WholeMove>,
    /// Moves that were about to be sent and have no recorded outcome.
    pub open: Vec<AliasMove>,
}

/// A move that gave a version all traffic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholeMove {
    /// When it was read back as in force, in seconds since 1970.
    pub at: i64,
    /// The version.
    pub version: String,
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
    let mut moves = AliasMoves::default();
    for (_, entry) in chain.entries.iter().filter(|(_, e)| e.stack == stack) {
        match entry.stage {
            Stage::Plan if entry.detail["alias"] == alias => {
                plans.insert(&entry.id, &entry.detail);
            }
            Stage::Outcome if entry.detail["outcome"] == "in-force" => {
                let Some(plan) = plans.get(entry.id.as_str()) else {
                    continue;
                };
                let made = alias_move(entry, plan);
                record_events(&mut moves.events, &made, plan);
                moves.whole.extend(made.whole());
                moves.last = Some(made);
            }
            _ => {}
        }
    }
    moves.open = chain
        .open()
        .into_iter()
        .filter_map(|entry| Some(alias_move(entry, plans.get(entry.id.as_str())?)))
        .collect();
    // Whether it was applied is not known, and a version that may have been rolled back is not offered.
    for open in &moves.open {
        if let Some(event) = rollback_of(open) {
            moves.events.push(event);
        }
    }
    moves
}

/// What a move that is in force did to the versions that it is about.
fn record_events(events: &mut VersionEvents, made: &AliasMove, plan: &Value) {
    if let Some(event) = rollback_of(made) {
        events.push(event);
    }
    if made.command == "alias promote"
        && !made.is_split
        && let Ok(version) = made.version.parse()
    {
        // A promotion without a time proves nothing about what came after a rollback.
        let at = fact::parse_instant(&made.at).unwrap_or(i64::MIN);
        events.push(VersionEvent {
            at,
            version,
            kind: VersionEventKind::Promoted,
        });
    }
    if !made.is_split && made.from == made.version {
        let shares = plan["from_weights"].as_object();
        let given_up = shares.into_iter().flat_map(|shares| shares.keys());
        for version in given_up.filter_map(|version| version.parse().ok()) {
            events.push(rolled_back(made, version));
        }
    }
}

/// The rollback that a move was for the version that served before it.
fn rollback_of(made: &AliasMove) -> Option<VersionEvent> {
    let went_back = made.command == "alias rollback" && made.from != made.version;
    let version = went_back.then(|| made.from.parse().ok())?;
    version.map(|version| rolled_back(made, version))
}

fn rolled_back(made: &AliasMove, version: i64) -> VersionEvent {
    VersionEvent {
        // A rollback without a time is taken for the last thing that happened.
        at: fact::parse_instant(&made.at).unwrap_or(i64::MAX),
        version,
        kind: VersionEventKind::RolledBack,
    }
}

fn alias_move(entry: &JournalEntry, plan: &Value) -> AliasMove {
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
    /// As a move that gave a version all traffic; none where it did not, or has no time.
    fn whole(&self) -> Option<WholeMove> {
        let at = fact::parse_instant(&self.at).filter(|_| !self.is_split)?;
        Some(WholeMove {
            at,
            version: self.version.clone(),
        })
    }

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
