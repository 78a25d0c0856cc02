//! What all four commands ask: the probes that speak of the function, and the alias itself.

use crate::cli::args::AliasRead;
use crate::cli::fail::Failure;
use crate::cli::{Context, journal, named_file};
use crate::engine::collect;
use crate::engine::run::CollectedRun;
use crate::fact::{instant, parse_instant};
use crate::lambda::VersionConfig;
use crate::lambda::VersionMetrics;
use crate::lambda::alias_moves::{AliasMoves, read_alias_moves};
use crate::lambda::deploy_log_events::deploy_log_events;
use crate::lambda::last_known_good::Assessment;
use crate::lambda::reader::{FunctionReader, FunctionState};
use crate::lambda::version_lookup::VersionLookup;
use crate::observation::{RequestLog, Unavailable, UnavailableReason};
use crate::stack::Stack;
use crate::state_dir::lock::{self, Lock, LockError};
use crate::text::Printable;
use crate::write::Clock;
use crate::write::alias::check::{self, PreflightCheck, PreflightInput};
use crate::write::alias::plan::Purpose;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use time::OffsetDateTime;

/// The facts of the probes that the checks need.
const FACTS: [&str; 9] = [
    "lambda.errors_since_max",
    "rollback.why",
    "alias.moved_before",
    "lambda.throttles_min",
    "lambda.errors_min",
    "api.up",
    "status.lambda_version",
    "status.agents.all_dead",
    "aws.account",
];
/// Those of the checklist before a promotion.
const CHECKLIST: [&str; 4] = [
    "audit.reach",
    "audit.callback_errors_1h_min",
    "email.sent_24h",
    "email.unlimited",
];
/// How long weights of a transition may take to go away.
const TRANSITION: Duration = Duration::from_secs(30);

/// What is wanted.
pub(super) struct Wanted<'a> {
    pub(super) purpose: Option<Purpose>,
    /// Which version; without it, the last known-good for a rollback, else the one that serves.
    pub(super) to: Option<&'a str>,
    pub(super) read: &'a AliasRead,
    pub(super) other_hosts: bool,
    /// Whether the versions around are looked at, too.
    pub(super) around: bool,
}

/// Everything that was learned.
pub(super) struct Gathered {
    pub(super) answered: CollectedRun,
    pub(super) seen: FunctionState,
    pub(super) past: AliasMoves,
    /// What each version did behind the alias, newest first.
    pub(super) metrics: Result<Vec<VersionMetrics>, Unavailable>,
    /// Versions that must not be offered since they were rolled back.
    pub(super) rolled_back: BTreeSet<i64>,
    /// The version in question; none when a rollback found none.
    pub(super) target: Option<String>,
    pub(super) configured: Result<VersionConfig, Unavailable>,
    pub(super) deploy_log: Option<String>,
    pub(super) smoke: Option<Result<String, String>>,
    /// Some of the newest versions, by number, where they were wanted.
    pub(super) around: BTreeMap<i64, Result<VersionConfig, Unavailable>>,
    pub(super) asked: Vec<RequestLog>,
    pub(super) notes: Vec<Printable>,
    pub(super) clock: Clock,
    busy: Option<bool>,
    /// Says to other runs on this machine that a plan is open, as long as it is held.
    _lock: Option<Lock>,
}

