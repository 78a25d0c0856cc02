//! The check of every five minutes: the engine of `duckops check --notify`, in this process, over
//! real HTTP to the practice stack, at the season's own time.

use super::platform::moment;
use crate::support::receiver::{Receiver, secret};
use duckops::alerting::Debounce;
use duckops::alerting::delivery::Channels;
use duckops::cloud::{Aws, Http};
use duckops::engine::check::{self, CheckOptions};
use duckops::engine::history_open;
use duckops::engine::run::Run;
use duckops::engine::runbooks::RequestedRunbooks;
use duckops::practice::{FakeStack, Practice};
use duckops::report::model::Report;
use duckops::runbook::Library;
use duckops::stack::{Environment, Flags, Settings};
use duckops::state_dir::journal::{Journal, JournalEntry, Stage};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::MutexGuard;

/// The watcher of the stack, with a home, a history and two channels: one receives warnings, the
/// other pages.
pub(super) struct Watch {
    runtime: tokio::runtime::Runtime,
    practice: Practice,
    home: tempfile::TempDir,
    requested: RequestedRunbooks,
    env: Environment,
    pager: Receiver,
    chat: Receiver,
    paged: usize,
    /// The version that the configuration names, where it names one.
    expected: Option<u32>,
    moves: u32,
}

/// What a check came to.
pub(super) struct Checked {
    pub(super) report: Report,
    /// What the pager got.
    pub(super) pages: Vec<Value>,
}

impl Watch {
    pub(super) fn over(world: FakeStack) -> Self {
        // One thread: a season is one core's work.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let practice = runtime
            .block_on(Practice::start(world, 0))
            .expect("a free port");
        let library = Library::open(None).expect("the built-in runbooks");
        Self {
            requested: RequestedRunbooks::load(&library, None, None).expect("all runbooks"),
            runtime,
            practice,
            home: tempfile::tempdir().expect("a folder"),
            env: Environment::default(),
            pager: Receiver::well(),
            chat: Receiver::well(),
            paged: 0,
            expected: None,
            moves: 0,
        }
    }

    pub(super) fn world(&self) -> MutexGuard<'_, FakeStack> {
        self.practice.world()
    }

    /// The configuration names this version from now on.
    pub(super) fn expect(&mut self, version: u32) {
        self.expected = Some(version);
    }

    fn state(&self) -> PathBuf {
        self.home.path().join("state")
    }

    fn settings(&self) -> Settings {
        let folder = self.home.path().join("config/duckops");
        std::fs::create_dir_all(&folder).expect("a folder");
        let mut text = String::new();
        for (name, receiver, from) in [
            ("pager", &self.pager, "critical"),
            ("chat", &self.chat, "warning"),
        ] {
            let path = folder.join(format!("{name}.url"));
            secret(&path, &receiver.url());
            text.push_str(&format!(
                "[notify.{name}]\nkind = \"webhook\"\nurl_file = {path:?}\nfrom = \"{from}\"\n"
            ));
        }
        if let Some(expected) = self.expected {
            text.push_str(&format!(
                "[stack.prod]\nexpected_version = \"{expected}\"\n"
            ));
        }
        std::fs::write(folder.join("config.toml"), text).expect("written");
        let flags = Flags {
            api_url: Some(self.practice.api_url()),
            state_dir: Some(self.state().display().to_string()),
            deadline: Some("45s".to_owned()),
            ..Flags::default()
        };
        let home = self.home.path().join("config").display().to_string();
        let settings = Settings::resolve(&flags, &|name| {
            (name == "XDG_CONFIG_HOME").then(|| home.clone())
        });
        settings.expect("settings")
    }

    /// One check, at the moment that the practice stack shows.
    pub(super) fn check(&mut self) -> Checked {
        let now = self.world().now;
        let settings = self.settings();
        let options = CheckOptions {
            debounce: Debounce::NONE,
            mute: None,
            channels: Channels::open(&settings.channels, &self.env),
            host: "season".to_owned(),
            runbook_url: None,
        };
        let state = self.state();
        let report = self.runtime.block_on(async {
            let http = Http::direct(None);
            let mut run = Run::new(&settings, &self.env, http.clone(), now).expect("a run");
            run.aws = Aws::practice(&run.stack, http, &self.practice.aws_url());
            let checking = check::run(&self.requested, run, options, Some(&state));
            let finished = Box::pin(checking).await;
            let finished = finished.expect("a check");
            let report = finished.report.clone();
            let notified = finished
                .notify_and_prune(history_open::retention(&settings))
                .await;
            assert_eq!(notified.warnings, Vec::<String>::new());
            report
        });
        assert_eq!(
            self.practice.unexpected(),
            0,
            "{:#?}",
            self.practice.requests()
        );
        let pages = new(&self.pager, &mut self.paged);
        Checked { report, pages }
    }

    /// A move of the alias as `alias promote` or `alias rollback` writes it down.
    pub(super) fn record_move(&mut self, action: &str, from: u32, to: u32, at: i64) {
        self.moves += 1;
        let plan = json!({"alias": "prod", "from": from.to_string(), "to": to.to_string(),
                          "version": to.to_string(), "weights": {}, "revision": "r"});
        let stack = self.settings().stack.key();
        let entry = |stage, detail| JournalEntry {
            id: format!("move-{}", self.moves),
            at: duckops::fact::instant(moment(at).unix_timestamp()),
            action: action.to_owned(),
            stage,
            stack: stack.clone(),
            detail,
        };
        std::fs::create_dir_all(self.state()).expect("a folder");
        let entries = [
            entry(Stage::Plan, plan),
            entry(Stage::Sending, json!({})),
            entry(
                Stage::Outcome,
                json!({"outcome": "in-force", "revision": "r"}),
            ),
        ];
        let journal = Journal::in_folder(&self.state());
        journal.append(&entries).expect("written");
    }
}

fn new(receiver: &Receiver, seen: &mut usize) -> Vec<Value> {
    let came = receiver.came();
    let new = came[*seen..].to_vec();
    *seen = came.len();
    new
}
