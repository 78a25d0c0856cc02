//! One line of a log, read once for all who ask what it says: its format, level, fields and
//! message.
//!
//! A level is a level only where a logger writes one: in its field of a JSON line, or at its
//! place in a line of text. The same word inside a sentence, a name or a value is none.

use super::colours::without_colours;
use super::level::Level;
use super::level_in_text::level_of_text;
use super::line_prefix::ends_with_level;
use super::nothing::is_nothing;
use super::pattern::regex;
use super::printed_object;
use regex::Regex;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::sync::LazyLock;

/// Names of the field that holds the level, in lower case without `_`, `.` and `@`: loggers write
/// `log.level`, `log_level`, `_logLevel`, `@level`.
const LEVEL_FIELDS: [&str; 9] = [
    "level",
    "loglevel",
    "lvl",
    "levelname",
    "severity",
    "severitytext",
    "severitynumber",
    "levelno",
    "l",
];
/// Names of the field that holds the message.
const MESSAGE_FIELDS: [&str; 9] = [
    "message",
    "msg",
    "@message",
    "@m",
    "@mt",
    "short_message",
    "event",
    // What the logging driver of a container wraps a line in.
    "log",
    // What an extension passes on of the function.
    "record",
];

/// A line of the log.
#[derive(Debug)]
pub(super) struct LogLine<'a> {
    /// As it came, without the line break at its end and without colours.
    pub(super) text: Cow<'a, str>,
    /// Its fields, where it is or holds a JSON object.
    pub(super) fields: Option<Map<String, Value>>,
    /// Its level, if it says one.
    pub(super) level: Option<Level>,
}

impl<'a> LogLine<'a> {
    /// Reads a line.
    pub(super) fn parse(text: &'a str) -> Self {
        // What servers on Windows write first.
        let text = text.trim_start_matches('\u{feff}').trim_end();
        let text = without_colours(text);
        let at = text.find('{').filter(|_| text.ends_with('}'));
        let (head, rest) = text.split_at(at.unwrap_or(text.len()));
        // An object behind a text, such as zap's fields behind its message, begins after a tab.
        let printed = || {
            // JSON that is torn, or several objects, is judged by the level that it shows.
            let is_alone = (head.is_empty() && !rest.starts_with("{\"")) || ends_with_level(head);
            is_alone.then(|| printed_object::parse(rest))?
        };
        let behind_tab = || object(&text[text.rfind("\t{")? + 1..]);
        let fields = at.and_then(|_| object(rest).or_else(behind_tab).or_else(printed));
        let is_whole = fields.is_some() && head.is_empty();
        // What a logger hands to the console as an object, with a level and a message of its own,
        // stands behind the level that the console adds.
        let is_message = |fields: &&Map<String, Value>| {
            ends_with_level(head) && MESSAGE_FIELDS.iter().any(|name| fields.contains_key(*name))
        };
        let own = fields
            .as_ref()
            .filter(|fields| is_whole || is_message(fields));
        let level = match own.and_then(level_of_fields) {
            None if is_whole => None,
            None if fields.is_none() && text.starts_with('{') => level_of_torn(&text),
            None => level_of_text(&text).or_else(|| match &fields {
                Some(fields) => level_of_fields(fields),
                // The end of an object that was cut.
                None => text.ends_with('}').then(|| level_of_torn(&text))?,
            }),
            level => level,
        };
        Self {
            text,
            fields,
            level,
        }
    }

    /// The kind and the record of a line that the Lambda platform writes in the JSON format,
    /// such as `platform.report`.
    pub(super) fn platform(&self) -> Option<(&str, &Value)> {
        let fields = self.fields.as_ref()?;
        let kind = fields.get("type")?.as_str()?;
        let kind = kind.strip_prefix("platform.")?;
        Some((kind, fields.get("record")?))
    }

    /// The message of a JSON line, or the whole line of text.
    pub(super) fn message(&self) -> &str {
        let fields = self.fields.as_ref();
        let message = fields.and_then(|fields| {
            MESSAGE_FIELDS
                .iter()
                .find_map(|name| fields.get(*name)?.as_str())
        });
        message.unwrap_or(&self.text)
    }

    /// Whether it is a record of metrics in the embedded metric format: its names and numbers
    /// are data.
    pub(super) fn is_metrics(&self) -> bool {
        let fields = self.fields.as_ref();
        fields.is_some_and(|fields| {
            fields
                .get("_aws")
                .is_some_and(|aws| aws.get("CloudWatchMetrics").is_some())
        })
    }

