//! Drills: the same triage, over HTTP, on the embedded practice stack.
//!
//! The only room that knows both a run and the practice stack. [`Drill`] plays scenes and
//! recordings and says whether the triage found what they hide; [`serve`] keeps a stack running
//! for whoever practises in a shell.

mod from_recording;
mod long_feed;
mod replay;
pub mod serve;
mod temp_history;

pub use long_feed::long_feed;
pub use replay::Replayed;

use crate::cloud::{Aws, Http};
use crate::engine::history_open;
use crate::engine::installation::FirstWrite;
use crate::engine::run::Run;
use crate::engine::runbooks::RequestedRunbooks;
use crate::engine::waiting::Waiting;
use crate::history::HistoryError;
use crate::lambda::version_lookup::VersionContext;
use crate::practice::{self, FakeStack, Practice, Scene};
use crate::probe::Access;
use crate::report::columns::Screen;
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::report::model::{Report, Verdict};
use crate::report::{count, short, wrap};
use crate::runbook::{Library, Missing};
use crate::stack::{Origin, Setting, Settings, Stack};
use crate::text::{Printable, counted, words_of};
use futures_util::{StreamExt, stream};
use serde_json::json;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use temp_history::TempHistory;
use time::OffsetDateTime;
use url::Url;

/// The width of what is said of scenes.
const COLUMNS: usize = 80;

/// Why a drill came to no result.
#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    /// There is no such scene or runbook.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// The practice stack could not start.
    #[error("the practice stack could not start on 127.0.0.1: {}", words_of(.0))]
    Start(std::io::Error),
    /// A file or a folder of the drill could not be written.
    #[error("{path} could not be {what}: {}", words_of(why))]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// `made` or `written`.
        what: &'static str,
        /// Why.
        why: std::io::Error,
    },
    /// What earlier runs recorded could not be written.
    #[error("history: {0}")]
    History(#[from] HistoryError),
    /// The address of the practice stack is no URL.
    #[error(transparent)]
    Url(#[from] url::ParseError),
    /// The recording is of a time that cannot be shown.
    #[error("the recording is of no usable time")]
    Time,
}

/// What a drill works with.
#[derive(Clone, Copy)]
pub struct Drill<'a> {
    /// The settings that a run takes beside the stack: deadline, retention, whom to call.
    pub settings: &'a Settings,
    /// The runbooks.
    pub library: &'a Library,
    /// Where folders that go with the drill are made.
    pub temp_dir: &'a Path,
    /// The wall clock.
    pub clock: &'a dyn Fn() -> OffsetDateTime,
    /// A client that uses no proxy.
    pub http: &'a dyn Fn() -> Http,
    /// What the run of a single scene waits for.
    pub waiting: &'a Waiting,
}

/// A scene by its name.
///
/// # Errors
/// There is none of that name.
pub fn find(name: &str) -> Result<&'static Scene, Missing> {
    let names = practice::scenes().iter().map(|scene| scene.name);
    practice::find(&name.to_lowercase()).ok_or_else(|| Missing::name("scene", name, names))
}

/// All scenes, a row each.
pub fn scenes(screen: Screen) -> Document {
    let all = practice::scenes();
    let rows = all.iter().map(|s| {
        let runbook = s.runbook.unwrap_or("all runbooks");
        let due = format!("{runbook} {}: {}", s.expect.verdict, s.hides);
        (s.name.into(), due.into())
    });
    let text = screen.sentences(rows);
    let extra: Vec<_> = all
        .iter()
        .map(|s| json!({"name": s.name, "runbook": s.runbook, "verdict": s.expect.verdict, "hides": s.hides}))
        .collect();
    let summary = format!("{} scenes", all.len());
    let extra = json!({ "scenes": extra });
    Document::ok(DocumentKind::DrillScenes, summary, text, extra)
}

/// Few enough that no scene misses its deadline because of the others.
const SCENES_AT_ONCE: usize = 6;

/// What came of a scene.
pub struct Played {
    /// The report of the triage.
    pub report: Report,
    /// Every expectation that was not met.
    pub wrong: Vec<String>,
    /// How many requests the practice stack got.
    pub requests: usize,
}

impl Played {
    /// What the scene hides and whether it was found, for people.
    pub fn description(&self, scene: &Scene) -> String {
        let scene = format!("practice scene {}: {}", scene.name, scene.hides);
        let mut text = wrap(&scene, COLUMNS).join("\n") + "\n";
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
            "{word}, with {} over HTTP on 127.0.0.1",
            count(self.requests, "request", "requests")
        );
        text
    }
}

