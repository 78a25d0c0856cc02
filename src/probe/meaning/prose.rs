//! What a sentence says of a failure: of a line of the log, or of the detail of an entry.

use super::failure::{is_failing_pair, is_failure_word, may_fail};
use super::words::NOT_ANSWERED;
use crate::probe::logs::is_nothing;

/// A word in lower case, and what stands between it and the next one.
#[derive(Debug)]
pub(in crate::probe) struct Word {
    pub(in crate::probe) word: String,
    /// The characters behind it.
    pub(in crate::probe) gap: String,
}

/// The words of a text: letters and digits, parted at the humps of `camelCase`.
#[derive(Debug)]
pub(in crate::probe) struct Prose(Vec<Word>);

/// What is done with what is issued or sent, where "not" before it means a failure.
const DONE: [&str; 15] = [
    "created",
    "rendered",
    "recorded",
    "issued",
    "written",
    "sent",
    "verified",
    "stored",
    "saved",
    "delivered",
    "accepted",
    "generated",
    "persisted",
    "signed",
    "reissued",
];
/// Words that may stand between "no" or "0" and what there is none of.
const COUNTED: [&str; 29] = [
    "pulse",
    "pulses",
    "callback",
    "callbacks",
    "of",
    "the",
    "any",
    "number",
    "total",
    "birth",
    "new",
    "duckling",
    "ducklings",
    "cert",
    "certs",
    "certificate",
    "certificates",
    "mail",
    "mails",
    "email",
    "emails",
    "was",
    "were",
    "has",
    "have",
    "been",
    "could",
    "not",
    "be",
];
/// Words that may stand between the name of a count and its value: `failures in the last 24 h: 0`.
const SPAN: [&str; 15] = [
    "in", "the", "last", "past", "of", "since", "today", "this", "per", "h", "hour", "hours",
    "min", "day", "so",
];
/// How the names of files end.
const ENDINGS: [&str; 14] = [
    "html", "htm", "txt", "json", "xml", "md", "yml", "yaml", "tmpl", "tpl", "hbs", "mjml", "pdf",
    "svg",
];

