//! What the body of a successful answer says to the contrary.
//!
//! A transport's success is no acceptance: a login page or a proxy answers 200, too, and some servers
//! say in the body alone that they did nothing.

use super::error_member::is_error_member;
use super::skip_values::skip_values;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::cell::Cell;
use std::fmt;

/// Elements with which a page begins, whether or not it is a proper one.
const PAGE: [&str; 22] = [
    "!doctype html",
    "html",
    "head",
    "body",
    "meta",
    "title",
    "base",
    "script",
    "noscript",
    "style",
    "link",
    "div",
    "form",
    "iframe",
    "frameset",
    "center",
    "table",
    "span",
    "p",
    "h1",
    "h2",
    "h3",
];

/// What a body is instead of an acceptance; `is_cut` where it had more than these bytes.
pub fn denial(content_type: &str, body: &[u8], is_cut: bool) -> Option<&'static str> {
    const TOO_LONG: &str = "a document that is too long for an answer";
    let body = text(body);
    let body = body.trim_start_matches('\u{feff}').trim_ascii();
    if body.is_empty() {
        // Frameworks give an empty answer the type of their pages.
        return is_cut.then_some(TOO_LONG);
    }
    let kind = content_type.to_ascii_lowercase();
    if kind.contains("html") || is_page(body) {
        return Some("a web page, such as that of a login or a proxy");
    }
    let is_object = body.starts_with('{');
    if is_cut && (kind.contains("json") || is_object) {
        return Some(TOO_LONG);
    }
    let is_denied = Cell::new(false);
    let is_whole = read_values(body, &is_denied);
    if is_denied.get() {
        return Some("its JSON reports a failure");
    }
    let should_be_whole = is_object || (kind.contains("json") && body.starts_with('['));
    (should_be_whole && !is_whole).then_some("JSON that is torn")
}

/// Reads JSON values that follow each other, and notes what denies in each of them or in each
/// element of an array. Whether all of it was JSON; what stands before a fault counts.
fn read_values(body: &str, is_denied: &Cell<bool>) -> bool {
    let mut json = serde_json::Deserializer::from_str(body);
    while json.end().is_err() {
        let (is_denied, in_array) = (is_denied, false);
        let value = Denials {
            is_denied,
            in_array,
        };
        if value.deserialize(&mut json).is_err() {
            return false;
        }
    }
    true
}

/// One JSON value, as far as it denies that anything was done. A name that stands twice is read
/// twice.
#[derive(Clone, Copy)]
struct Denials<'a> {
    is_denied: &'a Cell<bool>,
    in_array: bool,
}

impl<'de> DeserializeSeed<'de> for Denials<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Denials<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if is_error_member(&name, (&value).into()) {
                self.is_denied.set(true);
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<(), A::Error> {
        let element = Self {
            in_array: true,
            ..self
        };
        while match self.in_array {
            true => all.next_element::<IgnoredAny>()?.is_some(),
            false => all.next_element_seed(element)?.is_some(),
        } {}
        Ok(())
    }

    skip_values!(null boolean integer float text);
}

/// Whether a body is a web page: of a login, or of a proxy that answers instead of the service.
pub fn is_web_page(body: &[u8]) -> bool {
    // Nothing is copied of a document, which may hold a key.
    let body = body.trim_ascii_start();
    let begins = [&b"<"[..], b"\xef\xbb\xbf<", b"\xff\xfe<", b"\xfe\xff\0<"];
    begins.iter().any(|begin| body.starts_with(begin))
        && is_page(text(body).trim_start_matches('\u{feff}'))
}

/// The text of a body; one in UTF-16 is known by its byte order mark, and without it ASCII in UTF-16
/// or UTF-32 is what remains without its zeros.
fn text(body: &[u8]) -> String {
    let units = |of: fn([u8; 2]) -> u16| -> Vec<u16> {
        let pairs = body.chunks_exact(2);
        pairs.map(|pair| of([pair[0], pair[1]])).collect()
    };
    let text = match body {
        [0xff, 0xfe, ..] => String::from_utf16_lossy(&units(u16::from_le_bytes)),
        [0xfe, 0xff, ..] => String::from_utf16_lossy(&units(u16::from_be_bytes)),
        _ => String::from_utf8_lossy(body).into_owned(),
    };
    text.replace('\0', "")
}

/// Whether it begins as a page, behind a declaration and comments.
fn is_page(mut text: &str) -> bool {
    let behind = |text: &'_ str, opens: &str, closes: &str| {
        let (_, rest) = text.strip_prefix(opens)?.split_once(closes)?;
        Some(rest.len())
    };
    while let Some(left) = behind(text, "<?", "?>").or_else(|| behind(text, "<!--", "-->")) {
        text = text[text.len() - left..].trim_ascii_start();
    }
    let Some(element) = text.strip_prefix('<') else {
        return false;
    };
    let goes_on = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == ':';
    PAGE.iter().any(|name| {
        let rest = element
            .get(..name.len())
            .filter(|begin| begin.eq_ignore_ascii_case(name))
            .and_then(|_| element.get(name.len()..));
        rest.is_some_and(|rest| !rest.starts_with(goes_on))
    })
}

