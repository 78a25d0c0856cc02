//! `duckops drill`: the same triage, over HTTP, on the embedded practice stack.

mod from;
mod from_recording;
mod temp_history;

use super::args::{self, DrillAction};
use super::fail::Failure;
use super::{Context, out};
use crate::cloud::{Aws, Http};
use crate::engine::history_open;
use crate::engine::run::Run;
use crate::engine::runbooks::RequestedRunbooks;
use crate::exit;
use crate::lambda::version_lookup::VersionContext;
use crate::practice::{self, FakeStack, Practice, Scene};
use crate::probe::Access;
use crate::report::json::DocumentKind;
use crate::report::model::{Report, Verdict};
use crate::report::short;
use crate::runbook::Missing;
use crate::stack::{Origin, Setting, Stack};
use crate::text::Printable;
use futures_util::{StreamExt, stream};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;
use temp_history::{ServeFolder, TempHistory};
use url::Url;

pub(super) async fn main(context: &Context, args: &args::DrillArgs) -> Result<u8, Failure> {
    if let (None, Some(file)) = (&args.action, &args.from) {
        return from::main(context, file, args.runbook.as_deref()).await;
    }
    match (&args.action, &args.runbook, &args.scene) {
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
            let now = super::now(&context.env);
            let (mut world, title) = match from {
                Some(file) => from::world(context, file, now).await?,
                None => {
                    let scene = find(scene)?;
                    let title = format!("scene {}: {}", scene.name, scene.hides);
                    ((scene.build)(now), title)
                }
            };
            world.latency = Duration::from_millis(*latency);
            world.audit_body = feed.map(|entries| long_feed(&world, entries));
            serve(context, &title, world, *port).await
        }
        (Some(DrillAction::Scenes), ..) => Ok(scenes(context)),
        (None, None, None) => every_scene(context).await,
        // A scene's name says which runbook it is for.
        (None, Some(name), None)
            if context.library.get(name).is_err() && practice::find(name).is_some() =>
        {
            one_scene(context, find(name)?, None).await
        }
        (None, runbook, scene) => {
            let name = scene
                .as_ref()
                .or(runbook.as_ref())
                .map_or("healthy", String::as_str);
            one_scene(context, find(name)?, runbook.as_deref()).await
        }
    }
}

fn find(name: &str) -> Result<&'static Scene, Failure> {
    let names = practice::scenes().iter().map(|scene| scene.name);
    practice::find(&name.to_lowercase()).ok_or_else(|| Missing::name("scene", name, names).into())
}

fn scenes(context: &Context) -> u8 {
    let all = practice::scenes();
    let rows = all.iter().map(|s| {
        [
            s.name,
            s.runbook.unwrap_or("all"),
            s.expect.verdict,
            s.hides,
        ]
        .map(Printable::from)
    });
    let text = super::facts::table(context, ["SCENE", "RUNBOOK", "DUE", "WHAT IT HIDES"], rows);
    let extra: Vec<_> = all
        .iter()
        .map(|s| json!({"name": s.name, "runbook": s.runbook, "verdict": s.expect.verdict, "hides": s.hides}))
        .collect();
    context.out.document(
        DocumentKind::DrillScenes,
        Verdict::Ok,
        exit::OK,
        &format!("{} scenes", all.len()),
        &text,
        &json!({ "scenes": extra }),
    )
}

/// Plays one scene in front of the reader.
async fn one_scene(context: &Context, scene: &Scene, runbook: Option<&str>) -> Result<u8, Failure> {
    let played = play(context, scene, runbook).await?;
    let description = played.description(scene);
    let code = if played.wrong.is_empty() {
        exit::OK
    } else {
        exit::UNKNOWN
    };
    out::lines(&description).for_each(|line| out::warn(line.as_str()));
    let rendered = context.out.rendered_ended(&played.report, code);
    Ok(context.out.print(&rendered, code))
}

/// Few enough that no scene misses its deadline because of the others.
const SCENES_AT_ONCE: usize = 6;

