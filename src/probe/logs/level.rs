//! The level of a log line, in any spelling and as any number that loggers write.

use super::colours::without_colours;
use serde_json::{Map, Value};

/// How serious a line says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// Trace, debug, info, notice.
    Fine,
    /// A warning.
    Warning,
    /// An error or worse.
    Fault,
}

const FINE: [&str; 24] = [
    "trace",
    "trce",
    "trc",
    "debug",
    "dbug",
    "dbg",
    "debu",
    "debg",
    "verbose",
    "verb",
    "vrb",
    "info",
    "inf",
    "information",
    "informational",
    "notice",
    "success",
    "fine",
    "finer",
    "finest",
    "config",
    "default",
    "log",
    "silly",
];
const WARNING: [&str; 4] = ["warn", "warning", "wrn", "wrng"];
const FAULT: [&str; 22] = [
    "error",
    "err",
    "eror",
    "erro",
    "ftl",
    "fatl",
    "fata",
    "pani",
    "pnc",
    "critical",
    "crit",
    "fatal",
    "panic",
    "dpanic",
    "emergency",
    "emerg",
    "alert",
    "severe",
    "fail",
    "failure",
    "fault",
    "exception",
];

impl Level {
    /// The level that a word names, such as `error`, or `ERROR+4` of Go's slog.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        let word = word.trim();
        // It counts up from the name below, and down only from the lowest.
        let debug = |(base, _): &(&str, &str)| base.eq_ignore_ascii_case("debug");
        let base = word
            .split_once('+')
            .or_else(|| word.split_once('-').filter(debug));
        let word = match base {
            Some((base, offset)) if offset.bytes().all(|b| b.is_ascii_digit()) => base,
            _ => word,
        };
        let is_in = |words: &[&str]| words.iter().any(|w| w.eq_ignore_ascii_case(word));
        if is_in(&FAULT) {
            Some(Level::Fault)
        } else if is_in(&WARNING) {
            Some(Level::Warning)
        } else if is_in(&FINE) {
            Some(Level::Fine)
        } else {
            None
        }
    }

    /// The level that a letter names where a logger writes no more, such as `E` or `E!`.
    pub(super) fn of_letter(letter: &str) -> Option<Self> {
        match letter.trim_end_matches('!') {
            "E" | "F" | "C" => Some(Level::Fault),
            "W" => Some(Level::Warning),
            "I" | "N" | "D" | "T" | "V" => Some(Level::Fine),
            _ => None,
        }
    }

    /// The level in a field of this name, in the form of [`super::line`]; `fields` are those beside
    /// it.
    pub(super) fn of_field(name: &str, value: &Value, fields: &Map<String, Value>) -> Option<Self> {
        match value {
            // A journal writes syslog's number as text.
            Value::String(text) if name == "priority" => {
                Self::of_number("severity", text.parse().ok()?, fields)
            }
            // `SEVERITY_NUMBER_ERROR`, `<SeverityNumber.ERROR: 17>`
            Value::String(text) if name == "severitynumber" => text
                .split(|c: char| !c.is_ascii_alphabetic())
                .find_map(Self::of_word),
            // Where colours were added before the line became JSON they stand in the value.
            Value::String(text) => Self::of_word(&without_colours(text)),
            Value::Number(number) => Self::of_number(name, number.as_f64()?, fields),
            // Loguru writes name, number and icon, and log4js levelStr.
            Value::Object(level) => {
                let names = ["name", "levelStr", "text"];
                let word = names.iter().find_map(|name| level.get(*name))?;
                Self::of_word(word.as_str()?)
            }
            _ => None,
        }
    }

    /// The level of a severity of syslog, which counts down from 7, debug (RFC 5424, 6.2.1).
    pub(super) fn of_severity(number: u8) -> Self {
        match number {
            0..=3 => Level::Fault,
            4 => Level::Warning,
            _ => Level::Fine,
        }
    }

    fn of_number(name: &str, number: f64, fields: &Map<String, Value>) -> Option<Self> {
        // Where a fault and a warning begin.
        let (fault, warning) = match name {
            // OpenTelemetry, log data model: 17 to 24 are errors.
            "severitynumber" => (17.0, 13.0),
            // Python's logging.
            "levelno" => (40.0, 30.0),
            // Lager counts from 0, debug, to 3, fatal.
            "loglevel" if number < 4.0 && fields.contains_key("data") => (2.0, 4.0),
            // Only where it is a severity, or the line is GELF: a level of 3 is many things.
            _ if number < 10.0 => {
                let gelf = fields.contains_key("short_message");
                if !(name == "severity" || gelf) || number < 0.0 {
                    return None;
                }
                return Some(Self::of_severity(number as u8));
            }
            // Bunyan and pino.
            _ if number < 100.0 => (50.0, 40.0),
            // Monolog and Google's severity.
            _ if number < 1_000.0 => match name {
                "severity" => (500.0, 400.0),
                _ => (400.0, 300.0),
            },
            _ => return None,
        };
        Some(if number >= fault {
            Level::Fault
        } else if number >= warning {
            Level::Warning
        } else {
            Level::Fine
        })
    }
}
