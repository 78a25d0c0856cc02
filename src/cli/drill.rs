//! `duckops drill`: the same triage, over HTTP, on the embedded practice stack.

use super::args::{self, DrillAction};
use super::fail::Failure;
use super::format::Format;
use super::recording::load;
use super::{Context, now, observer, out, progress};
use crate::cloud::Http;
use crate::drill::{self, Drill, DrillError, Played, Replayed, long_feed};
use crate::exit;
use crate::fact::utc;
use crate::practice::{self, FakeStack, Scene};
use crate::recording::Recording;
use crate::report::count;
use crate::text::{Printable, counted};
use std::path::Path;
use std::time::Duration;
use time::OffsetDateTime;

pub(super) async fn main(context: &Context, args: &args::DrillArgs) -> Result<u8, Failure> {
    let drill = Drill {
        settings: &context.settings,
        library: &context.library,
        temp_dir: &std::env::temp_dir(),
        clock: &|| now(&context.env),
        http: &|| Http::direct(observer(context.verbose)),
        waiting: &context.waiting,
    };
    if let (None, Some(file)) = (&args.action, &args.from) {
        return replay(context, drill, file, args.runbook.as_deref()).await;
    }
    // A number is that of an incident; any other name may be a scene's.
    let by_number = |name: &String| match context.library.get(name) {
        Ok(runbook) => runbook.id,
        Err(_) => name.clone(),
    };
    let runbook = args.runbook.as_ref().map(by_number);
    match (&args.action, &runbook, &args.scene) {
        (
            Some(DrillAction::Serve {
                scene,
                from,
                port,
                latency,
                feed,
            }),
            ..,
        ) => {
            let now = now(&context.env);
            let (mut world, title) = match from {
                Some(file) => recorded_world(context, drill, file, now).await?,
                None => {
                    let scene = drill::find(scene)?;
                    let title = format!("scene {}: {}", scene.name, scene.hides);
                    (scene.world(now), title)
                }
            };
            world.latency = latency.map_or(world.latency, Duration::from_millis);
            world.audit_body = feed.map(|entries| long_feed(&world, entries));
            let served = drill::serve::serve(drill, &title, world, *port).await?;
            context.out.document(&served.document);
            // Ends with the signal that the command line waits for.
            match served.watch(out::warn).await {}
        }
        (Some(DrillAction::Scenes), ..) => {
            Ok(context.out.document(&drill::scenes(context.out.screen)))
        }
        (None, None, None) => every_scene(context, drill).await,
        // A scene's name says which runbook it is for.
        (None, Some(name), None)
            if context.library.get(name).is_err() && practice::find(name).is_some() =>
        {
            one_scene(context, drill, drill::find(name)?, None).await
        }
        (None, runbook, scene) => {
            let name = scene.as_ref().or(runbook.as_ref());
            let scene = drill::find(name.map_or("healthy", String::as_str))?;
            one_scene(context, drill, scene, runbook.as_deref()).await
        }
    }
}

/// Plays all scenes; a person sees of each what came of it as soon as that is known.
async fn every_scene(context: &Context, drill: Drill<'_>) -> Result<u8, Failure> {
    let is_document = context.out.format == Format::Json;
    let document = drill.every_scene(|lines, number, total| {
        if !is_document {
            context.out.print(lines, exit::OK);
        }
        let of = |number| u64::try_from(number).unwrap_or(u64::MAX);
        progress::bar("scenes", of(number), of(total));
    });
    let document = document.await?;
    progress::done();
    match is_document {
        true => Ok(context.out.document(&document)),
        false => Ok(document.heading.exit_code),
    }
}

/// Plays one scene in front of the reader.
async fn one_scene(
    context: &Context,
    drill: Drill<'_>,
    scene: &Scene,
    runbook: Option<&str>,
) -> Result<u8, Failure> {
    let played = drill.play(scene, runbook).await?;
    played.description(scene).lines().for_each(out::warn);
    Ok(print(context, &played))
}

/// Plays a recorded incident.
async fn replay(
    context: &Context,
    drill: Drill<'_>,
    file: &Path,
    runbook: Option<&str>,
) -> Result<u8, Failure> {
    let recording = load(context, "--from: ", file).await?;
    let title = title(file, &recording);
    let Replayed {
        mut played,
        different,
        steps,
        not_played,
    } = drill.replay(&recording, &title, runbook).await?;
    out::warn(&format!("practice {title}"));
    different
        .iter()
        .chain(&played.wrong)
        .for_each(|line| out::warn(line));
    if not_played > 0 {
        out::warn(&format!(
            "{} not played: the recording does not hold what they are about (requests, bonds, newer facts)",
            count(not_played, "step was", "steps were")
        ));
    }
    out::warn(&format!(
        "{} of {} end as recorded, with {} over HTTP on 127.0.0.1",
        steps - different.len(),
        counted(steps, "step"),
        counted(played.requests, "request")
    ));
    played.wrong.extend(different);
    Ok(print(context, &played))
}

fn print(context: &Context, played: &Played) -> u8 {
    let code = match played.wrong.is_empty() {
        true => exit::OK,
        false => exit::UNKNOWN,
    };
    let rendered = context.out.rendered_ended(&played.report, code);
    context.out.print(&rendered, code)
}

/// The recorded world from `now` on, and what it is called.
async fn recorded_world(
    context: &Context,
    drill: Drill<'_>,
    file: &Path,
    now: OffsetDateTime,
) -> Result<(FakeStack, String), Failure> {
    let recording = load(context, "--from: ", file).await?;
    let world = drill.world_of(&recording, now)?;
    Ok((world, title(file, &recording)))
}

fn title(file: &Path, recording: &Recording) -> String {
    let at = utc(recording.started_at);
    format!("rebuilt from {}, recorded at {at}", Printable::path(file))
}

impl From<DrillError> for Failure {
    fn from(error: DrillError) -> Self {
        match error {
            DrillError::Missing(missing) => missing.into(),
            other => Failure::own(other.to_string()),
        }
    }
}
