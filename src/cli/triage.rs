//! `duckops triage`: every incident, one, or one step of one.

use super::fail::Failure;
use super::guide::watch::{self, WatchRound};
use super::recording;
use super::{Context, args, named_file, out, progress};
use crate::engine::run::{EvaluatedRun, Run};
use crate::engine::runbooks::RequestedRunbooks;
use crate::engine::save_recording::{RecordedParts, SaveRequest};
use crate::engine::wait::{SHORTEST, Wait};
use crate::fact::parse_duration;
use crate::report::model::Report;
use crate::text::Printable;
use std::time::{Duration, Instant};

pub(super) async fn main(context: &Context, args: &args::TriageArgs) -> Result<u8, Failure> {
    if let Some(path) = &args.from {
        return recording::replay(context, args, path).await;
    }
    let save_to = save_request(context, args)?;
    let is_once = args.watch.is_none() && args.wait.is_none();
    if is_once && context.settings.runbooks.is_none() {
        let library = context.library.clone();
        let evaluated = RequestedRunbooks::load_while_collecting(
            library,
            args.runbook.as_deref(),
            args.step.as_deref(),
            run(context, args).await?,
        )
        .await?;
        return Ok(finish(context, evaluated, save_to).await);
    }
    let requested = RequestedRunbooks::load(
        &context.library,
        args.runbook.as_deref(),
        args.step.as_deref(),
    )?;
    let limit = |flag, text: &Option<String>| {
        let text = text.as_deref();
        text.map(|text| pause(flag, text)).transpose()
    };
    match (limit("--watch", &args.watch)?, limit("--wait", &args.wait)?) {
        (Some(every), _) => watching(context, args, &requested, every).await,
        (None, Some(limit)) => waiting(context, args, &requested, limit, save_to).await,
        (None, None) => {
            let evaluated = requested
                .collect_and_evaluate(run(context, args).await?)
                .await;
            Ok(finish(context, evaluated, save_to).await)
        }
    }
}

/// Records a run, in history and where that is wanted as a file, and prints its report.
async fn finish(
    context: &Context,
    mut evaluated: EvaluatedRun,
    save_to: Option<SaveRequest>,
) -> u8 {
    let Some(save_to) = save_to else {
        let print = |report| context.out.report(&report);
        return evaluated.record_then(print).await;
    };
    let parts = RecordedParts::take(&mut evaluated);
    let report = evaluated.record().await;
    save(&save_to, parts, &report).await;
    context.out.report(&report)
}

fn save_request(
    context: &Context,
    args: &args::TriageArgs,
) -> Result<Option<SaveRequest>, Failure> {
    let Some(path) = &args.save else {
        return Ok(None);
    };
    let runbook = args.runbook.as_ref().map(|id| context.library.get(id));
    let runbook = runbook.transpose()?.map(|runbook| runbook.id);
    let requested = (runbook, args.step.clone());
    let request = SaveRequest::new(path, args.hide_account, requested);
    let refused = |why| {
        let path = Printable::path(path);
        Failure::usage(format!(
            "--save: {path}: {why}\ngive the path of a new file"
        ))
    };
    request.map(Some).map_err(refused)
}

/// A recording that cannot be saved changes no verdict.
async fn save(request: &SaveRequest, parts: RecordedParts, report: &Report) {
    let path = Printable::path(request.path());
    out::warn(&match request.save(parts, report).await {
        Ok(0) => saved(&path, "nothing in it looks like a secret"),
        Ok(removed) => saved(&path, &format!("{removed} secrets were taken out")),
        Err(why) => format!("duckops: {path} was not saved: {why}"),
    });
}

fn saved(path: &Printable, removed: &str) -> String {
    format!("saved {path} ({removed}); to judge it again: duckops triage --from {path}")
}

/// The run that the settings ask for, with the version that the alias should have by flag or by
/// configuration, and the deploy log as one of the witnesses of it.
pub(super) async fn run(context: &Context, args: &args::TriageArgs) -> Result<Run, Failure> {
    let mut run = context.run()?;
    if let Some(version) = &args.expect {
        run.expected_version = Some(version.clone());
    }
    if let Some(path) = &args.deploy_log {
        let shown = Printable::path(path);
        let (text, path) = named_file::deploy_log(context, path).await?;
        let scope = run.stack.deploy_log_scope(run.now.unix_timestamp());
        run.versions.deploy_log = path;
        if let Err(why) = run.versions.add_deploy_log(&text, scope) {
            run.notes
                .push(format!("{shown} was not used: {why}").into());
        }
    }
    Ok(run)
}

pub(super) fn pause(flag: &str, text: &str) -> Result<Duration, Failure> {
    parse_duration(text)
        .and_then(|seconds| u64::try_from(seconds).ok())
        .map(Duration::from_secs)
        .filter(|duration| *duration >= SHORTEST)
        .ok_or_else(|| Failure::unusable(flag, text, "a duration of at least 2s, such as 30s"))
}

/// Repeats the triage; ends only by a signal or when the reader is gone.
async fn watching(
    context: &Context,
    args: &args::TriageArgs,
    requested: &RequestedRunbooks,
    every: Duration,
) -> Result<u8, Failure> {
    if watch::is_drawn(context) {
        let round = async || {
            let report = requested.triage(run(context, args).await?).await;
            Ok(WatchRound { report, text: None })
        };
        return watch::main(context, every, round).await;
    }
    loop {
        let began = Instant::now();
        let report = requested.triage(run(context, args).await?).await;
        if !context.out.again(&report) {
            return Ok(report.exit_code());
        }
        tokio::time::sleep(every.saturating_sub(began.elapsed())).await;
    }
}

/// Asks until all is well five times in a row, a recovery is proven or the time is over; one report
/// at the end.
async fn waiting(
    context: &Context,
    args: &args::TriageArgs,
    requested: &RequestedRunbooks,
    limit: Duration,
    save_to: Option<SaveRequest>,
) -> Result<u8, Failure> {
    let mut wait = Wait::new(limit);
    loop {
        let asked = Instant::now();
        let mut run = run(context, args).await?;
        run.waited = Some(wait.seen());
        let mut evaluated = requested.collect_and_evaluate(run).await;
        wait.note(&evaluated);
        let parts = RecordedParts::take(&mut evaluated);
        let report = evaluated.record().await;
        if wait.is_over(&report) {
            if let Some(save_to) = save_to {
                save(&save_to, parts, &report).await;
            }
            return Ok(context.out.report(&report));
        }
        progress::count_down(&wait.progress(&report), wait.left());
        tokio::time::sleep(wait.pause(asked)).await;
    }
}
