//! Where and with what a plan is carried out, and what all three writes write down.

use super::intent::{Intents, Open};
use super::plan::Plan;
use crate::cloud::Http;
use crate::fact;
use crate::stack::Stack;
use crate::state_dir::journal::{Entry, Journal, Stage};
use crate::state_dir::private_file::StateDirError;
use crate::write::Clock;
use crate::write::consent::Consent;
use serde_json::{Value, json};
use std::path::Path;

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum NotBegun {
    /// The consent is to another plan.
    #[error("the consent is to another plan")]
    OtherPlan,
    /// A rotation of this bond was begun before, and what came of it is not known.
    #[error("the rotation {0} of this bond is not settled")]
    Unfinished(String),
    /// What has to be written down first cannot be.
    #[error("{0}")]
    StateDir(#[from] StateDirError),
}

/// Where and with what a plan is carried out.
#[derive(Debug)]
pub struct Hands<'a> {
    /// Which stack.
    pub stack: &'a Stack,
    /// The HTTP stack.
    pub http: &'a Http,
    /// The state folder.
    pub state: &'a Path,
    /// The journal in it.
    pub journal: &'a Journal,
    /// The time.
    pub clock: Clock,
}

impl Hands<'_> {
    pub(super) fn at(&self) -> String {
        fact::instant(self.clock.at().unix_timestamp())
    }

    pub(super) fn covers(&self, consent: &Consent, plan: &Plan) -> Result<(), NotBegun> {
        match consent.covers(&plan.terms()) {
            true => Ok(()),
            false => Err(NotBegun::OtherPlan),
        }
    }

    /// Plan, consent and that it is about to be sent.
    pub(super) fn announce(&self, consent: &Consent, plan: &Plan) -> Result<(), StateDirError> {
        let agreed = json!({"how": consent.how(), "plan": plan.terms().plan()});
        self.journal.append(&[
            self.entry(plan, Stage::Plan, plan.json()),
            self.entry(plan, Stage::Consent, agreed),
            self.entry(plan, Stage::Sending, json!({})),
        ])
    }

    /// Adds one step of a write to the journal.
    ///
    /// # Errors
    /// That it is not recorded.
    pub fn record(&self, plan: &Plan, stage: Stage, detail: Value) -> Result<(), StateDirError> {
        self.journal.append(&[self.entry(plan, stage, detail)])
    }

    fn entry(&self, plan: &Plan, stage: Stage, detail: Value) -> Entry {
        self.entry_of(&plan.id, plan.action.command(), stage, detail)
    }

    pub(super) fn entry_of(&self, id: &str, command: &str, stage: Stage, detail: Value) -> Entry {
        Entry {
            id: id.to_owned(),
            at: self.at(),
            action: command.to_owned(),
            stage,
            stack: self.stack.key(),
            detail,
        }
    }

    /// An unfinished rotation is given up for a newer one. What arrived of it stays.
    pub(super) fn supersede(
        &self,
        plan: &Plan,
        open: &Open,
        intents: &Intents,
    ) -> Result<(), StateDirError> {
        let detail = json!({"outcome": "superseded", "why": format!("by {}", plan.id)});
        let command = plan.action.command();
        self.journal
            .append(&[self.entry_of(&open.id, command, Stage::Outcome, detail)])?;
        intents.settle(&open.id)
    }
}
