//! Claim: state that version 0.1.0 wrote is read by every command without loss. No message is
//! sent twice, no lease and no mute is lost, no write is forgotten.
//!
//! `tests/upgrade/README.md` says what the state is and how it was made.

mod table;

use crate::support::receiver::{Receiver, secret};
use crate::support::{Duckops, Stage, world};
use serde_json::{Value, json};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The API's address as the old files have it, in the key of their stack.
const API: &str = "http://127.0.0.1:18417";
/// Where the state folder was.
const MADE_IN: &str = "/tmp/duckops-upgrade/state";
/// When the mutes that 0.1.0 recorded end.
const MUTED: &str = "2026-04-11T03:06:09Z";
/// The bond whose rotation 0.1.0 did not finish.
const UNSETTLED: &str = "DECAF00000000002";

/// What 0.1.0 wrote, as it lies in the tree.
fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/upgrade/0.1.0")
        .join(name)
}

/// A scene with the state folder of 0.1.0. Nothing is recorded by the scene itself.
fn upgraded(scene: &str) -> Stage {
    let mut world = world(scene);
    world.recorded.clear();
    let stage = Stage::of(world);
    copy(&kept("state"), &stage.state());
    // A snapshot waits for the history at the path where 0.1.0 had it.
    let waits = fs::read_dir(stage.state().join("pending")).expect("a folder");
    for file in waits.flatten().map(|entry| entry.path()) {
        let text = fs::read_to_string(&file).expect("a snapshot");
        let own = text.replace(MADE_IN, &stage.state().to_string_lossy());
        assert_ne!(text, own);
        fs::write(file, own).expect("written");
    }
    stage
}

/// Copies a folder with the modes that duckops gives its files, which git does not keep.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    fs::set_permissions(to, Permissions::from_mode(0o700)).expect("0700");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (path, copied) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &copied);
        } else {
            fs::copy(&path, &copied).expect("a copy");
            fs::set_permissions(&copied, Permissions::from_mode(0o600)).expect("0600");
        }
    }
}

/// The binary for the stack that the old files name. Requests to it come to the practice
/// stack's own port as if through a proxy, so no port has to be free.
fn duckops(stage: &Stage, arguments: &[&str]) -> Duckops {
    through_proxy(stage, stage.duckops(arguments))
}

fn through_proxy(stage: &Stage, call: Duckops) -> Duckops {
    let aws = stage.practice.aws_url().replace("127.0.0.1", "localhost");
    call.env("DUCKOPS_API_URL", API)
        .env("http_proxy", stage.practice.api_url())
        .env("no_proxy", "localhost")
        .env("AWS_ENDPOINT_URL", aws)
        .env("USER", "operator")
}

/// Configures the channel that the waiting messages are for.
fn channel(stage: &Stage, receiver: &Receiver) {
    let folder = stage.home().join(".config/duckops");
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("hook.url");
    secret(&file, &receiver.url().replace("127.0.0.1", "localhost"));
    let text = format!(
        "[notify.hook]\nkind = \"webhook\"\nurl_file = \"{}\"\nfrom = \"warning\"\n",
        file.display()
    );
    fs::write(folder.join("config.toml"), text).expect("written");
}

fn json_of(stage: &Stage, arguments: &[&str], due: i32) -> Value {
    let (code, document) = duckops(stage, arguments).json();
    assert_eq!(code, due, "{arguments:?}: {document:#}");
    document
}

fn text_of(stage: &Stage, arguments: &[&str], due: i32) -> String {
    let ran = duckops(stage, arguments).run();
    assert_eq!(ran.code, due, "{arguments:?}: {ran:?}");
    format!("{}{}", ran.stdout, ran.stderr)
}

fn standing<'a>(document: &'a Value, runbook: &str) -> &'a Value {
    let runbooks = document["runbooks"].as_array().expect("runbooks");
    let runbook = runbooks.iter().find(|one| one["id"] == runbook);
    &runbook.expect("the runbook")["standing"]
}

/// The lines of the kept journal.
fn journal() -> Vec<Value> {
    let text = fs::read_to_string(kept("state/journal.jsonl")).expect("a journal");
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("a line in JSON"))
        .collect()
}

