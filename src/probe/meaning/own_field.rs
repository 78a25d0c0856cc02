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
            b"error" | b"errors" | b"errormessage" | b"errortype" | b"errorcode" | b"exception"
            | b"failure" | b"failurereason" => Self::Error,
            b"ok" | b"success" | b"succeeded" | b"successful" | b"accepted" | b"issued"
            | b"valid" | b"isvalid" | b"signaturevalid" => Self::Good,
            b"httpstatus" | b"httpstatuscode" | b"httpcode" | b"statuscode" | b"responsecode"
            | b"code" => Self::Code,
            b"dryrun" | b"test" | b"istest" | b"simulated" | b"synthetic" => Self::Trial,
            _ => return None,
        })
    }

    /// Whether an object of this name holds what became of it.
    pub(in crate::probe) fn is_holder(name: &str) -> bool {
        matches!(
            name,
            "result" | "outcome" | "response" | "detail" | "details" | "data" | "payload" | "body"
        )
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
            (Self::Code, held) => held.is_error_code(),
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

    /// Whether a word leaves it open, and tells of no failure.
    pub(in crate::probe) fn is_open(said: Option<&str>) -> bool {
        matches!(said, None | Some(PENDING | TRIAL))
    }
}

const PENDING: &str = "pending";
const TRIAL: &str = "test";

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
        ["no" | "false" | "bad"] => Some("failed"),
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
