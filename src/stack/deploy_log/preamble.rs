//! What stands at the top of a log and is about the document: front matter, and lines such as `Title: …`.

use super::date;
use super::marks::is_rule_line;
use super::words::{announces_version, whole_version, words};

/// The text without its preamble.
pub(super) fn without_preamble(text: &str) -> String {
    let text = without_front_matter(text, "---");
    let text = without_front_matter(text, "+++");
    let lines: Vec<&str> = text.split('\n').collect();
    let is_blank = |at: usize| lines.get(at).is_none_or(|line| line.trim().is_empty());
    let mut from = (0..lines.len()).find(|at| !is_blank(*at)).unwrap_or(0);
    let first = lines.get(from).map_or("", |line| line.trim());
    // The header of AsciiDoc goes on to the first blank line.
    if first.starts_with("= ") && !first.ends_with('=') {
        let end = (from..lines.len()).find(|at| is_blank(*at));
        return lines[end.unwrap_or(lines.len())..].join("\n");
    }
    let is_title = |at: usize| {
        let is_underlined = || lines.get(at + 1).is_some_and(|next| is_line(next));
        let is_heading = is_heading(lines[at]) || is_underlined();
        is_line(lines[at]) || (is_heading && date::find(lines[at]).is_none() && !names(lines[at]))
    };
    let mut kept = Vec::new();
    loop {
        while from < lines.len() && (is_blank(from) || is_title(from)) {
            kept.push(lines[from]);
            from += 1;
        }
        // All are of one kind: a table begins with its header.
        let mark = |line: &str| line.trim_start().starts_with('|');
        let is_like_first = |line: &&&str| {
            lines
                .get(from)
                .is_some_and(|first| mark(first) == mark(line))
        };
        let labelled = lines[from..].iter().take_while(is_like_first);
        let labelled: Vec<_> = labelled.map_while(|line| label(line)).collect();
        let rest = lines.get(from + labelled.len()..).unwrap_or_default();
        if labelled.is_empty() || !is_about_document(&labelled, rest) {
            return [&kept, &lines[from..]].concat().join("\n");
        }
        from += labelled.len();
    }
}

/// Without a block of settings between such lines at the top.
fn without_front_matter<'a>(text: &'a str, mark: &str) -> &'a str {
    let inside = text
        .strip_prefix(mark)
        .and_then(|text| text.strip_prefix('\n'));
    let Some(inside) = inside else {
        return text;
    };
    let Some((settings, rest)) = inside.split_once(&format!("\n{mark}\n")) else {
        return text;
    };
    // The first of several documents begins as the next one does.
    let first = |text: &str| {
        let mut lines = text
            .lines()
            .filter(|line| *line != mark && !line.trim().is_empty());
        let (label, _) = lines.next()?.split_once([':', '='])?;
        Some(label.trim().to_owned())
    };
    match first(settings) == first(rest) && first(rest).is_some() {
        true => text,
        false => rest,
    }
}

fn is_heading(line: &str) -> bool {
    line.starts_with('#') && !line.starts_with("#+")
}

/// A line above or below a heading.
fn is_line(line: &str) -> bool {
    let line = line.trim();
    let is_of = |mark: char| line.len() > 2 && line.chars().all(|c| c == mark);
    is_of('=') || is_of('-')
}

/// A line that is a label and its value.
struct Label {
    name: Vec<String>,
    value: String,
    /// Whether it is one of the settings of reStructuredText or of Org.
    is_setting: bool,
}

fn label(line: &str) -> Option<Label> {
    let line = line.trim().replace("**", "");
    let is_setting = line.starts_with("#+") || line.starts_with(':');
    let is_row = line.starts_with('|');
    if is_row && line.trim_matches('|').matches('|').count() != 1 {
        return None;
    }
    // The rule of a table has no name.
    if is_row && is_rule_line(&line) {
        return Some(Label {
            name: Vec::new(),
            value: String::new(),
            is_setting,
        });
    }
    let text = line.trim_start_matches(['#', '+', ':', '-', '*', '|', ' ']);
    let mark = if is_row { '|' } else { ':' };
    let (name, value) = text.split_once(mark)?;
    let name = words(name);
    let is_name = |word: &String| word.chars().all(char::is_alphabetic);
    let is_label = (1..=3).contains(&name.len()) && name.iter().all(is_name);
    is_label.then(|| Label {
        name,
        value: value.trim_matches([' ', '|']).to_owned(),
        is_setting,
    })
}

/// Whether labels are about the document: one of them says so, and none of its kind follows; or its version is
/// lower than all that are named below, where those of a function only rise.
fn is_about_document(labels: &[Label], rest: &[&str]) -> bool {
    let says = |label: &Label| {
        let has = |names: &[&str]| label.name.iter().any(|word| names.contains(&word.as_str()));
        label.is_setting
            || has(&[
                "title",
                "document",
                "doc",
                "subject",
                "classification",
                "layout",
            ])
            || (has(&["updated", "modified", "reviewed", "edited"]) && has(&["last", "updated"]))
    };
    let repeats = |name: &[String]| {
        rest.iter()
            .filter_map(|line| label(line))
            .any(|own| own.name == name)
    };
    let version = labels.iter().find(|label| label.name == ["version"]);
    let own = version.and_then(|label| number(&label.value.to_lowercase(), true));
    let named: Vec<u32> = rest
        .iter()
        .flat_map(|line| {
            let words = words(line);
            let is_said = |at: usize| {
                at.checked_sub(1)
                    .is_some_and(|at| announces_version(&words[at]))
            };
            let versions = (0..words.len()).filter_map(|at| number(&words[at], is_said(at)));
            versions.collect::<Vec<_>>()
        })
        .collect();
    let is_lower = own.is_some_and(|own| !named.is_empty() && named.iter().all(|one| own < *one));
    match labels.iter().find(|label| says(label)) {
        Some(_)
            if labels
                .iter()
                .any(|label| own.is_none() && names(&label.value)) =>
        {
            false
        }
        Some(first) => !repeats(&first.name) && (own.is_none() || named.is_empty() || is_lower),
        None => is_lower && !repeats(&["version".to_owned()]),
    }
}

/// Whether a text names a version such as `v61`.
fn names(text: &str) -> bool {
    words(text)
        .iter()
        .any(|word| whole_version(word, false).is_some())
}

fn number(word: &str, bare: bool) -> Option<u32> {
    whole_version(word.trim(), bare)?.parse().ok()
}
