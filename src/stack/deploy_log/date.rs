//! Dates in the forms that people and tools write.

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

/// A date in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FoundDate {
    /// Seconds since 1970.
    pub(super) at: i64,
    /// Whether there is no time beside it.
    pub(super) is_alone: bool,
    /// The earlier date that it is with day and month the other way round.
    pub(super) other: Option<i64>,
    /// Where it stands in the line, in bytes.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The first date of a line.
pub(super) fn find(line: &str) -> Option<FoundDate> {
    let words = words(line);
    (0..words.len()).find_map(|at| at_word(&words[at..]))
}

/// Whether a line without a date that is understood seems to begin with one: a year, a day without one, or a time.
/// It may be of any language or form, and newer than those that are read.
pub(super) fn seems_dated(line: &str) -> bool {
    let mut words = words(line);
    words.truncate(5);
    let has_year = |word: &DateWord<'_>| {
        let digits = word.text.bytes().take_while(u8::is_ascii_digit).count();
        let is_release = word.text[digits..].starts_with('.');
        year(&word.text[..digits]).is_some() && !is_release
    };
    // `20.03.26`
    let is_short = |word: &DateWord<'_>| {
        let mut parts = word.text.split(['.', '/']);
        let is_two = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        parts.by_ref().take(3).filter(|part| is_two(part)).count() == 3 && parts.next().is_none()
    };
    // `yesterday`
    let is_relative = |word: &DateWord<'_>| {
        let days = [
            "today",
            "tonight",
            "yesterday",
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
        ];
        days.iter().any(|day| word.text.eq_ignore_ascii_case(day))
    };
    let begins_with_time = words.first().is_some_and(|word| clock(word.text).is_some());
    begins_with_time
        || is_day(line)
        || words.iter().any(is_relative)
        || words.iter().any(|word| has_year(word) || is_short(word))
}

/// Whether a line begins with a day and a month that have no year: `21 March`, `03-21`, `21.3.`
pub(super) fn is_day(line: &str) -> bool {
    let words = words(line);
    let is_number = |word: &DateWord<'_>| {
        let digits = word.text.bytes().take_while(u8::is_ascii_digit).count();
        (1..=2).contains(&digits)
    };
    let beside_month = words[..words.len().min(5)].windows(2).any(|pair| {
        (month(pair[0].text).is_some() && is_number(&pair[1]))
            || (is_number(&pair[0]) && month(pair[1].text).is_some())
    });
    let in_numbers = || {
        let word = line.split_whitespace().next()?.trim_end_matches(':');
        let (day, month) = match word.strip_suffix('.') {
            Some(word) => word.split_once('.')?,
            None => word.split_once(['-', '/']).filter(|_| word.len() == 5)?,
        };
        let (day, month) = (day.parse::<u8>().ok()?, month.parse::<u8>().ok()?);
        let is_one = |(day, month)| (1..=31).contains(&day) && (1..=12).contains(&month);
        Some(is_one((day, month)) || is_one((month, day)))
    };
    beside_month || in_numbers().unwrap_or(false)
}

/// A word and where it begins and ends.
#[derive(Clone, Copy, Debug)]
struct DateWord<'a> {
    text: &'a str,
    start: usize,
    end: usize,
}

fn words(line: &str) -> Vec<DateWord<'_>> {
    let is_gap = |c: char| c.is_whitespace() || "|[](){}*,;\"'<>_=".contains(c);
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in line.char_indices().chain([(line.len(), ' ')]) {
        match (is_gap(c), start) {
            (false, None) => start = Some(at),
            (true, Some(from)) => {
                let text = line[from..at].trim_end_matches(['.', ':', '!', '?']);
                let end = from + text.len();
                // `~2026-03-20`, and a line of a diff.
                let text = text.trim_start_matches(['~', '+']);
                words.push(DateWord {
                    text,
                    start: end - text.len(),
                    end,
                });
                start = None;
            }
            _ => {}
        }
    }
    words.retain(|word| !word.text.is_empty());
    words
}

