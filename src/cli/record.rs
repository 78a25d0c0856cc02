//! `duckops record RUNBOOK`: the incident, with exact numbers, as an entry of GOVERNANCE-LOG.md.

mod deploy;

use super::fail::Failure;
use super::history;
use super::out::Format;
use super::recording::load;
use super::{Context, args, journal, out};
use crate::alerting::AlertState;
use crate::engine::operator::{operator, recent_actions};
use crate::engine::runbooks::{RequestedRunbooks, evaluate_recording};
use crate::exit;
use crate::fact::{Fact, FactValue, Probe, instant};
use crate::observation::{FactState, Observations};
use crate::report::entry::{GovernanceEntry, HEAD, mark};
use crate::report::json::DocumentKind;
use crate::report::json::{self, Heading};
use crate::report::model::{self, Report};
use crate::runbook::model::Runbook;
use crate::state_dir::append_log::{AppendError, AppendLog};
use crate::text::Printable;
use serde_json::json;
use std::path::{Path, PathBuf};
use ulid::Ulid;

/// What was learned of an incident, now or when it was recorded.
struct Learned {
    report: Report,
    observations: Observations,
}

pub(super) async fn main(context: &Context, args: &args::RecordArgs) -> Result<u8, Failure> {
    let asked = args.runbook.as_deref();
    let runbook = asked.map(|id| context.library.get(id)).transpose()?;
    let runbook = match (&args.deploy_log, runbook) {
        (Some(path), runbook) => {
            let incident = runbook.map(|runbook| runbook.id);
            return deploy::main(context, args, path, incident.as_deref());
        }
        (None, Some(runbook)) => runbook,
        (None, None) => return Err(Failure::internal()),
    };
    // Where it goes is settled before anybody is asked.
    let path = match args.dry_run {
        true => place(context, args).ok(),
        false => Some(place(context, args)?),
    };
    let learned = learn(context, args, &runbook).await?;
    let judged = learned
        .report
        .runbooks
        .iter()
        .find(|judged| judged.id.as_str() == runbook.id);
    let Some(judged) = judged else {
        return Err(Failure::internal());
    };
    let id = Ulid::generate().to_string();
    let operator = operator(&context.env, args.operator.as_deref());
    let identity = text(&learned.observations, "aws.identity");
    let numbers = numbers(&runbook, &learned.observations);
    let actions = recent_actions(
        journal::open(context).ok().as_ref(),
        learned.report.started_at,
    )
    .map_err(|error| Failure::own(error.to_string()))?;
    let called = match args.from {
        None => called(context, &runbook.id, &learned.report).await,
        // Whoever was called since then was not called in what is recorded.
        Some(_) => None,
    };
    let note = args.note.as_deref().map(Printable::from);
    let entry = GovernanceEntry {
        id: &id,
        report: &learned.report,
        runbook: judged,
        operator: &operator,
        identity: identity.as_ref(),
        numbers: &numbers,
        actions: &actions,
        called: called.as_ref(),
        note: note.as_ref(),
    };
    let entry = entry.render();
    if args.dry_run {
        let summary = match &path {
            Some(path) => format!("nothing was written to {}", args::shown(path)),
            None => "nothing was written, and no log is named".to_owned(),
        };
        return Ok(told(
            context,
            &learned.report,
            judged,
            &RecordResult {
                id: &id,
                entry: &entry,
                path: path.as_deref(),
                summary,
                code: exit::OK,
                dry_run: true,
            },
        ));
    }
    let Some(path) = path else {
        return Err(Failure::internal());
    };
    let (code, summary) = append(&path, &runbook.id, &entry);
    Ok(told(
        context,
        &learned.report,
        judged,
        &RecordResult {
            id: &id,
            entry: &entry,
            path: Some(&path),
            summary,
            code,
            dry_run: false,
        },
    ))
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
            "no log is named: --log FILE, DUCKOPS_GOVERNANCE_LOG, or governance_log of the \
             stack in the configuration file; --dry-run shows the entry",
        )
    })?;
    // Only what is typed may depend on where it is typed.
    if args.log.is_none() && !path.is_absolute() {
        let shown = args::shown(&path);
        let why = format!("governance_log: `{shown}` is not a path from the root on");
        return Err(Failure::usage(why));
    }
    Ok(path)
}

async fn learn(
    context: &Context,
    args: &args::RecordArgs,
    runbook: &Runbook,
) -> Result<Learned, Failure> {
    if let Some(file) = &args.from {
        let mut recording = load(context, "--from: ", file).await?;
        let report = evaluate_recording(&context.library, &recording, Some(&runbook.id), None)?;
        return Ok(Learned {
            report,
            observations: std::mem::take(&mut recording.observations),
        });
    }
    let selection = RequestedRunbooks::load(&context.library, Some(&runbook.id), None)?;
    let mut judged = selection.collect_and_evaluate(context.run()?).await;
    let observations = std::mem::take(&mut judged.observations);
    Ok(Learned {
        report: judged.record().await,
        observations,
    })
}

