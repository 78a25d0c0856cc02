//! The secrets known to a run, and their removal from texts.

use super::encodings::{DecodedView, guises, views};
use super::runs::Runs;
use super::{Removed, SecretKind, own_texts, pattern};
use aho_corasick::AhoCorasick;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// What is shorter stands in ordinary words, too: hiding it would hide them and prove that
/// it is there.
const SHORTEST: usize = 8;

/// The secrets of a run. They have no way to be printed.
#[derive(Clone, Default)]
pub struct Secrets {
    known: Vec<String>,
    finder: Option<AhoCorasick>,
    runs: Option<Runs>,
    account: Option<String>,
}

impl Secrets {
    /// These secrets; one that is too short to be distinguished from a word is not searched for.
    pub fn new(known: impl IntoIterator<Item = String>) -> Self {
        let mut known: Vec<_> = known
            .into_iter()
            .filter(|secret| !is_word(secret))
            .collect();
        known.sort_unstable();
        known.dedup();
        let forms: Vec<Vec<u8>> = known.iter().flat_map(|secret| forms(secret)).collect();
        Self {
            finder: (!forms.is_empty())
                .then(|| super::automaton(&forms))
                .flatten(),
            runs: Runs::of(known.iter().map(String::as_str)),
            known,
            account: None,
        }
    }

    /// Also hides the number of this account.
    pub fn with_account(mut self, account: &str) -> Self {
        self.account = Some(account.to_owned()).filter(|account| !account.is_empty());
        self
    }

    /// Takes out of these texts what is known and what looks like a secret. They are pieces
    /// that follow each other: a secret that is cut at the end of one is found all the same.
    pub fn hide(&self, pieces: &mut [&mut String], removed: &mut Removed) {
        self.hide_known(pieces, removed);
        for piece in pieces.iter_mut() {
            if let Cow::Owned(kept) = pattern::without(piece, removed) {
                **piece = kept;
            }
            self.hide_account(piece, removed);
        }
    }

    /// Takes out only the number of the account, where that was asked for.
    pub fn hide_account(&self, text: &mut String, removed: &mut Removed) {
        let Some(account) = self.account.as_deref() else {
            return;
        };
        let many = text.matches(account).count();
        (0..many).for_each(|_| removed.count(SecretKind::Account));
        if many > 0 {
            *text = text.replace(account, SecretKind::Account.mark());
        }
    }

    /// A text without the secrets that are known.
    pub(super) fn without_known<'a>(&self, text: &'a str) -> Cow<'a, str> {
        // A secret of which a cut left a part is in no text whole, so each way has to look.
        if self.find(text.as_bytes()).is_empty() && self.cut_off(text).is_empty() {
            return Cow::Borrowed(text);
        }
        let mut hidden = text.to_owned();
        self.hide_known(&mut [&mut hidden], &mut Removed::default());
        Cow::Owned(hidden)
    }

    /// What of the secrets stands at the end or at the beginning of a text that was cut there, but
    /// for what a text of ours or a setting holds, too.
    fn cut_off(&self, text: &str) -> Vec<Range<usize>> {
        let mut parts: Vec<_> = self
            .known
            .iter()
            .flat_map(|known| cut(text, known))
            .collect();
        parts.retain(|part| !own_texts::hold(&text.as_bytes()[part.clone()]));
        parts
    }

    /// Takes out only the secrets that are known.
    pub fn hide_known(&self, pieces: &mut [&mut String], removed: &mut Removed) {
        if self.known.is_empty() {
            return;
        }
        let found = match &*pieces {
            [piece] => self.find(piece.as_bytes()),
            pieces => {
                let whole: String = pieces.iter().map(|piece| piece.as_str()).collect();
                self.find(whole.as_bytes())
            }
        };
        let mut from = 0;
        for piece in pieces.iter_mut() {
            let here = from..from + piece.len();
            from = here.end;
            let mut parts: Vec<_> = found
                .iter()
                .filter(|part| part.start < here.end && here.start < part.end)
                .map(|part| {
                    part.start.max(here.start) - here.start..part.end.min(here.end) - here.start
                })
                .collect();
            parts.extend(self.cut_off(piece));
            for part in joined(parts).into_iter().rev() {
                let part = whole_characters(piece, part);
                piece.replace_range(part, SecretKind::Secret.mark());
                removed.count(SecretKind::Secret);
            }
        }
    }

    /// Whether these bytes hold one of them in any encoding.
    pub fn are_in(&self, bytes: &[u8]) -> bool {
        let is_shown = |account: &String| {
            bytes
                .windows(account.len())
                .any(|part| part == account.as_bytes())
        };
        self.account.as_ref().is_some_and(is_shown) || !self.find(bytes).is_empty()
    }

    fn find(&self, text: &[u8]) -> Vec<Range<usize>> {
        let Some(finder) = &self.finder else {
            return Vec::new();
        };
        if !text.iter().any(|byte| matches!(byte, b'%' | b'+' | b'\\')) {
            // Nothing in it could be undone, as in most texts.
            let whole = DecodedView::of(text);
            return joined(self.find_in(finder, &whole));
        }
        let views = views(text);
        let found = views.iter().flat_map(|view| self.find_in(finder, view));
        joined(found.collect())
    }

    fn find_in(&self, finder: &AhoCorasick, view: &DecodedView) -> Vec<Range<usize>> {
        let parts = finder.find_overlapping_iter(&view.bytes);
        // One that is a word of ours proves nothing where it stands, and documents have to be read.
        let parts = parts.filter(|part| !own_texts::are_words(&view.bytes[part.range()]));
        let mut found: Vec<_> = parts.map(|part| view.origin(part.range())).collect();
        if let Some(runs) = &self.runs {
            found.extend(runs.find(view));
        }
        found
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.known.len())
    }
}

