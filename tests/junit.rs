//! Claim: `-o junit` is what build systems read, says what the verdicts say, and no text from
//! outside forges anything in it; commands that have no test cases refuse it.

use crate::support::{Duckops, Ran, Stage, python, world};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const READER: &str = include_str!("junit/read.py");

/// An element of JUnit XML as Jenkins' schema for it has them: which attributes it may have, which
/// it must have, and which elements may stand in it.
struct Element {
    name: &'static str,
    may: &'static [&'static str],
    must: &'static [&'static str],
    holds: &'static [&'static str],
}

const ELEMENTS: [Element; 7] = [
    Element {
        name: "testsuites",
        may: &["name", "time", "tests", "failures", "errors"],
        must: &[],
        holds: &["testsuite"],
    },
    Element {
        name: "testsuite",
        may: &[
            "name",
            "tests",
            "failures",
            "errors",
            "group",
            "time",
            "skipped",
            "timestamp",
            "hostname",
            "id",
            "package",
            "file",
            "log",
            "url",
        ],
        must: &["name", "tests", "failures", "errors"],
        holds: &[
            "testsuite",
            "properties",
            "testcase",
            "system-out",
            "system-err",
        ],
    },
    Element {
        name: "testcase",
        may: &["name", "time", "classname", "group"],
        must: &["name"],
        holds: &["skipped", "error", "failure", "system-out", "system-err"],
    },
    Element {
        name: "failure",
        may: &["type", "message"],
        must: &[],
        holds: &[],
    },
    Element {
        name: "error",
        may: &["type", "message"],
        must: &[],
        holds: &[],
    },
    Element {
        name: "skipped",
        may: &["type", "message"],
        must: &[],
        holds: &[],
    },
    Element {
        name: "system-out",
        may: &[],
        must: &[],
        holds: &[],
    },
];

/// What of an element, and of all in it, the schema does not allow.
fn complaints(element: &Value, out: &mut Vec<String>) {
    let name = element["name"].as_str().expect("a name");
    let Some(known) = ELEMENTS.iter().find(|known| known.name == name) else {
        return out.push(format!("there is no element {name}"));
    };
    let attributes = element["attributes"].as_object().expect("attributes");
    for key in attributes.keys() {
        if !known.may.contains(&key.as_str()) {
            out.push(format!("{name} has no {key}"));
        }
    }
    for key in known.must {
        if !attributes.contains_key(*key) {
            out.push(format!("{name} without {key}"));
        }
    }
    if let Some(time) = attributes.get("time") {
        let is_number = time
            .as_str()
            .is_some_and(|time| time.parse::<f64>().is_ok());
        if !is_number {
            out.push(format!("{time} is no time"));
        }
    }
    for child in children(element) {
        let inner = child["name"].as_str().expect("a name");
        if !known.holds.contains(&inner) {
            out.push(format!("{inner} in {name}"));
        }
        complaints(child, out);
    }
}

fn children(element: &Value) -> &[Value] {
    element["children"].as_array().expect("children")
}

/// The files read, each well-formed, within the schema and with the counts that it says itself.
fn read(texts: &[&str]) -> Vec<Value> {
    let read = python::answer(READER, &json!(texts));
    let read: Vec<Value> = serde_json::from_value(read).expect("a list");
    for (file, text) in read.iter().zip(texts) {
        let mut out = Vec::new();
        complaints(&file["tree"], &mut out);
        assert!(out.is_empty(), "{out:#?}\n{text}");
        for key in ["tests", "failures", "errors"] {
            let said = file["tree"]["attributes"][key].as_str();
            let counted = file["counts"][key].to_string();
            assert_eq!(said, Some(counted.as_str()), "{key}\n{text}");
        }
    }
    read
}

/// Each case by the number of its step, with the element in it and its message.
fn cases(file: &Value) -> BTreeMap<(String, String), (String, String)> {
    let suites = children(&file["tree"]).iter();
    suites
        .flat_map(|suite| children(suite).iter().map(move |case| (suite, case)))
        .map(|(suite, case)| {
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            let name = text(&case["attributes"]["name"]);
            let number = name.split(' ').next().expect("a number").to_owned();
            let [inner] = children(case) else {
                panic!("not one element: {case:#}")
            };
            let message = inner["attributes"].get("message").unwrap_or(&inner["text"]);
            let came = (text(&inner["name"]), text(message));
            ((text(&suite["attributes"]["name"]), number), came)
        })
        .collect()
}

