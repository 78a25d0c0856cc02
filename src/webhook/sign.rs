//! The signature: HMAC-SHA256 of the raw body, in lower hexadecimal behind `sha256=`.

use ring::hmac;

const SCHEME: &str = "sha256=";

/// The signature of a body.
pub fn sign(secret: &str, body: &[u8]) -> String {
    let tag = hmac::sign(&key(secret.as_bytes()), body);
    format!("{SCHEME}{}", hex::encode(tag.as_ref()))
}

/// The text does not have the form of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a signature is `sha256=` and 64 hexadecimal digits; a receiver refuses this one, whatever the body"
)]
pub struct Malformed;

/// Whether a signature is that of a body, compared in constant time.
/// Receivers compare the text, so digits in upper case are wrong.
///
/// # Errors
/// [`Malformed`].
pub fn verify(secret: &str, body: &[u8], signature: &str) -> Result<bool, Malformed> {
    let tag = parse_tag(signature).ok_or(Malformed)?;
    let is_lower = !signature.bytes().any(|byte| byte.is_ascii_uppercase());
    Ok(is_tag_of(secret.as_bytes(), body, &tag) && is_lower)
}

/// Whether the tag is that of a body under a key of any bytes; in constant time.
pub(super) fn is_tag_of(secret: &[u8], body: &[u8], tag: &[u8; 32]) -> bool {
    hmac::verify(&key(secret), body, tag).is_ok()
}

fn key(secret: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret)
}

/// The bytes of a signature, whose digits may be of either case.
pub(super) fn parse_tag(signature: &str) -> Option<[u8; 32]> {
    let digits = signature.strip_prefix(SCHEME)?.as_bytes();
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
    fn the_signature_matches_rfc_4231() {
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
    fn one_flipped_bit_is_wrong_and_a_malformed_signature_is_an_error() {
        let (secret, body) = ("s", b"{\"a\":1}".as_slice());
        let right = sign(secret, body);
        assert_eq!(verify(secret, body, &right), Ok(true));
        let upper = right.to_uppercase().replace("SHA", "sha");
        assert_eq!(verify(secret, body, &upper), Ok(false), "{upper}");
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
            &format!("{right}\n"),
            &right.to_uppercase(),
            &right
                .replace('0', "g")
                .replacen(|c: char| c.is_ascii_digit(), "g", 1),
        ] {
            if *none != right {
                assert_eq!(verify(secret, body, none), Err(Malformed), "{none}");
            }
        }
    }
}
