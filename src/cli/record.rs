//! `duckops record RUNBOOK`: the incident, with exact numbers, as an entry of GOVERNANCE-LOG.md.

use super::fail::Failure;
use super::recording::load;
use super::{Context, args};
use crate::engine::journal;
use crate::engine::operator::operator;
use crate::engine::record::{EvaluatedIncident, RecordRequest, deploy, past};
use crate::engine::runbooks::{RequestedRunbooks, evaluate_recording};
use crate::report::entry::RecordedPast;
use crate::runbook::model::Runbook;
use crate::text::Printable;
use std::path::PathBuf;

pub(super) async fn main(context: &Context, args: &args::RecordArgs) -> Result<u8, Failure> {
    let asked = args.runbook.as_deref();
    let runbook = asked.map(|id| context.library.get(id)).transpose()?;
    let runbook = match (&args.deploy_log, runbook) {
        (Some(path), runbook) => {
            let incident = runbook.map(|runbook| runbook.id);
            let chain = journal::recent_whole(&context.settings)?;
            let stack = &context.settings.stack;
            let now = super::now(&context.env).unix_timestamp();
            let document =
                deploy::record(&chain, stack, path, incident.as_deref(), args.dry_run, now);
            return Ok(context.out.document(&document));
        }
        (None, Some(runbook)) => runbook,
        (None, None) => return Err(Failure::internal()),
    };
    // Where it goes is settled before anybody is asked.
    let path = match args.dry_run {
        true => place(context, args).ok(),
        false => Some(place(context, args)?),
    };
    let incident = evaluate(context, args, &runbook).await?;
    let past = match args.from {
        None => past(context.run()?, &runbook.id, &incident.report).await,
        // The recording does not know of escalations that came after it.
        Some(_) => RecordedPast::default(),
    };
    let note = args.note.as_deref().map(Printable::from);
    let journal = journal::open(&context.settings).ok();
    let request = RecordRequest {
        runbook: &runbook,
        operator: &operator(&context.env, args.operator.as_deref()),
        note: note.as_ref(),
        stack: &context.settings.stack.key(),
        journal: journal.as_ref(),
        past: &past,
        log: path.as_deref(),
        from: args.from.as_deref(),
        dry_run: args.dry_run,
    };
    let document = incident.record(&request);
    let document = document.map_err(|error| Failure::own(error.to_string()))?;
    let document = document.ok_or_else(Failure::internal)?;
    Ok(context.out.document(&document))
}

/// The log that is named: by flag, by the environment, by the configuration. It is never
/// guessed: the working folder may be anybody's.
fn place(context: &Context, args: &args::RecordArgs) -> Result<PathBuf, Failure> {
    let named = context.settings.stack.governance_log.as_ref();
    let path = args
        .log
        .clone()
        .or_else(|| named.map(|log| PathBuf::from(&log.value)));
    let path = path.ok_or_else(|| {
        Failure::usage(
            "no log is named, so nothing was written\n\
             use --log FILE, DUCKOPS_GOVERNANCE_LOG, or governance_log in config.toml\n\
             to see the entry, add --dry-run",
        )
    })?;
    // Only what is typed may depend on where it is typed.
    if args.log.is_none() && !path.is_absolute() {
        let shown = Printable::path(&path);
        let wanted = "a path from the root on, such as /srv/GOVERNANCE-LOG.md";
        return Err(Failure::unusable(
            "governance_log",
            &shown.to_string(),
            wanted,
        ));
    }
    Ok(path)
}

async fn evaluate(
    context: &Context,
    args: &args::RecordArgs,
    runbook: &Runbook,
) -> Result<EvaluatedIncident, Failure> {
    if let Some(file) = &args.from {
        let mut recording = load(context, "--from: ", file).await?;
        let report = evaluate_recording(&context.library, &recording, Some(&runbook.id), None)?;
        let observations = std::mem::take(&mut recording.observations);
        return Ok(EvaluatedIncident {
            report,
            observations,
        });
    }
    let selection = RequestedRunbooks::load(&context.library, Some(&runbook.id), None)?;
    let mut evaluated = selection.collect_and_evaluate(context.run()?).await;
    let observations = std::mem::take(&mut evaluated.observations);
    Ok(EvaluatedIncident {
        report: evaluated.record().await,
        observations,
    })
}
