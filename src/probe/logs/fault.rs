//! Whether a line of the log is a fault of the function, and of which kind.
//!
//! Four things make a fault: a level, a record of the platform, a marker of the runtime, or a
//! stack trace. A level decides by itself; only a line without one is searched for the others.

use super::fault_kind::LogFault;
use super::fault_marks::{FaultMarks, says_error};
use super::later_lines::{is_whole_trace, parts, speaks_of_trouble};
use super::level::Level;
use super::line::{LogLine, says_something};
use super::line_prefix::is_platforms;
use super::logger_forms::logfmt_value;
use super::nothing::is_nothing;
use serde_json::Value;

/// By what a line is a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FaultSource {
    /// Its level.
    Level,
    /// A record of the platform: REPORT, INIT_REPORT, EXTENSION, `platform.*`.
    Platform,
    /// A marker of the runtime, such as `Task timed out`.
    Runtime,
    /// A stack trace or the name of an exception, by the language it is of.
    Trace(&'static str),
    /// A field such as `errorMessage` in a JSON line without a level.
    Field,
}

impl FaultSource {
    /// Its words.
    pub(super) fn words(self) -> String {
        match self {
            FaultSource::Level => "by level".to_owned(),
            FaultSource::Platform => "from the platform".to_owned(),
            FaultSource::Runtime => "from the runtime".to_owned(),
            FaultSource::Trace(language) => format!("by stack trace or exception ({language})"),
            FaultSource::Field => "by an error field".to_owned(),
        }
    }
}

impl LogFault {
    /// What a line is; none when it is no fault.
    pub(super) fn of(line: &LogLine<'_>) -> Option<(Self, FaultSource)> {
        if let Some((kind, record)) = line.platform() {
            return of_platform(kind, record).map(|fault| (fault, FaultSource::Platform));
        }
        if line.is_metrics() {
            return None;
        }
        match line.level {
            Some(Level::Fault) => Some((Self::by_words(&line.text), FaultSource::Level)),
            Some(Level::Warning | Level::Fine) => of_later_lines(line),
            None if line.text.starts_with('{') && line.fields.is_some() => of_json(line),
            None => of_text(&line.text),
        }
    }
}

/// A fault of the later lines of an event whose first line is none: of a record of its own, or a
/// stack trace of which the first line does not speak.
fn of_later_lines(line: &LogLine<'_>) -> Option<(LogFault, FaultSource)> {
    let (own, records) = parts(&line.text)?;
    let faults = records.iter().map(|record| LogLine::parse(record));
    if let Some(fault) = faults.filter_map(|record| LogFault::of(&record)).next() {
        return Some(fault);
    }
    let first = line.text.lines().next().unwrap_or_default();
    if line.level != Some(Level::Fine) || own.is_empty() || speaks_of_trouble(first) {
        return None;
    }
    let (at, language) = FaultMarks::of(own).trace()?;
    let fault = || (LogFault::by_words(own), FaultSource::Trace(language));
    is_whole_trace(own, at).then(fault)
}

/// Records of the platform in the JSON format (Lambda Telemetry API schema reference).
fn of_platform(kind: &str, record: &Value) -> Option<LogFault> {
    let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
    let typed = LogFault::by_words(text("errorType"));
    let error = !is_nothing(text("errorType"));
    match kind {
        "fault" => Some(LogFault::by_words(record.as_str().unwrap_or_default())),
        "extension" => {
            let started = ["Started", "Registered", "Ready", "Shutdown", ""];
            (error || !started.contains(&text("state"))).then_some(LogFault::Exit)
        }
        _ => match text("status").to_ascii_lowercase().as_str() {
            "timeout" => Some(LogFault::Timeout),
            "error" | "failure" => Some(typed),
            _ => None,
        },
    }
}

/// A JSON line without a level: an error field that holds something, or a message that is a
/// fault itself.
fn of_json(line: &LogLine<'_>) -> Option<(LogFault, FaultSource)> {
    let fields = line.fields.as_ref()?;
    let names = [
        "errorMessage",
        "errorType",
        "error",
        "err",
        "exception",
        "stackTrace",
        "stack_trace",
        "stack",
        "exc_info",
    ];
    let is_answer = ["status", "statusCode", "status_code"]
        .iter()
        .any(|name| fields.get(*name).is_some_and(is_code_of_caller));
    let holds = |name: &str| {
        // `{"statusCode": 404, "error": "Not Found"}` answers a caller.
        let value = fields.get(name).filter(|value| match (name, value) {
            ("error", Value::String(error)) => !is_answer && !is_asked_again(error),
            _ => true,
        });
        // A number may be a count, or the code of an answer; a stack without a trace is a name.
        value.is_some_and(|value| {
            let is_name = name == "stack"
                && value
                    .as_str()
                    .is_some_and(|text| !text.contains('\n') && !text.contains(": "));
            !value.is_number() && !is_name && says_something(value)
        })
    };
    // Datadog calls the level of a message its status.
    let status = fields.get("status").and_then(Value::as_str);
    let is_status = status.is_some_and(|status| status.eq_ignore_ascii_case("error"));
    if names.iter().any(|name| holds(name)) || (is_status && fields.contains_key("message")) {
        return Some((LogFault::by_words(&line.text), FaultSource::Field));
    }
    let message = line.message();
    match message == line.text.as_ref() {
        true => None,
        // A message may be a line of its own, with its own level.
        false => LogFault::of(&LogLine::parse(message)),
    }
}

/// A code of HTTP that says that the caller is at fault.
fn is_code_of_caller(value: &Value) -> bool {
    let code = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    code.is_some_and(|code| (400..500).contains(&code))
}

