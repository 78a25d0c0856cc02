//! Small words that several formats share: names, times, values, and lines that fit.
//! They know nothing of any single format.

use super::model::{Change, Evidence, NextAction, Report, RunbookReport, Standing, Verdict};
use crate::fact::{FactValue, utc};
use crate::text::Printable;
use std::time::Duration;
use time::OffsetDateTime;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A runbook's id as people say it: `INC-004`.
pub(super) fn name(id: &Printable) -> String {
    id.as_str().to_ascii_uppercase()
}

/// The first line of a report after its verdict: the incident and what it shows.
pub(super) fn headline(report: &Report) -> String {
    if let Some(headline) = &report.layout.headline {
        return headline.to_string();
    }
    let [only] = report.runbooks.as_slice() else {
        return report.summary.to_string();
    };
    let summary = &report.summary;
    // The summary of a run whose root cause was not asked for names that incident.
    let is_named = report
        .root_cause
        .as_ref()
        .is_some_and(|cause| *cause != only.id);
    match report.verdict {
        // What waits for history says "OK so far" itself, and fits one line without the title.
        Verdict::Ok if only.steps.iter().any(|step| step.warming_up.is_some()) => {
            format!("{} {summary}", name(&only.id))
        }
        Verdict::Ok => format!("{} {}: {summary}", name(&only.id), only.title),
        _ if is_named => summary.to_string(),
        Verdict::Unknown if *summary != only.summary => summary.to_string(),
        _ => format!("{} {summary}", name(&only.id)),
    }
}

/// The command that follows the next action of the report.
pub(super) fn then(report: &Report) -> Option<String> {
    let leading = match &report.root_cause {
        Some(cause) => report.runbooks.iter().find(|runbook| runbook.id == *cause),
        None => report.runbooks.first(),
    };
    let then = leading?.then.as_ref()?;
    Some(then.to_string())
}

/// Whether AWS may have confirmed the account: not where the run had nothing to ask it with.
pub(super) fn is_account_confirmed(report: &Report) -> bool {
    let steps = report.runbooks.iter().flat_map(|runbook| &runbook.steps);
    let mut unasked = steps.filter(|step| {
        matches!(
            step.reason_code.as_str(),
            "no-credentials" | "credentials-expired" | "offline" | "wrong-account"
        )
    });
    report.verdict != Verdict::Unknown || unasked.next().is_none()
}

/// `1 agent`, `2 agents`, `no agents`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    match number {
        0 => format!("no {many}"),
        1 => format!("1 {one}"),
        number => format!("{number} {many}"),
    }
}

/// `17:53Z`, with its date unless that is today's.
pub(crate) fn clock(at: OffsetDateTime, now: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    let clock = format!("{:02}:{:02}Z", at.hour(), at.minute());
    match at.date() == now.to_offset(time::UtcOffset::UTC).date() {
        true => clock,
        false => format!("{} {clock}", at.date()),
    }
}

/// `0.13 s`
pub(super) fn seconds(took: Duration) -> String {
    format!("{:.2} s", took.as_secs_f64())
}

/// What keeps several steps unknown, and the command that mends it, unless that is the action of
/// the run.
pub(super) fn obstacle(report: &Report) -> Option<NextAction> {
    let (text, command) = report.layout.obstacle.clone()?;
    let next = report
        .next_action
        .as_ref()
        .and_then(|next| next.command.as_ref());
    let command = command.filter(|command| next != Some(command));
    Some(NextAction { text, command })
}

/// How a runbook compares with the checks before, in a few words; nothing where it was well
/// and is well, or without a comparison.
pub(super) fn standing(runbook: &RunbookReport, now: OffsetDateTime) -> Option<String> {
    let Standing {
        change,
        before,
        settled,
        since,
        held,
        muted,
        told,
    } = runbook.standing.as_ref()?;
    let was = before.map_or("ok", Verdict::word);
    let age = (now - *since).whole_seconds().max(0);
    let mut parts = vec![match change {
        Change::New => "new".to_owned(),
        Change::Worse | Change::Better | Change::Resolved => {
            format!("{}, was {was}", change.word())
        }
        Change::Unchanged if *settled >= Verdict::Warning => match age {
            0 => format!("unchanged since {}", utc(*since)),
            age => format!(
                "unchanged since {} ({})",
                utc(*since),
                crate::fact::duration(age)
            ),
        },
        Change::Unchanged if *held => String::new(),
        Change::Unchanged => return None,
    }];
    if *held && *settled < runbook.verdict {
        parts.push(format!("{} held back", runbook.verdict.word()));
    } else if *held {
        parts.push(format!("{} still counts", settled.word()));
    }
    if let Some(told) = told {
        parts.push(format!("sent by {} at {}", told.by, utc(told.at)));
    }
    if let Some(muted) = muted {
        parts.push(format!("muted until {} by {}", utc(muted.until), muted.by));
    }
    parts.retain(|part| !part.is_empty());
    Some(parts.join(", "))
}