/// Plays all of them and says of each whether triage found what it hides.
async fn every_scene(context: &Context) -> Result<u8, Failure> {
    let (mut text, mut extra, mut missed) = (String::new(), Vec::new(), 0);
    // Most of the time is spent waiting for what fails in a scene; each has a stack of its own.
    let mut played = stream::iter(practice::scenes())
        .map(|scene| async move { (scene, play(context, scene, None).await) })
        .buffered(SCENES_AT_ONCE);
    while let Some((scene, played)) = played.next().await {
        let played = played?;
        let right = played.wrong.is_empty();
        missed += usize::from(!right);
        let mark = if right { "found " } else { "MISSED" };
        let _ = writeln!(
            text,
            "{mark}  {:<22} {}",
            scene.name,
            short::headline(&played.report)
        );
        for wrong in &played.wrong {
            let _ = writeln!(text, "        {wrong}");
        }
        extra.push(json!({"scene": scene.name, "verdict": played.report.verdict.word(), "found": right, "wrong": played.wrong}));
    }
    let total = practice::scenes().len();
    let summary = format!("{} of {total} scenes found", total - missed);
    let _ = writeln!(text, "{summary}");
    let (verdict, code) = if missed == 0 {
        (Verdict::Ok, exit::OK)
    } else {
        (Verdict::Unknown, exit::UNKNOWN)
    };
    Ok(context.out.document(
        DocumentKind::Drill,
        verdict,
        code,
        &summary,
        &text,
        &json!({ "scenes": extra }),
    ))
}

/// What came of a scene.
struct Played {
    report: Report,
    /// Every expectation that was not met.
    wrong: Vec<String>,
    requests: usize,
}

impl Played {
    fn description(&self, scene: &Scene) -> String {
        let mut text = format!("practice scene {}: {}\n", scene.name, scene.hides);
        for wrong in &self.wrong {
            let _ = writeln!(text, "missed: {wrong}");
        }
        let word = if self.wrong.is_empty() {
            "triage found it"
        } else {
            "triage did not find it"
        };
        let _ = writeln!(
            text,
            "{word}, with {} requests over HTTP on 127.0.0.1",
            self.requests
        );
        text
    }
}

async fn play(context: &Context, scene: &Scene, runbook: Option<&str>) -> Result<Played, Failure> {
    let runbook = runbook.or(scene.runbook);
    let selection = RequestedRunbooks::load(&context.library, runbook, None)?;
    let world = (scene.build)(super::now(&context.env));
    let title = format!("scene {}", scene.name);
    let mut played = perform(context, world, &selection, &title, None).await?;
    played.wrong.splice(0..0, compare(scene, &played.report));
    Ok(played)
}

/// Triage of a world that begins now.
async fn perform(
    context: &Context,
    world: FakeStack,
    selection: &RequestedRunbooks,
    title: &str,
    expected_version: Option<String>,
) -> Result<Played, Failure> {
    let now = world.now;
    let recorded = TempHistory::keep(&world)?;
    let practice = start(world, 0).await?;
    let stack = at(&context.settings.stack, &practice)?;
    recorded.write(&stack, now)?;
    let http = Http::direct(super::observer(context.verbose));
    let note = format!("practice stack on 127.0.0.1, {title}: nothing here is production");
    let run = Run {
        aws: Aws::practice(&stack, http.clone(), &practice.aws_url()),
        stack,
        http,
        history: recorded.location(),
        retention: history_open::shared_retention(&context.settings),
        queue: None,
        deadline: context.settings.deadline.value,
        now,
        expected_version,
        versions: VersionContext::default(),
        only: None,
        access: Access::default(),
        notes: vec![note.into()],
    };
    let report = selection.triage(run).await;
    let unexpected = practice.unexpected();
    let wrong = (unexpected > 0).then(|| format!("{unexpected} requests that nobody expected"));
    Ok(Played {
        report,
        wrong: wrong.into_iter().collect(),
        requests: practice.requests().len(),
    })
}

fn compare(scene: &Scene, report: &Report) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut check = |what: &str, due: &str, found: &str| {
        if due != found {
            wrong.push(format!("{what} should be {due}, is {found}"));
        }
    };
    check("the run", scene.expect.verdict, report.verdict.word());
    let cause = report.root_cause.as_ref().map_or("none", Printable::as_str);
    check(
        "the root cause",
        scene.expect.root_cause.unwrap_or("none"),
        cause,
    );
    for (runbook, id, due) in scene.expect.steps {
        let judged = report.runbooks.iter().find(|r| r.id.as_str() == *runbook);
        let Some(judged) = judged else { continue };
        let step = judged.steps.iter().find(|step| step.id.as_str() == *id);
        check(
            &format!("{runbook} {id}"),
            due,
            step.map_or("not there", |step| step.verdict().word()),
        );
    }
    wrong
}

