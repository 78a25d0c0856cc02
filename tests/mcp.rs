//! Claim: `duckops mcp` gives a client of the Model Context Protocol that is not ours the same
//! JSON documents as the commands, changes nothing, hides secrets, and ends as its stream does.

mod stream;

use crate::support::{Duckops, Stage, python, world};
use duckops::practice::{FakeStack, Fault, Operation};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const CLIENT: &str = include_str!("mcp/client.py");

/// What a client saw: the server, its tools, and what came of each call.
struct Session {
    told: Value,
}

impl Session {
    /// Starts the server by this call of the binary and makes these calls.
    fn of(server: Duckops, calls: &[(&str, Value)]) -> Self {
        let server = server.command();
        let env: Map<String, Value> = server
            .get_envs()
            .filter_map(|(name, value)| Some((text(name), text(value?).into())))
            .collect();
        let asked = json!({
            "command": text(server.get_program()),
            "arguments": server.get_args().map(text).collect::<Vec<_>>(),
            "env": env,
            "folder": server.get_current_dir().expect("a folder"),
            "calls": calls,
        });
        let told = python::answer(CLIENT, &asked);
        assert_eq!(told["calls"].as_array().map(Vec::len), Some(calls.len()));
        Self { told }
    }

    fn tools(&self) -> &[Value] {
        self.told["tools"].as_array().expect("tools")
    }

    /// The text of the document that a call gave, and whether it is an error.
    fn document(&self, call: usize) -> (&str, bool) {
        let came = &self.told["calls"][call];
        let document = came["document"].as_str();
        let document = document.unwrap_or_else(|| panic!("call {call}: {came:#}"));
        (document, came["is_error"].as_bool().expect("told"))
    }

    /// Why a call gave no result, by the protocol or by the tool.
    fn refused(&self, call: usize) -> &str {
        let came = &self.told["calls"][call];
        let by_tool = came["document"]
            .as_str()
            .filter(|_| came["is_error"] == true);
        let refused = came["refused"].as_str().or(by_tool);
        refused.unwrap_or_else(|| panic!("call {call} was answered: {came:#}"))
    }
}

fn text(os: &std::ffi::OsStr) -> String {
    os.to_str().expect("UTF-8").to_owned()
}

/// Facts that hold how long a request took.
const TIMES: [&str; 2] = ["api.seconds", "api.tries"];

/// A document without what differs from run to run: how long something took, and in which order
/// requests that were sent at once were answered.
fn settled(document: &str) -> Value {
    fn settle(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.retain(|key, _| !key.ends_with("_ms"));
                if map
                    .get("fact")
                    .is_some_and(|fact| TIMES.iter().any(|time| fact == time))
                {
                    map.remove("value");
                }
                if let Some(Value::Array(asked)) = map.get_mut("asked") {
                    asked.sort_by_key(|question| question["question"].to_string());
                }
                map.values_mut().for_each(settle);
            }
            Value::Array(items) => items.iter_mut().for_each(settle),
            _ => {}
        }
    }
    let mut value = serde_json::from_str(document).expect("one document");
    settle(&mut value);
    value
}

/// Where two documents differ first, and how.
fn difference(at: &str, one: &Value, other: &Value) -> Option<String> {
    match (one, other) {
        _ if one == other => None,
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => a
            .iter()
            .find_map(|(key, value)| difference(&format!("{at}/{key}"), value, &b[key])),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.find_map(|(n, (a, b))| difference(&format!("{at}/{n}"), a, b))
        }
        _ => Some(format!("{at}: {one} and {other}")),
    }
}