/// Whether a body is an API's own account of a failure: one JSON object that says what is wrong. What
/// only forwards a request has a page for that, a line, or nothing.
pub fn says_why(body: &[u8]) -> bool {
    let body = text(body);
    let members: serde_json::Result<Map<String, Value>> =
        serde_json::from_str(body.trim_start_matches('\u{feff}'));
    let says = |(name, value): (&String, &Value)| {
        let is_text = value.as_str().is_some_and(|text| !text.trim().is_empty());
        let is_reason = matches!(name.to_ascii_lowercase().as_str(), "message" | "hint");
        is_error_member(name, value.into()) || (is_reason && is_text)
    };
    members.is_ok_and(|members| members.iter().any(says))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_one_whatever_stands_before_it() {
        let utf16 = |text: &str| -> Vec<u8> {
            let units = text.encode_utf16().flat_map(u16::to_le_bytes);
            [0xff, 0xfe].into_iter().chain(units).collect()
        };
        for page in [
            "\u{feff}<!doctype html><p>".as_bytes(),
            b"<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\">",
            b"<!-- gateway -->\n<HTML>",
            b"<?xml version=\"1.0\"?><!-- a --> <!-- b --><html lang=\"en\">",
            b"<meta http-equiv=\"refresh\" content=\"0;url=/login\">",
            b"<script>location='/login'</script>",
            b"<title>Sign in</title>",
            &utf16("<html>Sign in</html>"),
            &utf16("<html>Sign in</html>")[2..],
            b"\0\0<html>",
            b"<!--a--><!--b--><!--c--><?xml?><html>",
            b"<center>Sign in</center>",
        ] {
            let found = denial("", page, false);
            assert!(found.is_some(), "{}", String::from_utf8_lossy(page));
        }
        for other in [
            "<ok/>",
            "<?xml version=\"1.0\"?><response/>",
            "<header/>",
            "<html",
        ] {
            let found = denial("application/xml", other.as_bytes(), false);
            assert_eq!(found.is_some(), other == "<html", "{other}");
        }
    }

    #[test]
    fn only_a_whole_object_that_says_what_is_wrong_is_an_apis_own_answer() {
        for (body, due) in [
            (r#"{"error":"grant_required"}"#, true),
            (r#"{"error":{"code":7},"beak_key":null}"#, true),
            (r#"{"Message":"Forbidden"}"#, true),
            ("\u{feff}{\"hint\":\"ask the owner\"}\n", true),
            ("{\"error\":\"no\"}\0\0\0", true),
            (r#"{"ok":false}"#, true),
            ("", false),
            ("\0\0", false),
            ("Forbidden", false),
            ("error code: 1020", false),
            ("<html>{\"error\":1}</html>", false),
            ("{}", false),
            (r#"{"error":null,"message":" "}"#, false),
            (r#"{"status":403}"#, false),
            (r#"{"message":403}"#, false),
            (r#"[{"error":"no"}]"#, false),
            (r#""error""#, false),
            (r#"{"error":"no"#, false),
            (r#"{"error":"no"} bye"#, false),
        ] {
            assert_eq!(says_why(body.as_bytes()), due, "{body:?}");
        }
    }

    #[test]
    fn an_empty_body_denies_nothing_whatever_its_type() {
        for body in ["", "\r\n", "\u{feff}"] {
            let found = denial("text/html; charset=utf-8", body.as_bytes(), false);
            assert_eq!(found, None, "{body:?}");
        }
        // What follows so much white space is not known.
        assert!(denial("", b"  \n", true).is_some());
    }

    #[test]
    fn json_that_denies_is_found_however_it_is_written() {
        for (json, due) in [
            ("\u{feff}{\"ok\":false}", true),
            (r#"{"Success":false,"Message":"no"}"#, true),
            (r#"[{"success":true},{"success":false}]"#, true),
            (r#"{"Error":{"code":1}}"#, true),
            (r#"{"success":true,"errors":{}}"#, false),
            (r#"["error"]"#, false),
            (r#"{"data":{"ok":false}}"#, false),
            (r#"[[{"ok":false}]]"#, false),
            (r#"{"ok":true,"ok":false}"#, true),
            (r#"{"ok":false,"ok":true}"#, true),
            ("{\"ok\":true}\n{\"ok\":false}\n", true),
            (r#"{"ok":false,}"#, true),
            (r#"{"ok":false,"detail":""#, true),
            (r#"{"id":"a"#, true),
            (r#"{"ok":0}"#, true),
            (r#"{"success":"False"}"#, true),
            (r#"{"ok":1}"#, false),
            ("[ok] done", false),
            ("12 queued", false),
        ] {
            assert_eq!(denial("", json.as_bytes(), false).is_some(), due, "{json}");
        }
    }
}
