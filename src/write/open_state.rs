//! The state directory as a guarded write needs it: there, its owner's alone, with a journal that
//! can be read.

use super::preflight_error::PreflightError;
use super::report::WriteReport;
use crate::state_dir::journal::Journal;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The state directory and the journal in it.
///
/// # Errors
/// The report of a refusal: no journal, no write.
pub fn open_state(state: Option<&Path>) -> Result<(&Path, Journal), Box<WriteReport>> {
    let next = "Name a folder that can be written: --state-dir DIR";
    let refused = |why: &str| Box::new(WriteReport::refused(why, next, None));
    let Some(folder) = state else {
        let why = "there is no state directory for the journal: set HOME or --state-dir";
        return Err(refused(why));
    };
    let mode = std::fs::metadata(folder).map(|found| found.permissions().mode());
    if mode.is_ok_and(|mode| mode & 0o002 != 0) {
        let next = format!(
            "Take the right away: chmod 700 {}",
            folder.to_string_lossy()
        );
        let why = "everybody on this machine can write to the state directory, so its journal and locks prove nothing";
        return Err(Box::new(WriteReport::refused(why, next, None)));
    }
    let journal = Journal::in_folder(folder);
    match journal.recent() {
        Ok(_) => Ok((folder, journal)),
        Err(error) => Err(refused(&PreflightError::Journal(error).to_string())),
    }
}
