//! The judging law, for one step.
//!
//! The first rule whose facts are known and which holds decides. An ok, a warning or a
//! skip stands only if every rule above it could be evaluated; otherwise the step is
//! unknown and names what was silent. A critical may be reached past a silent rule.
//! Nothing matched is unknown.

use crate::fact::{FactValue, Probe};
use crate::observation::{FactState, Observations, Unavailable, UnavailableReason};
use crate::report::model::{self, Escalation, Evidence, Finding, NextAction, Proof, Verdict};
use crate::runbook::model::{Escalate, Rule, Runbook, Step};
use crate::text::Printable;
use crate::text::StackNames;
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// Everything a judgement draws on; nothing else reaches it.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// What the run was told.
    pub observations: &'a Observations,
    /// What the names of the stack stand for.
    pub naming: &'a StackNames,
}

impl<'a> Inputs<'a> {
    pub(super) fn value(self, path: &str) -> Option<&'a FactValue> {
        match self.observations.get(path) {
            FactState::Known(fact) => Some(&fact.value),
            _ => None,
        }
    }
}

/// A step with the rule that decided it.
pub(super) struct Judged {
    pub(super) step: model::StepReport,
    /// The index of the deciding rule; `None` when no rule could decide.
    pub(super) rule: Option<usize>,
    /// Whether that rule is what the whole runbook comes down to.
    pub(super) leads: bool,
}

/// Judges one step. `earlier` holds the verdicts of the steps before it.
pub(super) fn judge(
    runbook: &Runbook,
    number: usize,
    step: &Step,
    earlier: &BTreeMap<&str, Verdict>,
    inputs: Inputs<'_>,
) -> Judged {
    let decision = decide(step, earlier, inputs);
    let manual = step
        .manual
        .fill(|path| inputs.value(path), &runbook.limits, inputs.naming);
    let (rule, leads, head) = match decision {
        Decision::Rule(index, rule) => (Some(index), rule.leads, told(runbook, step, rule, inputs)),
        Decision::Unknown {
            silent,
            unavailable,
        } => (None, false, not_told(&silent, unavailable, &manual, inputs)),
    };
    let asked = step
        .probes()
        .into_iter()
        .flat_map(|probe| {
            inputs
                .observations
                .asked(probe)
                .iter()
                .map(move |asked| (probe, asked.clone()))
        })
        .collect();
    let step = model::StepReport {
        number,
        id: step.id.as_str().into(),
        title: step.title.as_str().into(),
        finding: head.finding,
        reason_code: head.reason,
        summary: head.summary,
        also: head.also,
        headline: head.headline,
        next_action: head.next,
        then: head.then,
        escalation: head.escalation,
        asked,
        manual,
    };
    Judged { step, rule, leads }
}

enum Decision<'a> {
    Rule(usize, &'a Rule),
    Unknown {
        silent: Vec<&'static str>,
        unavailable: Unavailable,
    },
}

