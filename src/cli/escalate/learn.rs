//! What there is to know before somebody is called: the verdict now, since when it is so, who
//! called already, and what was tried.

use super::brief::{self, Found};
use crate::alerting::{Brief, State};
use crate::cli::args;
use crate::cli::fail::Failure;
use crate::cli::{Context, delivery};
use crate::cloud::Http;
use crate::engine::blocking;
use crate::engine::runbooks::RequestedRunbooks;
use crate::history::{History, HistoryError, Snapshot, StackKey};
use crate::report::model::Report;
use crate::timeline::{Spell, spell};
use std::cell::Cell;
use std::time::Instant;
use time::{Duration, OffsetDateTime};

/// So far back recorded runs are looked at.
const BACK: Duration = Duration::days(2);

/// All of it.
pub(super) struct Learned {
    pub(super) report: Report,
    /// Where in the report its runbook stands.
    pub(super) place: usize,
    pub(super) brief: Brief,
    /// This run's id.
    pub(super) id: String,
    pub(super) host: String,
    pub(super) key: StackKey,
    /// What others left; nothing where that cannot be read.
    pub(super) state: State,
    pub(super) history: Cell<Option<Box<dyn History>>>,
    /// What whoever calls should know.
    pub(super) cautions: Vec<String>,
    pub(super) http: Http,
    /// The clock at the begin of the run, and the steady clock at the same moment.
    pub(super) began: (OffsetDateTime, Instant),
    spell: Option<Spell>,
}

impl Learned {
    /// Since when it is bad: whoever called later than that called about this. Where that is
    /// not recorded, whoever called within a day did.
    pub(super) fn since(&self) -> OffsetDateTime {
        let unknown = || self.report.started_at - Duration::DAY;
        self.spell.map_or_else(unknown, |spell| spell.since)
    }

    /// The clock now.
    pub(super) fn now(&self) -> OffsetDateTime {
        let (wall, steady) = self.began;
        wall + steady.elapsed()
    }
}

pub(super) async fn learn(context: &Context, args: &args::Escalate) -> Result<Learned, Failure> {
    let runbook = context.library.get(&args.runbook)?;
    let selection = RequestedRunbooks::load(&context.library, Some(&runbook.id), None)?;
    let run = context.run()?;
    let keeps_nothing = run.is_unrecorded();
    let http = run.http.clone();
    let mut judged = selection.collect_and_evaluate(run).await;
    let snapshot = judged.snapshot;
    let (id, key) = (snapshot.id.to_string(), snapshot.stack.clone());
    let past = match judged.recorder.history.take() {
        Some(history) => past(history, snapshot, runbook.id.clone()).await,
        None => Err(match judged.recorder.enqueue(&snapshot) {
            Ok(()) => "history cannot be used, and duckops doctor says why".to_owned(),
            Err(why) => why,
        }),
    };
    let mut cautions = Vec::new();
    if keeps_nothing {
        cautions.push("nothing is recorded, so nothing keeps others from calling too".to_owned());
    }
    let (history, spell, state) = match past {
        Ok((history, spell, state)) => (Some(history), spell, state),
        Err(why) => {
            cautions.push(format!(
                "whether somebody called already is not known: {why}"
            ));
            (None, None, State::default())
        }
    };
    let report = judged.report;
    let place = report
        .runbooks
        .iter()
        .position(|judged| judged.id.as_str() == runbook.id)
        .ok_or_else(Failure::internal)?;
    let found = Found {
        runbook: &runbook,
        judged: &report.runbooks[place],
        naming: &judged.probe_context.stack.naming(),
        spell,
        now: report.started_at,
    };
    Ok(Learned {
        brief: brief::of(context, args, &found),
        place,
        id,
        host: delivery::host(),
        key,
        state,
        history: Cell::new(history),
        cautions,
        http,
        began: (judged.probe_context.now, judged.probe_context.began),
        spell,
        report,
    })
}

type Past = (Box<dyn History>, Option<Spell>, State);

/// Records this run, so that it belongs to the spell, and reads what others left.
async fn past(
    mut history: Box<dyn History>,
    snapshot: Snapshot,
    runbook: String,
) -> Result<Past, String> {
    let failed = |error: HistoryError| error.to_string();
    blocking(move || {
        history.record(&snapshot).map_err(failed)?;
        let runs = history.summaries(&snapshot.stack, snapshot.at - BACK);
        let spell = spell(&runs.map_err(failed)?, &runbook);
        let ledger = history.ledger(&snapshot.stack).map_err(failed)?;
        let state = State::read(&ledger.document).map_err(|error| error.to_string())?;
        Ok((history, spell, state))
    })
    .await
}
