//! The runbooks, or the one step, that a command asks for, and those that may explain them.

use super::collect;
use super::report_origin::ReportOrigin;
use super::run::{CollectedRun, EvaluatedRun, Run};
use crate::fact::{self, Probe};
use crate::judge::{self, Inputs, Selection};
use crate::recording::Recording;
use crate::report::model::Report;
use crate::runbook::model::Runbook;
use crate::runbook::{Library, Missing};
use std::collections::BTreeSet;

/// The runbooks that were asked for, loaded and checked.
pub struct RequestedRunbooks {
    runbooks: Vec<Runbook>,
    /// The index of the only step of the first runbook that is evaluated.
    step: Option<usize>,
    /// Runbooks that may explain those.
    parents: Vec<Runbook>,
}

impl RequestedRunbooks {
    /// One runbook or all of them, or one step of one, by number or id.
    ///
    /// # Errors
    /// There is no such runbook or step, or a runbook is wrong.
    pub fn load(
        library: &Library,
        runbook: Option<&str>,
        step: Option<&str>,
    ) -> Result<Self, Missing> {
        let requested = match runbook {
            None => Self::without_parents(library.all()?, None),
            Some(id) => Self::without_parents(vec![library.get(id)?], step),
        };
        requested?.with_parents(library)
    }

    /// Several runbooks, each once; all of them where none is named.
    ///
    /// # Errors
    /// There is no such runbook, or one is wrong.
    pub fn load_several(library: &Library, ids: &[String]) -> Result<Self, Missing> {
        if ids.is_empty() {
            return Self::load(library, None, None);
        }
        let mut runbooks: Vec<Runbook> = Vec::new();
        for id in ids {
            let runbook = library.get(id)?;
            if !runbooks.iter().any(|known| known.id == runbook.id) {
                runbooks.push(runbook);
            }
        }
        Self::without_parents(runbooks, None)?.with_parents(library)
    }

    /// Loads built-in runbooks while their probes are asked, so that the first request does not
    /// wait for parsing. Only right for runbooks that are known to be valid: a wrong one is
    /// found after the questions.
    ///
    /// # Errors
    /// There is no such runbook or step.
    pub async fn load_while_collecting(
        library: Library,
        runbook: Option<&str>,
        step: Option<&str>,
        run: Run,
    ) -> Result<EvaluatedRun, Missing> {
        let (requested, probes) = match runbook {
            None => (None, Probe::ALL.into()),
            Some(id) => {
                let requested = Self::without_parents(vec![library.get(id)?], step)?;
                let probes = requested.probes();
                (Some(requested), probes)
            }
        };
        let load = move || match requested {
            None => Self::load(&library, None, None),
            Some(requested) => requested.with_parents(&library),
        };
        let (collected, loaded) = run
            .collect_with(&probes, async |_| {
                collect::requests_first().await;
                tokio::task::spawn_blocking(load).await
            })
            .await;
        let requested = match loaded {
            Ok(requested) => requested?,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        Ok(requested.evaluate(collected))
    }

    fn without_parents(runbooks: Vec<Runbook>, step: Option<&str>) -> Result<Self, Missing> {
        let step = match (step, runbooks.first()) {
            (Some(step), Some(runbook)) => Some(find_step(runbook, step)?),
            _ => None,
        };
        Ok(Self {
            runbooks,
            step,
            parents: Vec::new(),
        })
    }

    fn with_parents(mut self, library: &Library) -> Result<Self, Missing> {
        for id in self.runbooks.iter().flat_map(Runbook::explanations) {
            let mut known = self.runbooks.iter().chain(&self.parents);
            if !known.any(|known| known.id == *id) {
                self.parents.push(library.get(id)?);
            }
        }
        Ok(self)
    }

    /// The ids of those asked for, without parents.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.runbooks.iter().map(|runbook| runbook.id.as_str())
    }

    /// The probes that the requested steps need.
    pub fn probes(&self) -> BTreeSet<Probe> {
        let is_requested = |index: usize| self.step.is_none_or(|only| only == index);
        let steps = self.runbooks.iter().flat_map(|runbook| {
            let steps = runbook.steps.iter().enumerate();
            steps
                .filter(move |(index, _)| is_requested(*index))
                .map(move |(_, step)| (runbook, step))
        });
        let mut probes = collect::probes_for_steps(steps);
        // Whether the API is up, where an incident may have taken the evidence away.
        let is_explained = |runbook: &Runbook| !runbook.explained_by.is_empty();
        if self.runbooks.iter().any(is_explained) {
            probes.insert(Probe::Status);
        }
        probes
    }

