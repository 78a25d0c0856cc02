//! The one vocabulary of the platform's events: what the type of an entry, or a line of the log,
//! says of pulses, certificates, bonds and requests.
//!
//! Types are matched by meaning, never by a closed list: several spellings are known and more
//! must be expected. What failed, was missed, lost, refused or timed out is not done, and what is
//! only requested or pending is not done either.

mod failure;
mod own_field;
mod prose;
#[cfg(test)]
mod tests;
mod words;

pub(super) use failure::is_failure_word;
pub(super) use own_field::OwnField;
pub(super) use prose::{Prose, Word};

use super::logs::CERTIFICATES_OF_OTHERS;
use crate::connections::EventKind;
use failure::{is_other_participle, is_participle, is_unable, tells_of_failure};
use words::{FAILED, KNOWN, NEGATED, OF_OTHERS, OPEN, PARTED, THINGS};

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
    /// A callback that came to an end, well unless it failed.
    callback: bool,
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
        let of_thing = THINGS.iter().any(|word| kind.contains(word));
        let of_duckling = !of_thing && !OF_OTHERS.iter().any(|word| kind.contains(word));
        let is_cert = words.tell_of_certificate();
        let cert_done = is_cert && words.is_done(is_certificate);
        Self {
            pulse: words.is_done(is_pulse),
            peck: about("peck"),
            cert: is_cert,
            cert_done,
            cert_issued: cert_done && words.tell_of_issue(),
            registration: !of_thing
                && words
                    .is_done(|word| is_registration(word) || matches!(word, "bonded" | "rebonded")),
            signed_up: of_duckling
                && words.is_done(|word| {
                    is_registration(word) || matches!(word, "signup" | "sign" | "signed")
                })
                && !about("hatch"),
            hatched: of_duckling && words.is_done(|word| word.starts_with("hatch")),
            callback: words.is_done(|word| words.is_callback(word)),
            callback_error: words.tell_of_callback_error(),
            event: event(&kind, &words),
        }
    }
}

impl Meaning {
    /// Whether the detail of an entry can deny it: what else a type speaks of may have another's failure as its
    /// reason.
    fn is_judged_by_detail(&self) -> bool {
        let is_open = self.peck && self.event.is_none();
        self.pulse || self.cert_done || ((self.callback || is_open) && !self.callback_error)
    }
}

fn is_pulse(word: &str) -> bool {
    word != "impulse" && (word.ends_with("pulse") || word == "pulses")
}

fn is_certificate(word: &str) -> bool {
    !word.starts_with("concert") && !word.starts_with("certain") && word.contains("cert")
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

    /// Whether it is about a certificate of the platform: `tls.certificate.issued` is not.
    fn tell_of_certificate(&self) -> bool {
        let at = self.0.iter().position(|word| is_certificate(word));
        let before = at.map(|at| at.checked_sub(1).and_then(|before| self.0.get(before)));
        before.is_some_and(|before| {
            // A user is a duckling's human, too.
            let is_other =
                |word: &&&str| **word != "user" && CERTIFICATES_OF_OTHERS.contains(*word);
            before.filter(is_other).is_none()
        })
    }

    fn tell_of_issue(&self) -> bool {
        let has_end = |word: &&str| {
            let is_end = word.starts_with("succe") || word.starts_with("complete");
            is_end || matches!(*word, "ok" | "done" | "finished")
        };
        self.has(&["issued", "reissued"])
            || (self.has(&["issue", "issuance"]) && self.0.iter().any(has_end))
    }

    /// Whether a word means the callback of a request, which is delivered to the agent's webhook.
    fn is_callback(&self, word: &str) -> bool {
        let is_of_request = || self.has(&["peck", "pecks"]);
        word.contains("callback")
            || (matches!(word, "webhook" | "webhooks" | "hook") && is_of_request())
    }

    /// Of a type, a callback that was refused or never came back counts, too.
    fn tell_of_callback_error(&self) -> bool {
        let is_delivery = self.0.windows(2).any(|pair| pair == ["peck", "delivery"]);
        let is_callback = is_delivery || self.0.iter().any(|word| self.is_callback(word));
        is_callback && tells_of_failure(&self.0)
    }
}

/// Whether a word before what the type is about, or behind its names, denies it.
fn denies(word: &str) -> bool {
    FAILED.contains(&word)
        || NEGATED.contains(&word)
        || is_other_participle(word)
        || is_unable(word)
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
        return tells_of_failure(&words.0).then_some(EventKind::DeliveryFailed);
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
        || (words.has(&["approval"]) && words.has(&["confirmed", "completed", "done", "ok"]))
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
pub(super) struct Meanings {
    types: Vec<(String, &'static str, Meaning)>,
    /// The detail that was read last, and whether it begins with a failure: the next is often the same.
    detail: (String, bool),
}

impl Meanings {
    /// How many types are cached; a feed with more is read all the same.
    const MOST: usize = 64;

    /// The meaning of an entry: of its type, together with the word by which a field of its own denies
    /// it or leaves it open, and with what the beginning of its detail says. Such a word means what it
    /// would mean at the end of the type.
    pub(super) fn of(&mut self, kind: &str, said: &'static str, detail: &str) -> Meaning {
        let doubt = OwnField::doubt(said);
        let said = doubt.map_or(said, |_| "");
        let meaning = self.of_type(kind, said);
        if !said.is_empty() || !meaning.is_judged_by_detail() {
            return meaning;
        }
        if let Some(doubt) = doubt {
            return self.of_type(kind, doubt);
        }
        if self.detail.0 != detail {
            self.detail.0.clear();
            self.detail.0.push_str(detail);
            self.detail.1 = Prose::begins_with_failure(detail);
        }
        let is_callback = || meaning.callback || Prose::is_about_callback(detail);
        match self.detail.1 {
            true if meaning.pulse || meaning.cert_done => self.of_type(kind, "failed"),
            true if is_callback() => self.of_type(kind, "callback_failed"),
            _ => meaning,
        }
    }

    fn of_type(&mut self, kind: &str, said: &'static str) -> Meaning {
        let mut known = self.types.iter();
        if let Some((.., meaning)) = known.find(|(known, word, _)| known == kind && *word == said) {
            return *meaning;
        }
        let meaning = match said {
            "" => Meaning::of(kind),
            said => Meaning::of(&format!("{kind}.{said}")),
        };
        if self.types.len() < Self::MOST {
            self.types.push((kind.to_owned(), said, meaning));
        }
        meaning
    }
}
