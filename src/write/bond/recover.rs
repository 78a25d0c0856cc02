//! After a crash: what the files that a rotation has left behind say about it. Nothing is
//! asked and nothing is sent; doing it twice changes nothing more.

use super::hands::Hands;
use super::id::BondId;
use super::intent::{Intents, Open, Progress};
use super::key::{Found, NoKey, find};
use super::plan::Action;
use super::rotate::{Rotated, odd, without_key};
use super::spool::Keys;
use crate::state_dir::journal::Stage;
use crate::state_dir::private_file::StateDirError;

/// An unfinished rotation, and what is known of it now.
#[derive(Debug)]
pub struct Recovered {
    /// Its id.
    pub id: String,
    /// When it was begun, if that can be read.
    pub at: Option<String>,
    /// What it came to, as far as it can be told.
    pub outcome: Rotated,
}

impl Hands<'_> {
    /// Finds out what the unfinished rotations of a bond came to, and settles those that can
    /// be. The caller holds the lock of this bond's rotations.
    ///
    /// # Errors
    /// What could not be read or written; what was settled before it stays settled.
    pub fn recover(&self, bond: &BondId) -> Result<Vec<Recovered>, StateDirError> {
        let open = super::intent::open_intents(self.state)?;
        if open.is_empty() {
            return Ok(Vec::new());
        }
        let intents = Intents::in_folder(self.state)?;
        let keys = Keys::in_folder(self.state)?;
        intents.tidy()?;
        open.into_iter()
            .filter(|open| open.is_of(bond))
            .map(|open| {
                let outcome = self.found(bond, &open, &intents, &keys)?;
                if outcome.is_settled() {
                    self.settle(&open, &outcome, &intents, &keys)?;
                }
                Ok(Recovered {
                    id: open.id,
                    at: open.intent.map(|intent| intent.at),
                    outcome,
                })
            })
            .collect()
    }

    fn found(
        &self,
        bond: &BondId,
        open: &Open,
        intents: &Intents,
        keys: &Keys,
    ) -> Result<Rotated, StateDirError> {
        if open.progress == Progress::Prepared {
            let why = "it ended before anything was sent".to_owned();
            return Ok(Rotated::Unsent { why });
        }
        if let Progress::Stored { fingerprint, file } = &open.progress
            && keys.holds(file, fingerprint)?
        {
            return Ok(Rotated::Stored {
                file: keys.path(file),
                fingerprint: fingerprint.clone(),
                odd: None,
            });
        }
        let Some((status, raw)) = keys.raw(&open.id)?.and_then(|raw| Some((raw.status?, raw)))
        else {
            let why = "it ended before anything of the answer was kept".to_owned();
            return Ok(Rotated::Lost { why, spool: None });
        };
        // Whose intent cannot be read, whose key it is cannot be told either.
        let Some(intent) = &open.intent else {
            let why = "its intent cannot be read".to_owned();
            let spool = keys.spool_path(&open.id);
            return Ok(Rotated::Unrecognised { spool, why });
        };
        let spool = keys.spool_path(&open.id);
        match find(&raw.body, bond.as_str(), intent.old_key.as_deref()) {
            Ok(Found { key, whole }) => {
                let file = keys.store(&open.id, bond.as_str(), &key)?;
                let fingerprint = key.fingerprint();
                intents.resume(&open.id)?.mark(&Progress::Stored {
                    fingerprint: fingerprint.clone(),
                    file: file.clone(),
                })?;
                let cut = (!whole).then_some("it ended while the answer arrived");
                Ok(Rotated::Stored {
                    file: keys.path(&file),
                    fingerprint,
                    odd: odd(status, cut),
                })
            }
            Err(no_key) => {
                // A body without an end could have gone on.
                let whole = !matches!(no_key, NoKey::CutOff | NoKey::Nothing);
                Ok(without_key(status, whole, no_key, &spool))
            }
        }
    }

    fn settle(
        &self,
        open: &Open,
        outcome: &Rotated,
        intents: &Intents,
        keys: &Keys,
    ) -> Result<(), StateDirError> {
        // A rotation that ended while it was prepared may not stand in the journal at all.
        let chain = self.journal.read()?;
        if chain.open().iter().any(|entry| entry.id == open.id) {
            let mut detail = outcome.json();
            detail["found_later"] = true.into();
            let command = Action::Rotate.command();
            self.journal
                .append(&[self.entry_of(&open.id, command, Stage::Outcome, detail)])?;
        }
        let bond = open.intent.as_ref().map(|intent| intent.bond.as_str());
        keys.clear(&open.id, bond)?;
        intents.settle(&open.id)
    }
}
