//! Claim: every number of INC-001, INC-002 and INC-003 means what its runbook says, one
//! unit below it, on it and one above, in worlds that the built binary asks over HTTP.

use crate::support::{Duckops, Stage, now, step, world};
use crate::thresholds::judged_with;
use duckops::practice::{EarlierRun, FakeStack, Fault, LogEvent, Operation};
use serde_json::{Value, json};
use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

fn with(change: impl FnOnce(&mut FakeStack)) -> FakeStack {
    let mut world = world("healthy");
    change(&mut world);
    world
}

/// One value of a threshold, the world it makes, and the verdict that is due.
type Point = (String, FakeStack, &'static str);

fn all_are_due(runbook: &str, id: &str, points: Vec<Point>) {
    println!("thresholds, {runbook} {id}: {} points", points.len());
    for (what, world, due) in points {
        let step = judged_with(world, runbook, id, &[]);
        assert_eq!(step["verdict"], due, "{what}: {step:#}");
    }
}

/// A second less than a limit, the limit, and a second more, each with what is due there.
fn around(
    limit: u64,
    due: [&'static str; 3],
    world: impl Fn(u64) -> FakeStack,
) -> impl Iterator<Item = Point> {
    let ages = [limit - 1, limit, limit + 1];
    let point = move |(age, due)| (format!("{age} s around {limit} s"), world(age), due);
    ages.into_iter().zip(due).map(point)
}

fn stamp(ago: u64) -> i64 {
    now().unix_timestamp() - i64::try_from(ago).expect("small")
}

/// Adds a line to the function's log, this many seconds ago.
fn logged(world: &mut FakeStack, ago: u64, message: &str) {
    world.log_events.push(LogEvent {
        at: now() - Duration::from_secs(ago),
        stream: "[61]0f1e2d3c".to_owned(),
        message: message.to_owned(),
    });
}

/// Only these are left of the entries whose type contains a word.
fn told(world: &mut FakeStack, word: &str, kind: &str, ago: &[u64]) {
    let is_one = |e: &Value| e["event_type"].as_str().is_some_and(|t| t.contains(word));
    world.audit.retain(|entry| !is_one(entry));
    for ago in ago {
        let entry = json!({"event_type": kind, "timestamp": stamp(*ago), "spaceduck_id": "D1"});
        world.audit.push(entry);
    }
}

/// A feed that goes back exactly so far.
fn reaching(world: &mut FakeStack, ago: u64) {
    world
        .audit
        .retain(|e| e["timestamp"].as_i64() > Some(stamp(ago)));
    let oldest = json!({"event_type": "duck.hatched", "timestamp": stamp(ago)});
    world.audit.push(oldest);
}

/// What earlier runs recorded, oldest first.
fn recorded(world: &mut FakeStack, runs: Vec<(u64, Vec<(&'static str, i64)>)>) {
    let run = |(ago, facts)| EarlierRun {
        ago: Duration::from_secs(ago),
        facts,
    };
    world.recorded = runs.into_iter().map(run).collect();
    assert!(
        world.recorded.is_sorted_by(|a, b| a.ago > b.ago),
        "oldest first"
    );
}

// ---- INC-001 ----

#[test]
fn an_error_line_counts_for_15_minutes() {
    let mut points = Vec::new();
    for line in [
        "[ERROR] KeyError: 'eggs'",
        "Task timed out after 30.03 seconds",
    ] {
        let one = |ago| with(|w| logged(w, ago, line));
        points.extend(around(15 * MINUTE, ["warning", "warning", "ok"], one));
    }
    points.push(("no error line".to_owned(), with(|_| ()), "ok"));
    all_are_due("inc-001", "logs", points);
}

#[test]
fn one_error_line_is_critical_while_the_api_fails() {
    let failing = |lines: u64| {
        with(|w| {
            w.faults.insert(Operation::Status, Fault::Status(502));
            (0..lines).for_each(|n| logged(w, MINUTE + n, "[ERROR] KeyError: 'eggs'"));
        })
    };
    all_are_due(
        "inc-001",
        "logs",
        vec![
            ("no line".to_owned(), failing(0), "ok"),
            ("one line".to_owned(), failing(1), "critical"),
            ("two lines".to_owned(), failing(2), "critical"),
        ],
    );
}

/// What the function's metric reported instead, at one moment: of the function, through the
/// alias, by the version that serves.
fn reported(world: &mut FakeStack, metric: &str, ago: u64, value: f64) {
    let serving = world.alias_target.version.clone();
    let mut changed = 0;
    for series in &mut world.metrics {
        let mut dimensions = series.dimensions.iter();
        let by_another = dimensions.any(|(n, v)| n == "ExecutedVersion" && *v != serving);
        if series.namespace == "AWS/Lambda" && series.name == metric && !by_another {
            series
                .points
                .push((now() - Duration::from_secs(ago), value));
            changed += 1;
        }
    }
    // A throttled request is executed by no version.
    let due = if metric == "Throttles" { 2 } else { 3 };
    assert_eq!(changed, due, "{metric}");
}

/// The time limit of the version that serves.
fn limited(world: &mut FakeStack, seconds: u64) {
    let body = json!({
        "FunctionName": world.function,
        "FunctionArn": format!("{}:61", world.function_arn()),
        "CodeSha256": "EXAMPLE61=",
        "LastModified": "2026-03-19T03:12:09.000+0000",
        "LastUpdateStatus": "Successful",
        "MemorySize": 128,
        "PackageType": "Zip",
        "Runtime": "python3.12",
        "State": "Active",
        "Timeout": seconds,
        "Version": "61",
    });
    let answer = Fault::Body(body.to_string());
    world
        .faults
        .insert(Operation::GetFunctionConfiguration, answer);
}

/// Metrics come by the minute, so a window begins with the minute it falls into: the
/// clock of these worlds shows nine seconds past one.
const PAST_THE_MINUTE: u64 = 9;

#[test]
fn an_error_of_the_metrics_counts_for_five_minutes() {
    let mut points = Vec::new();
    for metric in ["Errors", "Throttles"] {
        let one = |ago| with(|w| reported(w, metric, ago, 1.0));
        let begins = 5 * MINUTE + PAST_THE_MINUTE;
        points.extend(around(begins, ["warning", "warning", "ok"], one));
        let none = with(|w| reported(w, metric, MINUTE, 0.0));
        points.push((format!("{metric} of 0"), none, "ok"));
    }
    all_are_due("inc-001", "logs", points);
}

#[test]
fn the_window_of_the_metrics_is_the_time_limit_and_a_minute_if_that_is_longer() {
    // An error in the minute that a window of 310 seconds begins with, and one of 309 not.
    let earlier = 5 * MINUTE + PAST_THE_MINUTE + 1;
    let limit = |seconds| {
        with(|w| {
            limited(w, seconds);
            reported(w, "Errors", earlier, 1.0);
        })
    };
    for (seconds, window, due) in [
        (30, 300, "ok"),
        (239, 300, "ok"),
        (240, 300, "ok"),
        (241, 301, "ok"),
        (249, 309, "ok"),
        (250, 310, "warning"),
        (251, 311, "warning"),
        (900, 960, "warning"),
    ] {
        let step = judged_with(limit(seconds), "inc-001", "logs", &[]);
        assert_eq!(step["verdict"], due, "a limit of {seconds} s: {step:#}");
        let evidence = step["evidence"].as_array().expect("evidence");
        let told = evidence.iter().find(|e| e["fact"] == "lambda.window");
        assert_eq!(told.expect("the window")["value"], window, "{seconds} s");
    }
    // Not known: the longest that there is.
    let unknown = with(|w| {
        w.faults
            .insert(Operation::GetFunctionConfiguration, Fault::Deny);
        reported(w, "Errors", 900, 1.0);
    });
    let step = judged_with(unknown, "inc-001", "logs", &[]);
    assert_eq!(step["verdict"], "warning", "{step:#}");
}

/// A run of INC-001 this many seconds after [`now`], which earlier runs of the stage remember.
fn run_at(stage: &Stage, after: u64) -> (Value, Value) {
    let at = now() + Duration::from_secs(after);
    stage.practice.world().now = at;
    let form = &time::format_description::well_known::Rfc3339;
    let (_, document) = stage
        .duckops(&["triage", "inc-001"])
        .env("DUCKOPS_TEST_NOW", at.format(form).expect("a time"))
        .json();
    assert_eq!(stage.practice.unexpected(), 0, "{document:#}");
    let recovery = step(&document, "inc-001", "recovery").clone();
    (document, recovery)
}

fn down() -> FakeStack {
    with(|w| {
        w.faults.insert(Operation::Status, Fault::Status(502));
        w.recorded.clear();
    })
}

#[test]
fn the_recovery_deadline_is_kept_across_runs() {
    const DUE: &str = "2026-03-22T03:17:09Z";
    let stage = Stage::of(down());
    for (after, reason) in [
        (0, "not-restored"),
        (240, "not-restored"),
        (299, "not-restored"),
        (300, "overdue"),
        (301, "overdue"),
        (900, "overdue"),
    ] {
        let (document, recovery) = run_at(&stage, after);
        assert_eq!(recovery["verdict"], "critical", "{after} s: {recovery:#}");
        assert_eq!(recovery["reason_code"], reason, "{after} s: {recovery:#}");
        assert_eq!(recovery["escalation"]["due"], DUE, "{after} s");
        // The head of the report has the same deadline.
        assert_eq!(document["escalation"]["due"], DUE, "{after} s");
    }
    let ran = stage.duckops(&["triage", "inc-001"]);
    let ran = ran.env("DUCKOPS_TEST_NOW", "2026-03-22T03:27:09Z").run();
    assert!(ran.stdout.contains("10 min overdue"), "{}", ran.stdout);
    assert!(
        ran.stdout
            .contains("\n          duckops escalate inc-001\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_rollback_restarts_the_recovery_clock_and_an_answer_ends_it() {
    let stage = Stage::of(down());
    run_at(&stage, 0);
    run_at(&stage, 600);
    // The alias goes back to 60 after this run, and the next one sees it.
    stage.practice.world().alias_target.version = "60".to_owned();
    let (_, recovery) = run_at(&stage, 660);
    assert_eq!(recovery["reason_code"], "not-restored", "{recovery:#}");
    let due = "2026-03-22T03:27:09Z";
    assert_eq!(
        recovery["escalation"]["due"], due,
        "five minutes after 600 s"
    );
    let (_, recovery) = run_at(&stage, 899);
    assert_eq!(recovery["reason_code"], "not-restored", "{recovery:#}");
    for after in [900, 901] {
        let (_, recovery) = run_at(&stage, after);
        assert_eq!(recovery["reason_code"], "overdue", "{recovery:#}");
        assert_eq!(recovery["escalation"]["due"], due);
    }
    // It answers once, and fails again: that is another outage.
    stage.practice.world().faults.clear();
    let (_, recovery) = run_at(&stage, 960);
    assert_ne!(recovery["verdict"], "critical", "{recovery:#}");
    let failing = (Operation::Status, Fault::Status(502));
    stage.practice.world().faults = [failing].into();
    let (_, recovery) = run_at(&stage, 1_000);
    assert_eq!(recovery["escalation"]["due"], "2026-03-22T03:33:49Z");
}

/// The runbook's own limit, judged as data: over HTTP no world can wait for it exactly.
#[test]
fn an_answer_is_slow_after_five_seconds() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = env!("CARGO_MANIFEST_DIR");
    let runbook = std::fs::read_to_string(format!("{root}/runbooks/inc-001.toml"));
    let runbook = runbook.expect("the runbook");
    let played = |seconds: &str, due: &str| {
        let case = format!(
            "\n[[case]]\nname = \"{seconds} s\"\nfacts = {{ \"api.up\" = true, \
             \"api.cause\" = \"none\", \"api.refusal\" = \"none\", \"api.claims\" = \"good\", \"api.seconds\" = {seconds} }}\n\
             expect = {{ probe = \"{due}\" }}\n"
        );
        let file = folder.path().join("inc-001.toml");
        std::fs::write(file, format!("{runbook}{case}")).expect("written");
        let path = folder.path().to_string_lossy().into_owned();
        let arguments = ["runbook", "test", "inc-001", "--runbooks", &path];
        Duckops::new(folder.path(), &arguments).run()
    };
    for (seconds, due, other) in [
        ("4.999", "ok", "warning"),
        ("5.0", "ok", "warning"),
        ("5.001", "warning", "ok"),
    ] {
        let ran = played(seconds, due);
        assert_eq!(ran.code, 0, "{seconds} s is {due}: {ran:?}");
        let ran = played(seconds, other);
        assert_ne!(ran.code, 0, "{seconds} s is not {other}: {ran:?}");
    }
}

#[test]
fn a_slow_answer_of_four_seconds_is_ok_over_http() {
    let delayed = with(|w| {
        let late = Fault::Delay(Duration::from_millis(4_000));
        w.faults.insert(Operation::Status, late);
    });
    let step = judged_with(delayed, "inc-001", "probe", &[]);
    assert_eq!(step["verdict"], "ok", "{step:#}");
}

// ---- INC-002 ----

#[test]
fn a_line_on_a_failed_certificate_counts_for_an_hour() {
    let mut points = Vec::new();
    for line in [
        "[ERROR] cert write failed: ValidationException",
        "SES error: MessageRejected: Email address is not verified",
    ] {
        let one = |ago| with(|w| logged(w, ago, line));
        points.extend(around(HOUR, ["warning", "warning", "ok"], one));
    }
    points.push(("no such line".to_owned(), with(|_| ()), "ok"));
    all_are_due("inc-002", "logs", points);
}

/// Sets the number of ducklings without a certificate.
fn waiting(world: &mut FakeStack, backlog: i64) {
    let certificates = &world.status["database"]["birth_certificates"];
    let ducklings = certificates.as_i64().expect("a number") + backlog;
    world.status["database"]["ducklings"] = ducklings.into();
}

#[test]
fn the_newest_certificate_may_be_24_hours_old_while_somebody_waits() {
    let newest = |backlog: i64| {
        move |ago| {
            with(|w| {
                // Recorded totals date certificates as well.
                w.recorded.clear();
                waiting(w, backlog);
                told(w, "cert", "duck.cert_issued", &[ago]);
            })
        }
    };
    let mut points: Vec<_> = around(DAY, ["ok", "ok", "warning"], newest(1)).collect();
    points.extend(around(DAY, ["ok", "ok", "ok"], newest(0)));
    points.extend(around(DAY, ["ok", "ok", "ok"], newest(-1)));
    // None at all: as old as the feed, at least.
    let none = |ago| {
        with(|w| {
            w.recorded.clear();
            waiting(w, 1);
            told(w, "cert", "", &[]);
            reaching(w, ago);
        })
    };
    points.extend(around(DAY, ["unknown", "unknown", "warning"], none));
    all_are_due("inc-002", "last-cert", points);
}

const DUCKLINGS: &str = "status.database.ducklings";
const CERTIFICATES: &str = "status.database.birth_certificates";

/// Totals of ducklings and certificates: at the runs so many seconds ago, and now. The
/// feed shows certificates of those moments only.
fn totals(runs: &[(u64, i64, i64)], current: (i64, i64), dated: &[u64]) -> FakeStack {
    with(|w| {
        let run = |&(ago, ducklings, certificates): &(u64, i64, i64)| {
            (
                ago,
                vec![(DUCKLINGS, ducklings), (CERTIFICATES, certificates)],
            )
        };
        recorded(w, runs.iter().map(run).collect());
        w.status["database"]["ducklings"] = current.0.into();
        w.status["database"]["birth_certificates"] = current.1.into();
        told(w, "cert", "duck.cert_issued", dated);
    })
}

#[test]
fn certificates_stall_after_48_hours_by_recorded_totals_to_the_second() {
    // The last day is quiet, so that only the two days decide.
    let stalled = |ago| totals(&[(ago, 14, 14), (DAY, 16, 14)], (16, 14), &[]);
    let mut points: Vec<_> = around(2 * DAY, ["unknown", "critical", "unknown"], stalled).collect();
    // One duckling, or none; one certificate among many.
    let two_days = |ducklings: i64, certificates: i64| {
        let runs = [(2 * DAY, 14, 14), (DAY, 14 + ducklings, 14 + certificates)];
        totals(&runs, (14 + ducklings, 14 + certificates), &[])
    };
    for (ducklings, certificates, due) in [
        (0, 0, "ok"),
        (1, 0, "critical"),
        (1, 1, "ok"),
        (5, 1, "ok"),
        (0, 1, "ok"),
    ] {
        let what = format!("{ducklings} ducklings, {certificates} certificates");
        points.push((what, two_days(ducklings, certificates), due));
    }
    // A certificate that was issued since a run of that age: inside the window or not.
    let issued = |ago| totals(&[(ago, 14, 13), (DAY, 16, 14)], (16, 14), &[]);
    points.extend(around(2 * DAY, ["ok", "ok", "unknown"], issued));
    all_are_due("inc-002", "counts", points);
}

#[test]
fn certificates_stall_after_24_hours_by_recorded_totals_to_the_second() {
    // One was issued more than a day ago, so that only the day decides.
    let stalled = |ago| totals(&[(2 * DAY, 14, 13), (ago, 14, 14)], (16, 14), &[]);
    let mut points: Vec<_> = around(DAY, ["unknown", "warning", "unknown"], stalled).collect();
    let one_day = |ducklings: i64, certificates: i64| {
        let runs = [(2 * DAY, 14, 13), (DAY, 14, 14)];
        totals(&runs, (14 + ducklings, 14 + certificates), &[])
    };
    for (ducklings, certificates, due) in [(0, 0, "ok"), (1, 0, "warning"), (1, 1, "ok")] {
        let what = format!("{ducklings} ducklings, {certificates} certificates in a day");
        points.push((what, one_day(ducklings, certificates), due));
    }
    all_are_due("inc-002", "counts", points);
}

#[test]
fn a_dated_certificate_ends_a_stall_if_it_is_of_the_window() {
    // Between two runs a certificate was issued; only the feed can say when.
    let day = |ago| {
        let runs = [(DAY + HOUR, 12, 13), (DAY - HOUR, 16, 14)];
        totals(&runs, (17, 14), &[ago])
    };
    let mut points: Vec<_> = around(DAY, ["ok", "unknown", "unknown"], day).collect();
    let two_days = |ago| {
        let runs = [
            (2 * DAY + HOUR, 12, 13),
            (2 * DAY - HOUR, 16, 14),
            (DAY, 17, 14),
        ];
        totals(&runs, (17, 14), &[ago])
    };
    points.extend(around(2 * DAY, ["ok", "unknown", "unknown"], two_days));
    all_are_due("inc-002", "counts", points);
}

// ---- INC-003 ----

#[test]
fn a_pulse_is_fresh_for_12_minutes_and_slow_for_30() {
    let newest = |ago| with(|w| told(w, "pulse", "pulse", &[ago]));
    let mut points: Vec<_> = around(12 * MINUTE, ["ok", "warning", "warning"], newest).collect();
    let offline = ["warning", "critical", "critical"];
    points.extend(around(30 * MINUTE, offline, newest));
    // Without a bonded agent no pulse is due.
    let nobody = |ago| {
        with(|w| {
            told(w, "pulse", "pulse", &[ago]);
            w.status["agents"] = json!({"alive": 0, "slow": 0, "dead": 0, "total_bonded": 0});
        })
    };
    points.extend(around(30 * MINUTE, ["ok", "ok", "ok"], nobody));
    all_are_due("inc-003", "pulses", points);
}

#[test]
fn a_feed_without_a_pulse_says_so_if_it_goes_back_24_hours() {
    let silent = |ago| {
        with(|w| {
            told(w, "pulse", "", &[]);
            reaching(w, ago);
        })
    };
    let points = around(DAY, ["unknown", "warning", "warning"], silent);
    all_are_due("inc-003", "pulses", points.collect());
}

/// All agents are dead.
fn dead(world: &mut FakeStack) {
    world.status["agents"] = json!({"alive": 0, "slow": 0, "dead": 3, "total_bonded": 3});
}

#[test]
fn a_fleet_has_never_pulsed_if_the_feed_goes_back_24_hours_or_to_before_the_first() {
    let silent = |ago| {
        with(|w| {
            dead(w);
            told(w, "pulse", "", &[]);
            told(w, "bonded", "", &[]);
            reaching(w, ago);
            w.recorded.clear();
        })
    };
    let mut points: Vec<_> = around(DAY, ["unknown", "warning", "warning"], silent).collect();
    // Registered two hours ago: the feed must show something older.
    let registered = |reach| {
        with(|w| {
            dead(w);
            told(w, "pulse", "", &[]);
            told(w, "bonded", "", &[]);
            reaching(w, reach);
            told(w, "registered", "agent.registered", &[2 * HOUR]);
            w.recorded.clear();
        })
    };
    points.extend(around(
        2 * HOUR,
        ["unknown", "unknown", "warning"],
        registered,
    ));
    all_are_due("inc-003", "cause", points);
}

/// Critical both ways; what differs is who is called, and how soon.
fn priorities(points: impl IntoIterator<Item = (String, FakeStack, &'static str)>) {
    for (what, world, due) in points {
        let step = judged_with(world, "inc-003", "handoff", &[]);
        assert_eq!(step["verdict"], "critical", "{what}: {step:#}");
        assert_eq!(step["escalation"]["priority"], due, "{what}: {step:#}");
        let reason = match due {
            "P0" => "handoff-due-now",
            _ => "handoff-due",
        };
        assert_eq!(step["reason_code"], reason, "{what}: {step:#}");
    }
}

#[test]
fn a_dead_fleet_that_was_alive_within_24_hours_is_p0() {
    let alive = |ago, alive| (ago, vec![("status.agents.alive", alive)]);
    let by_the_feed = |ago| {
        with(|w| {
            dead(w);
            told(w, "pulse", "pulse", &[ago]);
            recorded(w, vec![alive(2 * DAY, 0), alive(HOUR, 0)]);
        })
    };
    priorities(around(DAY, ["P0", "P1", "P1"], by_the_feed));
    let by_history = |ago| {
        with(|w| {
            dead(w);
            told(w, "pulse", "", &[]);
            recorded(w, vec![alive(ago, 3), alive(HOUR, 0)]);
        })
    };
    priorities(around(DAY, ["P0", "P1", "P1"], by_history));
}

#[test]
fn a_fleet_is_dead_when_no_agent_is_alive_and_one_is_dead() {
    let agents = |alive: i64, slow: i64, dead: i64, bonded: i64| {
        with(|w| {
            w.status["agents"] =
                json!({"alive": alive, "slow": slow, "dead": dead, "total_bonded": bonded});
        })
    };
    let point = |what: &str, world, due| (what.to_owned(), world, due);
    all_are_due(
        "inc-003",
        "agents",
        vec![
            point("nobody", agents(0, 0, 0, 0), "ok"),
            point("one, neither alive nor dead", agents(0, 1, 0, 1), "ok"),
            point("one, dead", agents(0, 0, 1, 1), "critical"),
            point("one slow, one dead", agents(0, 1, 1, 2), "critical"),
            point("one alive, two dead", agents(1, 0, 2, 3), "ok"),
            point("as many as are bonded", agents(1, 0, 1, 2), "ok"),
            point("one more than are bonded", agents(1, 0, 1, 1), "unknown"),
            point("fewer than none", agents(-1, 0, 1, 1), "unknown"),
        ],
    );
}

#[test]
fn one_callback_error_in_an_hour_while_one_agent_is_dead_is_an_impact() {
    let impact = |dead: i64, errors: i64| {
        with(|w| {
            let alive = 3 - dead;
            w.status["agents"] =
                json!({"alive": alive, "slow": 0, "dead": dead, "total_bonded": 3});
            w.status["peck_protocol"]["failure_breakdown"]["callback_error"] = (7 + errors).into();
            let total = |ago| (ago, vec![("peck.callback_errors", 7)]);
            recorded(w, vec![total(DAY), total(HOUR)]);
        })
    };
    let mut points = Vec::new();
    for (dead, errors, due) in [
        (0, 1, "ok"),
        (1, 0, "ok"),
        (1, 1, "warning"),
        (1, 2, "warning"),
    ] {
        points.push((
            format!("{dead} dead, {errors} errors"),
            impact(dead, errors),
            due,
        ));
    }
    all_are_due("inc-003", "peck-impact", points);
}
