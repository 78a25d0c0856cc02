//! Records: labelled values that belong together, as JSON, YAML or lines of labels write them. What one says
//! is said of it alone, whatever order its labels stand in.

use serde_json::{Deserializer, Map, Value};

use super::date;
use super::header::{Column, date_of};
use super::marks::{is_underline, marked};
use super::words::whole_version;

/// A label and its value.
pub(super) type RecordField = (String, String);

/// The label of a name under which a record stands, as under a heading.
pub(super) const ABOVE: &str = "above";

/// The records that begin at the first of these lines, and how many lines they take.
pub(super) fn records(lines: &[&str]) -> Option<(Vec<Vec<RecordField>>, usize)> {
    let first = lines.first()?.trim_start();
    let (mut found, taken) = match first.starts_with(['{', '[']) {
        true => of_json(lines)?,
        false => of_labels(lines)?,
    };
    for record in &mut found {
        name_version(record);
    }
    // Whatever is no deployment of anything is left to those who read lines.
    let is_whole =
        |record: &Vec<RecordField>| version_of(record).is_some() && dated(record).is_some();
    found.iter().any(is_whole).then_some((found, taken))
}

/// The field with the date of the record.
pub(super) fn dated(record: &[RecordField]) -> Option<usize> {
    let dated = record
        .iter()
        .enumerate()
        .filter_map(|(at, (label, value))| {
            let rank = date_of(label)?;
            date::find(value).map(|_| (rank, at))
        });
    dated
        .min_by_key(|(rank, at)| (*rank, *at))
        .map(|(_, at)| at)
}

fn version_of(record: &[RecordField]) -> Option<&str> {
    let named = record
        .iter()
        .find(|(label, value)| Column::of(label) == Column::Version && is_version(value, true));
    named.map(|(_, value)| value.as_str())
}

fn is_version(value: &str, bare: bool) -> bool {
    whole_version(&value.trim().to_lowercase(), bare).is_some()
}

/// A tag or a name that is a version is the version of a record without another.
fn name_version(record: &mut [RecordField]) {
    const NAMES: [&str; 6] = ["tag_name", "tagname", "tag", "ref", "release", "name"];
    if version_of(record).is_some() {
        return;
    }
    let label = |name: &str, label: &str| label.eq_ignore_ascii_case(name);
    let named = NAMES.iter().find_map(|name| {
        let mut fields = record.iter();
        fields.position(|(own, value)| label(name, own) && is_version(value, false))
    });
    // `from: 60`, `to: 61`
    let has_previous = record
        .iter()
        .any(|(label, _)| Column::of(label) == Column::Previous);
    let target = || {
        let mut fields = record.iter();
        fields.position(|(own, value)| {
            has_previous
                && ["to", "new", "after"].contains(&own.as_str())
                && is_version(value, true)
        })
    };
    if let Some(at) = named.or_else(target) {
        record[at].0 = "version".to_owned();
    }
}

/// A value of JSON that begins with a line and ends with one.
fn of_json(lines: &[&str]) -> Option<(Vec<Vec<RecordField>>, usize)> {
    let text = lines.join("\n");
    let mut values = Deserializer::from_str(&text).into_iter::<Value>();
    let value = values.next()?.ok()?;
    let end = values.byte_offset();
    let rest = text.get(end..)?.split('\n').next().unwrap_or_default();
    if !matches!(rest.trim(), "" | ",") {
        return None;
    }
    let mut found = Vec::new();
    collect(&value, &mut found);
    (!found.is_empty()).then(|| (found, text[..end].matches('\n').count() + 1))
}

/// The records in a value: the objects with a date and a version in them, and the values of a map by version.
fn collect(value: &Value, found: &mut Vec<Vec<RecordField>>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| collect(one, found)),
        Value::Object(object) => {
            let before = found.len();
            for (name, inside) in object {
                let own = found.len();
                match inside {
                    Value::Object(inside) if is_version(name, true) => {
                        let mut record = vec![("version".to_owned(), name.clone())];
                        flatten("", inside, &mut record);
                        found.push(record);
                    }
                    Value::Object(_) | Value::Array(_) => collect(inside, found),
                    _ => {}
                }
                // `{"staging": [{…}], "planned": [{…}]}`
                for record in &mut found[own..] {
                    record.push((ABOVE.to_owned(), name.clone()));
                }
            }
            let mut record = Vec::new();
            flatten("", object, &mut record);
            if found.len() == before && dated(&record).is_some() {
                found.push(record);
            }
        }
        _ => {}
    }
}

