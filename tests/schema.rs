//! Claim: the JSON of every command and of every failure is what `duckops schema` says, by
//! the judgement of a validator that is not ours; and the schema refuses what it should.

use crate::formats::told;
use crate::support::{Duckops, Stage, validator, world};
use duckops::practice::{Fault, Operation};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::OnceLock;

fn schema() -> Value {
    let home = tempfile::tempdir().expect("a folder");
    let ran = Duckops::new(home.path(), &["schema"]).run();
    assert_eq!(ran.code, 0, "{ran:?}");
    serde_json::from_str(&ran.stdout).expect("a JSON document")
}

/// What a call is, the exit code that is due, and the kind of its document; none for a
/// report or a failure, which has the same form.
type Call<'a> = (&'a [&'a str], i32, Option<&'a str>);

/// Calls that send no request and need no stack.
const ALONE: [Call<'_>; 49] = [
    (&["facts", "--schema"], 0, Some("fact-schema")),
    (&["facts", "api", "--schema"], 0, Some("fact-schema")),
    (&["facts", "no.such"], 64, None),
    (&["facts", "--no-such-flag"], 64, None),
    // There is no server on the port that the calls use.
    (&["facts", "email"], 3, Some("facts")),
    (&["audit"], 3, Some("audit")),
    (&["audit", "--since", "soon"], 64, None),
    (&["audit", "--follow"], 64, None),
    (&["doctor", "--deadline", "4s"], 3, Some("doctor")),
    (&["doctor", "--deadline", "soon"], 64, None),
    (&["history"], 0, Some("history")),
    (&["history", "no.such"], 64, None),
    (&["history", "--since", "never"], 64, None),
    (&["history", "--history", "redis:x"], 64, None),
    (&["history", "prune"], 0, Some("history-prune")),
    (&["history", "export"], 64, None),
    (&["check", "inc-999"], 64, None),
    (&["runbook", "list"], 0, Some("runbook-list")),
    (&["runbook", "list", "--runbooks", "nowhere"], 64, None),
    (&["runbook", "show", "inc-001"], 0, Some("runbook-show")),
    (&["runbook", "show", "inc-999"], 64, None),
    (&["runbook", "lint"], 0, Some("runbook-lint")),
    (&["runbook", "lint", "inc-999"], 64, None),
    (&["runbook", "test"], 0, Some("runbook-test")),
    (&["runbook", "test", "inc-999"], 64, None),
    (&["runbook", "new", "inc-006"], 64, None),
    (&["runbook"], 64, None),
    (&["drill", "scenes"], 0, Some("drill-scenes")),
    (&["drill", "scenes", "--no-such-flag"], 64, None),
    (&["drill", "inc-005"], 0, None),
    (&["drill", "no-such-scene"], 64, None),
    (&["drill", "inc-004", "--scene", "no-such-scene"], 64, None),
    (&["no-such-command"], 64, None),
    (&["man"], 0, Some("man")),
    (&["help"], 0, Some("help")),
    (&["help", "exit-codes"], 0, Some("help")),
    (&["help", "alias", "rollback"], 0, Some("help")),
    (&["help", "no-such-command"], 64, None),
    (&["completions", "bash"], 0, Some("completions")),
    (&["completions", "no-such-shell"], 64, None),
    (&["rules"], 0, Some("rules")),
    (&["rules", "--interval", "never"], 64, None),
    (&["--help"], 0, Some("help")),
    (&["triage", "--version"], 0, Some("help")),
    (&["journal"], 0, Some("journal")),
    (&["doctor", "--policy"], 0, Some("doctor-policy")),
    (&["history", "export", "--csv"], 0, Some("history-export")),
    (&["history", "init"], 64, None),
    (&["report", "inc-004"], 64, None),
];

/// Calls that need a server.
const ASKING: [Call<'_>; 10] = [
    (&["facts"], 0, Some("facts")),
    (&["audit"], 0, Some("audit")),
    (&["audit", "--type", "peck", "--details"], 0, Some("audit")),
    (&["doctor"], 1, Some("doctor")),
    (&["triage", "inc-004", "1"], 2, None),
    (&["check"], 2, None),
    (
        &[
            "check", "inc-004", "--mute", "inc-004", "--until", "1h", "--by", "Ada",
        ],
        2,
        None,
    ),
    (&["history"], 0, Some("history")),
    (&["history", "peck.callback_errors"], 0, Some("history")),
    (&["history", "export", "--jsonl"], 0, Some("history-export")),
];