    /// What it says, in words: of a JSON line the names and values of all fields that hold
    /// something, so that `"error": null` and `"failed": 0` say nothing.
    pub(super) fn words(&self) -> String {
        match &self.fields {
            Some(fields) if self.text.starts_with('{') => {
                let mut words = String::new();
                fields
                    .iter()
                    .for_each(|(name, value)| push_words(&mut words, name, value));
                words
            }
            _ => self.text.clone().into_owned(),
        }
    }
}

fn object(text: &str) -> Option<Map<String, Value>> {
    if !text.starts_with('{') {
        return None;
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => Some(fields),
        _ => None,
    }
}

/// The level of an object that was cut off, or the worst of objects that follow each other.
fn level_of_torn(text: &str) -> Option<Level> {
    let own = || {
        let found = OWN_LEVEL.captures(text)?;
        match (found.get(1), found.get(2)) {
            (Some(word), _) => Level::of_word(word.as_str()),
            (None, number) => {
                let number = number?.as_str().parse::<u8>().ok()?;
                Level::of_field("level", &number.into(), &Map::new())
            }
        }
    };
    let is_one = !["}{", "}\n{", "} {"].iter().any(|seam| text.contains(seam));
    if let (true, Some(level)) = (is_one, own()) {
        return Some(level);
    }
    let word = |found: regex::Captures<'_>| Level::of_word(found.get(1)?.as_str());
    let levels: Vec<_> = LEVEL_IN_JSON.captures_iter(text).filter_map(word).collect();
    let worst = levels.iter().find(|level| **level == Level::Fault);
    worst.or(levels.first()).copied().or_else(own)
}

static LEVEL_IN_JSON: LazyLock<Regex> = LazyLock::new(|| {
    regex(r#"[{,][ \n]*"(?:[Ll]evel|lvl|log_?[Ll]evel|severity|severityText)" *: *"([A-Za-z]+)""#)
});

/// The level of an object before anything else in it opens: inside of that it may be the level of a player.
static OWN_LEVEL: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r#"^\{[^{\[]*"(?:[Ll]evel|lvl|log_?[Ll]evel|severity)" *: *(?:"([A-Za-z]+)"|([0-9]{2})[,}])"#,
    )
});

/// Whether a value says something: not null, false, 0, empty, a word for nothing, or all of these.
pub(super) fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is) => *is,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !is_nothing(text),
        Value::Array(list) => list.iter().any(says_something),
        Value::Object(object) => object.values().any(says_something),
    }
}

fn push_words(words: &mut String, name: &str, value: &Value) {
    match value {
        value if !says_something(value) => {}
        Value::Object(object) => object
            .iter()
            .for_each(|(inner, value)| push_words(words, &format!("{name}.{inner}"), value)),
        Value::Array(list) => list.iter().for_each(|value| push_words(words, name, value)),
        Value::String(text) => words.push_str(&format!("{name} {text}\n")),
        other => words.push_str(&format!("{name} {other}\n")),
    }
}

/// The worst level of the records of an OTLP request (OTLP, JSON encoding).
fn level_of_otlp(fields: &Map<String, Value>) -> Option<Level> {
    let list = |value: &Value, name: &str| value.get(name)?.as_array().cloned();
    let resources = fields.get("resourceLogs")?.as_array()?;
    let scopes = resources
        .iter()
        .filter_map(|resource| list(resource, "scopeLogs"));
    let records = scopes
        .flatten()
        .filter_map(|scope| list(&scope, "logRecords"));
    let levels = records
        .flatten()
        .filter_map(|record| level_of_fields(record.as_object()?));
    levels.reduce(|worst, level| match level {
        Level::Fault => level,
        _ => worst,
    })
}

/// The name of a field in the form of [`LEVEL_FIELDS`], if it holds a level.
fn level_field(name: &str) -> Option<String> {
    // Most fields have other names, and are not copied.
    let first = name.bytes().find(u8::is_ascii_alphanumeric)?;
    // A variable of the environment is a setting.
    if name.len() > 20 || !b"lLsSP".contains(&first) || name == "LOG_LEVEL" {
        return None;
    }
    let mut plain = name.to_ascii_lowercase();
    plain.retain(|c| !['_', '.', '@'].contains(&c));
    let is_level = (LEVEL_FIELDS.contains(&plain.as_str()) && name != "l") || name == "PRIORITY";
    is_level.then_some(plain)
}

/// Whether a field is one of a record: its message or its time.
fn is_of_record(name: &str) -> bool {
    const TIMES: [&str; 5] = ["time", "timestamp", "@timestamp", "ts", "date"];
    let mut names = MESSAGE_FIELDS.iter().chain(&TIMES);
    names.any(|known| name.eq_ignore_ascii_case(known))
}

