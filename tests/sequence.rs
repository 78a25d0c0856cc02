//! Claim: one timeline has the events of all sources, names the last change before the failure, and
//! says which source is missing.

use crate::support::{Stage, now, world};
use duckops::history::{self, Location, Snapshot, StackKey};
use duckops::practice::{Fault, Operation};
use duckops::stack::{Flags, Settings};
use duckops::state_dir::journal::{Journal, JournalEntry, Stage as Step};
use serde_json::{Value, json};
use std::time::Duration;
use ulid::Ulid;

fn texts(document: &Value, list: &str) -> Vec<String> {
    let moments = document[list].as_array().expect("a list").iter();
    moments
        .map(|moment| {
            format!(
                "{} {}",
                moment["witness"].as_str().expect("a name"),
                moment["text"].as_str().expect("a text")
            )
        })
        .collect()
}

/// A good run, a change from this machine, then a run in which everything fails.
fn broken() -> Stage {
    let stage = Stage::of(world("healthy"));
    // Of a good run as it would have been recorded: the clock of the stack stands still.
    let settings = Settings::resolve(
        &Flags {
            api_url: Some(stage.practice.api_url()),
            ..Flags::default()
        },
        &|_| None,
    )
    .expect("settings");
    let path = stage.state().join("history.db");
    let mut history =
        history::open(&Location::Sqlite(path), history::BUSY_BUDGET).expect("history");
    history
        .record_late(&Snapshot {
            id: Ulid::generate(),
            at: now() - Duration::from_secs(1_329),
            stack: StackKey(settings.stack.key()),
            verdict: "ok".to_owned(),
            runbooks: vec![("inc-001".to_owned(), "ok".to_owned())],
            numbers: Vec::new(),
            duckops_version: "0.0.0".to_owned(),
        })
        .expect("recorded");
    drop(history);
    Journal::in_folder(&stage.state())
        .append(&[JournalEntry {
            id: "01".into(),
            at: duckops::fact::instant((now() - Duration::from_secs(900)).unix_timestamp()),
            action: "alias promote".into(),
            stage: Step::Outcome,
            stack: "prod".into(),
            detail: json!({"outcome": "applied"}),
        }])
        .expect("a journal");
    stage
        .practice
        .world()
        .faults
        .insert(Operation::Status, Fault::Status(502));
    let failing = stage.duckops(&["triage"]).run();
    assert_eq!(failing.code, 2, "{failing:?}");
    stage
}

#[test]
fn the_last_change_before_the_failure_is_named_first() {
    let stage = broken();
    let (code, document) = stage.duckops(&["timeline"]).json();
    assert_eq!(code, 0, "{document:#}");
    assert_eq!(document["broke"]["text"], "INC-001 ok -> critical");
    assert_eq!(document["broke"]["at"], "2026-03-22T03:12:09Z");
    let before = texts(&document, "before");
    assert!(
        before.contains(&"journal alias promote: applied".to_owned()),
        "{before:?}"
    );
    let all = texts(&document, "moments");
    for due in [
        "verdict INC-001 is ok",
        "audit peck.requested",
        "executions RUNNING peck-0004 since 2026-03-22T03:08:09Z",
    ] {
        assert!(all.contains(&due.to_owned()), "{due}: {all:#?}");
    }
    let times: Vec<_> = document["moments"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|m| m["at"].to_string())
        .collect();
    assert!(times.is_sorted(), "{times:?}");
    assert!(
        document["pulses"].as_i64() > Some(50),
        "{}",
        document["pulses"]
    );
    let ran = stage.duckops(&["timeline"]).run();
    assert!(
        ran.stdout
            .starts_with("BROKE     03:12Z INC-001 ok -> critical\nBEFORE    "),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("pulse"), "{}", ran.stdout);
    // In a window that is too short for the good run the first verdict is the bad one.
    let (_, short) = stage.duckops(&["timeline", "--since", "10m"]).json();
    assert_eq!(short["broke"]["text"], "INC-001 is critical");
    let markdown = stage.duckops(&["timeline", "-o", "markdown"]).run();
    assert!(
        markdown
            .stdout
            .contains("| verdict | INC-001 ok -&gt; critical |"),
        "{}",
        markdown.stdout
    );
}

