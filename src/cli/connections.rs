//! What the commands about requests and bonds share: everybody is asked once, the runbook
//! judges, and the records stand beside the verdict.

use super::args::{Lists, Watched};
use super::fail::Failure;
use super::out::Format;
use super::triage::pause;
use super::{Context, out};
use crate::connections::{Connections, Only};
use crate::engine::collect;
use crate::engine::credentials;
use crate::exit;
use crate::fact::{duration, instant};
use crate::history::Location;
use crate::judge::Selection;
use crate::probe::Access;
use crate::report::json::DocumentKind;
use crate::report::json::{self, Heading};
use crate::report::model::Report;
use crate::text::{Printable, Untrusted};
use serde_json::Value;
use std::time::{Duration, Instant};

/// What was learned and judged.
pub(super) struct ObservedConnections {
    pub(super) connections: Connections,
    pub(super) report: Report,
}

/// Asks and judges with one runbook, over everybody or over one.
pub(super) async fn see(
    context: &Context,
    runbook: &str,
    lists: &Lists,
    only: Option<Only>,
) -> Result<ObservedConnections, Failure> {
    let runbook = context.library.get(runbook)?;
    let own = match &only {
        Some(Only::Bond(id)) => Some(id.as_str()),
        _ => None,
    };
    let mut run = context.run()?;
    let paths = lists.credentials.paths(context.settings.deadline.value);
    run.access = Access {
        duckling: lists.duckling.clone(),
        spaceduck: lists.spaceduck.clone().or(own.map(str::to_owned)),
        ..credentials::access(&context.env, &paths).map_err(Failure::usage)?
    };
    run.only = only;
    // What is looked at one by one is no check of the stack: history is not concerned.
    run.history = Location::None;
    run.queue = None;
    let steps = runbook.steps.iter().map(|step| (&runbook, step));
    let mut answered = run.collect(&collect::probes_for_steps(steps)).await;
    let connections = answered.observations.take_connections().unwrap_or_default();
    let asked = Selection {
        runbook: &runbook,
        step: None,
    };
    let report = answered.evaluate(&[asked], &[]).report;
    Ok(ObservedConnections {
        connections,
        report,
    })
}

/// Shows once, or again and again until nobody reads any more; with `--quiet` only what is
/// not well.
pub(super) async fn show(
    context: &Context,
    watched: &Watched,
    mut once: impl AsyncFnMut(bool) -> Result<(String, u8), Failure>,
) -> Result<u8, Failure> {
    let out = &context.out;
    let wanted = |code: u8| code != exit::OK || !out.is_quiet();
    let watch = watched.watch.as_deref();
    let Some(every) = watch.map(|text| pause("--watch", text)).transpose()? else {
        let (text, code) = once(true).await?;
        return Ok(match wanted(code) {
            true => out.print(&text, code),
            false => code,
        });
    };
    loop {
        let began = Instant::now();
        let (text, code) = once(false).await?;
        if wanted(code) && !out.next(&text) {
            return Ok(code);
        }
        let rest: Duration = every.saturating_sub(began.elapsed());
        tokio::time::sleep(rest).await;
    }
}

/// A document that holds records beside the judged steps.
pub(super) fn document(
    kind: DocumentKind,
    report: &Report,
    mut extra: Value,
    pretty: bool,
) -> String {
    extra["runbooks"] = json::runbooks(report);
    extra["notes"] = report.notes.iter().map(Printable::as_str).collect();
    let heading = Heading {
        stack: Some(&report.stack),
        started_at: Some(report.started_at),
        took: Some(report.took),
        verdict: report.verdict,
        exit_code: report.exit_code(),
        summary: &report.summary,
        next_action: report.next_action.as_ref(),
    };
    json::document(kind, &heading, &extra, pretty)
}

/// For people the records, then what they were judged; for every other reader the verdict.
pub(super) fn page(context: &Context, seen: &ObservedConnections, records: &str) -> String {
    let report = context.out.rendered(&seen.report);
    match context.out.format {
        Format::Table => {
            let records: String = out::lines(records)
                .map(|line| format!("{line}\n"))
                .collect();
            format!("{records}\n{report}")
        }
        _ => report,
    }
}

/// `2026-03-22T03:12:09Z (5m ago)`
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

/// What an agent is called, in quotes: it chose that itself.
pub(super) fn called(id: Option<&str>, name: Option<&Untrusted>) -> String {
    match (id, name) {
        (None, None) => "not known".to_owned(),
        (Some(id), None) => text(id).to_string(),
        (None, Some(name)) => format!("\"{}\"", name.printable(80)),
        (Some(id), Some(name)) => format!("{} \"{}\"", text(id), name.printable(80)),
    }
}
