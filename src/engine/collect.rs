//! Asking: every needed probe once, all at the same time, under one deadline.
//!
//! Afterwards four things are settled that no probe can settle alone: whether AWS
//! answered for the right account and region, whether anything answered at all, whether
//! the clock can be believed, and what recorded history adds. This room judges nothing.

use super::versions;
use super::waiting::Waiting;
use crate::evidence::{self, RecordedSamples, VersionEvidence, WaitedFor};
use crate::fact::{self, Fact, FactValue, Probe};
use crate::lambda::last_known_good::Assessment;
use crate::lambda::version_lookup::VersionLookup;
use crate::observation::{FactState, Observation, Observations, Unavailable, UnavailableReason};
use crate::probe::{self, ProbeContext};
use crate::redact::{self, Removed};
use crate::runbook::model::{Runbook, Step};
use crate::stack::Stack;
use crate::text::Printable;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// A clock this far off makes everything that depends on it worthless, in seconds.
const CLOCK_OFF: i64 = 300;
/// A clock this far off is said, in seconds.
const CLOCK_ODD: i64 = 60;
/// Probes keep to the deadline themselves; this catches one that does not.
const GRACE: Duration = Duration::from_millis(100);
/// How often a request is resumed until it is written, if its connection is made at once: start,
/// connected, handed to the connection, written.
const PLAIN_REQUEST_STAGES: usize = 4;
/// The same of requests to AWS, which begin when plain ones have left.
const REQUEST_STAGES: usize = 2 * PLAIN_REQUEST_STAGES;

/// The probes that must be asked to judge these steps, the inputs of joined facts and the
/// proof of the account among them.
pub fn probes_for_steps<'a>(
    steps: impl IntoIterator<Item = (&'a Runbook, &'a Step)>,
) -> BTreeSet<Probe> {
    let mut facts: BTreeSet<&'static str> = BTreeSet::new();
    for (runbook, step) in steps {
        facts.extend(step.facts().chain(step.warming_up));
        let named: BTreeSet<&str> = step
            .rules
            .iter()
            .flat_map(|rule| rule.when.steps.iter().map(String::as_str))
            .collect();
        runbook
            .steps
            .iter()
            .filter(|earlier| named.contains(earlier.id.as_str()))
            .for_each(|step| facts.extend(step.facts()));
    }
    probes_for_facts(facts)
}

/// The probes that must be asked to learn these facts.
pub fn probes_for_facts(facts: impl IntoIterator<Item = &'static str>) -> BTreeSet<Probe> {
    let mut probes = BTreeSet::new();
    for path in facts {
        probes.extend(fact::find(path).map(|(probe, _)| probe));
        probes.extend(fact::inputs(path));
    }
    // Whose account it is must be proven; and it shows whether anything can be reached from here.
    if probes
        .iter()
        .any(|probe| probe.is_aws() || *probe == Probe::Status)
    {
        probes.insert(Probe::Identity);
    }
    probes
}

/// The observations of a run, and the notes about it.
#[derive(Debug)]
pub struct ProbeResults {
    /// The facts.
    pub observations: Observations,
    /// Agents that history is to keep as OFFLINE, or not any more.
    pub offline_agents: Vec<(String, i64)>,
    /// Oddities of this run that a reader must know.
    pub notes: Vec<Printable>,
    /// How many secrets were removed from the answers.
    pub removed: Removed,
    /// What was learned about single versions, or why they were not asked about.
    pub lookup: Result<VersionLookup, Unavailable>,
    /// The last known-good version by that.
    pub assessment: Result<Assessment, Unavailable>,
}

/// A status API that has not answered by then counts as failing for what is looked up.
const SLOW_STATUS: Duration = Duration::from_secs(2);

