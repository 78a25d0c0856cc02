//! The timeline as a person reads it at a terminal.

use crate::fact::{instant, parse_instant, utc};
use crate::report::columns::Screen;
use crate::report::model::NextAction;
use crate::report::{clock, words};
use crate::timeline::{BEFORE, Moment, Timeline, Witness};
use time::OffsetDateTime;

/// Columns of a screen without a terminal.
pub(super) const PAGE: usize = 80;
/// Columns of the label of a line.
const LABEL: usize = 10;
/// The label where a verdict became worse.
pub(super) const BROKE: &str = "BROKE";

/// What broke first and what came just before it, or what to do where that is not known, as the first
/// lines of a screen.
pub(super) fn answer(
    (summary, label, next): (&str, &'static str, Option<&NextAction>),
    now: OffsetDateTime,
    screen: Screen,
) -> String {
    let mut lines = vec![(label, summary.to_owned())];
    if let (true, Some((broke, before))) = (label == BROKE, summary.split_once("; ")) {
        lines = vec![
            (label, broke.to_owned()),
            ("BEFORE", before.replacen(" before: ", " earlier: ", 1)),
        ];
    }
    if let Some(next) = next {
        lines.push(("DO NOW", next.text.to_string()));
        let command = next.command.iter();
        lines.extend(command.map(|command| ("", command.to_string())));
    }
    let room = screen.columns.unwrap_or(PAGE).saturating_sub(LABEL);
    let mut text = String::new();
    for (label, line) in lines {
        for (at, part) in words::wrap(&clocked(&line, now), room).iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            text.push_str(&format!("{label:LABEL$}{part}\n"));
        }
    }
    text
}

/// A row of the table: a moment, and what else came to the same.
struct MomentRow<'a> {
    moment: &'a Moment,
    /// The runbooks that came to this verdict in one run.
    runbooks: Vec<&'a str>,
    /// What came of a write that this row began.
    outcome: Option<&'a str>,
    /// How little is lost without it: from 0, what broke and what people did, to 2.
    rank: u8,
}

/// One row for each moment, write, and verdict that runbooks came to in one run; with `lines`, no
/// more than fit into so many.
pub(super) fn table(
    timeline: &Timeline,
    now: OffsetDateTime,
    screen: Screen,
    lines: Option<usize>,
) -> String {
    let rows = rows(timeline);
    let whole = table_of(&rows, now, screen);
    let Some(lines) = lines.filter(|lines| whole.lines().count() > *lines) else {
        return whole;
    };
    // The least important go, and of those the oldest.
    let mut order: Vec<_> = rows.iter().enumerate().collect();
    order.sort_by_key(|(at, row)| (row.rank, std::cmp::Reverse(*at)));
    let mut shown: Vec<usize> = order.iter().take(lines).map(|(at, _)| *at).collect();
    while shown.pop().is_some() && !shown.is_empty() {
        let is_shown = |at: &usize| shown.contains(at);
        let (some, others): (Vec<_>, Vec<_>) =
            rows.iter().enumerate().partition(|(at, _)| is_shown(at));
        let text = table_of(some.into_iter().map(|(_, row)| row), now, screen);
        if text.lines().count() < lines {
            return format!("{text}and {} more: --explain\n", others.len());
        }
    }
    whole
}

/// The rows of a sequence, oldest first.
fn rows(timeline: &Timeline) -> Vec<MomentRow<'_>> {
    let mut rows: Vec<MomentRow<'_>> = Vec::new();
    for moment in &timeline.moments {
        let found = finding(moment);
        let same = rows.iter().rposition(|row| match found {
            Some((_, found)) => {
                let theirs = finding(row.moment).map(|(_, finding)| finding);
                row.moment.at == moment.at && theirs == Some(found)
            }
            None => moment.write.is_some() && row.moment.write == moment.write,
        });
        let is_written = is_written(&rows, moment);
        match (same.and_then(|at| rows.get_mut(at)), found) {
            (Some(row), Some((id, _))) => row.runbooks.push(id),
            // Within a second the outcome may come first.
            (Some(_), None) if moment.text.as_str().ends_with(": sent") => {}
            (Some(row), None) => row.outcome = Some(moment.text.as_str()),
            (None, _) if is_written => {}
            (None, found) => rows.push(MomentRow {
                moment,
                runbooks: found.into_iter().map(|(id, _)| id).collect(),
                outcome: None,
                rank: rank(timeline, moment),
            }),
        }
    }
    rows
}

/// The runbook of a verdict, and the verdict.
fn finding(moment: &Moment) -> Option<(&str, &str)> {
    match moment.witness {
        Witness::Verdict => moment.text.as_str().split_once(' '),
        _ => None,
    }
}

