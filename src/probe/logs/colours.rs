//! Colours of a terminal in a log.

use super::pattern::regex;
use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// Without the escape sequences by which loggers colour a terminal, also where there is none.
pub(super) fn without_colours(text: &str) -> Cow<'_, str> {
    if !text.contains("\x1b[") {
        // Colours of which the first byte was lost on the way.
        return match text.contains("[0m") {
            true => LOST_COLOUR.replace_all(text, ""),
            false => Cow::Borrowed(text),
        };
    }
    let mut parts = text.split("\x1b[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // Parameters are digits and marks, and a letter ends the sequence (ECMA-48, 5.4).
        let end = part.find(|c: char| ('@'..='~').contains(&c));
        plain.push_str(end.and_then(|end| part.get(end + 1..)).unwrap_or_default());
    }
    Cow::Owned(plain)
}

static LOST_COLOUR: LazyLock<Regex> = LazyLock::new(|| regex(r"\[[0-9;]*m"));
