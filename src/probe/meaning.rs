//! The one vocabulary of the platform's events: what the type of an entry, or a line of the log,
//! says of pulses, certificates, bonds and requests.
//!
//! Types are matched by meaning, never by a closed list: several spellings are known and more
//! must be expected. What failed, was missed, lost, refused or timed out is not done, and what is
//! only requested or pending is not done either.

#[cfg(test)]
mod tests;
mod words;

use crate::connections::EventKind;
use words::{FAILED, KNOWN, NEGATED, OF_OTHERS, OPEN, PARTED};

/// What a type speaks of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Meaning {
    /// An agent gave a sign of life.
    pub(super) pulse: bool,
    /// A request, or the bond that came of one.
    pub(super) peck: bool,
    /// A certificate, whatever became of it.
    pub(super) cert: bool,
    /// A certificate, and not that something failed or is still to come.
    pub(super) cert_done: bool,
    /// A certificate was issued, and not that it failed to be.
    pub(super) cert_issued: bool,
    /// An agent became known to the platform.
    pub(super) registration: bool,
    /// A duckling registered, in whatever words but hatching.
    pub(super) signed_up: bool,
    /// A duckling hatched, which may be another entry of the same sign-up.
    pub(super) hatched: bool,
    /// A callback failed, in any spelling.
    pub(super) callback_error: bool,
    /// The event that it reports of a request or bond.
    pub(super) event: Option<EventKind>,
}

impl Meaning {
    /// The meaning of a type.
    pub(super) fn of(kind: &str) -> Self {
        let kind = normal(kind);
        let words = TypeWords::of(&kind);
        let about = |word: &str| kind.contains(word);
        let of_duckling = !OF_OTHERS.iter().any(|word| kind.contains(word));
        let cert_done = words.is_done(is_certificate);
        Self {
            pulse: words.is_done(is_pulse),
            peck: about("peck"),
            cert: words.0.iter().any(|word| is_certificate(word)),
            cert_done,
            cert_issued: cert_done && words.tell_of_issue(),
            registration: !["callback", "webhook", "endpoint"]
                .iter()
                .any(|word| about(word))
                && words
                    .is_done(|word| is_registration(word) || matches!(word, "bonded" | "rebonded")),
            signed_up: of_duckling
                && words.is_done(|word| {
                    is_registration(word) || matches!(word, "signup" | "sign" | "signed")
                })
                && !about("hatch"),
            hatched: of_duckling && words.is_done(|word| word.starts_with("hatch")),
            callback_error: words.tell_of_callback_error(),
            event: event(&kind, &words),
        }
    }
}

fn is_pulse(word: &str) -> bool {
    word != "impulse" && (word.ends_with("pulse") || word == "pulses")
}

fn is_certificate(word: &str) -> bool {
    !word.starts_with("concert") && word.contains("cert")
}

fn is_registration(word: &str) -> bool {
    word.starts_with("regist") || word.starts_with("reregist")
}

/// The words of a type in its normal form.
struct TypeWords<'a>(Vec<&'a str>);

impl<'a> TypeWords<'a> {
    fn of(kind: &'a str) -> Self {
        Self(kind.split('_').filter(|word| !word.is_empty()).collect())
    }

    fn has(&self, words: &[&str]) -> bool {
        self.0.iter().any(|word| words.contains(word))
    }

    /// Whether what the type is about has come to pass. From there on every word has to be known: what
    /// a strange one says of it, such as `pulse.ghost`, cannot be told. What stands before it is a name
    /// or a subject, unless it denies.
    fn is_done(&self, is_subject: impl Fn(&str) -> bool) -> bool {
        let Some(at) = self.0.iter().position(|word| is_subject(word)) else {
            return false;
        };
        let (before, from) = self.0.split_at(at);
        // Behind `by` or `via` there are names.
        let names = from.iter().position(|word| OPEN.contains(word));
        let (said, names) = from.split_at(names.unwrap_or(from.len()));
        let is_denied = |word: &&&str| denies(word);
        !before.iter().chain(names).any(|word| is_denied(&word))
            && said.iter().enumerate().all(|(at, word)| {
                let is_asked_and_done = || said.get(at + 1).is_some_and(|next| is_participle(next));
                KNOWN.contains(word)
                    || (is_subject(word) && !is_other_participle(word))
                    || is_number_or_name(word)
                    || (*word == "request" && is_asked_and_done())
            })
    }

