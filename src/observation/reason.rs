//! The kinds of reasons for which a fact is unavailable.

named_enum! {
    /// Why a fact is not known. The code is part of the output and stays.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum UnavailableReason, code {
        Missing "missing" "The answer does not hold it.";
        Mistyped "mistyped" "It is there, but not of the type or range it must have.";
        Contradictory "contradictory" "It contradicts something else in the same answer.";
        Denied "denied" "The caller may not ask.";
        Throttled "throttled" "Asked too often.";
        NotFound "not-found" "The named resource does not exist where it was looked for.";
        Unsupported "unsupported" "The resource cannot answer this question.";
        TimedOut "timed-out" "No answer in time.";
        Unreachable "unreachable" "No connection: refused, or the name does not resolve.";
        Broken "broken-off" "The connection broke before the answer was whole.";
        Tls "tls" "The certificate or the handshake was not accepted.";
        HttpStatus "http-status" "An HTTP status that is no answer.";
        Redirected "redirected" "A redirect, which is not followed.";
        NotJson "not-json" "Not the expected format.";
        TooLarge "too-large" "More than can be an honest answer.";
        Incomplete "incomplete" "Pages are missing: the end was not reached.";
        NoCredentials "no-credentials" "No credentials, or none that can be used.";
        NeedsCredentials "needs-credentials"
            "Only a token of the API would show it, and none is configured.";
        Expired "credentials-expired" "The credentials have expired.";
        WrongAccount "wrong-account"
            "AWS answers from another account, or which one is not proven.";
        WrongRegion "wrong-region" "The region in force is not the stack's.";
        ClockOff "clock-off" "The local clock and the server's differ too much.";
        NotCovered "not-covered" "The answer does not reach back far enough.";
        CounterReset "counter-reset" "The counter fell, so what it counted before is lost.";
        HistoryUnreadable "history-unreadable" "Recorded history could not be read.";
        NoData "no-data" "There are no data points.";
        Offline "offline" "Nothing answered from here: the fault may be on this side.";
        NotAsked "not-asked" "The question was not asked in this run.";
    }
}

impl UnavailableReason {
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
            | Self::Unsupported
            | Self::HistoryUnreadable => "duckops doctor",
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_code_names_one_reason() {
        for why in UnavailableReason::ALL {
            assert_eq!(UnavailableReason::of_code(why.code()), Some(why));
        }
        assert_eq!(UnavailableReason::of_code("because"), None);
    }
}
