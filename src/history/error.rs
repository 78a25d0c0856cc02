//! The errors of recorded history, sorted by what the operator can do about them. Every message
//! completes "history: …", names the path and is one printable line.

use crate::text::Printable;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why history could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// Something is there and cannot be read as history. It stays as it is.
    #[error(
        "{} cannot be read: {why}; it was left as it is",
        Printable::path(path)
    )]
    Unreadable {
        /// The database.
        path: PathBuf,
        /// What is wrong with it.
        why: Printable,
    },
    /// Another process held the database for longer than we may wait.
    #[error("{} is busy: another process held it for {} ms", Printable::path(path), waited.as_millis())]
    Busy {
        /// The database.
        path: PathBuf,
        /// For how long we waited.
        waited: Duration,
    },
    /// Nothing could be recorded: no permission, no space, a read-only place.
    #[error("{} cannot be written: {why}", Printable::path(path))]
    NotWritable {
        /// The database, or the folder that could not be made.
        path: PathBuf,
        /// What stands in the way.
        why: Printable,
    },
    /// A newer duckops made it; this one neither reads nor writes it.
    #[error(
        "{} has schema {found}, this duckops reads up to {known}: use a newer duckops",
        Printable::path(path)
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// The schema it has.
        found: i64,
        /// The newest schema known here.
        known: i64,
    },
    /// Nothing could be recorded now; it waits in the state folder for the next run.
    #[error("{why}; queued for the next run")]
    Queued {
        /// What stood in the way.
        why: Printable,
    },
    /// There is no such table where the stack is.
    #[error("there is no {place} in {why}: duckops history init makes it")]
    NoTable {
        /// The table.
        place: Printable,
        /// Account and region.
        why: Printable,
    },
    /// This identity may not use the table.
    #[error("{place}: {action} is denied: {why}")]
    Denied {
        /// The table.
        place: Printable,
        /// The permission that is missing.
        action: Printable,
        /// In AWS's words.
        why: Printable,
    },
    /// AWS takes no more requests at the moment.
    #[error("{place} is throttled")]
    Throttled {
        /// The table.
        place: Printable,
    },
    /// There is no login that AWS accepts.
    #[error("{why}")]
    NoCredentials {
        /// What was looked for, or what AWS said.
        why: Printable,
        /// What to do about it, where it depends on the source of the keys.
        remedy: Option<String>,
    },
    /// No answer came, or not the whole of one. A change may have been made all the same.
    #[error("{place} did not answer: {why}")]
    NoAnswer {
        /// The table.
        place: Printable,
        /// What happened instead.
        why: Printable,
    },
    /// The table is not in the stack's account and region: what it says does not count.
    #[error("{place} is not the stack's: {why}")]
    Elsewhere {
        /// The table.
        place: Printable,
        /// Where it is.
        why: Printable,
    },
    /// The place named by the operator is none that this version can record in.
    #[error("{0}")]
    BadLocation(Printable),
}

impl HistoryError {
    pub(super) fn unreadable(path: &Path, why: impl Into<Printable>) -> Self {
        let (path, why) = (path.to_owned(), why.into());
        Self::Unreadable { path, why }
    }

    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::NoTable { .. } => "Make it: duckops history init".to_owned(),
            Self::Denied { action, .. } => {
                format!("Allow {action}: duckops doctor --policy prints the least that is needed")
            }
            Self::Throttled { .. } => "Wait a minute, then run duckops again".to_owned(),
            Self::NoCredentials { remedy, .. } => match remedy {
                Some(remedy) => remedy.clone(),
                None => "Renew the keys: duckops doctor says how".to_owned(),
            },
            Self::NoAnswer { .. } => "Ask again, or run without it: --history none".to_owned(),
            Self::Elsewhere { .. } => {
                "Choose the profile of the stack's account: --profile or AWS_PROFILE".to_owned()
            }
            Self::Busy { .. } => "Wait for the other duckops, then run it again".to_owned(),
            Self::NotWritable { .. } => {
                "Free space and check its permissions, or name another: --history sqlite:PATH"
                    .to_owned()
            }
            Self::Newer { .. } => {
                "Update duckops, or name another: --history sqlite:PATH".to_owned()
            }
            Self::Queued { .. } => "Nothing: the next run records it".to_owned(),
            _ => "Move the history file aside, or name another: --history sqlite:PATH".to_owned(),
        }
    }

    /// Whether another run may be able to record what this one could not.
    pub(super) fn may_pass(&self) -> bool {
        !matches!(self, Self::BadLocation(_) | Self::Queued { .. })
    }

    pub(super) fn not_writable(path: &Path, why: impl Into<Printable>) -> Self {
        let (path, why) = (path.to_owned(), why.into());
        Self::NotWritable { path, why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_control_bytes_cannot_forge_a_line() {
        let path = Path::new("/x/\n\x1b[2Jok");
        let errors = [
            HistoryError::unreadable(path, "no\r\nyes"),
            HistoryError::not_writable(path, "no\r\nyes"),
            HistoryError::Busy {
                path: path.to_owned(),
                waited: Duration::from_millis(2_000),
            },
            HistoryError::Newer {
                path: path.to_owned(),
                found: 9,
                known: 1,
            },
            HistoryError::BadLocation("a\nb".into()),
        ];
        for error in errors {
            let line = error.to_string();
            assert!(!line.chars().any(char::is_control), "{line:?}");
        }
    }
}
