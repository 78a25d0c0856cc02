//! A command that came to no result: what happened, what to do, which exit code.

use crate::engine::history_open::BadHistorySetting;
use crate::engine::journal::JournalError;
use crate::exit;
use crate::history::HistoryError;
use crate::runbook::Missing;
use crate::stack::{SecretError, SettingError};
use crate::state_dir::output;
use crate::text::{Printable, near, words_of};
use crate::write::bond::InvalidBondId;
use std::path::Path;

/// Why there is no result.
#[derive(Debug)]
pub(super) struct Failure {
    /// The exit code, before the output format has its say.
    pub(super) code: u8,
    /// What happened; several lines where there are several complaints.
    pub(super) lines: Vec<Printable>,
}

impl Failure {
    /// The command line or the configuration cannot be used.
    pub(super) fn usage(text: impl std::fmt::Display) -> Self {
        Self {
            code: exit::USAGE,
            lines: text.to_string().lines().map(Printable::from).collect(),
        }
    }

    /// A value that cannot be used; `wanted` completes "use …".
    pub(super) fn unusable(
        flag: impl std::fmt::Display,
        value: &str,
        wanted: impl std::fmt::Display,
    ) -> Self {
        let value = Printable::from(value);
        Self::usage(format!("{flag}: `{value}` cannot be used\nuse {wanted}"))
    }

    /// A value that is none of a list of names; the nearest is named, where one is near.
    pub(super) fn not_one_of(flag: impl std::fmt::Display, value: &str, names: &[&str]) -> Self {
        let mut failure = Self::unusable(flag, value, names.join(", "));
        if let Some(near) = near(value, names) {
            failure
                .lines
                .insert(1, format!("did you mean: {near}").into());
        }
        failure
    }

    /// A file that could not be written.
    pub(super) fn not_written(path: &Path, error: &std::io::Error) -> Self {
        let (path, why) = (Printable::path(path), words_of(error));
        Self {
            code: exit::UNKNOWN,
            lines: vec![
                format!("{path} was not written: {why}").into(),
                output::fix(error).into(),
            ],
        }
    }

    /// duckops itself failed.
    pub(super) fn own(text: impl std::fmt::Display) -> Self {
        Self {
            code: exit::UNKNOWN,
            lines: text.to_string().lines().map(Printable::from).collect(),
        }
    }

    pub(super) fn internal() -> Self {
        Self::own(format!(
            "internal error in duckops {}: nothing was judged",
            env!("CARGO_PKG_VERSION")
        ))
    }

    pub(super) fn interrupted(code: u8) -> Self {
        let text = match code {
            exit::UNKNOWN => "interrupted after the request was sent: what came of it is not known",
            _ => "interrupted: nothing was sent that changes anything",
        };
        Self {
            code,
            lines: vec![text.into()],
        }
    }

    /// The exit code in a format: the monitoring plugins' rules know no 64.
    pub(super) fn exit_code(&self, nagios: bool) -> u8 {
        if nagios && self.code == exit::USAGE {
            exit::UNKNOWN
        } else {
            self.code
        }
    }
}

impl From<SettingError> for Failure {
    fn from(error: SettingError) -> Self {
        Self::usage(error)
    }
}

impl From<SecretError> for Failure {
    fn from(error: SecretError) -> Self {
        Self::usage(format!("{error}\n{}", error.fix()))
    }
}

impl From<InvalidBondId> for Failure {
    fn from(error: InvalidBondId) -> Self {
        Self::usage(format!("{error}\nlist the ids: duckops bond list"))
    }
}

impl From<BadHistorySetting> for Failure {
    fn from(error: BadHistorySetting) -> Self {
        Self::usage(error)
    }
}

impl From<HistoryError> for Failure {
    fn from(error: HistoryError) -> Self {
        Self {
            code: exit::UNKNOWN,
            lines: vec![
                format!("history: {error}").into(),
                lower(&error.remedy()).into(),
            ],
        }
    }
}

/// A sentence as a line below another one.
fn lower(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::NoStateDir => Self::usage(error),
            JournalError::NotWhole | JournalError::Unreadable(_) => Self::own(error.to_string()),
        }
    }
}

impl From<Missing> for Failure {
    fn from(error: Missing) -> Self {
        match error {
            Missing::Wrong(wrong) => Self::usage(format!(
                "{wrong}\nuse another folder, or correct it and check it: duckops runbook lint"
            )),
            error => Self::usage(error),
        }
    }
}
