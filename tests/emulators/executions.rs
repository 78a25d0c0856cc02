//! Step Functions, with a state machine that really runs, and whose account it is.

use super::{SFN, STS, fact, judged, stage, this_second, triage};
use crate::support::emulator::{ACCOUNT, Emulator, Kind, Turn};
use crate::support::step;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub(super) const MACHINE: &str =
    "arn:aws:states:us-east-1:121546003735:stateMachine:peck-approval-workflow";

/// Does what its input says: fails, waits for an approval, or succeeds.
pub(super) fn with_machine(kind: Kind, runs: bool) -> Turn {
    let emulator = kind.take();
    if kind == Kind::Moto {
        let config = json!({"stepfunctions": {"execute_state_machine": runs}});
        let request = emulator.post("/moto-api/config").body(config.to_string());
        emulator.must(request);
    }
    let choice =
        |word: &str, next: &str| json!({"Variable": "$.do", "StringEquals": word, "Next": next});
    let definition = json!({
        "StartAt": "Ask",
        "States": {
            "Ask": {
                "Type": "Choice",
                "Choices": [choice("fail", "Fail"), choice("wait", "Wait")],
                "Default": "Done",
            },
            "Fail": {"Type": "Fail", "Error": "CallbackError", "Cause": "nobody answered"},
            "Wait": {"Type": "Wait", "Seconds": 3_600, "Next": "Done"},
            "Done": {"Type": "Succeed"},
        },
    });
    let created = emulator.step_functions(
        "CreateStateMachine",
        &json!({
            "name": "peck-approval-workflow",
            "definition": definition.to_string(),
            "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/pecks"),
        }),
    );
    assert_eq!(created["stateMachineArn"], MACHINE);
    emulator
}

fn execution(name: &str, does: &str) -> Value {
    let input = json!({ "do": does }).to_string();
    json!({"stateMachineArn": MACHINE, "name": name, "input": input})
}