/// How long a run took: `184ms`, `2.3s`.
pub(super) fn took(took: Duration) -> String {
    if took < Duration::from_secs(1) {
        format!("{}ms", took.as_millis())
    } else {
        format!("{:.1}s", took.as_secs_f64())
    }
}

/// Milliseconds that fit a JSON number.
pub(super) fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

/// The value of a fact with its unit, where the unit is not plain from the value.
pub(crate) fn value(evidence: &Evidence) -> String {
    let Some(value) = &evidence.value else {
        return "not known".to_owned();
    };
    let shown = value.shown();
    match (value, evidence.unit) {
        (FactValue::Int(_) | FactValue::Float(_), "percent") => format!("{shown}%"),
        (FactValue::Int(_) | FactValue::Float(_), unit)
            if !matches!(unit, "" | "count" | "version") =>
        {
            let is_one = shown.as_str() == "1";
            let unit = unit.strip_suffix('s').filter(|_| is_one).unwrap_or(unit);
            format!("{shown} {unit}")
        }
        _ => shown.to_string(),
    }
}

/// How many columns of a terminal a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// At most `max` columns of a text; a cut one ends in dots.
pub(crate) fn cut(text: &str, max: usize) -> String {
    if width(text) <= max {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut room = max.saturating_sub(3);
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if wide > room {
            break;
        }
        room -= wide;
        out.push(c);
    }
    let mut out = out.trim_end().to_owned();
    out.push_str(&"..."[..max.min(3)]);
    out
}

/// A text as lines of at most `max` columns, broken between words and, where a word is
/// longer than a line, inside it.
pub(crate) fn wrap(text: &str, max: usize) -> Vec<String> {
    let max = max.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && width(&line) + 1 + width(word) > max {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for c in word.chars() {
            if width(&line) + c.width().unwrap_or(0) > max {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// A text as lines of at most `max` columns, broken between words only: a path or a flag with its
/// value stays whole, however long it is.
pub(crate) fn wrap_words(text: &str, max: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= max => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

/// A text as lines that are broken at a separator only, unless one part alone is too wide.
pub(crate) fn wrap_at(text: &str, separator: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in text.split(separator) {
        match lines.last_mut() {
            Some(line)
                if self::width(line) + self::width(separator) + self::width(part) <= width =>
            {
                line.push_str(separator);
                line.push_str(part);
            }
            _ => lines.extend(wrap(part, width)),
        }
    }
    lines
}

/// A line that is set in, broken so that what follows is set in by two more.
pub(crate) fn wrap_in(line: &str, width: usize) -> Vec<String> {
    let indent = line.len() - line.trim_start().len();
    if self::width(line) <= width {
        return vec![line.to_owned()];
    }
    wrap_from(line.trim_start(), indent, indent + 2, width)
}

/// A text as lines of at most `width` columns, the first set in by `first` and the others by
/// `further`.
pub(super) fn wrap_from(text: &str, first: usize, further: usize, width: usize) -> Vec<String> {
    let further = further.min(width / 2);
    let first = first.min(further);
    if self::width(text) + first <= width {
        return vec![format!("{:first$}{text}", "")];
    }
    let parts = wrap(text, width.saturating_sub(further).max(2));
    let parts = parts.iter().enumerate().map(|(at, part)| {
        let indent = if at == 0 { first } else { further };
        format!("{:indent$}{part}", "")
    });
    parts.collect()
}

/// A text without mentions for a chat or a ticket system: neither `@name` nor angle brackets work.
/// A blank is inserted, so that people can still read it.
pub(super) fn unmentioned(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        out.push(c);
        let next = chars.peek().copied().unwrap_or(' ');
        let mention = c == '@' && !before.is_alphanumeric() && !next.is_whitespace();
        let tag = c == '<' && !next.is_whitespace() && next != '=';
        if mention || tag {
            out.push(' ');
        }
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_text_fits_and_loses_nothing() {
        let text = "short words and a-word-that-is-much-longer-than-any-line-of-this-text \u{4f60}\u{597d}\u{4f60}\u{597d}";
        for max in 2..40 {
            let lines = wrap(text, max);
            assert!(lines.iter().all(|l| width(l) <= max), "{max}: {lines:?}");
            let without = |s: &str| s.replace(' ', "");
            assert_eq!(without(&lines.concat()), without(text), "{max}");
        }
        assert_eq!(wrap("", 10), [""]);
    }

    #[test]
    fn a_cut_text_fits_and_says_that_it_was_cut() {
        assert_eq!(cut("four", 4), "four");
        assert_eq!(cut("longer than that", 9), "longer...");
        assert_eq!(cut("\u{4f60}\u{597d}\u{4f60}\u{597d}", 6), "\u{4f60}...");
        assert_eq!(cut("abc", 2), "..");
    }

    #[test]
    fn mentions_are_defused() {
        assert_eq!(
            unmentioned("@everyone <!channel> <@U1> (@here)"),
            "@ everyone < !channel> < @ U1> (@ here)"
        );
        assert_eq!(
            unmentioned("prod@3->2 a@b.example <= 5"),
            "prod@3->2 a@b.example <= 5"
        );
    }
}
