//! The context of an escalation: the request, since when, findings, actions taken.

use crate::alerting::EscalationContext;
use crate::fact::{FactValue, Probe, duration, instant, utc};
use crate::report::model::{self, Evidence, Verdict};
use crate::report::words::value;
use crate::runbook::model::Runbook;
use crate::text::{Printable, StackNames, Untrusted};
use crate::timeline::Spell;
use time::OffsetDateTime;

/// How many numbers a message names.
const MAX_NUMBERS: usize = 12;
/// How many executions of a kind a message lists.
const MAX_LISTED: usize = 3;

/// What the context is made of.
pub(super) struct ContextSources<'a> {
    pub(super) runbook: &'a Runbook,
    /// The same runbook in the report.
    pub(super) evaluated: &'a model::RunbookReport,
    pub(super) naming: &'a StackNames,
    pub(super) spell: Option<Spell>,
    pub(super) now: OffsetDateTime,
    pub(super) operator: &'a Printable,
    pub(super) note: Option<&'a str>,
    /// The writes of the last 24 h, or why they are not known.
    pub(super) actions: &'a [Printable],
}

impl ContextSources<'_> {
    pub(super) fn context(&self) -> EscalationContext {
        let request = self.runbook.asks.as_ref().map(|asks| {
            // It names no facts.
            asks.fill(|_| None, &self.runbook.limits, self.naming)
        });
        let next_action = || Some(self.evaluated.next_action.as_ref()?.text.clone());
        let request = request.or_else(next_action);
        let none = ["none from this machine in 24 h".into()];
        let actions = match self.actions {
            [] => &none,
            actions => actions,
        };
        let note = self
            .note
            .map(|note| format!("note: {}", Untrusted::new(note).printable(500)));
        EscalationContext {
            by: self.operator.to_string(),
            asked: request.unwrap_or_else(|| "help".into()).to_string(),
            since: since(self),
            seen: note.into_iter().chain(findings(self.evaluated)).collect(),
            tried: actions.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Since when it is bad: by the clock of the runbook where that began before the recorded runs.
fn since(sources: &ContextSources<'_>) -> String {
    let ago = |at: i64| duration((sources.now.unix_timestamp() - at).max(0));
    let dated = |at: i64| match sources.now.unix_timestamp() - at {
        ..=0 => instant(at),
        _ => format!("{} ({} ago)", instant(at), ago(at)),
    };
    let recorded = sources
        .spell
        .map(|spell| (spell.since.unix_timestamp(), spell.well));
    let ok = |well: Option<OffsetDateTime>| match well {
        Some(well) => format!("ok at {}", utc(well)),
        None => "no ok run in 48 h".to_owned(),
    };
    match (clock(sources), recorded) {
        (Some(at), Some((since, well))) if at < since => {
            format!(
                "{}; first recorded {}; {}",
                dated(at),
                dated(since),
                ok(well)
            )
        }
        (_, Some((since, well))) => {
            // Without a good run before it, nothing says that it began with the first bad one.
            let first = match well {
                Some(_) => "first recorded;",
                None => "first recorded, may be older:",
            };
            format!("{}, {first} {}", dated(since), ok(well))
        }
        (Some(at), None) => format!("{}; no recorded run", dated(at)),
        (None, None) => format!("not recorded; found at {}", utc(sources.now)),
    }
}

/// The earliest instant that a deadline of the runbook counts from.
fn clock(sources: &ContextSources<'_>) -> Option<i64> {
    let rules = sources.runbook.steps.iter().flat_map(|step| &step.rules);
    let clocks: Vec<_> = rules
        .filter_map(|rule| rule.escalate.as_ref()?.within.map(|(_, from)| from))
        .collect();
    let evidence = sources
        .evaluated
        .steps
        .iter()
        .flat_map(|step| step.finding.evidence());
    evidence
        .filter(|evidence| clocks.contains(&evidence.fact))
        .filter_map(|evidence| match evidence.value {
            Some(FactValue::Instant(at)) => Some(at),
            _ => None,
        })
        .min()
}

/// The steps that are not ok, the executions that they name, and the numbers of the steps
/// that ask for an escalation.
fn findings(evaluated: &model::RunbookReport) -> Vec<String> {
    let bad = || {
        let is_bad = |step: &&model::StepReport| step.verdict() >= Verdict::Warning;
        evaluated.steps.iter().filter(is_bad)
    };
    let steps = bad().map(|step| {
        let (id, word) = (&step.id, step.verdict().short());
        format!("{word} {} {id}: {}", step.number, step.summary)
    });
    let executions = bad().flat_map(|step| step.finding.evidence());
    let calling = bad().filter(|step| step.escalation.is_some());
    let mut numbers: Vec<&Evidence> = Vec::new();
    for evidence in calling.flat_map(|step| step.finding.evidence()) {
        if numbers.iter().all(|known| known.fact != evidence.fact) {
            numbers.push(evidence);
        }
    }
    let numbers = numbers.into_iter().filter_map(number).take(MAX_NUMBERS);
    steps
        .chain(executions.filter_map(listed))
        .chain(numbers)
        .collect()
}

/// The first executions of a list. Other lists, such as lines of a log, are not sent.
fn listed(evidence: &Evidence) -> Option<String> {
    let (Probe::Executions, Some(FactValue::List(lines))) = (evidence.source, &evidence.value)
    else {
        return None;
    };
    let shown = lines
        .iter()
        .take(MAX_LISTED)
        .map(|line| line.printable(120).to_string());
    let shown: Vec<_> = shown.collect();
    let more = match lines.len().saturating_sub(MAX_LISTED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    (!shown.is_empty()).then(|| format!("{}: {}{more}", evidence.fact, shown.join("; ")))
}

/// A fact with its value; lists and series are no numbers.
fn number(evidence: &Evidence) -> Option<String> {
    match evidence.value {
        Some(FactValue::List(_) | FactValue::Series(_) | FactValue::Groups(_)) => None,
        _ => Some(format!("{} = {}", evidence.fact, value(evidence))),
    }
}
