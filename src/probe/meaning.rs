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
use words::{ABOUT_PULSES, ABSENT, DONE, FAILED, OF_OTHERS, UNDECIDED};

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
        let about = |word: &str| kind.contains(word);
        let done = is_done(&kind);
        let of_duckling = done && !OF_OTHERS.iter().any(|word| kind.contains(word));
        Self {
            pulse: about("pulse") && done && !is_about_pulses(&kind),
            peck: about("peck"),
            cert: about("cert"),
            cert_done: about("cert") && done && !about("revoke"),
            cert_issued: about("cert")
                && [
                    "issued",
                    "_issue_succe",
                    "issuance_succe",
                    "issuance_complete",
                ]
                .iter()
                .any(|word| about(word))
                && !about("unissued")
                && !about("revoke")
                && done,
            registration: (about("regist") || about("bonded"))
                && !about("unbonded")
                && !about("unregist")
                && !about("deregist")
                && done,
            signed_up: of_duckling
                && !about("hatch")
                && ["regist", "signup", "sign_up", "signed_up"]
                    .iter()
                    .any(|word| kind.contains(word)),
            hatched: of_duckling && about("hatch"),
            callback_error: is_callback_error(&kind),
            event: event(&kind, done),
        }
    }
}

/// Whether a type in its normal form reports something that has happened.
fn is_done(kind: &str) -> bool {
    let said = |words: &[&str]| kind.split('_').any(|token| words.contains(&token));
    let late = kind.contains("timed_out");
    // A participle that is not known to be good, such as `quarantined`, and `unreachable`.
    let is_undone = |token: &str| {
        let is_participle = token.len() > 4 && token.ends_with("ed") && !DONE.contains(&token);
        is_participle || (token.starts_with("un") && token.ends_with("able"))
    };
    let is_undone = kind.split('_').any(is_undone);
    !late && !is_undone && !said(FAILED) && !said(ABSENT) && !said(UNDECIDED)
}

fn is_about_pulses(kind: &str) -> bool {
    kind.split('_').any(|token| ABOUT_PULSES.contains(&token))
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
fn event(kind: &str, done: bool) -> Option<EventKind> {
    let about = |words: &[&str]| words.iter().any(|word| kind.contains(word));
    // A socket is disconnected, too: only what joins two agents ends with a bond.
    let of_two = || about(&["peck", "bond", "connection", "flock"]);
    let is_parted = about(&["unpeck", "unbond", "severed"])
        || (about(&["disconnect"]) && of_two())
        || (about(&["bond_"])
            && about(&[
                "broken",
                "revoked",
                "dissolved",
                "terminated",
                "deleted",
                "removed",
            ]));
    if is_parted {
        // What was revoked or removed is what was asked for here.
        let parted: Vec<_> = kind
            .split('_')
            .filter(|token| !["revoked", "deleted", "removed"].contains(token))
            .collect();
        let done = done || is_done(&parted.join("_"));
        return done.then_some(EventKind::Unpecked);
    }
    if is_callback_error(kind) {
        return Some(EventKind::CallbackError);
    }
    if about(&["webhook", "delivery"]) {
        return about(&[
            "fail",
            "error",
            "timeout",
            "timed_out",
            "refused",
            "rejected",
            "unreachable",
            "exhausted",
            "dead_letter",
            "gave_up",
            "abandoned",
        ])
        .then_some(EventKind::DeliveryFailed);
    }
    if about(&["pulse"]) {
        return (done && !is_about_pulses(kind)).then_some(EventKind::Pulse);
    }
    if about(&["rotat"]) {
        return done.then_some(EventKind::Rotated);
    }
    if about(&["bonded"])
        || (about(&["bond_"]) && about(&["established", "created", "formed", "restored"]))
    {
        return done.then_some(EventKind::Bonded);
    }
    if !about(&["peck"]) {
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
        "window_closed",
        "ttl_exceeded",
    ]) {
        return Some(EventKind::Expired);
    }
    if about(&["approved", "accepted", "approval_granted", "approval_succe"])
        || kind.ends_with("approve")
        || kind.ends_with("accept")
    {
        return done.then_some(EventKind::Approved);
    }
    if about(&["reminder"]) {
        return None;
    }
    about(&[
        "request",
        "sent",
        "notify",
        "received",
        "created",
        "initiated",
    ])
    .then_some(EventKind::Requested)
}

/// Whether a text of any kind mentions a callback that failed.
pub(super) fn mentions_callback_error(text: &str) -> bool {
    says_callback_error(&normal(text))
}

/// Of a type, a callback that was refused or never came back counts, too.
fn is_callback_error(kind: &str) -> bool {
    let late = [
        "timeout",
        "timed_out",
        "refused",
        "rejected",
        "lost",
        "exception",
        "unreachable",
        "unauthorized",
        "forbidden",
        "dead_letter",
        "reset",
        "_5xx",
    ];
    let has = |words: &[&str]| kind.split('_').any(|token| words.contains(&token));
    let is_code = |token: &str| {
        token.len() == 3 && token.starts_with(['4', '5']) && token.parse::<u16>().is_ok()
    };
    let is_late = late.iter().any(|word| kind.contains(word)) || kind.split('_').any(is_code);
    let is_error = says_callback_error(kind) || (kind.contains("callback") && is_late);
    is_error && !has(&["resolved", "cleared", "recovered", "succeeded"])
}

fn says_callback_error(text: &str) -> bool {
    text.contains("callback") && (text.contains("error") || text.contains("fail"))
}

/// Lower case with `_` between words: what stands for `-`, `.`, a blank or the hump of
/// `camelCase`.
pub(super) fn normal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut lower_before = false;
    for c in text.chars() {
        match c {
            '-' | '.' | ' ' | ':' | '/' => out.push('_'),
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
