//! From runbooks and readings to a report. Pure: no clock, no I/O, nothing asked.

mod case;
mod step;

pub use case::{Outcome, rehearse};
pub use step::Inputs;

use crate::reading::Known;
use crate::report::model::{self, NextAction, Verdict};
use crate::runbook::model::Runbook;
use crate::text::Printable;
use std::collections::BTreeMap;

/// One runbook that was asked for, or one step of it.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The runbook.
    pub runbook: &'a Runbook,
    /// The index of the only step asked for; `None` for all.
    pub step: Option<usize>,
}

/// What a run concludes: the report without its times and its stack.
pub struct Conclusion {
    /// The verdict of the run.
    pub verdict: Verdict,
    /// The incident to solve first.
    pub root_cause: Option<Printable>,
    /// The conclusion in one sentence.
    pub summary: Printable,
    /// The one thing to do now.
    pub next_action: Option<NextAction>,
    /// Whom to call.
    pub escalation: Option<model::Escalation>,
    /// Those asked for, worst first.
    pub runbooks: Vec<model::Runbook>,
}

/// Judges everything that was asked for. `parents` are the runbooks that may explain
/// them and were not asked for: what the readings already say of those counts too.
pub fn judge(asked: &[Asked<'_>], parents: &[&Runbook], inputs: Inputs<'_>) -> Conclusion {
    let mut own: Vec<_> = asked
        .iter()
        .map(|asked| (asked.runbook, whole(*asked, inputs)))
        .collect();
    let signs: Vec<_> = parents
        .iter()
        .filter_map(|parent| sign(parent, inputs).map(|judged| (*parent, judged)))
        .collect();
    let critical: Vec<&Runbook> = own
        .iter()
        .chain(&signs)
        .filter(|(_, judged)| judged.verdict == Verdict::Critical)
        .map(|(runbook, _)| *runbook)
        .collect();
    for (runbook, judged) in &mut own {
        if let Some(parent) = runbook
            .explained_by
            .iter()
            .find(|id| critical.iter().any(|c| c.id == **id))
        {
            explain(judged, parent);
        }
    }
    let explains = |id: &str| {
        asked
            .iter()
            .any(|a| a.runbook.explained_by.iter().any(|parent| parent == id))
    };
    // What was not asked for is a cause only of what it explains: by itself it is not this run's.
    let explained = |id: &str| {
        own.iter()
            .filter_map(|(_, judged)| judged.blocked_by.as_ref())
            .any(|parent| parent.as_str() == id)
    };
    let causing = signs.iter().filter(|(parent, _)| explained(&parent.id));
    let mut causes: Vec<&(&Runbook, model::Runbook)> = own
        .iter()
        .chain(causing)
        .filter(|(_, judged)| judged.verdict == Verdict::Critical)
        .collect();
    causes.sort_by_key(|(runbook, _)| match explains(&runbook.id) {
        true => (0, "", runbook.id.as_str()),
        false => (1, runbook.severity.as_str(), runbook.id.as_str()),
    });
    let cause = causes.first().map(|(_, judged)| judged.clone());
    let mut runbooks: Vec<_> = own.into_iter().map(|(_, judged)| judged).collect();
    runbooks.sort_by(|a, b| {
        b.verdict
            .cmp(&a.verdict)
            .then_with(|| (&a.severity, &a.id).cmp(&(&b.severity, &b.id)))
    });
    conclude(cause, runbooks)
}

fn conclude(cause: Option<model::Runbook>, runbooks: Vec<model::Runbook>) -> Conclusion {
    let verdict = match cause {
        Some(_) => Verdict::Critical,
        None => Verdict::worst(runbooks.iter().map(|runbook| runbook.verdict)),
    };
    let Some(leading) = cause.as_ref().or(runbooks.first()) else {
        return Conclusion {
            verdict,
            root_cause: None,
            summary: "Nothing was judged.".into(),
            next_action: None,
            escalation: None,
            runbooks,
        };
    };
    let summary = match (verdict, runbooks.as_slice()) {
        (Verdict::Ok, [_, _, ..]) => format!("All {} runbooks are ok.", runbooks.len()),
        (_, [only]) if only.id == leading.id => leading.summary.to_string(),
        _ => format!(
            "{}: {}",
            leading.id.as_str().to_uppercase(),
            leading.summary
        ),
    };
    Conclusion {
        verdict,
        root_cause: cause.as_ref().map(|cause| cause.id.clone()),
        summary: summary.into(),
        next_action: leading.next_action.clone(),
        escalation: leading.escalation.clone(),
        runbooks,
    }
}

/// One runbook with all its steps, or with the one asked for.
fn whole(asked: Asked<'_>, inputs: Inputs<'_>) -> model::Runbook {
    let kept = steps(asked.runbook, inputs)
        .into_iter()
        .enumerate()
        .filter(|(index, _)| asked.step.is_none_or(|only| only == *index));
    summed_up(asked.runbook, kept.map(|(_, judged)| judged).collect())
}

/// What the readings at hand already say of a runbook that was not asked for: those of
/// its steps whose every question was put anyway.
fn sign(runbook: &Runbook, inputs: Inputs<'_>) -> Option<model::Runbook> {
    let asked = |step: &crate::runbook::model::Step| {
        let mut facts = step.rules.iter().flat_map(|rule| rule.when.facts.iter());
        facts.all(|path| inputs.readings.get(path) != Known::NotAsked)
            && step.rules.iter().all(|rule| rule.when.steps.is_empty())
    };
    let kept: Vec<_> = steps(runbook, inputs)
        .into_iter()
        .zip(&runbook.steps)
        .filter(|(_, step)| asked(step))
        .map(|(judged, _)| judged)
        .collect();
    (!kept.is_empty()).then(|| summed_up(runbook, kept))
}

fn steps(runbook: &Runbook, inputs: Inputs<'_>) -> Vec<step::Judged> {
    let mut earlier = BTreeMap::new();
    let mut judged: Vec<step::Judged> = Vec::new();
    for (index, step) in runbook.steps.iter().enumerate() {
        let this = step::judge(runbook, index + 1, step, &earlier, inputs);
        earlier.insert(step.id.as_str(), this.step.verdict());
        judged.push(this);
    }
    judged
}

fn summed_up(runbook: &Runbook, judged: Vec<step::Judged>) -> model::Runbook {
    let verdict = Verdict::worst(judged.iter().map(|judged| judged.step.verdict()));
    let worst = || judged.iter().filter(|j| j.step.verdict() == verdict);
    let summary = match (verdict, worst().next()) {
        (Verdict::Ok, _) => "Every step is ok.".into(),
        (_, Some(judged)) => judged.step.summary.clone(),
        (_, None) => "Nothing was judged.".into(),
    };
    let next = worst()
        .find(|judged| judged.leads)
        .or_else(|| worst().next())
        .and_then(|judged| judged.step.next_action.clone());
    let escalations = judged.iter().filter_map(|j| j.step.escalation.clone());
    model::Runbook {
        id: runbook.id.as_str().into(),
        title: runbook.title.as_str().into(),
        severity: runbook.severity.as_str().into(),
        verdict,
        summary,
        blocked_by: None,
        next_action: next,
        escalation: escalations.min_by(|a, b| a.priority.cmp(&b.priority)),
        steps: judged.into_iter().map(|judged| judged.step).collect(),
    }
}

/// A parent explains its child: what the child shows is not judged until the parent is solved.
fn explain(child: &mut model::Runbook, parent: &str) {
    if child.verdict < Verdict::Unknown {
        return;
    }
    child.verdict = Verdict::Unknown;
    child.blocked_by = Some(parent.into());
    child.summary = format!("Not judged: {} comes first.", parent.to_uppercase()).into();
    child.next_action = Some(NextAction {
        text: format!("Solve {} first", parent.to_uppercase()).into(),
        command: Some(format!("duckops triage {parent}").into()),
    });
    child.escalation = None;
}
