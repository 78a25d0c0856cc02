//! Everything to know before an escalation: the verdict now, since when, earlier escalations.

use super::context::ContextSources;
use crate::alerting::delivery::host_name;
use crate::alerting::{AlertState, EscalationContext};
use crate::cloud::Http;
use crate::engine::operator::recent_actions;
use crate::engine::run::Run;
use crate::engine::runbooks::RequestedRunbooks;
use crate::history::{History, HistoryError, Snapshot, StackKey, blocking};
use crate::observation::FactState;
use crate::report::model::{Report, RunbookReport};
use crate::runbook::{Library, Missing};
use crate::state_dir::journal::Journal;
use crate::text::Printable;
use crate::timeline::{Spell, spell};
use std::cell::Cell;
use std::time::Instant;
use time::{Duration, OffsetDateTime};

/// How far back recorded runs are looked at.
const LOOK_BACK: Duration = Duration::days(2);

/// What an escalation is asked for with.
#[derive(Clone, Copy, Debug)]
pub struct EscalationRequest<'a> {
    /// The id of the runbook.
    pub runbook: &'a str,
    /// Who escalates, and how that is known.
    pub operator: &'a Printable,
    /// What the operator adds.
    pub note: Option<&'a str>,
    /// The journal of this machine, where there is one.
    pub journal: Option<&'a Journal>,
    /// Where the document of a runbook is, with `{runbook}` for its id.
    pub runbook_url: Option<&'a str>,
}

/// Everything to know before an escalation.
pub struct Situation {
    /// The report of this run.
    pub report: Report,
    /// The index of the runbook in the report.
    index: usize,
    /// What the recipient needs beside the verdict.
    pub(super) context: EscalationContext,
    /// The id of this run.
    pub(super) id: String,
    pub(super) host: String,
    pub(super) key: StackKey,
    /// The alert state; empty where it cannot be read.
    pub(super) state: AlertState,
    pub(super) history: Cell<Option<Box<dyn History>>>,
    /// The notice for affected users, where one is due.
    pub notice: Option<Printable>,
    /// What the operator should know.
    pub cautions: Vec<String>,
    pub(super) http: Http,
    /// The wall clock at the start of the run, and the monotonic clock at the same moment.
    pub(super) began: (OffsetDateTime, Instant),
    /// Whether what is noted outlives the run.
    pub(super) has_state: bool,
    /// Where the document of a runbook is.
    pub(super) runbook_url: Option<String>,
    spell: Option<Spell>,
}

impl Situation {
    /// The runbook in the report.
    pub fn runbook(&self) -> &RunbookReport {
        &self.report.runbooks[self.index]
    }

    /// Adds a warning that the findings may be about another stack: for the operator, and in the
    /// message for its recipients.
    pub fn is_elsewhere(&mut self, why: &str) {
        self.context.seen.insert(0, why.to_owned());
        self.cautions.push(why.to_owned());
    }

    /// Since when it is bad: an escalation later than that was about this. A day where that is
    /// not recorded.
    pub(super) fn since(&self) -> OffsetDateTime {
        let unknown = || self.report.started_at - Duration::DAY;
        self.spell.map_or_else(unknown, |spell| spell.since)
    }

    /// The wall clock now.
    pub(super) fn now(&self) -> OffsetDateTime {
        let (wall, monotonic) = self.began;
        wall + monotonic.elapsed()
    }
}

/// Runs the runbook, records the run, and reads the alert state.
///
/// # Errors
/// There is no such runbook, or it is wrong.
pub async fn gather(
    library: &Library,
    run: Run,
    request: EscalationRequest<'_>,
) -> Result<Situation, Missing> {
    let runbook = library.get(request.runbook)?;
    let requested = RequestedRunbooks::load(library, Some(&runbook.id), None)?;
    let is_unrecorded = run.is_unrecorded();
    let http = run.http.clone();
    let mut evaluated = requested.collect_and_evaluate(run).await;
    let snapshot = evaluated.snapshot;
    let (id, key) = (snapshot.id.to_string(), snapshot.stack.clone());
    let past = match evaluated.recorder.history.take() {
        Some(history) => past(history, snapshot, runbook.id.clone()).await,
        None => Err(match evaluated.recorder.enqueue(&snapshot) {
            Ok(()) => "history cannot be used, and duckops doctor says why".to_owned(),
            Err(why) => why,
        }),
    };
    let mut cautions = Vec::new();
    if is_unrecorded {
        cautions.push("nothing is recorded, so nothing keeps others from calling too".to_owned());
    }
    let (history, spell, state) = match past {
        Ok((history, spell, state)) => (Some(history), spell, state),
        Err(why) => {
            cautions.push(format!("earlier pages not readable: {why}"));
            (None, None, AlertState::default())
        }
    };
    let report = evaluated.report;
    let mut runbooks = report.runbooks.iter();
    let index = runbooks.position(|evaluated| evaluated.id.as_str() == runbook.id);
    let index = index.ok_or_else(|| Missing::name("runbook", &runbook.id, library.ids()))?;
    let actions = recent_actions(request.journal, &key.0, report.started_at);
    let sources = ContextSources {
        runbook: &runbook,
        evaluated: &report.runbooks[index],
        naming: &evaluated.probe_context.stack.naming(),
        spell,
        now: report.started_at,
        operator: request.operator,
        note: request.note,
        actions: &actions.unwrap_or_else(|error| vec![error.to_string().into()]),
    };
    let observations = &evaluated.observations;
    let notice = runbook.notice(&report.runbooks[index], |path| {
        match observations.get(path) {
            FactState::Known(fact) => Some(&fact.value),
            FactState::Unavailable(_) | FactState::NotAsked => None,
        }
    });
    Ok(Situation {
        notice,
        context: sources.context(),
        index,
        id,
        host: host_name(),
        key,
        state,
        has_state: history.is_some() && !is_unrecorded,
        runbook_url: request.runbook_url.map(str::to_owned),
        history: Cell::new(history),
        cautions,
        http,
        began: (evaluated.probe_context.now, evaluated.probe_context.began),
        spell,
        report,
    })
}

type Past = (Box<dyn History>, Option<Spell>, AlertState);

/// Records this run, so that it belongs to the spell, and reads spell and alert state.
async fn past(
    mut history: Box<dyn History>,
    snapshot: Snapshot,
    runbook: String,
) -> Result<Past, String> {
    let failed = |error: HistoryError| error.to_string();
    blocking(move || {
        history.record(&snapshot).map_err(failed)?;
        let runs = history.summaries(&snapshot.stack, snapshot.at - LOOK_BACK);
        let spell = spell(&runs.map_err(failed)?, &runbook);
        let stored = history.ledger(&snapshot.stack).map_err(failed)?;
        let mut state = AlertState::read(&stored.document).map_err(|error| error.to_string())?;
        state.correct_future(snapshot.at);
        Ok((history, spell, state))
    })
    .await
}