/// An error by which OAuth tells a client to go on asking, or to log in again (RFC 6749, 5.2; RFC 8628, 3.5).
fn is_asked_again(error: &str) -> bool {
    matches!(
        error,
        "authorization_pending"
            | "slow_down"
            | "expired_token"
            | "invalid_grant"
            | "login_required"
    )
}

/// Names under which a line of logfmt without a level holds an error.
const ERRORS: [&str; 3] = ["error", "err", "exception"];

/// A line of text without a level.
fn of_text(text: &str) -> Option<(LogFault, FaultSource)> {
    if let Some(fault) = of_platform_text(text) {
        return match fault {
            Some(fault) => Some((fault, FaultSource::Platform)),
            None => of_behind_platform(text),
        };
    }
    let marks = FaultMarks::of(text);
    if marks.is_of_runtime() {
        return Some((LogFault::by_words(text), FaultSource::Runtime));
    }
    if let Some((_, language)) = marks.trace() {
        return Some((LogFault::by_words(text), FaultSource::Trace(language)));
    }
    if says_error(text) {
        return Some((LogFault::by_words(text), FaultSource::Level));
    }
    let is_answer = || {
        let code = logfmt_value(text, "status").and_then(|code| code.parse::<u64>().ok());
        code.is_some_and(|code| (400..500).contains(&code))
    };
    let named = ERRORS.iter().filter_map(|name| logfmt_value(text, name));
    let mut said = named.filter(|value| value.parse::<f64>().is_err() && !is_nothing(value));
    said.next()
        .filter(|_| !is_answer())
        .map(|_| (LogFault::by_words(text), FaultSource::Field))
}

/// What stands in one event with lines of the platform that are no faults.
fn of_behind_platform(text: &str) -> Option<(LogFault, FaultSource)> {
    let mut rest = text.split_once('\n')?.1;
    while let Some(fault) = of_platform_text(rest) {
        if let Some(fault) = fault {
            return Some((fault, FaultSource::Platform));
        }
        rest = rest.split_once('\n')?.1;
    }
    LogFault::of(&LogLine::parse(rest))
}

/// A record of the platform in the text format; the inner `None` is one without a fault.
fn of_platform_text(text: &str) -> Option<Option<LogFault>> {
    let text = text.lines().next()?;
    let field = |name: &str| {
        let (_, value) = text.split_once(name)?;
        let value = value.split(['\t', '\n']).next().unwrap_or_default().trim();
        (!value.is_empty()).then_some(value)
    };
    if text.starts_with("EXTENSION") && text.contains("State:") {
        let state = field("State:").and_then(|state| state.split_whitespace().next());
        let started = ["Started", "Registered", "Ready", "Shutdown"];
        let error = field("Error Type:").is_some_and(|error| !is_nothing(error));
        let fault = error || state.is_some_and(|state| !started.contains(&state));
        return Some(fault.then_some(LogFault::Exit));
    }
    let reports = ["REPORT RequestId", "INIT_REPORT", "RESTORE_REPORT"];
    if reports.iter().any(|start| text.starts_with(start)) {
        let status = field("Status:").and_then(|status| status.split_whitespace().next());
        return Some(match status {
            Some(status) if status.eq_ignore_ascii_case("timeout") => Some(LogFault::Timeout),
            Some(status)
                if ["error", "failure"].contains(&status.to_ascii_lowercase().as_str()) =>
            {
                Some(LogFault::by_words(text))
            }
            _ => None,
        });
    }
    is_platforms(text).then_some(None)
}

#[cfg(test)]
mod tests {
    use super::super::filter::FAULT_TERMS;
    use super::*;

    #[test]
    fn every_kind_of_function_failure_is_recognized() {
        let table = [
            ("[ERROR] KeyError: 'duckling_id'", Some(LogFault::Other)),
            ("ERROR could not write", Some(LogFault::Other)),
            (r#"{"level":"ERROR","message":"x"}"#, Some(LogFault::Other)),
            (
                "2026-03-22T03:12:09Z 0f1e Task timed out after 30.03 seconds",
                Some(LogFault::Timeout),
            ),
            (
                "REPORT RequestId: 0f1e Duration: 30000 ms Status: timeout",
                Some(LogFault::Timeout),
            ),
            (
                "RequestId: 0f1e Error: Runtime exited with error: signal: killed",
                Some(LogFault::Exit),
            ),
            (
                "[ERROR] Runtime.ImportModuleError: Unable to import module 'lambda_v8'",
                Some(LogFault::Import),
            ),
            (
                "[ERROR] Runtime.HandlerNotFound: Handler 'x' missing",
                Some(LogFault::Import),
            ),
            ("Traceback (most recent call last):", Some(LogFault::Other)),
            ("START RequestId: 0f1e2d3c Version: 61", None),
            ("END RequestId: 0f1e2d3c", None),
            ("duck.cert_issued", None),
            ("0 errors", None),
        ];
        for (line, fault) in table {
            assert_eq!(
                LogFault::of(&LogLine::parse(line)).map(|(kind, _)| kind),
                fault,
                "{line}"
            );
        }
    }

    #[test]
    fn every_counted_line_passes_the_server_side_filter() {
        for line in [
            "Task timed out after 3 s",
            "Status: timeout",
            "Runtime exited with error: exit status 1",
            "Process exited before completing request",
            "signal: killed",
            "Unable to import module",
            "Runtime.OutOfMemory",
            "Runtime.UserCodeSyntaxError",
        ] {
            assert!(LogFault::of(&LogLine::parse(line)).is_some(), "{line}");
            assert!(FAULT_TERMS.iter().any(|term| line.contains(term)), "{line}");
        }
    }
}
