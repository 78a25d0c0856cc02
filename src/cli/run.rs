//! One run: ask, judge, record, report. Triage and drill do the same with another stack.

use super::fail::Failure;
use super::heard::Heard;
use super::{Context, credentials, detour, out, past};
use crate::cloud::{Aws, Exchange, Http, Observer};
use crate::connections::Only;
use crate::engine::collect::{self, ProbeResults};
use crate::fact::Probe;
use crate::history::{History, Location, Pending, Queue, Retention, Snapshot, StackKey};
use crate::judge::{self, Inputs, Selection};
use crate::observation::Observations;
use crate::probe::{Access, ProbeContext};
use crate::redact::Removed;
use crate::report::model::{self, Report};
use crate::runbook::model::Runbook;
use crate::stack::{Origin, Setting, Settings, Stack};
use crate::text::Printable;
use crate::write::bond::open_intents;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use time::OffsetDateTime;
use ulid::Ulid;

/// How long history may be waited for, beside what the deadline leaves.
const HISTORY: Duration = Duration::from_secs(2);

/// What a run works on.
pub(super) struct Run {
    pub(super) stack: Stack,
    pub(super) http: Http,
    pub(super) aws: Aws,
    pub(super) history: Location,
    /// For how long a shared history keeps a snapshot, and the first one of an hour.
    pub(super) keep: past::Keep,
    /// Where a snapshot waits that history cannot take.
    pub(super) queue: Option<Queue>,
    pub(super) deadline: Duration,
    pub(super) now: OffsetDateTime,
    /// The version that the alias should have, where somebody named one.
    pub(super) expected_version: Option<String>,
    /// The one request or bond that it is confined to; such a run is not recorded.
    pub(super) only: Option<Only>,
    /// With what the lists are asked.
    pub(super) access: Access,
    /// What must be said whatever comes out.
    pub(super) notes: Vec<Printable>,
}

impl Run {
    /// The run that the settings ask for.
    pub(super) fn of(context: &Context) -> Result<Self, Failure> {
        let settings = &context.settings;
        let http = Http::new(observer(context.verbose));
        let (history, mut notes) = location(context)?;
        notes.extend(detour::overridden(context));
        notes.extend(unfinished(settings));
        Ok(Self {
            stack: settings.stack.clone(),
            aws: Aws::new(&settings.stack, http.clone()),
            http,
            queue: queue(settings, &history),
            history,
            keep: past::keep(context),
            deadline: settings.deadline.value,
            now: super::now(&context.env),
            expected_version: settings
                .stack
                .expected_version
                .as_ref()
                .map(|v| v.value.clone()),
            only: None,
            access: credentials::of_environment(context),
            notes,
        })
    }

    /// Whether nothing of this run is left for the next.
    pub(super) fn keeps_nothing(&self) -> bool {
        self.history == Location::None
    }

    /// What the probes are given; the deadline runs from here.
    pub(super) fn asking(self) -> ProbeContext {
        let began = Instant::now();
        ProbeContext {
            stack: self.stack,
            http: self.http,
            aws: self.aws,
            now: self.now,
            began,
            deadline: began + self.deadline,
            expected_version: self.expected_version,
            only: self.only,
            access: self.access,
        }
    }

    /// Asks these probes and opens history meanwhile.
    pub(super) async fn ask(self, probes: &BTreeSet<Probe>) -> CollectedRun {
        self.ask_beside(probes, async |_| ()).await.0
    }

