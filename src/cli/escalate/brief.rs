//! The filled message: what is asked, since when it is so, what was seen, what was tried.

use crate::alerting::Brief;
use crate::cli::Context;
use crate::cli::args;
use crate::cli::incident::{actions, operator};
use crate::fact::{FactValue, Probe, duration, instant};
use crate::report::model::{self, Evidence, Verdict};
use crate::report::words::value;
use crate::runbook::model::Runbook;
use crate::text::StackNames;
use crate::text::Untrusted;
use crate::timeline::Spell;
use time::OffsetDateTime;

/// No message names more numbers.
const NUMBERS: usize = 12;
/// Nor more executions of a kind.
const LISTED: usize = 3;

/// What a message is made of.
pub(super) struct Found<'a> {
    pub(super) runbook: &'a Runbook,
    pub(super) judged: &'a model::Runbook,
    pub(super) naming: &'a StackNames,
    pub(super) spell: Option<Spell>,
    pub(super) now: OffsetDateTime,
}

pub(super) fn of(context: &Context, args: &args::Escalate, found: &Found<'_>) -> Brief {
    let asked = found.runbook.asks.as_ref().map(|asks| {
        // It names no facts.
        asks.fill(|_| None, &found.runbook.limits, found.naming)
    });
    let asked = asked.or_else(|| Some(found.judged.next_action.as_ref()?.text.clone()));
    let tried = match actions(context, found.now) {
        Ok(actions) if actions.is_empty() => {
            vec!["nothing was changed from this machine in the last 24 h".into()]
        }
        Ok(actions) => actions,
        Err(failure) => failure.lines,
    };
    let note = args.note.as_deref();
    let note = note.map(|note| format!("note: {}", Untrusted::new(note).printable(500)));
    Brief {
        by: operator(context, args.operator.as_deref()).to_string(),
        asked: asked.unwrap_or_else(|| "help".into()).to_string(),
        since: since(found),
        seen: note.into_iter().chain(seen(found.judged)).collect(),
        tried: tried.iter().map(ToString::to_string).collect(),
    }
}

/// By the clock of the runbook where that runs longer than anybody recorded a verdict.
fn since(found: &Found<'_>) -> String {
    let ago = |at: i64| duration((found.now.unix_timestamp() - at).max(0));
    let told = |at: i64| format!("{} ({})", instant(at), ago(at));
    let recorded = found.spell.map(|spell| {
        let well = match spell.well {
            Some(well) => format!("the run at {} saw it well", instant(well.unix_timestamp())),
            None => "no run of the last 48 h saw it well".to_owned(),
        };
        let since = spell.since.unix_timestamp();
        (since, format!("{} by recorded runs; {well}", told(since)))
    });
    match (clock(found), recorded) {
        (Some((fact, at)), Some((since, recorded))) if at < since => {
            format!("{}, {fact}; bad since {recorded}", told(at))
        }
        (_, Some((_, recorded))) => recorded,
        (Some((fact, at)), None) => format!("{}, {fact}; no run is recorded", told(at)),
        (None, None) => format!(
            "not recorded; seen at {}",
            instant(found.now.unix_timestamp())
        ),
    }
}

/// The earliest instant that a deadline of the runbook counts from, with its fact.
fn clock(found: &Found<'_>) -> Option<(&'static str, i64)> {
    let rules = found.runbook.steps.iter().flat_map(|step| &step.rules);
    let clocks: Vec<_> = rules
        .filter_map(|rule| rule.escalate.as_ref()?.within.map(|(_, from)| from))
        .collect();
    let evidence = found
        .judged
        .steps
        .iter()
        .flat_map(|step| step.finding.evidence());
    evidence
        .filter(|evidence| clocks.contains(&evidence.fact))
        .filter_map(|evidence| match evidence.value {
            Some(FactValue::Instant(at)) => Some((evidence.fact, at)),
            _ => None,
        })
        .min_by_key(|(_, at)| *at)
}

/// The steps that are not well, the executions that they name, and the numbers of those steps
/// that call for somebody.
fn seen(judged: &model::Runbook) -> Vec<String> {
    let bad = || {
        let is_bad = |step: &&model::Step| step.verdict() >= Verdict::Warning;
        judged.steps.iter().filter(is_bad)
    };
    let told = bad().map(|step| {
        let (id, word) = (&step.id, step.verdict().word());
        format!("step {} {id} {word}: {}", step.number, step.summary)
    });
    let executions = bad().flat_map(|step| step.finding.evidence());
    let calling = bad().filter(|step| step.escalation.is_some());
    let mut numbers: Vec<&Evidence> = Vec::new();
    for evidence in calling.flat_map(|step| step.finding.evidence()) {
        if numbers.iter().all(|known| known.fact != evidence.fact) {
            numbers.push(evidence);
        }
    }
    let numbers = numbers.into_iter().filter_map(number).take(NUMBERS);
    told.chain(executions.filter_map(listed))
        .chain(numbers)
        .collect()
}

/// The first of the executions in a list. Of other lists, such as lines of a log, nothing goes
/// out.
fn listed(evidence: &Evidence) -> Option<String> {
    let (Probe::Executions, Some(FactValue::List(lines))) = (evidence.source, &evidence.value)
    else {
        return None;
    };
    let shown = lines
        .iter()
        .take(LISTED)
        .map(|line| line.printable(120).to_string());
    let shown: Vec<_> = shown.collect();
    let more = match lines.len().saturating_sub(LISTED) {
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
