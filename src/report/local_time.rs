//! Times of a table in the zone of the machine (`--local`).
//!
//! Every text is made with times in UTC, which end in `Z`. Here those of a finished table are
//! rewritten, and a line at its end names the zone. What is quoted or pasted stays as it is: texts
//! in quotation marks, and the values of flags in commands.

use regex::{Captures, Regex};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// What stays as it is, or a time in UTC with what stands before it and the gap to the next column.
const TIME: &str = r#"(?x)
    (?P<kept> --[a-z-]+[\ =][^\ ]+ | "[^"]*" )
  | (?P<lead> ^ | [^0-9A-Za-z_:.] | \x1b\[[0-9;]*m )
    (?: (?P<date> [0-9]{4}-[0-9]{2}-[0-9]{2} ) [T\ ] )?
    (?P<clock> [0-9]{2}:[0-9]{2} ) (?P<seconds> :[0-9]{2} )? Z (?-u:\b)
    (?P<gap> \ \  )?"#;

/// The text with its times as a clock on the wall shows them; `now` is when it was made. What the
/// zone is at a time is the caller's knowledge.
pub(crate) fn rewritten(
    text: &str,
    now: OffsetDateTime,
    offset_at: impl Fn(OffsetDateTime) -> UtcOffset,
) -> String {
    let Ok(pattern) = Regex::new(TIME) else {
        return text.to_owned();
    };
    let today = now.to_offset(offset_at(now)).date();
    let mut offsets: Vec<UtcOffset> = Vec::new();
    let mut local = |found: &Captures<'_>| {
        let at = found.name("clock").and_then(|_| instant(found, now));
        let Some(at) = at else {
            return found[0].to_owned();
        };
        let offset = offset_at(at);
        if !offsets.contains(&offset) {
            offsets.push(offset);
        }
        let at = at.to_offset(offset);
        // A day that is another one here is named.
        let date = match found.name("date").is_some() || at.date() != today {
            true => format!("{} ", at.date()),
            false => String::new(),
        };
        let seconds = found.name("seconds");
        let seconds = seconds.map_or(String::new(), |_| format!(":{:02}", at.second()));
        let gap = found.name("gap").map_or("", |_| "   ");
        let (lead, hour, minute) = (&found["lead"], at.hour(), at.minute());
        format!("{lead}{date}{hour:02}:{minute:02}{seconds}{gap}")
    };
    let lines = text.split('\n');
    let lines: Vec<_> = lines
        .map(|line| pattern.replace_all(line, &mut local).into_owned())
        .collect();
    let text = lines.join("\n");
    if offsets.is_empty() {
        return text;
    }
    let zones: Vec<_> = offsets.into_iter().map(zone).collect();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{end}times     local, {}\n", zones.join(" and "))
}

/// What a time of the text stands for. One without a date is of the day of `now` in UTC.
fn instant(found: &Captures<'_>, now: OffsetDateTime) -> Option<OffsetDateTime> {
    let date = match found.name("date") {
        Some(date) => date.as_str().to_owned(),
        None => now.to_offset(UtcOffset::UTC).date().to_string(),
    };
    let seconds = found.name("seconds").map_or(":00", |found| found.as_str());
    let text = format!("{date}T{}{seconds}Z", &found["clock"]);
    OffsetDateTime::parse(&text, &Rfc3339).ok()
}

/// `UTC+01:00`
fn zone(offset: UtcOffset) -> String {
    let minutes = offset.whole_seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!(
        "UTC{sign}{:02}:{:02}",
        minutes.abs() / 60,
        minutes.abs() % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::{datetime, offset};

    /// One hour ahead of UTC, and two before the end of October.
    fn summer_then_winter(at: OffsetDateTime) -> UtcOffset {
        match at < datetime!(2026-10-25 01:00 UTC) {
            true => offset!(+2),
            false => offset!(+1),
        }
    }

    fn in_winter(text: &str) -> String {
        rewritten(text, datetime!(2026-11-30 18:05 UTC), summer_then_winter)
    }

    #[test]
    fn each_time_is_the_local_one_and_columns_stay() {
        for (utc, local) in [
            ("by 18:10Z, in 5 min", "by 19:10, in 5 min"),
            ("18:01:13Z  audit", "19:01:13   audit"),
            ("\x1b[1m18:01:13Z\x1b[0m", "\x1b[1m19:01:13\x1b[0m"),
            ("since 2026-11-30T17:05:13Z", "since 2026-11-30 18:05:13"),
            ("at 23:30Z", "at 2026-12-01 00:30"),
            ("2026-11-27 23:30Z and", "2026-11-28 00:30 and"),
        ] {
            assert_eq!(
                in_winter(utc),
                format!("{local}\ntimes     local, UTC+01:00\n")
            );
        }
    }

    #[test]
    fn what_is_quoted_or_pasted_or_no_time_stays() {
        for text in [
            "",
            "prod 121546003735 us-east-1 \u{b7} 7 requests, 0.13 s\n",
            "log says \"2026-11-30T17:05:13Z ERROR 17:05Z\"",
            "          duckops audit --since 2026-11-30T17:05:13Z --until=2026-11-30T18:05:13Z",
            "25:61Z and 2026-13-01T00:00:00Z and 17:05:13.123Z and x17:05Z",
        ] {
            assert_eq!(in_winter(text), text);
        }
    }

    #[test]
    fn each_time_has_the_zone_of_its_day() {
        let text = in_winter("from 2026-10-24 20:00Z to 2026-10-26 20:00Z");
        assert_eq!(
            text,
            "from 2026-10-24 22:00 to 2026-10-26 21:00\ntimes     local, UTC+02:00 and UTC+01:00\n"
        );
    }
}
