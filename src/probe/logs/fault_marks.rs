//! Marks of a fault in a text without a level: what runtimes write, stack traces and uncaught
//! exceptions of each language, and `ERROR:` as a word.

use super::nothing::{begins_with_nothing, is_nothing};
use super::pattern::{regex, regex_set};
use regex::{Regex, RegexSet, SetMatches};
use std::sync::{LazyLock, OnceLock};

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

/// The marks that were found in a text.
pub(super) struct FaultMarks<'a> {
    text: &'a str,
    found: SetMatches,
}

impl<'a> FaultMarks<'a> {
    /// Searches a text for all marks at once.
    pub(super) fn of(text: &'a str) -> Self {
        let found = MARKS.matches(text);
        Self { text, found }
    }

    /// Whether a runtime reports a failure.
    pub(super) fn is_of_runtime(&self) -> bool {
        self.found.matched(RUNTIME_MARK)
    }

    /// Where a trace begins, and its language.
    pub(super) fn trace(&self) -> Option<(usize, &'static str)> {
        let text = self.text;
        let first = self.found.iter().find(|mark| *mark != RUNTIME_MARK)?;
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
}

/// `ERROR: message` anywhere in a line without a level, unless the value says that there is none.
pub(super) fn says_error(text: &str) -> bool {
    SAYS_ERROR.captures_iter(text).any(|found| {
        let value = found.get(1).map_or("", |value| value.as_str());
        value.trim().is_empty() || !begins_with_nothing(value)
    })
}
