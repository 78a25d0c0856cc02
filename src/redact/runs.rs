//! Parts of random-looking secrets: wherever a text holds eight characters of one in a row, in any
//! encoding, those are hidden. A preview, a column or a field may have cut the rest.
//!
//! Parts that our own texts or settings hold are spared: they prove nothing.

use super::encodings::{DecodedView, guises};
use super::own_texts;
use aho_corasick::AhoCorasick;
use std::ops::Range;

/// A shorter secret is hidden only where it stands whole.
const RANDOM_LEAST: usize = 20;
/// The length of a run of a secret that already reveals something.
const RUN: usize = 8;
/// A random text of [`RANDOM_LEAST`] characters practically never has fewer different ones.
const DIFFERENT_LEAST: usize = 10;

/// Finds the parts of several secrets.
#[derive(Clone)]
pub(super) struct Runs {
    finder: AhoCorasick,
    /// For each pattern of the finder which form it is of, and where it stands in it.
    places: Vec<(usize, usize)>,
    /// Every form of every secret, and how much of it in a row is hidden.
    forms: Vec<(Vec<u8>, usize)>,
}

impl Runs {
    /// The parts of those secrets that look random; none where there are no such secrets.
    pub(super) fn of<'a>(secrets: impl Iterator<Item = &'a str>) -> Option<Self> {
        let forms: Vec<_> = secrets
            .filter(|secret| is_random(secret))
            .flat_map(forms)
            .collect();
        let (mut patterns, mut places) = (Vec::new(), Vec::new());
        for (index, (form, least)) in forms.iter().enumerate() {
            // Every run of `least` bytes holds one piece of this length whole, because they
            // begin so close to each other.
            let step = least / 2;
            let length = least - step + 1;
            for at in (0..form.len().saturating_sub(length - 1)).step_by(step) {
                patterns.push(&form[at..at + length]);
                places.push((index, at));
            }
        }
        let finder = (!patterns.is_empty())
            .then(|| super::automaton(&patterns))
            .flatten()?;
        Some(Self {
            finder,
            places,
            forms,
        })
    }

    /// Where this view holds such a part, in places of the text itself.
    pub(super) fn find(&self, view: &DecodedView) -> Vec<Range<usize>> {
        let text = &view.bytes;
        let mut found: Vec<Range<usize>> = Vec::new();
        for part in self.finder.find_overlapping_iter(text) {
            let (form, at) = self.places[part.pattern().as_usize()];
            let (form, least) = &self.forms[form];
            let before = text[..part.start()].iter().rev();
            let before = before.zip(form[..at].iter().rev());
            let before = before.take_while(|(a, b)| a == b).count();
            let after = text[part.end()..].iter();
            let after = after.zip(&form[at + part.len()..]);
            let after = after.take_while(|(a, b)| a == b).count();
            let run = part.start() - before..part.end() + after;
            if run.len() >= *least && !own_texts::hold(&text[run.clone()]) {
                found.push(view.origin(run));
            }
        }
        found
    }
}

/// A secret in every encoding, and how many bytes of that are eight of its characters.
fn forms(secret: &str) -> Vec<(Vec<u8>, usize)> {
    let digits = hex::encode(secret.as_bytes());
    let upper = digits.to_uppercase().into_bytes();
    let mut forms = vec![(digits.into_bytes(), 2 * RUN), (upper, 2 * RUN)];
    let mut guises = guises(secret).into_iter();
    forms.extend(guises.next().map(|plain| (plain, RUN)));
    // Eight bytes are at least ten whole letters of base64.
    forms.extend(guises.map(|coded| (coded, RUN * 8 / 6)));
    forms
}

/// Whether it looks random, and not like a word or a sentence.
pub fn is_random(secret: &str) -> bool {
    let mut different: Vec<_> = secret.bytes().collect();
    different.sort_unstable();
    different.dedup();
    let kinds: [fn(&u8) -> bool; 3] = [
        u8::is_ascii_lowercase,
        u8::is_ascii_uppercase,
        u8::is_ascii_digit,
    ];
    let kinds = kinds.iter().filter(|kind| different.iter().any(kind));
    secret.chars().count() >= RANDOM_LEAST
        && different.len() >= DIFFERENT_LEAST
        && kinds.count() >= 2
}

#[cfg(test)]
mod tests {
    use super::super::encodings::views;
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI7K7MDENGbPxRfiCYzq3vTb5kL9a";

    fn hidden(text: &str) -> usize {
        let runs = Runs::of([SECRET].into_iter()).expect("a random secret");
        // Digits alone are hexadecimal of either case, so a part may be found shorter as well.
        let views = views(text.as_bytes());
        let parts = views.iter().flat_map(|view| runs.find(view));
        parts.map(|part| part.len()).max().unwrap_or(0)
    }

    #[test]
    fn eight_characters_in_a_row_are_found_at_every_place_and_seven_are_not() {
        use base64::Engine;
        use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
        for length in 1..=SECRET.len() {
            for at in 0..=SECRET.len() - length {
                let part = &SECRET[at..at + length];
                let due = if length < RUN { 0 } else { length };
                assert_eq!(hidden(&format!("=!{part}#=")), due, "{part}");
                let hex = hex::encode(part.as_bytes());
                assert_eq!(hidden(&format!("x{hex}y")), 2 * due, "{part} as {hex}");
                assert_eq!(hidden(&hex.to_uppercase()), 2 * due, "{part}");
            }
        }
        for cut in 0..SECRET.len() - RUN {
            for shift in 0..3 {
                let text = format!("{}{}", &"ab"[..shift.min(2)], &SECRET[cut..]);
                for coded in [STANDARD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
                    assert!(hidden(&coded) >= 10, "{text} as {coded}");
                }
            }
        }
    }

    #[test]
    fn words_and_short_secrets_have_no_parts() {
        for secret in [
            "1234567890123456789",
            "aaaaaaaaaaaaaaaaaaaaaaaaa1",
            "correcthorsebatterystaple",
            "practice",
        ] {
            assert!(Runs::of([secret].into_iter()).is_none(), "{secret}");
        }
    }
}