fn flatten(above: &str, object: &Map<String, Value>, record: &mut Vec<RecordField>) {
    for (label, value) in object {
        let label = format!("{above} {label}").trim().to_owned();
        let text = match value {
            Value::Object(inside) => {
                flatten(&label, inside, record);
                continue;
            }
            Value::Array(all) => {
                let texts = all.iter().filter_map(Value::as_str);
                texts.collect::<Vec<_>>().join("; ")
            }
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        record.push((label, text));
    }
}

/// A line that is a label and its value.
struct Labelled {
    indent: usize,
    is_item: bool,
    label: String,
    value: String,
}

fn labelled(line: &str) -> Option<Labelled> {
    let marked = marked(line, "");
    // `notes: |` begins lines of text.
    let line_text = marked.text.trim_end_matches(['|', '>', '-']);
    if marked.level > 0 || marked.is_open_task || line_text.contains('|') {
        return None;
    }
    let text = line_text.replace("**", "").replace("__", "");
    // `version = 61` is one of TOML.
    let assigned = || {
        text.split_once(" = ")
            .filter(|(label, _)| !label.contains(' '))
    };
    let (label, value) = assigned()
        .map(|(label, value)| (label, value.trim()))
        .or_else(|| text.split_once(':'))?;
    let label = label.trim().trim_matches(['"', '\'']).trim();
    let is_end = value.is_empty() || value.starts_with([' ', '\t']) || assigned().is_some();
    let is_name = |word: &str| {
        word.starts_with(char::is_alphabetic)
            && word
                .chars()
                .all(|c| c.is_alphanumeric() || "_-?".contains(c))
            && !is_version(word, false)
    };
    let is_label = (!label.is_empty()
        && label.split_whitespace().count() <= 3
        && label.split_whitespace().all(is_name))
        || (value.trim().is_empty() && is_version(label, true));
    (is_end && is_label).then(|| Labelled {
        indent: marked.indent,
        is_item: marked.is_item,
        label: label.to_owned(),
        value: value.trim().trim_matches(['"', '\'']).trim().to_owned(),
    })
}

/// The record that begins with a label: the item of a list and what is indented below it, what is indented
/// below a version, or labels one below the other up to a blank line or to the first of them again.
fn of_labels(lines: &[&str]) -> Option<(Vec<Vec<RecordField>>, usize)> {
    let first = labelled(lines.first()?)?;
    let next = lines.get(1).and_then(|line| labelled(line))?;
    let heads = is_version(&first.label, true);
    let is_nested = !next.is_item && next.indent > first.indent && (first.is_item || heads);
    if !is_nested && (heads || next.indent != first.indent || next.is_item != first.is_item) {
        return None;
    }
    let (is_item, edge) = (first.is_item, first.indent);
    let mut record = vec![match heads {
        true => ("version".to_owned(), first.label),
        false => (first.label, first.value),
    }];
    // The labels above, of values that are further lines.
    let mut above: Vec<(usize, String)> = Vec::new();
    let mut taken = 1;
    for line in &lines[1..] {
        let own = labelled(line);
        let indent = marked(line, "").indent;
        let is_out = indent < edge || (is_nested && indent == edge);
        let begins = own.as_ref().is_some_and(|own| {
            !is_nested && own.indent <= edge && (own.label == record[0].0 || own.is_item != is_item)
        });
        let is_other = own.is_none() && (date::find(line).is_some() || line.contains('|'));
        let is_edge = line.trim().is_empty() || is_underline(line) || marked(line, "").level > 0;
        if is_edge || is_out || begins || (is_other && !is_nested) {
            break;
        }
        taken += 1;
        above.retain(|(edge, _)| *edge < indent);
        match own {
            Some(own) => {
                let label = above.iter().map(|(_, label)| label.as_str());
                let label: Vec<_> = label.chain([own.label.as_str()]).collect();
                let label = label.join(" ");
                if own.value.is_empty() {
                    above.push((indent, own.label));
                }
                record.push((label, own.value));
            }
            None => record.push((String::new(), line.trim().to_owned())),
        }
    }
    // A value that begins with it is a date, and no sentence with one in it.
    let is_date = |field: &RecordField| date::find(&field.1).is_some_and(|found| found.start == 0);
    // What stands above a document is about that.
    let is_of_document = |(label, _): &RecordField| {
        ["title", "document"]
            .iter()
            .any(|name| label.eq_ignore_ascii_case(name))
    };
    if !record.iter().any(is_date) {
        return None;
    }
    if !is_nested && record.iter().any(is_of_document) {
        let label = record[0].0.clone();
        let repeats = |line: &&str| labelled(line).is_some_and(|own| own.label == label);
        if lines[taken..].iter().any(repeats) {
            return None;
        }
        // Whose version it is is not known.
        record.push(("status".to_owned(), "document".to_owned()));
    }
    Some((vec![record], taken))
}
