//! An incident, with exact numbers, as an entry of GOVERNANCE-LOG.md.

pub mod deploy;

use super::operator::recent_actions;
use super::run::Run;
use super::with_history::with_history;
use crate::alerting::AlertState;
use crate::exit;
use crate::fact::{self, Fact, FactValue, duration, utc};
use crate::history::HistoryError;
use crate::observation::{FactState, Observations};
use crate::report::document::Document;
use crate::report::entry::{GovernanceEntry, HEAD, RecordedPast, mark};
use crate::report::json::{DocumentKind, Heading};
use crate::report::model::{Report, RunbookReport};
use crate::report::suggested::with_arguments;
use crate::runbook::model::Runbook;
use crate::state_dir::StateDirError;
use crate::state_dir::append_log::{AppendError, AppendLog};
use crate::state_dir::journal::Journal;
use crate::text::{Printable, printable_lines, quoted};
use crate::timeline::last_spell;
use serde_json::json;
use std::path::Path;
use ulid::Ulid;

/// An incident as it was evaluated, now or when it was recorded.
pub struct EvaluatedIncident {
    /// The report of its run.
    pub report: Report,
    /// The observations of its run.
    pub observations: Observations,
}

/// What an entry says beside the evaluation, and where it goes.
pub struct RecordRequest<'a> {
    /// The runbook of the incident.
    pub runbook: &'a Runbook,
    /// Who records it, and how that is known.
    pub operator: &'a Printable,
    /// What the operator adds.
    pub note: Option<&'a Printable>,
    /// The key of the stack; writes to another one do not belong to the incident.
    pub stack: &'a str,
    /// The writes of this machine.
    pub journal: Option<&'a Journal>,
    /// What history and the alert state have of it.
    pub past: &'a RecordedPast,
    /// The log; none only where nothing is written.
    pub log: Option<&'a Path>,
    /// The recording that is judged in place of the present.
    pub from: Option<&'a Path>,
    /// Whether the entry is only shown.
    pub dry_run: bool,
}

impl EvaluatedIncident {
    fn value(&self, path: &str) -> Option<&FactValue> {
        match self.observations.get(path) {
            FactState::Known(fact) => Some(&fact.value),
            FactState::Unavailable(_) | FactState::NotAsked => None,
        }
    }

    /// Appends the entry of the incident to the log, and yields what came of it; `None` where the
    /// report does not hold the runbook.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn record(&self, request: &RecordRequest<'_>) -> Result<Option<Document>, StateDirError> {
        let report = &self.report;
        let is_asked = |judged: &&RunbookReport| judged.id.as_str() == request.runbook.id;
        let Some(judged) = report.runbooks.iter().find(is_asked) else {
            return Ok(None);
        };
        let id = Ulid::generate().to_string();
        let identity = match self.observations.get("aws.identity") {
            FactState::Known(fact) => Some(fact.value.shown()),
            FactState::Unavailable(_) | FactState::NotAsked => None,
        };
        let entry = GovernanceEntry {
            id: &id,
            report,
            runbook: judged,
            operator: request.operator,
            identity: identity.as_ref(),
            numbers: &numbers(request.runbook, &self.observations),
            actions: &recent_actions(request.journal, request.stack, report.started_at)?,
            past: request.past,
            note: request.note,
        }
        .render();
        let notice = request.runbook.notice(judged, |path| self.value(path));
        let (code, summary) = match (request.dry_run, request.log) {
            (false, Some(log)) => append(log, &request.runbook.id, &entry),
            (_, Some(log)) => (
                exit::OK,
                format!("nothing was written to {}", Printable::path(log)),
            ),
            (_, None) => {
                let summary = "nothing was written, and no log is named";
                (exit::OK, summary.to_owned())
            }
        };
        let summary = Printable::from(summary);
        let from = from_argument(request.from);
        let shows = format!("duckops record {}{from} --dry-run", judged.id);
        let text = match (request.dry_run, code) {
            (true, _) => {
                let lines = printable_lines(&entry) + summary.as_str();
                let dry = |line: &str| format!("DRY RUN  {line}\n");
                lines.lines().map(dry).collect()
            }
            (false, exit::OK) => format!(
                "RECORDED  {}\nentry     {id}\n",
                summary.as_str().trim_start_matches("recorded ")
            ),
            // The entry is wanted all the same, to be put in by hand.
            (false, code) => format!(
                "{}  {summary}\nNEXT      {}\n",
                not_recorded(code),
                with_arguments(&shows, &report.stack.arguments)
            ),
        };
        let told = notice.as_ref();
        let text = text + &told.map_or_else(String::new, |told| format!("users     {told}\n"));
        let extra = json!({
            "user_notice": told.map(Printable::as_str),
            "runbook": judged.id.as_str(),
            "log": request.log.map(|path| Printable::path(path).to_string()),
            "entry_id": id,
            "entry": entry,
            "dry_run": request.dry_run,
        });
        let heading = Heading {
            verdict: judged.verdict,
            exit_code: code,
            summary,
            next_action: judged.next_action.clone(),
            ..Heading::of(report)
        };
        Ok(Some(Document {
            kind: DocumentKind::Record,
            heading,
            extra,
            text,
        }))
    }
}

