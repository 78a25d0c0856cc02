//! Recordings of `duckops triage`: keeping what a run was told, and judging it again.

use super::args::shown;
use super::fail::Failure;
use super::{Context, args, out};
use crate::engine::run::EvaluatedRun;
use crate::engine::runbooks::evaluate_recording;
use crate::observation::Observations;
use crate::probe::ProbeContext;
use crate::recording::{self, LARGEST, Recording};
use crate::redact::Removed;
use crate::report::model::Report;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
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
        if fs::symlink_metadata(path).is_ok() {
            return Err(refused("it is there already; name a new file"));
        }
        if !folder(path).is_dir() {
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
        create(&self.path, &bytes).map_err(|error| error.to_string())?;
        let on_disk = fs::read(&self.path).map_err(|error| error.to_string())?;
        if on_disk != bytes || secrets.are_in(&on_disk) {
            let _ = fs::remove_file(&self.path);
            return Err("the file does not hold what was written".to_owned());
        }
        Ok(recording.removed.iter().map(|(_, many)| many).sum())
    }
}

/// A new file, 0600, synced; nothing of it stays where it cannot be written whole.
fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    let written = file
        .set_permissions(Permissions::from_mode(0o600))
        .and_then(|()| file.write_all(bytes))
        .and_then(|()| file.sync_all())
        .and_then(|()| File::open(folder(path))?.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Reads a recording; `-` is standard input.
pub(super) fn load(path: &Path) -> Result<Recording, Failure> {
    let failed = |why: String| Failure::usage(format!("{}: {why}", shown(path)));
    let mut bytes = Vec::new();
    let limit = LARGEST as u64 + 1;
    let read = match path.as_os_str() == "-" {
        true => io::stdin().lock().take(limit).read_to_end(&mut bytes),
        false => File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes)),
    };
    read.map_err(|error| failed(error.to_string()))?;
    recording::read(&bytes).map_err(|error| failed(error.to_string()))
}

/// `duckops triage --from FILE`
pub(super) fn replay(context: &Context, args: &args::Triage, path: &Path) -> Result<u8, Failure> {
    let recording = load(path)?;
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
