//! Why a signature does not match: each common mistake is undone in turn, and one is reported only
//! if the signature then matches. The reasons hold no part of the secret.

use super::sign::{Malformed, is_tag_of, parse_tag, verify};
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::report::model::Verdict;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::fmt::Write;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Whether a signature is that of a body, as a document with the reason where it is not.
///
/// # Errors
/// [`Malformed`].
pub fn verification(secret: &str, body: &[u8], signature: &str) -> Result<Document, Malformed> {
    let is_right = verify(secret, body, signature)?;
    let reason = match is_right {
        true => None,
        false => explain_mismatch(secret, body, signature),
    };
    let (verdict, summary) = match is_right {
        true => (Verdict::Ok, "the signature is right".to_owned()),
        false => {
            let why = reason.unwrap_or("another secret, or other bytes than were signed");
            let summary = format!("the signature is wrong: {why}");
            (Verdict::Critical, summary)
        }
    };
    let (word, bytes) = (verdict.word().to_uppercase(), body.len());
    let next = match (is_right, reason) {
        (true, _) => "",
        (false, Some(_)) => "DO NOW    Fix that, then verify again\n",
        (false, None) => {
            "DO NOW    Verify the raw body as it arrived, with the secret of the registration\n"
        }
    };
    let text = format!("{word:<10}{summary} ({bytes} bytes)\n{next}");
    let extra = json!({"right": is_right, "reason": reason, "bytes": bytes});
    let kind = DocumentKind::WebhookVerify;
    Ok(Document::new(kind, verdict, summary, text, extra))
}

/// The mistake in the body or in the secret that explains a signature that does not match; `None`
/// where no known mistake does.
pub fn explain_mismatch(secret: &str, body: &[u8], signature: &str) -> Option<&'static str> {
    let tag = parse_tag(signature)?;
    if is_tag_of(secret.as_bytes(), body, &tag) {
        return Some(
            "the digits are the right ones, but in upper case: receivers compare the text",
        );
    }
    let body_was = body_variants(body)
        .into_iter()
        .find(|(body, _)| is_tag_of(secret.as_bytes(), body, &tag));
    let secret_was = || {
        secret_variants(secret)
            .into_iter()
            .find(|(secret, _)| is_tag_of(secret, body, &tag))
    };
    body_was.or_else(secret_was).map(|(_, why)| why)
}

/// What may have been signed in place of this body, with the mistake that would explain it.
fn body_variants(body: &[u8]) -> Vec<(Vec<u8>, &'static str)> {
    const ADDED: &str = "the body has a line break at its end that was not signed";
    const LOST: &str = "the signed body had a line break at its end that is missing here";
    const BREAKS: &str = "the line breaks of the body were converted";
    const MARK: &str = "a byte order mark was put before the body, or taken away";
    const ANEW: &str = "the body was parsed and written anew: the raw bytes are what is signed";
    let mut all = vec![
        ([body, b"\n"].concat(), LOST),
        ([body, b"\r\n"].concat(), LOST),
        ([BOM, body].concat(), MARK),
    ];
    all.extend(body.strip_suffix(b"\n").map(|cut| (cut.to_vec(), ADDED)));
    all.extend(body.strip_suffix(b"\r\n").map(|cut| (cut.to_vec(), ADDED)));
    all.extend(body.strip_prefix(BOM).map(|cut| (cut.to_vec(), MARK)));
    let Ok(text) = std::str::from_utf8(body) else {
        return all;
    };
    let unix = text.replace("\r\n", "\n");
    all.push((unix.replace('\n', "\r\n").into_bytes(), BREAKS));
    all.push((unix.into_bytes(), BREAKS));
    let Ok(json) = serde_json::from_str::<Value>(text) else {
        return all;
    };
    // In the order of the text, and with sorted keys.
    let sorted = json.to_string();
    for text in [text, &sorted] {
        for gap in ["", " "] {
            let text = with_separators(text, gap);
            all.push((escape_non_ascii(&text).into_bytes(), ANEW));
            all.push((text.into_bytes(), ANEW));
        }
    }
    all.extend(serde_json::to_vec_pretty(&json).map(|pretty| (pretty, ANEW)));
    all
}

/// JSON with this gap after each comma and colon and no other whitespace outside strings.
fn with_separators(json: &str, gap: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in json.chars() {
        match c {
            ' ' | '\n' | '\r' | '\t' if !in_string => continue,
            '"' if !escaped => in_string = !in_string,
            _ => {}
        }
        escaped = in_string && c == '\\' && !escaped;
        out.push(c);
        if !in_string && matches!(c, ',' | ':') {
            out.push_str(gap);
        }
    }
    out
}

/// JSON with `\u` escapes for everything beyond ASCII, the default of some libraries.
fn escape_non_ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c.is_ascii() {
            true => out.push(c),
            false => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out
}

