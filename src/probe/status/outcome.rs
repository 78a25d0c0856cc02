//! What came of asking for the status, and what a failure on the way proves: that the API
//! fails, or nothing.

use super::object::StatusObject;
use crate::cloud::{chain, innermost, is_tls, lowercase};
use crate::observation::{Unavailable, UnavailableReason};
use crate::text::Printable;
use std::time::Duration;

/// Silence of this long after connecting is a failure of the API. A shorter deadline cuts off
/// answers that are merely slow, so it proves nothing.
const SILENCE: Duration = Duration::from_secs(10);

/// A larger body is no status.
pub(super) const LARGEST: usize = 8 * 1024 * 1024;

/// What a failing answer points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The function or what stands directly before it.
    Lambda,
    /// The gateway, the route or a key: no proof of a dead Lambda.
    Gateway,
    /// A refusal that bears no mark of the gateway: it counts as the gateway's, unless something
    /// else shows that the function made it.
    UnmarkedRefusal,
    /// The way there.
    Network,
}

impl Cause {
    pub(super) fn word(self) -> &'static str {
        match self {
            Cause::Lambda => "lambda",
            Cause::Gateway | Cause::UnmarkedRefusal => "gateway",
            Cause::Network => "network",
        }
    }
}

/// What came of asking.
pub(super) enum StatusOutcome {
    /// 200 with a status object.
    Up(StatusObject),
    /// 200 with a status object that calls the API down.
    ClaimsOutage(StatusObject),
    /// The judged thing failed.
    Down {
        cause: Cause,
        unavailable: Unavailable,
    },
    /// An answer that is not the API's: nothing follows from it.
    Unclear(Unavailable),
}

/// What came of one try: its meaning, its words and the bytes that arrived.
pub(super) type StatusAttempt = (StatusOutcome, Printable, u64);

/// Why a body is not whole.
pub(super) enum ReadError {
    TooLarge,
    Broken(String),
}

/// A reset speaks of the far side; an end before the announced length only of this answer.
pub(super) fn broken(
    why: ReadError,
    bytes: u64,
    declared: Option<u64>,
) -> (StatusOutcome, Printable) {
    match why {
        ReadError::TooLarge => unclear(
            UnavailableReason::TooLarge,
            &format!("the status is larger than {} MiB", LARGEST >> 20),
        ),
        ReadError::Broken(why) if why.contains("reset") => down(
            Cause::Network,
            UnavailableReason::Broken,
            format!("connection reset after {bytes} bytes"),
        ),
        ReadError::Broken(_) => {
            let expected = declared.map(|n| format!(" of {n}")).unwrap_or_default();
            unclear(
                UnavailableReason::Broken,
                &format!("truncated after {bytes}{expected} bytes"),
            )
        }
    }
}

pub(super) fn not_sent(error: &reqwest::Error) -> StatusAttempt {
    let text = chain(error);
    let lower = text.to_lowercase();
    let (outcome, words) = if is_tls(error) {
        unclear(
            UnavailableReason::Tls,
            &format!("TLS failed: {}", innermost(error)),
        )
    } else if lower.contains("dns error") || lower.contains("lookup address") {
        down(
            Cause::Network,
            UnavailableReason::Unreachable,
            "could not resolve the name of the API from this machine".to_owned(),
        )
    } else if error.is_connect() && error.is_timeout() {
        down(
            Cause::Network,
            UnavailableReason::Unreachable,
            "timed out connecting".to_owned(),
        )
    } else if lower.contains("refused") {
        down(
            Cause::Network,
            UnavailableReason::Unreachable,
            "connection refused".to_owned(),
        )
    } else if error.is_connect() {
        down(
            Cause::Network,
            UnavailableReason::Unreachable,
            lowercase(error),
        )
    } else if lower.contains("headers") || lower.contains("too large") {
        unclear(
            UnavailableReason::TooLarge,
            "the answer's headers are too large or malformed",
        )
    } else {
        down(Cause::Network, UnavailableReason::Broken, lowercase(error))
    };
    (outcome, words, 0)
}

/// Without an answer for long enough: critical. Cut by a short deadline, or in the middle of an
/// answer: it may be slow, and nothing follows.
pub(super) fn timed_out(took: Duration, answering: bool) -> StatusAttempt {
    let seconds = format!("{:.1}", took.as_secs_f32());
    let seconds = seconds.trim_end_matches(".0");
    let (outcome, words) = if answering {
        unclear(
            UnavailableReason::TimedOut,
            &format!("the body was incomplete after {seconds} s"),
        )
    } else if took < SILENCE {
        let needed = SILENCE.as_secs();
        let words = format!("no response in {seconds} s; a failure is proven after {needed} s");
        let unavailable = Unavailable::new(UnavailableReason::TimedOut, words.as_str())
            .fix("Run it again with a longer deadline")
            .command("duckops triage --deadline 20s");
        (StatusOutcome::Unclear(unavailable), words.into())
    } else {
        down(
            Cause::Lambda,
            UnavailableReason::TimedOut,
            format!("no response within {seconds} s"),
        )
    };
    (outcome, words, 0)
}

pub(super) fn down(
    cause: Cause,
    why: UnavailableReason,
    words: String,
) -> (StatusOutcome, Printable) {
    let words = Printable::from(words);
    (
        StatusOutcome::Down {
            cause,
            unavailable: Unavailable::new(why, format!("status API {words}")),
        },
        words,
    )
}

pub(super) fn unclear(why: UnavailableReason, words: &str) -> (StatusOutcome, Printable) {
    (
        StatusOutcome::Unclear(Unavailable::new(why, words)),
        words.into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_a_failure_from_ten_seconds_on() {
        let is_down = |millis, answering| {
            let took = Duration::from_millis(millis);
            matches!(timed_out(took, answering).0, StatusOutcome::Down { .. })
        };
        assert!(!is_down(9_999, false));
        assert!(is_down(10_000, false) && is_down(12_000, false));
        assert!(!is_down(10_000, true), "a slow body is no silence");
    }
}
