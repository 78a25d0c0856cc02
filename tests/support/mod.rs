//! What the claims share: the built binary in a scrubbed environment, and the practice
//! stack it is pointed at. Nothing but loopback is ever an address here.

mod at_once;
pub(crate) mod browser;
pub(crate) mod emulator;
pub(crate) mod front;
pub(crate) mod missing_tool;
pub(crate) mod pty;
pub(crate) mod python;
mod raw;
pub(crate) mod receiver;
pub(crate) mod validator;

pub(crate) use at_once::at_once;
pub(crate) use raw::{Raw, http, http_put};

use duckops::history::{self, Location, Snapshot, StackKey};
use duckops::practice::{FakeStack, Fault, Practice};
use duckops::stack::{Flags, Settings};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use time::OffsetDateTime;
use ulid::Ulid;

/// The moment at which the claims are made: 2026-03-22T03:12:09Z.
pub(crate) const NOW: i64 = 1_774_149_129;

/// [`NOW`] as a time.
pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(NOW).expect("a moment in 2026")
}

/// A world of a scene at [`NOW`], with its clock standing still.
pub(crate) fn world(scene: &str) -> FakeStack {
    let scene = duckops::practice::find(scene).expect("a scene of this name");
    FakeStack {
        frozen: true,
        ..scene.world(now())
    }
}

/// A deadline for a run in this world. Where something never answers, all of it is waited
/// for; elsewhere it only leaves a busy machine the time that it needs.
pub(crate) fn deadline(world: &FakeStack) -> &'static str {
    match world.faults.values().any(|fault| *fault == Fault::Hang) {
        true => "14s",
        false => "45s",
    }
}

/// A practice stack with its own threads, and a home of its own for the binary.
pub(crate) struct Stage {
    pub(crate) practice: Practice,
    home: tempfile::TempDir,
    copies: AtomicUsize,
    _runtime: tokio::runtime::Runtime,
}

impl Stage {
    /// Serves a scene whose clock runs, and writes into history what earlier runs would have
    /// recorded. The binary is to be called without `DUCKOPS_TEST_NOW`.
    pub(crate) fn live(scene: &str) -> Self {
        let scene = duckops::practice::find(scene).expect("a scene of this name");
        let now = OffsetDateTime::now_utc();
        Self::starting(scene.world(now), now)
    }

    /// Serves a world and writes into history what earlier runs would have recorded.
    pub(crate) fn of(world: FakeStack) -> Self {
        Self::starting(world, now())
    }

    fn starting(world: FakeStack, now: OffsetDateTime) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let recorded = world.recorded.clone();
        let practice = runtime
            .block_on(Practice::start(world, 0))
            .expect("a free port");
        let stage = Self {
            practice,
            home: tempfile::tempdir().expect("a folder"),
            copies: AtomicUsize::new(0),
            _runtime: runtime,
        };
        if !recorded.is_empty() {
            stage.record(&recorded, now);
        }
        stage
    }

    /// The state folder of the binary.
    pub(crate) fn state(&self) -> PathBuf {
        self.home.path().join("state")
    }

    /// The binary, pointed at this stack, at [`NOW`].
    pub(crate) fn duckops(&self, arguments: &[&str]) -> Duckops {
        Duckops::new(self.home.path(), arguments)
            .env("DUCKOPS_API_URL", self.practice.api_url())
            .env("AWS_ENDPOINT_URL", self.practice.aws_url())
            .env("DUCKOPS_STATE_DIR", self.state())
    }

    /// A folder of its own for what a claim needs beside the state.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// The binary, with a copy of what earlier runs recorded: what it records, no other
    /// call of this stage will find.
    pub(crate) fn once(&self, arguments: &[&str]) -> Duckops {
        let number = self.copies.fetch_add(1, Ordering::Relaxed);
        let state = self.home.path().join(format!("state-{number}"));
        std::fs::create_dir(&state).expect("a folder");
        let recorded = self.state().join("history.db");
        if recorded.exists() {
            std::fs::copy(recorded, state.join("history.db")).expect("a copy");
        }
        self.duckops(arguments).env("DUCKOPS_STATE_DIR", state)
    }

    fn record(&self, recorded: &[duckops::practice::EarlierRun], now: OffsetDateTime) {
        let flags = Flags {
            api_url: Some(self.practice.api_url()),
            ..Flags::default()
        };
        let settings = Settings::resolve(&flags, &|_| None).expect("settings");
        let path = self.state().join("history.db");
        let mut history =
            history::open(&Location::Sqlite(path), history::BUSY_BUDGET).expect("history");
        for run in recorded {
            let numbers = run.facts.iter().map(|(name, n)| ((*name).to_owned(), *n));
            let snapshot = Snapshot {
                id: Ulid::generate(),
                at: now - run.ago,
                stack: StackKey(settings.stack.key()),
                verdict: "ok".to_owned(),
                runbooks: Vec::new(),
                numbers: numbers.collect(),
                duckops_version: "0.0.0".to_owned(),
            };
            history.record(&snapshot).expect("recorded");
        }
    }
}

