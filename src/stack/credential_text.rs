//! What a token or a key looks like: it is sent as it stands, so that nothing may be left in it of the file that
//! it was copied from.

/// What a text holds besides a token or a key, if anything.
pub(super) fn fault(text: &str) -> Option<&'static str> {
    let is_quote = |c: char| matches!(c, '"' | '\'' | '`' | '\u{201c}' | '\u{201d}');
    if text.starts_with(is_quote) || text.ends_with(is_quote) {
        return Some("holds quotes, which would be sent as a part of the secret");
    }
    if is_assignment(text) {
        return Some("holds the name of a setting before the secret");
    }
    let scheme = text.split([' ', '\t']).next().unwrap_or_default();
    if scheme.len() < text.len() && scheme.eq_ignore_ascii_case("bearer") {
        return Some("begins with Bearer, which duckops adds itself");
    }
    if text.starts_with(['{', '[']) {
        return Some("holds a document, not the secret alone");
    }
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    (!is_plain).then_some("holds blanks or letters beyond ASCII, which no token or key has")
}

fn is_assignment(text: &str) -> bool {
    let Some((name, value)) = text.split_once('=') else {
        return false;
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    // The end of Base64 is no value.
    !name.is_empty() && name.chars().all(is_name) && !value.trim_matches('=').is_empty()
}
