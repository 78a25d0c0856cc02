//! Claim: after a good rollback `triage inc-001 --wait` ends 0 within a minute of the fifth good answer,
//! and error lines of the version that was left do not keep it; those of the new version do.

use crate::support::{Duckops, Stage, step};
use duckops::practice::LogEvent;
use std::time::Instant;
use time::OffsetDateTime;

fn live(stage: &Stage, arguments: &[&str]) -> Duckops {
    stage.duckops(arguments).without("DUCKOPS_TEST_NOW")
}

/// A deploy that broke at once, seen and taken back.
fn rolled_back() -> Stage {
    let stage = Stage::live("deploy-breaks-at-once");
    let (code, document) = live(&stage, &["triage", "inc-001"]).json();
    assert_eq!(code, 2, "{document:#}");
    let command = &document["next_action"]["command"];
    assert_eq!(command, "duckops alias rollback --to 61", "{document:#}");
    let back = [
        "alias",
        "rollback",
        "--to",
        "61",
        "--confirm",
        "prod@62->61",
        "--endpoint-override",
        "--wait",
        "30s",
    ];
    let (code, document) = live(&stage, &back).json();
    assert_eq!(code, 0, "{document:#}");
    stage
}

#[test]
fn wait_ends_at_the_fifth_good_answer_despite_old_log_lines() {
    let stage = rolled_back();
    let began = Instant::now();
    let (code, document) = live(&stage, &["triage", "inc-001", "--wait", "5m"]).json();
    assert_eq!(code, 0, "{document:#}");
    assert!(began.elapsed().as_secs() < 85, "{:?}", began.elapsed());
    let recovery = step(&document, "inc-001", "recovery");
    assert_eq!(recovery["reason_code"], "restored", "{recovery:#}");
    let next = recovery["next_action"]["text"]
        .as_str()
        .expect("a next action");
    assert!(next.contains("Mission Control"), "{next}");
    let logs = step(&document, "inc-001", "logs");
    assert_eq!(logs["reason_code"], "clean-since-move", "{logs:#}");
    let alias = step(&document, "inc-001", "alias");
    assert_eq!(alias["reason_code"], "as-expected", "{alias:#}");
    // The entry is about the incident, not about the present alone.
    let record = live(&stage, &["record", "inc-001", "--dry-run"])
        .run()
        .stdout;
    let incident = record.lines().find(|line| line.contains("**Incident:**"));
    let incident = incident.expect("the incident");
    assert!(
        incident.contains("critical from 20") && incident.ends_with("by recorded runs"),
        "{incident}"
    );
}

#[test]
fn an_error_line_of_the_new_version_is_no_recovery() {
    let stage = rolled_back();
    let line = LogEvent {
        at: OffsetDateTime::now_utc(),
        stream: "2026/03/22/[61]0f1e2d3c".to_owned(),
        message: "[ERROR] KeyError: 'eggs'".to_owned(),
    };
    stage.practice.world().log_events.push(line);
    let (code, document) = live(&stage, &["triage", "inc-001", "--wait", "30s"]).json();
    assert_eq!(code, 1, "{document:#}");
    let logs = step(&document, "inc-001", "logs");
    assert_eq!(logs["reason_code"], "error-lines", "{logs:#}");
    assert!(
        logs["summary"].to_string().contains("1 error line"),
        "{logs:#}"
    );
    let recovery = step(&document, "inc-001", "recovery");
    assert_eq!(recovery["reason_code"], "recovering", "{recovery:#}");
}
