//! What loggers write before a level and a message.

use super::level::Level;
use super::nothing::begins_with_nothing;

/// Whether a text is nothing but what loggers write before a message, and ends with a level.
pub(super) fn ends_with_level(text: &str) -> bool {
    let words = text.split_whitespace().rev();
    let mut words = words.map(|word| word.trim_matches(['[', ']', ':', '|']));
    words.next().and_then(Level::of_word).is_some() && words.all(is_prefix)
}

/// Whether the word is a name with a value that says that there is none: `ERROR: 0`,
/// `ERROR count: 0`, `FAIL 0, PASS 12`, `| ERROR | 0 |`.
pub(super) fn names_nothing(line: &str, word: &str) -> bool {
    let Some((_, rest)) = line.split_once(word) else {
        return false;
    };
    let noun = rest
        .trim_start()
        .split([':', '=', ' '])
        .next()
        .unwrap_or_default();
    let rest = match noun.to_ascii_lowercase().as_str() {
        "count" | "counts" | "total" | "rate" => {
            rest.trim_start().get(noun.len()..).unwrap_or_default()
        }
        _ => rest,
    };
    let first = |text: &str| text.split_whitespace().next().map(str::to_owned);
    match rest.strip_prefix([':', '=']) {
        Some(value) => begins_with_nothing(value),
        // Without a mark between them only a number is a value.
        None => first(rest.trim_start_matches([' ', '\t', '|'])).is_some_and(|value| {
            value.starts_with('0') && value.trim_end_matches([',', ';', '|']).parse() == Ok(0_u32)
        }),
    }
}

pub(super) const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// What loggers write before the level: times, ids, numbers, names with dots, thread names,
/// signs such as an arrow.
pub(super) fn is_prefix(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    digits >= 2
        || !word.chars().any(char::is_alphabetic)
        || MONTHS.contains(&word)
        || WEEKDAYS.contains(&word)
        || word.contains('.')
        || (word.contains('-') && word.len() >= 8)
        || matches!(
            word,
            "root" | "main" | "undefined" | "UTC" | "Z" | "AM" | "PM" | "stdout" | "stderr" | "F"
        )
}

/// Whether a word holds a time of the day.
pub(super) fn is_time(word: &str) -> bool {
    let mut parts = word.split(':');
    let ends_in_digits = |part: &str| {
        let digits = part.bytes().rev().take_while(u8::is_ascii_digit).count();
        (1..=2).contains(&digits)
    };
    let starts_with_two = |part: &str| {
        let mut bytes = part.bytes();
        bytes.by_ref().take(2).filter(u8::is_ascii_digit).count() == 2
    };
    parts.next().is_some_and(ends_in_digits) && parts.next().is_some_and(starts_with_two)
}

/// Lines that the platform writes in the text format; they have no level.
pub(super) fn is_platforms(line: &str) -> bool {
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
