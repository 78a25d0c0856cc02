//! The journal of the state folder that the settings name.

use crate::stack::Settings;
use crate::state_dir::StateDirError;
use crate::state_dir::journal::{Chain, Journal};

/// Why the journal is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// There is no state folder.
    #[error("there is no state directory for the journal: set HOME or --state-dir")]
    NoStateDir,
    /// It was changed by someone else.
    #[error("the journal is not whole, so no entry is shown: duckops journal --verify")]
    NotWhole,
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] StateDirError),
}

/// The journal of the state folder.
///
/// # Errors
/// [`JournalError::NoStateDir`].
pub fn open(settings: &Settings) -> Result<Journal, JournalError> {
    let folder = settings.state_dir.as_ref();
    let folder = folder.ok_or(JournalError::NoStateDir)?;
    Ok(Journal::in_folder(&folder.value))
}

/// The entries of the journal, provided that none was changed, removed or inserted.
///
/// # Errors
/// [`JournalError`].
pub fn read_whole(settings: &Settings) -> Result<Chain, JournalError> {
    let chain = open(settings)?.read()?;
    match chain.is_whole() {
        true => Ok(chain),
        false => Err(JournalError::NotWhole),
    }
}