/// Calls of `triage` that come to no report.
const FAILING: [Call<'_>; 6] = [
    (&["triage", "inc-999"], 64, None),
    (&["triage", "--no-such-flag"], 64, None),
    (&["triage", "inc-004", "no-such-step"], 64, None),
    (&["triage", "--stack", "no-such-stack"], 64, None),
    (&["triage", "--deploy-log", "nowhere"], 64, None),
    (&[], 64, None),
];

#[derive(Clone)]
struct Document {
    name: String,
    kind: Option<String>,
    value: Value,
}

fn answer(call: Duckops, (arguments, due, kind): Call<'_>) -> Document {
    let name = arguments.join(" ");
    let (code, value) = call.json();
    assert_eq!(code, due, "{name}: {value:#}");
    assert_eq!(value["exit_code"], code, "{name}");
    assert_eq!(value.get("kind").and_then(Value::as_str), kind, "{name}");
    Document {
        name,
        kind: kind.map(str::to_owned),
        value,
    }
}

/// The document of every command, well and failing; made once for all tests.
fn documents() -> &'static [Document] {
    static ALL: OnceLock<Vec<Document>> = OnceLock::new();
    ALL.get_or_init(make_documents)
}

fn make_documents() -> Vec<Document> {
    let home = tempfile::tempdir().expect("a folder");
    let alone = ALONE.iter().chain(&FAILING);
    let mut all: Vec<Document> = alone
        .map(|call| answer(Duckops::new(home.path(), call.0), *call))
        .collect();

    let stage = Stage::of(world("inc-004"));
    all.extend(
        ASKING
            .iter()
            .map(|call| answer(stage.duckops(call.0), *call)),
    );
    // Two recordings, and the log.
    let recordings: [Call<'_>; 13] = [
        (&["triage", "--save", "one.json"], 2, None),
        (&["triage", "inc-004", "--save", "other.json"], 2, None),
        (&["diff", "one.json", "other.json"], 2, Some("diff")),
        (&["timeline"], 0, Some("timeline")),
        (&["report", "inc-004", "--html", "page.html"], 2, None),
        (&["runbook", "case", "other.json"], 0, Some("runbook-case")),
        (
            &["record", "inc-004", "--from", "one.json", "--dry-run"],
            0,
            Some("record"),
        ),
        (&["record", "inc-004", "--log", "LOG.md"], 0, Some("record")),
        (&["escalate", "inc-004"], 0, Some("escalate")),
        (
            &["record", "--deploy-log", "DEPLOY.md"],
            1,
            Some("record-deploy"),
        ),
        (&["escalate", "inc-002"], 1, Some("escalate")),
        // The verdict stands, and the page that was asked for does not.
        (&["report", "inc-002", "--html", "no/page.html"], 3, None),
        (
            &["record", "inc-004", "--log", "no/LOG.md"],
            1,
            Some("record"),
        ),
    ];
    all.extend(recordings.map(|call| answer(stage.duckops(call.0), call)));
    // A feed that ends in the middle: what came of it, and unknown.
    let mut torn = world("healthy");
    torn.faults.insert(Operation::Audit, Fault::Html);
    let torn = Stage::of(torn);
    let call: Call<'_> = (&["audit"], 3, Some("audit"));
    all.push(answer(torn.duckops(call.0), call));
    // A first configuration, in a home of its own: the commands above have none.
    let first = Stage::of(world("healthy"));
    let url = first.practice.api_url();
    let call: Call<'_> = (
        &[
            "init",
            "--profile",
            "none",
            "--api-url",
            &url,
            "--channel",
            "none",
            "--governance-log",
            "none",
        ],
        0,
        Some("init"),
    );
    all.push(answer(first.duckops(call.0), call));
    // A history that is none.
    std::fs::write(home.path().join("torn.db"), "no database").expect("a file");
    let call: Call<'_> = (&["history", "--history", "sqlite:torn.db"], 3, None);
    all.push(answer(Duckops::new(home.path(), call.0), call));

    all.extend(people(home.path()));
    all.extend(alias());

    // Runbooks of the operator's own: a new one, then one with a wrong rule, then one whose
    // case does not hold.
    let own = home.path().join("own");
    std::fs::create_dir(&own).expect("a folder");
    let own_calls: [Call<'_>; 2] = [
        (
            &["runbook", "new", "inc-006", "--runbooks", "own"],
            0,
            Some("runbook-new"),
        ),
        (
            &["runbook", "new", "inc-006", "--runbooks", "own"],
            64,
            None,
        ),
    ];
    all.extend(own_calls.map(|call| answer(Duckops::new(home.path(), call.0), call)));
    let file = own.join("inc-006.toml");
    let fine = std::fs::read_to_string(&file).expect("the new one");
    let (head, cases) = fine.split_at(fine.find("[[case]]").expect("a case"));
    for (broken, code) in [
        (head.replace("when", "whem"), 64),
        (
            format!("{head}{}", cases.replace("= \"ok\"", "= \"critical\"")),
            64,
        ),
    ] {
        assert_ne!(broken, fine);
        std::fs::write(&file, broken).expect("written");
        let call: Call<'_> = (
            &["runbook", "lint", "inc-006", "--runbooks", "own"],
            code,
            Some("runbook-lint"),
        );
        let lint = answer(Duckops::new(home.path(), call.0), call);
        let found = lint.value["complaints"].as_array().map(Vec::len);
        assert!(found > Some(0), "{:#}", lint.value);
        all.push(lint);
    }
    let call: Call<'_> = (
        &["runbook", "test", "inc-006", "--runbooks", "own"],
        64,
        Some("runbook-test"),
    );
    all.push(answer(Duckops::new(home.path(), call.0), call));
    all
}