#[test]
fn an_unreadable_source_is_named_and_the_exit_code_is_unknown() {
    for (operation, says) in [
        (Operation::Audit, "the audit feed could not be read"),
        (Operation::ListExecutions, "executions could not be read"),
        (Operation::GetAlias, "alias could not be read"),
    ] {
        let stage = Stage::of(world("healthy"));
        stage
            .practice
            .world()
            .faults
            .insert(operation, Fault::Status(403));
        let ran = stage.duckops(&["timeline"]).run();
        assert_eq!(ran.code, 3, "{operation:?}: {ran:?}");
        assert!(ran.stdout.contains(says), "{operation:?}: {}", ran.stdout);
        assert!(
            ran.stdout.contains("\nDO NOW    "),
            "{operation:?}: {ran:?}"
        );
        let json = stage.duckops(&["timeline", "-o", "json"]).run().stdout;
        let document: Value = serde_json::from_str(&json).expect("a document");
        let command = document["next_action"]["command"].as_str();
        assert!(command.is_some(), "{operation:?}: {document}");
        assert!(
            ran.stdout
                .starts_with("UNKNOWN   not judged what broke in 6 h"),
            "{operation:?}: {}",
            ran.stdout
        );
    }
    let stage = Stage::of(world("healthy"));
    std::fs::create_dir_all(stage.state()).expect("a folder");
    std::fs::write(stage.state().join("history.db"), "no database").expect("written");
    let ran = stage.duckops(&["timeline"]).run();
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stdout.contains("history"), "{}", ran.stdout);
    // A journal that was altered is no source.
    let stage = broken();
    let journal = stage.state().join("journal.jsonl");
    let text = std::fs::read_to_string(&journal).expect("a journal");
    std::fs::write(&journal, text.replace("applied", "refused")).expect("written");
    let ran = stage.duckops(&["timeline"]).run();
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(
        ran.stdout.contains("the journal is not whole"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("alias promote"), "{}", ran.stdout);
    for wrong in ["x", "0s", "-5m"] {
        assert_eq!(
            stage
                .duckops(&["timeline", &format!("--since={wrong}")])
                .run()
                .code,
            64
        );
    }
}

#[test]
fn a_flood_of_events_is_cut_to_the_newest_and_reported() {
    let mut flood = world("healthy");
    for n in 0..1_000 {
        let at = now().unix_timestamp() - n;
        flood
            .audit
            .push(json!({"event_type": format!("cert.issued.{n}"), "timestamp": at}));
    }
    let stage = Stage::of(flood);
    let (code, document) = stage.duckops(&["timeline", "--since", "1h"]).json();
    assert_eq!(code, 0, "{document:#}");
    let audit: Vec<_> = texts(&document, "moments")
        .into_iter()
        .filter(|text| text.starts_with("audit "))
        .collect();
    assert_eq!(audit.len(), 200);
    assert!(
        audit.contains(&"audit cert.issued.0".to_owned())
            && !audit.contains(&"audit cert.issued.500".to_owned())
    );
    let notes = document["notes"].to_string();
    assert!(notes.contains("older audit events"), "{notes}");
}

#[test]
fn omitted_events_are_counted() {
    let mut odd = world("inc-004");
    let at = now().unix_timestamp() - 60;
    odd.audit.insert(
        0,
        json!({"event_type": "duck.pulse_failed", "timestamp": at}),
    );
    odd.audit.insert(
        0,
        json!({"event_type": "cert.issued", "timestamp": "yesterday"}),
    );
    let stage = Stage::of(odd);
    let (code, document) = stage.duckops(&["timeline"]).json();
    assert_eq!(code, 0, "{document:#}");
    let all = texts(&document, "moments");
    assert!(
        all.contains(&"audit duck.pulse_failed".to_owned()),
        "a pulse that failed is none: {all:#?}"
    );
    let notes = document["notes"].to_string();
    assert!(
        notes.contains("1 audit entry without a usable time"),
        "{notes}"
    );
    // 18 failed and 2 run; five of the failed are listed.
    assert!(notes.contains("13 more executions"), "{notes}");
}

/// The first lines of what a person sees.
fn head(stage: &Stage) -> String {
    let ran = stage.duckops(&["timeline", "--since", "10m"]).run();
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.stdout.lines().take(2).collect::<Vec<_>>().join("\n")
}

#[test]
fn without_a_recorded_run_nothing_is_said_to_be_ok() {
    let stage = Stage::of(world("inc-004"));
    let first = head(&stage);
    assert!(
        first.starts_with("NOTE      no run is recorded in 10 min"),
        "{first}"
    );
    stage.duckops(&["triage", "inc-004"]).run();
    let then = head(&stage);
    assert!(then.contains("INC-004 is critical"), "{then}");
}

/// One step says nothing of the others: a good one must not count as a good run.
#[test]
fn a_run_of_one_step_is_no_verdict_on_its_runbook() {
    let mut one_fails = world("inc-004");
    one_fails.executions.clear();
    let stage = Stage::of(one_fails);
    let (code, _) = stage.duckops(&["triage", "inc-004", "stale"]).json();
    assert_eq!(code, 0);
    let first = head(&stage);
    assert!(first.starts_with("NOTE"), "{first}");
    let message = stage.duckops(&["escalate", "inc-004", "--dry-run"]).run();
    let since = message.stdout.lines().find(|l| l.starts_with("Since: "));
    assert!(
        since.is_some_and(|line| line.contains("no ok run")),
        "{message:?}"
    );
}
