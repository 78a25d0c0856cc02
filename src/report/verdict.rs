//! The verdict: five values, their words, their order and their exit codes.

use crate::exit;

/// What was concluded, from neutral to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Not needed; counts neither way.
    Skipped,
    /// Proven to be as it should.
    Ok,
    /// Not as it should be, and not yet an incident.
    Warning,
    /// Could not be told.
    Unknown,
    /// An incident.
    Critical,
}

impl Verdict {
    /// The word of machine formats.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Skipped => "skipped",
            Verdict::Ok => "ok",
            Verdict::Warning => "warning",
            Verdict::Unknown => "unknown",
            Verdict::Critical => "critical",
        }
    }

    /// The four letters of a table.
    pub fn short(self) -> &'static str {
        match self {
            Verdict::Skipped => "SKIP",
            Verdict::Ok => "OK",
            Verdict::Warning => "WARN",
            Verdict::Unknown => "UNKN",
            Verdict::Critical => "CRIT",
        }
    }

    /// The verdict of a word, as runbooks write it.
    pub fn from_word(word: &str) -> Option<Self> {
        [
            Verdict::Skipped,
            Verdict::Ok,
            Verdict::Warning,
            Verdict::Unknown,
            Verdict::Critical,
        ]
        .into_iter()
        .find(|verdict| verdict.word() == word)
    }

    /// The exit code of a command that reads.
    pub fn exit_code(self) -> u8 {
        match self {
            Verdict::Ok => exit::OK,
            Verdict::Warning => exit::WARNING,
            Verdict::Critical => exit::CRITICAL,
            Verdict::Unknown | Verdict::Skipped => exit::UNKNOWN,
        }
    }

    /// The verdict of a command that writes, by its exit code.
    pub fn of_write(code: u8) -> Self {
        match code {
            exit::OK => Verdict::Ok,
            exit::CRITICAL => Verdict::Critical,
            exit::UNKNOWN => Verdict::Unknown,
            _ => Verdict::Warning,
        }
    }

    /// The worst of several; nothing judged at all is unknown.
    pub fn worst(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
        match verdicts.into_iter().max() {
            None | Some(Verdict::Skipped) => Verdict::Unknown,
            Some(worst) => worst,
        }
    }
}
