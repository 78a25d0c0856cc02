//! Words that the lists and pages of pecks and bonds share.

use super::model::{Layout, Report, StepRows, Verdict};
use crate::fact::{duration, instant};
use crate::text::{Printable, Untrusted};

/// How many records a table shows; the JSON document has them all.
pub(super) const MAX_ROWS: usize = 40;

/// A page of records: the finding of its first line, what stands below it, which steps follow.
pub(super) fn page(headline: Option<String>, body: &str, rows: StepRows) -> Layout {
    Layout {
        headline: headline.map(Printable::from),
        body: body.lines().map(Printable::from).collect(),
        rows,
        details: Vec::new(),
        obstacle: None,
    }
}

/// The finding where a step could not be judged: the id and why.
pub(super) fn not_judged(id: &str, report: &Report) -> String {
    let steps = report.runbooks.iter().flat_map(|runbook| &runbook.steps);
    let mut unknown = steps.filter(|step| step.verdict() == Verdict::Unknown);
    let why = unknown
        .next()
        .map_or("not judged", |step| step.summary.as_str());
    format!("{} {why}", text(id))
}

/// Where the records come from, and what would add to them.
pub(super) fn source(report: &Report, lists: &str) -> (&'static str, Printable) {
    let steps = report.runbooks.iter().flat_map(|runbook| &runbook.steps);
    let mut lists_read = steps.flat_map(|step| &step.asked).filter(|(_, request)| {
        let question = request.question.as_str();
        request.failure.is_none() && !question.contains("/beak/audit")
    });
    let source = match lists_read.next() {
        Some(_) => format!("audit feed and {lists}"),
        None => format!("audit feed only; --token-file adds {lists}"),
    };
    ("source", source.into())
}

/// `5 min ago`, `now`, `not known`
pub(super) fn ago(at: Option<i64>, now: i64) -> String {
    match at {
        None => "not known".to_owned(),
        Some(at) if at > now => instant(at),
        Some(at) if at == now => "now".to_owned(),
        Some(at) => format!("{} ago", duration(now - at)),
    }
}

/// `17:43:01Z`, with its date where that is not today.
pub(super) fn clock_time(at: i64, now: i64) -> String {
    let (at, now) = (instant(at), instant(now));
    match (at.split_once('T'), now.split_once('T')) {
        (Some((date, time)), Some((today, _))) if date == today => time.to_owned(),
        _ => at,
    }
}

/// `2026-03-22T03:12:09Z (5 min ago)`
pub(super) fn when(at: Option<i64>, now: i64) -> String {
    match at {
        None => "not known".to_owned(),
        Some(at) if at > now => instant(at),
        Some(at) => format!("{} ({} ago)", instant(at), duration(now - at)),
    }
}

/// An id or another text from outside, short enough for a line.
pub(super) fn text(text: &str) -> Printable {
    Untrusted::new(text).printable(80)
}

/// An agent by its id and by the name it chose itself, which stands in quotes.
pub(super) fn agent(id: Option<&str>, name: Option<&Untrusted>) -> String {
    match (id, name) {
        (None, None) => "not known".to_owned(),
        (Some(id), None) => text(id).to_string(),
        (None, Some(name)) => format!("\"{}\"", name.printable(80)),
        (Some(id), Some(name)) => format!("{} \"{}\"", text(id), name.printable(80)),
    }
}

/// What stands below a table that does not show all records.
pub(super) fn omitted(records: usize) -> String {
    match records.saturating_sub(MAX_ROWS) {
        0 => String::new(),
        more => format!("and {more} more: --output json has them all\n"),
    }
}

/// Whether there was nothing to judge.
pub(super) fn is_skipped(report: &Report) -> bool {
    let mut runbooks = report.runbooks.iter();
    runbooks.all(|runbook| runbook.verdict == Verdict::Skipped)
}

/// Where agents are counted that no entry and no list names: why there is no table.
pub(super) fn counted_only(report: &Report) -> Option<String> {
    let steps = report.runbooks.iter().flat_map(|runbook| &runbook.steps);
    let mut reasons = steps.map(|step| step.reason_code.as_str());
    let is_counted = reasons.any(|reason| {
        let is_untraced = reason.starts_with("untraced");
        is_untraced || reason == "fresh-platform"
    });
    is_counted.then(|| {
        "agents    known by their number only: neither feed nor lists name one\n".to_owned()
    })
}