pub(super) async fn gather(context: &Context, wanted: &Wanted<'_>) -> Result<Gathered, Failure> {
    let deploy_log = match &wanted.read.deploy_log {
        None => None,
        Some(path) => Some(named_file::deploy_log(context, path).await?),
    };
    let mut notes = Vec::new();
    let journal = journal::open(context).ok();
    let chain = journal.and_then(|journal| match journal.read() {
        Ok(chain) => Some(chain),
        Err(error) => {
            notes.push(format!("the journal was not read: {error}").into());
            None
        }
    });
    let mut run = context.run()?;
    run.versions.is_lookup_forced = true;
    if let (Ok(events), Some(log)) = (&mut run.versions.events, &deploy_log) {
        events.extend(&deploy_log_events(log));
    }
    let stack = run.stack.clone();
    let past = chain.as_ref().map_or_else(AliasMoves::default, |chain| {
        read_alias_moves(chain, &stack.key(), &stack.alias.value)
    });
    let (busy, lock) = held(context, &stack, wanted.purpose, run.now, &mut notes);
    let clock = Clock {
        now: run.now,
        began: Instant::now(),
    };
    let facts = FACTS.into_iter().chain(
        match wanted.purpose {
            Some(Purpose::Rollback) => [].as_slice(),
            _ => &CHECKLIST,
        }
        .iter()
        .copied(),
    );
    let probes = collect::probes_for_facts(facts);
    let waits = wanted.purpose != Some(Purpose::Rollback);
    let (answered, learned) = run
        .collect_with(&probes, async |ask| {
            let asking = FunctionReader::new(&ask.stack, &ask.aws, ask.now, ask.deadline);
            let mut seen = asking.everything().await;
            if waits {
                settle(&asking, &mut seen, &past, ask.deadline).await;
            }
            let around = match wanted.around {
                true => around(&asking, &seen).await,
                false => BTreeMap::new(),
            };
            (seen, around, asking.asked())
        })
        .await;
    let (seen, around, mut asked) = learned;
    let target = target(wanted, &seen, &answered);
    let ask = &answered.probe_context;
    let asking = FunctionReader::new(&ask.stack, &ask.aws, ask.now, ask.deadline);
    let configured = configured(&asking, &seen, &answered, target.as_deref()).await;
    let smoke = match &target {
        Some(target) if wanted.read.smoke => Some(asking.run_alone(target).await),
        _ => None,
    };
    asked.extend(asking.asked());
    let lookup = answered.lookup.as_ref();
    let metrics = lookup.map_err(Clone::clone);
    let metrics = metrics.and_then(|lookup| lookup.metrics.clone());
    let rolled_back = lookup.map_or_else(
        |_| past.events.ever_rolled_back(),
        VersionLookup::rolled_back,
    );
    Ok(Gathered {
        answered,
        seen,
        past,
        metrics,
        rolled_back,
        target,
        configured,
        deploy_log,
        smoke,
        around,
        asked,
        notes,
        clock,
        busy,
        _lock: lock,
    })
}