#[test]
fn journal_of_0_1_0_is_whole_and_keeps_every_line() {
    let stage = upgraded("healthy");
    let document = json_of(&stage, &["journal"], 1);
    assert_eq!(document["journal"]["breaks"], json!([]));
    let shown = document["journal"]["entries"].as_array().expect("entries");
    let lines = journal();
    assert_eq!(shown.len(), lines.len());
    assert!(lines.len() > 20, "{}", lines.len());
    for (shown, line) in shown.iter().zip(&lines) {
        for name in ["id", "at", "action", "stage", "detail"] {
            assert_eq!(
                shown["entry"][name], line["entry"][name],
                "{name} of {line}"
            );
        }
    }
    // One write is open: the rotation that was killed.
    text_of(&stage, &["journal", "--verify"], 1);
}

#[test]
fn journal_of_0_1_0_with_one_changed_word_is_broken() {
    let stage = upgraded("healthy");
    let path = stage.state().join("journal.jsonl");
    let text = fs::read_to_string(&path).expect("a journal");
    let changed = text.replacen("T-JOSH", "T-JUDY", 1);
    assert_ne!(text, changed);
    fs::write(&path, changed).expect("written");
    text_of(&stage, &["journal", "--verify"], 2);
}

#[test]
fn recorded_facts_are_exported_as_0_1_0_exported_them() {
    let stage = upgraded("healthy");
    let exported = duckops(&stage, &["history", "export", "--jsonl"]).run();
    assert_eq!(exported.code, 0, "{exported:?}");
    let due = fs::read_to_string(kept("export.jsonl")).expect("an export");
    assert!(due.lines().count() > 200);
    assert_eq!(exported.stdout, due);
}

#[test]
fn snapshot_that_waited_is_recorded_by_the_next_check_and_is_read() {
    let stage = upgraded("inc-005");
    let waiting = || fs::read_dir(stage.state().join("pending")).map_or(0, Iterator::count);
    assert_eq!(waiting(), 1);
    json_of(&stage, &["check", "inc-005"], 2);
    assert_eq!(waiting(), 0);
    let document = json_of(&stage, &["history", "email.sent_24h"], 0).to_string();
    for at in ["03:09:09Z", "03:10:09Z", "03:12:09Z"] {
        assert!(document.contains(at), "{at}: {document}");
    }
}

#[test]
fn mute_recorded_by_0_1_0_keeps_its_end_and_its_author() {
    let stage = upgraded("inc-002");
    let receiver = Receiver::well();
    channel(&stage, &receiver);
    let document = json_of(&stage, &["check", "inc-002", "--notify"], 1);
    let muted = &standing(&document, "inc-002")["muted"];
    assert_eq!(*muted, json!({"until": MUTED, "by": "Ada"}));
    let of = |runbook: &str| {
        let came = receiver.came();
        came.iter().filter(|one| one["runbook"] == runbook).count()
    };
    // INC-005's messages waited for this channel; of INC-002 nothing is sent.
    assert_eq!((of("inc-002"), of("inc-005")), (0, 2));
    let notes = json_of(&stage, &["check", "inc-002"], 1)["notes"].to_string();
    assert!(notes.contains(MUTED), "{notes}");
    // A second after its end it is over.
    let later = duckops(&stage, &["check", "inc-002"]).env("DUCKOPS_TEST_NOW", MUTED);
    let (_, document) = later.json();
    assert_eq!(standing(&document, "inc-002")["muted"], Value::Null);
    // And it can be ended before.
    let stage = upgraded("inc-002");
    json_of(&stage, &["check", "inc-002", "--unmute", "inc-002"], 1);
    let document = json_of(&stage, &["check", "inc-002"], 1);
    assert_eq!(standing(&document, "inc-002")["muted"], Value::Null);
}

#[test]
fn bad_run_recorded_by_0_1_0_counts_towards_three_of_five() {
    let stage = upgraded("inc-004");
    let check = ["check", "inc-004", "--for", "3/5"];
    let held = json_of(&stage, &check, 0);
    assert_eq!(standing(&held, "inc-004")["held"], true);
    let settled = json_of(&stage, &check, 2);
    assert_eq!(standing(&settled, "inc-004")["change"], "new");
    assert_eq!(standing(&settled, "inc-004")["held"], false);
}

