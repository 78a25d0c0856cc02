//! `duckops drill --from FILE`: a recorded incident, practised.

use super::{Played, from_recording, perform};
use crate::cli::args::shown;
use crate::cli::fail::Failure;
use crate::cli::recording::load;
use crate::cli::{Context, out};
use crate::engine::runbooks::{RequestedRunbooks, evaluate_recording};
use crate::exit;
use crate::fact::{Fact, FactValue, instant};
use crate::observation::FactState;
use crate::practice::FakeStack;
use crate::recording::Recording;
use crate::report::model::{self, Report};
use std::path::Path;
use time::OffsetDateTime;

/// The recorded world from `now` on, and what it is called.
pub(super) async fn world(
    context: &Context,
    file: &Path,
    now: OffsetDateTime,
) -> Result<(FakeStack, String), Failure> {
    let recording = load(context, "--from: ", file).await?;
    Ok((
        from_recording::world(&recording, now),
        title(file, &recording),
    ))
}

fn title(file: &Path, recording: &Recording) -> String {
    let at = instant(recording.started_at.unix_timestamp());
    format!("rebuilt from {}, recorded at {at}", shown(file))
}

pub(super) async fn main(
    context: &Context,
    file: &Path,
    runbook: Option<&str>,
) -> Result<u8, Failure> {
    let recording = load(context, "--from: ", file).await?;
    let due = evaluate_recording(&context.library, &recording, runbook, None)?;
    let (asked, step) = match runbook {
        Some(runbook) => (Some(runbook), None),
        None => (recording.runbook.as_deref(), recording.step.as_deref()),
    };
    let selection = RequestedRunbooks::load(&context.library, asked, step)?;
    // To the second, as facts are.
    let began = OffsetDateTime::from_unix_timestamp(recording.started_at.unix_timestamp());
    let began = began.map_err(|_| Failure::internal())?;
    let expected = match recording.observations.get("alias.pinned") {
        FactState::Known(Fact {
            value: FactValue::Text(version),
            ..
        }) => Some(version.printable(40).to_string()),
        _ => None,
    };
    let (world, title) = (
        from_recording::world(&recording, began),
        title(file, &recording),
    );
    let mut played = perform(context, world, &selection, &title, expected).await?;
    let otherwise = compare(&due, &played.report);
    let steps: usize = due.runbooks.iter().map(|runbook| runbook.steps.len()).sum();
    let same = steps - otherwise.len();
    out::warn(&format!("practice {title}"));
    otherwise.iter().for_each(|line| out::warn(line));
    played.wrong.iter().for_each(|line| out::warn(line));
    out::warn(&format!(
        "{same} of {steps} steps end as recorded, with {} requests over HTTP on 127.0.0.1",
        played.requests
    ));
    played.wrong.extend(otherwise);
    let Played { report, wrong, .. } = played;
    let code = match wrong.is_empty() {
        true => exit::OK,
        false => exit::UNKNOWN,
    };
    let rendered = context.out.rendered_ended(&report, code);
    Ok(context.out.print(&rendered, code))
}

/// The steps that end otherwise than they did: the recording holds too little to play them.
fn compare(due: &Report, played: &Report) -> Vec<String> {
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