/// A date that begins with the first of these words.
fn at_word(words: &[DateWord<'_>]) -> Option<FoundDate> {
    let first = words.first()?;
    let found = |date: Date,
                 other: Option<Date>,
                 last: &DateWord<'_>,
                 rest: &[DateWord<'_>],
                 time: Option<&str>| {
        let own = time.and_then(clock);
        let (clock_found, end) = match own {
            Some(clock) => (Some(clock), last.end),
            None => {
                following_clock(rest).map_or((None, last.end), |(clock, end)| (Some(clock), end))
            }
        };
        let (time, offset) = clock_found.unwrap_or((Time::MIDNIGHT, UtcOffset::UTC));
        let at = PrimitiveDateTime::new(date, time).assume_offset(offset);
        FoundDate {
            at: at.unix_timestamp(),
            is_alone: clock_found.is_none(),
            other: other.map(|other| other.midnight().assume_utc().unix_timestamp()),
            start: first.start,
            end,
        }
    };
    let (day, time) = match first.text.find(['T', 't']) {
        Some(at) if first.text[..at].ends_with(|c: char| c.is_ascii_digit()) => {
            (&first.text[..at], Some(&first.text[at + 1..]))
        }
        _ => (first.text, None),
    };
    if let Some((date, other)) = numeric(day) {
        return Some(found(date, other, first, &words[1..], time));
    }
    // `Nov 25 14:05:00 2026`, and with a zone before the year
    let is_ctime = |words: &[DateWord<'_>]| {
        let day = words[1].text.parse::<u8>().ok()?;
        let date = |at: usize| {
            let year = year(words.get(at)?.text)?;
            Date::from_calendar_date(year, month(first.text)?, day).ok()
        };
        clock(words[2].text)?;
        let (date, last) = match date(3) {
            Some(date) => (date, 3),
            None => (date(4)?, 4),
        };
        let mut found = found(date, None, &words[2], &[], Some(words[2].text));
        found.end = words[last].end;
        Some(found)
    };
    if let Some(found) = words.get(..3).and_then(|_| is_ctime(words)) {
        return Some(found);
    }
    // `Nov 25, 2026`, `25 November 2026`
    let three = words.get(..3)?;
    let [a, b, c] = [three[0].text, three[1].text, three[2].text];
    let year = year(c)?;
    let (month, day) = match (month(a), month(b)) {
        (Some(month), None) => (month, b),
        (None, Some(month)) => (month, a),
        _ => return None,
    };
    let day = day.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let date = Date::from_calendar_date(year, month, day.parse().ok()?).ok()?;
    Some(found(date, None, &three[2], &words[3..], None))
}

/// `2026-11-25`, `2026/11/25`, `25/11/2026`, `25.11.2026`, `25-Nov-2026`, `20261125`; with the
/// earlier date that it is with day and month the other way round.
fn numeric(text: &str) -> Option<(Date, Option<Date>)> {
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let month = Month::try_from(text[4..6].parse::<u8>().ok()?).ok()?;
        let day = text[6..].parse().ok()?;
        return Date::from_calendar_date(year(&text[..4])?, month, day)
            .ok()
            .map(|date| (date, None));
    }
    let mark = ['-', '/', '.', '\u{2013}', '\u{2011}']
        .into_iter()
        .find(|mark| text.contains(*mark))?;
    let parts: Vec<&str> = text.split(mark).collect();
    let &[a, b, c] = parts.as_slice() else {
        return None;
    };
    let number = |text: &str| -> Option<u8> {
        let fits = (1..=2).contains(&text.len());
        fits.then(|| text.parse().ok())?
    };
    let date = |year, month: Month, day: u8| Date::from_calendar_date(year, month, day).ok();
    if let Some(year) = year(a) {
        let month = match number(b) {
            Some(number) => Month::try_from(number).ok()?,
            None => month(b)?,
        };
        return Some((date(year, month, number(c)?)?, None));
    }
    let year = year(c)?;
    if let Some(month) = month(b) {
        return Some((date(year, month, number(a)?)?, None));
    }
    let (first, second) = (number(a)?, number(b)?);
    let day_first = || date(year, Month::try_from(second).ok()?, first);
    let month_first = || date(year, Month::try_from(first).ok()?, second);
    match (day_first(), month_first()) {
        (Some(one), Some(other)) if one != other && mark != '.' => {
            Some((one.max(other), Some(one.min(other))))
        }
        (Some(one), _) => Some((one, None)),
        (None, other) => Some((other?, None)),
    }
}

pub(super) fn year(text: &str) -> Option<i32> {
    let is_year = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let year: i32 = is_year.then(|| text.parse().ok())??;
    (2014..=2200).contains(&year).then_some(year)
}

pub(super) fn month(text: &str) -> Option<Month> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let text = text.trim_end_matches('.').to_ascii_lowercase();
    let at = NAMES.iter().position(|name| {
        text == *name || (text.len() >= 3 && text.len() <= 4 && name.starts_with(&text))
    })?;
    Month::try_from(u8::try_from(at + 1).ok()?).ok()
}