/// What stands in the case of a step with this verdict.
fn element(verdict: &str, is_strict: bool) -> &'static str {
    match verdict {
        "critical" => "failure",
        "warning" if is_strict => "failure",
        "unknown" => "error",
        "skipped" => "skipped",
        _ => "system-out",
    }
}

#[test]
fn each_step_is_a_case_that_ends_as_its_verdict_says() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (scene, command) in [
        ("healthy", &["check"][..]),
        ("canary-left", &["check"]),
        ("inc-004", &["check", "inc-004"]),
        ("fleet-and-quota", &["check"]),
        ("wrong-account", &["check", "inc-005"]),
        ("inc-001", &["alias", "check", "--to", "61"]),
        ("canary-left", &["alias", "check"]),
        ("alias-denied", &["alias", "check"]),
    ] {
        let stage = Stage::of(world(scene));
        let (code, document) = stage.once(command).json();
        let runs = [false, true].map(|is_strict| {
            let strict: &[&str] = if is_strict { &["--strict"] } else { &[] };
            stage
                .once(&[command, &["-o", "junit"], strict].concat())
                .run()
        });
        let files = read(&runs.each_ref().map(|ran| ran.stdout.as_str()));
        for (is_strict, (ran, file)) in runs.iter().zip(&files).enumerate() {
            assert_eq!(
                ran.code, code,
                "{scene}: the exit code is that of every format"
            );
            let cases = cases(file);
            for runbook in document["runbooks"].as_array().expect("runbooks") {
                let id = runbook["id"].as_str().expect("an id").to_uppercase();
                if !runbook["blocked_by"].is_null() {
                    assert_eq!(cases[&(id, "run".into())].0, "skipped", "{scene}");
                    continue;
                }
                for step in runbook["steps"].as_array().expect("steps") {
                    let verdict = step["verdict"].as_str().expect("a verdict");
                    let (inner, message) = &cases[&(id.clone(), step["number"].to_string())];
                    assert_eq!(inner, element(verdict, is_strict == 1), "{scene}: {step:#}");
                    let summary = step["summary"].as_str().expect("a summary");
                    // Two runs do not take the same time.
                    let without_digits =
                        |text: &str| text.replace(|c: char| c.is_ascii_digit(), "");
                    assert!(
                        without_digits(message).contains(&without_digits(summary)),
                        "{scene}: {message}: {summary}"
                    );
                    if verdict == "warning" && is_strict == 0 {
                        assert!(message.contains("warning: "), "{scene}: {message}");
                    }
                    *seen.entry(verdict.to_owned()).or_default() += 1;
                }
            }
            // A build that goes by the file alone goes the way of the exit code.
            let bad = file["counts"]["failures"].as_u64() > Some(0)
                || file["counts"]["errors"].as_u64() > Some(0);
            let is_bad = code > 1 || (code == 1 && is_strict == 1);
            assert_eq!(bad, is_bad, "{scene}: exit {code}\n{}", ran.stdout);
        }
    }
    for verdict in ["ok", "warning", "critical", "unknown", "skipped"] {
        assert!(
            seen.contains_key(verdict),
            "{verdict} was not seen: {seen:?}"
        );
    }
}

#[test]
fn what_is_held_back_fails_no_build() {
    let stage = Stage::of(world("inc-005"));
    let ran = stage
        .once(&["check", "inc-005", "--for", "2/3", "-o", "junit"])
        .run();
    let file = read(&[&ran.stdout]).remove(0);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(file["counts"]["failures"], 0, "{}", ran.stdout);
    assert!(
        ran.stdout.contains("held back, critical: "),
        "{}",
        ran.stdout
    );
}

