//! The signature: HMAC-SHA256 of the raw body, in lower hexadecimal behind `sha256=`.

use ring::hmac;
use std::fmt::Write;

const SCHEME: &str = "sha256=";

/// The signature of a body.
pub fn sign(secret: &str, body: &[u8]) -> String {
    let tag = hmac::sign(&key(secret), body);
    tag.as_ref()
        .iter()
        .fold(SCHEME.to_owned(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// A text that cannot be a signature, whatever the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a signature is `sha256=` and 64 hexadecimal digits")]
pub struct Malformed;

/// Whether a signature is that of a body. How long it takes says nothing about the right one.
///
/// # Errors
/// That the text is no signature at all.
pub fn verify(secret: &str, body: &[u8], signature: &str) -> Result<bool, Malformed> {
    let tag = tag(signature).ok_or(Malformed)?;
    Ok(hmac::verify(&key(secret), body, &tag).is_ok())
}

/// What could have been done to a body or a secret whose signature is wrong, where undoing
/// it makes it right.
pub fn near_miss(secret: &str, body: &[u8], signature: &str) -> Option<&'static str> {
    let right = |secret: &str, body: &[u8]| verify(secret, body, signature) == Ok(true);
    let cut = body.strip_suffix(b"\n");
    if cut.is_some_and(|cut| right(secret, cut.strip_suffix(b"\r").unwrap_or(cut))) {
        return Some("the body has a line break at its end that was not signed");
    }
    if right(secret, &[body, b"\n"].concat()) {
        return Some("the signed body had a line break at its end that is missing here");
    }
    if right(&format!("{secret}\n"), body) {
        return Some("the sender's secret has a line break at its end");
    }
    if secret.trim() != secret && right(secret.trim(), body) {
        return Some("the secret here has blanks at its ends");
    }
    let json: serde_json::Value = serde_json::from_slice(body).ok()?;
    let forms = [json.to_string(), serde_json::to_string_pretty(&json).ok()?];
    forms
        .iter()
        .any(|form| right(secret, form.as_bytes()))
        .then_some("the body was parsed and written anew: the raw bytes are what is signed")
}

fn key(secret: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())
}

fn tag(signature: &str) -> Option<[u8; 32]> {
    let digits = signature.trim().strip_prefix(SCHEME)?.as_bytes();
    let mut tag = [0; 32];
    if digits.len() != 2 * tag.len() {
        return None;
    }
    for (byte, pair) in tag.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |at: usize| char::from(*pair.get(at)?).to_digit(16);
        *byte = u8::try_from(digit(0)? << 4 | digit(1)?).ok()?;
    }
    Some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, case 2.
    #[test]
    fn the_signature_is_the_one_of_the_standard() {
        let signature = sign("Jefe", b"what do ya want for nothing?");
        assert_eq!(
            signature,
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            verify("Jefe", b"what do ya want for nothing?", &signature),
            Ok(true)
        );
    }

    #[test]
    fn one_bit_makes_it_wrong_and_what_is_no_signature_is_said() {
        let (secret, body) = ("s", b"{\"a\":1}".as_slice());
        let right = sign(secret, body);
        assert_eq!(
            verify(secret, body, &right.to_uppercase().replace("SHA", "sha")),
            Ok(true)
        );
        for at in 0..body.len() {
            for bit in 0..8 {
                let mut other = body.to_vec();
                other[at] ^= 1 << bit;
                assert_eq!(verify(secret, &other, &right), Ok(false));
            }
        }
        assert_eq!(verify("t", body, &right), Ok(false));
        for none in [
            "",
            "sha256=",
            &right[7..],
            &right[..70],
            "sha1=00",
            &format!("{right}0"),
            &right
                .replace('0', "g")
                .replacen(|c: char| c.is_ascii_digit(), "g", 1),
        ] {
            if *none != right {
                assert_eq!(verify(secret, body, none), Err(Malformed), "{none}");
            }
        }
    }

    #[test]
    fn what_was_done_to_the_body_is_found_where_it_can_be() {
        let signed = |secret: &str, body: &str| sign(secret, body.as_bytes());
        let miss = |signature: &str, body: &str| near_miss("s", body.as_bytes(), signature);
        let body = r#"{"a":1,"b":[2]}"#;
        assert!(miss(&signed("s", body), &format!("{body}\n")).is_some());
        assert!(miss(&signed("s", body), &format!("{body}\r\n")).is_some());
        assert!(miss(&signed("s", &format!("{body}\n")), body).is_some());
        assert!(miss(&signed("s\n", body), body).is_some());
        assert!(miss(&signed("s", body), "{ \"a\": 1, \"b\": [2] }").is_some());
        assert_eq!(miss(&signed("t", body), body), None);
    }
}