/// Whether it could stand in an ordinary text without being meant.
fn is_word(secret: &str) -> bool {
    let letters = secret.bytes().all(|byte| byte.is_ascii_lowercase());
    secret.len() < SHORTEST || (letters && secret.len() < 2 * SHORTEST)
}

/// Everything that is looked for of one secret. What is left of it in base64 may be too
/// short to prove anything.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let mut forms = guises(secret);
    let digits = hex::encode(secret.as_bytes());
    forms.extend([digits.to_uppercase().into_bytes(), digits.into_bytes()]);
    forms.retain(|form| form.len() >= SHORTEST);
    forms
}

/// What of a secret stands at the end or at the beginning of a text that was cut there.
fn cut(text: &str, secret: &str) -> Vec<Range<usize>> {
    let (text, secret) = (text.as_bytes(), secret.as_bytes());
    let lengths = || (SHORTEST..secret.len()).rev();
    let at_end = lengths().find(|length| text.ends_with(&secret[..*length]));
    let at_start = lengths().find(|length| text.starts_with(&secret[secret.len() - length..]));
    let at_end = at_end.map(|length| text.len() - length..text.len());
    let at_start = at_start.map(|length| 0..length);
    at_end.into_iter().chain(at_start).collect()
}

/// The same parts without overlaps, in order.
fn joined(mut parts: Vec<Range<usize>>) -> Vec<Range<usize>> {
    parts.sort_by_key(|part| part.start);
    let mut joined: Vec<Range<usize>> = Vec::new();
    for part in parts {
        match joined.last_mut() {
            Some(last) if part.start <= last.end => last.end = last.end.max(part.end),
            _ => joined.push(part),
        }
    }
    joined
}

