//! Fields of an entry that is no row: `Status: failed`, `"state":"ROLLED_BACK"`, `exit_code=1`.

use super::header::Column;
use super::outcome_words::{self, DONE};
use super::words::{names_other_environment, whole_version, words};

/// The fields of a text that say whether and where it was deployed, and the text without those that say no.
pub(super) fn fields(text: &str) -> (Vec<(Column, String)>, String) {
    let (mut found, mut rest) = (Vec::new(), Vec::new());
    for line in text.lines() {
        if !is_denied(line) {
            rest.push(line.to_owned());
        }
        found.extend(of_line(line));
    }
    found.extend(left_open(text));
    (found, rest.join("\n"))
}

/// `Rolled back: no`
fn is_denied(line: &str) -> bool {
    line.split_once(':').is_some_and(|(label, value)| {
        let value = words(value);
        let is_no = value.iter().all(|word| {
            matches!(
                word.as_str(),
                "no" | "false" | "none" | "null" | "n/a" | "never"
            )
        });
        is_no && matches!(Column::of(label), Column::Undone | Column::Against)
    })
}

/// Where the environments stand below each other, production without a value waits.
fn left_open(text: &str) -> Option<(Column, String)> {
    let fields = text.lines().filter_map(|line| line.split_once(':'));
    let fields: Vec<_> = fields.collect();
    let is_elsewhere = |label: &str| {
        words(label)
            .iter()
            .any(|word| names_other_environment(word))
    };
    let is_other = |(label, value): &(&str, &str)| is_elsewhere(label) && !words(value).is_empty();
    let waits = |(label, value): &(&str, &str)| {
        Column::of(label) == Column::Done && words(value).is_empty() && !value.contains(DONE)
    };
    (fields.iter().any(is_other) && fields.iter().any(waits)).then(|| (Column::Done, String::new()))
}

fn of_line(line: &str) -> Vec<(Column, String)> {
    let line = line.replace(['*', '<', '>'], " ");
    let mut found = Vec::new();
    let cells = super::table::cells(&line, false).unwrap_or_default();
    if let [label, value] = cells.as_slice() {
        found.extend(field(label, value));
    }
    for part in line.split([',', ';', '|', '\t', '(', ')', '\u{b7}']) {
        // `v62: status: pending`
        for mark in [":", " - ", " \u{2014} ", " \u{2013} "] {
            let at = part.match_indices(mark).map(|(at, _)| at);
            found.extend(at.filter_map(|at| field(&part[..at], &part[at + mark.len()..])));
        }
        let pairs = part
            .split_whitespace()
            .filter_map(|word| word.split_once('='));
        found.extend(pairs.filter_map(|(label, value)| field(label, value)));
    }
    found
}

/// A field that says whether or where.
fn field(label: &str, value: &str) -> Option<(Column, String)> {
    let value = value.trim().trim_matches(['"', '\'', '/']).trim();
    let label = words(label);
    // `v62 status: pending`
    let version = label
        .iter()
        .rposition(|word| whole_version(word, true).is_some());
    let label = &label[version.map_or(0, |at| at + 1)..];
    if label.len() > 3 || words(value).is_empty() && !value.contains(super::outcome_words::NOT_DONE)
    {
        return None;
    }
    let column = Column::of(&label.join(" "));
    let is_plain = |word: &String| {
        matches!(
            word.as_str(),
            "env"
                | "environment"
                | "stage"
                | "target"
                | "alias"
                | "function"
                | "lambda"
                | "service"
                | "component"
                | "app"
                | "name"
                | "aws"
                | "deploy"
                | "deployment"
                | "deployed"
        )
    };
    match column {
        Column::Status | Column::Success | Column::ExitCode | Column::Approval => Some(()),
        // In a sentence such words may begin what was done: only a value that denies it is one.
        Column::Done => denies(value).then_some(()),
        Column::Undone | Column::Ended | Column::Against => Some(()),
        // `Environment variables: …`
        Column::Environment | Column::Alias | Column::Function => {
            label.iter().all(is_plain).then_some(())
        }
        _ => None,
    }?;
    Some((column, value.to_owned()))
}

/// `no`, `not yet`, `pending`, and none of `no errors`.
fn denies(value: &str) -> bool {
    let words = words(value);
    match words
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["no" | "false" | "never" | "not"] | ["no" | "not", "yet"] => true,
        [first] => outcome_words::is_plan(first) || outcome_words::is_failure(first),
        _ => value.contains(outcome_words::NOT_DONE),
    }
}
