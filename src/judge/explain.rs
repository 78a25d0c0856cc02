//! How one incident explains another.
//!
//! A rule names the incidents that explain what it finds: the step keeps its verdict and its numbers
//! and says "caused by INC-003". A runbook names those that take its evidence away: what is unknown
//! of it then is not judged until they are solved. Either way it is not an incident of its own.

use super::step::Judged;
use crate::report::model::{NextAction, RunbookReport, Verdict};
use crate::runbook::model::Runbook;
use std::collections::BTreeSet;

/// Names the critical incident that explains what a rule found, in the step that it decided.
pub(super) fn rules(runbook: &Runbook, judged: &mut [Judged], critical: &BTreeSet<String>) {
    for judged in judged {
        let step = &mut judged.step;
        let written = runbook.steps.get(step.number - 1);
        let rule = judged.rule.and_then(|rule| written?.rules.get(rule));
        let is_critical = |id: &&String| **id != runbook.id && critical.contains(*id);
        let Some(parent) = rule.and_then(|rule| rule.explained_by.iter().find(is_critical)) else {
            continue;
        };
        let name = parent.to_uppercase();
        step.summary = format!("{}; caused by {name}", step.summary).into();
        step.next_action = Some(solve(parent));
        step.escalation = None;
        judged.explained_by = Some(parent.clone());
    }
}

/// The critical incident that explains the verdict of a whole runbook.
pub(super) fn parent(
    runbook: &Runbook,
    judged: &[Judged],
    critical: &BTreeSet<String>,
) -> Option<String> {
    let verdict = Verdict::worst(judged.iter().map(|judged| judged.step.verdict()));
    let mut worst = judged.iter().filter(|one| one.step.verdict() == verdict);
    match verdict {
        Verdict::Unknown => {
            let mut parents = runbook.explained_by.iter();
            parents.find(|id| critical.contains(*id)).cloned()
        }
        Verdict::Warning | Verdict::Critical => {
            let first = worst.next()?.explained_by.clone()?;
            worst.all(|one| one.explained_by.is_some()).then_some(first)
        }
        Verdict::Ok | Verdict::Skipped => None,
    }
}

/// Says of a runbook that another incident explains it.
pub(super) fn block(report: &mut RunbookReport, parent: &str) {
    let name = parent.to_uppercase();
    if report.verdict == Verdict::Unknown {
        report.summary = format!("not judged: {name} is critical").into();
    } else {
        let is_said = report
            .summary
            .as_str()
            .ends_with(&format!("caused by {name}"));
        if !is_said {
            report.summary = format!("{}; caused by {name}", report.summary).into();
        }
    }
    report.blocked_by = Some(parent.into());
    report.next_action = Some(solve(parent));
    report.then = None;
    report.escalation = None;
}

pub(super) fn solve(parent: &str) -> NextAction {
    NextAction {
        text: format!("Fix {} first", parent.to_uppercase()).into(),
        command: Some(format!("duckops triage {parent}").into()),
    }
}
