//! One run: ask every probe, evaluate the runbooks, record the result.
//!
//! [`Run`] holds the settings and clients, [`CollectedRun`] the observations, and
//! [`EvaluatedRun`] the report that is not recorded yet. `triage`, `check` and `drill` all
//! take this way; a drill only hands in another stack.

use super::collect::{self, ProbeResults};
use super::credentials;
use super::history_open::{self, BadHistorySetting, SharedRetention};
use super::installation::FirstWrite;
use super::paged;
use super::report_origin::ReportOrigin;
use super::run_recorder::RunRecorder;
use super::unfinished_rotations;
use super::waiting::Waiting;
use crate::cloud::{Aws, Http};
use crate::connections::Only;
use crate::evidence::WaitedFor;
use crate::fact::Probe;
use crate::history::{Location, Queue, Snapshot, StackKey, blocking};
use crate::judge::{self, Inputs, Selection};
use crate::lambda::alias_moves::read_alias_moves;
use crate::lambda::last_known_good::Assessment;
use crate::lambda::version_lookup::{VersionContext, VersionLookup};
use crate::observation::{Observations, Unavailable, UnavailableReason};
use crate::probe::{Access, ProbeContext, SharedFeed};
use crate::redact::{self, Removed};
use crate::report::model::{self, NextAction, Report, Verdict};
use crate::runbook::model::Runbook;
use crate::stack::{Environment, Settings, Stack, env_overrides};
use crate::state_dir::journal::Journal;
use crate::text::Printable;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use time::OffsetDateTime;
use ulid::Ulid;

/// The longest that history is waited for; a quarter of the deadline where that is less.
const HISTORY_BUDGET: Duration = Duration::from_secs(2);

/// Everything that a run needs before it asks anything.
pub struct Run {
    /// The system under triage.
    pub stack: Stack,
    /// The client of the status and audit API.
    pub http: Http,
    /// The AWS clients.
    pub aws: Aws,
    /// Where history is kept.
    pub history: Location,
    /// How long a shared history keeps a snapshot, and the first one of an hour.
    pub retention: SharedRetention,
    /// Where a snapshot waits that history cannot take.
    pub queue: Option<Queue>,
    /// The limit of the whole run.
    pub deadline: Duration,
    /// The wall clock.
    pub now: OffsetDateTime,
    /// The version that the alias should have, where the command line or the configuration names
    /// one.
    pub expected_version: Option<String>,
    /// What is known of versions before anybody is asked.
    pub versions: VersionContext,
    /// What a run that waits for recovery has seen before; `None` without `--wait`.
    pub waited: Option<WaitedFor>,
    /// The one request or bond to look at; such a run is not recorded.
    pub only: Option<Only>,
    /// The credentials for the lists of requests and bonds.
    pub access: Access,
    /// The oldest change of the stack from this machine.
    pub first_write: FirstWrite,
    /// Notes for the report, whatever its verdict.
    pub notes: Vec<Printable>,
    /// The first rotation that was begun on this machine and is not settled.
    pub rotation: Option<NextAction>,
    /// What is still awaited, for the progress line.
    pub waiting: Waiting,
}

/// The runbook of the bonds.
const BONDS: &str = "bond";

impl Run {
    /// The run that the settings and the environment ask for.
    ///
    /// # Errors
    /// [`BadHistorySetting`].
    pub fn new(
        settings: &Settings,
        env: &Environment,
        http: Http,
        now: OffsetDateTime,
    ) -> Result<Self, BadHistorySetting> {
        let (history, unrecorded) = history_open::location(settings)?;
        let mut notes: Vec<_> = unrecorded.into_iter().collect();
        notes.extend(env_overrides::notes(env, &settings.stack));
        let (rotations, rotation) = unfinished_rotations::read(settings);
        notes.extend(rotations);
        let expected_version = settings.stack.expected_version.as_ref();
        let (versions, first_write) = version_context(settings);
        Ok(Self {
            stack: settings.stack.clone(),
            aws: Aws::new(&settings.stack, http.clone()),
            http,
            queue: history_open::queue(settings, &history),
            history,
            retention: history_open::shared_retention(settings),
            deadline: settings.deadline.value,
            now,
            expected_version: expected_version.map(|version| version.value.clone()),
            versions,
            first_write,
            waited: None,
            only: None,
            access: credentials::access_from_environment(env),
            notes,
            rotation,
            waiting: Waiting::default(),
        })
    }

    /// Whether no history is kept.
    pub fn is_unrecorded(&self) -> bool {
        self.history == Location::None
    }

