//! Claim: an escalation has a recipient and a deadline that is exact to the second and that no
//! later run moves; where the start of the incident is not known, the deadline counts as passed.

use crate::support::{Stage, now, step, world};
use duckops::practice::{EarlierRun, FakeStack, Fault, Operation};
use serde_json::{Value, json};
use std::time::Duration;

const HOUR: u64 = 3_600;
const DUCKLINGS: &str = "status.database.ducklings";
const CERTIFICATES: &str = "status.database.birth_certificates";

/// What earlier runs recorded: how many seconds ago, oldest first.
fn recorded(world: &mut FakeStack, runs: &[(u64, &[(&'static str, i64)])]) {
    let run = |&(ago, facts): &(u64, &[(&'static str, i64)])| EarlierRun {
        ago: Duration::from_secs(ago),
        facts: facts.to_vec(),
    };
    world.recorded = runs.iter().map(run).collect();
}

fn time(after: u64) -> String {
    let at = now() + Duration::from_secs(after);
    duckops::fact::instant(at.unix_timestamp())
}

/// A run this many seconds after [`now`], which later runs of the stage remember: its document, and
/// its table.
fn run_at(stage: &Stage, runbook: &str, after: u64) -> (Value, String) {
    stage.practice.world().now = now() + Duration::from_secs(after);
    let ask = || {
        let triage = stage.duckops(&["triage", runbook]);
        triage.env("DUCKOPS_TEST_NOW", time(after))
    };
    let (_, document) = ask().json();
    assert_eq!(stage.practice.unexpected(), 0, "{document:#}");
    (document, ask().run().stdout)
}

/// Asserts one row of the table: the verdict of a step, its deadline and the words for it.
fn row(
    stage: &Stage,
    (runbook, id): (&str, &str),
    after: u64,
    due: (&str, Option<(&str, Value)>),
    words: &str,
) {
    let (document, page) = run_at(stage, runbook, after);
    let step = step(&document, runbook, id);
    let (verdict, call) = due;
    assert_eq!(step["verdict"], verdict, "{after} s: {step:#}");
    match call {
        None => assert_eq!(step["escalation"], Value::Null, "{after} s: {step:#}"),
        Some((priority, due)) => {
            assert_eq!(step["escalation"]["priority"], priority, "{after} s");
            assert_eq!(step["escalation"]["due"], due, "{after} s: {step:#}");
            assert_eq!(step["escalation"]["to"], "T-JOSH");
        }
    }
    assert!(page.contains(words), "{after} s: {words}\n{page}");
}

#[test]
fn five_minutes_from_the_first_failure_that_a_run_saw() {
    let mut down = world("healthy");
    down.recorded.clear();
    down.faults.insert(Operation::Status, Fault::Status(502));
    let stage = Stage::of(down);
    let due = Some(("P0", json!(time(300))));
    for (after, words) in [
        (0, "by 03:17Z, in 5 min"),
        (299, "by 03:17Z, in 1 s"),
        (300, ") now\n"),
        (301, ") now\n"),
    ] {
        let step = ("inc-001", "recovery");
        row(&stage, step, after, ("critical", due.clone()), words);
    }
}

#[test]
fn eleven_callback_errors_a_day_are_due_five_minutes_after_the_first_run_that_saw_them() {
    let errors = |more: i64| {
        let mut world = world("healthy");
        let total = &mut world.status["peck_protocol"]["failure_breakdown"]["callback_error"];
        *total = json!(7 + more);
        let seven: &[_] = &[("peck.callback_errors", 7)];
        recorded(&mut world, &[(25 * HOUR, seven), (20 * HOUR, seven)]);
        Stage::of(world)
    };
    let step = ("inc-004", "callback-errors");
    let ten = errors(10);
    let (document, _) = run_at(&ten, "inc-004", 0);
    let found = crate::support::step(&document, "inc-004", "callback-errors");
    assert_eq!(found["escalation"], Value::Null, "ten are within the limit");
    let eleven = errors(11);
    let due = Some(("P1", json!(time(300))));
    for (after, words) in [
        (0, "by 03:17Z, in 5 min"),
        (299, "by 03:17Z, in 1 s"),
        (300, ") now\n"),
        (301, ") now\n"),
        (1_500, "20 min overdue"),
    ] {
        row(&eleven, step, after, ("critical", due.clone()), words);
    }
    // What ends it ends the clock too: a day later these errors are no longer of the day.
    let over = 24 * HOUR;
    let (document, _) = run_at(&eleven, "inc-004", over);
    let found = crate::support::step(&document, "inc-004", "callback-errors");
    assert_ne!(found["verdict"], "critical", "{found:#}");
    let total = json!(7 + 22);
    eleven.practice.world().status["peck_protocol"]["failure_breakdown"]["callback_error"] = total;
    let due = Some(("P1", json!(time(over + 660))));
    row(&eleven, step, over + 360, ("critical", due), "");
}

#[test]
fn a_day_without_certificates_names_the_moment_at_which_there_are_two() {
    let mut flat = world("healthy");
    recorded(
        &mut flat,
        &[
            (26 * HOUR + 1, &[(DUCKLINGS, 14), (CERTIFICATES, 13)]),
            (26 * HOUR, &[(DUCKLINGS, 14), (CERTIFICATES, 14)]),
            (23 * HOUR, &[(DUCKLINGS, 14), (CERTIFICATES, 14)]),
            (2 * HOUR, &[(DUCKLINGS, 16), (CERTIFICATES, 14)]),
        ],
    );
    let is_cert = |entry: &Value| {
        let kind = entry["event_type"].as_str();
        kind.is_some_and(|kind| kind.contains("cert"))
    };
    flat.audit.retain(|entry| !is_cert(entry));
    flat.status["database"]["ducklings"] = json!(16);
    flat.status["database"]["birth_certificates"] = json!(14);
    let stage = Stage::of(flat);
    let step = ("inc-002", "counts");
    let two_days = 22 * HOUR;
    let due = Some(("P1", json!(time(two_days))));
    let words = "by 2026-03-23 01:12Z, in 22 h";
    row(&stage, step, 0, ("warning", due.clone()), words);
    stage.practice.world().status["database"]["ducklings"] = json!(17);
    row(&stage, step, two_days - 1, ("warning", due), "in 1 s");
    let now = Some(("P1", Value::Null));
    for after in [two_days, two_days + 1] {
        row(
            &stage,
            step,
            after,
            ("critical", now.clone()),
            "T-JOSH (P1) now",
        );
    }
}

#[test]
fn mail_over_the_quota_calls_at_once_and_more_urgently_while_people_register() {
    // Of ducklings that registered this many seconds ago, with 191 of 200 mails sent.
    let full = |ago: u64, sent: f64| {
        let mut world = world("inc-005");
        world.mail.sent_24h = sent;
        let total = &world.status["database"]["ducklings"];
        let total = total.as_i64().expect("a number");
        recorded(
            &mut world,
            &[
                (48 * HOUR, &[(DUCKLINGS, total - 1)]),
                (ago + 1, &[(DUCKLINGS, total - 1)]),
                (ago, &[(DUCKLINGS, total)]),
            ],
        );
        Stage::of(world)
    };
    let quota = ("inc-005", "quota");
    let none = ("warning", None);
    row(&full(0, 190.0), quota, 0, none, "190 of 200 in 24 h (95 %)");
    let now = Some(("P0", Value::Null));
    for sent in [191.0, 192.0] {
        let due = ("critical", now.clone());
        row(&full(0, sent), quota, 0, due, "T-JOSH (P0) now");
    }
    let day = 24 * HOUR;
    for (ago, priority) in [
        (day - 2, "P0"),
        (day - 1, "P0"),
        (day, "P1"),
        (day + 1, "P1"),
    ] {
        let due = ("critical", Some((priority, Value::Null)));
        let record = ("inc-005", "record");
        row(&full(ago, 191.0), record, 0, due, "T-JOSH (P0) now");
    }
}

#[test]
fn without_a_known_onset_the_escalation_is_due_at_once() {
    let mut down = world("healthy");
    down.faults.insert(Operation::Status, Fault::Status(502));
    let stage = Stage::of(down);
    let torn = stage.home().join("torn.db");
    std::fs::write(&torn, "no database").expect("written");
    let history = format!("sqlite:{}", torn.display());
    for after in [0, 299, 300, 301] {
        let triage = stage.duckops(&["triage", "inc-001"]);
        let triage = triage.env("DUCKOPS_TEST_NOW", time(after));
        let (code, document) = triage.env("DUCKOPS_HISTORY", &history).json();
        assert_eq!(code, 2);
        let step = step(&document, "inc-001", "probe");
        assert_eq!(step["escalation"]["due"], Value::Null, "{step:#}");
        assert_eq!(document["escalation"]["due"], Value::Null);
    }
}