#[test]
fn incident_announced_by_0_1_0_goes_on_and_is_not_new() {
    let stage = upgraded("inc-005");
    let document = json_of(&stage, &["check", "inc-005"], 2);
    let standing = standing(&document, "inc-005");
    assert_eq!(standing["change"], "unchanged");
    assert_eq!(standing["since"], "2026-03-22T03:09:09Z");
}

#[test]
fn messages_that_waited_are_sent_once_with_their_ids() {
    let stage = upgraded("inc-005");
    let receiver = Receiver::well();
    channel(&stage, &receiver);
    for _ in 0..2 {
        json_of(&stage, &["check", "inc-005", "--notify"], 2);
    }
    let came = receiver.came();
    let word = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let mut sent: Vec<_> = came
        .iter()
        .map(|one| (word(one, "id"), word(one, "kind")))
        .collect();
    sent.sort();
    let mut due: Vec<_> = waiting()
        .iter()
        .map(|one| (word(one, "id"), word(one, "kind")))
        .collect();
    due.sort();
    assert_eq!(due.len(), 2);
    assert_eq!(sent, due, "{came:#?}");
    for (one, due) in came.iter().flat_map(|one| {
        let due = waiting().into_iter().find(|due| due["id"] == one["id"]);
        due.map(|due| (one, due))
    }) {
        for name in ["incident", "severity", "verdict", "summary", "escalation"] {
            let due = &due[if name == "escalation" {
                "escalate"
            } else {
                name
            }];
            assert_eq!(&one[name], due, "{name}");
        }
        // Who called and what was found are those of the call, not of today's run.
        assert_eq!(one["brief"], due["brief"]);
    }
}

/// The messages that 0.1.0 could not deliver, from its own database.
fn waiting() -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a folder");
    let copied = folder.path().join("history.db");
    fs::copy(kept("state/history.db"), &copied).expect("a copy");
    let location = duckops::history::Location::Sqlite(copied);
    let budget = std::time::Duration::from_secs(5);
    let history = duckops::history::open(&location, budget).expect("history");
    let stack = duckops::history::StackKey(format!("prod|{API}|121546003735|us-east-1"));
    let state = history.ledger(&stack).expect("a check state").document;
    let state: Value = serde_json::from_str(&state).expect("JSON");
    state["outbox"].as_array().expect("an outbox").clone()
}

#[test]
fn call_made_with_0_1_0_is_not_made_again() {
    let stage = upgraded("inc-004");
    let receiver = Receiver::well();
    channel(&stage, &receiver);
    let call = [
        "escalate",
        "inc-004",
        "--confirm",
        "inc-004",
        "--endpoint-override",
    ];
    let refused = text_of(&stage, &call, 4);
    for part in ["2026-03-22T03:08:09", "Ada", "ops-1"] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    let escalated = |one: &&Value| one["runbook"] == "inc-004";
    assert_eq!(receiver.came().iter().filter(escalated).count(), 0);
    let entry = text_of(&stage, &["record", "inc-004", "--dry-run"], 0);
    for part in ["2026-03-22T03:08:09", "Ada", "ops-1"] {
        assert!(entry.contains(part), "{part}: {entry}");
    }
    // The journal of that folder is about another stack: its API has another address.
    assert!(!entry.contains("alias rollback"), "{entry}");
    let again = [&call[..], &["--again"]].concat();
    text_of(&stage, &again, 0);
    assert_eq!(receiver.came().iter().filter(escalated).count(), 1);
}

