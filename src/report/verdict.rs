//! The verdict: five values, their words, their order and their exit codes.

use crate::exit;

named_enum! {
    /// What was concluded, from neutral to worst.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Verdict, word {
        Skipped "skipped" "Not needed; counts neither way.";
        Ok "ok" "Proven to be as it should.";
        Warning "warning" "Not as it should be, and not yet an incident.";
        Unknown "unknown" "Could not be told.";
        Critical "critical" "An incident.";
    }
}

impl Verdict {
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
        Self::ALL.into_iter().find(|verdict| verdict.word() == word)
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

    /// The worst of several, none of which need be judged: skipped where all are.
    pub fn worst_or_skipped(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
        verdicts.into_iter().max().unwrap_or(Verdict::Unknown)
    }

    /// The worst of several; nothing judged at all is unknown.
    pub fn worst(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
        match verdicts.into_iter().max() {
            None | Some(Verdict::Skipped) => Verdict::Unknown,
            Some(worst) => worst,
        }
    }
}