/// The alias as it is, a move that is refused, one that is only planned and one that is done,
/// and the journal of it.
fn alias() -> Vec<Document> {
    let stage = Stage::of(world("inc-001"));
    let (here, kind) = ("--endpoint-override", Some("alias-move"));
    let promotion = ["--approved-by", "Ada", "--approval-note", "reviewed"];
    let promote = [&["alias", "promote", "--to", "61", here], &promotion[..]].concat();
    let calls: [Call<'_>; 8] = [
        (&["alias", "show"], 3, None),
        (&["alias", "check"], 2, None),
        (&["alias", "rollback"], 1, kind),
        (
            &["alias", "rollback", "--to", "61", "--dry-run", here],
            0,
            kind,
        ),
        (&["alias", "rollback", "--to", "61", here], 5, kind),
        (&promote, 5, kind),
        (
            &[
                "alias",
                "rollback",
                "--to",
                "61",
                "--confirm",
                "prod@62->61",
                "--wait",
                "30s",
                here,
            ],
            0,
            kind,
        ),
        (&["journal"], 0, Some("journal")),
    ];
    calls.map(|call| answer(stage.duckops(call.0), call)).into()
}

/// Requests, bonds and webhooks. Nothing is sent: there is no consent, and the receiver would be
/// on this machine.
fn people(home: &std::path::Path) -> Vec<Document> {
    let secret = home.join("secret");
    std::fs::write(&secret, "whsec_0123456789").expect("written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&secret, mode).expect("set");
    std::fs::write(home.join("body"), "{}").expect("written");
    let (pecks, bonds) = (Stage::of(world("peck")), Stage::of(world("bond")));
    let id = "DECAF00000000001";
    let asked: [(&Stage, Call<'_>); 11] = [
        (&pecks, (&["peck", "list"], 1, Some("pecks"))),
        (&pecks, (&["peck", "show", "peck_a1"], 0, Some("peck"))),
        (&pecks, (&["peck", "show", "nobody"], 3, Some("peck"))),
        (&bonds, (&["bond", "list"], 2, Some("bonds"))),
        (&bonds, (&["bond", "show", id], 0, Some("bond"))),
        (&bonds, (&["bond", "show", "nobody"], 3, Some("bond"))),
        (&bonds, (&["bond", "verify", id], 3, Some("bond-verify"))),
        (&bonds, (&["bond", "rotate", id], 1, Some("bond-write"))),
        (&bonds, (&["bond", "pulse", id], 1, Some("bond-write"))),
        (&bonds, (&["bond", "disconnect", id], 1, Some("bond-write"))),
        (
            &bonds,
            (&["bond", "rotate", id, "--recover"], 0, Some("bond-write")),
        ),
    ];
    let mut all: Vec<_> = asked
        .iter()
        .map(|(stage, call)| answer(stage.duckops(call.0), *call))
        .collect();
    let call: Call<'_> = (
        &[
            "bond",
            "rotate",
            id,
            "--endpoint-override",
            "--token-file",
            "secret",
        ],
        5,
        Some("bond-write"),
    );
    let rotate = bonds
        .duckops(call.0)
        .env("DUCKOPS_TOKEN_FILE", secret.as_os_str());
    std::fs::copy(&secret, bonds.home().join("secret")).expect("copied");
    all.push(answer(rotate, call));
    let signature = format!("sha256={}", "0".repeat(64));
    let url = "http://127.0.0.1:1/";
    let alone: [Call<'_>; 8] = [
        (&["peck", "guide"], 0, Some("guide")),
        (&["bond", "guide"], 0, Some("guide")),
        (&["bond", "guide", "nonsense"], 64, None),
        (
            &[
                "webhook",
                "send",
                "pulse",
                "--url",
                url,
                "--secret-file",
                "secret",
            ],
            1,
            Some("webhook-send"),
        ),
        (
            &[
                "webhook",
                "diagnose",
                "--url",
                url,
                "--secret-file",
                "secret",
            ],
            3,
            Some("webhook-diagnose"),
        ),
        (
            &[
                "webhook",
                "verify",
                "body",
                "--signature",
                &signature,
                "--secret-file",
                "secret",
            ],
            2,
            Some("webhook-verify"),
        ),
        (
            &[
                "webhook",
                "bundle",
                "pulse",
                "--url",
                url,
                "--out",
                "bundle",
                "--secret-file",
                "secret",
            ],
            0,
            Some("webhook-bundle"),
        ),
        (
            &[
                "webhook",
                "send",
                "nonsense",
                "--url",
                url,
                "--secret-file",
                "secret",
            ],
            64,
            None,
        ),
    ];
    all.extend(alone.map(|call| answer(Duckops::new(home, call.0), call)));
    all
}

#[test]
fn every_document_and_every_failure_fits_the_schema() {
    let schema = schema();
    let mut all = documents().to_vec();
    let commands = all.len();
    all.extend(told("json").into_iter().map(|told| {
        let value: Value = serde_json::from_str(&told.ran.stdout).expect("one document");
        assert_eq!(value["verdict"], told.verdict, "{}", told.name);
        assert_eq!(value["exit_code"], told.ran.code, "{}", told.name);
        let end = told.ran.stdout.trim_end().trim_end_matches('}').trim_end();
        assert!(end.ends_with("\"complete\": true"), "{}", told.name);
        Document {
            name: told.name,
            kind: None,
            value,
        }
    }));
    let values: Vec<_> = all.iter().map(|document| document.value.clone()).collect();
    for (document, complaints) in all.iter().zip(validator::complaints(&schema, &values)) {
        let Document { name, value, .. } = document;
        assert!(complaints.is_empty(), "{name}: {complaints:#?}\n{value:#}");
    }
    // Every kind that the schema describes was seen but four that have claims of their own: all
    // scenes, because they take long, `history init`, which needs a DynamoDB table, and the two
    // commands that serve, `webhook listen` and `drill serve`.
    let described: BTreeSet<_> = schema["$defs"]
        .as_object()
        .expect("definitions")
        .keys()
        .filter_map(|name| name.strip_prefix("document-"))
        .filter(|kind| {
            let elsewhere = ["drill", "history-init", "webhook-delivery", "drill-serve"];
            !elsewhere.contains(kind)
        })
        .map(str::to_owned)
        .collect();
    let seen: BTreeSet<_> = all.iter().filter_map(|d| d.kind.clone()).collect();
    assert_eq!(seen, described);
    println!(
        "json: {commands} documents of all commands and {} reports fit the schema, {} kinds",
        all.len() - commands,
        seen.len() + 4
    );
}

/// Each command with its subcommands, as its help lists them: the leaves of the tree.
fn commands(home: &std::path::Path, path: &[String]) -> Vec<String> {
    let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
    arguments.push("--help");
    let help = Duckops::new(home, &arguments).run().stdout;
    let names = crate::approval::commands(&help);
    let mut all = Vec::new();
    for name in names {
        let mut path = path.to_vec();
        path.push(name);
        let below = commands(home, &path);
        match below.is_empty() {
            true => all.push(path.join(" ")),
            false => all.extend(below),
        }
    }
    all
}

/// The schema is one itself; the others serve until they are interrupted, and have tests of their
/// own.
const NO_DOCUMENT: [&str; 4] = ["schema", "webhook listen", "drill serve", "mcp"];

#[test]
fn every_command_was_called_with_output_json() {
    let home = tempfile::tempdir().expect("a folder");
    let commands = commands(home.path(), &[]);
    assert!(commands.len() > 40, "{commands:?}");
    let called: Vec<_> = documents()
        .iter()
        .map(|document| document.name.clone())
        .collect();
    let is_called = |command: &String| {
        let word = format!("{command} ");
        called
            .iter()
            .any(|call| format!("{call} ").starts_with(&word))
    };
    let forgotten: Vec<_> = commands
        .iter()
        .filter(|command| !is_called(command) && !NO_DOCUMENT.contains(&command.as_str()))
        .collect();
    assert!(forgotten.is_empty(), "{forgotten:?} of {commands:?}");
}

#[test]
fn serving_the_practice_stack_is_one_document_that_fits_the_schema() {
    use std::io::Read;
    let home = tempfile::tempdir().expect("a folder");
    let call = Duckops::new(home.path(), &["drill", "serve", "-o", "json"]);
    let mut child = call
        .command()
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut stdout = child.stdout.take().expect("a pipe");
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(b"\n}\n") && stdout.read_exact(&mut byte).is_ok() {
        text.push(byte[0]);
    }
    child.kill().expect("it is ended");
    child.wait().expect("it ends");
    let document: Value = serde_json::from_slice(&text).expect("one document");
    assert_eq!(document["kind"], "drill-serve");
    let url = document["environment"]["DUCKOPS_API_URL"].as_str();
    assert!(
        url.is_some_and(|url| url.starts_with("http://127.0.0.1:")),
        "{document:#}"
    );
    let mutants: Vec<_> = mutants(&document)
        .into_iter()
        .map(|(_, mutant)| mutant)
        .collect();
    let documents: Vec<_> = std::iter::once(document).chain(mutants).collect();
    let complaints = validator::complaints(&schema(), &documents);
    assert!(complaints[0].is_empty(), "{:#?}", complaints[0]);
    let let_through: Vec<_> = documents[1..]
        .iter()
        .zip(&complaints[1..])
        .filter(|(_, complaints)| complaints.is_empty())
        .collect();
    assert!(let_through.is_empty(), "{let_through:#?}");
}

/// Every scene is played here, over HTTP.
#[test]
fn the_document_of_the_whole_drill_fits_the_schema() {
    let home = tempfile::tempdir().expect("a folder");
    let call: Call<'_> = (&["drill", "--deadline", "15s"], 0, Some("drill"));
    let drill = answer(Duckops::new(home.path(), call.0), call);
    let scenes = drill.value["scenes"].as_array().map(Vec::len);
    assert_eq!(scenes, Some(duckops::practice::scenes().len()));
    let mutants = mutants(&drill.value);
    let mut values = vec![drill.value];
    values.extend(mutants.iter().map(|(_, mutant)| mutant.clone()));
    let complaints = validator::complaints(&schema(), &values);
    assert!(complaints[0].is_empty(), "{:#?}", complaints[0]);
    for ((what, _), complaints) in mutants.iter().zip(&complaints[1..]) {
        assert!(!complaints.is_empty(), "{what}");
    }
}

/// What is written down in a form that is not this format's: an IAM policy, what a write read
/// back, what an entry of the journal says, and weights by version.
const FREE: [&str; 5] = [
    "/policy/",
    "/result/",
    "/entry/detail/",
    "/plan/weights/",
    "/plan/from_weights/",
];

/// Every document that lacks one key, wherever it stood. Of a list the first entry stands
/// for all.
fn without_one(value: &Value) -> Vec<(String, Value)> {
    let mut out = Vec::new();
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                let mut less: Map<String, Value> = map.clone();
                less.remove(key);
                out.push((format!("/{key}"), Value::Object(less)));
                for (path, changed) in without_one(inner) {
                    let mut map = map.clone();
                    map.insert(key.clone(), changed);
                    out.push((format!("/{key}{path}"), Value::Object(map)));
                }
            }
        }
        Value::Array(items) => {
            for (path, changed) in items.first().map(without_one).unwrap_or_default() {
                out.push((format!("/0{path}"), Value::Array(vec![changed])));
            }
        }
        _ => {}
    }
    out
}