/// One call of the built binary.
pub(crate) struct Duckops {
    command: Command,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Duckops {
    /// With an environment of its own: nothing of the caller's gets in.
    pub(crate) fn new(home: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_duckops"));
        command
            .args(arguments)
            .env_clear()
            .current_dir(home)
            .env("HOME", home)
            .env("PATH", "/usr/bin:/bin")
            .env("DUCKOPS_TEST_NOW", "2026-03-22T03:12:09Z")
            // There is no listener on port 1 of loopback: requests without a configured target go
            // nowhere.
            .env("DUCKOPS_API_URL", "http://127.0.0.1:1")
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
            .env("AWS_ACCESS_KEY_ID", "practice")
            .env("AWS_SECRET_ACCESS_KEY", "practice")
            .env("AWS_EC2_METADATA_DISABLED", "true");
        Self { command }
    }

    /// Sets a variable.
    pub(crate) fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.command.env(name, value.into());
        self
    }

    /// Runs it in this folder.
    pub(crate) fn inside(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Takes a variable away.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// The command itself, checked to go nowhere but loopback.
    pub(crate) fn command(self) -> Command {
        let set = self.command.get_envs().filter_map(|(_, value)| value);
        for text in set.chain(self.command.get_args()) {
            only_loopback(&text.to_string_lossy());
        }
        for needed in ["DUCKOPS_API_URL", "AWS_ENDPOINT_URL"] {
            let set = self
                .command
                .get_envs()
                .any(|(name, value)| name == needed && value.is_some());
            assert!(
                set,
                "{needed} must be set: without it the binary would leave this machine"
            );
        }
        self.command
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Ran {
        let output = self
            .command()
            .stdin(Stdio::null())
            .output()
            .expect("the binary runs");
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("UTF-8 on standard output"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8 on standard error"),
        }
    }

    /// Runs it with `--output json` and reads the document.
    pub(crate) fn json(mut self) -> (i32, Value) {
        self.command.args(["--output", "json"]);
        let ran = self.run();
        let document = serde_json::from_str(&ran.stdout)
            .unwrap_or_else(|error| panic!("no JSON document ({error}): {ran:?}"));
        (ran.code, document)
    }
}

/// A command as the last arguments of another program, in its folder, with its environment and without
/// input.
pub(crate) fn under(
    inner: &Command,
    program: impl AsRef<OsStr>,
    arguments: &[impl AsRef<OsStr>],
) -> Command {
    let mut outer = Command::new(program);
    outer
        .args(arguments)
        .arg(inner.get_program())
        .args(inner.get_args())
        .env_clear()
        .envs(inner.get_envs().filter_map(|(k, v)| Some((k, v?))))
        .stdin(Stdio::null());
    if let Some(folder) = inner.get_current_dir() {
        outer.current_dir(folder);
    }
    outer
}

/// Refuses any URL that is not this machine's own loopback, or a name that cannot exist.
fn only_loopback(text: &str) {
    for scheme in ["http://", "https://"] {
        for rest in text.split(scheme).skip(1) {
            let place = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let host = place.rsplit('@').next().unwrap_or_default();
            let host = host.split(':').next().unwrap_or_default();
            let own = host == "127.0.0.1"
                || host == "localhost"
                || host.ends_with(".invalid")
                || host.is_empty();
            assert!(own, "{scheme}{host} is not loopback");
        }
    }
}

/// The verdict of a step in a document.
pub(crate) fn step<'a>(document: &'a Value, runbook: &str, step: &str) -> &'a Value {
    let runbooks = document["runbooks"].as_array().expect("runbooks");
    let runbook = runbooks
        .iter()
        .find(|r| r["id"] == runbook)
        .expect("the runbook");
    let steps = runbook["steps"].as_array().expect("steps");
    steps.iter().find(|s| s["id"] == step).expect("the step")
}

/// The verdict of every step in a document, by runbook and step.
pub(crate) fn verdicts(document: &Value) -> BTreeMap<(String, String), String> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let runbooks = document["runbooks"].as_array().expect("runbooks");
    runbooks
        .iter()
        .flat_map(|runbook| {
            let steps = runbook["steps"].as_array().expect("steps");
            steps.iter().map(|step| {
                let place = (text(&runbook["id"]), text(&step["id"]));
                (place, text(&step["verdict"]))
            })
        })
        .collect()
}