impl Drill<'_> {
    /// Plays one scene, with its own runbook where none is named.
    ///
    /// # Errors
    /// [`DrillError`].
    pub async fn play(self, scene: &Scene, runbook: Option<&str>) -> Result<Played, DrillError> {
        let runbook = runbook.or(scene.runbook);
        let selection = RequestedRunbooks::load(self.library, runbook, None)?;
        let world = scene.world((self.clock)());
        let title = format!("scene {}", scene.name);
        let mut played = self.perform(world, &selection, &title, None).await?;
        played.wrong.splice(0..0, compare(scene, &played.report));
        Ok(played)
    }

    /// Plays all of them and says of each whether triage found what it hides, to `show` as soon as
    /// it is known: the lines of a scene, its number from 1 on, and how many scenes there are.
    ///
    /// # Errors
    /// [`DrillError`].
    pub async fn every_scene(
        self,
        mut show: impl FnMut(&str, usize, usize),
    ) -> Result<Document, DrillError> {
        let total = practice::scenes().len();
        // Several are played at once: what one of them waits for would hide the others.
        let none = Waiting::default();
        let drill = Drill {
            waiting: &none,
            ..self
        };
        let mut number = 0;
        let (mut text, mut extra, mut missed) = (String::new(), Vec::new(), 0);
        // Most of the time is spent waiting for what fails in a scene; each has a stack of its own.
        let mut played = stream::iter(practice::scenes())
            .map(|scene| async move { (scene, drill.play(scene, None).await) })
            .buffered(SCENES_AT_ONCE);
        while let Some((scene, played)) = played.next().await {
            let played = played?;
            let right = played.wrong.is_empty();
            missed += usize::from(!right);
            let mark = if right { "found " } else { "MISSED" };
            let shown = text.len();
            let (name, headline) = (scene.name, short::headline(&played.report));
            let whole = format!("{mark}  {name:<22} {headline}");
            if whole.chars().count() <= COLUMNS {
                let _ = writeln!(text, "{whole}");
            } else {
                let _ = writeln!(text, "{mark}  {name}");
                for line in wrap(&headline, COLUMNS - 8) {
                    let _ = writeln!(text, "        {line}");
                }
            }
            for wrong in &played.wrong {
                let _ = writeln!(text, "        {wrong}");
            }
            number += 1;
            show(&text[shown..], number, total);
            extra.push(json!({"scene": scene.name, "verdict": played.report.verdict.word(), "found": right, "wrong": played.wrong}));
        }
        let summary = format!("{} of {} found", total - missed, counted(total, "scene"));
        let shown = text.len();
        let _ = writeln!(text, "{summary}");
        show(&text[shown..], total, total);
        let verdict = match missed {
            0 => Verdict::Ok,
            _ => Verdict::Unknown,
        };
        let extra = json!({ "scenes": extra });
        let kind = DocumentKind::Drill;
        Ok(Document::new(kind, verdict, summary, text, extra))
    }

    /// Triage of a world that begins now.
    async fn perform(
        self,
        world: FakeStack,
        selection: &RequestedRunbooks,
        title: &str,
        expected_version: Option<String>,
    ) -> Result<Played, DrillError> {
        let now = world.now;
        let recorded = TempHistory::keep(&world, self.temp_dir)?;
        let practice = start(world, 0).await?;
        let stack = at(&self.settings.stack, &practice)?;
        recorded.write(&stack, now)?;
        let http = (self.http)();
        let note = format!("practice stack on 127.0.0.1, {title}: nothing here is production");
        let run = Run {
            aws: Aws::practice(&stack, http.clone(), &practice.aws_url()),
            stack,
            http,
            history: recorded.location(),
            retention: history_open::shared_retention(self.settings),
            queue: None,
            deadline: self.settings.deadline.value,
            now,
            expected_version,
            versions: VersionContext::default(),
            waited: None,
            only: None,
            access: Access::default(),
            first_write: FirstWrite::Never,
            rotation: None,
            notes: vec![note.into()],
            waiting: self.waiting.clone(),
        };
        let report = selection.triage(run).await;
        let unexpected = practice.unexpected();
        let wrong = (unexpected > 0).then(|| {
            format!(
                "{} not expected",
                crate::report::count(unexpected, "request", "requests")
            )
        });
        Ok(Played {
            report,
            wrong: wrong.into_iter().collect(),
            requests: practice.requests().len(),
        })
    }
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

async fn start(world: FakeStack, port: u16) -> Result<Practice, DrillError> {
    Practice::start(world, port)
        .await
        .map_err(DrillError::Start)
}

/// The configured stack, moved to the practice stack's addresses.
fn at(configured: &Stack, practice: &Practice) -> Result<Stack, DrillError> {
    let origin = Origin::Flag("drill");
    let set = |value: &str| Setting {
        value: value.to_owned(),
        origin: Origin::Flag("drill"),
    };
    let url = Url::parse(&practice.api_url())?;
    let plain = FakeStack::empty(OffsetDateTime::UNIX_EPOCH);
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
        credentials_timeout: configured.credentials_timeout,
        arguments: Vec::new(),
        is_practice: true,
    })
}
