//! What the body of a successful answer says to the contrary.
//!
//! A transport's success is no acceptance: a login page or a proxy answers 200, too, and some servers
//! say in the body alone that they did nothing.

use serde_json::Value;

/// Elements with which a page begins, whether or not it is a proper one.
const PAGE: [&str; 12] = [
    "!doctype html",
    "html",
    "head",
    "body",
    "meta",
    "title",
    "script",
    "style",
    "link",
    "div",
    "form",
    "h1",
];

/// What a body is instead of an acceptance; `is_cut` where it had more than these bytes.
pub fn denial(content_type: &str, body: &[u8], is_cut: bool) -> Option<&'static str> {
    let body = text(body);
    let body = body.trim_start_matches('\u{feff}').trim_ascii();
    if body.is_empty() {
        // Frameworks give an empty answer the type of their pages.
        return None;
    }
    let kind = content_type.to_ascii_lowercase();
    if kind.contains("html") || is_page(body) {
        return Some("a web page, such as that of a login or a proxy");
    }
    if is_cut && (kind.contains("json") || body.starts_with('{')) {
        return Some("a document that is too long for an answer");
    }
    let json = serde_json::from_str::<Value>(body).ok()?;
    let says_no = match &json {
        Value::Array(all) => all.iter().any(says_no),
        one => says_no(one),
    };
    says_no.then_some("its JSON says that it failed")
}

/// Whether a body is a web page: of a login, or of a proxy that answers for somebody else.
pub fn is_web_page(body: &[u8]) -> bool {
    // Nothing is copied of a document, which may hold a key.
    let body = body.trim_ascii_start();
    let begins = [&b"<"[..], b"\xef\xbb\xbf<", b"\xff\xfe<", b"\xfe\xff\0<"];
    begins.iter().any(|begin| body.starts_with(begin))
        && is_page(text(body).trim_start_matches('\u{feff}'))
}

/// The text of a body; one in UTF-16 is known by its byte order mark.
fn text(body: &[u8]) -> String {
    let units = |of: fn([u8; 2]) -> u16| -> Vec<u16> {
        let pairs = body.chunks_exact(2);
        pairs.map(|pair| of([pair[0], pair[1]])).collect()
    };
    match body {
        [0xff, 0xfe, ..] => String::from_utf16_lossy(&units(u16::from_le_bytes)),
        [0xfe, 0xff, ..] => String::from_utf16_lossy(&units(u16::from_be_bytes)),
        _ => String::from_utf8_lossy(body).into_owned(),
    }
}

/// Whether it begins as a page, behind a declaration and comments.
fn is_page(mut text: &str) -> bool {
    for (opens, closes) in [("<?", "?>"), ("<!--", "-->"), ("<!--", "-->")] {
        if let Some((_, rest)) = text
            .strip_prefix(opens)
            .and_then(|rest| rest.split_once(closes))
        {
            text = rest.trim_ascii_start();
        }
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

/// Whether an object denies that anything was done, however its members are spelled.
fn says_no(json: &Value) -> bool {
    let Value::Object(members) = json else {
        return false;
    };
    let mut members = members.iter();
    members.any(|(name, value)| is_denying(name, value))
}

/// Whether a member says that nothing was done.
pub fn is_denying(name: &str, value: &Value) -> bool {
    match name.to_ascii_lowercase().as_str() {
        "ok" | "success" => *value == false || *value == "false",
        "error" | "errors" => holds_something(value),
        _ => false,
    }
}

/// Whether there is something in a member that should be empty.
fn holds_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        Value::Number(count) => count.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(all) => !all.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
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
    fn an_empty_body_denies_nothing_whatever_its_type() {
        for body in ["", "\r\n", "\u{feff}"] {
            let found = denial("text/html; charset=utf-8", body.as_bytes(), false);
            assert_eq!(found, None, "{body:?}");
        }
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
        ] {
            assert_eq!(denial("", json.as_bytes(), false).is_some(), due, "{json}");
        }
    }
}
