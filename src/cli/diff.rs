//! `duckops diff A B`: what changed between two recordings. Asks nobody.

use super::fail::Failure;
use super::{Context, args, facts, recording};
use crate::engine::runbooks::evaluate_recording;
use crate::fact::instant;
use crate::recording::Recording;
use crate::recording::diff::{FactChange, VerdictChange, fact_changes, verdict_changes};
use crate::report::json::DocumentKind;
use crate::report::json::{self, Heading};
use crate::report::model::Report;
use crate::text::Printable;
use serde_json::json;
use std::fmt::Write;
use time::OffsetDateTime;

pub(super) async fn main(context: &Context, args: &args::DiffArgs) -> Result<u8, Failure> {
    let (before, after) = (
        recording::load(context, "", &args.before).await?,
        recording::load(context, "", &args.after).await?,
    );
    let mut notes = Vec::new();
    let place = |recording: &Recording| {
        let stack = &recording.stack;
        [&stack.name, &stack.api_url, &stack.region, &stack.account].map(Printable::to_string)
    };
    if place(&before) != place(&after) {
        notes.push(Printable::from(
            "the two are recordings of different stacks",
        ));
    }
    let facts = fact_changes(&before.observations, &after.observations);
    // Both by the same runbooks: what was asked for in the second, or what is named.
    let runbook = args.runbook.clone().or(after.runbook.clone());
    let judge = |recording: &Recording| {
        evaluate_recording(&context.library, recording, runbook.as_deref(), None)
    };
    let (before, after) = (judge(&before)?, judge(&after)?);
    let verdicts = verdict_changes(&before, &after);
    let summary = Printable::from(format!(
        "{} to {}: {} verdicts and {} facts changed",
        before.verdict.word(),
        after.verdict.word(),
        verdicts.len(),
        facts.len()
    ));
    let code = after.exit_code();
    if context.out.format == super::out::Format::Json {
        let heading = Heading {
            stack: Some(&after.stack),
            started_at: Some(after.started_at),
            took: None,
            verdict: after.verdict,
            exit_code: code,
            summary: &summary,
            next_action: after.next_action.as_ref(),
        };
        let extra = json!({
            "before": side(&before),
            "after": side(&after),
            "verdicts": verdicts.iter().map(VerdictChange::json).collect::<Vec<_>>(),
            "facts": facts.iter().map(FactChange::json).collect::<Vec<_>>(),
            "notes": notes.iter().map(Printable::as_str).collect::<Vec<_>>(),
        });
        return Ok(context.out.print(
            &json::document(DocumentKind::Diff, &heading, &extra, true),
            code,
        ));
    }
    let mut text = format!("{summary}\n\n");
    for (name, report) in [("before", &before), ("after", &after)] {
        let (at, word) = (utc(report.started_at), report.verdict.word().to_uppercase());
        let _ = writeln!(text, "{name:<6}  {at}  {word}: {}", report.summary);
    }
    for note in notes {
        let _ = writeln!(text, "note    {note}");
    }
    if !verdicts.is_empty() {
        let rows = verdicts.iter().map(VerdictChange::row);
        text.push('\n');
        text.push_str(&facts::table(
            context,
            ["STEP", "BEFORE", "AFTER", "NOW"],
            rows,
        ));
    }
    if !facts.is_empty() {
        let rows = facts.iter().map(FactChange::row);
        text.push('\n');
        text.push_str(&facts::table(
            context,
            ["FACT", "BEFORE", "AFTER", "BY"],
            rows,
        ));
    }
    Ok(context.out.print(&text, code))
}

fn side(report: &Report) -> serde_json::Value {
    json!({
        "started_at": utc(report.started_at),
        "verdict": report.verdict.word(),
        "root_cause": report.root_cause.as_ref().map(Printable::as_str),
        "summary": report.summary.as_str(),
    })
}

fn utc(at: OffsetDateTime) -> String {
    instant(at.unix_timestamp())
}
