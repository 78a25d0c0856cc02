//! From runbooks and readings to a report. Pure: no clock, no I/O, nothing asked.

mod case;
mod conclusion;
mod decision;
mod explain;
mod inputs;
mod step;
#[cfg(test)]
mod tests;

pub use case::{CaseResults, Check, rehearse};
pub use conclusion::Conclusion;
pub use inputs::Inputs;

use crate::observation::FactState;
use crate::report::clock;
use crate::report::model::{RunbookReport, StepReport, Verdict};
use crate::runbook::model::{Runbook, Step};
use crate::text::Printable;
use std::collections::{BTreeMap, BTreeSet};

/// One runbook that was asked for, or one step of it.
#[derive(Clone, Copy)]
pub struct Selection<'a> {
    /// The runbook.
    pub runbook: &'a Runbook,
    /// The index of the only step asked for; `None` for all.
    pub step: Option<usize>,
}

/// Judges everything that was asked for. `parents` are the runbooks that may explain
/// them and were not asked for: what the readings already say of those counts too.
pub fn judge(asked: &[Selection<'_>], parents: &[&Runbook], inputs: Inputs<'_>) -> Conclusion {
    let mut own: Vec<_> = asked
        .iter()
        .map(|one| (one.runbook, evaluate_runbook(*one, inputs)))
        .collect();
    let mut signs: Vec<_> = parents
        .iter()
        .map(|parent| (*parent, evaluate_parent(parent, inputs)))
        .filter(|(_, judged)| !judged.is_empty())
        .collect();
    let all = || own.iter().chain(&signs);
    let critical: BTreeSet<String> = all()
        .filter(|(_, judged)| worst(judged) == Verdict::Critical)
        .map(|(runbook, _)| runbook.id.clone())
        .collect();
    let told = |(runbook, judged): &mut (&Runbook, Vec<step::Judged>)| {
        explain::rules(runbook, judged, &critical);
        let blocked_by = explain::parent(runbook, judged, &critical);
        let mut report = summed_up(runbook, std::mem::take(judged), inputs);
        if let Some(parent) = blocked_by {
            explain::block(&mut report, &parent);
        }
        report
    };
    let reports = |judged: &mut [(&Runbook, Vec<step::Judged>)]| -> Vec<(u8, RunbookReport)> {
        let judged = judged.iter_mut();
        judged.map(|one| (one.0.rank, told(one))).collect()
    };
    let (own, signs) = (reports(&mut own), reports(&mut signs));
    // What was not asked for is a cause only of what it explains: by itself it is not this run's.
    let explained = |id: &Printable| {
        let blocked = own
            .iter()
            .filter_map(|(_, report)| report.blocked_by.as_ref());
        blocked.into_iter().any(|parent| parent == id)
    };
    let causing = signs.iter().filter(|(_, parent)| explained(&parent.id));
    let cause = own
        .iter()
        .chain(causing)
        .filter(|(_, report)| report.verdict == Verdict::Critical && report.blocked_by.is_none())
        .min_by_key(|(rank, report)| (*rank, &report.severity, &report.id))
        .map(|(_, report)| report.clone());
    let mut runbooks = own;
    runbooks.sort_by(|(rank_a, a), (rank_b, b)| {
        let explained = |report: &RunbookReport| report.blocked_by.is_some();
        (b.verdict.cmp(&a.verdict))
            .then_with(|| explained(a).cmp(&explained(b)))
            .then_with(|| (rank_a, &a.severity, &a.id).cmp(&(rank_b, &b.severity, &b.id)))
    });
    conclusion::of(
        cause,
        runbooks.into_iter().map(|(_, report)| report).collect(),
    )
}

/// The steps of a runbook, or the one asked for.
fn evaluate_runbook(asked: Selection<'_>, inputs: Inputs<'_>) -> Vec<step::Judged> {
    let wanted = |(index, _): &(usize, step::Judged)| asked.step.is_none_or(|only| only == *index);
    let steps = steps(asked.runbook, inputs).into_iter().enumerate();
    steps.filter(wanted).map(|(_, judged)| judged).collect()
}

/// What the readings at hand already say of a runbook that was not asked for: those of
/// its steps whose every question was put anyway, and that of the steps that they refer to.
fn evaluate_parent(runbook: &Runbook, inputs: Inputs<'_>) -> Vec<step::Judged> {
    let is_asked = |step: &Step, known: &BTreeSet<&str>| {
        let rules = || step.rules.iter().map(|rule| &rule.when);
        let mut facts = rules().flat_map(|when| when.facts.iter());
        facts.all(|path| inputs.observations.get(path) != FactState::NotAsked)
            && rules().all(|when| when.steps.iter().all(|id| known.contains(id.as_str())))
    };
    let mut known = BTreeSet::new();
    let mut judged = Vec::new();
    for (one, step) in steps(runbook, inputs).into_iter().zip(&runbook.steps) {
        if is_asked(step, &known) {
            known.insert(step.id.as_str());
            judged.push(one);
        }
    }
    judged
}

fn worst(judged: &[step::Judged]) -> Verdict {
    Verdict::worst_or_skipped(judged.iter().map(|judged| judged.step.verdict()))
}

fn steps(runbook: &Runbook, inputs: Inputs<'_>) -> Vec<step::Judged> {
    let mut earlier = BTreeMap::new();
    let mut judged: Vec<step::Judged> = Vec::new();
    for (index, step) in runbook.steps.iter().enumerate() {
        let this = step::judge(runbook, index + 1, step, &earlier, inputs);
        // For whatever depends on it, a warning that may be worse is not known.
        let verdict = match this.is_open {
            true => Verdict::Unknown,
            false => this.step.verdict(),
        };
        earlier.insert(step.id.as_str(), verdict);
        judged.push(this);
    }
    judged
}

fn summed_up(runbook: &Runbook, judged: Vec<step::Judged>, inputs: Inputs<'_>) -> RunbookReport {
    let verdict = worst(&judged);
    let leading = || judged.iter().filter(|j| j.step.verdict() == verdict);
    let skipped = || judged.iter().find(|judged| judged.leads);
    // A step that is skipped can know what to do in its place.
    let instead = || {
        let skipped = judged
            .iter()
            .filter(|j| j.step.verdict() == Verdict::Skipped);
        skipped.filter(|j| j.leads && verdict == Verdict::Critical && j.step.next_action.is_some())
    };
    let of_ok = || {
        let all = judged.iter().filter(|_| verdict == Verdict::Ok);
        all.filter(|j| j.step.verdict() == Verdict::Ok && j.step.next_action.is_some())
    };
    let fill = |words: &crate::runbook::Words| {
        words.fill(|path| inputs.value(path), &runbook.limits, inputs.naming)
    };
    // Of two that lead the later one knows more.
    let primary = leading()
        .rfind(|judged| judged.leads)
        .or_else(|| instead().next_back())
        // What is restored wants a last look by a person.
        .or_else(|| of_ok().next())
        .or_else(|| leading().next())
        .map(|judged| &judged.step);
    let is_known =
        |words: &&crate::runbook::Words| words.is_known(&|path: &str| inputs.value(path));
    let overview = runbook.overview.as_ref().filter(is_known).map(fill);
    // Where there is nothing to count, the step says so in words of its own.
    let mut sound = judged.iter().filter(|j| j.step.verdict() == Verdict::Ok);
    let overview = sound
        .find_map(|judged| judged.step.headline.clone())
        .or(overview);
    // The first row is what the incident shows; what to do about it may stand in a later step.
    let skipped = skipped().filter(|_| verdict == Verdict::Skipped);
    let finding = skipped
        .or_else(|| leading().next())
        .map(|judged| &judged.step);
    let waiting = judged.iter().find_map(|judged| {
        let wait = judged.step.warming_up.as_ref()?;
        let until = clock(wait.ready, wait.at);
        Some(format!(
            "OK so far: {} not judged until {until}",
            judged.step.id
        ))
    });
    let summary = match (verdict, finding) {
        (Verdict::Ok, _) => match (waiting, &overview) {
            (Some(waiting), _) => waiting.into(),
            (None, Some(overview)) => overview.clone(),
            (None, None) => {
                let all = judged.len();
                format!("{all} of {all} steps ok").into()
            }
        },
        (Verdict::Unknown, Some(step)) if step.headline.is_none() => unjudged(step, &judged),
        (_, Some(step)) => step
            .headline
            .clone()
            .unwrap_or_else(|| format!("{}: {}", runbook.title, step.summary).into()),
        (_, None) => "Nothing was judged.".into(),
    };
    let next = primary.and_then(|step| step.next_action.clone());
    let then = primary.and_then(|step| step.then.clone());
    let escalations = judged.iter().filter_map(|j| j.step.escalation.clone());
    RunbookReport {
        id: runbook.id.as_str().into(),
        title: runbook.title.as_str().into(),
        short: runbook.short.as_str().into(),
        overview,
        severity: runbook.severity.as_str().into(),
        limits: runbook
            .limits
            .iter()
            .map(|(name, limit)| (name.as_str().into(), limit.clone()))
            .collect(),
        metrics: runbook
            .metrics
            .iter()
            .map(|metric| metric.value(|path| inputs.value(path)))
            .collect(),
        verdict,
        summary,
        blocked_by: None,
        next_action: next,
        then,
        // An immediate escalation comes before one with a deadline.
        escalation: escalations.min_by_key(|call| (call.priority.clone(), call.due)),
        steps: judged.into_iter().map(|judged| judged.step).collect(),
        standing: None,
    }
}

/// `executions, stale not judged: AWS denied states:ListExecutions`, with every step that lacks
/// the same thing.
fn unjudged(first: &StepReport, judged: &[step::Judged]) -> Printable {
    let same = judged.iter().map(|judged| &judged.step);
    let same = same
        .filter(|step| step.verdict() == Verdict::Unknown && step.reason_code == first.reason_code);
    let ids: Vec<_> = same
        .filter(|step| step.summary == first.summary)
        .map(|step| step.id.as_str())
        .collect();
    let steps = match ids.len() {
        all if all == judged.len() && all > 1 => format!("all {all} steps"),
        _ => ids.join(", "),
    };
    format!("{steps} {}", first.summary).into()
}