/// The argument that names the recording; of standard input nothing is left to be read.
fn from_argument(from: Option<&Path>) -> String {
    let named = from.and_then(Path::to_str).filter(|path| *path != "-");
    named.map_or_else(String::new, |path| format!(" --from {}", quoted(path)))
}

/// What history and the alert state have of an incident in the last day, from any machine that
/// shares them. What cannot be read is left out.
pub async fn past(run: Run, runbook: &str, report: &Report) -> RecordedPast {
    let from = report.started_at - time::Duration::DAY;
    let read = with_history(run, move |history, stack| {
        let ledger = history.ledger(stack)?;
        Ok::<_, HistoryError>((ledger, history.summaries(stack, from)?))
    });
    let Ok((ledger, runs)) = read.await else {
        return RecordedPast::default();
    };
    let state = AlertState::read(&ledger.document).ok();
    let call = state
        .as_ref()
        .and_then(|state| state.escalated(runbook, from));
    let called = call.map(|call| {
        let took = match call.delivered() {
            Some(at) => format!("taken at {}", utc(at)),
            None => "taken by no channel yet".to_owned(),
        };
        let at = utc(call.at());
        format!("at {at} by {} on {}, {took}", call.by, call.host).into()
    });
    let spell = last_spell(&runs, runbook).map(|spell| {
        let (word, since) = (spell.worst.word(), utc(spell.since));
        let until = spell.until.unwrap_or(report.started_at);
        let long = match (until - spell.since).whole_seconds() {
            ..=0 => String::new(),
            long => format!(" ({})", duration(long)),
        };
        match spell.until {
            Some(until) => {
                let until = utc(until);
                format!("{word} from {since} to {until}{long}, by recorded runs")
            }
            None => format!("{word} since {since}{long}, by recorded runs"),
        }
    });
    RecordedPast {
        called,
        spell: spell.map(Printable::from),
    }
}

/// Every number that the runbook is about, as exact as it is known. What is a list or a series
/// is evidence and no number.
fn numbers(runbook: &Runbook, observations: &Observations) -> Vec<(&'static str, Printable)> {
    let mut numbers: Vec<(&'static str, Printable)> = Vec::new();
    for path in runbook.steps.iter().flat_map(|step| step.facts()) {
        if numbers.iter().any(|(known, _)| *known == path) {
            continue;
        }
        let unit = fact::find(path).map_or("", |(_, declared)| declared.unit);
        let value = match observations.get(path) {
            FactState::Known(Fact {
                value: FactValue::List(_) | FactValue::Series(_) | FactValue::Groups(_),
                ..
            }) => continue,
            FactState::Known(fact) => match (&fact.value, unit) {
                (FactValue::Int(_) | FactValue::Float(_), unit)
                    if !["", "count", "version"].contains(&unit) =>
                {
                    format!("{} {unit}", fact.value.shown()).into()
                }
                (value, _) => value.shown(),
            },
            FactState::Unavailable(unavailable) => {
                format!("not known: {}", unavailable.detail).into()
            }
            FactState::NotAsked => "not requested".into(),
        };
        numbers.push((path, value));
    }
    numbers
}

/// Appends the entry; yields the exit code of a write, and what came of it.
fn append(path: &Path, runbook: &str, entry: &str) -> (u8, String) {
    let earlier = match AppendLog::at(path).and_then(|ledger| ledger.last(&mark(runbook))) {
        Ok(earlier) => earlier,
        Err(error) => return (exit::WARNING, format!("{error}; nothing was written")),
    };
    let (code, result) = appended(path, HEAD, entry);
    match earlier {
        Some(_) if code == exit::OK => {
            let again = "it holds an earlier entry of this runbook, too";
            (code, format!("{result}; {again}"))
        }
        _ => (code, result),
    }
}

/// The first words of a result that is not known to be in the log.
pub(super) fn not_recorded(code: u8) -> &'static str {
    match code {
        exit::UNKNOWN => "MAY BE RECORDED",
        _ => "NOT RECORDED",
    }
}

/// Appends to any log; yields the exit code of a write, and what came of it.
pub(super) fn appended(path: &Path, head: &str, entry: &str) -> (u8, String) {
    let written = AppendLog::at(path)
        .map_err(AppendError::Refused)
        .and_then(|ledger| ledger.append(head, entry));
    match written {
        Ok(()) => (
            exit::OK,
            format!("recorded in {} and read back", Printable::path(path)),
        ),
        Err(error @ AppendError::Refused(_)) => (exit::WARNING, error.to_string()),
        Err(error @ AppendError::Unsettled(_)) => (exit::UNKNOWN, error.to_string()),
    }
}