/// Each tool with arguments, and the command that it is.
fn calls(recording: &str) -> Vec<(&'static str, Value, Vec<&str>)> {
    vec![
        ("triage", json!({}), vec!["triage"]),
        (
            "triage",
            json!({"runbook": "inc-001", "expect": "61"}),
            vec!["triage", "inc-001", "--expect", "61"],
        ),
        (
            "step",
            json!({"runbook": "inc-001", "step": "1"}),
            vec!["triage", "inc-001", "1"],
        ),
        ("alias_check", json!({}), vec!["alias", "check"]),
        (
            "alias_check",
            json!({"to": "61"}),
            vec!["alias", "check", "--to", "61"],
        ),
        (
            "facts",
            json!({"prefix": "status"}),
            vec!["facts", "status"],
        ),
        (
            "facts",
            json!({"prefix": "alias", "schema": true}),
            vec!["facts", "alias", "--schema"],
        ),
        ("runbook", json!({}), vec!["runbook", "list"]),
        (
            "runbook",
            json!({"runbook": "inc-004"}),
            vec!["runbook", "show", "inc-004"],
        ),
        ("history", json!({}), vec!["history"]),
        (
            "journal",
            json!({"verify": true}),
            vec!["journal", "--verify"],
        ),
        (
            "recording",
            json!({"file": recording, "runbook": "inc-001"}),
            vec!["triage", "inc-001", "--from", recording],
        ),
        // No result is the same document too.
        (
            "triage",
            json!({"runbook": "inc-999"}),
            vec!["triage", "inc-999"],
        ),
        (
            "step",
            json!({"runbook": "inc-001", "step": "--save=x"}),
            vec!["triage", "inc-001", "--", "--save=x"],
        ),
        (
            "history",
            json!({"since": "soon"}),
            vec!["history", "--since", "soon"],
        ),
    ]
}

