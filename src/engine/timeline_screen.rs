//! The timeline as a person reads it at a terminal.

use crate::fact::{instant, parse_instant};
use crate::report::columns::Screen;
use crate::report::{clock, words};
use crate::timeline::{Moment, Witness};
use time::OffsetDateTime;

/// Columns of a screen without a terminal.
pub(super) const PAGE: usize = 80;
/// Columns of the label of a line.
const LABEL: usize = 10;
/// The label where a verdict became worse.
pub(super) const BROKE: &str = "BROKE";

/// What broke first and what came just before it, as the first lines of a screen.
pub(super) fn answer(
    summary: &str,
    label: &'static str,
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

/// One row a moment; verdicts that several runbooks came to in one run share theirs.
pub(super) fn table(moments: &[Moment], now: OffsetDateTime, screen: Screen) -> String {
    let finding = |moment: &Moment| {
        let (id, finding) = moment.text.as_str().split_once(' ')?;
        let is_verdict = moment.witness == Witness::Verdict;
        is_verdict.then(|| (id.to_owned(), finding.to_owned()))
    };
    let mut rows: Vec<(&Moment, Vec<String>)> = Vec::new();
    for moment in moments {
        let found = finding(moment);
        let is_same = |other: &Moment| {
            let theirs = finding(other).map(|(_, finding)| finding);
            theirs.is_some() && theirs.as_ref() == found.as_ref().map(|(_, finding)| finding)
        };
        let newest = rows.iter_mut().rev();
        let mut of_run = newest.take_while(|(other, _)| other.at == moment.at);
        let same = of_run.find(|(other, _)| is_same(other));
        match (same, found) {
            (Some((_, ids)), Some((id, _))) => ids.push(id),
            (_, found) => rows.push((moment, found.into_iter().map(|(id, _)| id).collect())),
        }
    }
    let rows = rows.into_iter().map(|(moment, ids)| {
        let mark = if moment.bad.is_some() { "!" } else { "" };
        let text = match (finding(moment), ids.as_slice()) {
            (Some((_, finding)), [_, _, ..]) => {
                let finding = finding.replacen("is ", "are ", 1);
                format!("{} {finding}", ids.join(", "))
            }
            _ => clocked(moment.text.as_str(), now),
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
    let today = instant(now.unix_timestamp());
    match stamp.split_once('T') {
        Some((date, clock)) if today.starts_with(date) => clock.to_owned(),
        Some((date, clock)) => format!("{date} {clock}"),
        None => stamp,
    }
}
