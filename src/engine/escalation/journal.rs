//! The journal entries of an escalation.

use super::situation::Situation;
use crate::alerting::{EscalationRecord, LEASE};
use crate::fact::{parse_instant, utc};
use crate::state_dir::journal::{Journal, JournalEntry, Stage};
use serde_json::{Value, json};
use time::OffsetDateTime;

/// Writes the entries of one escalation.
pub(super) struct EscalationJournal<'a> {
    /// None where there is no state folder.
    pub(super) journal: Option<&'a Journal>,
    pub(super) situation: &'a Situation,
}

impl EscalationJournal<'_> {
    /// Appends these stages; yields a caution where that failed, which stops nothing.
    pub(super) fn append(&self, stages: Vec<(Stage, Value)>) -> Option<String> {
        let situation = self.situation;
        let entry = |(stage, detail)| JournalEntry {
            id: situation.id.clone(),
            at: utc(situation.now()),
            action: action(situation),
            stage,
            stack: situation.key.0.clone(),
            detail,
        };
        let entries: Vec<_> = stages.into_iter().map(entry).collect();
        let appended = match self.journal {
            Some(journal) => journal.append(&entries).map_err(|error| error.to_string()),
            None => Err(
                "there is no state directory for the journal: set HOME or --state-dir".to_owned(),
            ),
        };
        let why = appended.err()?;
        Some(format!("the journal does not have it: {why}"))
    }
}

fn action(situation: &Situation) -> String {
    format!("escalate {}", situation.runbook().id)
}

/// Gives escalations of this runbook that were begun on this machine and have no outcome the one
/// that the alert state knows. Where that cannot be written, the next run tries again.
pub fn close_abandoned(journal: &Journal, situation: &Situation) {
    let Ok(chain) = journal.recent() else { return };
    let action = action(situation);
    let runbook = situation.runbook().id.as_str();
    let known = situation
        .state
        .escalated(runbook, OffsetDateTime::UNIX_EPOCH);
    // A younger one may be on its way: the run that sends it writes its outcome.
    let abandoned_before = (situation.now() - LEASE).unix_timestamp();
    let is_abandoned = |entry: &&JournalEntry| {
        entry.action == action
            && entry.stack == situation.key.0
            && parse_instant(&entry.at).is_some_and(|at| at < abandoned_before)
    };
    let closed = |entry: &JournalEntry| {
        let record = known.filter(|record| record.is_of(&entry.id));
        let outcome = match record.and_then(EscalationRecord::delivered) {
            Some(_) => "delivered",
            None => "undelivered",
        };
        JournalEntry {
            at: utc(situation.now()),
            stage: Stage::Outcome,
            detail: json!({"outcome": outcome, "found_later": true}),
            ..entry.clone()
        }
    };
    let abandoned = chain.open().into_iter().filter(is_abandoned);
    let entries: Vec<_> = abandoned.map(closed).collect();
    if !entries.is_empty() {
        let _ = journal.append(&entries);
    }
}
