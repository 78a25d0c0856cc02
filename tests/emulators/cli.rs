//! The `aws` command and duckops agree on one world. What is typed is what duckops
//! prints as a step's manual command, as it stands.

use super::executions::{run, stop, with_machine};
use super::mail::measured;
use super::{CLOUDWATCH, SES, SFN, STS, fact, stage, this_second, triage};
use crate::support::emulator::{Emulator, Kind, environment};
use crate::support::{Stage, step, world};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Runs a step's manual command in a shell, against one emulator.
fn typed(step: &Value, emulator: &Emulator) -> String {
    pasted(step["manual"].as_str().expect("a command"), &emulator.url())
}

/// Runs a command in a shell, against one endpoint.
fn pasted(command: &str, url: &str) -> String {
    let home = tempfile::tempdir().expect("a folder");
    let path = format!("{}:/usr/bin:/bin", environment().join("bin").display());
    let output = Command::new("bash")
        .args(["-e", "-c", command])
        .env_clear()
        .env("PATH", path)
        .env("HOME", home.path())
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_REGION", "us-east-1")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "practice")
        .env("AWS_SECRET_ACCESS_KEY", "practice")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::null())
        .output()
        .expect("bash runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command}\n{said}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn executions_are_the_same_in_the_aws_command() {
    let emulator = with_machine(Kind::Moto, true);
    run(&emulator, "peck-aborted", "wait");
    stop(&emulator, "peck-aborted");
    for name in ["peck-failed-1", "peck-failed-2"] {
        run(&emulator, name, "fail");
    }
    run(&emulator, "peck-fine", "succeed");
    run(&emulator, "peck-waiting", "wait");
    let stage = stage(this_second());
    let moved = [(SFN, emulator.url())];
    let document = triage(&stage, this_second(), "inc-004", &moved, &[]);
    for (id, path, count) in [
        ("executions", "executions.unsuccessful_24h", 3),
        ("stale", "executions.running", 1),
    ] {
        let step = step(&document, "inc-004", id);
        let table = typed(step, &emulator);
        let rows = table.lines().filter(|row| row.contains(":execution:"));
        assert_eq!(rows.count(), count, "{table}");
        assert_eq!(*fact(step, path), count);
    }
}

#[test]
fn mail_is_the_same_in_the_aws_command() {
    let emulator = Kind::Ministack.take();
    let at = |minutes: u64| this_second() - Duration::from_secs(minutes * 60);
    measured(
        &emulator,
        &[
            ("Send", 41.0, at(3)),
            ("Send", 60.0, at(240)),
            ("Bounce", 7.0, at(5)),
            ("Complaint", 2.0, at(900)),
        ],
    );
    let stage = stage(this_second());
    let moved = [
        (SES, emulator.url()),
        (CLOUDWATCH, emulator.url()),
        (STS, emulator.url()),
    ];
    let document = triage(&stage, this_second(), "inc-005", &moved, &[]);

    let quota = step(&document, "inc-005", "quota");
    let account: Value = serde_json::from_str(&typed(quota, &emulator)).expect("JSON");
    assert_eq!(
        account["SendQuota"]["Max24HourSend"].as_f64(),
        Some(50_000.0)
    );
    assert_eq!(fact(quota, "email.max_24h"), 50_000);

    let bounces = step(&document, "inc-005", "bounces");
    let answers = typed(bounces, &emulator);
    let sums: Vec<f64> = serde_json::Deserializer::from_str(&answers)
        .into_iter::<Value>()
        .map(|answer| {
            let answer = answer.expect("JSON");
            let points = answer["Datapoints"].as_array().expect("points");
            points
                .iter()
                .filter_map(|point| point["Sum"].as_f64())
                .sum()
        })
        .collect();
    assert_eq!(sums, [101.0, 7.0, 2.0], "{answers}");
    for (path, sum) in [
        ("email.sends_24h", 101),
        ("email.bounces_24h", 7),
        ("email.complaints_24h", 2),
    ] {
        assert_eq!(*fact(bounces, path), sum);
    }
}

/// Every command of AWS that stands in a document, `then` and manual ones among them.
fn commands(document: &Value, found: &mut BTreeSet<String>) {
    match document {
        Value::String(text) if text.starts_with("aws ") || text.contains("; do aws ") => {
            found.insert(text.clone());
        }
        Value::Array(all) => all.iter().for_each(|one| commands(one, found)),
        Value::Object(all) => all.values().for_each(|one| commands(one, found)),
        _ => {}
    }
}

#[test]
fn every_aws_command_that_a_scene_prints_is_answered_by_the_practice_stack() {
    let mut said = String::new();
    let mut done = BTreeSet::new();
    for (scene, calls) in [
        ("drift", &[&["alias", "show"][..], &["triage"]][..]),
        ("inc-004", &[&["triage"]]),
        ("bounce-5", &[&["triage"]]),
        ("inc-002", &[&["triage"]]),
    ] {
        let stage = Stage::of(world(scene));
        let mut found = BTreeSet::new();
        for call in calls {
            commands(&stage.once(call).json().1, &mut found);
        }
        for command in found {
            // One of a kind is enough; ids and times differ.
            let kind = command.split(" --").next().unwrap_or_default().to_owned();
            if done.insert(kind) {
                said.push_str(&pasted(&command, &stage.practice.aws_url()));
            }
        }
    }
    for (kind, answer) in [
        ("aws cloudtrail lookup-events", "release-pipeline"),
        (
            "aws stepfunctions describe-execution",
            "could not be reached",
        ),
        (
            "aws sesv2 list-suppressed-destinations",
            "bounce-5@example.com",
        ),
        ("aws sesv2 list-email-identities", "noreply@example.com"),
    ] {
        assert!(done.contains(kind), "{kind} is not in {done:?}");
        assert!(said.contains(answer), "{kind}: {said}");
    }
}