/// What is wrong in any document, and in a report.
fn wrong_values() -> [(&'static str, Value); 22] {
    [
        ("/format_version", json!("2.0")),
        ("/verdict", json!("fine")),
        ("/verdict", json!("OK")),
        ("/exit_code", json!("2")),
        ("/exit_code", json!(-1)),
        ("/exit_code", json!(256)),
        ("/started_at", json!("2026-03-22 03:12:09")),
        ("/complete", json!(false)),
        ("/complete", Value::Null),
        ("/duration_ms", json!(0.5)),
        ("/next_action", json!("call somebody")),
        ("/kind", json!("something")),
        ("/root_cause", json!(4)),
        ("/escalation", json!({})),
        ("/runbooks", json!({})),
        ("/runbooks/0/verdict", Value::Null),
        ("/runbooks/0/steps/0/number", json!(0)),
        ("/runbooks/0/steps/0/evidence/0/value", json!({"is": 1})),
        ("/facts/0/value", json!({"is": 1})),
        ("/entries/0/at", json!("yesterday")),
        ("/checks/0/verdict", json!("warn")),
        ("/scenes/0/verdict", json!("CRIT")),
    ]
}

/// Documents that must not fit, and what was done to each.
fn mutants(whole: &Value) -> Vec<(String, Value)> {
    let mut all: Vec<_> = without_one(whole)
        .into_iter()
        .filter(|(path, _)| !FREE.iter().any(|free| path.contains(free)))
        .map(|(path, mutant)| (format!("without {path}"), mutant))
        .collect();
    for (path, value) in wrong_values() {
        let mut mutant = whole.clone();
        if let Some(place) = mutant.pointer_mut(path) {
            *place = value.clone();
            all.push((format!("{path} is {value}"), mutant));
        }
    }
    all
}

#[test]
fn the_schema_refuses_a_document_that_lacks_a_key_or_holds_a_wrong_value() {
    let schema = schema();
    let (mut lacking, mut wrong) = (0, 0);
    let mut paths = BTreeSet::new();
    let mut all = Vec::new();
    for document in documents() {
        for (what, mutant) in mutants(&document.value) {
            match what.starts_with("without ") {
                true => lacking += 1,
                false => {
                    wrong += 1;
                    paths.insert(what.clone());
                }
            }
            all.push((format!("{}: {what}", document.name), mutant));
        }
    }
    let values: Vec<_> = all.iter().map(|(_, mutant)| mutant.clone()).collect();
    let complaints = validator::complaints(&schema, &values);
    let let_through: Vec<_> = all
        .iter()
        .zip(complaints)
        .filter(|(_, complaints)| complaints.is_empty())
        .map(|((what, _), _)| what)
        .collect();
    assert!(let_through.is_empty(), "{let_through:#?}");
    // Each of them was tried somewhere.
    assert_eq!(paths.len(), wrong_values().len(), "{paths:#?}");
    println!("the schema refuses {lacking} documents less a key and {wrong} with a wrong value");
}
