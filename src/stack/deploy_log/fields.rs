//! Fields of an entry that is no row: `Status: failed`, `"state":"ROLLED_BACK"`, `exit_code=1`.

use serde_json::Value;

use super::table::Column;
use super::words::{whole_version, words};

/// The fields of a text that say whether and where it was deployed, and the text without the punctuation of
/// JSON and without such fields in it.
pub(super) fn fields(text: &str) -> (Vec<(Column, String)>, String) {
    let (mut found, mut rest) = (Vec::new(), Vec::new());
    let mut label_above = "";
    for line in text.lines() {
        let object = line
            .trim()
            .trim_start_matches('[')
            .trim_end_matches([',', ']']);
        if let Ok(Value::Object(object)) = serde_json::from_str(object) {
            rest.push(of_object(&object, &mut found));
            continue;
        }
        rest.push(line.to_owned());
        match line.trim_start().strip_prefix(": ") {
            // A list of definitions.
            Some(value) => found.extend(field(label_above, value)),
            None => found.extend(of_line(line)),
        }
        label_above = line.trim();
    }
    (found, rest.join("\n"))
}

fn of_object(object: &serde_json::Map<String, Value>, found: &mut Vec<(Column, String)>) -> String {
    let mut rest = String::new();
    for (label, value) in object {
        let value = match value {
            Value::Object(inside) => {
                rest.push_str(&of_object(inside, found));
                continue;
            }
            Value::String(text) => text.clone(),
            Value::Null => continue,
            other => other.to_string(),
        };
        match field(label, &value) {
            Some(one) => found.push(one),
            None if value == "false" => {}
            // First, or the word before it may seem to be what has the version.
            None if Column::of(label) == Column::Version => {
                rest.insert_str(0, &format!("{label}: {value}\n"))
            }
            None => rest.push_str(&format!("{label}: {value}\n")),
        }
    }
    rest
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
        // `Environment variables: …`
        Column::Environment | Column::Alias | Column::Function => {
            label.iter().all(is_plain).then_some(())
        }
        _ => None,
    }?;
    Some((column, value.to_owned()))
}