fn decide<'a>(
    step: &'a Step,
    earlier: &BTreeMap<&str, Verdict>,
    inputs: Inputs<'_>,
) -> Decision<'a> {
    let mut passed_over: Option<(Vec<&'static str>, Unavailable)> = None;
    for (index, rule) in step.rules.iter().enumerate() {
        if let Some(unavailable) = unevaluable(rule, earlier, inputs) {
            passed_over.get_or_insert(unavailable);
            continue;
        }
        let verdict = |step: &str| earlier.get(step).copied();
        match rule.when.holds(|path| inputs.value(path), verdict) {
            Ok(false) => {}
            Ok(true) => {
                return match passed_over {
                    Some((silent, unavailable)) if rule.verdict != Verdict::Critical => {
                        Decision::Unknown {
                            silent,
                            unavailable,
                        }
                    }
                    _ => Decision::Rule(index, rule),
                };
            }
            Err(error) => {
                let unavailable = Unavailable::new(
                    UnavailableReason::Mistyped,
                    format!("the rule failed: {error}"),
                );
                passed_over.get_or_insert((rule.when.facts.clone(), unavailable));
            }
        }
    }
    let (silent, unavailable) = passed_over.unwrap_or_else(|| {
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

/// Why a rule cannot be evaluated: its silent facts and the first reason.
fn unevaluable(
    rule: &Rule,
    earlier: &BTreeMap<&str, Verdict>,
    inputs: Inputs<'_>,
) -> Option<(Vec<&'static str>, Unavailable)> {
    let silent: Vec<_> = rule
        .when
        .facts
        .iter()
        .filter_map(|path| match inputs.observations.get(path) {
            FactState::Known(_) => None,
            FactState::Unavailable(unavailable) => Some((*path, unavailable.clone())),
            FactState::NotAsked => Some((
                *path,
                Unavailable::new(
                    UnavailableReason::NotAsked,
                    format!("{path} was not asked for"),
                ),
            )),
        })
        .collect();
    if let Some((_, first)) = silent.first() {
        let first = first.clone();
        return Some((silent.into_iter().map(|(path, _)| path).collect(), first));
    }
    let unjudged = rule
        .when
        .steps
        .iter()
        .find(|step| matches!(earlier.get(step.as_str()), None | Some(Verdict::Unknown)))?;
    Some((
        Vec::new(),
        Unavailable::new(
            UnavailableReason::Missing,
            format!("depends on step {unjudged}"),
        )
        .fix(format!("Fix step {unjudged} first")),
    ))
}

/// What a decision says.
struct Head {
    finding: Finding,
    reason: Printable,
    summary: Printable,
    also: Vec<Printable>,
    headline: Option<Printable>,
    next: Option<NextAction>,
    then: Option<Printable>,
    escalation: Option<Escalation>,
}

fn told(runbook: &Runbook, step: &Step, rule: &Rule, inputs: Inputs<'_>) -> Head {
    let fill = |words: &crate::runbook::Words| {
        words.fill(|path| inputs.value(path), &runbook.limits, inputs.naming)
    };
    let summary = fill(&rule.say);
    let evidence = evidence(rule.facts().chain(step.show.iter().copied()), inputs);
    let finding = match rule.verdict {
        Verdict::Ok => match proof(rule.when.facts.iter().copied(), inputs, &evidence) {
            Some(proof) => Finding::Ok(proof),
            None => Finding::Unknown(evidence),
        },
        Verdict::Warning => Finding::Warning(evidence),
        Verdict::Critical => Finding::Critical(evidence),
        Verdict::Skipped => Finding::Skipped(evidence),
        Verdict::Unknown => Finding::Unknown(evidence),
    };
    Head {
        finding,
        reason: rule.reason.as_str().into(),
        next: rule.next.as_ref().map(|next| NextAction {
            text: fill(next),
            command: rule.command.as_ref().map(&fill),
        }),
        escalation: rule
            .escalate
            .as_ref()
            .map(|escalate| escalation(escalate, &summary, inputs)),
        also: rule
            .also
            .iter()
            .filter(|words| words.is_known(&|path: &str| inputs.value(path)))
            .map(&fill)
            .collect(),
        headline: rule.headline.as_ref().map(&fill),
        then: rule.then.as_ref().map(&fill),
        summary,
    }
}

/// Where it is not known from when on the time counts, there is none left.
fn escalation(escalate: &Escalate, reason: &Printable, inputs: Inputs<'_>) -> Escalation {
    let due = escalate.within.and_then(|(seconds, from)| {
        let Some(FactValue::Instant(from)) = inputs.value(from) else {
            return None;
        };
        OffsetDateTime::from_unix_timestamp(from.checked_add(seconds)?).ok()
    });
    Escalation {
        to: match &escalate.to {
            Some(to) => to.as_str().into(),
            None => inputs.naming.get("escalation").cloned().unwrap_or_default(),
        },
        priority: escalate.priority.as_str().into(),
        due,
        reason: reason.clone(),
    }
}

fn not_told(
    silent: &[&'static str],
    unavailable: Unavailable,
    manual: &Printable,
    inputs: Inputs<'_>,
) -> Head {
    let of_reason = unavailable.why.command().map(Printable::from);
    let command = unavailable.command.or(of_reason);
    let next = match unavailable.fix {
        // A command of one's own would meet the same obstacle.
        Some(fix) => NextAction { text: fix, command },
        None => NextAction {
            text: "Check it yourself".into(),
            command: command.or_else(|| Some(manual.clone())),
        },
    };
    Head {
        finding: Finding::Unknown(evidence(silent.iter().copied(), inputs)),
        reason: unavailable.why.code().into(),
        summary: format!("not judged: {}", unavailable.detail).into(),
        also: Vec::new(),
        headline: None,
        next: Some(next),
        then: None,
        escalation: None,
    }
}

/// Known or not, each fact once, in the order it was named.
fn evidence(paths: impl Iterator<Item = &'static str>, inputs: Inputs<'_>) -> Vec<Evidence> {
    let mut evidence: Vec<Evidence> = Vec::new();
    for path in paths {
        if evidence.iter().any(|known| known.fact == path) {
            continue;
        }
        let Some((probe, declared)) = crate::fact::find(path) else {
            continue;
        };
        let (value, at) = match inputs.observations.get(path) {
            FactState::Known(fact) => (Some(fact.value.clone()), Some(fact.at)),
            _ => (None, None),
        };
        evidence.push(Evidence {
            fact: path,
            value,
            unit: declared.unit,
            source: probe,
            at,
        });
    }
    evidence
}

/// The facts an ok stands on, known every one, followed by what else was seen.
fn proof(
    compared: impl Iterator<Item = &'static str>,
    inputs: Inputs<'_>,
    seen: &[Evidence],
) -> Option<Proof> {
    let known =
        |path: &'static str| -> Option<(&'static str, &'static str, Probe, crate::fact::Fact)> {
            let (probe, declared) = crate::fact::find(path)?;
            match inputs.observations.get(path) {
                FactState::Known(fact) => Some((path, declared.unit, probe, fact.clone())),
                _ => None,
            }
        };
    let mut facts = compared.map(known).collect::<Option<Vec<_>>>()?;
    if facts.is_empty() {
        return None;
    }
    for more in seen.iter().filter_map(|evidence| known(evidence.fact)) {
        if !facts.iter().any(|(path, ..)| *path == more.0) {
            facts.push(more);
        }
    }
    Proof::of(facts)
}
