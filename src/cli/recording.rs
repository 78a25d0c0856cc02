//! Recordings of `duckops triage`: keeping what a run was told, and judging it again.

use super::args::shown;
use super::fail::Failure;
use super::{Context, args, named_file, out};
use crate::engine::run::EvaluatedRun;
use crate::engine::runbooks::evaluate_recording;
use crate::observation::Observations;
use crate::probe::ProbeContext;
use crate::recording::{self, LARGEST, Recording};
use crate::redact::Removed;
use crate::report::model::Report;
use crate::state_dir::input::{self, Links};
use crate::state_dir::output;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file that is to be made of a run.
pub(super) struct Saving {
    path: PathBuf,
    hides_account: bool,
    runbook: Option<String>,
    step: Option<String>,
}

/// What of a run goes into the file.
pub(super) struct Kept {
    observations: Observations,
    removed: Removed,
    asking: Arc<ProbeContext>,
}

impl Kept {
    /// Takes it from a run that was judged.
    pub(super) fn of(judged: &mut EvaluatedRun) -> Self {
        Self {
            observations: std::mem::take(&mut judged.observations),
            removed: std::mem::take(&mut judged.removed),
            asking: Arc::clone(&judged.probe_context),
        }
    }
}

impl Saving {
    /// What the command line asks for. A file that is there already is refused before anybody
    /// is asked: it may be the only record of an incident.
    pub(super) fn wanted(args: &args::Triage) -> Result<Option<Self>, Failure> {
        let Some(path) = &args.save else {
            return Ok(None);
        };
        let refused = |why: &str| Failure::usage(format!("--save: {}: {why}", shown(path)));
        if path.file_name().is_none() {
            return Err(refused("it is no name of a file"));
        }
        if output::is_taken(path) {
            return Err(refused("it is there already; name a new file"));
        }
        if !output::folder_of(path).is_dir() {
            return Err(refused("there is no such folder"));
        }
        Ok(Some(Self {
            path: path.clone(),
            hides_account: args.hide_account,
            runbook: args.runbook.clone(),
            step: args.step.clone(),
        }))
    }

    /// Makes the file. That it cannot be made changes no verdict, and is said.
    pub(super) async fn save(self, kept: Kept, report: &Report) {
        let path = shown(&self.path);
        match self.write(kept, report).await {
            Ok(many) => {
                let removed = match many {
                    0 => "nothing in it looks like a secret".to_owned(),
                    many => format!("{many} secrets were taken out"),
                };
                out::warn(&format!(
                    "saved {path} ({removed}); to judge it again: duckops triage --from {path}"
                ));
            }
            Err(why) => out::warn(&format!("duckops: {path} was not saved: {why}")),
        }
    }

    async fn write(self, kept: Kept, report: &Report) -> Result<usize, String> {
        let stack = &kept.asking.stack;
        let secrets = kept.asking.secrets().await;
        let secrets = match self.hides_account {
            true => secrets.with_account(&stack.account.value),
            false => secrets,
        };
        let mut recording = Recording {
            stack: report.stack.clone(),
            naming: stack.naming(),
            started_at: report.started_at,
            took: report.took,
            runbook: self.runbook,
            step: self.step,
            notes: report.notes.clone(),
            observations: kept.observations,
            removed: kept.removed,
        };
        let bytes =
            recording::write(&mut recording, &secrets).map_err(|leaks| leaks.to_string())?;
        // What cannot be judged again is no recording.
        recording::read(&bytes).map_err(|error| error.to_string())?;
        output::create(&self.path, &bytes, output::PRIVATE).map_err(|error| error.to_string())?;
        let on_disk = input::read_file(&self.path, Links::Refuse, LARGEST as u64)
            .map_err(|error| error.to_string())?;
        if on_disk != bytes || secrets.are_in(&on_disk) {
            output::remove(&self.path);
            return Err("the file does not hold what was written".to_owned());
        }
        Ok(recording.removed.iter().map(|(_, many)| many).sum())
    }
}

/// Reads the recording that `flag` names, or an argument by itself; `-` is standard input.
pub(super) async fn load(context: &Context, flag: &str, path: &Path) -> Result<Recording, Failure> {
    let bytes = named_file::bytes(context, flag, path, LARGEST as u64).await?;
    recording::read(&bytes)
        .map_err(|error| Failure::usage(format!("{flag}{}: {error}", shown(path))))
}

/// `duckops triage --from FILE`
pub(super) async fn replay(
    context: &Context,
    args: &args::Triage,
    path: &Path,
) -> Result<u8, Failure> {
    let recording = load(context, "--from: ", path).await?;
    out::warn(&format!(
        "judged from {}, recorded at {}; nobody was asked now",
        shown(path),
        crate::fact::instant(recording.started_at.unix_timestamp())
    ));
    let report = evaluate_recording(
        &context.library,
        &recording,
        args.runbook.as_deref(),
        args.step.as_deref(),
    )?;
    Ok(context.out.report(&report))
}