#[test]
fn rotation_left_open_by_0_1_0_keeps_others_away_until_it_is_settled() {
    let stage = upgraded("bonds-alive");
    let token = stage.home().join("token");
    secret(&token, "practice-token\n");
    let rotate = |more: &[&str]| {
        let arguments = ["bond", "rotate", UNSETTLED, "--endpoint-override"];
        let ran = duckops(&stage, &[&arguments[..], more].concat())
            .env("DUCKOPS_TOKEN_FILE", token.as_os_str())
            .run();
        (ran.code, format!("{}{}", ran.stdout, ran.stderr))
    };
    let (code, said) = rotate(&["--confirm", UNSETTLED]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("--recover"), "{said}");
    let shown = text_of(&stage, &["triage", "inc-003"], 0);
    assert!(shown.contains(UNSETTLED), "{shown}");
    // Nothing is known of the answer: the key may have been issued, and that is said.
    let recovered = text_of(&stage, &["bond", "rotate", UNSETTLED, "--recover"], 3);
    assert!(recovered.contains(UNSETTLED), "{recovered}");
    let (code, said) = rotate(&["--confirm", UNSETTLED]);
    assert_eq!(code, 1, "it needs --supersede: {said}");
    let intent = journal()
        .iter()
        .map(|line| line["entry"].clone())
        .find(|entry| entry["action"] == "bond rotate" && entry["at"] == "2026-03-22T03:02:10Z")
        .expect("the rotation that was killed");
    let intent = intent["id"].as_str().expect("an id").to_owned();
    let (code, said) = rotate(&["--confirm", UNSETTLED, "--supersede", &intent]);
    assert_eq!(code, 0, "{said}");
    // What was written now is bound to what stood there, and nothing is left open.
    text_of(&stage, &["journal", "--verify"], 0);
}

#[test]
fn key_kept_by_0_1_0_stays_as_it_is_and_is_a_credential() {
    let stage = upgraded("bonds-alive");
    let keys = |folder: &Path| {
        let all = fs::read_dir(folder.join("keys"))
            .expect("a folder")
            .flatten();
        let mut all: Vec<_> = all
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|kind| kind == "key"))
            .map(|path| {
                (
                    path.file_name().map(Into::into),
                    fs::read(path).expect("a key"),
                )
            })
            .collect::<Vec<(Option<std::ffi::OsString>, Vec<u8>)>>();
        all.sort();
        all
    };
    let before = keys(&kept("state"));
    assert_eq!(before.len(), 1);
    for arguments in [&["bond", "list"][..], &["doctor"], &["check"], &["journal"]] {
        duckops(&stage, arguments).run();
    }
    assert_eq!(keys(&stage.state()), before);
    let name = before[0].0.clone().expect("a name");
    let path = stage.state().join("keys").join(name);
    let pulse = [
        "bond",
        "pulse",
        "DECAF00000000001",
        "--confirm",
        "DECAF00000000001",
        "--endpoint-override",
        "--dry-run",
        "--beak-key-file",
        &path.to_string_lossy(),
    ];
    text_of(&stage, &pulse, 0);
}

#[test]
fn moves_of_the_alias_made_with_0_1_0_still_speak_against_the_version() {
    let stage = upgraded("inc-001");
    let checked = json_of(&stage, &["alias", "check", "--to", "62"], 2).to_string();
    assert!(checked.contains("rolled back before"), "{checked}");
    // The alias is where 0.1.0 put it, and the journal says so.
    let after = upgraded("healthy");
    let shown = text_of(&after, &["alias", "show"], 0);
    assert!(shown.contains("moved 8 min ago, 03:04Z"), "{shown}");
    let timeline = json_of(&stage, &["timeline"], 3)["moments"].to_string();
    for part in [
        "alias promote",
        "alias rollback",
        "bond rotate",
        "bond pulse",
        "escalate inc-004",
        "escalate inc-005",
        "2026-03-22T03:04:09Z",
    ] {
        assert!(timeline.contains(part), "{part}: {timeline}");
    }
    let log = stage.home().join("DEPLOY-LOG.md");
    fs::write(&log, "# Deploys\n").expect("written");
    let log = log.to_string_lossy().into_owned();
    text_of(&stage, &["record", "--deploy-log", &log], 0);
    let log = fs::read_to_string(log).expect("the log");
    assert!(log.contains("61"), "{log}");
}

#[test]
fn doctor_finds_nothing_wrong_with_a_folder_of_0_1_0() {
    let stage = upgraded("healthy");
    let (_, document) = duckops(&stage, &["doctor"]).json();
    let checks = document["checks"].as_array().expect("checks");
    let history = checks.iter().find(|one| one["check"] == "history");
    let history = history.expect("a check of the history");
    assert_eq!(history["verdict"], "ok", "{history}");
    let found = history["found"].as_str().expect("a text");
    assert!(found.starts_with("readable: "), "{found}");
}
