//! What the commands about requests and bonds share: observe, then show the records beside the
//! verdict, once or again and again.

use super::Context;
use super::args::{Lists, Watched};
use super::fail::Failure;
use super::format::Format;
use super::guide::watch::{self, WatchRound};
use super::triage::pause;
use crate::connections::{Connections, Only};
use crate::engine::connections::{ObservedConnections, observe};
use crate::engine::credentials;
use crate::engine::runbooks::RequestedRunbooks;
use crate::exit;
use crate::probe::Access;
use crate::report::document::Document;
use crate::report::json::{DocumentKind, runbooks};
use crate::report::model::{Layout, NextAction, Report, Verdict};
use crate::report::suggested::GivenArguments;
use crate::text::{Printable, printable_lines};
use serde_json::Value;
use std::time::Instant;

/// A text that stands alone, in place of a report; `None` where there is nothing to hand over.
type StandaloneText = dyn Fn(&Connections, &Report) -> Option<String>;

/// One way to look at the connections.
pub(super) struct View<'a> {
    pub(super) kind: DocumentKind,
    /// The runbook that judges.
    pub(super) runbook: &'static str,
    pub(super) only: Option<Only>,
    pub(super) json: &'a dyn Fn(&mut Connections, &Report) -> Value,
    /// What to do now, where that is not what the runbook says.
    pub(super) next: &'a dyn Fn(&Connections, &Report) -> Option<NextAction>,
    pub(super) layout: &'a dyn Fn(&mut Connections, &Report) -> Layout,
    /// A text that stands alone, in place of the report.
    pub(super) alone: Option<&'a StandaloneText>,
}

/// Observes all connections or one.
pub(super) async fn see(
    context: &Context,
    runbook: &str,
    lists: &Lists,
    only: Option<Only>,
) -> Result<ObservedConnections, Failure> {
    let requested = RequestedRunbooks::load(&context.library, Some(runbook), None)?;
    let own = match &only {
        Some(Only::Bond(id)) => Some(id.as_str()),
        _ => None,
    };
    let paths = lists.credentials.paths(context.settings.deadline.value);
    let access = Access {
        duckling: lists.duckling.clone(),
        spaceduck: lists.spaceduck.clone().or(own.map(str::to_owned)),
        ..credentials::access(&context.env, &paths)?
    };
    Ok(observe(context.run()?, &requested, access, only).await)
}

/// Shows once, or repeatedly until the reader goes away; with `--quiet` only what is not ok.
pub(super) async fn show(
    context: &Context,
    watched: &Watched,
    view: &View<'_>,
) -> Result<u8, Failure> {
    let out = &context.out;
    let wanted = |code: u8| code != exit::OK || !out.is_quiet();
    let watch = watched.watch.as_deref();
    let Some(every) = watch.map(|text| pause("--watch", text)).transpose()? else {
        let ObservedOnce { text, code, .. } = once(context, watched, view, true).await?;
        return Ok(match wanted(code) {
            true => out.print(&text, code),
            false => code,
        });
    };
    if watch::is_drawn(context) {
        let round = async || {
            let ObservedOnce { text, report, .. } = once(context, watched, view, false).await?;
            let text = Some(text);
            Ok(WatchRound { report, text })
        };
        return watch::main(context, every, round).await;
    }
    loop {
        let began = Instant::now();
        let ObservedOnce { text, code, .. } = once(context, watched, view, false).await?;
        if wanted(code) && !out.next(&text) {
            return Ok(code);
        }
        tokio::time::sleep(every.saturating_sub(began.elapsed())).await;
    }
}

/// What was observed once: the text, the exit code, and what they were judged by.
struct ObservedOnce {
    text: String,
    code: u8,
    report: Report,
}

/// For people the verdict with the records; for every other reader the verdict.
async fn once(
    context: &Context,
    watched: &Watched,
    view: &View<'_>,
    pretty: bool,
) -> Result<ObservedOnce, Failure> {
    let mut seen = see(context, view.runbook, &watched.lists, view.only.clone()).await?;
    let (connections, report) = (&mut seen.connections, &mut seen.report);
    let code = report.exit_code();
    let layout = (view.layout)(connections, report);
    if let Some(headline) = &layout.headline {
        report.summary = headline.clone();
    }
    report.layout = layout;
    // What is to be done about another bond is not said of this one.
    if let (Verdict::Ok, Some(Only::Bond(id))) = (report.verdict, &view.only) {
        let is_of_this = |next: &NextAction| {
            let command = next.command.as_ref();
            command.is_some_and(|command| command.as_str().split(' ').any(|word| word == id))
        };
        report.next_action = report.next_action.take().filter(is_of_this);
    }
    if let Some(next) = (view.next)(connections, report) {
        report.next_action = Some(next);
        report.keep_arguments(GivenArguments::default());
    }
    if context.out.format == Format::Json {
        let mut extra = (view.json)(connections, report);
        extra["runbooks"] = runbooks(report);
        extra["notes"] = report.notes.iter().map(Printable::as_str).collect();
        let document = Document::of(view.kind, report, "", extra);
        return Ok(ObservedOnce {
            text: document.json(pretty),
            code,
            report: seen.report,
        });
    }
    let alone = view.alone.and_then(|alone| alone(connections, report));
    let text = alone.map_or_else(
        || context.out.rendered(report),
        |text| printable_lines(&text),
    );
    Ok(ObservedOnce {
        text,
        code,
        report: seen.report,
    })
}