    /// How many steps the runbooks have.
    pub fn step_count(&self) -> usize {
        let steps = self.runbooks.iter().map(|runbook| runbook.steps.len());
        steps.sum()
    }

    /// The steps whose rules compare facts of this probe, each by its runbook and its id. A fact of
    /// several probes, such as `fleet.state`, is none of one of them.
    pub fn steps_about(&self, probe: Probe) -> BTreeSet<(String, String)> {
        let is_about = |path: &&str| fact::find(path).is_some_and(|(of, _)| of == probe);
        let steps = self.runbooks.iter().flat_map(|runbook| {
            let steps = runbook.steps.iter();
            steps.filter_map(move |step| {
                let mut compared = step.rules.iter().flat_map(|rule| &rule.when.facts);
                let is_left = compared.any(&is_about);
                is_left.then(|| (runbook.id.clone(), step.id.clone()))
            })
        });
        steps.collect()
    }

    /// Asks the probes, evaluates the result and records it.
    pub async fn triage(&self, run: Run) -> Report {
        self.collect_and_evaluate(run).await.record().await
    }

    /// Asks the probes and evaluates the result.
    pub async fn collect_and_evaluate(&self, run: Run) -> EvaluatedRun {
        self.evaluate(run.collect(&self.probes()).await)
    }

    /// Evaluates a run that has been collected.
    pub fn evaluate(&self, collected: CollectedRun) -> EvaluatedRun {
        collected.evaluate(&self.selections(), &self.parents())
    }

    /// Evaluates a recording.
    fn evaluate_recording(&self, recording: &Recording) -> Report {
        let inputs = Inputs {
            observations: &recording.observations,
            naming: &recording.naming,
        };
        let origin = ReportOrigin {
            stack: recording.stack.clone(),
            started_at: recording.started_at,
            took: recording.took,
            notes: recording.notes.clone(),
            deploy_log: None,
            expected: None,
        };
        origin.report(judge::judge(&self.selections(), &self.parents(), inputs))
    }

    fn selections(&self) -> Vec<Selection<'_>> {
        let runbooks = self.runbooks.iter();
        let selection = |runbook| Selection {
            runbook,
            step: self.step,
        };
        runbooks.map(selection).collect()
    }

    fn parents(&self) -> Vec<&Runbook> {
        self.parents.iter().collect()
    }
}

/// Evaluates a recording with these runbooks: with the one that is named, or with those that
/// were asked for when it was recorded.
///
/// # Errors
/// There is no such runbook or step, or a runbook is wrong.
pub fn evaluate_recording(
    library: &Library,
    recording: &Recording,
    runbook: Option<&str>,
    step: Option<&str>,
) -> Result<Report, Missing> {
    let (runbook, step) = match runbook {
        Some(_) => (runbook, step),
        None => (recording.runbook.as_deref(), recording.step.as_deref()),
    };
    let requested = RequestedRunbooks::load(library, runbook, step)?;
    Ok(requested.evaluate_recording(recording))
}

fn find_step(runbook: &Runbook, name: &str) -> Result<usize, Missing> {
    let number = name.parse::<usize>().ok();
    let by_number = number
        .and_then(|number| number.checked_sub(1))
        .filter(|index| *index < runbook.steps.len());
    let by_id = || {
        let id = name.to_lowercase();
        runbook.steps.iter().position(|step| step.id == id)
    };
    by_number.or_else(by_id).ok_or_else(|| {
        let known = runbook.steps.iter().map(|step| step.id.as_str());
        Missing::name("step", name, known)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// [`RequestedRunbooks::load_while_collecting`] relies on it.
    #[test]
    fn built_in_runbooks_together_need_every_probe() {
        let library = Library::open(None).expect("the built-in ones");
        let requested = RequestedRunbooks::load(&library, None, None).expect("they are right");
        assert_eq!(requested.probes(), Probe::ALL.into());
    }
}
