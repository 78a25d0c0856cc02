//! Dates that are written in other forms before they are read: those of syslog, which have no year, and those
//! of Chinese, Japanese and Korean.

use super::date;
use std::fmt::Write;
use time::{Date, Month, OffsetDateTime, Time};

/// The text with such dates as `2026-11-28` and numbers apart from such letters; `now` in seconds since 1970 tells the year that syslog leaves out.
pub(super) fn normalized(text: &str, now: i64) -> String {
    with_years(&with_letters_parted(&with_signs_replaced(text)), now)
}

/// `v61 上线` for `v61上线`: these letters need no blanks between words, and a version is one.
fn with_letters_parted(text: &str) -> String {
    let mut parted = String::with_capacity(text.len());
    let mut before = ' ';
    for c in text.chars() {
        let is_other = |c: char| c >= '\u{3040}' && c.is_alphabetic();
        let is_seam = (before.is_ascii_alphanumeric() && is_other(c))
            || (is_other(before) && c.is_ascii_alphanumeric());
        if is_seam {
            parted.push(' ');
        }
        parted.push(c);
        before = c;
    }
    parted
}

/// `2026年11月28日`, `2026년 11월 28일`, and a time behind it, `14時30分`.
fn with_signs_replaced(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\u{5e74}', '\u{b144}']) {
        let before = rest[..at].trim_end_matches(' ');
        let digits = before.bytes().rev().take_while(u8::is_ascii_digit).count();
        let (head, year) = before.split_at(before.len() - digits);
        let after = &rest[at + '\u{5e74}'.len_utf8()..];
        let read = || {
            let (month, after) = number_before(after, &['\u{6708}', '\u{c6d4}'])?;
            let (day, after) = number_before(after, &['\u{65e5}', '\u{c77c}'])?;
            Some((month, day, after))
        };
        match read().filter(|_| digits == 4) {
            Some((month, day, after)) => {
                // Nothing but a mark parts it from what follows.
                let _ = write!(kept, "{head}{year}-{month:02}-{day:02} ");
                rest = after;
                if let Some((hour, behind)) =
                    number_before(after, &['\u{65f6}', '\u{6642}', '\u{c2dc}'])
                    && let Some((minute, behind)) = number_before(behind, &['\u{5206}', '\u{bd84}'])
                {
                    let _ = write!(kept, "{hour:02}:{minute:02} ");
                    rest = behind;
                }
            }
            None => {
                kept.push_str(&rest[..rest.len() - after.len()]);
                rest = after;
            }
        }
    }
    kept + rest
}

/// A number of one or two digits before one of these signs, and what stands behind it.
fn number_before<'a>(text: &'a str, signs: &[char]) -> Option<(u8, &'a str)> {
    let text = text.trim_start_matches(' ');
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number = (1..=2)
        .contains(&digits)
        .then(|| text[..digits].parse().ok())??;
    let rest = text[digits..].trim_start_matches(' ').strip_prefix(signs)?;
    Some((number, rest))
}

/// A date of syslog in a line, `Nov 28 03:12:07`.
struct YearlessDate {
    start: usize,
    end: usize,
    month: Month,
    day: u8,
    time: Time,
}

fn yearless(line: &str) -> Option<YearlessDate> {
    let text = line.trim_start_matches([' ', '-', '*', '#', '|']);
    let text = match text.strip_prefix('<').and_then(|text| text.split_once('>')) {
        Some((number, rest)) if number.bytes().all(|b| b.is_ascii_digit()) => rest,
        _ => text,
    };
    let (name, rest) = text.split_once(' ')?;
    let (day, rest) = rest.trim_start_matches(' ').split_once(' ')?;
    let clock = rest.split([' ', '\t', '|']).next()?.trim_end_matches(':');
    // `Nov 28 03:12:07 2026` has its year.
    let mut behind = rest[clock.len()..].split_whitespace().take(2);
    if name.len() != 3 || clock.len() < 8 || behind.any(|word| date::year(word).is_some()) {
        return None;
    }
    Some(YearlessDate {
        start: line.len() - text.len(),
        end: line.len() - rest.len() + clock.len(),
        month: date::month(name)?,
        day: day.parse().ok()?,
        time: date::clock(clock)?.0,
    })
}

/// Gives each date of syslog the last year in which it is none to come. Where they do not rise or fall from line
/// to line then, the log is longer than a year, and they stay as they are.
fn with_years(text: &str, now: i64) -> String {
    const DAY: i64 = 86_400;
    let lines: Vec<_> = text
        .split('\n')
        .map(|line| (line, yearless(line)))
        .collect();
    let Ok(today) = OffsetDateTime::from_unix_timestamp(now.saturating_add(DAY)) else {
        return text.to_owned();
    };
    let instant = |found: &YearlessDate| {
        let in_year = |year| {
            let date = Date::from_calendar_date(year, found.month, found.day).ok()?;
            Some(date.with_time(found.time).assume_utc())
        };
        let this = in_year(today.year()).filter(|at| *at <= today);
        this.or_else(|| in_year(today.year() - 1))
    };
    let instants = lines
        .iter()
        .filter_map(|(_, found)| instant(found.as_ref()?));
    let instants: Vec<_> = instants.collect();
    if instants.is_empty() || !(instants.is_sorted() || instants.iter().rev().is_sorted()) {
        return text.to_owned();
    }
    let written = lines.iter().map(|(line, found)| {
        let Some((found, at)) = found
            .as_ref()
            .and_then(|found| Some((found, instant(found)?)))
        else {
            return (*line).to_owned();
        };
        let (head, tail) = (&line[..found.start], &line[found.end..]);
        let (hour, minute, second) = found.time.as_hms();
        format!(
            "{head}{}T{hour:02}:{minute:02}:{second:02}Z{tail}",
            at.date()
        )
    });
    written.collect::<Vec<_>>().join("\n")
}
