//! Takes out of the text what is no content: comments, code blocks, front matter, struck words.

use super::preamble::without_preamble;
use super::wiki::in_markdown;

/// The text as its readers see it, with line ends of one kind.
pub(super) fn content(text: &str) -> String {
    let text = text.trim_start_matches('\u{feff}');
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = in_markdown(&between(&text, "<!--", "-->"));
    let text = without_reference_comments(&text);
    let text = without_examples(&without_fences(&without_preamble(&text)));
    let text = between(&text, "~~", "~~");
    let text = STRUCK
        .into_iter()
        .fold(text, |text, (open, close)| between(&text, open, close));
    let text = without_struck_lines(&text);
    let text = MARKS
        .into_iter()
        .fold(text, |text, (code, mark)| text.replace(code, mark));
    // A list of definitions is one of labels.
    text.replace("\n: ", ": ").replace(['`', '\u{a0}'], " ")
}

/// Tags between which words are struck.
const STRUCK: [(&str, &str); 3] = [
    ("<del>", "</del>"),
    ("<s>", "</s>"),
    ("<strike>", "</strike>"),
];

/// Marks by the codes of chats and of source hosts.
const MARKS: [(&str, &str); 5] = [
    (":x:", "❌"),
    (":no_entry:", "⛔"),
    (":construction:", "🚧"),
    (":white_check_mark:", "✅"),
    (":heavy_check_mark:", "✔"),
];

/// Without what stands between two marks; an opened one that is not closed ends the text, as it does
/// for a reader of HTML. Strikes end with their line.
fn between(text: &str, open: &str, close: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(open) {
        kept.push_str(&rest[..at]);
        let inside = &rest[at + open.len()..];
        let line_end = inside.find('\n').unwrap_or(inside.len());
        let end = inside.find(close);
        rest = match end {
            Some(end) if open != close || end < line_end => &inside[end + close.len()..],
            None if open != close => "",
            // A lone mark is a mark.
            _ => {
                kept.push_str(open);
                inside
            }
        };
    }
    kept + rest
}

/// Without lines that one tilde strikes from end to end: alone it also means "about".
fn without_struck_lines(text: &str) -> String {
    let is_struck = |line: &&str| {
        let line = line.trim_start_matches(['-', '*', ' ']).trim_end();
        line.len() > 1 && line.starts_with('~') && line.ends_with('~')
    };
    let kept: Vec<_> = text.split('\n').filter(|line| !is_struck(line)).collect();
    kept.join("\n")
}

/// Without lines such as `[//]: # (text)`, the comments of Markdown.
fn without_reference_comments(text: &str) -> String {
    let is_comment =
        |line: &&str| line.starts_with('[') && (line.contains("]: #") || line.contains("]: <>"));
    let kept: Vec<_> = text.split('\n').filter(|line| !is_comment(line)).collect();
    kept.join("\n")
}

/// Whether the text holds both sides of a merge that was not resolved.
pub(super) fn is_conflicted(text: &str) -> bool {
    let has = |mark: &str| text.lines().any(|line| line.starts_with(mark));
    has("<<<<<<< ") && has(">>>>>>> ")
}

/// Whether the text is what a packaging tool writes: ` -- Name <address>  date` below each entry of a Debian
/// changelog, `* date Name <address> - 61-1` above each of an RPM, or the table of `helm history`.
pub(super) fn is_of_packages(text: &str) -> bool {
    text.lines().any(|line| {
        let has = |marks: &[&str]| marks.iter().all(|mark| line.contains(mark));
        let is_release = |word: &str| {
            let (version, release) = word.rsplit_once('-').unwrap_or_default();
            let is_number = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
            is_number(version) && is_number(release)
        };
        let last = line.split_whitespace().next_back().unwrap_or_default();
        (line.starts_with(" -- ") && has(&["<", "@", ">  "]))
            || (line.starts_with("* ") && has(&["<", "@", "> "]) && is_release(last))
            || (line.starts_with("REVISION") && has(&["UPDATED", "CHART"]))
    })
}

fn without_fences(text: &str) -> String {
    let mut kept = Vec::new();
    let mut fence: Option<&str> = None;
    for line in text.split('\n') {
        let start = line.trim_start();
        let mark = ["```", "~~~"]
            .into_iter()
            .find(|mark| start.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (Some(_), _) => {}
            (None, None) => kept.push(line),
        }
    }
    kept.join("\n")
}

/// Without the indented lines below one that announces an example.
fn without_examples(text: &str) -> String {
    let is_announced = |line: &str| {
        let lower = line.trim_end().to_lowercase();
        lower.ends_with(':')
            && ["example", "template", "format", "sample"]
                .iter()
                .any(|word| lower.contains(word))
    };
    let mut is_inside = false;
    let kept: Vec<_> = text
        .split('\n')
        .filter(|line| {
            let is_indented = line.starts_with("    ") || line.starts_with('\t');
            let is_blank = line.trim().is_empty();
            is_inside = is_announced(line) || (is_inside && (is_indented || is_blank));
            !(is_inside && is_indented)
        })
        .collect();
    kept.join("\n")
}
