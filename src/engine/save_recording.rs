//! `--save`: the observations of a run as a file that can be evaluated again.

use super::run::EvaluatedRun;
use crate::observation::Observations;
use crate::probe::ProbeContext;
use crate::recording::{self, LARGEST, Recording};
use crate::redact::Removed;
use crate::report::model::Report;
use crate::state_dir::input::{self, Links};
use crate::state_dir::output;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file that is to be made of a run.
#[derive(Debug)]
pub struct SaveRequest {
    /// Where; nothing is there yet.
    path: PathBuf,
    /// Whether the number of the AWS account is taken out.
    hides_account: bool,
    runbook: Option<String>,
    step: Option<String>,
}

/// Why a path cannot be the file. Completes "`--save: PATH: …`".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SaveRefused {
    /// It ends in `..` or is the root.
    #[error("it is no name of a file")]
    NoFileName,
    /// It exists: it may be the only record of an incident.
    #[error("it is there already")]
    Exists,
    /// Its folder does not exist.
    #[error("there is no such folder")]
    NoFolder,
}

/// The parts of a run that the file needs.
pub struct RecordedParts {
    observations: Observations,
    removed: Removed,
    probe_context: Arc<ProbeContext>,
}

impl RecordedParts {
    /// Takes them from a run.
    pub fn take(evaluated: &mut EvaluatedRun) -> Self {
        Self {
            observations: std::mem::take(&mut evaluated.observations),
            removed: std::mem::take(&mut evaluated.removed),
            probe_context: Arc::clone(&evaluated.probe_context),
        }
    }
}

impl SaveRequest {
    /// Checks the path before anything is asked. `requested` is the runbook and the step.
    ///
    /// # Errors
    /// [`SaveRefused`].
    pub fn new(
        path: &Path,
        hides_account: bool,
        requested: (Option<String>, Option<String>),
    ) -> Result<Self, SaveRefused> {
        if path.file_name().is_none() {
            return Err(SaveRefused::NoFileName);
        }
        if output::is_taken(path) {
            return Err(SaveRefused::Exists);
        }
        if !output::folder_of(path).is_dir() {
            return Err(SaveRefused::NoFolder);
        }
        let (runbook, step) = requested;
        Ok(Self {
            path: path.to_owned(),
            hides_account,
            runbook,
            step,
        })
    }

    /// The path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the file; yields how many secrets were taken out.
    ///
    /// # Errors
    /// The text of why there is no file. Nothing is left of it.
    pub async fn save(&self, parts: RecordedParts, report: &Report) -> Result<usize, String> {
        let stack = &parts.probe_context.stack;
        let secrets = parts.probe_context.secrets().await;
        let secrets = match self.hides_account {
            true => secrets.with_account(&stack.account.value),
            false => secrets,
        };
        let mut recording = Recording {
            stack: report.stack.clone(),
            naming: stack.naming(),
            started_at: report.started_at,
            took: report.took,
            runbook: self.runbook.clone(),
            step: self.step.clone(),
            notes: report.notes.clone(),
            observations: parts.observations,
            removed: parts.removed,
        };
        let bytes =
            recording::write(&mut recording, &secrets).map_err(|leaks| leaks.to_string())?;
        // A file that cannot be evaluated again is no recording.
        recording::read(&bytes).map_err(|error| error.to_string())?;
        output::create(&self.path, &bytes, output::PRIVATE).map_err(|error| error.to_string())?;
        let on_disk = input::read_file(&self.path, Links::Refuse, LARGEST as u64)
            .map_err(|error| error.to_string())?;
        if on_disk != bytes || secrets.are_in(&on_disk) {
            output::remove(&self.path);
            return Err("the file does not hold what was written".to_owned());
        }
        Ok(recording.removed.iter().map(|(_, count)| count).sum())
    }
}
