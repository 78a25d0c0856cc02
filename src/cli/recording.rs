//! Recordings: reading one, and `duckops triage --from FILE`.

use super::fail::Failure;
use super::{Context, args, named_file, out};
use crate::engine::runbooks::evaluate_recording;
use crate::recording::{self, LARGEST, Recording};
use crate::text::Printable;
use std::path::Path;

/// Reads the recording that `flag` names, or an argument by itself; `-` is standard input.
pub(super) async fn load(context: &Context, flag: &str, path: &Path) -> Result<Recording, Failure> {
    let bytes = named_file::bytes(context, flag, path, LARGEST as u64).await?;
    recording::read(&bytes).map_err(|error| {
        let path = Printable::path(path);
        let make = "give one that triage wrote: duckops triage --save incident.json";
        Failure::usage(format!("{flag}{path}: {error}\n{make}"))
    })
}

/// `duckops triage --from FILE`
pub(super) async fn replay(
    context: &Context,
    args: &args::TriageArgs,
    path: &Path,
) -> Result<u8, Failure> {
    let recording = load(context, "--from: ", path).await?;
    out::warn(&format!(
        "judged from {}, recorded at {}; no request was sent",
        Printable::path(path),
        crate::fact::utc(recording.started_at)
    ));
    let report = evaluate_recording(
        &context.library,
        &recording,
        args.runbook.as_deref(),
        args.step.as_deref(),
    )?;
    Ok(context.out.report(&report))
}