    /// The same, and does something else meanwhile.
    pub(super) async fn ask_beside<T>(
        self,
        probes: &BTreeSet<Probe>,
        beside: impl AsyncFnOnce(Arc<ProbeContext>) -> T,
    ) -> (CollectedRun, T) {
        let key = StackKey(self.stack.key());
        let budget = HISTORY.min(self.deadline / 4);
        let (location, keep) = (self.history.clone(), self.keep);
        let noted = self.notes.clone();
        let queue = self.queue.clone();
        let asking = Arc::new(self.asking());
        let kept = Arc::new(std::sync::Mutex::new(None));
        let past = {
            let (kept, asking, key) = (Arc::clone(&kept), Arc::clone(&asking), key.clone());
            async move {
                let opening = past::open(&location, &asking.stack, &asking.aws, keep, budget);
                let until = (asking.now, asking.deadline);
                let (history, past) = past::fetch(opening.await, key, until).await?;
                if let Ok(mut kept) = kept.lock() {
                    *kept = Some(history);
                }
                Ok(past)
            }
        };
        let (told, other) = tokio::join!(
            collect::ask(Arc::clone(&asking), probes, past),
            beside(Arc::clone(&asking)),
        );
        let history = kept.lock().ok().and_then(|mut kept| kept.take());
        let history = match (history, &queue) {
            (Some(history), Some(queue)) => {
                Some(Box::new(Pending::new(history, queue.clone())) as Box<dyn History>)
            }
            (history, _) => history,
        };
        let ProbeResults {
            observations,
            notes,
            removed,
        } = told;
        let notes = noted.into_iter().chain(notes).collect();
        let answered = CollectedRun {
            asking,
            observations,
            removed,
            notes,
            records: Records { history, queue },
            key,
        };
        (answered, other)
    }
}

/// A run in which everybody has answered.
pub(super) struct CollectedRun {
    pub(super) asking: Arc<ProbeContext>,
    pub(super) observations: Observations,
    /// The secrets that were taken out of them.
    removed: Removed,
    pub(super) notes: Vec<Printable>,
    records: Records,
    key: StackKey,
}

impl CollectedRun {
    /// Judges what was asked for.
    pub(super) fn judge(self, asked: &[Selection<'_>], parents: &[&Runbook]) -> EvaluatedRun {
        let naming = self.asking.stack.naming();
        let inputs = Inputs {
            observations: &self.observations,
            naming: &naming,
        };
        let conclusion = judge::judge(asked, parents, inputs);
        let snapshot = Snapshot {
            id: Ulid::generate(),
            at: self.asking.now,
            stack: self.key,
            verdict: conclusion.verdict.word().to_owned(),
            runbooks: conclusion
                .runbooks
                .iter()
                .map(|r| (r.id.to_string(), r.verdict.word().to_owned()))
                .collect(),
            numbers: collect::numbers(&self.observations),
            duckops_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let run = Heard {
            stack: shown(&self.asking.stack),
            started_at: self.asking.now,
            took: self.asking.began.elapsed(),
            notes: self.notes,
        };
        EvaluatedRun {
            report: run.concluded(conclusion),
            observations: self.observations,
            removed: self.removed,
            snapshot,
            records: self.records,
            asking: self.asking,
        }
    }
}

/// A run that was judged and is not yet recorded.
pub(super) struct EvaluatedRun {
    pub(super) report: Report,
    pub(super) observations: Observations,
    pub(super) removed: Removed,
    pub(super) snapshot: Snapshot,
    pub(super) records: Records,
    pub(super) asking: Arc<ProbeContext>,
}

impl EvaluatedRun {
    /// Records the snapshot; the report says so where it could not be.
    pub(super) async fn recorded(self) -> Report {
        let EvaluatedRun {
            mut report,
            snapshot,
            mut records,
            asking,
            ..
        } = self;
        if let Err(why) = blocking(move || records.record(&snapshot)).await {
            report
                .notes
                .push(format!("this run was not recorded: {why}").into());
        }
        report.took = asking.began.elapsed();
        report
    }
}

/// Where a run is recorded: history, if it could be opened, and the place to wait for it.
#[derive(Default)]
pub(super) struct Records {
    pub(super) history: Option<Box<dyn History>>,
    queue: Option<Queue>,
}

impl Records {
    fn record(&mut self, snapshot: &Snapshot) -> Result<(), String> {
        match &mut self.history {
            Some(history) => history.record(snapshot).map_err(|error| error.to_string()),
            None => self.wait(snapshot),
        }
    }

    /// History could not even be opened, which was said: the snapshot waits for a better day.
    pub(super) fn wait(&self, snapshot: &Snapshot) -> Result<(), String> {
        match &self.queue {
            Some(queue) => queue.wait(snapshot).map_err(|error| error.to_string()),
            None => Ok(()),
        }
    }
}

/// Does what blocks without holding up anything else.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(_) => Err("it failed inside duckops".to_owned()),
    }
}