impl Prose {
    pub(in crate::probe) fn of(text: &str) -> Self {
        let mut words: Vec<Word> = Vec::new();
        let mut before: Option<char> = None;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let next = chars.peek().copied();
            if !c.is_alphanumeric() {
                if let Some(last) = words.last_mut() {
                    last.gap.push(c);
                }
                before = None;
                continue;
            }
            // `sendEmail`, and the last capital of `SESError`.
            let hump = c.is_uppercase()
                && before.is_some_and(|before| {
                    before.is_lowercase()
                        || (before.is_uppercase() && next.is_some_and(char::is_lowercase))
                });
            if before.is_none() || hump {
                words.push(Word {
                    word: String::new(),
                    gap: String::new(),
                });
            }
            if let Some(last) = words.last_mut() {
                last.word.extend(c.to_lowercase());
            }
            before = Some(c);
        }
        Self(words)
    }

    pub(in crate::probe) fn words(&self) -> &[Word] {
        &self.0
    }

    /// The word at a place; empty beyond the end.
    pub(in crate::probe) fn word(&self, at: usize) -> &str {
        self.0.get(at).map_or("", |word| word.word.as_str())
    }

    /// The gap behind a place.
    fn gap(&self, at: usize) -> &str {
        self.0.get(at).map_or("", |word| word.gap.as_str())
    }

    /// Whether a word before a place is one of these.
    fn stands_before(&self, at: usize, words: &[&str]) -> bool {
        at.checked_sub(1)
            .is_some_and(|before| words.contains(&self.word(before)))
    }

    /// Whether a failure is meant at a place: not one that is counted at zero or denied, and no name.
    pub(in crate::probe) fn fails_at(&self, at: usize) -> bool {
        self.is_failure(at)
            && !self.is_counted_at_zero(at)
            && !self.is_denied(at)
            && !self.is_none_of(at)
            && !self.is_name(at)
    }

    fn is_failure(&self, at: usize) -> bool {
        match (self.word(at), self.word(at + 1)) {
            // `couldn't`
            ("couldn" | "can" | "wasn" | "won" | "didn", "t") => true,
            ("timed", "out")
            | ("could", "not")
            | ("dead", "letter" | "lettered")
            | ("rolled", "back")
            | ("gave" | "given" | "giving", "up") => true,
            ("can", "not") | ("cannot", _) => true,
            // "timeout" with a number is a setting.
            ("timeout", next) => !next.starts_with(|c: char| c.is_ascii_digit()),
            ("failure", "mode" | "policy" | "handler") => false,
            ("error" | "errors", "budget" | "rate" | "threshold") => false,
            (word, _) => {
                // What is not issued again was issued.
                let done = self.not_done(at).map(|done| self.word(done + 1));
                is_failure_word(word) || done.is_some_and(|next| next != "again")
            }
        }
    }

    /// The place of what was not done: `not issued`, `hasn't been issued`, `not yet written`, `never sent`.
    fn not_done(&self, at: usize) -> Option<usize> {
        let is_denial = match self.word(at) {
            "not" | "never" => true,
            "t" => self.stands_before(at, &["hasn", "haven", "isn", "weren", "wasn"]),
            _ => false,
        };
        let is_between = |at: &usize| ["been", "be", "yet", "ever"].contains(&self.word(*at));
        let done = (at + 1..at + 4).find(|at| !is_between(at));
        done.filter(|done| is_denial && DONE.contains(&self.word(*done)))
    }

    /// Whether what stands at a place was not done, for it is denied: `never issued`, `to be issued`; or there
    /// is none of it: `no certificates issued`, `0 of 5 issued`.
    pub(in crate::probe) fn is_undone(&self, at: usize) -> bool {
        let is_denied = |before: usize| self.not_done(before) == Some(at);
        self.stands_before(at, &["be"])
            || (at.saturating_sub(3)..at).any(is_denied)
            || self.is_none_of(at)
    }

    /// Whether there is none of what stands at a place: `0 of 5 birth certificates failed`.
    pub(in crate::probe) fn is_none_of(&self, at: usize) -> bool {
        for before in (at.saturating_sub(8)..at).rev() {
            let word = self.word(before);
            if self.gap(before).contains([',', ';', '.', ':', '=']) {
                return false;
            }
            if matches!(word, "no" | "0" | "zero" | "none") {
                return before + 1 < at;
            }
            let is_total = self.stands_before(before, &["of"]) && word.parse::<u64>().is_ok();
            if !COUNTED.contains(&word) && !is_total {
                return false;
            }
        }
        false
    }

    /// `failed.html`, `errors@pond.example`
    fn is_name(&self, at: usize) -> bool {
        let gap = self.gap(at);
        let is_behind_at = at
            .checked_sub(1)
            .is_some_and(|before| self.gap(before) == "@");
        gap == "@" || is_behind_at || (gap == "." && ENDINGS.contains(&self.word(at + 1)))
    }

    /// `failed=0`, `failed lookups: 0`, `errors: none`, `failed 0, skipped 3`, `failures in 24 h: 0`.
    fn is_counted_at_zero(&self, at: usize) -> bool {
        let next = self.0.get(at + 1).filter(|next| next.word == "0");
        if next
            .is_some_and(|next| next.gap.is_empty() || next.gap.starts_with([',', ';', ')', '|']))
        {
            return true;
        }
        let is_count = matches!(self.word(at), "failures" | "errors");
        let of_span = |at: usize| {
            let word = self.word(at);
            SPAN.contains(&word) || word.parse::<u64>().is_ok()
        };
        let span = (at + 1..at + 7).take_while(|at| is_count && of_span(*at));
        let upto = (at + 3).max(at + 1 + span.count());
        let value = (at..upto).find_map(|place| {
            let gap = self.0.get(place)?.gap.trim();
            let assigns =
                gap.starts_with([':', '=']) || gap.starts_with("\":") || gap.starts_with("':");
            assigns.then_some((place, gap))
        });
        let Some((place, gap)) = value else {
            return false;
        };
        // An empty value: `error="" `, `error=,`.
        let empty =
            gap.contains("\"\"") || gap.contains("''") || gap.contains("[]") || gap.contains("=,");
        let next = self.0.get(place + 1);
        // `0.5`; and `no answer` is something, `no errors` is nothing.
        let is_no_other = next.is_some_and(|next| next.word == "no" && next.gap == " ")
            && !is_failure_word(self.word(place + 2));
        let alone =
            !is_no_other && next.is_some_and(|next| !next.gap.starts_with('.') || next.word != "0");
        empty || next.is_some_and(|next| alone && is_nothing(&next.word))
    }

    /// `after 2 failures`, `after an earlier timeout`: what went wrong before it went well.
    pub(in crate::probe) fn is_over(&self, at: usize) -> bool {
        let before = self.0.get(at.saturating_sub(3)..at).unwrap_or_default();
        before
            .iter()
            .any(|word| ["after", "earlier", "previous", "prior"].contains(&word.word.as_str()))
    }

    /// `0 failed`, `no errors`, `without an error`, `never failed`.
    fn is_denied(&self, at: usize) -> bool {
        (1..=2).any(|back| {
            let Some(before) = at.checked_sub(back) else {
                return false;
            };
            // `0 certificates failed`
            let is_of_many = self.word(at - 1).ends_with('s');
            let word = self.word(before);
            let close = back == 1 || word == "without" || is_of_many;
            close
                && ["0", "no", "zero", "without", "never"].contains(&word)
                && !self.gap(before).contains([',', ';', '.', ':'])
        })
    }

    /// The places of a clause that begins at one.
    pub(in crate::probe) fn clause(&self, from: usize) -> std::ops::Range<usize> {
        let rest = self.0.get(from..).unwrap_or_default();
        let length = rest.iter().position(|word| ends_clause(&word.gap));
        from..length.map_or(self.0.len(), |length| from + length + 1)
    }

    /// Whether the first words of a detail say that it failed, or name a code of HTTP for it. What
    /// follows may tell of anything.
    pub(super) fn begins_with_failure(detail: &str) -> bool {
        if !may_fail(detail) {
            return false;
        }
        let prose = Self::of(detail);
        let is_code = |at: usize| {
            let code = prose.word(at + 1).parse();
            matches!(prose.word(at), "http" | "status" | "answered" | "returned")
                && code.is_ok_and(|code: u32| (400..600).contains(&code))
        };
        let fails = |at: usize| {
            (prose.fails_at(at) || is_code(at) || prose.is_unanswered(at)) && !prose.is_over(at)
        };
        let colon = prose.0.iter().position(|word| word.gap.starts_with(": "));
        let clause = prose.clause(0);
        let end = colon.map_or(clause.end, |colon| clause.end.min(colon + 1));
        (0..end).any(fails)
    }

    /// Whether an agent or a call did not answer, in words of the system or of those who wait: `ECONNRESET`,
    /// `socket hang up`, `no pulse from …`, `key expired`, `410 Gone`.
    fn is_unanswered(&self, at: usize) -> bool {
        let (word, next) = (self.word(at), self.word(at + 1));
        let is_first_code = at == 0
            && word.len() == 3
            && word
                .parse()
                .is_ok_and(|code: u32| (400..600).contains(&code))
            && matches!(
                next,
                "" | "for"
                    | "from"
                    | "gone"
                    | "not"
                    | "bad"
                    | "unauthorized"
                    | "forbidden"
                    | "too"
                    | "conflict"
                    | "internal"
                    | "service"
                    | "gateway"
            );
        let is_pair = is_failing_pair(word, next)
            || matches!(
                (word, next),
                ("no", "route") | ("without", "answer" | "response" | "reply")
            )
            || (matches!((word, next), ("no", "pulse" | "heartbeat" | "signal"))
                && matches!(
                    self.word(at + 2),
                    "" | "from" | "for" | "since" | "in" | "within" | "received"
                ));
        let is_word = NOT_ANSWERED.contains(&word)
            || matches!(
                word,
                "expired" | "stale" | "overdue" | "replayed" | "undelivered"
            );
        is_first_code
            || is_pair
            || (is_word
                && !self.is_counted_at_zero(at)
                && !self.is_denied(at)
                && !self.is_none_of(at))
    }

    pub(super) fn is_about_callback(detail: &str) -> bool {
        super::normal(detail).contains("callback")
    }
}

fn ends_clause(gap: &str) -> bool {
    gap.starts_with([',', ';']) || gap.starts_with(". ")
}