    /// The context of the probes. The deadline runs from here.
    pub fn into_probe_context(self) -> ProbeContext {
        let began = Instant::now();
        ProbeContext {
            stack: self.stack,
            http: self.http,
            aws: self.aws,
            now: self.now,
            began,
            deadline: began + self.deadline,
            expected_version: self.expected_version,
            versions: self.versions,
            only: self.only,
            access: self.access,
            configuration: crate::probe::SharedConfiguration::default(),
            feed: SharedFeed::default(),
        }
    }

    /// Asks these probes and opens history at the same time.
    pub async fn collect(self, probes: &BTreeSet<Probe>) -> CollectedRun {
        self.collect_with(probes, async |_| ()).await.0
    }

    /// Asks these probes, opens history and runs `other`, all at the same time.
    pub async fn collect_with<T>(
        self,
        probes: &BTreeSet<Probe>,
        other: impl AsyncFnOnce(Arc<ProbeContext>) -> T,
    ) -> (CollectedRun, T) {
        let key = StackKey(self.stack.key());
        let budget = HISTORY_BUDGET.min(self.deadline / 4);
        let (location, retention) = (self.history.clone(), self.retention);
        let first_write = (location != Location::None).then_some(self.first_write);
        let mut notes = self.notes.clone();
        let rotation = self.rotation.clone();
        let (queue, waited) = (self.queue.clone(), self.waited);
        let waiting = self.waiting.clone();
        waiting.begin(
            probes
                .iter()
                .copied()
                .chain([Probe::History])
                .collect::<BTreeSet<_>>(),
        );
        let mut probe_context = self.into_probe_context();
        probe_context.feed = SharedFeed::for_probes(probes);
        let probe_context = Arc::new(probe_context);
        let opened = Arc::new(std::sync::Mutex::new(None));
        let past = {
            let (opened, context) = (Arc::clone(&opened), Arc::clone(&probe_context));
            let (key, waiting) = (key.clone(), waiting.clone());
            async move {
                collect::requests_first().await;
                // Answers are read with it, and are on their way.
                tokio::task::spawn_blocking(redact::prepare);
                let opening =
                    history_open::open(&location, &context.stack, &context.aws, retention, budget);
                let until = (context.now, context.deadline);
                let fetched = history_open::fetch(opening.await, key, first_write, until).await;
                waiting.answered(Probe::History);
                let (history, past) = fetched?;
                if let Ok(mut opened) = opened.lock() {
                    *opened = Some(history);
                }
                Ok(past)
            }
        };
        let (results, other) = tokio::join!(
            collect::ask_probes(Arc::clone(&probe_context), probes, past, waited, &waiting),
            other(Arc::clone(&probe_context)),
        );
        let history = opened.lock().ok().and_then(|mut opened| opened.take());
        let ProbeResults {
            observations,
            offline_agents,
            notes: more,
            removed,
            lookup,
            assessment,
        } = results;
        notes.extend(more);
        let collected = CollectedRun {
            probe_context,
            observations,
            offline_agents,
            removed,
            lookup,
            assessment,
            notes,
            rotation,
            recorder: RunRecorder::new(history, queue),
            key,
        };
        (collected, other)
    }
}

/// A run whose probes have all answered or timed out.
pub struct CollectedRun {
    /// What the probes worked with.
    pub probe_context: Arc<ProbeContext>,
    /// Their results.
    pub observations: Observations,
    offline_agents: Vec<(String, i64)>,
    /// The secrets that were taken out of the observations.
    removed: Removed,
    /// What was learned about single versions, or why they were not asked about.
    pub lookup: Result<VersionLookup, Unavailable>,
    /// The last known-good version by that.
    pub assessment: Result<Assessment, Unavailable>,
    /// Notes for the report.
    pub notes: Vec<Printable>,
    rotation: Option<NextAction>,
    recorder: RunRecorder,
    key: StackKey,
}