/// What the sender may have signed with in place of this secret, with the mistake.
fn secret_variants(secret: &str) -> Vec<(Vec<u8>, &'static str)> {
    const BREAK: &str = "the sender's secret has a line break at its end";
    const BLANKS: &str = "the secret here has blanks at its ends, the sender's has none";
    const QUOTES: &str = "the secret here has quotation marks around it, the sender's has none";
    const NAMED: &str =
        "the secret here has NAME= before it, as in a file of variables, the sender's has not";
    const MEANT: &str =
        "the sender signs with the bytes that the secret stands for, not with its text";
    let mut all = vec![
        (format!("{secret}\n").into_bytes(), BREAK),
        (format!("{secret}\r\n").into_bytes(), BREAK),
        (format!("{secret}\r").into_bytes(), BREAK),
        (secret.trim().as_bytes().to_vec(), BLANKS),
    ];
    for mark in ['"', '\''] {
        let bare = secret.strip_prefix(mark).and_then(|s| s.strip_suffix(mark));
        all.extend(bare.map(|bare| (bare.as_bytes().to_vec(), QUOTES)));
    }
    if let Some((name, value)) = secret.split_once('=')
        && !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    {
        all.push((value.as_bytes().to_vec(), NAMED));
    }
    let coded = secret.strip_prefix("whsec_").unwrap_or(secret);
    let bare = coded.trim_end_matches('=');
    all.extend(STANDARD_NO_PAD.decode(bare).map(|bytes| (bytes, MEANT)));
    all.extend(URL_SAFE_NO_PAD.decode(bare).map(|bytes| (bytes, MEANT)));
    all.extend(hex::decode(coded).map(|bytes| (bytes, MEANT)));
    all
}

#[cfg(test)]
mod tests {
    use super::super::{sign, verify};
    use super::*;

    fn missed(secret: &str, body: &str, here: (&str, &str)) -> Option<&'static str> {
        let signature = sign(secret, body.as_bytes());
        assert_eq!(verify(here.0, here.1.as_bytes(), &signature), Ok(false));
        explain_mismatch(here.0, here.1.as_bytes(), &signature)
    }

    #[test]
    fn a_provable_change_of_the_body_is_named() {
        let compact = r#"{"b":[1,2.50],"a":"ä: \", 😀"}"#;
        let spaced = r#"{"b": [1, 2.50], "a": "ä: \", 😀"}"#;
        for (signed, here, why) in [
            (compact, format!("{compact}\n"), "was not signed"),
            (compact, format!("{compact}\r\n"), "was not signed"),
            (
                &format!("{compact}\n"),
                compact.to_owned(),
                "is missing here",
            ),
            (
                &format!("{compact}\r\n"),
                compact.to_owned(),
                "is missing here",
            ),
            (compact, format!("\u{feff}{compact}"), "byte order mark"),
            (
                &format!("\u{feff}{compact}"),
                compact.to_owned(),
                "byte order mark",
            ),
            ("{\n}\n", "{\r\n}\r\n".to_owned(), "converted"),
            ("{\r\n}\r\n", "{\n}\n".to_owned(), "converted"),
            (compact, spaced.to_owned(), "written anew"),
            (spaced, compact.to_owned(), "written anew"),
            (spaced, compact.replace("],", "]\r\n\t,"), "written anew"),
            (
                r#"{"a":"\u00e4\ud83d\ude00"}"#,
                r#"{ "a": "ä😀" }"#.to_owned(),
                "written anew",
            ),
            (
                r#"{"a":1,"b":2}"#,
                r#"{"b": 2, "a": 1}"#.to_owned(),
                "written anew",
            ),
            ("{\n  \"a\": 1\n}", r#"{"a":1}"#.to_owned(), "written anew"),
        ] {
            let found = missed("s", signed, ("s", &here));
            assert!(
                found.is_some_and(|found| found.contains(why)),
                "{here:?}: {found:?}"
            );
        }
    }

    #[test]
    fn a_provable_mistake_in_the_secret_is_named() {
        let body = "{}";
        for (theirs, ours, why) in [
            ("s3cret\n", "s3cret", "line break"),
            ("s3cret\r\n", "s3cret", "line break"),
            ("s3cret\r", "s3cret", "line break"),
            ("s3cret", " s3cret\t", "blanks"),
            ("s3cret", "\"s3cret\"", "quotation"),
            ("s3cret", "'s3cret'", "quotation"),
            ("s3cret", "WEBHOOK_SECRET=s3cret", "NAME="),
            ("s3cret", "whsec_czNjcmV0", "stands for"),
            ("s3cret", "czNjcmV0", "stands for"),
            ("s3cret!", "czNjcmV0IQ==", "stands for"),
            ("s3cret", "733363726574", "stands for"),
        ] {
            let found = missed(theirs, body, (ours, body));
            assert!(
                found.is_some_and(|found| found.contains(why)),
                "{ours:?}: {found:?}"
            );
            assert!(
                !found.is_some_and(|found| found.contains(ours)),
                "it tells no secret"
            );
        }
    }

    #[test]
    fn an_unprovable_mismatch_has_no_explanation() {
        assert_eq!(missed("another", "{}", ("s", "{}")), None);
        assert_eq!(missed("s", "{}", ("s", "{\"a\":1}")), None);
        assert_eq!(explain_mismatch("s", b"{}", "sha256=00"), None);
        let upper = sign("s", b"{}").to_uppercase().replace("SHA", "sha");
        assert!(explain_mismatch("s", b"{}", &upper).is_some_and(|why| why.contains("upper case")));
    }
}
