//! Everything that a command about the alias stands on: the probes' observations, the
//! function as Lambda and CloudWatch show it, and the journal's record of earlier moves.

use super::check::{self, PreflightCheck, PreflightInput};
use super::open_moves;
use super::plan::Purpose;
use crate::fact::{parse_instant, utc};
use crate::lambda::alias_moves::AliasMoves;
use crate::lambda::function_state::FunctionState;
use crate::lambda::last_known_good::Assessment;
use crate::lambda::reader::FunctionReader;
use crate::lambda::version_lookup::VersionLookup;
use crate::lambda::{VersionConfig, VersionMetrics};
use crate::observation::{Observations, RequestLog, Unavailable, UnavailableReason};
use crate::probe::ProbeContext;
use crate::stack::Stack;
use crate::state_dir::lock::{self, Lock, LockError};
use crate::text::Printable;
use crate::write::clock::Clock;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
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
/// The facts of the checklist before a promotion.
const CHECKLIST: [&str; 4] = [
    "audit.reach",
    "audit.callback_errors_1h_min",
    "email.sent_24h",
    "email.unlimited",
];
/// How long Lambda's own weights of a version transition may stand.
const TRANSITION: Duration = Duration::from_secs(30);
/// How many of the newest versions `alias show` describes.
const NEWEST: usize = 6;

/// The facts that a command about the alias needs.
pub fn facts(purpose: Option<Purpose>) -> impl Iterator<Item = &'static str> {
    let checklist = match purpose {
        Some(Purpose::Rollback) => [].as_slice(),
        _ => &CHECKLIST,
    };
    FACTS.into_iter().chain(checklist.iter().copied())
}

/// What a command about the alias asks for.
#[derive(Clone, Debug, Default)]
pub struct AliasQuery {
    /// What the alias shall be moved for; none when it is only looked at.
    pub purpose: Option<Purpose>,
    /// The version; without it, the last known-good for a rollback, else the one that serves.
    pub to: Option<String>,
    /// Whether the version is invoked once, with a read of the status.
    pub smoke: bool,
    /// Whether hosts that are not AWS's own may count.
    pub other_hosts: bool,
    /// Whether the newest versions are described, too.
    pub around: bool,
}

/// The function as it was read while the probes were asked.
#[derive(Debug)]
pub struct FunctionReading {
    /// The alias and the version that serves.
    pub seen: FunctionState,
    /// Some of the newest versions, by number, where they were asked for.
    pub around: BTreeMap<i64, Result<VersionConfig, Unavailable>>,
    /// The requests that this stands on.
    pub asked: Vec<RequestLog>,
}

/// Reads the function for a query. `past` is what the journal has of earlier moves.
pub async fn read_function(
    ask: &ProbeContext,
    query: &AliasQuery,
    past: &AliasMoves,
) -> FunctionReading {
    let reader = FunctionReader::new(&ask.stack, &ask.aws, ask.now, ask.deadline);
    let mut seen = reader.everything().await;
    if query.purpose != Some(Purpose::Rollback) {
        wait_for_transition(&reader, &mut seen, past, ask.deadline).await;
    }
    let around = match query.around {
        true => newest_versions(&reader, &seen).await,
        false => BTreeMap::new(),
    };
    FunctionReading {
        seen,
        around,
        asked: reader.asked(),
    }
}

/// The version that a command is about.
#[derive(Debug)]
pub struct TargetFindings {
    /// The version; none when a rollback found none.
    pub version: Option<String>,
    /// How it is configured.
    pub configured: Result<VersionConfig, Unavailable>,
    /// The answer of the smoke test, where it was asked for.
    pub smoke: Option<Result<String, String>>,
    /// The requests that this stands on.
    pub asked: Vec<RequestLog>,
}

/// Reads the version that a query is about: the one that is named, the last known-good for a
/// rollback, else the one that serves.
pub async fn read_target(
    ask: &ProbeContext,
    query: &AliasQuery,
    seen: &FunctionState,
    lookup: Option<&VersionLookup>,
    assessment: Option<&Assessment>,
) -> TargetFindings {
    let version = match (&query.to, query.purpose) {
        (Some(to), _) => Some(to.clone()),
        (None, Some(Purpose::Rollback)) => {
            let good = assessment.and_then(Assessment::version);
            good.map(|good| good.to_string())
        }
        (None, _) => seen.alias.as_ref().ok().map(|alias| alias.version.clone()),
    };
    let reader = FunctionReader::new(&ask.stack, &ask.aws, ask.now, ask.deadline);
    let configured = configuration(&reader, seen, lookup, version.as_deref()).await;
    let smoke = match &version {
        Some(version) if query.smoke => Some(reader.run_alone(version).await),
        _ => None,
    };
    TargetFindings {
        version,
        configured,
        smoke,
        asked: reader.asked(),
    }
}

/// Waits while weights stand that this machine did not set: Lambda sets some itself while it
/// moves provisioned concurrency, and takes them away again.
async fn wait_for_transition(
    reader: &FunctionReader<'_>,
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
        seen.alias = reader.alias_now().await;
    }
}

async fn configuration(
    reader: &FunctionReader<'_>,
    seen: &FunctionState,
    lookup: Option<&VersionLookup>,
    target: Option<&str>,
) -> Result<VersionConfig, Unavailable> {
    let none = || Unavailable::new(UnavailableReason::NotAsked, "no version is in question");
    let target = target.ok_or_else(none)?;
    let inspected = lookup.and_then(|lookup| lookup.configs.get(&target.parse().ok()?));
    if let Some(config) = inspected {
        return config.clone();
    }
    match &seen.current {
        Ok(current) if current.number == target => Ok(current.clone()),
        _ if target.parse::<i64>().is_err() => Err(Unavailable::new(
            UnavailableReason::NotFound,
            "only a number names a published version",
        )),
        _ => reader.version_config(target).await,
    }
}

