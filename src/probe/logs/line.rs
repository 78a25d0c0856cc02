//! One line of a log, read once for all who ask what it says: its format, level, fields and
//! message.
//!
//! A level is a level only where a logger writes one: in its field of a JSON line, or at its
//! place in a line of text. The same word inside a sentence, a name or a value is none.

use super::level::Level;
use super::level_in_text::level_of_text;
use super::nothing::is_nothing;
use serde_json::{Map, Value};

/// Names of the field that holds the level, in lower case.
const LEVEL_FIELDS: [&str; 14] = [
    "level",
    "log_level",
    "loglevel",
    "log.level",
    "lvl",
    "levelname",
    "level_name",
    "severity",
    "severitytext",
    "severity_text",
    "severitynumber",
    "severity_number",
    "levelno",
    "@l",
];
/// Names of the field that holds the message.
const MESSAGE_FIELDS: [&str; 6] = ["message", "msg", "@m", "@mt", "short_message", "event"];

/// A line of the log.
#[derive(Debug)]
pub(super) struct LogLine<'a> {
    /// As it came, without the line break at its end.
    pub(super) text: &'a str,
    /// Its fields, where it is or holds a JSON object.
    pub(super) fields: Option<Map<String, Value>>,
    /// Its level, if it says one.
    pub(super) level: Option<Level>,
}

impl<'a> LogLine<'a> {
    /// Reads a line.
    pub(super) fn parse(text: &'a str) -> Self {
        let text = text.trim_end();
        let fields = object(text).or_else(|| {
            // A logger's prefix of tabs may stand before the object.
            let after = text.rfind("\t{").map(|at| at + 1)?;
            object(text.get(after..)?)
        });
        let own = fields.as_ref().filter(|_| text.starts_with('{'));
        let level = match own {
            Some(fields) => level_of_fields(fields),
            None => level_of_text(text).or_else(|| fields.as_ref().and_then(level_of_fields)),
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
        message.unwrap_or(self.text)
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
            _ => self.text.to_owned(),
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

fn push_words(words: &mut String, name: &str, value: &Value) {
    match value {
        Value::Null | Value::Bool(false) => {}
        Value::Number(number) if number.as_f64() == Some(0.0) => {}
        Value::String(text) if is_nothing(text) => {}
        Value::Array(list) if list.is_empty() => {}
        Value::Object(object) => object
            .iter()
            .for_each(|(inner, value)| push_words(words, &format!("{name}.{inner}"), value)),
        Value::Array(list) => list.iter().for_each(|value| push_words(words, name, value)),
        Value::String(text) => words.push_str(&format!("{name} {text}\n")),
        other => words.push_str(&format!("{name} {other}\n")),
    }
}

fn level_of_fields(fields: &Map<String, Value>) -> Option<Level> {
    let own = fields.iter().find_map(|(name, value)| {
        let name = name.to_ascii_lowercase();
        LEVEL_FIELDS
            .contains(&name.as_str())
            .then(|| Level::of_field(&name, value, fields))?
    });
    // The Elastic common schema nests it.
    own.or_else(|| {
        let nested = fields.get("log")?.as_object()?;
        Level::of_field("level", nested.get("level")?, nested)
    })
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
