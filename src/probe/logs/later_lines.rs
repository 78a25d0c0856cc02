//! Several lines in one event: which of them are records of their own, and whether a stack trace
//! belongs to the line above it.

use super::level::Level;
use super::level_in_text::level_of_text;
use super::line_prefix::{is_platforms, is_time};
use super::pattern::regex;
use regex::Regex;
use std::sync::LazyLock;

/// The first record of an event without its first line, and the records behind it.
pub(super) fn parts(text: &str) -> Option<(&str, Vec<&str>)> {
    let (first, rest) = text.split_once('\n')?;
    let is_bracketed = first.starts_with(['[', '{']);
    let mut starts = Vec::new();
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if begins_record(line, is_bracketed) {
            starts.push(at);
        }
        at += line.len();
    }
    let own = rest.get(..starts.first().copied().unwrap_or(rest.len()))?;
    let ends = starts.iter().skip(1).copied().chain([rest.len()]);
    let records = starts
        .iter()
        .zip(ends)
        .filter_map(|(from, to)| rest.get(*from..to));
    Some((own, records.collect()))
}

/// Whether a line has a time, or a level in brackets below one in brackets or JSON, or is of the platform.
fn begins_record(line: &str, is_bracketed: bool) -> bool {
    let mut words = line.split([' ', '\t', ',']).take(3);
    match line.as_bytes().first() {
        Some(b'0'..=b'9') => words.any(is_time) || level_of_text(line) == Some(Level::Fault),
        Some(b'[') => {
            let is_upper = line.bytes().skip(1).take(4).all(|b| b.is_ascii_uppercase());
            let is_form = is_bracketed && (is_upper || words.any(is_time));
            is_form && level_of_text(line).is_some()
        }
        _ => is_platforms(line) || line.starts_with("RequestId: "),
    }
}

/// Whether a line speaks of what went wrong: a trace below it is one that it tells of.
pub(super) fn speaks_of_trouble(line: &str) -> bool {
    TROUBLE.is_match(line)
}

/// Whether a trace is whole: a head at the start of a line, and a call.
pub(super) fn is_whole_trace(text: &str, found: usize) -> bool {
    let start = text.get(..found).map_or(0, |before| {
        before.rfind('\n').map_or(0, |line_break| line_break + 1)
    });
    let is_head = !text[start..].starts_with([' ', '\t']);
    is_head && CALL.is_match(&text[start..])
}

static TROUBLE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i-u)err|excep|fail|retr|caught|catch|ignor|recover|handled|traceback|stack ?trace|refus|time(?:d )?out|abort|unable|could|can'?t|cannot|gave up|giving up|lost|reset|clos|denied|reject|invalid|not found|skip|fall|swallow|expected|crash|panic",
    )
});

static CALL: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r#"(?m)^[ \t]+(?:at |from |File "|\./|/)|^Traceback |^goroutine [0-9]+ \[|panicked at |^stack traceback:|^Unhandled [Ee]xception|^Fatal Python error: |^fatal runtime error: |^(?:PHP )?Fatal error: |^\*\* \([A-Z]|^Segmentation fault|\(core dumped\)"#,
    )
});