/// Who was called about this incident in the last day, from any machine that shares the history;
/// none where nobody was, or where that cannot be read.
async fn called(context: &Context, runbook: &str, report: &Report) -> Option<Printable> {
    let ledger = history::with(context, |history, stack| {
        history.ledger(stack).map_err(history::failed)
    });
    let state = AlertState::read(&ledger.await.ok()?.document).ok()?;
    let call = state.escalated(runbook, report.started_at - time::Duration::DAY)?;
    let took = match call.delivered() {
        Some(at) => format!("taken at {}", instant(at.unix_timestamp())),
        None => "taken by no channel yet".to_owned(),
    };
    let at = instant(call.at().unix_timestamp());
    Some(format!("at {at} by {} on {}, {took}", call.by, call.host).into())
}

/// Every number that the runbook is about, as exact as it is known. What is a list or a series
/// is evidence and no number.
fn numbers(runbook: &Runbook, observations: &Observations) -> Vec<(&'static str, Printable)> {
    let mut numbers: Vec<(&'static str, Printable)> = Vec::new();
    for path in runbook.steps.iter().flat_map(|step| step.facts()) {
        if numbers.iter().any(|(known, _)| *known == path) {
            continue;
        }
        let unit = crate::fact::find(path).map_or("", |(_, declared)| declared.unit);
        let value = match observations.get(path) {
            FactState::Known(Fact {
                value: FactValue::List(_) | FactValue::Series(_) | FactValue::Groups(_),
                ..
            }) => continue,
            FactState::Known(fact) => match (&fact.value, unit) {
                (FactValue::Int(_) | FactValue::Float(_), unit) if !unit.is_empty() => {
                    format!("{} {unit}", fact.value.shown()).into()
                }
                (value, _) => value.shown(),
            },
            FactState::Unavailable(unavailable) => {
                format!("not known: {}", unavailable.detail).into()
            }
            FactState::NotAsked => "not asked".into(),
        };
        numbers.push((path, value));
    }
    numbers
}

fn text(observations: &Observations, path: &str) -> Option<Printable> {
    debug_assert!(crate::fact::find(path).is_some_and(|(probe, _)| probe == Probe::Identity));
    match observations.get(path) {
        FactState::Known(fact) => Some(fact.value.shown()),
        FactState::Unavailable(_) | FactState::NotAsked => None,
    }
}

/// Appends the entry; yields the exit code of a write, and what came of it.
fn append(path: &Path, runbook: &str, entry: &str) -> (u8, String) {
    let earlier = match AppendLog::at(path).and_then(|ledger| ledger.last(&mark(runbook))) {
        Ok(earlier) => earlier,
        Err(error) => return (exit::WARNING, format!("{error}; nothing was written")),
    };
    let (code, told) = appended(path, HEAD, entry);
    match earlier {
        Some(_) if code == exit::OK => {
            let again = "it holds an earlier entry of this runbook, too";
            (code, format!("{told}; {again}"))
        }
        _ => (code, told),
    }
}

/// The same for any log.
fn appended(path: &Path, head: &str, entry: &str) -> (u8, String) {
    let written = AppendLog::at(path)
        .map_err(AppendError::Refused)
        .and_then(|ledger| ledger.append(head, entry));
    match written {
        Ok(()) => (
            exit::OK,
            format!("recorded in {} and read back", args::shown(path)),
        ),
        Err(error @ AppendError::Refused(_)) => (exit::WARNING, error.to_string()),
        Err(error @ AppendError::Unsettled(_)) => (exit::UNKNOWN, error.to_string()),
    }
}

/// What is told of an entry.
struct RecordResult<'a> {
    id: &'a str,
    entry: &'a str,
    path: Option<&'a Path>,
    summary: String,
    code: u8,
    dry_run: bool,
}

fn told(
    context: &Context,
    report: &Report,
    judged: &model::RunbookReport,
    told: &RecordResult<'_>,
) -> u8 {
    let summary = Printable::from(told.summary.as_str());
    if context.out.format == Format::Json {
        let heading = Heading {
            stack: Some(&report.stack),
            started_at: Some(report.started_at),
            took: Some(report.took),
            verdict: judged.verdict,
            exit_code: told.code,
            summary: &summary,
            next_action: judged.next_action.as_ref(),
        };
        let extra = json!({
            "runbook": judged.id.as_str(),
            "log": told.path.map(|path| args::shown(path).to_string()),
            "entry_id": told.id,
            "entry": told.entry,
            "dry_run": told.dry_run,
        });
        let document = json::document(DocumentKind::Record, &heading, &extra, true);
        return context.out.print(&document, told.code);
    }
    if told.dry_run {
        let dry = |line: Printable| format!("DRY RUN  {line}\n");
        let lines: String = out::lines(told.entry).chain([summary]).map(dry).collect();
        return context.out.print(&lines, told.code);
    }
    let word = if told.code == exit::OK {
        "RECORDED"
    } else {
        "NOT RECORDED"
    };
    context.out.print(
        &format!("{word}  {summary}\nentry     {}\n", told.id),
        told.code,
    )
}
