//! The `aws` command and duckops agree on one world. What is typed is what duckops
//! prints as a step's manual command, as it stands.

use super::executions::{run, stop, with_machine};
use super::mail::measured;
use super::{CLOUDWATCH, SES, SFN, STS, fact, stage, this_second, triage};
use crate::support::emulator::{Emulator, Kind, environment};
use crate::support::step;
use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Runs a step's manual command in a shell, against one emulator.
fn typed(step: &Value, emulator: &Emulator) -> String {
    let home = tempfile::tempdir().expect("a folder");
    let path = format!("{}:/usr/bin:/bin", environment().join("bin").display());
    let output = Command::new("bash")
        .args(["-e", "-c", step["manual"].as_str().expect("a command")])
        .env_clear()
        .env("PATH", path)
        .env("HOME", home.path())
        .env("AWS_ENDPOINT_URL", emulator.url())
        .env("AWS_ACCESS_KEY_ID", "practice")
        .env("AWS_SECRET_ACCESS_KEY", "practice")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::null())
        .output()
        .expect("bash runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{step:#}\n{said}");
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