/// Weights that nobody of us left behind may be Lambda's own and go away by themselves.
async fn settle(
    asking: &FunctionReader<'_>,
    seen: &mut FunctionState,
    past: &AliasMoves,
    deadline: Instant,
) {
    let began = Instant::now();
    let spare = Duration::from_secs(5);
    while let Ok(alias) = &seen.alias {
        let left = deadline.saturating_duration_since(Instant::now());
        let is_ours = past.half_done(alias).is_some();
        if alias.weights.is_empty() || is_ours || began.elapsed() > TRANSITION || left < spare {
            return;
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        seen.alias = asking.alias_now().await;
    }
}

/// Which version the command is about: the one that was named, the last known-good for a rollback,
/// else the one that serves.
fn target(wanted: &Wanted<'_>, seen: &FunctionState, answered: &CollectedRun) -> Option<String> {
    match (wanted.to, wanted.purpose) {
        (Some(to), _) => Some(to.to_owned()),
        (None, Some(Purpose::Rollback)) => {
            let assessment = answered.assessment.as_ref().ok();
            let good = assessment.and_then(Assessment::version);
            good.map(|good| good.to_string())
        }
        (None, _) => seen.alias.as_ref().ok().map(|alias| alias.version.clone()),
    }
}

async fn configured(
    asking: &FunctionReader<'_>,
    seen: &FunctionState,
    answered: &CollectedRun,
    target: Option<&str>,
) -> Result<VersionConfig, Unavailable> {
    let none = || Unavailable::new(UnavailableReason::NotAsked, "no version is in question");
    let target = target.ok_or_else(none)?;
    let inspected = answered.lookup.as_ref().ok();
    let inspected = inspected.and_then(|lookup| lookup.configs.get(&target.parse().ok()?));
    if let Some(config) = inspected {
        return config.clone();
    }
    match &seen.current {
        Ok(current) if current.number == target => Ok(current.clone()),
        _ if target.parse::<i64>().is_err() => Err(Unavailable::new(
            UnavailableReason::NotFound,
            "only a number names a published version",
        )),
        _ => asking.version_config(target).await,
    }
}

/// The newest versions, and the one that serves.
async fn around(
    asking: &FunctionReader<'_>,
    seen: &FunctionState,
) -> BTreeMap<i64, Result<VersionConfig, Unavailable>> {
    const NEWEST: usize = 6;
    let versions = seen.versions.as_deref().unwrap_or_default();
    let serving = seen.alias.as_ref().ok();
    let serving = serving.and_then(|alias| alias.version.parse().ok());
    let mut around = BTreeMap::new();
    for number in versions.iter().copied().take(NEWEST).chain(serving) {
        if let std::collections::btree_map::Entry::Vacant(place) = around.entry(number) {
            place.insert(asking.version_config(&number.to_string()).await);
        }
    }
    around
}

/// Whether another run is at it; a write also says so to others.
fn held(
    context: &Context,
    stack: &Stack,
    purpose: Option<Purpose>,
    now: OffsetDateTime,
    notes: &mut Vec<Printable>,
) -> (Option<bool>, Option<Lock>) {
    let Some(folder) = &context.settings.state_dir else {
        return (None, None);
    };
    let (key, since) = (stack.key(), instant(now.unix_timestamp()));
    let object = format!("{} {}", stack.function.value, stack.alias.value);
    let taken = match purpose {
        Some(_) => lock::take(&folder.value, "alias", &key, &object, &since).map(Some),
        None => match lock::is_held(&folder.value, "alias", &key, &object) {
            Ok(true) => Err(LockError::Held(None)),
            Ok(false) => Ok(None),
            Err(error) => Err(error.into()),
        },
    };
    match taken {
        Ok(lock) => (Some(false), lock),
        Err(LockError::Held(_)) => (Some(true), None),
        Err(LockError::StateDir(error)) => {
            notes.push(error.to_string().into());
            (None, None)
        }
    }
}

impl Gathered {
    pub(super) fn stack(&self) -> &Stack {
        &self.answered.probe_context.stack
    }

    /// Makes every check for a version.
    pub(super) fn checked<T>(
        &self,
        wanted: &Wanted<'_>,
        target: &str,
        then: impl FnOnce(&PreflightInput<'_>, Vec<PreflightCheck>) -> T,
    ) -> T {
        let alias = self.seen.alias.as_ref().ok();
        let half_done = alias.and_then(|alias| self.past.half_done(alias));
        let moved = alias.and_then(|alias| self.past.current_move(alias));
        let known = PreflightInput {
            purpose: wanted.purpose,
            stack: self.stack(),
            seen: &self.seen,
            target,
            configured: &self.configured,
            observations: &self.answered.observations,
            version_metrics: &self.metrics,
            rolled_back: &self.rolled_back,
            deploy_log: self.deploy_log.as_deref(),
            smoke: self.smoke.as_ref(),
            busy: self.busy,
            other_hosts: wanted.other_hosts || wanted.purpose.is_none(),
            half_done,
            moved_at: moved.and_then(|moved| parse_instant(&moved.at)),
            undoes: moved.is_some_and(|moved| moved.from == target),
            asked: &self.asked,
            at: self.clock.now,
        };
        let checks = check::preflight(&known);
        then(&known, checks)
    }

    /// What must be said whatever comes out: what the run says, and what was left unfinished.
    pub(super) fn all_notes(&self) -> Vec<Printable> {
        let mut notes = self.answered.notes.clone();
        notes.extend(self.notes.iter().cloned());
        for open in &self.past.open {
            let told = match &self.seen.alias {
                Ok(alias) => open.found_later(alias).1,
                Err(_) => "the alias cannot be read".to_owned(),
            };
            let (command, from, to, at) = (&open.command, &open.from, &open.to, &open.at);
            notes.push(
                format!(
                    "unfinished {command} {from} -> {to} of {at} ({}): {told}",
                    open.id
                )
                .into(),
            );
        }
        notes
    }
}