fn whole_characters(text: &str, part: Range<usize>) -> Range<usize> {
    text.floor_char_boundary(part.start)..text.ceil_char_boundary(part.end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

    const SECRET: &str = "q\"7/Zk+w ß<x>Rt4&vN1";

    fn hidden(pieces: &[&str]) -> (Vec<String>, usize) {
        let mut pieces: Vec<String> = pieces.iter().map(|piece| (*piece).to_owned()).collect();
        let mut removed = Removed::default();
        let mut parts: Vec<&mut String> = pieces.iter_mut().collect();
        Secrets::new([SECRET.to_owned()]).hide_known(&mut parts, &mut removed);
        (pieces, removed.iter().map(|(_, many)| many).sum())
    }

    fn disguised() -> Vec<String> {
        use base64::Engine;
        use base64::engine::general_purpose::{STANDARD, URL_SAFE};
        let mut all = vec![
            SECRET.to_owned(),
            hex::encode(SECRET.as_bytes()),
            hex::encode(SECRET.as_bytes()).to_uppercase(),
            utf8_percent_encode(SECRET, NON_ALPHANUMERIC).to_string(),
            SECRET.replace('+', "%2B").replace(' ', "+"),
            serde_json::Value::from(SECRET).to_string(),
            serde_json::Value::from(serde_json::Value::from(SECRET).to_string()).to_string(),
            SECRET
                .chars()
                .map(|c| format!("\\u{:04x}", c as u32))
                .collect(),
        ];
        for before in ["", "a", "ab"] {
            for after in ["", "y", "yz"] {
                let inside = format!("{before}{SECRET}{after}");
                all.extend([STANDARD.encode(&inside), URL_SAFE.encode(&inside)]);
            }
        }
        all
    }

    #[test]
    fn known_secrets_are_removed_in_every_encoding_and_nothing_else_is() {
        let secrets = Secrets::new([SECRET.to_owned()]);
        for encodings in disguised() {
            let text = format!("before {encodings} after");
            assert!(secrets.are_in(text.as_bytes()), "{encodings}");
            let (pieces, many) = hidden(&[&text]);
            assert!(
                !secrets.are_in(pieces[0].as_bytes()),
                "{encodings}: {}",
                pieces[0]
            );
            assert!(many > 0 && pieces[0].starts_with("before ") && pieces[0].ends_with(" after"));
        }
        for text in ["", "q\"7/Zk", "nothing here", "%", "%zz \\u12"] {
            assert_eq!(hidden(&[text]), (vec![text.to_owned()], 0));
        }
    }

    /// Of a text that is cut anywhere no eight letters of the secret are left.
    #[test]
    fn a_split_secret_is_found_in_both_pieces() {
        let text = format!("x{SECRET}y");
        let cuts = (1..text.len()).filter(|at| text.is_char_boundary(*at));
        for at in cuts {
            let (pieces, _) = hidden(&[&text[..at], &text[at..]]);
            let left = pieces.concat();
            for part in SECRET.as_bytes().windows(SHORTEST) {
                assert!(
                    !left.as_bytes().windows(SHORTEST).any(|shown| shown == part),
                    "{at}: {left}"
                );
            }
            assert!(left.starts_with('x') && left.ends_with('y'), "{at}: {left}");
            for only in [&text[..at], &text[at..]] {
                let left = hidden(&[only]).0.concat();
                for part in SECRET.as_bytes().windows(SHORTEST + 1) {
                    assert!(
                        !left
                            .as_bytes()
                            .windows(part.len())
                            .any(|shown| shown == part),
                        "{at}: {left}"
                    );
                }
            }
        }
        let cuts: Vec<_> = hex::encode(SECRET.as_bytes())
            .chars()
            .map(String::from)
            .collect();
        let cuts: Vec<&str> = cuts.iter().map(String::as_str).collect();
        let (letters, _) = hidden(&cuts);
        assert!(
            letters
                .iter()
                .all(|letter| letter == SecretKind::Secret.mark())
        );
    }

    #[test]
    fn a_secret_that_a_preview_cut_is_hidden_in_what_is_left() {
        // No random one: of those every part is hidden, wherever it stands.
        let known = "correct-horse-battery-staple";
        let secrets = Secrets::new([known.to_owned()]);
        for length in 1..known.len() {
            let (begin, end) = (&known[..length], &known[known.len() - length..]);
            let is_hidden = length >= SHORTEST;
            let due = if is_hidden {
                "it is <secret>"
            } else {
                &format!("it is {begin}")
            };
            assert_eq!(secrets.without_known(&format!("it is {begin}")), due);
            let due = if is_hidden {
                "<secret> it is"
            } else {
                &format!("{end} it is")
            };
            assert_eq!(secrets.without_known(&format!("{end} it is")), due);
        }
        assert_eq!(
            secrets.without_known("a correct-horse stands"),
            "a correct-horse stands"
        );
    }

    #[test]
    fn secrets_shorter_than_a_word_are_not_searched_for() {
        let secrets = Secrets::new(["a", "prod", "1234567", "practice"].map(str::to_owned));
        assert!(secrets.known.is_empty() && !secrets.are_in(b"a prod 1234567 practice"));
        assert!(!Secrets::new(["practic3".to_owned()]).known.is_empty());
    }

    #[test]
    fn the_account_number_is_redacted_only_on_request() {
        let mut text = "arn:aws:states:us-east-1:121546003735:x".to_owned();
        let mut removed = Removed::default();
        Secrets::default().hide(&mut [&mut text], &mut removed);
        assert!(text.contains("121546003735"));
        let secrets = Secrets::default().with_account("121546003735");
        assert!(secrets.are_in(text.as_bytes()));
        secrets.hide(&mut [&mut text], &mut removed);
        assert_eq!(text, "arn:aws:states:us-east-1:<account>:x");
        assert_eq!(
            removed.iter().collect::<Vec<_>>(),
            [(SecretKind::Account, 1)]
        );
    }
}
