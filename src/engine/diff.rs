//! Two recordings compared: verdicts by the runbooks of today, and facts.

use super::runbooks::evaluate_recording;
use crate::fact::utc;
use crate::recording::Recording;
use crate::recording::diff::{FactChange, VerdictChange, fact_changes, verdict_changes};
use crate::report::columns::Screen;
use crate::report::count;
use crate::report::document::Document;
use crate::report::json::{DocumentKind, Heading};
use crate::report::model::Report;
use crate::runbook::{Library, Missing};
use crate::text::Printable;
use serde_json::{Value, json};
use std::fmt::Write;

/// What changed from one recording to the next. Both are judged by the same runbook: the one
/// that is named, else the one that was asked for when they were made, the second before the first.
pub fn compare(
    library: &Library,
    (before, after): (&Recording, &Recording),
    runbook: Option<&str>,
    screen: Screen,
) -> Result<Document, Missing> {
    let note = (stack_of(before) != stack_of(after))
        .then_some("the two are recordings of different stacks");
    let facts = fact_changes(&before.observations, &after.observations);
    let (runbook, step) = match runbook {
        Some(_) => (runbook, None),
        None => asked_of_both(before, after),
    };
    let judge = |recording: &Recording| evaluate_recording(library, recording, runbook, step);
    let (before, after) = (judge(before)?, judge(after)?);
    let verdicts = verdict_changes(&before, &after);
    let summary = format!(
        "{} to {}: {} and {} changed",
        before.verdict.word(),
        after.verdict.word(),
        count(verdicts.len(), "verdict", "verdicts"),
        count(
            facts.iter().filter(|change| !change.is_of_one()).count(),
            "fact",
            "facts"
        )
    );
    let mut text = format!("{summary}\n\n");
    for (name, report) in [("before", &before), ("after", &after)] {
        let (at, word) = (utc(report.started_at), report.verdict.word().to_uppercase());
        let _ = writeln!(text, "{name:<6}  {at}  {word}: {}", report.summary);
    }
    if let Some(note) = note {
        let _ = writeln!(text, "note    {note}");
    }
    if !verdicts.is_empty() {
        let rows = verdicts.iter().map(VerdictChange::row);
        text.push('\n');
        text.push_str(&screen.table(["STEP", "BEFORE", "AFTER", "NOW"], rows));
    }
    let (of_one, both): (Vec<_>, Vec<_>) = facts.iter().partition(|change| change.is_of_one());
    let (slight, shown): (Vec<_>, Vec<_>) = both.into_iter().partition(|change| change.is_slight());
    if !shown.is_empty() {
        let rows = shown.into_iter().map(FactChange::row);
        text.push('\n');
        text.push_str(&screen.table(["FACT", "BEFORE -> AFTER"], rows));
    }
    if !slight.is_empty() {
        let more = count(slight.len(), "fact differs", "facts differ");
        let _ = writeln!(text, "{more} by too little to show: -o json");
    }
    if !of_one.is_empty() {
        let more = count(of_one.len(), "fact is", "facts are");
        let _ = writeln!(text, "{more} in one of the two only: -o json");
    }
    let extra = json!({
        "before": side(&before),
        "after": side(&after),
        "verdicts": verdicts.iter().map(VerdictChange::json).collect::<Vec<_>>(),
        "facts": facts.iter().map(FactChange::json).collect::<Vec<_>>(),
        "notes": note.into_iter().collect::<Vec<_>>(),
    });
    let heading = Heading {
        took: None,
        summary: summary.into(),
        ..Heading::of(&after)
    };
    Ok(Document {
        kind: DocumentKind::Diff,
        heading,
        extra,
        text,
    })
}

/// The runbook and the step that both recordings were asked for: of what only one of them has,
/// nothing can be compared.
fn asked_of_both<'a>(
    before: &'a Recording,
    after: &'a Recording,
) -> (Option<&'a str>, Option<&'a str>) {
    let narrow = |by: fn(&Recording) -> Option<&str>| [after, before].into_iter().find_map(by);
    let runbook = after.runbook.as_deref().or(before.runbook.as_deref());
    (runbook, narrow(|one| one.step.as_deref()))
}

fn stack_of(recording: &Recording) -> [String; 4] {
    let stack = &recording.stack;
    [&stack.name, &stack.api_url, &stack.region, &stack.account].map(Printable::to_string)
}

fn side(report: &Report) -> Value {
    json!({
        "started_at": utc(report.started_at),
        "verdict": report.verdict.word(),
        "root_cause": report.root_cause.as_ref().map(Printable::as_str),
        "summary": report.summary.as_str(),
    })
}