fn level_of_fields(fields: &Map<String, Value>) -> Option<Level> {
    // What a number means depends on the logger; a word beside it does not.
    let mut by_number = None;
    let mut by_word = fields.iter().filter_map(|(name, value)| {
        let plain = level_field(name)?;
        // `{"loglevel":"error","port":80}` is a setting.
        if plain == "loglevel" && !fields.keys().any(|name| is_of_record(name)) {
            return None;
        }
        let level = || Level::of_field(&plain, value, fields);
        match value.is_number() {
            true => {
                by_number = by_number.or_else(level);
                None
            }
            false => level(),
        }
    });
    let own = by_word.next().or(by_number);
    // The Elastic common schema nests it, and so do loguru and tslog.
    own.or_else(|| {
        let nested = [
            ("log", "level"),
            ("record", "level"),
            ("_meta", "logLevelName"),
            ("context", "logLevel"),
            ("metadata", "level"),
            ("@fields", "levelname"),
        ];
        nested.into_iter().find_map(|(holder, name)| {
            let nested = fields.get(holder)?.as_object()?;
            Level::of_field("level", nested.get(name)?, nested)
        })
    })
    .or_else(|| level_of_otlp(fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_read_where_loggers_write_it() {
        let faults = [
            "[ERROR]\t2026-03-22T03:10:00.000Z\t0f1e\tboom",
            "[error] boom",
            "2026-03-22T03:10:00.000Z\t0f1e\tERROR\tboom",
            "2026-03-22T03:10:00.000Z\t0f1e\tfail\tboom",
            "2026-03-22T03:10:00.000Z 0f1e2d3c ERROR boom",
            "ERROR boom",
            "ERROR: boom",
            "ERROR:root:boom",
            "CRITICAL:duck.peck:boom",
            "fail: Duck.Handler[0] boom",
            "2026-03-22 03:10:00,123 - duck - ERROR - boom",
            "2026-03-22 03:10:00 | ERROR    | duck:run:12 - boom",
            "03:10:00.123 [main] ERROR duck.Handler - boom",
            "E, [2026-03-22T03:10:00.000000 #8] ERROR -- : boom",
            "E0322 03:10:00.123456       1 store.go:12] boom",
            "SEVERE: boom",
            "time=\"2026-03-22T03:10:00Z\" level=error msg=boom",
            "ts=2026-03-22T03:10:00Z lvl=eror msg=boom",
            r#"{"level":"Error","message":"boom"}"#,
            r#"{"Level":"ERR","message":"boom"}"#,
            r#"{"log.level":"fatal","message":"boom"}"#,
            r#"{"log":{"level":"error"},"message":"boom"}"#,
            r#"{"severity":"CRITICAL","message":"boom"}"#,
            r#"{"@l":"Fatal","@mt":"boom"}"#,
            r#"{"level":50,"msg":"boom"}"#,
            r#"{"levelno":40,"msg":"boom"}"#,
            r#"{"severityNumber":17,"body":"boom"}"#,
            r#"{"level":400,"level_name":"ERROR","message":"boom"}"#,
        ];
        for line in faults {
            assert_eq!(LogLine::parse(line).level, Some(Level::Fault), "{line}");
        }
        let fine = [
            "[INFO]\t2026-03-22T03:10:00.000Z\t0f1e\tno ERROR, ERRORS=0",
            "2026-03-22T03:10:00.000Z\t0f1e\tINFO\tERROR_QUEUE is empty",
            "info: Duck.Handler[0] fail: 0",
            r#"{"level":"INFO","errorMessage":"ERROR"}"#,
            r#"{"level":30,"msg":"ERROR"}"#,
            "I0322 03:10:00.123456       1 store.go:12] ERROR",
        ];
        for line in fine {
            assert_eq!(LogLine::parse(line).level, Some(Level::Fine), "{line}");
        }
        let warnings = ["2026/03/22 03:10:00 WARN boom", r#"{"level":40,"msg":"x"}"#];
        for line in warnings {
            assert_eq!(LogLine::parse(line).level, Some(Level::Warning), "{line}");
        }
        let none = [
            "sync done, no ERROR found",
            "last ERROR was yesterday",
            "Error: boom",
            "START RequestId: ERROR",
            "the ERROR queue is empty",
            r#"{"message":"ERROR"}"#,
            r#"{"player":{"level":50}}"#,
            "",
            "{",
        ];
        for line in none {
            assert_eq!(LogLine::parse(line).level, None, "{line}");
        }
    }

    #[test]
    fn empty_log_fields_are_ignored() {
        let line =
            r#"{"message":"stored","error":null,"failed":0,"errors":[],"reason":"none","n":2}"#;
        let words = LogLine::parse(line).words();
        assert_eq!(words, "message stored\nn 2\n");
    }
}