/// Starts one and waits until it is in the state it is meant to come to; when it started.
pub(super) fn run(emulator: &Emulator, name: &str, does: &str) -> OffsetDateTime {
    let due = match does {
        "fail" => "FAILED",
        "wait" => "RUNNING",
        _ => "SUCCEEDED",
    };
    emulator.step_functions("StartExecution", &execution(name, does));
    let began = Instant::now();
    loop {
        let list = json!({"stateMachineArn": MACHINE, "statusFilter": due});
        let listed = emulator.step_functions("ListExecutions", &list);
        let listed = listed["executions"].as_array().expect("a list");
        if let Some(found) = listed.iter().find(|e| e["name"] == name) {
            let start = found["startDate"].as_f64().expect("a start");
            return OffsetDateTime::from_unix_timestamp(start as i64).expect("a time");
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{name}: {due}?");
        std::thread::sleep(Duration::from_millis(50));
    }
}

pub(super) fn stop(emulator: &Emulator, name: &str) {
    let arn = format!(
        "{}:{name}",
        MACHINE.replace(":stateMachine:", ":execution:")
    );
    emulator.step_functions("StopExecution", &json!({ "executionArn": arn }));
}

const BOTH: [Kind; 2] = [Kind::Moto, Kind::Ministack];

#[test]
fn executions_that_end_badly_are_counted_and_named() {
    for kind in BOTH {
        let emulator = with_machine(kind, true);
        let stage = stage(this_second());
        let look = |at| {
            let moved = [(SFN, emulator.url()), (STS, emulator.url())];
            triage(&stage, at, "inc-004", &moved, &[])
        };

        let quiet = look(this_second());
        judged(step(&quiet, "inc-004", "executions"), "ok");
        judged(step(&quiet, "inc-004", "stale"), "ok");
        // What is not moved is judged as ever.
        judged(step(&quiet, "inc-004", "agents"), "ok");

        run(&emulator, "peck-fine", "succeed");
        judged(step(&look(this_second()), "inc-004", "executions"), "ok");

        let start = run(&emulator, "peck-failed", "fail");
        let document = look(this_second());
        let failed = step(&document, "inc-004", "executions");
        judged(failed, "warning");
        assert_eq!(fact(failed, "executions.unsuccessful_24h"), 1);
        let named = &fact(failed, "executions.newest_unsuccessful")[0];
        let named = named.as_str().expect("a line");
        assert!(
            named.starts_with("FAILED peck-failed "),
            "{kind:?}: {named}"
        );

        run(&emulator, "peck-aborted", "wait");
        stop(&emulator, "peck-aborted");
        let document = look(this_second());
        let both = step(&document, "inc-004", "executions");
        judged(both, "warning");
        assert_eq!(fact(both, "executions.unsuccessful_24h"), 2);
        let newest = fact(both, "executions.newest_unsuccessful").to_string();
        assert!(
            newest.contains("ABORTED peck-aborted "),
            "{kind:?}: {newest}"
        );
        judged(step(&document, "inc-004", "stale"), "ok");

        // The window is the last 24 h: the first failure leaves it, then the other one.
        let day = Duration::from_secs(86_400);
        let inside = look(start + day - Duration::from_secs(1));
        let inside = step(&inside, "inc-004", "executions");
        // Two failures of yesterday are few, and old.
        judged(inside, "ok");
        assert_eq!(fact(inside, "executions.unsuccessful_24h"), 2);
        let outside = look(start + day + Duration::from_secs(600));
        judged(step(&outside, "inc-004", "executions"), "ok");
    }
}

#[test]
fn a_running_execution_is_stale_after_fifteen_minutes_and_not_before() {
    for kind in BOTH {
        let emulator = with_machine(kind, true);
        let stage = stage(this_second());
        let start = run(&emulator, "peck-waiting", "wait");
        let after = |seconds| {
            let moved = [(SFN, emulator.url())];
            let at = start + Duration::from_secs(seconds);
            let document = triage(&stage, at, "inc-004", &moved, &[]);
            step(&document, "inc-004", "stale").clone()
        };
        judged(&after(60), "ok");
        judged(&after(899), "ok");
        judged(&after(900), "ok");
        judged(&after(901), "warning");
        let old = after(960);
        judged(&old, "warning");
        assert_eq!(fact(&old, "executions.oldest_running_age_min"), 960);
        let named = fact(&old, "executions.longest_running").to_string();
        assert!(named.contains("peck-waiting since "), "{kind:?}: {named}");
    }
}

/// moto obeys `maxResults`; duckops asks for pages of 1000, so it takes more than that.
/// These executions are not run, only listed as running.
#[test]
fn the_oldest_running_execution_is_found_on_the_last_page() {
    let emulator = with_machine(Kind::Moto, false);
    let stage = stage(this_second());
    let start = run(&emulator, "peck-first", "wait");
    // The list is ordered by when they started: the others must not share its second.
    while this_second() == start {
        std::thread::sleep(Duration::from_millis(20));
    }
    let others: Vec<_> = (0..1_000)
        .map(|n| execution(&format!("peck-{n}"), "wait"))
        .collect();
    emulator.step_functions_often("StartExecution", &others);
    let moved = [(SFN, emulator.url())];
    let at = start + Duration::from_secs(901);
    let document = triage(&stage, at, "inc-004", &moved, &[]);
    let stale = step(&document, "inc-004", "stale");
    judged(stale, "warning");
    assert_eq!(fact(stale, "executions.running"), 1_001);
    assert_eq!(fact(stale, "executions.oldest_running_age_min"), 901);
    let asked = stale["asked"].to_string();
    assert!(asked.contains("ListExecutions RUNNING, page 2"), "{asked}");
    assert!(!asked.contains("page 3"), "{asked}");
}

#[test]
fn a_state_machine_that_is_not_there_is_unknown() {
    let emulator = Kind::Moto.take();
    let stage = stage(this_second());
    let moved = [(SFN, emulator.url()), (STS, emulator.url())];
    let document = triage(&stage, this_second(), "inc-004", &moved, &[]);
    for id in ["executions", "stale"] {
        let step = step(&document, "inc-004", id);
        judged(step, "unknown");
        assert_eq!(step["reason_code"], "not-found");
        let said = step["summary"].as_str().expect("a sentence");
        assert!(said.contains("no such resource"), "{said}");
        assert!(said.contains(MACHINE), "{said}");
    }
    judged(step(&document, "inc-004", "agents"), "ok");
}

/// ministack answers an empty list for a state machine that it does not have, where AWS
/// answers `StateMachineDoesNotExist`. No client can distinguish that from a quiet one, so this is
/// ok here; that the real refusal is unknown, moto shows above.
#[test]
fn an_empty_list_is_a_quiet_state_machine() {
    let emulator = Kind::Ministack.take();
    let stage = stage(this_second());
    let moved = [(SFN, emulator.url()), (STS, emulator.url())];
    let document = triage(&stage, this_second(), "inc-004", &moved, &[]);
    judged(step(&document, "inc-004", "executions"), "ok");
    judged(step(&document, "inc-004", "stale"), "ok");
}

/// Both ways round: the stack is configured with another account than the one that
/// answers, and another account answers than the stack's. All that AWS says would be fine.
#[test]
fn another_account_makes_every_aws_step_unknown_and_both_are_named() {
    const OTHER: &str = "210987654321";
    const AWS_STEPS: [(&str, &[&str]); 2] = [
        ("inc-004", &["executions", "stale"]),
        (
            "inc-005",
            &[
                "quota",
                "capacity",
                "production-access",
                "bounces",
                "record",
            ],
        ),
    ];
    let (moto, ministack) = (Kind::Moto.take(), Kind::Ministack.take());
    let stage = stage(this_second());
    // ministack takes the account from an access key of twelve digits.
    for (sts, more) in [
        (moto.url(), ("DUCKOPS_ACCOUNT", OTHER)),
        (ministack.url(), ("AWS_ACCESS_KEY_ID", OTHER)),
    ] {
        for (runbook, steps) in AWS_STEPS {
            // An unknown state machine is an empty list there: nothing but the account is wrong.
            let moved = [(SFN, ministack.url()), (STS, sts.clone())];
            let document = triage(&stage, this_second(), runbook, &moved, &[more]);
            for id in steps {
                let step = step(&document, runbook, id);
                judged(step, "unknown");
                let said = step["summary"].as_str().expect("a sentence");
                let both = said.contains(ACCOUNT) && said.contains(OTHER);
                // Steps that follow from another one name that instead.
                let follows = said.contains("depends on step quota");
                let due = !["capacity", "production-access", "record"].contains(id);
                assert!(if due { both } else { follows }, "{id}: {said}");
            }
        }
    }
    let document = triage(
        &stage,
        this_second(),
        "inc-004",
        &[(SFN, ministack.url()), (STS, moto.url())],
        &[],
    );
    judged(step(&document, "inc-004", "executions"), "ok");
}

/// The key of a profile is used: ministack shows it by the account. The run says where it sent its
/// requests, and on request how each answer came.
#[test]
fn the_key_of_the_chosen_profile_asks_and_the_run_says_where() {
    const OTHER: &str = "210987654321";
    let emulator = Kind::Ministack.take();
    let stage = stage(this_second());
    let profiles = tempfile::NamedTempFile::new().expect("a file");
    let text = format!("[other]\naws_access_key_id = {OTHER}\naws_secret_access_key = practice\n");
    std::fs::write(profiles.path(), text).expect("profiles");
    let now = this_second();
    stage.practice.world().now = now;
    let ran = stage
        .duckops(&["triage", "inc-004", "--profile", "other", "--verbose"])
        .without("AWS_ACCESS_KEY_ID")
        .without("AWS_SECRET_ACCESS_KEY")
        .env("AWS_SHARED_CREDENTIALS_FILE", profiles.path())
        .env("AWS_ENDPOINT_URL", emulator.url())
        .env("DUCKOPS_TEST_NOW", now.format(&Rfc3339).expect("a time"))
        .run();
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stdout.contains(&format!("account {OTHER}")), "{ran:?}");
    let overridden = format!("endpoint  {} (AWS_ENDPOINT_URL), not AWS", emulator.url());
    assert!(ran.stdout.contains(&overridden), "{ran:?}");
    let exchanges = ran.stderr.lines().filter(|line| {
        line.contains(&emulator.url())
            && line.contains("AWSStepFunctions.ListExecutions")
            && line.ends_with("-> 200")
    });
    assert_eq!(exchanges.count(), 4, "{ran:?}");
}
