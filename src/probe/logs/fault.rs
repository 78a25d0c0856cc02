//! Whether a line of the log is a fault of the function, and of which kind.
//!
//! Four things make a fault: a level, a record of the platform, a marker of the runtime, or a
//! stack trace. A level decides by itself; only a line without one is searched for the others.

use super::fault_kind::LogFault;
use super::later_lines::{is_whole_trace, parts, speaks_of_trouble};
use super::level::Level;
use super::line::{LogLine, says_something};
use super::line_prefix::is_platforms;
use super::logger_forms::logfmt_value;
use super::nothing::{begins_with_nothing, is_nothing};
use super::pattern::{regex, regex_set};
use regex::{Regex, RegexSet, SetMatches};
use serde_json::Value;
use std::sync::{LazyLock, OnceLock};

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
    let (at, language) = trace(own, &MARKS.matches(own))?;
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
    let found = MARKS.matches(text);
    if found.matched(RUNTIME_MARK) {
        return Some((LogFault::by_words(text), FaultSource::Runtime));
    }
    if let Some((_, language)) = trace(text, &found) {
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

// The classes below are ASCII throughout: logs name identifiers, not prose.
const RUNTIME: &str = r"(?m)Task timed out after [0-9]|(?:^|[ \t])RequestId: [0-9a-f-]+ (?:Error:|Process exited)|Runtime exited with(?: error|out)|(?:^|\t) *Status: (?:timeout|error|failure)(?-u:\b)|exited before completing|signal: killed|(?:^|[^A-Za-z0-9_.])(?:Runtime|Extension|Sandbox|Function)\.(?:[A-Z][A-Za-z]*(?:Error|Crash|Failure|NotFound|TooLarge|Rejection|Exit|HandlerName)|OutOfMemory|Timedout|Unknown[A-Za-z]*|Invalid[A-Za-z]+|NoSuch[A-Za-z]+|BadFunctionCode|TruncatedResponse|TooManyExtensions)(?-u:\b)|LAMBDA_WARNING: Unhandled exception|Unable to import module|Cannot find module '|Class not found: |Couldn't find valid bootstrap|No public method named|JavaScript heap out of memory|Unknown application error occurred|fork/exec [^ ]+: |Could not find the specified handler|(?:^|[ \t])Invoke Error[ \t]|^Error raised from handler method|^Init error when loading handler |(?:^|\t)(?:Function|Init)<[A-Z][A-Za-z:]*>|^Error loading (?:class|method) |does not implement an appropriate handler interface|^Error: (?:Unable to access jarfile|Could not find or load main class) |^You must install or update \.NET |^IMAGE[ \t]+Launch error: |^Handler '[^'\n]+' missing on module '|^module initialization error: |LAMBDA_RUNTIME Failed to |^Failed to post handler ";

/// Stack traces and uncaught exceptions, by language.
const TRACES: [(&str, &str); 16] = [
    (
        "Python",
        r"(?m)^[ \t|+]*(?:Exception Group )?Traceback \(most recent call last\)|^Fatal Python error: |^[ \t]*File [^\n]+\.py[^\n]*, line [0-9]+, in |^An error occurred \([A-Za-z0-9]+\) when calling the |^(?:Task|Future) exception was never retrieved|^Error in atexit\._run_exitfuncs:|^During handling of the above exception, |^The above exception was the direct cause ",
    ),
    (
        "Go",
        r"(?m)^panic: |^goroutine [0-9]+ \[|^fatal error: |^runtime error: ",
    ),
    (
        "Rust",
        r"(?m)^thread '[^'\n]*' (?:\([0-9]+\) )?(?:panicked at |has overflowed its stack)|^fatal runtime error: |^The application panicked \(crashed\)",
    ),
    ("Zig", r"(?m)^thread (?:[0-9]+ panic|panicked): "),
    ("Elixir", r"(?m)^\*\* \([A-Z][A-Za-z.]*\) "),
    ("R", r"(?m)^Error in [^\n]+ : |^Execution halted"),
    (
        "Perl",
        r"(?m)^Can't locate [^\n]+ in @INC |^(?:Died|Undefined subroutine [^\n]+ called|Can't (?:call|locate object) method [^\n]+) at [^\n]+ line [0-9]+",
    ),
    ("Haskell", r"(?m)^CallStack \(from HasCallStack\)"),
    ("Lua", r"(?m)^stack traceback:"),
    (
        "Clojure",
        r"(?m)^(?:Execution|Syntax) error [^\n]*at [^\n]*\([^()\n]+\.clj[cs]?:[0-9]+",
    ),
    (
        "process",
        r"(?m)(?:^|: )(?:PHP )?(?:Fatal|Parse) error: |^[a-z][a-z_.-]*: (?:error|fatal): |^(?:Stack overflow|Process terminated|Out of memory)\.|^SIG(?:SEGV|BUS|ABRT|ILL|FPE): |^(?:free|malloc|realloc|munmap_chunk)\(\): |^double free or corruption|^corrupted (?:size vs|double-linked)|^\*\*\* (?:stack smashing|buffer overflow|Program crashed|Signal [0-9])|^memory allocation of [0-9]+ bytes failed|: line [0-9]+: +[0-9]+ (?:Aborted|Killed|Terminated|Bus error|Illegal instruction|Segmentation fault|Trace/breakpoint trap|Floating point exception)\b|: line [0-9]+: (?:[^:\n]+: ){1,2}(?:(?:command )?not found|cannot execute|unbound variable|Permission denied|No such file or directory)|: line [0-9]+: syntax error |: Assertion [`'][^\n]+ failed\.|^terminate called (?:after throwing|without)|^(?:Terminating|Aborting) due to java\.|(?:detected by|memory for) the Java Runtime Environment|^# +SIG[A-Z]+ \(0x|(?:: |[0-9] +)Segmentation fault|^Segmentation fault(?: \(core dumped\))?[ \t\r]*$|(?:^|: )error while loading shared libraries: |: version `GLIBC[A-Z_0-9.]+' not found|^npm (?:ERR!|error) |^Assertion failed: |^!!! uWSGI process [0-9]+ got |^jq: error |^[a-z]+: [^\n]*: fatal: |: Error is not recoverable: exiting now|: can't open file '[^'\n]+': \[Errno |^(?:/[a-z/]*/)?[a-z]*sh: (?:[0-9]+: )?[^\n:]+: (?:Permission denied|No such file or directory|(?:command )?not found|cannot execute: required file not found)[ \t\r]*$|^(?:/[a-z/]*/)?env: [^\n]+: No such file or directory|: bad interpreter: |: exec format error[ \t\r]*$|: cannot execute binary file|^(?:Aborted|[Ii]llegal instruction|Trace/breakpoint trap|Bus error|Floating point exception) \(core dumped\)|^Out of memory: Killed process |^OCI runtime [a-z]+ failed: |^libc\+\+abi: terminating |^\[FATAL tini ",
    ),
    (
        "Ruby",
        r"(?m)^Errno::E[A-Z]+: |\.rb:[0-9]+:in [`'].*(?:\([A-Z][A-Za-z0-9_:]*\)|: )|^[ \t]*from [^\n]*\.rb:[0-9]+|^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} - [A-Z][A-Za-z0-9_:]*(?:Error|Exception) - |^#<[A-Z][A-Za-z0-9_:]*(?:Error|Exception): |^bundler: failed to load command: |^! Unable to load application: |^undefined (?:local variable or )?method [^\n]+\([A-Za-z]*Error\)",
    ),
    (
        ".NET",
        r"(?m)^Unhandled [Ee]xception[.:]|^Unknown error responding to request: |^[ \t]+at [A-Za-z_][A-Za-z0-9_.`<>\[\]]+\([^()\n]*\) in |^(?: *---> )?(?:System|Amazon|Microsoft|Npgsql)\.[A-Za-z0-9_.]+Exception\b|^[ \t]+at (?:System|Microsoft|Amazon)\.[A-Za-z]|^ *--- End of (?:inner exception )?stack trace|: LambdaException[ \t\r]*$",
    ),
    (
        "Java",
        r"(?m)^[ \t]+at [A-Za-z_$][A-Za-z0-9_$.<>/]*\((?:[A-Za-z0-9_$]+\.(?:java|kt|scala|groovy):[0-9]+|Unknown Source|Native Method|[A-Za-z0-9_$]+\.java)\)|^(?:Exception in thread |Caused by: |APPLICATION FAILED TO START)|^[ \t]*Suppressed: (?:[a-z_][a-z0-9_]*\.)+[A-Z]|^(?:[a-z_][a-z0-9_]*\.)+[A-Z][A-Za-z0-9_$]*(?:Exception|Error|Throwable)(?::|[ \t\r]*$)|^Error occurred during initialization of VM|os::commit_memory\(| has no public method named |: java\.lang\.OutOfMemoryError[ \t\r]*$",
    ),
    (
        "Node.js",
        r"(?m)^[ \t]+at [^\n]*\(?[^()\n ]+\.(?:js|mjs|cjs|ts):[0-9]+:[0-9]+\)?|^[ \t]+at (?:async )?[A-Za-z_.<>\[\] ]+ \(node:[a-z_/]+:[0-9]+:[0-9]+\)|^Uncaught |Uncaught Exception|Unhandled ?Promise ?Rejection|^Unhandled rejection |^(?:[ \t]*\[cause\]: )?(?:[A-Z][A-Za-z]*)?Error(?: \[[A-Z_]+\])?: |Unhandled error event: ",
    ),
    (
        "exception",
        r"(?m)^(?:Uncaught |Unhandled |[ \t]*\[cause\]: )?(?:[A-Za-z_][A-Za-z0-9_]*[.:]+)*[A-Z][A-Za-z0-9_]*(?:Error|Exception|Exit|Interrupt)(?: \[[A-Za-z_]+\])?(?:: |:?[ \t\r]*$)|^(?:[a-z_][a-z0-9_]*\.)*(?:exceptions\.[A-Z][A-Za-z]+|[a-z_][a-z0-9_]*\.[A-Z][A-Za-z]*(?:Expired|Refused|Disconnected|NotExist|NotFound|Timeout)): |^(?:[a-z_][a-z0-9_]*\.)*[a-z_]+error: \[Errno -?[0-9]+\] |^(?:[a-z_][a-z0-9_]*\.)+errors\.[A-Z][A-Za-z]+: |^\[[A-Z][A-Za-z]*Error: ",
    ),
];

/// What a runtime writes, and all traces: a line is searched once.
static MARKS: LazyLock<RegexSet> = LazyLock::new(|| {
    let traces = TRACES.iter().map(|(_, pattern)| ascii(pattern));
    regex_set(std::iter::once(RUNTIME.to_owned()).chain(traces))
});
/// Its place among the marks.
const RUNTIME_MARK: usize = 0;

/// The pattern of one language, made when a line of it is met.
fn trace_of(at: usize) -> Option<(&'static str, &'static Regex)> {
    static COMPILED: [OnceLock<Regex>; TRACES.len()] = [const { OnceLock::new() }; TRACES.len()];
    let (language, pattern) = TRACES.get(at)?;
    let compiled = COMPILED.get(at)?;
    Some((language, compiled.get_or_init(|| regex(&ascii(pattern)))))
}

/// The boundaries of words are those of ASCII.
fn ascii(pattern: &str) -> String {
    pattern.replace(r"\b", r"(?-u:\b)")
}

static SAYS_ERROR: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?-u:\b)(?:ERROR|CRITICAL|FATAL|SEVERE)(?:: |:[ \t\r]*$)([^\n]*)"));

