//! After a crash: the outcome of a rotation by the files that it left behind. Nothing is sent;
//! recovering twice changes nothing more.

use super::id::BondId;
use super::intent::{IntentDir, OpenIntent, RotationProgress, open_intents};
use super::key::{FoundKey, NoKey, find};
use super::plan::Action;
use super::rotate::{RotationOutcome, odd, without_key};
use super::spool::KeyDir;
use crate::state_dir::journal::Stage;
use crate::state_dir::private_file::StateDirError;
use crate::write::guarded::{WriteContext, WriteOutcome};

/// An unfinished rotation, and its outcome as far as it is known now.
#[derive(Debug)]
pub struct Recovered {
    /// Its id.
    pub id: String,
    /// When it was begun, if that can be read.
    pub at: Option<String>,
    /// Its outcome, as far as it is known.
    pub outcome: RotationOutcome,
}

/// Finds the outcomes of the unfinished rotations of a bond, and settles those that are
/// known. The caller holds the lock of the bond.
///
/// # Errors
/// What could not be read or written; what was settled before it stays settled.
pub(super) fn recover(
    context: &WriteContext<'_>,
    bond: &BondId,
) -> Result<Vec<Recovered>, StateDirError> {
    let open = open_intents(context.state)?;
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let intents = IntentDir::in_folder(context.state)?;
    let keys = KeyDir::in_folder(context.state)?;
    intents.tidy()?;
    open.into_iter()
        .filter(|open| open.is_of(bond))
        .map(|open| {
            let outcome = found(bond, &open, &intents, &keys)?;
            if outcome.is_settled() {
                settle(context, &open, &outcome, &intents, &keys)?;
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
    bond: &BondId,
    open: &OpenIntent,
    intents: &IntentDir,
    keys: &KeyDir,
) -> Result<RotationOutcome, StateDirError> {
    if open.progress == RotationProgress::Prepared {
        let why = "it ended before anything was sent".to_owned();
        return Ok(RotationOutcome::Unsent { why });
    }
    if let RotationProgress::Stored { fingerprint, file } = &open.progress
        && keys.holds(file, fingerprint)?
    {
        return Ok(RotationOutcome::Stored {
            file: keys.path(file),
            fingerprint: fingerprint.clone(),
            odd: None,
        });
    }
    let Some((status, raw)) = keys.raw(&open.id)?.and_then(|raw| Some((raw.status?, raw))) else {
        let why = "it ended before anything of the answer was kept".to_owned();
        return Ok(RotationOutcome::Lost { why, spool: None });
    };
    // Without a readable intent the owner of the key is not known.
    let Some(intent) = &open.intent else {
        let why = "its intent cannot be read".to_owned();
        let spool = keys.spool_path(&open.id);
        return Ok(RotationOutcome::Unrecognised { spool, why });
    };
    let spool = keys.spool_path(&open.id);
    match find(&raw.body, bond.as_str(), intent.old_key.as_deref()) {
        Ok(FoundKey { key, whole, denied }) => {
            let file = keys.store(&open.id, bond.as_str(), &key)?;
            let fingerprint = key.fingerprint();
            intents.resume(&open.id)?.mark(&RotationProgress::Stored {
                fingerprint: fingerprint.clone(),
                file: file.clone(),
            })?;
            let cut = (!whole).then_some("it ended while the answer arrived");
            Ok(RotationOutcome::Stored {
                file: keys.path(&file),
                fingerprint,
                odd: odd(status, cut, denied),
            })
        }
        Err(no_key) => {
            // A body without an end could have gone on.
            let whole = !matches!(no_key, NoKey::CutOff | NoKey::Nothing);
            Ok(without_key((status, &raw.body), whole, no_key, &spool))
        }
    }
}

fn settle(
    context: &WriteContext<'_>,
    open: &OpenIntent,
    outcome: &RotationOutcome,
    intents: &IntentDir,
    keys: &KeyDir,
) -> Result<(), StateDirError> {
    // A rotation that ended while it was prepared may not stand in the journal at all.
    let chain = context.journal.recent()?;
    if chain.open().iter().any(|entry| entry.id == open.id) {
        let mut detail = outcome.json();
        detail["found_later"] = true.into();
        let command = Action::Rotate.command();
        context
            .journal
            .append(&[context.entry(&open.id, command, Stage::Outcome, detail)])?;
    }
    let bond = open.intent.as_ref().map(|intent| intent.bond.as_str());
    keys.clear(&open.id, bond)?;
    intents.settle(&open.id)
}
