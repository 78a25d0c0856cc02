//! Asking: every needed probe once, all at the same time, under one deadline.
//!
//! Afterwards four things are settled that no probe can settle alone: whether AWS
//! answered for the right account and region, whether anything answered at all, whether
//! the clock can be believed, and what recorded history adds. This room judges nothing.

use crate::evidence::{self, Past};
use crate::fact::{self, Fact, FactValue, Probe};
use crate::observation::{Known, Reading, Readings, Silence, Why};
use crate::probe::{self, Ask};
use crate::redact::{self, Removed};
use crate::runbook::model::{Runbook, Step};
use crate::stack::Stack;
use crate::text::Printable;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// A clock this far off makes everything that depends on it worthless, in seconds.
const CLOCK_OFF: i64 = 300;
/// A clock this far off is said, in seconds.
const CLOCK_ODD: i64 = 60;
/// Probes keep to the deadline themselves; this catches one that does not.
const GRACE: Duration = Duration::from_millis(100);

/// The probes that must be asked to judge these steps, the inputs of joined facts and the
/// proof of the account among them.
pub fn needed<'a>(steps: impl IntoIterator<Item = (&'a Runbook, &'a Step)>) -> BTreeSet<Probe> {
    let mut facts: BTreeSet<&'static str> = BTreeSet::new();
    for (runbook, step) in steps {
        facts.extend(step.facts());
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
    of_facts(facts)
}

