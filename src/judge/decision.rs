//! The judging law: which rule decides a step.
//!
//! The first rule whose facts are known and which holds decides. An ok or a skip stands only if
//! every rule above it could be evaluated; otherwise the step is unknown and names the probe that
//! was silent. A critical may be reached past a silent rule. A warning stands by itself, too, and
//! names the worse thing that could not be checked. Nothing matched is unknown.
//!
//! Two kinds of silence are no fault and end as skipped: history of a first installation that is
//! too young, for a step that warms up; and what only a token of the API would show.

use super::inputs::Inputs;
use crate::fact::{Fact, FactValue, Probe};
use crate::observation::{Blocker, FactState, Unavailable, UnavailableReason};
use crate::report::model::Verdict;
use crate::runbook::model::{Rule, Step};
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// What decides a step.
pub(super) enum Decision<'a> {
    Rule {
        index: usize,
        rule: &'a Rule,
        /// Why a worse verdict could not be ruled out.
        unchecked: Option<Unavailable>,
    },
    /// Silent for a reason that is no fault.
    NotYet(NotYet),
    /// Silent for a reason that has to be removed.
    Unknown {
        silent: Vec<&'static str>,
        unavailable: Unavailable,
    },
}

/// A rule that could not be evaluated.
struct PassedOver {
    verdict: Verdict,
    /// Its facts that are not known, each with the reason; none where an earlier step is missing.
    silent: Vec<(&'static str, Unavailable)>,
    why: Unavailable,
}

/// Applies the law to the rules of a step. `earlier` holds the verdicts of the steps before it.
pub(super) fn decide<'a>(
    step: &'a Step,
    earlier: &BTreeMap<&str, Verdict>,
    inputs: Inputs<'_>,
) -> Decision<'a> {
    let mut passed_over: Vec<PassedOver> = Vec::new();
    for (index, rule) in step.rules.iter().enumerate() {
        if let Some(silent) = unevaluable(rule, earlier, inputs) {
            passed_over.push(silent);
            continue;
        }
        let verdict = |step: &str| earlier.get(step).copied();
        match rule.when.holds(|path| inputs.value(path), verdict) {
            Ok(false) => {}
            Ok(true) if rule.verdict == Verdict::Warning => {
                let worse = passed_over
                    .into_iter()
                    .find(|silent| silent.verdict == Verdict::Critical);
                let unchecked = worse.map(|silent| silent.why);
                return Decision::Rule {
                    index,
                    rule,
                    unchecked,
                };
            }
            Ok(true) if rule.verdict == Verdict::Critical || passed_over.is_empty() => {
                return Decision::Rule {
                    index,
                    rule,
                    unchecked: None,
                };
            }
            Ok(true) => break,
            Err(error) => {
                let why = Unavailable::new(
                    UnavailableReason::Mistyped,
                    format!("the rule failed: {error}"),
                );
                let facts = rule.when.facts.iter();
                passed_over.push(PassedOver {
                    verdict: rule.verdict,
                    silent: facts.map(|path| (*path, why.clone())).collect(),
                    why,
                });
            }
        }
    }
    undecided(step, passed_over, inputs)
}

/// What a step comes to that no rule decides.
fn undecided<'a>(step: &Step, passed_over: Vec<PassedOver>, inputs: Inputs<'_>) -> Decision<'a> {
    if let Some(not_yet) = NotYet::of(step, &passed_over, inputs) {
        return Decision::NotYet(not_yet);
    }
    let first = passed_over.into_iter().next().map(|first| {
        let silent = first.silent.into_iter().map(|(path, _)| path).collect();
        (silent, first.why)
    });
    let (silent, unavailable) = first.unwrap_or_else(|| {
        (
            Vec::new(),
            Unavailable::new(
                UnavailableReason::NoData,
                "no rule of this step fits what was found",
            ),
        )
    });
    Decision::Unknown {
        silent,
        unavailable,
    }
}

/// Why a rule cannot be evaluated: its silent facts, or an earlier step that is not judged.
fn unevaluable(
    rule: &Rule,
    earlier: &BTreeMap<&str, Verdict>,
    inputs: Inputs<'_>,
) -> Option<PassedOver> {
    let silent: Vec<_> = rule
        .when
        .facts
        .iter()
        .filter_map(|path| match inputs.observations.get(path) {
            FactState::Known(_) => None,
            FactState::Unavailable(unavailable) => Some((*path, unavailable.clone())),
            FactState::NotAsked => Some((
                *path,
                Unavailable::new(UnavailableReason::NotAsked, format!("{path} not requested")),
            )),
        })
        .collect();
    let verdict = rule.verdict;
    if let Some((_, first)) = silent.first() {
        let why = first.clone();
        return Some(PassedOver {
            verdict,
            silent,
            why,
        });
    }
    let unjudged = rule
        .when
        .steps
        .iter()
        .find(|step| matches!(earlier.get(step.as_str()), None | Some(Verdict::Unknown)))?;
    let why = Unavailable::new(
        UnavailableReason::Missing,
        format!("depends on step {unjudged}"),
    )
    .fix(format!("Fix step {unjudged} first"))
    .blocker(Blocker::Step(unjudged.as_str().into()));
    Some(PassedOver {
        verdict,
        silent,
        why,
    })
}

/// Why a step is not judged yet, where that is no fault.
pub(super) enum NotYet {
    /// History is too young, on a first installation.
    WarmingUp {
        /// When it will be old enough.
        ready: OffsetDateTime,
        /// When that was found.
        at: OffsetDateTime,
        silent: Vec<&'static str>,
    },
    /// Only a token of the API would show it.
    NeedsCredentials {
        why: Unavailable,
        silent: Vec<&'static str>,
    },
}

impl NotYet {
    /// The one reason for every rule that could not be evaluated, where it is such a reason.
    fn of(step: &Step, passed_over: &[PassedOver], inputs: Inputs<'_>) -> Option<Self> {
        let facts = || passed_over.iter().flat_map(|rule| &rule.silent);
        let is_whole = passed_over.iter().all(|rule| !rule.silent.is_empty());
        let silent = || facts().map(|(path, _)| *path).collect::<Vec<_>>();
        let is_too_young = |(path, why): &(&str, Unavailable)| {
            let source = crate::fact::find(path).map(|(probe, _)| probe);
            why.why == UnavailableReason::NotCovered && source == Some(Probe::History)
        };
        if let Some(ready) = step.warming_up
            && let FactState::Known(Fact {
                value: FactValue::Instant(until),
                at,
            }) = inputs.observations.get(ready)
            && is_whole
            && facts().all(is_too_young)
        {
            return Some(Self::WarmingUp {
                ready: OffsetDateTime::from_unix_timestamp(*until).ok()?,
                at: *at,
                silent: std::iter::once(ready).chain(silent()).collect(),
            });
        }
        let needs_token =
            |(_, why): &(&str, Unavailable)| why.why == UnavailableReason::NeedsCredentials;
        match facts().next() {
            Some((_, why)) if is_whole && facts().all(needs_token) => {
                Some(Self::NeedsCredentials {
                    why: why.clone(),
                    silent: silent(),
                })
            }
            _ => None,
        }
    }
}