#[test]
fn hostile_text_forges_no_element() {
    let mut hostile = world("inc-001");
    let text = "</system-out></testcase><testcase name=\"x\"/>]]>&lt;&#0;\u{1}\u{b}<!-- \" ' >";
    hostile.status["lambda_version"] = text.into();
    for event in &mut hostile.log_events {
        event.message = format!("[ERROR] {text}");
    }
    let stage = Stage::of(hostile);
    let calm = Stage::of(world("inc-001"));
    let ran = |stage: &Stage| stage.once(&["check", "inc-001", "-o", "junit"]).run();
    let (forged, calm) = (ran(&stage), ran(&calm));
    assert!(
        forged.stdout.contains("&lt;/system-out&gt;"),
        "{}",
        forged.stdout
    );
    let files = read(&[&forged.stdout, &calm.stdout]);
    assert_eq!(files[0]["counts"]["tests"], files[1]["counts"]["tests"]);
}

#[test]
fn the_cases_of_runbooks_are_cases_and_a_wrong_one_fails() {
    let home = tempfile::tempdir().expect("a folder");
    let run = |arguments: &[&str]| -> Ran { Duckops::new(home.path(), arguments).run() };
    let built_in = run(&["runbook", "test", "-o", "junit"]);
    assert_eq!(built_in.code, 0, "{built_in:?}");
    let file = read(&[&built_in.stdout]).remove(0);
    let suites = children(&file["tree"]).len();
    assert!(
        suites >= 7 && file["counts"]["tests"].as_u64() > Some(50),
        "{suites}"
    );
    assert_eq!(
        (&file["counts"]["failures"], &file["counts"]["errors"]),
        (&json!(0), &json!(0))
    );

    run(&["runbook", "new", "inc-006", "--runbooks", "own"]);
    let own = home.path().join("own/inc-006.toml");
    let fine = std::fs::read_to_string(&own).expect("the new one");
    let test = [
        "runbook",
        "test",
        "inc-006",
        "--runbooks",
        "own",
        "-o",
        "junit",
    ];
    let good = run(&test);
    std::fs::write(
        &own,
        fine.replace(
            "expect = { alive = \"ok\" }",
            "expect = { alive = \"critical\" }",
        ),
    )
    .expect("written");
    let wrong = run(&test);
    std::fs::write(&own, fine.replace("when", "whem")).expect("written");
    let broken = run(&test);
    let files = read(&[&good.stdout, &wrong.stdout, &broken.stdout]);
    let bad = |file: &Value| ["failures", "errors"].map(|key| file["counts"][key].as_u64());
    assert_eq!((good.code, bad(&files[0])), (0, [Some(0), Some(0)]));
    assert_eq!((wrong.code, bad(&files[1])), (64, [Some(1), Some(0)]));
    assert!(wrong.stdout.contains("two are enough"), "{}", wrong.stdout);
    assert_eq!((broken.code, bad(&files[2])), (64, [Some(0), Some(1)]));
}

#[test]
fn commands_without_test_cases_refuse_it_and_so_does_strict_without_it() {
    let home = tempfile::tempdir().expect("a folder");
    let run = |arguments: &[&str]| Duckops::new(home.path(), arguments).run();
    for command in [
        &["triage"][..],
        &["facts"],
        &["runbook", "list"],
        &["runbook", "lint"],
        &["alias", "show"],
        &["alias", "rollback"],
        &["peck", "list"],
        &["journal"],
        &["schema"],
        &["drill"],
        &["mcp"],
    ] {
        let ran = run(&[command, &["-o", "junit"]].concat());
        assert_eq!(ran.code, 64, "{command:?}: {ran:?}");
        assert!(ran.stderr.contains("runbook test"), "{command:?}: {ran:?}");
        let file = read(&[&ran.stdout]).remove(0);
        assert_eq!(file["counts"]["errors"], 1, "{command:?}");
    }
    for command in [&["check", "--strict"][..], &["alias", "check", "--strict"]] {
        let ran = run(command);
        assert_eq!((ran.code, ran.stdout.as_str()), (64, ""), "{command:?}");
        assert!(ran.stderr.contains("-o junit"), "{ran:?}");
    }
}
