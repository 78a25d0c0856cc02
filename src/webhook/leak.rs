//! Whether a secret is somewhere it must not be, in any guise that somebody could undo.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::percent_decode;
use serde_json::Value;
use std::fmt::Write;

/// Whether bytes hold a secret: as it is, in hexadecimal, in base64, URL-encoded, or escaped
/// as JSON.
pub(super) fn holds(bytes: &[u8], secret: &str) -> bool {
    let guises = guises(secret);
    let spaced: Vec<_> = bytes
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    let mut texts = vec![
        bytes.to_vec(),
        percent_decode(bytes).collect(),
        percent_decode(&spaced).collect(),
    ];
    if let Ok(json) = serde_json::from_slice(bytes) {
        strings(&json, &mut texts);
    }
    texts.iter().any(|text| {
        let lower = text.to_ascii_lowercase();
        let is_hex = within(&lower, hex(secret.as_bytes()).as_bytes());
        is_hex || guises.iter().any(|guise| within(text, guise))
    })
}

fn within(text: &[u8], guise: &[u8]) -> bool {
    !guise.is_empty() && text.windows(guise.len()).any(|part| part == guise)
}

/// Every string of a document, its escapes undone.
fn strings(json: &Value, texts: &mut Vec<Vec<u8>>) {
    match json {
        Value::String(text) => texts.push(text.clone().into_bytes()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, texts)),
        Value::Object(members) => {
            for (name, value) in members {
                texts.push(name.clone().into_bytes());
                strings(value, texts);
            }
        }
        _ => {}
    }
}

fn guises(secret: &str) -> Vec<Vec<u8>> {
    let escaped = Value::from(secret).to_string();
    let escaped = escaped.trim_matches('"').as_bytes().to_vec();
    let mut guises = vec![secret.as_bytes().to_vec(), escaped];
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

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_every_guise() {
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
    fn letters_of_the_url_alphabet_are_known() {
        let secret = "\u{3f}\u{3f}\u{3e}~~~???>>>";
        for coded in ["Pz8-fn5-Pz8_Pj4-", "Pz8+fn5+Pz8/Pj4+"] {
            assert!(holds(coded.as_bytes(), secret), "{coded}");
        }
    }

    #[test]
    fn a_secret_of_a_few_letters_is_found_wherever_they_stand() {
        assert!(holds(b"duck.pulse", "uck"));
        assert!(!holds(b"duck.pulse", "ucx"));
    }
}