type ClockTime = (Time, UtcOffset);

/// A time in the words after a date, with its zone, and where it ends.
fn following_clock(rest: &[DateWord<'_>]) -> Option<(ClockTime, usize)> {
    let at = usize::from(
        rest.first()
            .is_some_and(|word| matches!(word.text, "at" | "@" | "T")),
    );
    let word = rest.get(at)?;
    let (time, offset) = clock(word.text)?;
    let next = rest.get(at + 1);
    match next.map(|next| next.text) {
        Some("Z" | "UTC" | "GMT") => Some(((time, offset), next.map_or(word.end, |n| n.end))),
        Some(half) if matches!(half.to_ascii_uppercase().as_str(), "AM" | "PM") => {
            let afternoon = half.starts_with(['P', 'p']);
            let hour = time.hour() % 12 + if afternoon { 12 } else { 0 };
            let time = time.replace_hour(hour).ok()?;
            Some(((time, offset), next.map_or(word.end, |n| n.end)))
        }
        Some(zone) if zone.starts_with(['+', '-']) => match parse_offset(zone) {
            Some(offset) => Some(((time, offset), next.map_or(word.end, |n| n.end))),
            None => Some(((time, offset), word.end)),
        },
        _ => Some(((time, offset), word.end)),
    }
}

/// `14:30`, `14:30:05.123`, each with `Z`, `UTC` or an offset behind it or not.
pub(super) fn clock(text: &str) -> Option<ClockTime> {
    let text = text.trim_end_matches("UTC");
    let (text, offset) = match text.find(['Z', 'z', '+', '-']) {
        Some(at) if matches!(&text[at..], "Z" | "z") => (&text[..at], UtcOffset::UTC),
        Some(at) => (&text[..at], parse_offset(&text[at..])?),
        None => (text, UtcOffset::UTC),
    };
    let mut parts = text.split(':');
    let hour = parts.next()?.parse().ok()?;
    let minute = parts.next().filter(|part| part.len() == 2)?.parse().ok()?;
    let second = match parts.next() {
        Some(part) => part.split('.').next()?.parse().ok()?,
        None => 0,
    };
    parts.next().is_none().then_some(())?;
    Some((Time::from_hms(hour, minute, second).ok()?, offset))
}

fn parse_offset(text: &str) -> Option<UtcOffset> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes) = match digits.len() {
        2 => (digits.parse::<i8>().ok()?, 0),
        4 => (digits[..2].parse().ok()?, digits[2..].parse::<i8>().ok()?),
        _ => return None,
    };
    UtcOffset::from_hms(sign * hours, sign * minutes, 0).ok()
}

/// The present day may have begun elsewhere: a date alone is one to come when it begins later than
/// now.
pub(super) fn is_to_come(found: FoundDate, now: i64) -> bool {
    const AHEAD: i64 = 300;
    let day_ends = OffsetDateTime::from_unix_timestamp(now)
        .map(|now| now.date().midnight().assume_utc().unix_timestamp());
    match (found.is_alone, day_ends) {
        (true, Ok(today)) => found.at > today,
        _ => found.at > now.saturating_add(AHEAD),
    }
}