    fn tell_of_issue(&self) -> bool {
        let has_end = |word: &&str| word.starts_with("succe") || word.starts_with("complete");
        self.has(&["issued", "reissued"])
            || (self.has(&["issue", "issuance"]) && self.0.iter().any(has_end))
    }

    /// Whether a word says that it failed, or did not arrive, and none that there is nothing of it: `no_errors`,
    /// `errors.0`, `error_count`.
    fn tell_of_failure(&self) -> bool {
        let is_code = |word: &str| {
            word == "5xx" || (word.len() == 3 && (400..600).contains(&word.parse().unwrap_or(0)))
        };
        let word = |at: usize| self.0.get(at).copied().unwrap_or_default();
        let fails = |at: usize| {
            let is_counted = matches!(
                word(at + 1),
                "0" | "none" | "count" | "rate" | "budget" | "threshold" | "policy" | "free"
            );
            let before = at.checked_sub(1).map_or("", word);
            let is_denied = matches!(before, "no" | "0" | "zero" | "without");
            let pair = (word(at), word(at + 1));
            let fails = FAILED.contains(&word(at))
                || is_failure_word(word(at))
                || is_code(word(at))
                || is_unable(word(at))
                || matches!(
                    word(at),
                    "forbidden"
                        | "lost"
                        | "crashed"
                        | "blocked"
                        | "bounced"
                        | "exhausted"
                        | "abandoned"
                        | "deadlettered"
                )
                || matches!(
                    pair,
                    ("timed" | "time", "out")
                        | ("dead", "letter" | "lettered")
                        | ("gave", "up")
                        | ("conn" | "connection", "reset")
                        | ("no", "response" | "answer" | "reply")
                );
            fails && !is_counted && !is_denied
        };
        (0..self.0.len()).any(fails)
    }

    /// Of a type, a callback that was refused or never came back counts, too.
    fn tell_of_callback_error(&self) -> bool {
        self.0.iter().any(|word| word.contains("callback"))
            && self.tell_of_failure()
            && !self.has(&["resolved", "cleared", "recovered", "succeeded"])
    }
}

/// Whether a word before what the type is about, or behind its names, denies it.
fn denies(word: &str) -> bool {
    FAILED.contains(&word)
        || NEGATED.contains(&word)
        || is_other_participle(word)
        || is_unable(word)
}

/// `unreachable`, `undelivered`
fn is_unable(word: &str) -> bool {
    word.starts_with("un")
        && (word.ends_with("able") || is_participle(word))
        && !KNOWN.contains(&word)
}

fn is_participle(word: &str) -> bool {
    word.len() > 4 && word.ends_with("ed")
}

/// A participle that is not known to be good, such as `quarantined`.
fn is_other_participle(word: &str) -> bool {
    is_participle(word) && !KNOWN.contains(&word)
}

/// `v2`, `7`, `200`, `decaf01`; a code of HTTP that is none of success says something else.
fn is_number_or_name(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let is_number = digits == word.len();
    let is_version = digits > 0
        && word
            .strip_prefix('v')
            .is_some_and(|rest| rest.len() == digits);
    let is_name = !is_number && digits > 0 && word.len() > 4;
    is_version || is_name || (is_number && (word.len() != 3 || word.starts_with('2')))
}

/// Whether a word of a log line, in lower case, means a failure.
pub(super) fn is_failure_word(word: &str) -> bool {
    FAILED.contains(&word)
        || matches!(
            word,
            "missing" | "unable" | "throttled" | "throttling" | "exceeded" | "unissued"
        )
        || (word.len() > 9 && word.ends_with("exception"))
        || (word.len() > 5 && word.ends_with("error"))
}