/// The stack as reports name it.
pub(super) fn shown(stack: &Stack) -> model::Stack {
    model::Stack {
        name: stack.name.value.as_str().into(),
        api_url: stack.endpoint("").into(),
        region: stack.region.value.as_str().into(),
        account: stack.account.value.as_str().into(),
    }
}

/// For how long history is kept, by the settings.
pub(super) fn retention(context: &Context) -> Retention {
    let (detail, hourly) = context.settings.retention;
    Retention {
        detail: time::Duration::seconds(detail),
        hourly: time::Duration::seconds(hourly),
        totals: crate::fact::TOTALS,
        at_once: None,
    }
}

/// The folder in which snapshots wait, beside the other state.
fn queue(settings: &Settings, history: &Location) -> Option<Queue> {
    let state = settings.state_dir.as_ref();
    let folder = state
        .filter(|folder| !homeless(folder))?
        .value
        .join("pending");
    let (account, region) = (&settings.stack.account, &settings.stack.region);
    match history {
        Location::None => None,
        Location::Sqlite(_) => Some(Queue::new(folder, history.to_string())),
        // The same name elsewhere is another table.
        Location::DynamoDb(_) => {
            let place = format!("{history} in {} {}", account.value, region.value);
            Some(Queue::new(folder, place))
        }
    }
}

/// Where history is kept, and what must be said when it is kept nowhere.
pub(super) fn location(context: &Context) -> Result<(Location, Vec<Printable>), Failure> {
    let settings = &context.settings;
    match (&settings.history, &settings.state_dir) {
        (Some(named), _) => {
            let location = Location::parse(&named.value)
                .map_err(|error| Failure::usage(format!("{}: {error}", named.origin)))?;
            Ok((location, Vec::new()))
        }
        (None, Some(folder)) if !homeless(folder) => Ok((
            Location::Sqlite(folder.value.join("history.db")),
            Vec::new(),
        )),
        (None, _) => {
            let note =
                "this run is not recorded: there is no state directory; set HOME or --state-dir";
            Ok((Location::None, vec![note.into()]))
        }
    }
}

/// Whether the state folder would lie in a home that does not exist: root could make one,
/// and nobody would ever find it.
fn homeless(state: &Setting<PathBuf>) -> bool {
    // HOME/.local/state/duckops
    let home = state.value.ancestors().nth(3);
    state.origin == Origin::Environment("HOME") && !home.is_some_and(Path::is_dir)
}

/// Rotations that were begun on this machine and are not settled: every run says so.
fn unfinished(settings: &Settings) -> Vec<Printable> {
    let Some(state) = &settings.state_dir else {
        return Vec::new();
    };
    let open = match open_intents(&state.value) {
        Ok(open) => open,
        Err(error) => return vec![format!("unfinished rotations cannot be read: {error}").into()],
    };
    let told = open.iter().map(|open| match &open.intent {
        Some(intent) => {
            let (bond, at) = (&intent.bond, &intent.at);
            format!(
                "unfinished bond rotate of {bond}, begun {at}: duckops bond rotate {bond} --recover"
            )
        }
        None => format!("the intent {} of a rotation cannot be read", open.id),
    });
    told.map(Printable::from).collect()
}

/// Prints each exchange on standard error.
pub(super) fn observer(verbose: bool) -> Option<Observer> {
    verbose.then(|| -> Observer {
        Arc::new(|exchange: &Exchange| {
            let Exchange {
                what,
                outcome,
                took,
                bytes,
            } = exchange;
            out::warn(&format!(
                "{:>7.1} ms {bytes:>9} B  {what} -> {outcome}",
                took.as_secs_f64() * 1e3
            ));
        })
    })
}
