//! What a log line says, shortest first: level, exception, message. Stamps and ids are left out;
//! the whole line stands beside it as evidence.

use super::level::Level;
use super::line::LogLine;

/// Fields of a JSON line that name an exception.
const EXCEPTIONS: [&str; 5] = [
    "errorType",
    "error_type",
    "exceptionName",
    "exception_type",
    "exc_type",
];
/// Fields of a JSON line that hold what the exception says.
const REASONS: [&str; 3] = ["errorMessage", "error_message", "exc_message"];
/// Begins the stack trace of a Python exception, whose last line is the exception.
const TRACEBACK: &str = "Traceback (most recent call last)";

/// A line in short.
pub(super) fn brief(text: &str) -> String {
    let line = LogLine::parse(text);
    match &line.fields {
        Some(_) if text.starts_with('{') => of_fields(&line),
        _ => of_text(text),
    }
}

fn of_fields(line: &LogLine<'_>) -> String {
    let text = |names: &[&str]| {
        let fields = line.fields.as_ref()?;
        let mut values = names.iter().filter_map(|name| fields.get(*name)?.as_str());
        values.find(|value| !value.trim().is_empty())
    };
    let reason = text(&REASONS).or_else(|| {
        let message = line.message();
        (message != line.text.as_ref()).then_some(message)
    });
    let said = match (text(&EXCEPTIONS), reason) {
        (Some(exception), Some(reason)) if !reason.contains(exception) => {
            format!("{exception}: {reason}")
        }
        (exception, reason) => reason.or(exception).unwrap_or(&line.text).to_owned(),
    };
    match line.level {
        Some(Level::Fault) => format!("[ERROR] {}", of_text(&said)),
        _ => of_text(&said),
    }
}

fn of_text(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = without_stamps(lines.next().unwrap_or_default());
    let exception = match text.contains(TRACEBACK) {
        true => lines.next_back().unwrap_or_default(),
        false => "",
    };
    if first.is_empty() || first.starts_with(TRACEBACK) {
        return exception.to_owned();
    }
    if exception.is_empty() || exception.starts_with("File ") || first.contains(exception) {
        return first;
    }
    format!("{first}; {exception}")
}

/// The words of a line without the stamps and ids before its message.
fn without_stamps(line: &str) -> String {
    let mut level = None;
    let mut rest = line.trim_start();
    while let Some((word, after)) = next_word(rest) {
        let bare = word.trim_matches(['[', ']', ':', '|', ',']);
        let is_level = level.is_none() && Level::of_word(bare).is_some();
        if is_level {
            level = Some(bare);
        } else if !(is_stamp(bare) || is_id(bare) || bare.is_empty() || bare == "-") {
            break;
        }
        rest = after;
    }
    if rest.is_empty() {
        return line.trim().to_owned();
    }
    match level {
        Some(level) => format!("[{level}] {rest}"),
        None => rest.to_owned(),
    }
}

fn next_word(text: &str) -> Option<(&str, &str)> {
    let end = text.find([' ', '\t']).unwrap_or(text.len());
    let (word, after) = text.split_at(end);
    (!word.is_empty()).then(|| (word, after.trim_start()))
}

/// A date, a time, or both.
fn is_stamp(word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '-' | ':' | '.' | ',' | '/' | '+');
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    word.starts_with(|c: char| c.is_ascii_digit())
        && digits >= 6
        && word.contains(['-', ':', '/'])
        && word.chars().all(|c| is_part(c) || matches!(c, 'T' | 'Z'))
}

/// The id of a request, or its label.
fn is_id(word: &str) -> bool {
    let is_hex = |c: char| c.is_ascii_hexdigit() || c == '-';
    word == "RequestId"
        || (word.len() >= 8
            && word.chars().all(is_hex)
            && word.contains(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_exception_and_message_come_without_stamps_and_ids() {
        for (line, due) in [
            (
                "[ERROR]\t2026-03-22T03:10:00.000Z\t6bc28136-xx\tboom",
                "[ERROR] 6bc28136-xx\tboom",
            ),
            (
                "[ERROR]\t2026-03-22T03:10:00.000Z\t6bc28136-0000-4000-8000-000000000062\tboom",
                "[ERROR] boom",
            ),
            (
                "[ERROR] Runtime.ImportModuleError: Unable to import module 'lambda_v8'",
                "[ERROR] Runtime.ImportModuleError: Unable to import module 'lambda_v8'",
            ),
            (
                "2026-03-22T03:10:00.000Z 0f1e2d3c Task timed out after 30.03 seconds",
                "Task timed out after 30.03 seconds",
            ),
            (
                "2026-03-22T03:10:00.000Z\t0f1e2d3c\tERROR\tInvoke Error\t{}",
                "[ERROR] Invoke Error\t{}",
            ),
            (
                "RequestId: 6bc28136-0000-4000-8000-000000000062 Error: Runtime exited with error: signal: killed",
                "[Error] Runtime exited with error: signal: killed",
            ),
            (
                "[ERROR] KeyError: 'eggs'\nTraceback (most recent call last):\n  File \"/var/task/x.py\", line 3\n    a['eggs']",
                "[ERROR] KeyError: 'eggs'; a['eggs']",
            ),
            (
                "[ERROR]\t2026-03-22T03:10:00.000Z\t0f1e2d3c\tsync failed\nTraceback (most recent call last):\n  File \"x.py\", line 3, in f\nKeyError: 'eggs'",
                "[ERROR] sync failed; KeyError: 'eggs'",
            ),
            (
                "Traceback (most recent call last):\n  File \"x.py\", line 3, in f\nKeyError: 'eggs'",
                "KeyError: 'eggs'",
            ),
            (
                r#"{"timestamp":"2026-03-22T03:10:00Z","level":"ERROR","message":"boom","requestId":"0f1e"}"#,
                "[ERROR] boom",
            ),
            (
                r#"{"level":"ERROR","errorType":"KeyError","errorMessage":"'eggs'","message":"x"}"#,
                "[ERROR] KeyError: 'eggs'",
            ),
            (
                "2026-03-22 03:10:00,123 - duck - ERROR - boom",
                "duck - ERROR - boom",
            ),
            ("E0322 boom", "E0322 boom"),
            ("deadbeef is a word", "deadbeef is a word"),
            ("2026-03-22T03:10:00.000Z", "2026-03-22T03:10:00.000Z"),
            ("", ""),
        ] {
            assert_eq!(brief(line), due, "{line}");
        }
    }
}
