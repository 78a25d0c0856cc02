//! A move of the alias as one line of DEPLOY-LOG.md, built from a move just made or from the journal.

use super::alias_moves::{AliasMove, read_alias_moves};
use crate::state_dir::journal::{Chain, Stage};

/// A move that is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployLogEntry {
    /// Which write it was.
    pub id: String,
    /// When it was read back, RFC 3339 in UTC.
    pub at: String,
    /// The alias.
    pub alias: String,
    /// The version that serves since then.
    pub to: String,
    /// The version that did before.
    pub from: String,
    /// The command that did it.
    pub command: String,
    /// In whose name.
    pub by: String,
    /// What verifying it came to.
    pub told: String,
}

/// Why the journal holds no move to write down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeployLogEntryError {
    /// None was made from this machine.
    #[error("the journal of this machine has no move of the alias that is in force")]
    None,
    /// The last one may or may not have been applied.
    #[error("what came of the last move of the alias is not known")]
    Open,
    /// It shares the traffic between versions, which is no deployment yet.
    #[error("the last move only gave a version a share of the traffic")]
    Split,
}

impl DeployLogEntry {
    /// The newest move in a journal, of one stack's alias.
    ///
    /// # Errors
    /// [`DeployLogEntryError`].
    pub fn newest(chain: &Chain, stack: &str, alias: &str) -> Result<Self, DeployLogEntryError> {
        let read_alias_moves = read_alias_moves(chain, stack, alias);
        if !read_alias_moves.open.is_empty() {
            return Err(DeployLogEntryError::Open);
        }
        let AliasMove {
            id,
            at,
            command,
            from,
            version,
            is_split,
            ..
        } = read_alias_moves.last.ok_or(DeployLogEntryError::None)?;
        if is_split {
            return Err(DeployLogEntryError::Split);
        }
        let of_this = |stage| {
            let mut entries = chain.entries.iter().map(|(_, entry)| entry);
            entries.find(|entry| entry.id == id && entry.stage == stage)
        };
        let text = |stage, name: &str| {
            let text = of_this(stage).and_then(|entry| entry.detail[name].as_str());
            text.map(str::to_owned)
        };
        Ok(Self {
            by: text(Stage::Plan, "identity").unwrap_or_else(|| "not known".to_owned()),
            told: text(Stage::Verified, "status_api").unwrap_or_else(|| "not verified".to_owned()),
            alias: alias.to_owned(),
            id,
            at,
            to: version,
            from,
            command,
        })
    }

    /// The line, without its end.
    pub fn line(&self) -> String {
        let Self {
            at,
            alias,
            to,
            from,
            ..
        } = self;
        format!(
            "{at} | {alias} | version {to} | {}, was {from} | by {} | {}",
            self.command, self.by, self.told
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state_dir::journal::JournalEntry;
    use serde_json::{Value, json};

    fn chain(steps: &[(&str, Stage, Value)]) -> Chain {
        let entry = |(id, stage, detail): &(&str, Stage, Value)| JournalEntry {
            id: (*id).to_owned(),
            at: format!("2026-03-22T03:1{id}:00Z"),
            action: "alias rollback".to_owned(),
            stage: *stage,
            stack: "prod".to_owned(),
            detail: detail.clone(),
        };
        let mut chain = Chain::default();
        chain.entries = (1..).zip(steps.iter().map(entry)).collect();
        chain
    }

    fn newest(steps: &[(&str, Stage, Value)]) -> Result<String, DeployLogEntryError> {
        DeployLogEntry::newest(&chain(steps), "prod", "prod").map(|moved| moved.line())
    }

    #[test]
    fn the_deploy_log_line_describes_the_newest_move_in_force() {
        let plan = |from: &str, to: &str, weights: Value| {
            json!({"alias": "prod", "from": from, "to": to, "version": to, "weights": weights,
                   "identity": "arn:me"})
        };
        let in_force = || json!({"outcome": "in-force"});
        assert_eq!(newest(&[]), Err(DeployLogEntryError::None));
        let first = [
            ("1", Stage::Plan, plan("42", "41", json!({}))),
            ("1", Stage::Sending, json!({})),
            ("1", Stage::Outcome, in_force()),
            (
                "1",
                Stage::Verified,
                json!({"status_api": "200 five times"}),
            ),
        ];
        let line = "2026-03-22T03:11:00Z | prod | version 41 | alias rollback, was 42 | by arn:me | 200 five times";
        assert_eq!(newest(&first).as_deref(), Ok(line));
        let second = |stages: &[(&'static str, Stage, Value)]| [&first[..], stages].concat();
        // Refused or unchanged: the first is still the one in force.
        let refused = second(&[
            ("2", Stage::Plan, plan("41", "40", json!({}))),
            ("2", Stage::Sending, json!({})),
            ("2", Stage::Outcome, json!({"outcome": "unchanged"})),
        ]);
        assert_eq!(newest(&refused).as_deref(), Ok(line));
        let open = second(&[
            ("2", Stage::Plan, plan("41", "40", json!({}))),
            ("2", Stage::Sending, json!({})),
        ]);
        assert_eq!(newest(&open), Err(DeployLogEntryError::Open));
        let split = second(&[
            ("2", Stage::Plan, plan("41", "41", json!({"43": 0.1}))),
            ("2", Stage::Outcome, in_force()),
        ]);
        assert_eq!(newest(&split), Err(DeployLogEntryError::Split));
        let unverified = second(&[
            ("2", Stage::Plan, plan("41", "40", json!({}))),
            ("2", Stage::Outcome, in_force()),
        ]);
        assert!(
            newest(&unverified)
                .expect("a move")
                .ends_with("| not verified")
        );
        // So are those of another alias.
        let mut another = plan("42", "41", json!({}));
        another["alias"] = json!("canary");
        let another = [
            ("1", Stage::Plan, another),
            ("1", Stage::Outcome, in_force()),
        ];
        assert_eq!(newest(&another), Err(DeployLogEntryError::None));
        // Another stack's moves are another log's.
        assert_eq!(
            DeployLogEntry::newest(&chain(&first), "staging", "prod"),
            Err(DeployLogEntryError::None)
        );
    }
}
