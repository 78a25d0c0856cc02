//! The encodings in which a secret is recognized: plain, hexadecimal, base64 at each of the three
//! offsets, URL-encoded, and JSON-escaped, also twice.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Whether bytes hold a secret in any encoding, however short it is.
pub fn holds(bytes: &[u8], secret: &str) -> bool {
    let guises = guises(secret);
    let views = views(bytes);
    views.iter().any(|view| {
        let lower = view.bytes.to_ascii_lowercase();
        within(&lower, hex::encode(secret.as_bytes()).as_bytes())
            || guises
                .iter()
                .any(|encodings| within(&view.bytes, encodings))
    })
}

fn within(text: &[u8], encodings: &[u8]) -> bool {
    !encodings.is_empty() && text.windows(encodings.len()).any(|part| part == encodings)
}

/// The forms of a secret that are searched for in each view.
pub(super) fn guises(secret: &str) -> Vec<Vec<u8>> {
    let mut guises = vec![secret.as_bytes().to_vec()];
    for at in 0..3 {
        for coded in [
            STANDARD_NO_PAD.encode(shifted(secret, at)),
            URL_SAFE_NO_PAD.encode(shifted(secret, at)),
        ] {
            // Inside a longer text it begins at one of three places in a group of three bytes;
            // the letters that also depend on what stands around it are left out.
            let sure = (at + secret.len()) * 8 / 6;
            let core = coded.get([0, 2, 3][at]..sure).unwrap_or_default();
            guises.push(core.as_bytes().to_vec());
        }
    }
    guises
}

fn shifted(secret: &str, by: usize) -> Vec<u8> {
    [&[0; 2][..by], secret.as_bytes()].concat()
}

/// A text with one way of writing undone, and where each of its bytes came from.
pub(super) struct DecodedView {
    pub(super) bytes: Vec<u8>,
    /// For each byte where it begins in the text itself, and at last where that ends.
    starts: Vec<usize>,
}

impl DecodedView {
    pub(super) fn of(text: &[u8]) -> Self {
        Self {
            bytes: text.to_vec(),
            starts: (0..=text.len()).collect(),
        }
    }

    /// Where this part of the view stands in the text itself.
    pub(super) fn origin(&self, part: std::ops::Range<usize>) -> std::ops::Range<usize> {
        self.starts[part.start]..self.starts[part.end]
    }

    /// The view with one more way of writing undone. `undo` yields what stands for the bytes
    /// at its beginning and how many those are; where it knows nothing they stand for themselves.
    fn undone(&self, undo: impl Fn(&[u8]) -> Option<(Vec<u8>, usize)>) -> Option<Self> {
        let (mut bytes, mut starts) = (Vec::new(), Vec::new());
        let (mut at, mut any) = (0, false);
        while let Some(rest) = self.bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let (meant, taken) = match undo(rest) {
                Some(meant) => {
                    any = true;
                    meant
                }
                None => (vec![rest[0]], 1),
            };
            starts.extend(meant.iter().map(|_| self.starts[at]));
            bytes.extend(meant);
            at += taken;
        }
        starts.push(self.starts[at]);
        any.then_some(Self { bytes, starts })
    }
}

/// The text as it is and with each way of writing undone that it shows.
pub(super) fn views(text: &[u8]) -> Vec<DecodedView> {
    let whole = DecodedView::of(text);
    let url = whole.undone(percent);
    let form =
        whole.undone(|rest| percent(rest).or(rest.starts_with(b"+").then(|| (vec![b' '], 1))));
    let json = whole.undone(escape);
    let twice = json.as_ref().and_then(|json| json.undone(escape));
    let mut views = vec![whole];
    views.extend([url, form, json, twice].into_iter().flatten());
    views
}

/// `%2F`
fn percent(rest: &[u8]) -> Option<(Vec<u8>, usize)> {
    match rest {
        [b'%', high, low, ..] => Some((vec![16 * digit(*high)? + digit(*low)?], 3)),
        _ => None,
    }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

/// An escape of a JSON string.
fn escape(rest: &[u8]) -> Option<(Vec<u8>, usize)> {
    let [b'\\', kind, more @ ..] = rest else {
        return None;
    };
    let one = |byte: u8| Some((vec![byte], 2));
    match kind {
        b'"' | b'\\' | b'/' => one(*kind),
        b'n' => one(b'\n'),
        b'r' => one(b'\r'),
        b't' => one(b'\t'),
        b'b' => one(8),
        b'f' => one(12),
        b'u' => {
            let first = unit(more)?;
            let second = more.get(4..).and_then(|more| match more {
                [b'\\', b'u', more @ ..] => unit(more),
                _ => None,
            });
            let meant = |units: &[u16]| String::from_utf16(units).ok().map(String::into_bytes);
            if let Some(pair) = second.and_then(|second| meant(&[first, second]))
                && meant(&[first]).is_none()
            {
                return Some((pair, 12));
            }
            Some((meant(&[first])?, 6))
        }
        _ => None,
    }
}

fn unit(digits: &[u8]) -> Option<u16> {
    let digits = digits.get(..4)?;
    digits
        .iter()
        .try_fold(0, |unit, byte| Some(16 * unit + u16::from(digit(*byte)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_every_encoding() {
        let secret = "wh \"ö/+sec";
        // By hand, from another tool.
        for text in [
            "x wh \"ö/+sec y",
            r#"{"a":{"wh \"ö\/+sec":1}}"#,
            r#"{"a":["wh \u0022\u00f6/+sec"]}"#,
            "a=wh%20%22%C3%B6%2F%2Bsec",
            "a=wh+%22%c3%b6%2f%2bsec",
            "%77%68%20%22%C3%B6%2F%2B%73%65%63",
            "776820 77682022c3b62f2b736563",
            "77682022C3B62F2B736563",
            "d2ggIsO2LytzZWM=",
            "eHdoICLDti8rc2VjeQ==",
            "eHh3aCAiw7YvK3NlY3h4",
            "eHh4d2ggIsO2LytzZWM",
            "eHh3aCAiw7YvK3NlY3h4%3D",
        ] {
            assert!(holds(text.as_bytes(), secret), "{text}");
        }
        for text in ["", "wh", "d2gg", "{\"a\":1}", "%", "%zz"] {
            assert!(!holds(text.as_bytes(), secret), "{text}");
        }
    }

    #[test]
    fn url_safe_base64_is_recognized() {
        let secret = "\u{3f}\u{3f}\u{3e}~~~???>>>";
        for coded in ["Pz8-fn5-Pz8_Pj4-", "Pz8+fn5+Pz8/Pj4+"] {
            assert!(holds(coded.as_bytes(), secret), "{coded}");
        }
    }

    #[test]
    fn a_short_secret_is_found_anywhere() {
        assert!(holds(b"duck.pulse", "uck"));
        assert!(!holds(b"duck.pulse", "ucx"));
    }
}