/// Where a trace begins, and its language.
fn trace(text: &str, found: &SetMatches) -> Option<(usize, &'static str)> {
    let first = found.iter().find(|mark| *mark != RUNTIME_MARK)?;
    let (language, pattern) = trace_of(first - 1)?;
    let found = pattern.find(text)?;
    // `ContinueOnError: true` is a setting.
    if found.as_str().trim_end().ends_with("OnError:") {
        return None;
    }
    // `Uncaught errors: 0` is a count.
    let line = text.get(found.start()..).unwrap_or_default();
    let counted = line
        .lines()
        .next()
        .and_then(|line| line.split_once([':', '=']));
    if found.as_str().starts_with("Uncaught ")
        && counted.is_some_and(|(name, value)| name.ends_with('s') && is_nothing(value))
    {
        return None;
    }
    // `LastError: none` names an error that there is not.
    let rest = text.get(found.end()..).unwrap_or_default();
    let value = rest.lines().next().unwrap_or_default();
    let header = found.as_str().trim_end().ends_with(':');
    // `ZodError: [` goes on with what is wrong.
    let goes_on = ["[", "{"].contains(&value.trim());
    match header && !value.trim().is_empty() && is_nothing(value) && !goes_on {
        true => None,
        false => Some((found.start(), language)),
    }
}

/// `ERROR: message` anywhere in a line without a level, unless the value says that there is none.
fn says_error(text: &str) -> bool {
    SAYS_ERROR.captures_iter(text).any(|found| {
        let value = found.get(1).map_or("", |value| value.as_str());
        value.trim().is_empty() || !begins_with_nothing(value)
    })
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
