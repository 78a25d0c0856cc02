//! The kinds of reasons for which a fact is unavailable.

/// Why a fact is not known. The code is part of the output and stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnavailableReason {
    /// The answer does not hold it.
    Missing,
    /// It is there, but not of the type or range it must have.
    Mistyped,
    /// It contradicts something else in the same answer.
    Contradictory,
    /// The caller may not ask.
    Denied,
    /// Asked too often.
    Throttled,
    /// The named resource does not exist where it was looked for.
    NotFound,
    /// The resource cannot answer this question.
    Unsupported,
    /// No answer in time.
    TimedOut,
    /// No connection: refused, or the name does not resolve.
    Unreachable,
    /// The connection broke before the answer was whole.
    Broken,
    /// The certificate or the handshake was not accepted.
    Tls,
    /// An HTTP status that is no answer.
    HttpStatus,
    /// A redirect, which is not followed.
    Redirected,
    /// Not the expected format.
    NotJson,
    /// More than can be an honest answer.
    TooLarge,
    /// Pages are missing: the end was not reached.
    Incomplete,
    /// No credentials, or none that can be used.
    NoCredentials,
    /// The credentials have expired.
    Expired,
    /// AWS answers from another account, or which one is not proven.
    WrongAccount,
    /// The region in force is not the stack's.
    WrongRegion,
    /// The local clock and the server's differ too much.
    ClockOff,
    /// The answer does not reach back far enough.
    NotCovered,
    /// The counter fell, so what it counted before is lost.
    CounterReset,
    /// Recorded history could not be read.
    HistoryUnreadable,
    /// There are no data points.
    NoData,
    /// Nothing answered from here: the fault may be on this side.
    Offline,
    /// The question was not asked in this run.
    NotAsked,
}

impl UnavailableReason {
    const ALL: [Self; 27] = [
        Self::Missing,
        Self::Mistyped,
        Self::Contradictory,
        Self::Denied,
        Self::Throttled,
        Self::NotFound,
        Self::Unsupported,
        Self::TimedOut,
        Self::Unreachable,
        Self::Broken,
        Self::Tls,
        Self::HttpStatus,
        Self::Redirected,
        Self::NotJson,
        Self::TooLarge,
        Self::Incomplete,
        Self::NoCredentials,
        Self::Expired,
        Self::WrongAccount,
        Self::WrongRegion,
        Self::ClockOff,
        Self::NotCovered,
        Self::CounterReset,
        Self::HistoryUnreadable,
        Self::NoData,
        Self::Offline,
        Self::NotAsked,
    ];

    /// The reason of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.code() == code)
    }

    /// What is wrong when many facts are unavailable for this one reason, for the first line of a
    /// report; `None` where only the details tell.
    pub fn headline(self) -> Option<&'static str> {
        Some(match self {
            Self::NoCredentials => "No AWS credentials",
            Self::Expired => "AWS session expired",
            Self::Offline => "No connection from this machine: API and AWS both unreachable",
            Self::WrongAccount => "Wrong AWS account",
            Self::WrongRegion => "Wrong AWS region",
            Self::ClockOff => "The clock of this machine is off",
            Self::HistoryUnreadable => "Recorded history cannot be read",
            _ => return None,
        })
    }

    /// The command that shows what is wrong or mends it, whatever the details are; `None` where
    /// the manual command of the step is the best there is.
    pub fn command(self) -> Option<&'static str> {
        Some(match self {
            Self::NoCredentials | Self::Expired => "aws sso login",
            Self::WrongAccount | Self::WrongRegion => "aws sts get-caller-identity",
            Self::ClockOff => "timedatectl status",
            Self::Denied
            | Self::TimedOut
            | Self::Unreachable
            | Self::Offline
            | Self::Tls
            | Self::NotFound
            | Self::HistoryUnreadable => "duckops doctor",
            _ => return None,
        })
    }

    /// The reason code of a step that this makes unknown.
    pub fn code(self) -> &'static str {
        match self {
            UnavailableReason::Missing => "missing",
            UnavailableReason::Mistyped => "mistyped",
            UnavailableReason::Contradictory => "contradictory",
            UnavailableReason::Denied => "denied",
            UnavailableReason::Throttled => "throttled",
            UnavailableReason::NotFound => "not-found",
            UnavailableReason::Unsupported => "unsupported",
            UnavailableReason::TimedOut => "timed-out",
            UnavailableReason::Unreachable => "unreachable",
            UnavailableReason::Broken => "broken-off",
            UnavailableReason::Tls => "tls",
            UnavailableReason::HttpStatus => "http-status",
            UnavailableReason::Redirected => "redirected",
            UnavailableReason::NotJson => "not-json",
            UnavailableReason::TooLarge => "too-large",
            UnavailableReason::Incomplete => "incomplete",
            UnavailableReason::NoCredentials => "no-credentials",
            UnavailableReason::Expired => "credentials-expired",
            UnavailableReason::WrongAccount => "wrong-account",
            UnavailableReason::WrongRegion => "wrong-region",
            UnavailableReason::ClockOff => "clock-off",
            UnavailableReason::NotCovered => "not-covered",
            UnavailableReason::CounterReset => "counter-reset",
            UnavailableReason::HistoryUnreadable => "history-unreadable",
            UnavailableReason::NoData => "no-data",
            UnavailableReason::Offline => "offline",
            UnavailableReason::NotAsked => "not-asked",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_the_code_of_one_reason() {
        for why in UnavailableReason::ALL {
            assert_eq!(UnavailableReason::of_code(why.code()), Some(why));
        }
        assert_eq!(UnavailableReason::of_code("because"), None);
    }
}
