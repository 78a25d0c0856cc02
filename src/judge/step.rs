//! One step with everything that a report holds of it, from the decision of its rules.

use super::decision::{Decision, NotYet, decide};
use super::inputs::Inputs;
use crate::fact::{FactValue, Probe};
use crate::observation::{FactState, Unavailable, UnavailableReason};
use crate::report::clock;
use crate::report::model::{
    self, Escalation, Evidence, Finding, NextAction, Proof, Verdict, WarmingUp,
};
use crate::runbook::model::{Escalate, Rule, Runbook, Step};
use crate::text::Printable;
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// A step with the rule that decided it.
pub(super) struct Judged {
    pub(super) step: model::StepReport,
    /// The index of the deciding rule; `None` when no rule could decide.
    pub(super) rule: Option<usize>,
    /// Whether that rule is what the whole runbook comes down to.
    pub(super) leads: bool,
    /// The incident that explains what the rule found.
    pub(super) explained_by: Option<String>,
    /// Whether a worse verdict could not be ruled out.
    pub(super) is_open: bool,
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
    let mut is_open = false;
    let (rule, leads, head) = match decision {
        Decision::Rule {
            index,
            rule,
            unchecked,
        } => {
            let mut head = told(runbook, step, rule, &manual, inputs);
            is_open = unchecked.is_some();
            head.also.extend(unchecked.map(|unavailable| {
                Printable::from(format!("worse not ruled out: {}", unavailable.detail))
            }));
            (Some(index), rule.leads, head)
        }
        Decision::Unknown {
            silent,
            unavailable,
        } => (None, false, not_told(&silent, unavailable, &manual, inputs)),
        Decision::NotYet(not_yet) => (None, false, not_judged_yet(not_yet, inputs)),
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
        warming_up: head.warming_up,
        unavailable: head.unavailable,
        asked,
        manual,
    };
    Judged {
        step,
        rule,
        leads,
        explained_by: None,
        is_open,
    }
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
    warming_up: Option<WarmingUp>,
    unavailable: Option<Unavailable>,
}

fn told(
    runbook: &Runbook,
    step: &Step,
    rule: &Rule,
    manual: &Printable,
    inputs: Inputs<'_>,
) -> Head {
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
        next: rule.next.as_ref().map(|next| {
            let command = rule.command.as_ref().map(|command| {
                match command.facts().all(|path| is_word(path, inputs)) {
                    true => fill(command),
                    false => manual.clone(),
                }
            });
            let first = command
                .as_ref()
                .and_then(|command| unlocked_by(command, inputs));
            first.unwrap_or_else(|| NextAction {
                text: fill(next),
                command,
            })
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
        warming_up: None,
        unavailable: None,
        summary,
    }
}

/// What has to be done before a command that shows a fact, or reads from AWS, can answer: what kept
/// this run from reading the same.
fn unlocked_by(command: &Printable, inputs: Inputs<'_>) -> Option<NextAction> {
    /// One fact of each service of AWS that this run may have asked.
    const OF_AWS: [&str; 4] = [
        "alias.version",
        "email.sent_24h",
        "logs.errors_15m_min",
        "executions.running",
    ];
    let command = command.as_str();
    let unread = |path: &str| match inputs.observations.get(path) {
        FactState::Unavailable(unavailable) => Some(unavailable),
        _ => None,
    };
    let is_login = |unavailable: &&Unavailable| {
        use UnavailableReason::{Expired, NoCredentials};
        matches!(unavailable.why, NoCredentials | Expired)
    };
    let why = match command.strip_prefix("duckops facts ") {
        Some(path) => unread(path),
        None if command.starts_with("aws ") => {
            OF_AWS.iter().find_map(|path| unread(path).filter(is_login))
        }
        None => None,
    }?;
    let of_reason = why.why.command().map(Printable::from);
    Some(NextAction {
        text: why.fix.clone()?,
        command: Some(why.command.clone().or(of_reason)?),
    })
}

/// Whether a fact may be part of a command: text from outside is pasted into a shell only if it is
/// a plain word.
fn is_word(path: &str, inputs: Inputs<'_>) -> bool {
    match inputs.value(path) {
        Some(FactValue::Text(text)) => text.is_word(),
        Some(FactValue::List(_) | FactValue::Groups(_)) | None => false,
        Some(_) => true,
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
        paged: None,
    }
}

fn not_told(
    silent: &[&'static str],
    unavailable: Unavailable,
    manual: &Printable,
    inputs: Inputs<'_>,
) -> Head {
    let of_reason = unavailable.why.command().map(Printable::from);
    let command = unavailable.command.clone().or(of_reason);
    let next = match unavailable.fix.clone() {
        // The rule's own command would meet the same obstacle.
        Some(fix) => NextAction { text: fix, command },
        // The manual command would read once more what does not reach back far enough.
        None if unavailable.why == UnavailableReason::NotCovered => NextAction {
            text: "Let cron record (duckops check): its history covers what one answer does not"
                .into(),
            command: command.or_else(|| Some("duckops history".into())),
        },
        None => NextAction {
            text: match command {
                Some(_) => "Check connection, access and settings".into(),
                None => "Check it yourself".into(),
            },
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
        warming_up: None,
        unavailable: Some(unavailable),
    }
}

/// A step that is skipped because it cannot be judged yet, with what would let it be.
fn not_judged_yet(not_yet: NotYet, inputs: Inputs<'_>) -> Head {
    let mut warming_up = None;
    let (reason, summary, next, silent) = match not_yet {
        NotYet::WarmingUp { ready, at, silent } => {
            let until = clock(ready, at);
            let summary = format!("warming up: not judged until {until}");
            warming_up = Some(WarmingUp { ready, at });
            ("warming-up", summary, None, silent)
        }
        NotYet::NeedsCredentials { why, silent } => {
            let summary = format!("not judged: {}", why.detail);
            let next = why.fix.map(|text| NextAction {
                text,
                command: why.command,
            });
            ("needs-credentials", summary, next, silent)
        }
    };
    Head {
        finding: Finding::Skipped(evidence(silent.into_iter(), inputs)),
        reason: reason.into(),
        summary: summary.into(),
        also: Vec::new(),
        headline: None,
        next,
        then: None,
        escalation: None,
        warming_up,
        unavailable: None,
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
