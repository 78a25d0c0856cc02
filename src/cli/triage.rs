//! `duckops triage`: every incident, one, or one step of one.

use super::Context;
use super::args;
use super::fail::Failure;
use super::run::Run;
use crate::judge::Asked;
use crate::report::model::Report;
use crate::runbook::model::Runbook;
use crate::runbook::{Library, Missing};
use crate::triage;

/// What was asked for, and what may explain it.
pub(super) struct Selection {
    asked: Vec<Runbook>,
    step: Option<usize>,
    parents: Vec<Runbook>,
}

impl Selection {
    /// Loads and checks the runbooks before anyone is asked anything.
    pub(super) fn load(
        library: &Library,
        runbook: Option<&str>,
        step: Option<&str>,
    ) -> Result<Self, Missing> {
        let asked = match runbook {
            None => library.all()?,
            Some(id) => vec![library.get(id)?],
        };
        let step = match (step, asked.first()) {
            (Some(step), Some(runbook)) => Some(find_step(runbook, step)?),
            _ => None,
        };
        let mut parents: Vec<Runbook> = Vec::new();
        for id in asked.iter().flat_map(Runbook::explanations) {
            if !asked.iter().chain(&parents).any(|known| known.id == *id) {
                parents.push(library.get(id)?);
            }
        }
        Ok(Self {
            asked,
            step,
            parents,
        })
    }

    /// Asks what they need and judges them.
    pub(super) async fn judge(&self, run: Run) -> Report {
        let steps = self.asked.iter().flat_map(|runbook| {
            let wanted = |index: &usize| self.step.is_none_or(|only| only == *index);
            runbook
                .steps
                .iter()
                .enumerate()
                .filter(move |(index, _)| wanted(index))
                .map(move |(_, step)| (runbook, step))
        });
        let answered = run.ask(&triage::needed(steps)).await;
        let asked: Vec<_> = self
            .asked
            .iter()
            .map(|runbook| Asked {
                runbook,
                step: self.step,
            })
            .collect();
        answered
            .conclude(&asked, &self.parents.iter().collect::<Vec<_>>())
            .await
    }
}

fn find_step(runbook: &Runbook, asked: &str) -> Result<usize, Missing> {
    let by_number = asked
        .parse::<usize>()
        .ok()
        .and_then(|number| number.checked_sub(1));
    by_number
        .filter(|index| *index < runbook.steps.len())
        .or_else(|| {
            runbook
                .steps
                .iter()
                .position(|step| step.id == asked.to_lowercase())
        })
        .ok_or_else(|| {
            Missing::name(
                "step",
                asked,
                runbook.steps.iter().map(|step| step.id.as_str()),
            )
        })
}

pub(super) async fn main(context: &Context, args: &args::Triage) -> Result<u8, Failure> {
    let selection = Selection::load(
        &context.library,
        args.runbook.as_deref(),
        args.step.as_deref(),
    )?;
    let report = selection.judge(Run::of(context)?).await;
    Ok(context.out.report(&report))
}