/// Asks all probes at once. `past` is recorded history, or why it cannot be read; `waited` what a
/// run that waits for recovery has seen before.
pub async fn ask_probes(
    asking: Arc<ProbeContext>,
    probes: &BTreeSet<Probe>,
    past: impl Future<Output = Result<RecordedSamples, Unavailable>>,
    waited: Option<WaitedFor>,
    waiting: &Waiting,
) -> ProbeResults {
    let running: Vec<_> = probes
        .iter()
        .copied()
        .filter(|probe| *probe != Probe::History)
        .map(|probe| {
            let running = run_probe(probe, Arc::clone(&asking), waiting.clone());
            (probe, tokio::spawn(running))
        })
        .collect();
    let past = past.await;
    // Whether single versions are asked about follows from these two; the others go on meanwhile.
    let of = |wanted| move |(probe, _): &(Probe, _)| *probe == wanted;
    let (alias, others): (Vec<_>, Vec<_>) = running.into_iter().partition(of(Probe::Alias));
    let (status, others): (Vec<_>, Vec<_>) = others.into_iter().partition(of(Probe::Status));
    let mut answers = answers_of(alias).await;
    // A status API that hangs takes most of the deadline: versions are looked up meanwhile.
    let mut status = std::pin::pin!(answers_of(status));
    let patience = asking.began + SLOW_STATUS;
    let is_slow = match tokio::time::timeout_at(patience.into(), &mut status).await {
        Ok(in_time) => {
            answers.extend(in_time);
            false
        }
        Err(_) => true,
    };
    let late_status = async {
        match is_slow {
            true => status.await,
            false => Vec::new(),
        }
    };
    let limit = asking.deadline + GRACE;
    let lookup = Box::pin(versions::look_up(&asking, &answers, &past, is_slow));
    let lookup = tokio::time::timeout_at(limit.into(), lookup);
    let (lookup, late_status, others) = tokio::join!(lookup, late_status, answers_of(others));
    answers.extend(late_status);
    let late = "the versions were not read in time";
    let lookup =
        lookup.unwrap_or_else(|_| Err(Unavailable::new(UnavailableReason::TimedOut, late)));
    if let (Ok(lookup), Some(alias)) = (
        &lookup,
        answers
            .iter_mut()
            .find(|answer| answer.probe == Probe::Alias),
    ) {
        alias.asked.extend(lookup.asked.iter().cloned());
    }
    answers.extend(others);
    let assessment = lookup.as_ref().map_err(Clone::clone);
    let assessment = assessment.and_then(VersionLookup::assess);
    let mut notes = Vec::new();
    mark_offline(&mut answers);
    check_account(&mut answers, &asking.stack, &mut notes);
    evidence::check_refusal(&mut answers, &past, &asking.versions.moves, asking.now);
    evidence::check_mail_silence(&mut answers);
    if let Ok(VersionLookup {
        gateway: Some(access),
        ..
    }) = &lookup
    {
        evidence::check_gateway(&mut answers, access, asking.now);
    }
    evidence::check_log_silence(&mut answers, asking.now.unix_timestamp());
    evidence::recall_offline_agents(&mut answers, &past, asking.now);
    evidence::check_dead_targets(&mut answers, asking.now);
    let skew = check_clock_skew(&mut answers, &mut notes);
    let mut observations = Observations::default();
    answers
        .into_iter()
        .for_each(|observation| observations.add(fact::declared(observation.probe), observation));
    let said = observations
        .connections()
        .into_iter()
        .flat_map(|all| &all.notes);
    notes.extend(said.cloned());
    if probes.contains(&Probe::History) {
        let metrics = lookup.as_ref().ok().map(|lookup| &lookup.metrics);
        let metrics = metrics.and_then(|metrics| metrics.as_deref().ok());
        let versions = VersionEvidence {
            assessment: &assessment,
            metrics: metrics.unwrap_or_default(),
            context: &asking.versions,
        };
        let mut joined = evidence::join(&observations, &past, versions, waited, asking.now);
        if let Some(unavailable) = skew {
            joined.invalidate(
                fact::declared(Probe::History),
                |fact| fact.clocked,
                &unavailable,
            );
        }
        observations.add(fact::declared(Probe::History), joined);
    }
    evidence::join_population(&mut observations, asking.now);
    if let Err(unavailable) = &past {
        notes.push(format!("history was not read: {}", unavailable.detail).into());
    }
    let mut removed = Removed::default();
    let secrets = asking.secrets().await;
    observations.each_text(|pieces| secrets.hide(pieces, &mut removed));
    observations.each_line(|line| redact::addresses(line, &mut removed));
    notes
        .iter_mut()
        .for_each(|note| note.edited(|note| secrets.hide(&mut [note], &mut removed)));
    ProbeResults {
        offline_agents: evidence::offline_agents(&observations, &past),
        observations,
        notes,
        removed,
        lookup,
        assessment,
    }
}

/// Lets requests leave before work that needs no answer takes the processor from them.
pub async fn requests_first() {
    stages(REQUEST_STAGES).await;
}

async fn stages(many: usize) {
    for _ in 0..many {
        tokio::task::yield_now().await;
    }
}

/// The answers of probes that are running.
async fn answers_of(running: Vec<(Probe, JoinHandle<Observation>)>) -> Vec<Observation> {
    let mut answers = Vec::with_capacity(running.len());
    for (probe, task) in running {
        // A probe that fails inside must not take the others with it.
        let failed = || {
            Observation::silent(
                probe,
                Unavailable::new(
                    UnavailableReason::NotAsked,
                    format!("the {probe} probe failed inside duckops"),
                ),
            )
        };
        answers.push(task.await.unwrap_or_else(|_| failed()));
    }
    answers
}