/// The probes that must be asked to learn these facts.
pub fn of_facts(facts: impl IntoIterator<Item = &'static str>) -> BTreeSet<Probe> {
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

/// What a run was told, and what must be said about it.
#[derive(Debug)]
pub struct Told {
    /// The facts.
    pub readings: Readings,
    /// Oddities of this run that a reader must know.
    pub notes: Vec<Printable>,
    /// How many secrets were taken out of what was told.
    pub removed: Removed,
}

/// Asks all probes at once. `past` is recorded history, or why it cannot be read.
pub async fn ask(
    asking: Arc<Ask>,
    probes: &BTreeSet<Probe>,
    past: impl Future<Output = Result<Past, Silence>>,
) -> Told {
    let running: Vec<_> = probes
        .iter()
        .copied()
        .filter(|probe| *probe != Probe::History)
        .map(|probe| (probe, tokio::spawn(one(probe, Arc::clone(&asking)))))
        .collect();
    let past = past.await;
    let mut answers = Vec::with_capacity(running.len());
    for (probe, task) in running {
        // A probe that fails inside must not take the others with it.
        let failed = || {
            Reading::silent(
                probe,
                Silence::new(
                    Why::NotAsked,
                    format!("the {probe} probe failed inside duckops"),
                ),
            )
        };
        answers.push(task.await.unwrap_or_else(|_| failed()));
    }
    let mut notes = Vec::new();
    offline(&mut answers);
    account(&mut answers, &asking.stack, &mut notes);
    let skew = clock(&mut answers, &mut notes);
    let mut readings = Readings::default();
    answers
        .into_iter()
        .for_each(|reading| readings.add(fact::declared(reading.probe), reading));
    let said = readings.population().into_iter().flat_map(|all| &all.notes);
    notes.extend(said.cloned());
    if probes.contains(&Probe::History) {
        let mut joined = evidence::join(&readings, &past, asking.now);
        if let Some(silence) = skew {
            joined.withhold(
                fact::declared(Probe::History),
                |fact| fact.clocked,
                &silence,
            );
        }
        readings.add(fact::declared(Probe::History), joined);
    }
    if let Err(silence) = past {
        notes.push(format!("history was not read: {}", silence.detail).into());
    }
    let mut removed = Removed::default();
    let secrets = asking.secrets().await;
    readings.each_text(|pieces| secrets.hide(pieces, &mut removed));
    readings.each_line(|line| redact::addresses(line, &mut removed));
    notes
        .iter_mut()
        .for_each(|note| note.edited(|note| secrets.hide(&mut [note], &mut removed)));
    Told {
        readings,
        notes,
        removed,
    }
}

async fn one(probe: Probe, asking: Arc<Ask>) -> Reading {
    let limit = asking.deadline + GRACE;
    match tokio::time::timeout_at(limit.into(), probe::ask(probe, &asking)).await {
        Ok(reading) => reading,
        Err(_) => Reading::silent(
            probe,
            Silence::new(
                Why::TimedOut,
                format!("the {probe} probe did not answer in time"),
            ),
        ),
    }
}

/// A connection that fails speaks of the far side only if something else answers from here.
fn offline(answers: &mut [Reading]) {
    if answers.iter().any(|reading| reading.reached) {
        return;
    }
    for reading in answers
        .iter_mut()
        .filter(|reading| reading.rest_why() == Why::Unreachable)
    {
        let silence = Silence::new(
            Why::Offline,
            "nothing answers from here, neither the API nor AWS",
        )
        .fix("Check this machine's own network first: you may be offline");
        reading.withhold(
            fact::declared(reading.probe),
            |fact| matches!(fact.path, "api.up" | "api.good_answers" | "api.cause"),
            &silence,
        );
        reading.rest(silence);
    }
}

/// What AWS said counts only if the account and the region are the stack's.
fn account(answers: &mut [Reading], stack: &Stack, notes: &mut Vec<Printable>) {
    let silence = match &stack.other_region {
        Some(other) => Some(
            Silence::new(
                Why::WrongRegion,
                format!(
                    "region {} (from {}) is not the stack's region {} (from {})",
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
            .find(|reading| reading.probe == Probe::Identity)
            .and_then(|reading| {
                let account = &stack.account.value;
                match reading.outcome("aws.account") {
                    Ok(Fact {
                        value: FactValue::Text(found),
                        ..
                    }) if found.is(account) => None,
                    Ok(Fact { value, .. }) => Some(
                        Silence::new(
                            Why::WrongAccount,
                            format!(
                                "AWS answers from account {}, the stack is in {account}",
                                value.shown()
                            ),
                        )
                        .fix(format!(
                            "Choose the profile of account {account}: AWS_PROFILE=…"
                        )),
                    ),
                    Err(silence) => Some(match silence.why {
                        Why::Missing | Why::Mistyped => {
                            Silence::new(Why::WrongAccount, silence.detail)
                        }
                        _ => silence,
                    }),
                }
            }),
    };
    let Some(silence) = silence else { return };
    for reading in answers
        .iter_mut()
        .filter(|reading| reading.probe.is_aws() && reading.probe != Probe::Identity)
    {
        let declared = fact::declared(reading.probe);
        reading.withhold(declared, |_| true, &silence);
        reading.rest(silence.clone());
    }
    if matches!(silence.why, Why::WrongAccount | Why::WrongRegion) {
        notes.push(format!("nothing AWS said counts: {}", silence.detail).into());
    }
}

/// Compares the servers' clocks with ours; the reason why nothing timed counts, if so.
fn clock(answers: &mut [Reading], notes: &mut Vec<Printable>) -> Option<Silence> {
    let skew = answers
        .iter()
        .filter_map(|reading| reading.skew)
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
    let silence = Silence::new(Why::ClockOff, detail).fix("Set this machine's clock and ask again");
    for reading in answers.iter_mut() {
        let declared = fact::declared(reading.probe);
        reading.withhold(declared, |fact| fact.clocked, &silence);
    }
    Some(silence)
}

/// The whole-numbered facts of a run, as history records them; durations are seconds.
pub fn numbers(readings: &Readings) -> Vec<(String, i64)> {
    readings
        .all()
        .filter_map(|(path, ..)| match readings.get(path) {
            Known::Known(Fact {
                value: FactValue::Int(n) | FactValue::Duration(n),
                ..
            }) => Some((path.to_owned(), *n)),
            _ => None,
        })
        .collect()
}