/// The event that a type in its normal form reports of a request or bond.
fn event(kind: &str, words: &TypeWords<'_>) -> Option<EventKind> {
    let about = |words: &[&str]| words.iter().any(|word| kind.contains(word));
    // A socket is disconnected, too: only what joins two agents ends with a bond.
    let of_two = about(&["peck", "bond", "connection", "flock"]);
    let is_bond = words.has(&["bond"]);
    let parts =
        |word: &str| word.starts_with("unpeck") || word.starts_with("unbond") || word == "severed";
    if words.0.iter().any(|word| parts(word))
        || (about(&["disconnect"]) && of_two)
        || (is_bond && words.has(&PARTED))
    {
        // What was revoked or removed is what was asked for here.
        let parted = TypeWords(
            words
                .0
                .iter()
                .filter(|word| !PARTED.contains(word))
                .copied()
                .collect(),
        );
        let is_subject = |word: &str| {
            parts(word) || word.starts_with("disconnect") || matches!(word, "bond" | "connection")
        };
        let done = words.is_done(is_subject) || parted.is_done(is_subject);
        return done.then_some(EventKind::Unpecked);
    }
    if words.tell_of_callback_error() {
        return Some(EventKind::CallbackError);
    }
    if about(&["webhook", "delivery"]) {
        return words.tell_of_failure().then_some(EventKind::DeliveryFailed);
    }
    if about(&["pulse"]) {
        return words.is_done(is_pulse).then_some(EventKind::Pulse);
    }
    if about(&["rotat"]) {
        let is_rotation = |word: &str| word.starts_with("rotat");
        return words.is_done(is_rotation).then_some(EventKind::Rotated);
    }
    let bonds = [
        "established",
        "created",
        "formed",
        "restored",
        "activated",
        "confirmed",
        "made",
    ];
    if words.has(&["bonded", "rebonded"]) || (is_bond && words.has(&bonds)) {
        let is_subject = |word: &str| matches!(word, "bond" | "bonded" | "rebonded");
        return words.is_done(is_subject).then_some(EventKind::Bonded);
    }
    if !about(&["peck"]) || about(&["callback"]) {
        return None;
    }
    if about(&[
        "denied",
        "declined",
        "reject",
        "deny",
        "refused",
        "vetoed",
        "denial",
        "disapprov",
        "turned_down",
        "not_approved",
        "unapproved",
        "not_accepted",
    ]) {
        return Some(EventKind::Denied);
    }
    if about(&[
        "expire",
        "timed_out",
        "timeout",
        "lapsed",
        "elapsed",
        "window_closed",
        "ttl_exceeded",
    ]) {
        return Some(EventKind::Expired);
    }
    let is_about_peck = |word: &str| word.contains("peck");
    if words.has(&["approved", "accepted", "granted", "consented"])
        || about(&["approval_succe", "approval_given"])
        || kind.ends_with("approve")
        || kind.ends_with("accept")
    {
        return words.is_done(is_about_peck).then_some(EventKind::Approved);
    }
    let asks = |word: &&str| {
        word.starts_with("request")
            || matches!(
                *word,
                "sent" | "notify" | "received" | "created" | "initiated" | "submitted"
            )
    };
    let is_undone = |word: &&str| is_other_participle(word) && !asks(word);
    let asked =
        words.0.iter().any(asks) && !words.has(&["reminder"]) && !words.0.iter().any(is_undone);
    asked.then_some(EventKind::Requested)
}

/// Whether a text of any kind mentions a callback that failed.
pub(super) fn mentions_callback_error(text: &str) -> bool {
    says_callback_error(&normal(text))
}

fn says_callback_error(text: &str) -> bool {
    text.contains("callback") && (text.contains("error") || text.contains("fail"))
}

/// Lower case with `_` between words, for any mark and for the hump of `camelCase`.
pub(super) fn normal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut lower_before = false;
    for c in text.chars() {
        match c {
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => out.push('_'),
            c if c.is_ascii_uppercase() && lower_before => {
                out.push('_');
                out.push(c.to_ascii_lowercase());
            }
            c => out.push(c.to_ascii_lowercase()),
        }
        lower_before = c.is_ascii_lowercase();
    }
    out
}

/// The meanings of the types met so far: a feed has many entries and few types.
#[derive(Debug, Default)]
pub(super) struct Meanings(Vec<(String, Meaning)>);

impl Meanings {
    /// How many types are cached; a feed with more is read all the same.
    const MOST: usize = 64;

    pub(super) fn of(&mut self, kind: &str) -> Meaning {
        if let Some((_, meaning)) = self.0.iter().find(|(known, _)| known == kind) {
            return *meaning;
        }
        let meaning = Meaning::of(kind);
        if self.0.len() < Self::MOST {
            self.0.push((kind.to_owned(), meaning));
        }
        meaning
    }
}
