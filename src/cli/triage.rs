//! `duckops triage`: every incident, one, or one step of one.

use super::fail::Failure;
use super::recording;
use super::{Context, args, named_file, out};
use crate::engine::run::{EvaluatedRun, Run};
use crate::engine::runbooks::RequestedRunbooks;
use crate::engine::save_recording::{RecordedParts, SaveRequest};
use crate::fact::{duration, parse_duration};
use crate::report::model::{Report, Verdict};
use crate::stack;
use crate::text::Printable;
use std::time::{Duration, Instant};

pub(super) async fn main(context: &Context, args: &args::TriageArgs) -> Result<u8, Failure> {
    if let Some(path) = &args.from {
        return recording::replay(context, args, path).await;
    }
    let save_to = save_request(args)?;
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
        return Ok(context.out.report(&finished(evaluated, save_to).await));
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
            Ok(context.out.report(&finished(evaluated, save_to).await))
        }
    }
}

/// Records a run, in history and where that is wanted as a file.
async fn finished(mut evaluated: EvaluatedRun, save_to: Option<SaveRequest>) -> Report {
    let parts = save_to.map(|save_to| (save_to, RecordedParts::take(&mut evaluated)));
    let report = evaluated.record().await;
    if let Some((save_to, parts)) = parts {
        save(&save_to, parts, &report).await;
    }
    report
}

fn save_request(args: &args::TriageArgs) -> Result<Option<SaveRequest>, Failure> {
    let Some(path) = &args.save else {
        return Ok(None);
    };
    let requested = (args.runbook.clone(), args.step.clone());
    let request = SaveRequest::new(path, args.hide_account, requested);
    let refused = |why| Failure::usage(format!("--save: {}: {why}", args::shown(path)));
    request.map(Some).map_err(refused)
}

/// A recording that cannot be saved changes no verdict.
async fn save(request: &SaveRequest, parts: RecordedParts, report: &Report) {
    let path = args::shown(request.path());
    out::warn(&match request.save(parts, report).await {
        Ok(0) => saved(&path, "nothing in it looks like a secret"),
        Ok(removed) => saved(&path, &format!("{removed} secrets were taken out")),
        Err(why) => format!("duckops: {path} was not saved: {why}"),
    });
}

fn saved(path: &Printable, removed: &str) -> String {
    format!("saved {path} ({removed}); to judge it again: duckops triage --from {path}")
}

/// The run that the settings ask for, with the version that the alias should have: by flag,
/// by configuration, by the newest entry of the deploy log, in this order.
async fn run(context: &Context, args: &args::TriageArgs) -> Result<Run, Failure> {
    let mut run = context.run()?;
    if let Some(version) = &args.expect {
        run.expected_version = Some(version.clone());
    }
    if let Some(path) = &args.deploy_log {
        let shown = Printable::from(path.to_string_lossy().into_owned());
        let text = named_file::deploy_log(context, path).await?;
        run.versions.add_deploy_log(&text);
        if run.expected_version.is_none() {
            match stack::newest_version(&text) {
                Ok(version) => run.expected_version = Some(version),
                Err(why) => run
                    .notes
                    .push(format!("{shown} was not used: {why}").into()),
            }
        }
    }
    Ok(run)
}

/// Not more often than the API's rate limit bears: 60 a minute, tries included.
const SHORTEST: Duration = Duration::from_secs(2);
/// So many answers in a row make a recovery.
const STEADY: usize = 5;

pub(super) fn pause(flag: &str, text: &str) -> Result<Duration, Failure> {
    parse_duration(text)
        .and_then(|seconds| u64::try_from(seconds).ok())
        .map(Duration::from_secs)
        .filter(|duration| *duration >= SHORTEST)
        .ok_or_else(|| {
            let text = Printable::from(text);
            Failure::usage(format!(
                "{flag}: `{text}` is not a duration of at least 2s, such as 30s"
            ))
        })
}

/// Asks again and again; ends only by a signal or when nobody reads any more.
async fn watching(
    context: &Context,
    args: &args::TriageArgs,
    requested: &RequestedRunbooks,
    every: Duration,
) -> Result<u8, Failure> {
    loop {
        let began = Instant::now();
        let report = requested.triage(run(context, args).await?).await;
        if !context.out.again(&report) {
            return Ok(report.exit_code());
        }
        tokio::time::sleep(every.saturating_sub(began.elapsed())).await;
    }
}

/// Asks until it was ok five times in a row, or the time is over; one report at the end.
async fn waiting(
    context: &Context,
    args: &args::TriageArgs,
    requested: &RequestedRunbooks,
    limit: Duration,
    save_to: Option<SaveRequest>,
) -> Result<u8, Failure> {
    let began = Instant::now();
    let mut steady = 0;
    loop {
        let asked = Instant::now();
        let mut evaluated = requested
            .collect_and_evaluate(run(context, args).await?)
            .await;
        let parts = RecordedParts::take(&mut evaluated);
        let report = evaluated.record().await;
        steady = if report.verdict == Verdict::Ok {
            steady + 1
        } else {
            0
        };
        let left = limit.saturating_sub(began.elapsed());
        if steady == STEADY || left < SHORTEST {
            if let Some(save_to) = save_to {
                save(&save_to, parts, &report).await;
            }
            return Ok(context.out.report(&report));
        }
        context.out.progress(&format!(
            "{} {steady} of {STEADY} in a row, {} left: {}",
            report.verdict.word(),
            duration(i64::try_from(left.as_secs()).unwrap_or(i64::MAX)),
            report.summary
        ));
        tokio::time::sleep(SHORTEST.saturating_sub(asked.elapsed())).await;
    }
}
