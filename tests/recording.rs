//! Claim: the facts of a run can be saved and judged again offline with the same bytes of output;
//! no secret gets into the file or into any output; and a damaged file never becomes ok.

use crate::support::receiver::{Receiver, configured};
use crate::support::{Duckops, Ran, Stage, at_once, deadline, under, verdicts, world};
use duckops::practice::{FakeExecution, FakeStack, LogEvent};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

const FORMATS: [&str; 6] = ["table", "short", "json", "nagios", "prometheus", "markdown"];

/// A run without network, in another home.
fn alone(arguments: &[&str]) -> Ran {
    let home = tempfile::tempdir().expect("a folder");
    let ran = Duckops::new(home.path(), arguments)
        .without("AWS_ACCESS_KEY_ID")
        .without("AWS_SECRET_ACCESS_KEY")
        .run();
    let kept = std::fs::read_dir(home.path()).expect("a folder").count();
    assert_eq!(kept, 0, "judging a recording keeps nothing");
    ran
}

fn path(stage: &Stage, name: &str) -> PathBuf {
    stage.home().join(name)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of ours")
}

/// A recording of everything, and its document.
fn recorded(stage: &Stage, name: &str) -> (PathBuf, Value) {
    let file = path(stage, name);
    stage.once(&["triage", "--save", text(&file)]).run();
    let bytes = std::fs::read(&file).expect("a recording");
    (file, serde_json::from_slice(&bytes).expect("JSON"))
}

/// Scenes of which one step cannot be played from its facts, and which: a recording holds what was
/// concluded from a refusal or a denied call, and not the answer itself. The drill says so.
const NOT_REBUILT: [(&str, &str); 5] = [
    // Earlier runs are made up for what was recorded of them, and then it is no first run.
    ("first-run", "inc-004 callback-errors"),
    ("certs-first-run", "inc-004 callback-errors"),
    ("versions-denied", "inc-001 alias"),
    ("deploy-lost-its-route", "inc-001 rollback"),
    ("authorizer-500-and-drift", "inc-001 rollback"),
];

#[test]
fn every_recorded_scene_replays_byte_for_byte_without_a_request() {
    let scenes: Vec<_> = duckops::practice::scenes().iter().enumerate().collect();
    let counted = at_once(6, &scenes, |(number, scene)| {
        let mut compared = 0;
        let world = world(scene.name);
        let deadline = deadline(&world);
        let stage = Stage::of(world);
        let asked: &[&str] = match scene.runbook {
            Some(runbook) if *number % 2 == 1 || runbook.len() == 4 => &["triage", runbook],
            _ => &["triage"],
        };
        let mut live = Vec::new();
        for format in ["json", FORMATS[number % 6]] {
            let file = path(&stage, &format!("{number}-{format}.json"));
            if file.exists() {
                continue;
            }
            let saving = ["-o", format, "--save", text(&file), "--deadline", deadline];
            let ran = stage.once(&[asked, &saving].concat()).run();
            assert!(file.exists(), "{}: {}", scene.name, ran.stderr);
            live.push((format, file, ran));
        }
        let requests = stage.practice.requests().len();
        for (format, file, ran) in &live {
            let again = alone(&["triage", "-o", format, "--from", text(file)]);
            assert_eq!(again.stdout, ran.stdout, "{} as {format}", scene.name);
            assert_eq!(again.code, ran.code, "{} as {format}", scene.name);
            assert!(again.stderr.starts_with("judged from "), "{}", again.stderr);
            compared += 1;
        }
        // And it can be practised: every step ends there as it did here.
        let practised = alone(&["drill", "--from", text(&live[0].1), "--deadline", deadline]);
        if let Some((_, step)) = NOT_REBUILT.iter().find(|(name, _)| *name == scene.name) {
            assert_eq!(practised.code, 3, "{}: {practised:?}", scene.name);
            let differing: Vec<_> = practised
                .stderr
                .lines()
                .filter(|line| line.starts_with("otherwise: "))
                .collect();
            let [only] = differing.as_slice() else {
                panic!("{}: {differing:?}", scene.name);
            };
            assert!(only.starts_with(&format!("otherwise: {step} ")), "{only}");
            return (compared, 0);
        }
        assert_eq!(practised.code, 0, "{}: {practised:?}", scene.name);
        let told = practised.stderr.lines().last().unwrap_or_default();
        let (same, all) = told.split_once(" of ").expect("so many of so many");
        assert_eq!(Some(same), all.split(' ').next(), "{}: {told}", scene.name);
        assert_eq!(
            stage.practice.requests().len(),
            requests,
            "somebody was asked"
        );
        (compared, same.parse::<usize>().expect("a number"))
    });
    let compared: usize = counted.iter().map(|(compared, _)| compared).sum();
    let steps: usize = counted.iter().map(|(_, steps)| steps).sum();
    println!("{compared} reports came out the same, {steps} steps were practised");
    assert!(steps > 1_400, "{steps}");
    assert!(compared > 100);
}

