//! Lines of a table: notes, the escalation, and texts that break at a separator.

use crate::report::model::{Escalation, Report, RunbookReport, StepReport, Verdict};
use crate::report::words;
use crate::text::Printable;
use std::collections::BTreeSet;
use time::OffsetDateTime;

/// A note with its label, which it may begin with itself.
pub(super) fn note(note: &Printable) -> (&'static str, String) {
    match note.as_str().strip_prefix("endpoint ") {
        Some(endpoint) => ("endpoint", endpoint.to_owned()),
        None => ("note", note.to_string()),
    }
}

/// The step that the first line states.
pub(super) fn leading<'a>(report: &Report, runbook: &'a RunbookReport) -> Option<&'a StepReport> {
    let mut steps = runbook.steps.iter();
    steps.find(|step| step.verdict() == report.verdict)
}

/// The last line: stack, requests, time, exit code, and where to read on.
pub(super) fn context(report: &Report, explains: bool) -> String {
    let stack = &report.stack;
    let steps = report.runbooks.iter().flat_map(|runbook| &runbook.steps);
    let requests: BTreeSet<_> = steps
        .flat_map(|step| &step.asked)
        .map(|(probe, request)| (*probe, request.question.as_str()))
        .collect();
    let requests = words::count(requests.len(), "request", "requests");
    let more = match explains || report.verdict == Verdict::Ok {
        true => "",
        false => " \u{b7} more: --explain",
    };
    // Without an answer of AWS the account is not confirmed.
    let place = match words::is_account_confirmed(report) {
        true => format!("{} {} {}", stack.name, stack.account, stack.region),
        false => format!("{} {}, account not confirmed", stack.name, stack.region),
    };
    let (took, code) = (words::seconds(report.took), report.exit_code());
    format!("{place} \u{b7} {requests}, {took} \u{b7} exit {code}{more}")
}

/// Seconds to the nearest minute, from two minutes on.
fn rounded(seconds: i64) -> i64 {
    match seconds {
        120.. => (seconds + 30) / 60 * 60,
        _ => seconds,
    }
}

/// What precedes whom an incident is escalated to, or was.
pub(crate) fn label(escalation: &Escalation) -> &'static str {
    match escalation.paged {
        Some(_) => "PAGED",
        None => "ESCALATE",
    }
}

/// `T-JOSH (P1) by 17:53Z, in 5 min`
pub(crate) fn whom(escalation: &Escalation, now: OffsetDateTime) -> String {
    let Escalation { to, priority, .. } = escalation;
    if let Some(paged) = &escalation.paged {
        return format!("{to} ({priority}) {paged}");
    }
    let by = match escalation.due {
        Some(due) if due > now => {
            let left = crate::fact::duration(rounded((due - now).whole_seconds()));
            format!("by {}, in {left}", words::clock(due, now))
        }
        Some(due) if now - due >= time::Duration::MINUTE => {
            let over = crate::fact::duration((now - due).whole_seconds());
            format!("now: {over} overdue")
        }
        _ => "now".to_owned(),
    };
    format!("{to} ({priority}) {by}")
}

/// A sentence that names agents, with as many of them as fit: limit and cause come behind.
pub(super) fn fewer_names(line: &str, fits: impl Fn(&str) -> bool) -> String {
    let list = line.find(": ").map_or(line.len(), |at| at + 2);
    let end = [" (limit ", "; caused by "].map(|tail| line[list..].find(tail));
    let end = end.into_iter().flatten().min();
    let end = end.map_or(line.len(), |at| list + at);
    let (names, named_more) = match line[list..end].rsplit_once(" and ") {
        Some((names, more)) => (
            names,
            more.strip_suffix(" more").and_then(|n| n.parse().ok()),
        ),
        None => (&line[list..end], None),
    };
    let names: Vec<&str> = names.split(", ").collect();
    let are_names = names.iter().all(|name| name.contains(" for "));
    let with = |shown: usize| {
        let more = names.len() - shown + named_more.unwrap_or(0);
        let shown = names[..shown].join(", ");
        format!("{}{shown} and {more} more{}", &line[..list], &line[end..])
    };
    if !are_names || fits(line) {
        return line.to_owned();
    }
    let fewer = (1..names.len()).rev().map(with);
    fewer
        .into_iter()
        .find(|line| fits(line))
        .unwrap_or_else(|| line.to_owned())
}