/// The newest versions, and the one that serves.
async fn newest_versions(
    reader: &FunctionReader<'_>,
    seen: &FunctionState,
) -> BTreeMap<i64, Result<VersionConfig, Unavailable>> {
    let versions = seen.versions.as_deref().unwrap_or_default();
    let serving = seen.alias.as_ref().ok();
    let serving = serving.and_then(|alias| alias.version.parse().ok());
    let mut around = BTreeMap::new();
    for number in versions.iter().copied().take(NEWEST).chain(serving) {
        if let std::collections::btree_map::Entry::Vacant(place) = around.entry(number) {
            place.insert(reader.version_config(&number.to_string()).await);
        }
    }
    around
}

/// Whether another run on this machine has a plan open for the alias; a write holds the lock
/// for as long as it lasts.
#[derive(Debug, Default)]
pub struct AliasLock {
    /// None when there is no state directory for locks, or the lock cannot be used.
    pub is_busy: Option<bool>,
    _held: Option<Lock>,
}

impl AliasLock {
    /// Takes the lock for a write, or looks whether it is taken. A lock that cannot be used
    /// is noted.
    pub fn take(
        state: Option<&Path>,
        stack: &Stack,
        purpose: Option<Purpose>,
        now: OffsetDateTime,
        notes: &mut Vec<Printable>,
    ) -> Self {
        let Some(state) = state else {
            return Self::default();
        };
        let (key, since) = (stack.key(), utc(now));
        let object = format!("{} {}", stack.function.value, stack.alias.value);
        let taken = match purpose {
            Some(_) => lock::take(state, "alias", &key, &object, &since).map(Some),
            None => match lock::is_held(state, "alias", &key, &object) {
                Ok(true) => Err(LockError::Held(None)),
                Ok(false) => Ok(None),
                Err(error) => Err(error.into()),
            },
        };
        let (is_busy, held) = match taken {
            Ok(lock) => (Some(false), lock),
            Err(LockError::Held(_)) => (Some(true), None),
            Err(LockError::StateDir(error)) => {
                notes.push(error.to_string().into());
                (None, None)
            }
        };
        Self {
            is_busy,
            _held: held,
        }
    }
}

/// Everything that a command about the alias stands on.
#[derive(Debug)]
pub struct AliasFindings {
    /// The context that the probes were asked in.
    pub ask: Arc<ProbeContext>,
    /// The observations of the probes.
    pub observations: Observations,
    /// The alias and the version that serves.
    pub seen: FunctionState,
    /// Some of the newest versions, by number, where they were asked for.
    pub around: BTreeMap<i64, Result<VersionConfig, Unavailable>>,
    /// The version in question.
    pub target: TargetFindings,
    /// What each version did behind the alias, newest first.
    pub metrics: Result<Vec<VersionMetrics>, Unavailable>,
    /// Versions for which a rollback is the last thing that happened.
    pub rolled_back: BTreeSet<i64>,
    /// The last known-good version, and what speaks against the others.
    pub assessment: Result<Assessment, Unavailable>,
    /// The requests that all of this stands on.
    pub asked: Vec<RequestLog>,
    /// Earlier moves of the alias, by the journal.
    pub past: AliasMoves,
    /// The text of DEPLOY-LOG.md, where it was given.
    pub deploy_log: Option<String>,
    /// Whether another run has a plan open.
    pub lock: AliasLock,
    /// What must be said whatever comes out.
    pub notes: Vec<Printable>,
    /// The time.
    pub clock: Clock,
}

impl AliasFindings {
    /// The stack in question.
    pub fn stack(&self) -> &Stack {
        &self.ask.stack
    }

    /// Makes every check for a version.
    pub fn checked<T>(
        &self,
        query: &AliasQuery,
        target: &str,
        then: impl FnOnce(&PreflightInput<'_>, Vec<PreflightCheck>) -> T,
    ) -> T {
        let alias = self.seen.alias.as_ref().ok();
        let moved = alias.and_then(|alias| self.past.current_move(alias));
        let input = PreflightInput {
            purpose: query.purpose,
            stack: self.stack(),
            seen: &self.seen,
            target,
            configured: &self.target.configured,
            observations: &self.observations,
            version_metrics: &self.metrics,
            rolled_back: &self.rolled_back,
            deploy_log: self.deploy_log.as_deref(),
            smoke: self.target.smoke.as_ref(),
            busy: self.lock.is_busy,
            other_hosts: query.other_hosts || query.purpose.is_none(),
            half_done: alias.and_then(|alias| self.past.half_done(alias)),
            moved_at: moved.and_then(|moved| parse_instant(&moved.at)),
            undoes: moved.is_some_and(|moved| moved.from == target),
            asked: &self.asked,
            at: self.clock.now,
        };
        let checks = check::preflight(&input);
        then(&input, checks)
    }

    /// What must be said whatever comes out, unfinished moves among it.
    pub fn all_notes(&self) -> Vec<Printable> {
        let now = self.clock.at().unix_timestamp();
        let alias = self.seen.alias.as_ref().ok();
        let open = self.past.open.iter();
        let open = open.map(|open| open_moves::note(open, alias, now).into());
        self.notes.iter().cloned().chain(open).collect()
    }
}
