//! The journal of the state folder that the settings name.

use crate::fact::parse_instant;
use crate::stack::Settings;
use crate::state_dir::StateDirError;
use crate::state_dir::journal::{Chain, Journal, JournalEntry};

/// No write takes longer from its plan to its end.
const LONGEST_WRITE_S: i64 = 86_400;

/// Why the journal is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// There is no state folder.
    #[error("there is no state folder for the journal\nset HOME, or use --state-dir DIR")]
    NoStateDir,
    /// It was changed by someone else.
    #[error(
        "the journal is not whole, so no entry is shown\nsee where it breaks: duckops journal --verify"
    )]
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

/// The entries of the journal, provided that none was changed, removed or inserted, without those of
/// writes that were over a day before `from`, in seconds since 1970.
///
/// # Errors
/// [`JournalError`].
pub fn read_whole_since(settings: &Settings, from: i64) -> Result<Chain, JournalError> {
    let from = from.saturating_sub(LONGEST_WRITE_S);
    let is_within = |entry: &JournalEntry| parse_instant(&entry.at).is_none_or(|at| at >= from);
    whole(open(settings)?.read_where(is_within)?)
}

/// The entries that still matter, as [`Journal::recent`] has them, from an unbroken chain.
///
/// # Errors
/// [`JournalError`].
pub fn recent_whole(settings: &Settings) -> Result<Chain, JournalError> {
    whole(open(settings)?.recent()?)
}

fn whole(chain: Chain) -> Result<Chain, JournalError> {
    match chain.is_whole() {
        true => Ok(chain),
        false => Err(JournalError::NotWhole),
    }
}
