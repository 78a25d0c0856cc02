//! A recorded incident, practised.

use super::{Drill, DrillError, Played, from_recording};
use crate::engine::runbooks::{RequestedRunbooks, evaluate_recording};
use crate::fact::{Fact, FactValue, Probe};
use crate::observation::FactState;
use crate::practice::FakeStack;
use crate::recording::{MISSING, Recording};
use crate::report::model::{self, Report};
use std::collections::BTreeSet;
use time::OffsetDateTime;

/// What came of a recording that was played.
pub struct Replayed {
    /// Its triage.
    pub played: Played,
    /// The steps that end otherwise than they did, a line each.
    pub different: Vec<String>,
    /// How many steps were compared.
    pub steps: usize,
    /// How many were left out: the requests and bonds that they are about cannot be rebuilt, or an
    /// older recording lacks their facts.
    pub not_played: usize,
}

impl Drill<'_> {
    /// Plays a recording from its own time on: of the runbook that is named, else of those that
    /// were asked for when it was made.
    ///
    /// # Errors
    /// [`DrillError`].
    pub async fn replay(
        self,
        recording: &Recording,
        title: &str,
        runbook: Option<&str>,
    ) -> Result<Replayed, DrillError> {
        let due = evaluate_recording(self.library, recording, runbook, None)?;
        let (asked, step) = match runbook {
            Some(runbook) => (Some(runbook), None),
            None => (recording.runbook.as_deref(), recording.step.as_deref()),
        };
        let selection = RequestedRunbooks::load(self.library, asked, step)?;
        // To the second, as facts are.
        let began = OffsetDateTime::from_unix_timestamp(recording.started_at.unix_timestamp());
        let began = began.map_err(|_| DrillError::Time)?;
        let expected = match recording.observations.get("alias.pinned") {
            FactState::Known(Fact {
                value: FactValue::Text(version),
                ..
            }) => Some(version.printable(40).to_string()),
            _ => None,
        };
        let recorded: usize = due.runbooks.iter().map(|runbook| runbook.steps.len()).sum();
        let is_of_people = is_of_people(&selection);
        let left_out = match is_of_people {
            true => BTreeSet::new(),
            false => selection.steps_about(Probe::Connections),
        };
        let world = from_recording::world(recording, began, is_of_people);
        let played = self.perform(world, &selection, title, expected).await?;
        let due = without(due, &left_out);
        let steps = due.runbooks.iter().map(|runbook| runbook.steps.len()).sum();
        Ok(Replayed {
            different: differences(&due, &played.report),
            steps,
            not_played: recorded - steps,
            played,
        })
    }

    /// The world of a recording from `now` on, for the runbooks that were asked for then.
    ///
    /// # Errors
    /// [`DrillError`].
    pub fn world_of(
        self,
        recording: &Recording,
        now: OffsetDateTime,
    ) -> Result<FakeStack, DrillError> {
        let (asked, step) = (recording.runbook.as_deref(), recording.step.as_deref());
        let selection = RequestedRunbooks::load(self.library, asked, step)?;
        Ok(from_recording::world(
            recording,
            now,
            is_of_people(&selection),
        ))
    }
}

/// Whether these are about nothing but requests and bonds.
fn is_of_people(selection: &RequestedRunbooks) -> bool {
    selection.steps_about(Probe::Connections).len() == selection.step_count()
}

/// The report without these steps, each named by its runbook and its id, and without those that
/// an older recording lacks the facts of.
fn without(mut report: Report, left_out: &BTreeSet<(String, String)>) -> Report {
    for runbook in &mut report.runbooks {
        let id = runbook.id.to_string();
        runbook.steps.retain(|step| {
            let lacks_facts = step.verdict() == model::Verdict::Unknown
                && step.summary.as_str().ends_with(MISSING);
            !lacks_facts && !left_out.contains(&(id.clone(), step.id.to_string()))
        });
    }
    report
}

/// The steps that end otherwise than they did: the recording holds too little to play them.
fn differences(due: &Report, played: &Report) -> Vec<String> {
    let mut otherwise = Vec::new();
    for runbook in &due.runbooks {
        let same = played.runbooks.iter().find(|other| other.id == runbook.id);
        for step in &runbook.steps {
            let steps = same.into_iter().flat_map(|same| &same.steps);
            let found = steps.clone().find(|other| other.id == step.id);
            let (was, is) = (step.verdict(), found.map(model::StepReport::verdict));
            if is != Some(was) {
                let is = is.map_or("not there", model::Verdict::word);
                otherwise.push(format!(
                    "otherwise: {} {} was {}, plays as {is}: {}",
                    runbook.id,
                    step.id,
                    was.word(),
                    found.map_or("", |step| step.summary.as_str()),
                ));
            }
        }
    }
    otherwise
}
