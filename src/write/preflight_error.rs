//! Reasons to send nothing after consent was given, each with what to do.

use crate::observation::Unavailable;
use crate::state_dir::private_file::StateDirError;

/// Reasons why nothing was sent, although there was consent.
#[derive(Debug, thiserror::Error)]
pub enum PreflightError {
    /// The consent is to another plan.
    #[error("the consent is to another plan")]
    PlanChanged,
    /// A rotation of this bond was begun before, and its outcome is not known.
    #[error("the rotation {0} of this bond is not settled")]
    UnfinishedRotation(String),
    /// The journal cannot be written.
    #[error("the journal cannot be kept, and nothing is changed without it: {0}")]
    Journal(StateDirError),
    /// A file that has to be there before the request leaves cannot be written.
    #[error("{0}")]
    StateDir(#[from] StateDirError),
    /// There are no credentials to send it with.
    #[error("{}", .0.detail)]
    Credentials(Unavailable),
}

impl PreflightError {
    pub(super) fn next(&self) -> String {
        let next = match self {
            PreflightError::PlanChanged => "Read the plan as it is now, and consent to that",
            PreflightError::UnfinishedRotation(_) => {
                "Find out what the other rotation came to: --recover"
            }
            PreflightError::Journal(_) | PreflightError::StateDir(_) => {
                "Name a folder that can be written: --state-dir DIR"
            }
            PreflightError::Credentials(unavailable) => {
                let remedy = unavailable.remedy();
                return remedy.unwrap_or_else(|| "Log in to AWS: aws sso login".to_owned());
            }
        };
        next.to_owned()
    }
}