async fn run_probe(probe: Probe, asking: Arc<ProbeContext>, waiting: Waiting) -> Observation {
    if probe.is_aws() {
        // Making a client and a signature takes a moment.
        stages(PLAIN_REQUEST_STAGES).await;
    }
    let limit = asking.deadline + GRACE;
    let mut answer =
        match tokio::time::timeout_at(limit.into(), probe::observe(probe, &asking)).await {
            Ok(observation) => observation,
            Err(_) => Observation::silent(
                probe,
                Unavailable::new(UnavailableReason::TimedOut, format!("{probe} timed out")),
            ),
        };
    asking.aws.advise(answer.unavailable_mut()).await;
    waiting.answered(probe);
    answer
}

/// A connection that fails speaks of the far side only if something else answers from here.
fn mark_offline(answers: &mut [Observation]) {
    if answers.iter().any(|observation| observation.reached) {
        return;
    }
    for observation in answers
        .iter_mut()
        .filter(|observation| observation.default_reason() == UnavailableReason::Unreachable)
    {
        let unavailable = Unavailable::new(
            UnavailableReason::Offline,
            "no connection from this machine",
        )
        .fix("Check network, VPN and proxy of this machine");
        observation.invalidate(
            fact::declared(observation.probe),
            |fact| {
                matches!(
                    fact.path,
                    "api.up" | "api.good_answers" | "api.cause" | "api.refusal"
                )
            },
            &unavailable,
        );
        observation.default_unavailable(unavailable);
    }
}

/// What AWS said counts only if the account and the region are the stack's.
fn check_account(answers: &mut [Observation], stack: &Stack, notes: &mut Vec<Printable>) {
    let unavailable = match &stack.other_region {
        Some(other) => Some(
            Unavailable::new(
                UnavailableReason::WrongRegion,
                format!(
                    "region {} ({}), the stack is in {} ({})",
                    other.value, other.origin, stack.region.value, stack.region.origin
                ),
            )
            .fix(format!(
                "Unset {}, or say which you mean: --region {}",
                other.origin, stack.region.value
            )),
        ),
        None => answers
            .iter()
            .find(|observation| observation.probe == Probe::Identity)
            .and_then(|observation| {
                let account = &stack.account.value;
                match observation.outcome("aws.account") {
                    Ok(Fact {
                        value: FactValue::Text(found),
                        ..
                    }) if found.is(account) => None,
                    Ok(Fact { value, .. }) => Some(
                        Unavailable::new(
                            UnavailableReason::WrongAccount,
                            format!("AWS account {}, the stack is in {account}", value.shown()),
                        )
                        .fix(format!(
                            "Choose the profile of account {account}: --profile or AWS_PROFILE"
                        )),
                    ),
                    Err(unavailable) => Some(match unavailable.why {
                        UnavailableReason::Missing | UnavailableReason::Mistyped => {
                            Unavailable::new(UnavailableReason::WrongAccount, unavailable.detail)
                        }
                        _ => unavailable,
                    }),
                }
            }),
    };
    let Some(unavailable) = unavailable else {
        return;
    };
    for observation in answers
        .iter_mut()
        .filter(|observation| observation.probe.is_aws() && observation.probe != Probe::Identity)
    {
        let declared = fact::declared(observation.probe);
        observation.invalidate(declared, |_| true, &unavailable);
        observation.default_unavailable(unavailable.clone());
    }
    if matches!(
        unavailable.why,
        UnavailableReason::WrongAccount | UnavailableReason::WrongRegion
    ) {
        notes.push(format!("answers of AWS not used: {}", unavailable.detail).into());
    }
}

/// Compares the servers' clocks with ours; the reason why nothing timed counts, if so.
fn check_clock_skew(
    answers: &mut [Observation],
    notes: &mut Vec<Printable>,
) -> Option<Unavailable> {
    let skew = answers
        .iter()
        .filter_map(|observation| observation.skew)
        .max_by_key(|skew| skew.abs())?;
    if skew.abs() <= CLOCK_ODD {
        return None;
    }
    let sign = if skew > 0 { "behind" } else { "ahead of" };
    let detail = format!(
        "this machine's clock is {} {sign} the API's",
        crate::fact::duration(skew.abs())
    );
    notes.push(detail.as_str().into());
    if skew.abs() <= CLOCK_OFF {
        return None;
    }
    let unavailable = Unavailable::new(UnavailableReason::ClockOff, detail)
        .fix("Set the clock of this machine, then run duckops again");
    for observation in answers.iter_mut() {
        let declared = fact::declared(observation.probe);
        observation.invalidate(declared, |fact| fact.clocked, &unavailable);
    }
    Some(unavailable)
}

/// The whole-numbered facts of a run, as history records them; durations are seconds.
pub fn numbers(observations: &Observations) -> Vec<(String, i64)> {
    observations
        .all()
        .filter_map(|(path, ..)| match observations.get(path) {
            FactState::Known(Fact {
                value: FactValue::Int(n) | FactValue::Duration(n),
                ..
            }) => Some((path.to_owned(), *n)),
            _ => None,
        })
        .collect()
}
