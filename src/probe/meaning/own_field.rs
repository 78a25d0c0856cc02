//! The fields by which an entry of the feed, or a line of the log in JSON, says itself what became of it.

use super::failure::tells_of_failure;
use super::words::{FAILED, NOT_YET};
use crate::cloud::{MemberValue, is_error_member};
use crate::probe::logs::is_nothing;

/// Letters and digits of the longest name in the list.
const LONGEST: usize = 14;

/// A longer text is no state, but a sentence.
const WORDS: usize = 6;

/// What a field tells, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::probe) enum OwnField {
    /// What became of it, in a word or a code of HTTP.
    Status,
    /// What became of it, in a word.
    Outcome,
    /// The error that came of it.
    Error,
    /// Whether it went well.
    Good,
    /// A code of HTTP.
    Code,
    /// Whether it was only a trial.
    Trial,
    /// Whether it was done; a time or a count of the same name is none.
    Done,
    /// Whether it failed.
    Bad,
    /// How serious it is.
    Severity,
    /// An object in which such fields may stand.
    Holder,
}

impl OwnField {
    /// The declared list.
    pub(in crate::probe) fn named(name: &str) -> Option<Self> {
        // A feed has millions of fields, and most have other names: none of them is copied.
        let mut plain = [0; LONGEST];
        let letters = name.bytes().filter(u8::is_ascii_alphanumeric);
        let mut length = 0;
        for letter in letters {
            *plain.get_mut(length)? = letter.to_ascii_lowercase();
            length += 1;
        }
        Some(match plain.get(..length)? {
            b"status" => Self::Status,
            b"state" | b"result" | b"outcome" => Self::Outcome,
            b"signature" | b"auth" | b"decision" | b"verdict" => Self::Outcome,
            b"severity" | b"level" => Self::Severity,
            b"verified" | b"authenticated" | b"authorized" | b"authorised" | b"delivered"
            | b"acknowledged" | b"acked" | b"processed" | b"received" | b"written" | b"stored"
            | b"created" | b"persisted" | b"recorded" => Self::Done,
            b"failed" | b"rejected" | b"dropped" | b"denied" | b"refused" | b"lost"
            | b"discarded" | b"deleted" | b"timedout" | b"quarantined" => Self::Bad,
            b"err" | b"error" | b"errors" | b"errormessage" | b"errortype" | b"errorcode"
            | b"exception" | b"failure" | b"failurereason" => Self::Error,
            b"ok" | b"success" | b"succeeded" | b"successful" | b"accepted" | b"issued"
            | b"valid" | b"isvalid" | b"signaturevalid" => Self::Good,
            b"responsestatus" | b"httpstatus" | b"httpstatuscode" | b"httpcode" | b"statuscode"
            | b"responsecode" | b"code" => Self::Code,
            b"dryrun" | b"test" | b"istest" | b"simulated" | b"synthetic" => Self::Trial,
            _ => return None,
        })
    }

    /// Whether an object of this name holds what became of it.
    pub(in crate::probe) fn is_holder(name: &str) -> bool {
        matches!(
            name,
            "result"
                | "outcome"
                | "response"
                | "detail"
                | "details"
                | "data"
                | "payload"
                | "body"
                | "metadata"
                | "context"
                | "attributes"
                | "message"
                | "callback"
        )
    }

    /// Whether an object of it is judged by the fields in it.
    pub(in crate::probe) fn is_told_inside(self) -> bool {
        matches!(self, Self::Holder | Self::Outcome | Self::Status)
    }

