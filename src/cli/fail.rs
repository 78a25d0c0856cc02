//! A command that came to no result: what happened, what to do, which exit code.

use super::out::{self, Out};
use crate::engine::history_open::BadHistorySetting;
use crate::exit;
use crate::report::json::DocumentKind;
use crate::runbook::Missing;
use crate::stack::SettingError;
use crate::text::Printable;

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

    /// duckops itself failed.
    pub(super) fn own(text: impl Into<Printable>) -> Self {
        Self {
            code: exit::UNKNOWN,
            lines: vec![text.into()],
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
            _ => "interrupted: nothing was judged, and nothing was sent that changes anything",
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

impl From<BadHistorySetting> for Failure {
    fn from(error: BadHistorySetting) -> Self {
        Self::usage(error)
    }
}

impl From<Missing> for Failure {
    fn from(error: Missing) -> Self {
        Self::usage(error)
    }
}

/// Help and version are answers; everything else clap says is a usage error.
pub(super) fn clap(error: &clap::Error, foreseen: &Out) -> Result<u8, Failure> {
    use clap::error::ErrorKind::{DisplayHelp, DisplayVersion};
    let text = error.render().to_string();
    if matches!(error.kind(), DisplayHelp | DisplayVersion) {
        return Ok(foreseen.text(DocumentKind::Help, "help", &text));
    }
    let lines = out::lines(&text)
        .map(|line| line.as_str().trim_end().into())
        .filter(|line: &Printable| !line.is_empty());
    Err(Failure {
        code: exit::USAGE,
        lines: lines.collect(),
    })
}
