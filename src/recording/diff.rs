//! What changed between two recordings: verdicts of steps, and facts.

use crate::fact::{self, FactType, FactValue};
use crate::observation::{FactState, Observations, UnavailableReason};
use crate::report::model::{Report, Verdict};
use crate::report::words::cut;
use crate::text::Printable;
use serde_json::json;

/// Columns of a value in a table.
const VALUE: usize = 40;

/// A step whose verdict is another.
#[derive(Debug)]
pub struct VerdictChange {
    runbook: Printable,
    step: Printable,
    before: Option<Verdict>,
    after: Verdict,
    summary: Printable,
}

/// The steps of `after` whose verdict is another than in `before`.
pub fn verdict_changes(before: &Report, after: &Report) -> Vec<VerdictChange> {
    let was = |runbook: &Printable, step: &Printable| {
        let known = before.runbooks.iter().find(|known| known.id == *runbook)?;
        let step = known.steps.iter().find(|known| known.id == *step)?;
        Some(step.verdict())
    };
    let steps = after
        .runbooks
        .iter()
        .flat_map(|runbook| runbook.steps.iter().map(move |step| (runbook, step)));
    let moved = steps.map(|(runbook, step)| VerdictChange {
        runbook: runbook.id.clone(),
        step: step.id.clone(),
        before: was(&runbook.id, &step.id),
        after: step.verdict(),
        summary: step.summary.clone(),
    });
    moved
        .filter(|step| step.before != Some(step.after))
        .collect()
}

impl VerdictChange {
    /// As cells of a table.
    pub fn row(&self) -> [Printable; 4] {
        let before = self.before.map_or("-", Verdict::word);
        [
            format!("{} {}", self.runbook, self.step).into(),
            before.into(),
            self.after.word().into(),
            self.summary.clone(),
        ]
    }

    /// As an object.
    pub fn json(&self) -> serde_json::Value {
        json!({
            "runbook": self.runbook.as_str(),
            "step": self.step.as_str(),
            "before": self.before.map(Verdict::word),
            "after": self.after.word(),
            "summary": self.summary.as_str(),
        })
    }
}

/// A fact that is another, or is known in one of the two only.
#[derive(Debug)]
pub struct FactChange {
    fact: &'static str,
    before: Printable,
    after: Printable,
    by: Option<f64>,
    is_of_one: bool,
}

/// The facts that differ.
pub fn fact_changes(before: &Observations, after: &Observations) -> Vec<FactChange> {
    let facts = fact::all().flat_map(|(_, facts)| facts);
    let both = facts.map(|fact| (fact.path, before.get(fact.path), after.get(fact.path)));
    let same = |before: &FactState<'_>, after: &FactState<'_>| match (before, after) {
        (FactState::Known(before), FactState::Known(after)) => before.value == after.value,
        (FactState::Unavailable(before), FactState::Unavailable(after)) => before.why == after.why,
        (before, after) => before == after,
    };
    both.filter(|(_, before, after)| !same(before, after))
        .map(|(fact, before, after)| FactChange {
            fact,
            before: shown(&before),
            after: shown(&after),
            is_of_one: is_unasked(&before) || is_unasked(&after),
            by: match (number(&before), number(&after)) {
                (Some(before), Some(after)) => Some(after - before),
                _ => None,
            },
        })
        .collect()
}

fn is_unasked(known: &FactState<'_>) -> bool {
    match known {
        FactState::Known(_) => false,
        FactState::Unavailable(unavailable) => unavailable.why == UnavailableReason::NotAsked,
        FactState::NotAsked => true,
    }
}

fn shown(known: &FactState<'_>) -> Printable {
    match known {
        FactState::Known(fact) => fact.value.shown(),
        FactState::Unavailable(unavailable) => {
            format!("not known ({})", unavailable.why.code()).into()
        }
        FactState::NotAsked => "not requested".into(),
    }
}

fn number(known: &FactState<'_>) -> Option<f64> {
    match known {
        FactState::Known(fact) => match fact.value {
            FactValue::Int(n) | FactValue::Duration(n) => Some(n as f64),
            FactValue::Float(x) => Some(x),
            _ => None,
        },
        _ => None,
    }
}

impl FactChange {
    /// Whether it differs by too little to be shown.
    pub fn is_slight(&self) -> bool {
        self.before == self.after
    }

    /// Whether at most one of the two recordings asked for it.
    pub fn is_of_one(&self) -> bool {
        self.is_of_one
    }

    /// As cells of a table; a long value is cut, JSON has the whole of it.
    pub fn row(&self) -> [Printable; 2] {
        let ty = fact::find(self.fact).map(|(_, declared)| declared.ty);
        let by = match (self.by, ty) {
            (None, _) => String::new(),
            (Some(by), Some(FactType::Duration)) => {
                let sign = if by < 0.0 { '-' } else { '+' };
                format!("{sign}{}", fact::duration(by.abs() as i64))
            }
            (Some(by), Some(FactType::Float)) => format!("{by:+.2}"),
            (Some(by), _) => format!("{by:+}"),
        };
        let [before, after] = [&self.before, &self.after].map(|value| cut(value.as_str(), VALUE));
        let by = match by.as_str() {
            "" => by,
            by => format!(" ({by})"),
        };
        [self.fact.into(), format!("{before} -> {after}{by}").into()]
    }

    /// As an object.
    pub fn json(&self) -> serde_json::Value {
        json!({
            "fact": self.fact,
            "before": self.before.as_str(),
            "after": self.after.as_str(),
            "by": self.by,
        })
    }
}
