//! One line of a log, read once for all who ask what it says: its format, level, fields and
//! message.
//!
//! A level is a level only where a logger writes one: in its field of a JSON line, or at its
//! place in a line of text. The same word inside a sentence, a name or a value is none.

use super::level::Level;
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
/// Tokens of a line of text among which a level may stand.
const HEAD: usize = 8;

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

/// Whether a value says that there is none.
pub(super) fn is_nothing(value: &str) -> bool {
    let value = value
        .trim()
        .trim_matches(['"', '\'', ',', ';', '.', ')', ']', '}']);
    let value = value.trim();
    [
        "",
        "0",
        "0.0",
        "none",
        "null",
        "nil",
        "false",
        "no",
        "-",
        "n/a",
        "undefined",
        "[",
        "{",
        "0%",
    ]
    .iter()
    .any(|nothing| value.eq_ignore_ascii_case(nothing))
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

/// The level of a line of text: among its first tokens, behind nothing but what loggers write
/// before it, such as times, ids, threads and names of loggers.
fn level_of_text(text: &str) -> Option<Level> {
    let first = text.lines().next().unwrap_or_default();
    let own_forms = [level_of_logfmt, level_of_glog, level_of_ruby];
    if let Some(level) = own_forms.iter().find_map(|level| level(first)) {
        return Some(level);
    }
    if is_platforms(first) {
        return None;
    }
    let mut ordinary = 0;
    let mut behind_separator = true;
    for (index, token) in tokens(first).take(HEAD).enumerate() {
        let LineToken { word, mark } = token;
        if word.is_empty() {
            behind_separator = true;
            continue;
        }
        if let Some(level) = Level::of_word(word).filter(|_| !names_nothing(first, word)) {
            let upper = word.bytes().all(|byte| !byte.is_ascii_lowercase());
            let set_off = matches!(mark, Mark::Bracketed | Mark::Field)
                || (behind_separator && matches!(mark, Mark::Separated));
            let is_first = index == 0 && matches!(mark, Mark::Colon) && !is_error_name(word);
            if set_off || is_first || (upper && ordinary == 0) {
                return Some(level);
            }
        }
        behind_separator = matches!(mark, Mark::Separated);
        if matches!(mark, Mark::Plain | Mark::Colon) && !is_prefix(word) {
            ordinary += 1;
            if ordinary > 1 {
                return None;
            }
        }
    }
    None
}

/// Whether the word is a name with a value that says that there is none: `ERROR: 0`.
fn names_nothing(line: &str, word: &str) -> bool {
    let Some((_, rest)) = line.split_once(word) else {
        return false;
    };
    let Some(value) = rest.strip_prefix([':', '=']) else {
        return false;
    };
    value.split_whitespace().next().is_some_and(is_nothing)
}

/// `Error:` at the start of a line is the name of an exception, which is judged as one.
fn is_error_name(word: &str) -> bool {
    word == "Error"
}

/// How a token stands in its line.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mark {
    /// In brackets of any kind.
    Bracketed,
    /// Between tabs or pipes.
    Field,
    /// Before a dash that stands alone.
    Separated,
    /// Before a colon.
    Colon,
    Plain,
}

struct LineToken<'a> {
    word: &'a str,
    mark: Mark,
}

/// The tokens of a line, each with how it stands there.
fn tokens(line: &str) -> impl Iterator<Item = LineToken<'_>> {
    let fields = line.split(['\t', '|']);
    let single = line.contains(['\t', '|']);
    fields.flat_map(move |field| {
        let words: Vec<&str> = field.split(' ').filter(|word| !word.is_empty()).collect();
        let alone = single && words.len() == 1;
        let count = words.len();
        (0..count)
            .map(|at| token(&words, at, alone))
            .collect::<Vec<_>>()
    })
}

fn token<'a>(words: &[&'a str], at: usize, alone: bool) -> LineToken<'a> {
    let word = words.get(at).copied().unwrap_or_default();
    if matches!(word, "-" | "--" | ":") {
        return LineToken {
            word: "",
            mark: Mark::Separated,
        };
    }
    let bracketed = word
        .strip_prefix(['[', '<', '('])
        .map(|inner| inner.trim_end_matches([']', '>', ')', ':']));
    let dash_follows = words
        .get(at + 1)
        .is_some_and(|next| matches!(*next, "-" | "--" | ":"));
    match bracketed {
        Some(inner) => LineToken {
            word: inner.trim(),
            mark: Mark::Bracketed,
        },
        None if alone => LineToken {
            word: word.trim_end_matches(':'),
            mark: Mark::Field,
        },
        None if dash_follows => LineToken {
            word: word.trim_end_matches(':'),
            mark: Mark::Separated,
        },
        None => match word.split_once(':') {
            // `ERROR:root:message` and `fail: Category[0]`; a time is no word before a colon.
            Some((head, _))
                if !head.is_empty() && head.bytes().all(|b| b.is_ascii_alphabetic()) =>
            {
                LineToken {
                    word: head,
                    mark: Mark::Colon,
                }
            }
            _ => LineToken {
                word: word.trim_end_matches([',', ';', ']']),
                mark: Mark::Plain,
            },
        },
    }
}

/// What loggers write before the level: times, ids, numbers, names with dots, thread names.
fn is_prefix(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    digits >= 2
        || word
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'#')
        || word.contains('.')
        || (word.contains('-') && word.len() >= 8)
        || matches!(
            word,
            "root" | "main" | "undefined" | "UTC" | "Z" | "AM" | "PM"
        )
}

/// `level=error` of logfmt, also quoted; only where the line is logfmt from its start.
fn level_of_logfmt(line: &str) -> Option<Level> {
    let first = line.split_whitespace().next()?;
    let (name, _) = first.split_once('=')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.@".contains(c);
    if name.is_empty() || !name.chars().all(plain) {
        return None;
    }
    line.split_whitespace().find_map(|part| {
        let (name, value) = part.split_once('=')?;
        ["level", "lvl", "severity", "log.level", "loglevel"]
            .contains(&name)
            .then(|| Level::of_word(value.trim_matches('"')))?
    })
}

/// `E0322 03:10:00.123456       1 store.go:12] message`
fn level_of_glog(line: &str) -> Option<Level> {
    let (head, rest) = line.split_at_checked(5)?;
    let level = match head.as_bytes().first()? {
        b'E' | b'F' => Level::Fault,
        b'W' => Level::Warning,
        b'I' => Level::Fine,
        _ => return None,
    };
    let date = head.bytes().skip(1).all(|byte| byte.is_ascii_digit());
    (date && rest.starts_with(' ') && rest.contains("] ")).then_some(level)
}

/// `E, [2026-03-22T03:10:00.000000 #8] ERROR -- : message`
fn level_of_ruby(line: &str) -> Option<Level> {
    let (letter, _) = line.split_once(", [")?;
    match letter {
        "E" | "F" => Some(Level::Fault),
        "W" => Some(Level::Warning),
        "I" | "D" | "A" => Some(Level::Fine),
        _ => None,
    }
}

/// Lines that the platform writes in the text format have no level.
fn is_platforms(line: &str) -> bool {
    [
        "START RequestId",
        "END RequestId",
        "REPORT RequestId",
        "INIT_START",
        "INIT_REPORT",
        "RESTORE_",
        "EXTENSION\t",
        "LOGS\t",
        "TELEMETRY\t",
        "XRAY TraceId",
    ]
    .iter()
    .any(|start| line.starts_with(start))
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