/// A feed of pulses of a hundred thousand agents, one a second back from now: for measuring,
/// not for judging.
fn long_feed(world: &FakeStack, entries: u64) -> bytes::Bytes {
    let now = u64::try_from(world.now.unix_timestamp()).unwrap_or(0);
    let mut text = String::from("{\"entries\":[");
    for ago in 0..entries {
        let comma = if ago == 0 { "" } else { "," };
        let (at, agent) = (now.saturating_sub(ago), ago % 100_000);
        let _ = write!(
            text,
            "{comma}{{\"event_type\":\"duck.pulse\",\"timestamp\":{at},\"spaceduck_id\":\"AAAA{agent:012X}\",\"detail\":\"pulse of an agent in the practice stack, trust tier T1, health ALIVE, region us-east-1, kept for measuring\"}}"
        );
    }
    text.push_str("]}");
    text.into()
}

async fn serve(context: &Context, title: &str, world: FakeStack, port: u16) -> Result<u8, Failure> {
    let now = world.now;
    let recorded = TempHistory::keep(&world)?;
    let (region, token) = (world.region.clone(), world.token.clone());
    let practice = start(world, port).await?;
    let configured = &context.settings.stack;
    let stack = at(configured, &practice)?;
    recorded.write(&stack, now)?;
    let (api_url, aws_url) = (practice.api_url(), practice.aws_url());
    let folder = ServeFolder::make(&recorded.path, &stack, &token)?;
    let environment = [
        ("DUCKOPS_STACK", stack.name.value.as_str()),
        ("DUCKOPS_API_URL", &api_url),
        ("DUCKOPS_ACCOUNT", &stack.account.value),
        ("DUCKOPS_HISTORY", &folder.history),
        ("DUCKOPS_STATE_DIR", &folder.state),
        ("DUCKOPS_TOKEN_FILE", &folder.token),
        ("XDG_CONFIG_HOME", &folder.config),
        ("AWS_ENDPOINT_URL", &aws_url),
        ("AWS_REGION", &region),
        ("AWS_DEFAULT_REGION", &region),
        ("AWS_ACCESS_KEY_ID", "practice"),
        ("AWS_SECRET_ACCESS_KEY", "practice"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    let mut text = format!("# practice stack, {title}\n");
    for (name, value) in environment {
        let _ = writeln!(text, "export {name}={value}");
    }
    text.push_str(
        "# Everything that duckops keeps in that shell, it keeps in a folder that ends with this\n\
         # stack; what it writes, it writes here: these addresses count as the stack's own.\n\
         # Then, in that shell: duckops triage; curl $DUCKOPS_API_URL/beak/system/status; aws sesv2 get-account\n\
         # ends with Ctrl-C\n",
    );
    let environment: BTreeMap<_, _> = environment.into_iter().collect();
    context.out.document(
        DocumentKind::DrillServe,
        Verdict::Ok,
        exit::OK,
        title,
        &text,
        &json!({ "environment": environment }),
    );
    // Ends with the signal that the command line waits for; what was kept goes with it.
    let mut description = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let refused = practice
            .requests()
            .into_iter()
            .filter(|seen| seen.unexpected);
        for seen in refused.skip(description) {
            description += 1;
            let (method, path, question) = (seen.method, seen.path, seen.question);
            out::warn(&format!(
                "refused, nobody should ask this: {method} {path} {question}"
            ));
        }
    }
}

async fn start(world: FakeStack, port: u16) -> Result<Practice, Failure> {
    Practice::start(world, port).await.map_err(|error| {
        Failure::own(format!(
            "the practice stack could not start on 127.0.0.1: {error}"
        ))
    })
}

/// The configured stack, moved to the practice stack's addresses.
fn at(configured: &Stack, practice: &Practice) -> Result<Stack, Failure> {
    let origin = Origin::Flag("drill");
    let set = |value: &str| Setting {
        value: value.to_owned(),
        origin: Origin::Flag("drill"),
    };
    let url = Url::parse(&practice.api_url()).map_err(|error| Failure::own(error.to_string()))?;
    let plain = FakeStack::empty(time::OffsetDateTime::UNIX_EPOCH);
    Ok(Stack {
        name: set("practice"),
        api_url: Setting { value: url, origin },
        region: set(&plain.region),
        account: set(&plain.account),
        state_machine: set(&plain.state_machine),
        function: set(&plain.function),
        alias: set(&plain.alias),
        log_group: set(&plain.log_group),
        expected_version: None,
        governance_log: None,
        escalation: configured.escalation.clone(),
        other_region: None,
        profile: None,
        instance_metadata: false,
        is_practice: true,
    })
}