    /// The word for what it holds, where it denies what its entry is about, or leaves it open.
    pub(in crate::probe) fn denial(self, held: MemberValue<'_>) -> Option<&'static str> {
        let fails = match (self, held) {
            (Self::Status | Self::Outcome, MemberValue::Text(text)) => return outcome(text),
            (Self::Status | Self::Outcome, MemberValue::Flag(is)) => !is,
            // A larger number is a count or a size.
            (Self::Status | Self::Code, MemberValue::Number(code)) => {
                (400.0..600.0).contains(&code)
            }
            // `502 Bad Gateway`
            (Self::Code, MemberValue::Text(text)) => {
                let code = text.split_whitespace().next().unwrap_or_default();
                MemberValue::Text(code).is_error_code()
            }
            (Self::Code, held) => held.is_error_code(),
            (Self::Done | Self::Bad | Self::Severity, held) => {
                return self.is_denied_by(held).then_some(DOUBTED);
            }
            (Self::Holder, _) => false,
            (Self::Status | Self::Outcome, _) => false,
            (Self::Good, MemberValue::Text(text)) if outcome(text).is_some() => {
                return outcome(text);
            }
            (Self::Good, held) => is_error_member("ok", held),
            (Self::Error, MemberValue::Number(code)) => code != 0.0 && !is_good_code(code),
            (Self::Error, MemberValue::Text(text)) => says_error(text),
            (Self::Error, held) => held.says_something(),
            (Self::Trial, held) => return is_yes(held).then_some(TRIAL),
        };
        fails.then_some("failed")
    }

    fn is_denied_by(self, held: MemberValue<'_>) -> bool {
        match (self, held) {
            (Self::Done, MemberValue::Flag(is)) => !is,
            (Self::Done, MemberValue::Text(text)) => matches!(text, "no" | "false"),
            (Self::Bad, MemberValue::Flag(is)) => is,
            (Self::Bad, MemberValue::Text(text)) => matches!(text, "yes" | "true"),
            (Self::Severity, MemberValue::Text(text)) => {
                let faults = ["error", "err", "critical", "fatal"];
                faults.iter().any(|word| word.eq_ignore_ascii_case(text))
            }
            _ => false,
        }
    }

    /// What is said inside of a detail: it may be about something else than the type.
    pub(in crate::probe) fn inside(said: &'static str) -> &'static str {
        match said {
            "" | DOUBTED | DOUBTED_OPEN => said,
            PENDING | TRIAL => DOUBTED_OPEN,
            _ => DOUBTED,
        }
    }

    /// The worse of two words: what is still to come is less than a failure, and one that may be about something
    /// else less than one that is not.
    pub(in crate::probe) fn worse(one: &'static str, other: &'static str) -> &'static str {
        let rank = |said: &str| match said {
            "" => 0,
            DOUBTED_OPEN => 1,
            PENDING | TRIAL => 2,
            DOUBTED => 3,
            _ => 4,
        };
        match rank(other) > rank(one) {
            true => other,
            false => one,
        }
    }

    /// The word for a type that a detail can deny; `None` for one of an entry's own.
    pub(super) fn doubt(said: &str) -> Option<&'static str> {
        match said {
            DOUBTED => Some("failed"),
            DOUBTED_OPEN => Some(PENDING),
            _ => None,
        }
    }

    /// Whether a word leaves it open, and tells of no failure.
    pub(in crate::probe) fn is_open(said: Option<&str>) -> bool {
        matches!(said, None | Some(PENDING | TRIAL | DOUBTED_OPEN))
    }
}

const PENDING: &str = "pending";
const TRIAL: &str = "test";
/// What fields say that may be about something else, such as the delivery of what was done.
const DOUBTED: &str = "failed inside";
const DOUBTED_OPEN: &str = "pending inside";

/// The word for a state or a result, if it is bad.
fn outcome(text: &str) -> Option<&'static str> {
    let text = super::normal(text);
    let words: Vec<&str> = text.split('_').filter(|word| !word.is_empty()).collect();
    let find = |list: &[&'static str]| {
        let mut known = list.iter().copied();
        known.find(|known| words.contains(known))
    };
    match words.as_slice() {
        [] => None,
        more if more.len() > WORDS => None,
        ["no" | "false" | "bad" | "deny" | "disallow"] => Some("failed"),
        words if tells_of_failure(words) => find(FAILED).or(Some("failed")),
        ["not", ..] | [.., "in", "progress"] => Some(PENDING),
        _ => find(NOT_YET).map(|_| PENDING),
    }
}

fn is_good_code(code: f64) -> bool {
    (200.0..300.0).contains(&code)
}

fn says_error(text: &str) -> bool {
    let is_good = text.trim().parse().is_ok_and(is_good_code);
    !is_nothing(text) && !is_good
}

fn is_yes(held: MemberValue<'_>) -> bool {
    match held {
        MemberValue::Flag(is) => is,
        MemberValue::Number(number) => number == 1.0,
        MemberValue::Text(text) => ["true", "yes", "1"].contains(&text.to_lowercase().as_str()),
        MemberValue::Nothing | MemberValue::Something => false,
    }
}