impl CollectedRun {
    /// Evaluates the selected runbooks; `parents` may explain them.
    pub fn evaluate(mut self, selected: &[Selection<'_>], parents: &[&Runbook]) -> EvaluatedRun {
        let ProbeContext {
            stack,
            now,
            began,
            versions,
            expected_version,
            ..
        } = &*self.probe_context;
        let naming = stack.naming();
        let inputs = Inputs {
            observations: &self.observations,
            naming: &naming,
        };
        let mut conclusion = judge::judge(selected, parents, inputs);
        // A key that may be lost is seen in no pulse yet.
        let is_of_bonds = |one: &Selection<'_>| one.runbook.id.as_str() == BONDS;
        if conclusion.verdict == Verdict::Ok && selected.iter().any(is_of_bonds) {
            let rotation = self.rotation.take();
            conclusion.next_action = conclusion.next_action.or(rotation);
        }
        // One step does not say how its runbook stands.
        let whole = selected.iter().filter(|selection| selection.step.is_none());
        let whole: Vec<_> = whole.map(|one| one.runbook.id.as_str()).collect();
        let judged = conclusion.runbooks.iter();
        let verdicts = judged.filter(|runbook| whole.contains(&runbook.id.as_str()));
        let mut numbers = collect::numbers(&self.observations);
        numbers.extend(self.offline_agents);
        let snapshot = Snapshot {
            id: Ulid::generate(),
            at: *now,
            stack: self.key,
            verdict: conclusion.verdict.word().to_owned(),
            runbooks: verdicts
                .map(|runbook| (runbook.id.to_string(), runbook.verdict.word().to_owned()))
                .collect(),
            numbers,
            duckops_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let configured = stack.expected_version.as_ref();
        let configured = configured.map(|version| &version.value);
        let origin = ReportOrigin {
            stack: model::StackIdentity::of(stack),
            started_at: *now,
            took: began.elapsed(),
            notes: self.notes,
            deploy_log: versions.deploy_log.clone(),
            expected: expected_version
                .clone()
                .filter(|version| Some(version) != configured),
        };
        EvaluatedRun {
            report: origin.report(conclusion),
            observations: self.observations,
            removed: self.removed,
            snapshot,
            recorder: self.recorder,
            probe_context: self.probe_context,
        }
    }
}

/// What this machine did to the alias, and its first write of any kind.
fn version_context(settings: &Settings) -> (VersionContext, FirstWrite) {
    // Without a state folder nothing can have been moved from here.
    let Some(folder) = &settings.state_dir else {
        return (VersionContext::default(), FirstWrite::Never);
    };
    let stack = &settings.stack;
    match Journal::in_folder(&folder.value).recent() {
        Ok(chain) => {
            let moves = read_alias_moves(&chain, &stack.key(), &stack.alias.value);
            let versions = VersionContext {
                events: Ok(moves.events),
                moves: moves.whole,
                ..VersionContext::default()
            };
            (versions, FirstWrite::of(&chain, &stack.key()))
        }
        Err(error) => {
            let why = format!("the journal of earlier rollbacks cannot be read: {error}");
            let unavailable = Unavailable::new(UnavailableReason::HistoryUnreadable, why)
                .fix("Name a folder that can be read and written: --state-dir DIR");
            let versions = VersionContext {
                events: Err(unavailable),
                ..VersionContext::default()
            };
            (versions, FirstWrite::Unreadable)
        }
    }
}

/// A run with its report, not recorded yet.
pub struct EvaluatedRun {
    /// The report.
    pub report: Report,
    /// What it was evaluated from.
    pub observations: Observations,
    /// The secrets that were taken out of the observations.
    pub removed: Removed,
    /// What history keeps of it.
    pub snapshot: Snapshot,
    /// Where the snapshot goes.
    pub recorder: RunRecorder,
    /// What the probes worked with.
    pub probe_context: Arc<ProbeContext>,
}

impl EvaluatedRun {
    /// Records the snapshot; the report has a note where that failed.
    pub async fn record(self) -> Report {
        self.record_then(|report| report).await
    }

    /// The same, and hands over the report before history is closed: what was recorded is safe by
    /// then, and closing waits for the disk several times more.
    pub async fn record_then<T>(self, hand_over: impl FnOnce(Report) -> T) -> T {
        let EvaluatedRun {
            mut report,
            snapshot,
            mut recorder,
            probe_context,
            ..
        } = self;
        let is_well = report.verdict == Verdict::Ok;
        let judged = report.clone();
        let recorded = blocking(move || {
            recorder.record(&snapshot)?;
            let history = recorder.history.as_deref_mut().filter(|_| !is_well);
            let known = history.map(|history| paged::read(history, &snapshot, &judged));
            Ok((known, recorder))
        });
        let open = match recorded.await {
            Ok((known, recorder)) => {
                let known = known.unwrap_or_default();
                known.mark(&mut report);
                report.notes.extend(known.mutes);
                Some(recorder)
            }
            Err(why) => {
                let note = format!("this run was not recorded: {why}");
                report.notes.push(note.into());
                None
            }
        };
        report.took = probe_context.began.elapsed();
        let handed_over = hand_over(report);
        drop(open);
        handed_over
    }
}
