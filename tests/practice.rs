//! Claim: the practice stack can be worked with like the real one: its scenes go on as time
//! passes, and a shell that `drill serve` sets up needs no override and leaves nothing behind.

use crate::support::{Duckops, Stage, at_once, now, step};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A `drill serve` that runs, and the environment that it prints.
struct Served {
    child: Child,
    environment: Vec<(String, String)>,
    home: tempfile::TempDir,
}

fn started(call: Duckops) -> Child {
    let mut command = call.command();
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped());
    command.stderr(Stdio::null()).spawn().expect("it starts")
}

/// Ends it as Ctrl-C does.
fn interrupt(child: &mut Child) {
    let kill = Command::new("/bin/kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.expect("kill runs").success());
    child.wait().expect("it ends");
}

impl Served {
    fn scene(scene: &str) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let serve = [
            "drill", "serve", "--scene", scene, "--port", "0", "-o", "json",
        ];
        let call = Duckops::new(home.path(), &serve);
        let mut child = started(call.without("DUCKOPS_STATE_DIR"));
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut text = Vec::new();
        while stdout.read_until(b'\n', &mut text).expect("a line") > 0 {
            if let Ok(document) = serde_json::from_slice::<Value>(&text) {
                let environment = document["environment"].as_object().expect("variables");
                let text = |value: &Value| value.as_str().expect("a text").to_owned();
                let environment = environment.iter().map(|(k, v)| (k.clone(), text(v)));
                return Self {
                    child,
                    environment: environment.collect(),
                    home,
                };
            }
        }
        child.wait().expect("it ends");
        panic!("it ended: {}", String::from_utf8_lossy(&text));
    }

    fn variable(&self, name: &str) -> &str {
        let found = self.environment.iter().find(|(own, _)| own == name);
        &found.unwrap_or_else(|| panic!("no {name}")).1
    }

    /// A command in the shell that practises.
    fn duckops(&self, arguments: &[&str]) -> Duckops {
        let duckops = Duckops::new(self.home.path(), arguments);
        let own = self.environment.iter();
        own.fold(duckops, |duckops, (name, value)| {
            duckops.env(name, value.as_str())
        })
    }

    /// Ends it as Ctrl-C does, and yields the folder that it kept everything in.
    fn end(mut self) -> PathBuf {
        let state = Path::new(self.variable("DUCKOPS_STATE_DIR"));
        let folder = state.parent().expect("a folder").to_owned();
        assert!(folder.exists());
        interrupt(&mut self.child);
        folder
    }
}

#[test]
fn a_shell_that_chose_its_own_state_folder_keeps_it() {
    let home = tempfile::tempdir().expect("a folder");
    let own = home.path().join("own");
    let call = Duckops::new(home.path(), &["drill", "serve", "--scene", "healthy"]);
    let mut child = started(call.env("DUCKOPS_STATE_DIR", own.as_os_str()));
    let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    let lines = stdout.lines().map(|line| line.expect("a line"));
    let exports: Vec<_> = lines
        .take_while(|line| !line.starts_with("# ends"))
        .filter(|line| line.starts_with("export "))
        .collect();
    let is_state = |line: &&String| line.contains("DUCKOPS_STATE_DIR");
    assert_eq!(exports.iter().find(is_state), None);
    assert!(exports.len() > 10, "{exports:?}");
    interrupt(&mut child);
}

#[test]
fn a_practice_shell_needs_no_override_and_leaves_no_files() {
    let served = Served::scene("inc-001");
    for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        assert_eq!(served.variable(name), "us-east-1");
    }
    let (_, document) = served.duckops(&["triage", "inc-001"]).json();
    let notes = document["notes"].to_string();
    assert!(notes.contains("nothing here is production"), "{notes}");
    let back = ["alias", "rollback", "--to", "61", "--wait", "10s"];
    let planned = served.duckops(&back).run();
    assert_eq!(planned.code, 5, "consent is all that lacks: {planned:?}");
    let confirmed = [&back[..], &["--confirm", "prod@62->61"]].concat();
    let (code, document) = served.duckops(&confirmed).json();
    assert_eq!(
        (code, document["outcome"].as_str()),
        (0, Some("done")),
        "{document:#}"
    );
    let recorded = served.duckops(&["record", "inc-001"]).run();
    assert_eq!(recorded.code, 0, "it has a log of its own: {recorded:?}");
    let state = Path::new(served.variable("DUCKOPS_STATE_DIR"));
    assert!(
        state.join("journal.jsonl").exists(),
        "the journal is kept there"
    );
    let home = std::fs::read_dir(served.home.path()).expect("the home");
    assert_eq!(
        home.count(),
        0,
        "nothing is kept in the operator's own folders"
    );
    let folder = served.end();
    assert!(!folder.exists(), "{}", folder.display());
}

#[test]
fn a_bond_is_written_to_with_the_token_that_practice_gives() {
    let served = Served::scene("bond");
    let id = "DECAF00000000001";
    let planned = served.duckops(&["bond", "rotate", id]).run();
    assert_eq!(planned.code, 5, "consent is all that lacks: {planned:?}");
    served.end();
}

#[test]
fn a_foreign_account_is_not_accepted_in_practice() {
    let served = Served::scene("wrong-account");
    assert_eq!(served.variable("DUCKOPS_ACCOUNT"), "121546003735");
    let (code, document) = served.duckops(&["triage", "inc-005"]).json();
    assert_eq!(code, 3, "{document:#}");
    assert_eq!(step(&document, "inc-005", "quota")["verdict"], "unknown");
    served.end();
}

/// Scenes with one thing wrong, and a good day, an hour after they began.
#[test]
fn a_scene_is_judged_the_same_an_hour_later() {
    const HOUR: Duration = Duration::from_secs(3_600);
    const DUE: [(&str, &str); 5] = [
        ("healthy", "ok"),
        ("inc-001", "critical"),
        ("inc-003", "critical"),
        ("inc-004", "critical"),
        ("inc-005", "critical"),
    ];
    at_once(5, &DUE, |(scene, due)| {
        let scene = duckops::practice::find(scene).expect("a scene");
        let mut world = scene.world(now() - HOUR);
        world.advance(now());
        (world.now, world.frozen) = (now(), true);
        for run in &mut world.recorded {
            run.ago += HOUR;
        }
        let stage = Stage::of(world);
        let (_, document) = stage.duckops(&["triage"]).json();
        assert_eq!(document["verdict"], *due, "{}: {document:#}", scene.name);
        assert_eq!(stage.practice.unexpected(), 0, "{}", scene.name);
    });
}
