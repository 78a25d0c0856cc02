//! The marks of Markdown at the beginning of a line.

use super::outcome_words::{DONE, NOT_DONE};
use super::words::{whole_version, words};

/// A line without its marks.
pub(super) struct Marked<'a> {
    pub(super) text: &'a str,
    /// Of a heading; 0 for any other line.
    pub(super) level: usize,
    pub(super) indent: usize,
    pub(super) is_item: bool,
    pub(super) is_open_task: bool,
}

pub(super) fn marked<'a>(line: &'a str, next: &str) -> Marked<'a> {
    let line = line.trim_end();
    let text = line.trim_start().trim_start_matches('>').trim_start();
    let indent = line.len() - text.len();
    let marks = text.chars().take_while(|c| *c == '#').count();
    let is_heading = (1..=6).contains(&marks) && text[marks..].starts_with([' ', '\t']);
    let is_underlined = is_underline(next) && !text.contains('|') && !text.starts_with(['-', '*']);
    let level = match (is_heading, is_underlined) {
        (true, _) => marks,
        (false, true) => 2,
        (false, false) => 0,
    };
    if level > 0 {
        let text = text[if is_heading { marks } else { 0 }..].trim();
        return Marked {
            text,
            level,
            indent,
            is_item: false,
            is_open_task: false,
        };
    }
    let number = text.chars().take_while(char::is_ascii_digit).count();
    let is_numbered = (1..=3).contains(&number) && text[number..].starts_with(". ");
    let item = ["- ", "* ", "+ ", "\u{2022} "]
        .into_iter()
        .find_map(|mark| text.strip_prefix(mark));
    let item = item.or_else(|| is_numbered.then(|| &text[number + 2..]));
    let is_item = item.is_some();
    let text = item.unwrap_or(text).trim_start();
    let open = text.strip_prefix("[ ]");
    let done = text
        .strip_prefix("[x]")
        .or_else(|| text.strip_prefix("[X]"));
    Marked {
        text: open.or(done).unwrap_or(text).trim_start(),
        level: 0,
        indent,
        is_item,
        is_open_task: open.is_some(),
    }
}

/// A line under the header of a table.
pub(super) fn is_rule_line(line: &str) -> bool {
    line.contains('-') && line.contains('|') && line.chars().all(|c| " -:|+".contains(c))
}

/// A line under a heading, or a rule.
pub(super) fn is_underline(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 3 && (line.chars().all(|c| c == '=') || line.chars().all(|c| c == '-'))
}

/// Whether an open task is the deployment itself: `[ ] prod`, `[ ] alias moved`.
pub(super) fn is_deployment(task: &str) -> bool {
    const STEPS: [&str; 14] = [
        "alias",
        "deploy",
        "deployed",
        "deployment",
        "promote",
        "promoted",
        "promotion",
        "release",
        "released",
        "rollout",
        "live",
        "go-live",
        "prod",
        "production",
    ];
    const BESIDE: [&str; 9] = [
        "to", "on", "in", "the", "moved", "move", "switched", "switch", "go",
    ];
    let words = words(task);
    let is_step = |word: &String| STEPS.contains(&word.as_str());
    words.iter().any(is_step)
        && words
            .iter()
            .all(|word| is_step(word) || BESIDE.contains(&word.as_str()))
}

/// Whether a line is a name over what follows: `staging:`, `[staging]`.
pub(super) fn is_section(text: &str) -> bool {
    let in_brackets = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let name = text.strip_suffix(':').or(in_brackets).unwrap_or_default();
    (1..=3).contains(&words(name).len())
}

/// The level of what stands in a line below a name of the same indent.
pub(super) fn level_below(indent: usize) -> usize {
    indent * 2 + 1
}

/// The text of a heading in which `[61]` or a number alone, as changelogs write a version, is `v61`.
pub(super) fn bracketed_version(text: String) -> String {
    if let [number] = words(&text).as_slice()
        && let Some(version) = whole_version(number, true)
    {
        let is_mark = |c: &char| *c == '?' || NOT_DONE.contains(c) || DONE.contains(c);
        let marks: String = text.chars().filter(is_mark).collect();
        return format!("v{version} {marks}");
    }
    let inside = text
        .trim_start()
        .strip_prefix('[')
        .and_then(|text| text.split_once(']'));
    match inside.and_then(|(inside, rest)| Some((whole_version(inside, true)?, rest))) {
        Some((version, rest)) => format!("v{version} {rest}"),
        None => text,
    }
}