/// Whether runs recorded a move of the alias that a write of the hour before has a row for.
fn is_written(rows: &[MomentRow<'_>], moved: &Moment) -> bool {
    let text = moved
        .text
        .as_str()
        .strip_prefix("alias moved from version ");
    let versions = text.and_then(|text| text.split_once(" after "));
    let Some((versions, _)) = versions.filter(|_| moved.witness == Witness::Alias) else {
        return false;
    };
    rows.iter().any(|row| {
        let did = row.outcome.unwrap_or(row.moment.text.as_str());
        row.moment.write.is_some()
            && moved.at - row.moment.at <= BEFORE
            && did.split(", ").any(|part| part.ends_with(versions))
    })
}

fn rank(timeline: &Timeline, moment: &Moment) -> u8 {
    let is_before = || timeline.before().any(|before| before == moment);
    match moment.witness {
        Witness::Audit if is_before() => 1,
        Witness::Audit => 2,
        Witness::Executions => 1,
        Witness::Alias | Witness::Journal | Witness::Call | Witness::Verdict => 0,
    }
}

fn table_of<'a>(
    rows: impl IntoIterator<Item = &'a MomentRow<'a>>,
    now: OffsetDateTime,
    screen: Screen,
) -> String {
    let rows = rows.into_iter().map(|row| {
        let moment = row.moment;
        let mark = if moment.bad.is_some() { "!" } else { "" };
        let text = match (finding(moment), row.runbooks.as_slice()) {
            (Some((_, finding)), [_, _, ..]) => {
                let finding = finding.replacen("is ", "are ", 1);
                format!("{} {finding}", row.runbooks.join(", "))
            }
            _ => clocked(row.outcome.unwrap_or(moment.text.as_str()), now),
        };
        let witness = moment.witness.word().into();
        [
            second(moment.at, now).into(),
            mark.into(),
            witness,
            text.into(),
        ]
    });
    screen.table(["AT", "", "SOURCE", "WHAT"], rows)
}

/// The times of a text as clock times, with the date where it is not today's.
fn clocked(text: &str, now: OffsetDateTime) -> String {
    let words = text.split(' ').map(|word| {
        let (stamp, end) = word.split_at(word.len() - usize::from(word.ends_with([';', ','])));
        match parse_instant(stamp).map(OffsetDateTime::from_unix_timestamp) {
            Some(Ok(at)) => format!("{}{end}", clock(at, now)),
            _ => word.to_owned(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// `21:21:29Z`, with its date unless that is today's.
fn second(at: i64, now: OffsetDateTime) -> String {
    let stamp = instant(at);
    let today = utc(now);
    match stamp.split_once('T') {
        Some((date, clock)) if today.starts_with(date) => clock.to_owned(),
        Some((date, clock)) => format!("{date} {clock}"),
        None => stamp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: Screen = Screen {
        columns: Some(80),
        unicode: false,
    };

    fn written(at: i64, id: &str, text: &str) -> Moment {
        Moment {
            write: Some(id.into()),
            ..Moment::new(at, Witness::Journal, text)
        }
    }

    fn shown(moments: Vec<Moment>, lines: Option<usize>) -> String {
        table(
            &Timeline::of(0, moments),
            OffsetDateTime::UNIX_EPOCH,
            SCREEN,
            lines,
        )
    }

    #[test]
    fn a_write_and_the_move_that_runs_saw_of_it_are_one_row() {
        let moved = |at, text: &str| Moment::new(at, Witness::Alias, text);
        let text = shown(
            vec![
                moved(
                    60,
                    "alias moved from version 61 to 62 after 1970-01-01T00:00:00Z",
                ),
                written(120, "A", "alias rollback prod 62 to 61: sent"),
                written(121, "A", "rolled back prod 62 to 61"),
                written(125, "A", "rolled back prod 62 to 61, verified 00:02:05Z"),
                moved(
                    180,
                    "alias moved from version 62 to 61 after 1970-01-01T00:01:00Z",
                ),
                written(240, "B", "bond pulse AAAA000000000001: sent"),
                moved(
                    7_200,
                    "alias moved from version 62 to 61 after 1970-01-01T01:59:00Z",
                ),
            ],
            None,
        );
        assert_eq!(
            text,
            "AT           SOURCE   WHAT\n\
             00:01:00Z    alias    alias moved from version 61 to 62 after 00:00Z\n\
             00:02:00Z    journal  rolled back prod 62 to 61, verified 00:02:05Z\n\
             00:04:00Z    journal  bond pulse AAAA000000000001: sent\n\
             02:00:00Z    alias    alias moved from version 62 to 61 after 01:59Z\n"
        );
    }

    #[test]
    fn what_does_not_fit_is_counted_and_the_feed_goes_first() {
        let audit = (0..40).map(|n| Moment::new(n, Witness::Audit, format!("peck.requested {n}")));
        let mut moments: Vec<_> = audit.collect();
        moments.push(written(0, "A", "bond pulse AAAA000000000001: sent"));
        let text = shown(moments.clone(), Some(5));
        assert_eq!(
            text,
            "AT           SOURCE   WHAT\n\
             00:00:00Z    journal  bond pulse AAAA000000000001: sent\n\
             00:00:38Z    audit    peck.requested 38\n\
             00:00:39Z    audit    peck.requested 39\n\
             and 38 more: --explain\n"
        );
        assert_eq!(shown(moments.clone(), None).lines().count(), 42);
        assert_eq!(shown(moments, Some(42)).lines().count(), 42);
    }
}
