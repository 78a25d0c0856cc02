//! The cases of a runbook, judged by the same law, and what they leave uncovered.

use super::inputs::Inputs;
use super::steps;
use crate::observation::{Observations, Unavailable, UnavailableReason};
use crate::report::model::Verdict;
use crate::runbook::Complaint;
use crate::runbook::model::{Case, Runbook};
use crate::text::StackNames;
use std::collections::BTreeSet;
use std::ops::Range;
use time::OffsetDateTime;

/// What the cases of one runbook showed.
#[derive(Debug)]
pub struct CaseResults {
    /// How many cases were judged, the generated all-silent one included.
    pub cases: usize,
    /// How many verdicts were compared.
    pub verdicts: usize,
    /// Every verdict that was not as expected and every rule that no case reached.
    pub complaints: Vec<Complaint>,
    /// What was checked, each with its share of the complaints, in order.
    pub checks: Vec<Check>,
}

/// One thing that was checked.
#[derive(Debug)]
pub struct Check {
    /// The name of the case, or what else was checked.
    pub name: String,
    /// Which of the complaints it gave rise to.
    pub complaints: Range<usize>,
}

impl CaseResults {
    /// What was complained about since the check before is this one's.
    fn checked(&mut self, name: &str) {
        let before = self.checks.last().map_or(0, |check| check.complaints.end);
        self.checks.push(Check {
            name: name.to_owned(),
            complaints: before..self.complaints.len(),
        });
    }
}

/// Judges every case and the generated case in which nothing answers.
pub fn rehearse(runbook: &Runbook) -> CaseResults {
    let mut outcome = CaseResults {
        cases: 0,
        verdicts: 0,
        complaints: Vec::new(),
        checks: Vec::new(),
    };
    let mut reached: BTreeSet<(usize, usize)> = BTreeSet::new();
    for case in &runbook.cases {
        play(runbook, case, &mut outcome, &mut reached);
        outcome.checked(&case.name);
    }
    unavailable(runbook, &mut outcome);
    outcome.checked("nothing answers");
    for (at, step) in runbook.steps.iter().enumerate() {
        for (index, rule) in step.rules.iter().enumerate() {
            if !reached.contains(&(at, index)) {
                let text = format!(
                    "no [[case]] reaches this rule of step {}: {}",
                    step.id, rule.when.source
                );
                outcome.complaints.push(Complaint {
                    file: runbook.file.clone(),
                    line: rule.line,
                    text,
                });
            }
        }
    }
    outcome.checked("every rule is reached by a case");
    outcome
}

fn play(
    runbook: &Runbook,
    case: &Case,
    outcome: &mut CaseResults,
    reached: &mut BTreeSet<(usize, usize)>,
) {
    let mut observations = Observations::default();
    for (probe, declared) in crate::fact::all() {
        let mut observation = crate::observation::Observation::silent(
            probe,
            Unavailable::new(UnavailableReason::Missing, "this case does not say"),
        );
        for fact in declared {
            if let Some(value) = case.facts.get(fact.path) {
                observation.set(fact.path, value.clone(), OffsetDateTime::UNIX_EPOCH);
            }
        }
        observations.add(declared, observation);
    }
    outcome.cases += 1;
    for (at, judged) in judge(runbook, &observations).into_iter().enumerate() {
        reached.extend(judged.rule.map(|rule| (at, rule)));
        let step = &runbook.steps[at];
        let Some(expected) = case.expect.get(&step.id) else {
            continue;
        };
        outcome.verdicts += 1;
        let found = judged.step.verdict();
        if found != *expected {
            let text = format!(
                "case `{}`: step {} is {}, expected {}: {}",
                case.name,
                step.id,
                found.word(),
                expected.word(),
                judged.step.summary
            );
            outcome.complaints.push(Complaint {
                file: runbook.file.clone(),
                line: case.line,
                text,
            });
        }
    }
}

/// With nothing answered, nothing may be said.
fn unavailable(runbook: &Runbook, outcome: &mut CaseResults) {
    let mut observations = Observations::default();
    for (probe, declared) in crate::fact::all() {
        let observation = crate::observation::Observation::silent(
            probe,
            Unavailable::new(UnavailableReason::TimedOut, "nothing answered"),
        );
        observations.add(declared, observation);
    }
    outcome.cases += 1;
    for (judged, step) in judge(runbook, &observations).iter().zip(&runbook.steps) {
        outcome.verdicts += 1;
        if judged.step.verdict() != Verdict::Unknown {
            let text = format!(
                "with nothing answered step {} is {}",
                step.id,
                judged.step.verdict().word()
            );
            outcome.complaints.push(Complaint {
                file: runbook.file.clone(),
                line: step.line,
                text,
            });
        }
    }
}

fn judge(runbook: &Runbook, observations: &Observations) -> Vec<super::step::Judged> {
    let naming = StackNames::new();
    steps(
        runbook,
        Inputs {
            observations,
            naming: &naming,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::Library;

    #[test]
    fn every_verdict_is_compared_and_counted() {
        let library = Library::open(None)
            .expect("the built-in runbooks")
            .with_cases();
        for id in ["inc-001", "inc-005", "bond"] {
            let runbook = library.get(id).expect("a built-in runbook");
            let expected: usize = runbook.cases.iter().map(|case| case.expect.len()).sum();
            let found = rehearse(&runbook);
            assert_eq!(found.complaints.len(), 0, "{:?}", found.complaints);
            assert_eq!(found.cases, runbook.cases.len() + 1, "{id}");
            assert_eq!(found.verdicts, expected + runbook.steps.len(), "{id}");
        }
    }
}
