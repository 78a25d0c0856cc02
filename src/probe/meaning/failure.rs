//! Which words of a type or of a value say that something failed.

use super::words::{FAILED, HEALED, KNOWN, NOT_ANSWERED, SETTINGS};
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use std::sync::LazyLock;

/// Whether a word says that it failed, or did not arrive, and none that there is nothing of it: `no_errors`,
/// `errors.0`, `error_count`; or that it is only spoken of: `error_handler`, `timeout_setting`.
pub(super) fn tells_of_failure(words: &[&str]) -> bool {
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    let fails = |at: usize| {
        let before = at.checked_sub(1).map_or("", word);
        let is_denied = matches!(before, "no" | "0" | "zero" | "without");
        let next = word(at + 1);
        let is_set = matches!(
            (word(at), next),
            ("timeout", "changed" | "updated" | "configured")
        );
        let is_spoken_of = SETTINGS.contains(&next) || is_set;
        (is_failing(word(at)) || is_failing_pair(word(at), next) || is_last_stage(words, at))
            && !is_denied
            && !is_spoken_of
            && !is_over(words.get(..at).unwrap_or_default())
    };
    !words.iter().any(|word| HEALED.contains(word)) && (0..words.len()).any(fails)
}

/// `delivered_after_timeout`, `success_after_2_errors`: what went wrong before it went well.
fn is_over(before: &[&str]) -> bool {
    let after = before.iter().position(|word| *word == "after");
    let well = after.and_then(|after| before.get(..after));
    well.is_some_and(|words| {
        words.iter().any(|word| {
            word.starts_with("succe")
                || matches!(
                    *word,
                    "ok" | "delivered" | "completed" | "done" | "accepted"
                )
        })
    })
}

fn is_failing(word: &str) -> bool {
    FAILED.contains(&word)
        || NOT_ANSWERED.contains(&word)
        || is_failure_word(word)
        || is_error_code(word)
        || is_unable(word)
}

pub(super) fn is_failing_pair(word: &str, next: &str) -> bool {
    matches!(
        (word, next),
        ("timed" | "time", "out")
            | ("dead", "letter" | "lettered")
            | ("give" | "gave" | "given" | "giving" | "hang" | "hung", "up")
            | ("conn" | "connection", "reset")
            | ("reset", "by")
            | ("broken", "pipe")
            | ("eai", "again")
            | ("bad", "gateway" | "request" | "response" | "status")
            | ("no" | "null" | "empty", "response" | "answer" | "reply")
            | ("too", "many" | "large" | "long" | "slow" | "late")
            | ("max" | "maximum", "retries" | "attempts" | "redirects")
            | ("cert" | "certificate", "expired")
            | ("redirect", "loop")
            | ("host", "unknown")
            | (
                "bad" | "wrong",
                "signature" | "hmac" | "checksum" | "hash" | "token" | "key" | "secret"
            )
            | (
                "not",
                "found"
                    | "reached"
                    | "reachable"
                    | "answered"
                    | "available"
                    | "allowed"
                    | "authorized"
                    | "ok"
                    | "delivered"
                    | "acknowledged"
                    | "accepted"
                    | "received"
                    | "processed"
                    | "completed"
                    | "successful"
            )
    )
}

/// A stage at which it ended: `callback.handshake`, and not `callback.handshake_ok`.
fn is_last_stage(words: &[&str], at: usize) -> bool {
    words.get(at) == Some(&"handshake") && at + 1 == words.len()
}

/// `502`, `5xx`
fn is_error_code(word: &str) -> bool {
    matches!(word, "4xx" | "5xx")
        || (word.len() == 3 && (400..600).contains(&word.parse().unwrap_or(0)))
}

/// Whether a word of a log line, in lower case, means a failure.
pub(in crate::probe) fn is_failure_word(word: &str) -> bool {
    FAILED.contains(&word)
        || matches!(
            word,
            "missing"
                | "unable"
                | "throttled"
                | "throttling"
                | "exceeded"
                | "unissued"
                | "crashed"
                | "crashes"
                | "panicked"
        )
        || (word.len() > 9 && word.ends_with("exception"))
        || (word.len() > 5 && word.ends_with("error"))
}

/// `unreachable`, `undelivered`
pub(super) fn is_unable(word: &str) -> bool {
    word.starts_with("un")
        && (word.ends_with("able") || is_participle(word))
        && !KNOWN.contains(&word)
}

pub(super) fn is_participle(word: &str) -> bool {
    word.len() > 4 && word.ends_with("ed")
}

/// A participle that is not known to be good, such as `quarantined`.
pub(super) fn is_other_participle(word: &str) -> bool {
    is_participle(word) && !KNOWN.contains(&word)
}

/// Letters of which every failure that does not begin with a code of HTTP has some.
const FAILURE_HAS: &[&str] = &[
    "fail",
    "err",
    "exce",
    "time",
    "reject",
    "refus",
    "denied",
    "abort",
    "drop",
    "lost",
    "miss",
    "invalid",
    "un",
    "throttl",
    "not",
    "never",
    "n't",
    "http",
    "status",
    "ed 4",
    "ed 5",
    "dead",
    "gave",
    "give",
    "econn",
    "enot",
    "etimed",
    "ehost",
    "enet",
    "epipe",
    "expir",
    "stale",
    "overdue",
    "replayed",
    "hang",
    "hung",
    "no pulse",
    "no heart",
    "no signal",
    "no route",
    "no answer",
    "no response",
    "no reply",
    "without",
    "bad ",
    "wrong",
    "crash",
    "block",
    "mismatch",
    "reset",
    "roll",
];

/// Whether a detail may tell of a failure: most do not, and are not taken apart.
pub(super) fn may_fail(detail: &str) -> bool {
    // An automaton that is quick to make: most runs look at few details.
    static SEARCH: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        let search = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(FAILURE_HAS);
        search.ok()
    });
    let begins_with_code = matches!(
        detail.as_bytes(),
        [b'4' | b'5', b'0'..=b'9', b'0'..=b'9', ..]
    );
    begins_with_code || SEARCH.as_ref().is_none_or(|search| search.is_match(detail))
}