#[test]
fn a_recording_is_judged_by_todays_limits() {
    let stage = Stage::of(world("inc-004"));
    let (file, _) = recorded(&stage, "a.json");
    let runbooks = path(&stage, "runbooks");
    std::fs::create_dir(&runbooks).expect("a folder");
    let own = include_str!("../runbooks/inc-004.toml");
    for (limit, code) in [(10, 2), (17, 2), (18, 1), (100, 1)] {
        let edited = own.replace("per_day     = 10 ", &format!("per_day = {limit} "));
        assert!(edited.contains(&format!("per_day = {limit} ")));
        std::fs::write(runbooks.join("inc-004.toml"), edited).expect("written");
        let again = alone(&[
            "triage",
            "inc-004",
            "--from",
            text(&file),
            "--runbooks",
            text(&runbooks),
        ]);
        assert_eq!(again.code, code, "{limit}: {}", again.stdout);
    }
    let one = alone(&[
        "triage",
        "inc-004",
        "2",
        "--from",
        text(&file),
        "-o",
        "json",
    ]);
    let one: Value = serde_json::from_str(&one.stdout).expect("JSON");
    assert_eq!(verdicts(&one).len(), 1);
    // Where requests were not queried, none is judged.
    let one = path(&stage, "one.json");
    stage
        .once(&["triage", "inc-005", "--save", text(&one)])
        .run();
    let people = alone(&["triage", "peck", "--from", text(&one), "-o", "json"]);
    let people: Value = serde_json::from_str(&people.stdout).expect("JSON");
    assert!(
        verdicts(&people)
            .values()
            .all(|verdict| verdict == "unknown" || verdict == "skipped")
    );
}

#[test]
fn a_recording_is_read_from_standard_input() {
    let stage = Stage::of(world("inc-005"));
    let (file, _) = recorded(&stage, "a.json");
    let home = tempfile::tempdir().expect("a folder");
    let mut command = Duckops::new(home.path(), &["triage", "--from", "-", "-o", "json"]).command();
    let file = std::fs::File::open(file).expect("there");
    let output = command.stdin(file).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(document["root_cause"], "inc-005");
}

#[test]
fn an_existing_save_file_is_kept_and_nothing_is_requested() {
    let stage = Stage::of(world("healthy"));
    let (file, _) = recorded(&stage, "a.json");
    let before = std::fs::read(&file).expect("read");
    let mode = std::fs::metadata(&file)
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let asked = stage.practice.requests().len();
    let link = path(&stage, "link.json");
    std::os::unix::fs::symlink(path(&stage, "nowhere"), &link).expect("linked");
    for place in [
        &file,
        &link,
        &path(&stage, "no/such/a.json"),
        &path(&stage, ".."),
    ] {
        let ran = stage.once(&["triage", "--save", text(place)]).run();
        assert_eq!(ran.code, 64, "{}", ran.stderr);
    }
    assert_eq!(std::fs::read(&file).expect("read"), before);
    assert!(!path(&stage, "nowhere").exists());
    assert_eq!(stage.practice.requests().len(), asked);
}