/// Makes the calls of a server started with these flags, each on the same past, and holds what
/// they gave to what the commands print with the same flags.
fn same_documents(
    stage: &Stage,
    flags: &[&str],
    calls: &[(&'static str, Value, Vec<&str>)],
) -> Session {
    let asked: Vec<_> = calls
        .iter()
        .map(|(tool, arguments, _)| (*tool, arguments.clone()))
        .collect();
    let session = Session::of(stage.once(&[&["mcp"], flags].concat()), &asked);
    for (number, (tool, arguments, command)) in calls.iter().enumerate() {
        let (by_tool, is_error) = session.document(number);
        let ran = stage
            .once(&[flags, &["-o", "json"], command].concat())
            .run();
        let (by_tool_settled, printed) = (settled(by_tool), settled(&ran.stdout));
        let differs = difference("", &by_tool_settled, &printed);
        assert_eq!(differs, None, "{tool} {arguments} is not {command:?}");
        // Without a result there is a reason in its place, on standard error too.
        let has_failed = ran.stderr.contains("duckops: ");
        assert_eq!(is_error, has_failed, "{tool} {arguments}: {by_tool}");
    }
    session
}

#[test]
fn history_is_read_as_the_command_reads_it() {
    let stage = Stage::of(world("inc-003"));
    let calls = [
        ("history", json!({}), vec!["history"]),
        (
            "history",
            json!({"fact": "status.agents.total", "since": "8d"}),
            vec!["history", "status.agents.total", "--since", "8d"],
        ),
        (
            "history",
            json!({"fact": "no.such"}),
            vec!["history", "no.such"],
        ),
    ];
    let session = same_documents(&stage, &[], &calls);
    let trend = settled(session.document(1).0);
    assert!(
        trend.to_string().contains("status.agents.total"),
        "{trend:#}"
    );
}

#[test]
fn every_tool_gives_the_document_of_its_command_and_changes_nothing() {
    let stage = Stage::of(world("inc-001"));
    let file = stage.home().join("recording.json");
    let recording = file.to_str().expect("UTF-8");
    let saved = stage.once(&["triage", "--save", recording]).run();
    assert!(file.is_file(), "{saved:?}");
    let before = stage.practice.requests().len();
    let target = stage.practice.world().alias_target.clone();

    let calls = calls(recording);
    // A triage that were recorded would be part of the past of the next one.
    let session = same_documents(&stage, &["--history", "none"], &calls);

    // Whatever has no call here was not compared with anything.
    let offered: BTreeSet<_> = session
        .tools()
        .iter()
        .map(|tool| tool["name"].as_str().expect("a name"))
        .collect();
    let called: BTreeSet<_> = calls.iter().map(|(tool, ..)| *tool).collect();
    assert_eq!(offered, called);
    for tool in session.tools() {
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool:#}");
        assert_eq!(
            tool["inputSchema"]["additionalProperties"], false,
            "{tool:#}"
        );
    }
    assert_eq!(session.told["server"]["name"], "duckops");
    assert!(
        session.told["instructions"]
            .as_str()
            .is_some_and(|text| text.contains("unknown"))
    );

    let written = [
        Operation::UpdateAlias,
        Operation::Invoke,
        Operation::Pulse,
        Operation::Rotate,
        Operation::Unpeck,
    ];
    let requests = stage.practice.requests();
    assert!(requests.len() > before + 50, "{}", requests.len());
    for request in &requests[before..] {
        let operation = request.operation;
        assert!(
            !operation.is_some_and(|o| written.contains(&o)),
            "{operation:?}"
        );
    }
    assert_eq!(stage.practice.world().alias_target, target);
}

#[test]
fn what_a_tool_does_not_know_is_refused_and_asks_nobody() {
    let stage = Stage::of(world("healthy"));
    let calls = [
        ("triage", json!({"save": "file"})),
        ("triage", json!({"from": "/etc/passwd"})),
        ("alias_check", json!({"to": "61", "smoke": true})),
        ("history", json!({"svg": "file"})),
        ("step", json!({"runbook": "inc-001"})),
        ("alias_rollback", json!({})),
        ("recording", json!({"file": "-"})),
        ("recording", json!({"file": "/dev/stdin"})),
        ("recording", json!({"file": "/dev/zero"})),
        ("recording", json!({"file": stage.home()})),
        ("recording", json!({"file": "no/such/file"})),
    ];
    let session = Session::of(stage.once(&["mcp"]), &calls);
    for (number, call) in calls.iter().enumerate() {
        assert!(!session.refused(number).is_empty(), "{call:?}");
    }
    assert_eq!(stage.practice.requests().len(), 0);
}

/// A file that is no recording is reported as such, without its content.
#[test]
fn a_file_that_is_no_recording_is_not_shown() {
    let stage = Stage::of(world("healthy"));
    std::fs::write(stage.home().join("other"), "password=hunter2").expect("written");
    let calls = [("recording", json!({"file": "other"}))];
    let session = Session::of(stage.once(&["mcp"]), &calls);
    let (document, is_error) = session.document(0);
    assert!(is_error && !document.contains("hunter2"), "{document}");
    assert_eq!(settled(document)["exit_code"], 64);
}

#[test]
fn secrets_are_hidden_from_a_client_too() {
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYzq3vTb5kL9";
    let mut planted: FakeStack = world("inc-001");
    planted.status["lambda_version"] = SECRET.into();
    planted
        .faults
        .insert(Operation::GetAccount, Fault::Body(SECRET.to_owned()));
    let stage = Stage::of(planted);
    let calls = [
        ("triage", json!({})),
        ("facts", json!({})),
        ("runbook", json!({"runbook": SECRET})),
        ("recording", json!({"file": format!("/nowhere/{SECRET}")})),
    ];
    let shown = |secret: &str| {
        let server = stage.once(&["mcp"]).env("AWS_SECRET_ACCESS_KEY", secret);
        Session::of(server, &calls).told["calls"].to_string()
    };
    // Another value is shown, so this one is hidden because it is a secret.
    assert!(shown("practice").contains(SECRET));
    assert!(!shown(SECRET).contains(&SECRET[..12]));
}

#[test]
fn each_call_has_a_deadline_of_its_own() {
    let mut world = world("healthy");
    world.faults.insert(Operation::Status, Fault::Hang);
    let stage = Stage::of(world);
    let calls = [
        ("step", json!({"runbook": "inc-001", "step": "1"})),
        ("step", json!({"runbook": "inc-001", "step": "1"})),
        ("facts", json!({"prefix": "status.agents"})),
    ];
    let began = Instant::now();
    let session = Session::of(stage.once(&["mcp", "--deadline", "2s"]), &calls);
    let took = began.elapsed();
    assert!(took > Duration::from_secs(4), "{took:?}: nothing hung");
    for call in 0..calls.len() {
        let (document, is_error) = session.document(call);
        assert!(!is_error, "{document}");
        assert_ne!(settled(document)["verdict"], "ok", "{document}");
    }
}