#[test]
fn a_full_disk_loses_the_recording_and_not_the_verdict() {
    let stage = Stage::of(world("inc-004"));
    let file = path(&stage, "a.json");
    let command = stage
        .once(&[
            "triage",
            "inc-004",
            "--save",
            text(&file),
            "--history",
            "none",
        ])
        .command();
    // No file may be larger than four blocks.
    let script = "trap '' XFSZ; ulimit -f 4; exec \"$@\"";
    let mut limited = under(&command, "/bin/sh", &["-c", script, "sh"]);
    let output = limited.output().expect("it runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("CRITICAL"));
    assert!(stderr.contains("was not saved"), "{stderr}");
    assert!(!file.exists(), "half a recording stayed");
}

/// Every part of a recording is taken away or replaced, one at a time: the file is refused, or
/// no step moves towards ok.
#[test]
fn a_fact_missing_from_a_recording_never_makes_a_step_ok() {
    let mut edits = 0;
    for scene in ["healthy", "inc-004", "inc-005"] {
        let stage = Stage::of(world(scene));
        let (file, whole) = recorded(&stage, "a.json");
        let judged = |document: &Value| {
            let edited = path(&stage, "edited.json");
            std::fs::write(&edited, document.to_string()).expect("written");
            alone(&["triage", "--from", text(&edited), "-o", "json"])
        };
        let before: Value =
            serde_json::from_str(&alone(&["triage", "--from", text(&file), "-o", "json"]).stdout)
                .expect("JSON");
        let before = verdicts(&before);
        let probes = whole["probes"].as_object().expect("probes");
        let mut all: Vec<(String, Value)> = Vec::new();
        for (probe, told) in probes {
            let mut without = whole.clone();
            without["probes"]
                .as_object_mut()
                .expect("probes")
                .remove(probe);
            all.push((probe.clone(), without));
            let facts = told["facts"].as_object().expect("facts");
            for (at, fact) in facts.keys().enumerate() {
                let mut edited = whole.clone();
                let facts = &mut edited["probes"][probe]["facts"];
                match at % 3 {
                    0 => drop(facts.as_object_mut().expect("facts").remove(fact)),
                    1 => facts[fact] = json!({"type": "text", "value": "OK"}),
                    _ => facts[fact] = json!({"silent": "a-newer-reason", "detail": "x"}),
                }
                all.push((fact.clone(), edited));
            }
        }
        for (what, document) in all {
            edits += 1;
            let ran = judged(&document);
            let after: Value = serde_json::from_str(&ran.stdout).expect("JSON");
            for (step, verdict) in verdicts(&after) {
                let was = &before[&step];
                let towards_ok = verdict == "ok" && was != "ok" && was != "skipped";
                assert!(!towards_ok, "{scene}, without {what}: {step:?} was {was}");
            }
        }
    }
    println!("{edits} recordings that lacked something");
    assert!(edits > 300);
}

#[test]
fn an_incomplete_recording_is_refused_with_a_next_step() {
    let stage = Stage::of(world("healthy"));
    let (file, document) = recorded(&stage, "a.json");
    let bytes = std::fs::read(&file).expect("read");
    let refused = |bytes: &[u8], says: &str| {
        let damaged = path(&stage, "damaged.json");
        std::fs::write(&damaged, bytes).expect("written");
        let ran = alone(&["triage", "--from", text(&damaged)]);
        assert_eq!(ran.code, 64, "{}", ran.stdout);
        assert!(
            ran.stdout.is_empty() && ran.stderr.contains(says),
            "{}",
            ran.stderr
        );
    };
    for cut in (0..bytes.len() - 2).step_by(bytes.len() / 40) {
        refused(&bytes[..cut], "not whole");
    }
    refused(b"{}", "no recording");
    refused(b"[1]", "no recording");
    refused(b"\xff\xfe", "no recording");
    let with = |key: &str, value: Value| {
        let mut edited = document.clone();
        edited[key] = value;
        edited.to_string().into_bytes()
    };
    refused(&with("format", "another".into()), "no recording");
    refused(&with("format_version", "2.0".into()), "newer");
    refused(&with("format_version", Value::Null), "newer");
    refused(&with("complete", false.into()), "not whole");
    refused(
        &with("started_at", "\u{1b}[2Jyesterday".into()),
        "is no time",
    );
    refused(&with("probes", 5.into()), "no recording");
    refused(&vec![b' '; 17 * 1024 * 1024], "16 MiB");
    let missing = alone(&["triage", "--from", "/no/such/file"]);
    assert_eq!(missing.code, 64);
}

/// What was written by an older version lacks keys, and what a newer one wrote has more.
#[test]
fn recordings_of_other_versions_are_judged() {
    let stage = Stage::of(world("inc-004"));
    let (file, whole) = recorded(&stage, "a.json");
    let own = alone(&["triage", "--from", text(&file)]);
    let other = path(&stage, "other.json");
    let mut older = whole.clone();
    for key in ["notes", "removed"] {
        older.as_object_mut().expect("an object").remove(key);
    }
    older["duckops_version"] = "0.0.1".into();
    std::fs::write(&other, older.to_string()).expect("written");
    let judged = alone(&["triage", "--from", text(&other)]);
    assert_eq!(judged.code, own.code);
    let lines = |ran: &Ran| {
        let notes = ["note ", "notes ", "endpoint "];
        let is_note = |line: &&str| notes.iter().any(|label| line.starts_with(label));
        let own = ran.stdout.lines().filter(|line| !is_note(line));
        own.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(lines(&judged), lines(&own));
    let mut newer = whole;
    newer["format_version"] = "1.7".into();
    newer["weather"] = json!({"is": "new"});
    newer["names"]["moon"] = "full".into();
    newer["removed"]["dreams"] = 3.into();
    newer["probes"]["oracle"] =
        json!({"asked": [], "facts": {"oracle.says": {"type": "int", "value": 1}}});
    newer["probes"]["status"]["facts"]["status.mood"] = json!({"type": "mood", "value": "fine"});
    std::fs::write(&other, newer.to_string()).expect("written");
    let judged = alone(&["triage", "--from", text(&other)]);
    assert_eq!(judged.code, own.code);
    assert_eq!(lines(&judged)[..8], lines(&own)[..8]);
    // Two notes more than a narrow screen has room for are complete with `--explain`.
    let told = alone(&["triage", "--explain", "--from", text(&other)]).stdout;
    assert!(
        told.contains("status.mood") && told.contains("oracle"),
        "{told}"
    );
}

/// The file that 0.1.0 wrote stays readable, whatever comes after it.
#[test]
fn the_recording_in_the_tree_is_judged_as_it_was() {
    let kept = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/recordings/inc-004-1.0.json"
    );
    let ran = alone(&["triage", "--from", kept, "-o", "short"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    let due = "CRITICAL prod INC-004 Peck callback errors: 18 in 24 h (limit 10)";
    assert!(
        ran.stdout.lines().any(|line| line.starts_with(due)),
        "{}",
        ran.stdout
    );
}

/// A secret that the run knows and one that it does not, in every guise.
const TOKEN: &str = "tok\"en/Zk+w 5x<Rt4&vN1";
const AWS_SECRET: &str = "wJalr/XUtnFEMI+K7MDENGbPxRfiCYEXAMPLEKEY";

/// Sixty secrets and ids, each with the words that must appear nowhere.
fn planted() -> Vec<(String, String)> {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let hex = |text: &str| {
        text.bytes()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let url = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let mut all = Vec::new();
    for secret in [TOKEN, AWS_SECRET] {
        let mut guises = vec![
            secret.to_owned(),
            hex(secret),
            hex(secret).to_uppercase(),
            url(secret),
        ];
        guises.push(Value::from(secret).to_string());
        for before in ["", "a", "ab"] {
            guises.push(STANDARD.encode(format!("{before}{secret}yz")));
        }
        all.extend(guises.iter().map(|guise| (guise.clone(), guise.clone())));
    }
    for n in 0..12 {
        let key = format!("bk_live_Q{n:02}wErTy7{n}");
        all.push((format!("key {key} used"), key));
        let id = format!("AKIA{:016}", 1_234_567_890 + n);
        all.push((format!("by {id}"), id));
        let jwt = format!("eyJhbGciOiJIUzI1{n:02}.eyJzdWIiOiIx{n:02}.c2lnbmF0dXJl{n:02}");
        all.push((format!("with {jwt}"), jwt));
        let hook = format!("/services/T0{n}/B0{n}/sEcReT{n}");
        all.push((format!("to https://hooks.slack.invalid{hook} now"), hook));
    }
    all
}

/// Every door for text from outside, with one of these behind each.
fn everywhere(world: &mut FakeStack, secrets: &[(String, String)]) {
    let now = world.now;
    for (number, (text, _)) in secrets.iter().enumerate() {
        let ago = Duration::from_secs(60 + number as u64);
        let at = now - ago;
        world.log_events.push(LogEvent {
            at,
            stream: "s".into(),
            message: format!("[ERROR] {text}"),
        });
        world.executions.push(FakeExecution {
            name: text.clone(),
            status: "FAILED".into(),
            start: at,
            stop: Some(at),
        });
        world.audit.insert(
            0,
            json!({"event_type": format!("peck.callback_error {text}"), "timestamp": at.unix_timestamp(),
                   "peck_id": format!("peck_{number}"), "detail": text, "purpose": text,
                   "requester_name": text, "requester_id": format!("A{number}"), "target_id": text}),
        );
        world.audit.insert(
            0,
            json!({"event_type": "duck.pulse", "timestamp": at.unix_timestamp(),
                   "spaceduck_id": format!("AAAA{number:012X}"), "name": text}),
        );
    }
}

#[test]
fn sixty_planted_secrets_are_in_no_output_and_no_file() {
    let secrets = planted();
    assert!(secrets.len() >= 60, "{}", secrets.len());
    // Newest first, five at a time are shown: every secret gets its turn on every door.
    let turns: Vec<_> = secrets.chunks(4).collect();
    let looked = at_once(4, &turns, |turn| {
        let mut looked = 0;
        let mut planted = world("inc-004");
        everywhere(&mut planted, turn);
        planted.status["lambda_version"] = turn[0].0.clone().into();
        planted.mail.enforcement = turn[turn.len() - 1].0.clone();
        let stage = Stage::of(planted);
        let token = path(&stage, "token");
        std::fs::write(&token, TOKEN).expect("written");
        std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).expect("set");
        let file = path(&stage, "a.json");
        let mut seen: Vec<(String, String)> = Vec::new();
        let mut ran = |arguments: &[&str]| {
            let ran = stage
                .duckops(arguments)
                .env("AWS_SECRET_ACCESS_KEY", AWS_SECRET)
                .env("DUCKOPS_TOKEN_FILE", &token)
                .run();
            seen.push((arguments.join(" "), ran.stdout + &ran.stderr));
        };
        ran(&["triage", "-v", "--save", text(&file), "-o", "json"]);
        ran(&["triage"]);
        ran(&["check", "-o", "markdown"]);
        ran(&["triage", "peck", "-v"]);
        ran(&["triage", "bond"]);
        ran(&["peck", "list", "-o", "json"]);
        ran(&["bond", "list", "-o", "json"]);
        ran(&["facts", "-o", "json"]);
        ran(&["audit", "--details"]);
        ran(&["record", "inc-004", "--dry-run"]);
        ran(&["timeline"]);
        ran(&["drill", "--from", text(&file)]);
        // The escalation's recipient gets none of them either.
        let receiver = Receiver::well();
        configured(&stage, &[("hook", "webhook", &receiver.url())]);
        let call = ["escalate", "inc-004", "--confirm", "inc-004"];
        ran(&[&call[..], &["--endpoint-override"]].concat());
        let came = receiver.came();
        assert_eq!(came.len(), 1, "{came:#?}");
        seen.push(("the call".into(), came[0].to_string()));
        let kept = std::fs::read(&file).expect("a recording");
        seen.push((
            "the recording".into(),
            String::from_utf8(kept).expect("UTF-8"),
        ));
        for entry in std::fs::read_dir(stage.state())
            .expect("the state")
            .flatten()
        {
            let bytes = std::fs::read(entry.path()).unwrap_or_default();
            seen.push((
                entry.path().display().to_string(),
                String::from_utf8_lossy(&bytes).into_owned(),
            ));
        }
        for (place, text) in &seen {
            for (_, secret) in *turn {
                looked += 1;
                assert!(
                    !text.contains(secret.as_str()),
                    "{secret} is in {place}:\n{text}"
                );
            }
        }
        let document: Value =
            serde_json::from_slice(&std::fs::read(&file).expect("read")).expect("JSON");
        let removed = document["removed"].as_object().expect("a manifest");
        assert!(!removed.is_empty(), "nothing was counted");
        looked
    });
    let looked: usize = looked.iter().sum();
    println!("{} secrets, looked for {looked} times", secrets.len());
}

/// What no redaction reaches: the name of the stack itself. The finished bytes are searched.
#[test]
fn an_unredacted_secret_is_found_and_the_recording_refused() {
    let stage = Stage::of(world("healthy"));
    let secret = "pl4nted-Secret-0f-the-token";
    let token = path(&stage, "token");
    std::fs::write(&token, secret).expect("written");
    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).expect("set");
    let config = stage.home().join(".config/duckops");
    std::fs::create_dir_all(&config).expect("a folder");
    let named = |function: &str| format!("[stack.prod]\nfunction = \"{function}\"\n");
    for (function, code) in [(secret, false), ("mission-control-api", true)] {
        std::fs::write(config.join("config.toml"), named(function)).expect("written");
        let file = path(&stage, "a.json");
        let ran = stage
            .once(&["triage", "inc-005", "--save", text(&file)])
            .env("DUCKOPS_TOKEN_FILE", &token)
            .run();
        assert_eq!(file.exists(), code, "{}", ran.stderr);
        assert_eq!(
            ran.stderr.contains("a secret of this run would be in it"),
            !code
        );
        assert!(
            ran.stdout.starts_with("OK"),
            "the verdict is told: {}",
            ran.stdout
        );
    }
}

#[test]
fn hide_account_removes_the_account_number() {
    let stage = Stage::of(world("inc-004"));
    let (_, open) = recorded(&stage, "open.json");
    assert!(open.to_string().contains("121546003735"));
    let file = path(&stage, "hidden.json");
    stage
        .once(&["triage", "--hide-account", "--save", text(&file)])
        .run();
    let bytes = std::fs::read_to_string(&file).expect("a recording");
    assert!(!bytes.contains("121546003735"), "{bytes}");
    let ran = alone(&["triage", "--from", text(&file)]);
    assert_eq!(ran.code, 2);
    assert!(!ran.stdout.contains("121546003735"), "{}", ran.stdout);
}

#[test]
fn diff_reports_changes_with_the_newer_verdict() {
    let stage = Stage::of(world("healthy"));
    let (before, _) = recorded(&stage, "before.json");
    let other = Stage::of(world("inc-004"));
    let (after, _) = recorded(&other, "after.json");
    let ran = alone(&["diff", text(&before), text(&after)]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    let (_, document) = {
        let ran = alone(&["diff", text(&before), text(&after), "-o", "json"]);
        (
            ran.code,
            serde_json::from_str::<Value>(&ran.stdout).expect("JSON"),
        )
    };
    assert_eq!(document["before"]["verdict"], "ok");
    assert_eq!(document["after"]["root_cause"], "inc-004");
    let find = |list: &str, key: &str, name: &str| {
        let list = document[list].as_array().expect("a list").clone();
        list.into_iter()
            .find(|entry| entry[key] == name)
            .unwrap_or_else(|| panic!("{name}: {document:#}"))
    };
    let step = find("verdicts", "step", "callback-errors");
    assert_eq!(
        (&step["before"], &step["after"]),
        (&json!("ok"), &json!("critical"))
    );
    let fact = find("facts", "fact", "peck.callback_errors");
    assert_eq!(
        (&fact["before"], &fact["after"], &fact["by"]),
        (&json!("7"), &json!("25"), &json!(18.0))
    );
    let fact = ran
        .stdout
        .lines()
        .find(|line| line.starts_with("peck.callback_errors "));
    assert!(
        fact.is_some_and(|line| line.ends_with(" 7 -> 25 (+18)")),
        "{ran:?}"
    );
    // What one of the two did not ask for has not changed.
    let step = stage.home().join("step.json");
    stage
        .once(&["triage", "inc-004", "stale", "--save", text(&step)])
        .run();
    let ran = alone(&["diff", text(&step), text(&after)]);
    let moved = ran
        .stdout
        .lines()
        .filter(|line| line.starts_with("inc-004 "));
    let moved: Vec<_> = moved.filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(moved, ["stale"], "{ran:?}");
    assert!(!ran.stdout.contains("not-asked"), "{ran:?}");
    assert!(
        ran.stdout.contains("facts are in one of the two only"),
        "{ran:?}"
    );
    // The other way round the newer one is well, and a recording is no different from itself.
    assert_eq!(alone(&["diff", text(&after), text(&before)]).code, 0);
    let same = alone(&["diff", text(&after), text(&after)]);
    assert_eq!(same.code, 2);
    assert!(
        same.stdout
            .starts_with("critical to critical: no verdicts and no facts changed")
    );
}

/// A recording of every scene that has one incident, as a case of its runbook.
#[test]
fn a_recording_becomes_a_case_that_its_runbook_passes_and_another_limit_fails() {
    let cases = at_once(6, duckops::practice::scenes(), |scene| {
        let stage = Stage::of(world(scene.name));
        let asked = scene.runbook.unwrap_or("inc-001");
        let file = path(&stage, "a.json");
        stage.once(&["triage", asked, "--save", text(&file)]).run();
        let case = alone(&["runbook", "case", text(&file)]);
        assert_eq!(case.code, 0, "{}", case.stderr);
        let runbooks = path(&stage, "runbooks");
        std::fs::create_dir(&runbooks).expect("a folder");
        let own = concat!(env!("CARGO_MANIFEST_DIR"), "/runbooks");
        let own = std::fs::read_to_string(format!("{own}/{asked}.toml")).expect("a runbook");
        let test = |text: &str| {
            std::fs::write(runbooks.join(format!("{asked}.toml")), text).expect("written");
            let folder = runbooks.to_str().expect("a path of ours");
            alone(&["runbook", "test", asked, "--runbooks", folder])
        };
        let ran = test(&format!("{own}\n{}", case.stdout));
        assert_eq!(
            ran.code, 0,
            "{}: {}\n{}",
            scene.name, ran.stdout, case.stdout
        );
        if scene.name == "inc-004" {
            let edited = own.replace("per_day     = 10 ", "per_day = 20 ");
            let ran = test(&format!("{edited}\n{}", case.stdout));
            assert_eq!(ran.code, 64);
            assert!(
                ran.stdout.contains("case `recorded 2026-03-22T03:12:09Z`"),
                "{}",
                ran.stdout
            );
        }
    });
    println!("{} recordings became cases", cases.len());
    assert!(cases.len() > 50);
}

#[test]
fn drill_from_reports_each_differing_step_and_refuses_an_invalid_recording() {
    let stage = Stage::of(world("inc-004"));
    let (file, mut document) = recorded(&stage, "a.json");
    // Facts that no stack could have at the same time.
    let facts = &mut document["probes"]["executions"]["facts"];
    facts["executions.oldest_running_age"]["value"] = json!(60);
    facts["executions.oldest_running_age_min"]["value"] = json!(60);
    let odd = path(&stage, "odd.json");
    std::fs::write(&odd, document.to_string()).expect("written");
    let ran = alone(&["drill", "--from", text(&odd)]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(
        ran.stderr
            .contains("otherwise: inc-004 stale was ok, plays as warning: "),
        "{ran:?}"
    );
    assert!(
        ran.stderr.contains("22 of 23 steps end as recorded"),
        "{ran:?}"
    );
    // Those of requests and bonds cannot be rebuilt beside the counts of the feed.
    assert!(ran.stderr.contains("12 steps were not played: "), "{ran:?}");
    // One runbook of it, by its own limits.
    let one = alone(&["drill", "inc-005", "--from", text(&odd), "-o", "json"]);
    assert_eq!(one.code, 0, "{one:?}");
    let one: Value = serde_json::from_str(&one.stdout).expect("JSON");
    assert_eq!(verdicts(&one).len(), 5);
    let half = std::fs::read(&file).expect("read");
    std::fs::write(&odd, &half[..half.len() / 2]).expect("written");
    for wrong in [
        &["drill", "--from", text(&odd)][..],
        &["drill", "--from", "no-such-file"],
        &["drill", "--from", text(&file), "--scene", "inc-004"],
        &["drill", "serve", "--from", text(&odd)],
    ] {
        assert_eq!(alone(wrong).code, 64, "{wrong:?}");
    }
    // A recording of an older version.
    let older = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/recordings/inc-004-1.0.json"
    );
    let ran = alone(&["drill", "--from", older]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn mail_recipients_appear_in_no_output_and_the_caller_does() {
    const SOMEBODY: &str = "some.body+1@people.example.org";
    let mut world = world("cert-mail-refused");
    for line in [
        "[ERROR] cert for",
        "SES error: MessageRejected: Email address is not verified:",
    ] {
        world.log_events.push(LogEvent {
            at: world.now - Duration::from_secs(60),
            stream: "[61]0f1e2d3c".to_owned(),
            message: format!("{line} {SOMEBODY}"),
        });
    }
    world.executions.push(FakeExecution {
        name: format!("peck-{SOMEBODY}"),
        status: "FAILED".to_owned(),
        start: world.now - Duration::from_secs(600),
        stop: None,
    });
    let stage = Stage::of(world);
    let (file, document) = recorded(&stage, "a.json");
    let kept = std::fs::read_to_string(&file).expect("read");
    assert!(!kept.contains("people.example.org"), "{kept}");
    assert!(kept.contains("not verified: <e-mail>"), "{kept}");
    let counted = document["removed"]["e_mail"].as_u64();
    assert!(counted >= Some(3), "{}", document["removed"]);
    for arguments in [
        &["triage"][..],
        &["triage", "-o", "json", "-v"],
        &["facts", "logs"],
        &["facts", "executions"],
        &["escalate", "inc-004", "--dry-run"],
        &["record", "inc-002", "--dry-run"],
        &["timeline"],
    ] {
        let ran = stage.duckops(arguments).run();
        for stream in [&ran.stdout, &ran.stderr] {
            assert!(
                !stream.contains("people.example.org"),
                "{arguments:?}: {stream}"
            );
        }
    }
    let identity = &document["probes"]["identity"]["facts"]["aws.identity"]["value"];
    assert!(
        identity
            .as_str()
            .is_some_and(|arn| arn.ends_with("/practice")),
        "{identity}"
    );
}

/// Values that no probe yields, times of another day, contradictions and repetitions prove
/// nothing, whatever wrote them.
#[test]
fn a_recording_with_impossible_values_is_never_ok() {
    let stage = Stage::of(world("healthy"));
    let file = path(&stage, "a.json");
    let saved = stage.once(&["triage", "--save", text(&file)]).run();
    assert_eq!(saved.code, 0, "{saved:?}");
    let whole: Value =
        serde_json::from_slice(&std::fs::read(&file).expect("read")).expect("a document");
    let judged = |name: &str, document: &str| {
        let changed = path(&stage, &format!("{name}.json"));
        std::fs::write(&changed, document).expect("written");
        alone(&["triage", "-o", "json", "--from", text(&changed)])
    };
    let code_of = |fact: &str, change: &dyn Fn(&mut Value)| {
        let mut document = whole.clone();
        let probes = document["probes"].as_object_mut().expect("probes");
        let told = probes
            .values_mut()
            .find_map(|probe| probe["facts"].get_mut(fact));
        change(told.unwrap_or_else(|| panic!("no {fact}")));
        let ran = judged("changed", &document.to_string());
        assert!(ran.stdout.contains("\"verdict\""), "{ran:?}");
        ran.code
    };
    assert_eq!(judged("as-it-was", &whole.to_string()).code, 0);
    for (fact, value) in [
        ("audit.pulse_age", json!(-60)),
        ("executions.oldest_running_age", json!(-1)),
        ("email.used_percent", json!("-5")),
        ("email.used_percent", json!("1e300")),
        ("status.agents.alive", json!(1_000_000)),
        ("email.sent_24h", json!(199)),
        ("email.max_24h", json!(20)),
    ] {
        let code = code_of(fact, &|told| told["value"] = value.clone());
        assert_ne!(code, 0, "{fact} = {value}");
    }
    for at in ["2025-03-22T03:12:09Z", "2026-03-24T03:12:09Z"] {
        let code = code_of("email.used_percent", &|told| told["at"] = json!(at));
        assert_ne!(code, 0, "of {at}");
    }
    // A fact that stands twice, and a name of the form that does.
    let fact = whole["probes"]["email"]["facts"]["email.used_percent"].to_string();
    let member = format!("\"email.used_percent\":{fact}");
    let document = whole.to_string();
    assert!(document.contains(&member), "{document}");
    let twice = document.replace(&member, &format!("{member},{member}"));
    let ran = judged("twice", &twice);
    assert_ne!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("stands twice"), "{ran:?}");
    let twice = document.replacen(
        "\"complete\":true",
        "\"complete\":true,\"complete\":true",
        1,
    );
    let ran = judged("complete", &twice);
    assert_eq!(ran.code, 64, "{ran:?}");
}
