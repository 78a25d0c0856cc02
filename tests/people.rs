//! Claims: every request and every bond has its state to the second, whatever names it; undecidable
//! states are unknown; and many of them take neither much time nor much memory.

use crate::support::{Stage, now, step, world};
use duckops::practice::{FakeStack, Fault, Operation};
use serde_json::{Value, json};
use std::time::Instant;

const A: &str = "AAAA000000000001";
const B: &str = "AAAA000000000002";

/// Only one unrelated bond, so that the feed is known to show bonds.
fn empty() -> FakeStack {
    let mut world = FakeStack {
        frozen: true,
        ..FakeStack::empty(now())
    };
    tell(
        &mut world,
        90_000,
        json!({"event_type": "duck.bonded", "spaceduck_id": "C"}),
    );
    world
}

/// Adds an entry of this age in seconds, in its place in the feed.
fn tell(world: &mut FakeStack, ago: i64, mut entry: Value) {
    let at = now().unix_timestamp() - ago;
    if entry.get("timestamp").is_none() {
        entry["timestamp"] = at.into();
    }
    world.audit.push(entry);
}

fn peck(world: FakeStack, id: &str) -> (i32, Value) {
    Stage::of(world).duckops(&["peck", "show", id]).json()
}

fn bond(world: FakeStack, id: &str) -> (i32, Value) {
    Stage::of(world).duckops(&["bond", "show", id]).json()
}

fn asked(ago: i64) -> FakeStack {
    let mut world = empty();
    tell(
        &mut world,
        ago,
        json!({
            "event_type": "peck_requested", "peck_id": "p1", "requester_id": A, "target": B,
        }),
    );
    world
}

#[test]
fn the_approval_window_ends_to_the_second() {
    for (ago, state, code, left) in [
        (0, "pending", 0, Some(600)),
        (479, "pending", 0, Some(121)),
        (480, "pending", 0, Some(120)),
        (481, "pending", 1, Some(119)),
        (599, "pending", 1, Some(1)),
        (600, "expired", 1, None),
        (601, "expired", 1, None),
    ] {
        let (ended, document) = peck(asked(ago), "p1");
        assert_eq!(document["request"]["state"], state, "{ago}: {document:#}");
        assert_eq!(document["request"]["left_s"].as_i64(), left, "{ago}");
        assert_eq!(ended, code, "{ago}: {document:#}");
    }
    for (ago, state, code) in [
        (119, "approved", 0),
        (120, "callback-error", 2),
        (121, "callback-error", 2),
    ] {
        let mut world = asked(400);
        tell(
            &mut world,
            ago,
            json!({"event_type": "peck.approved", "peck_id": "p1"}),
        );
        let (ended, document) = peck(world, "p1");
        assert_eq!(
            (&document["request"]["state"], ended),
            (&state.into(), code),
            "{ago}"
        );
    }
}

#[test]
fn pulse_classes_are_exact_and_use_the_newer_source() {
    let with = |feed: i64| {
        let mut world = empty();
        tell(
            &mut world,
            9000,
            json!({"event_type": "duck.bonded", "spaceduck_id": A}),
        );
        tell(
            &mut world,
            feed,
            json!({"event_type": "duck.pulse", "spaceduck_id": A}),
        );
        world
    };
    for (ago, health, code) in [
        (599, "ALIVE", 0),
        (600, "SLOW", 1),
        (601, "SLOW", 1),
        (1799, "SLOW", 1),
        (1800, "OFFLINE", 2),
        (1801, "OFFLINE", 2),
    ] {
        let (ended, document) = bond(with(ago), A);
        assert_eq!(
            (&document["bond"]["health"], ended),
            (&health.into(), code),
            "{ago}: {document:#}"
        );
    }
    for (ago, verdict) in [(599, "warning"), (600, "critical")] {
        let mut world = empty();
        tell(
            &mut world,
            ago,
            json!({"event_type": "duck.bonded", "spaceduck_id": A}),
        );
        let (_, document) = bond(world, A);
        assert_eq!(step(&document, "bond", "bond")["verdict"], verdict, "{ago}");
    }
    // The list has seen it later than the feed.
    let mut world = with(1900);
    world.agents = vec![
        json!({"spaceduck_id": A, "status": "ACTIVE", "last_seen": now().unix_timestamp() - 60}),
    ];
    let stage = Stage::of(world);
    let token = stage.home().join("token");
    std::fs::write(&token, "practice-token").expect("written");
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).expect("set");
    let (code, document) = stage
        .duckops(&["bond", "show", A])
        .env("DUCKOPS_TOKEN_FILE", token.clone().into_os_string())
        .json();
    assert_eq!(
        (&document["bond"]["pulse_age_s"], code),
        (&60.into(), 0),
        "{document:#}"
    );
    // A list that was requested and failed could have had any entry.
    stage
        .practice
        .world()
        .faults
        .insert(Operation::Spaceducks, Fault::Status(500));
    let (code, document) = stage
        .duckops(&["bond", "show", A])
        .env("DUCKOPS_TOKEN_FILE", token.into_os_string())
        .json();
    assert_eq!(
        (&document["verdict"], code),
        (&"unknown".into(), 3),
        "{document:#}"
    );
}

#[test]
fn every_spelling_of_times_and_ids_gives_the_same_records() {
    let at = now().unix_timestamp() - 60;
    let stamps = [
        json!(at),
        json!(at as f64 + 0.5),
        json!(at.to_string()),
        json!("2026-03-22T03:11:09Z"),
        json!("2026-03-22T05:11:09+02:00"),
    ];
    for stamp in stamps {
        for entry in [
            json!({"event_type": "peck_requested", "peck_id": "peck_7", "timestamp": stamp}),
            json!({"type": "peck.sent", "request_id": "peck_7", "ts": stamp}),
            json!({"event": "PECK-REQUESTED", "detail": "peck_id=peck_7 by somebody", "created_at": stamp}),
            json!({"action": "peck.requested", "description": "for peck_7", "timestamp": stamp}),
        ] {
            let mut world = empty();
            let mut entry = entry;
            if entry.get("timestamp").is_none() {
                entry
                    .as_object_mut()
                    .expect("an object")
                    .remove("timestamp");
            }
            world.audit.push(entry.clone());
            let (code, document) = peck(world, "peck_7");
            assert_eq!(
                (code, &document["request"]["left_s"]),
                (0, &540.into()),
                "{entry}: {document:#}"
            );
        }
    }
}

#[test]
fn ids_that_contain_each_other_are_kept_apart() {
    let mut world = asked(60);
    for (id, kind) in [
        ("p10", "peck.denied"),
        ("xp1", "peck.callback_error"),
        ("p1x", "peck.expired"),
    ] {
        tell(&mut world, 30, json!({"event_type": kind, "peck_id": id}));
    }
    tell(
        &mut world,
        20,
        json!({"event_type": "peck.denied", "detail": "peck_id=p11 and not p1"}),
    );
    let (code, document) = peck(world, "p1");
    assert_eq!(
        (&document["request"]["state"], code),
        (&"pending".into(), 0),
        "{document:#}"
    );
    for id in ["p", "p12", "P1", ""] {
        let (code, document) = peck(asked(60), id);
        assert_eq!(
            (&document["verdict"], code),
            (&"unknown".into(), 3),
            "{id}: {document:#}"
        );
        assert!(
            document["summary"].to_string().contains("goes back"),
            "{document:#}"
        );
    }
}

/// Removes each member of each entry, then each entry's type: no removal makes a state look better
/// than it is, but that of a whole entry, which cannot be noticed.
#[test]
fn removing_any_feed_field_makes_dependent_states_unknown() {
    let rank = |verdict: &Value| match verdict.as_str() {
        Some("ok" | "skipped") => 0,
        Some("warning") => 1,
        Some("unknown") => 2,
        _ => 3,
    };
    let mut cells = 0;
    for (scene, command, id) in [
        ("peck-denied", "peck", "peck_a1"),
        ("peck-expired", "peck", "peck_a1"),
        ("peck-callback-error", "peck", "peck_a1"),
        ("peck-unbonded", "peck", "peck_a1"),
        ("bond-offline", "bond", "DECAF00000000002"),
        ("bond-silent", "bond", "DECAF00000000003"),
    ] {
        let whole = world(scene);
        let (_, before) = Stage::of(whole.clone())
            .duckops(&[command, "show", id])
            .json();
        let due = rank(&before["verdict"]);
        assert!(due > 0, "{scene}: {before:#}");
        // Of many equal pulses the newest few stand for all.
        for number in 0..whole.audit.len().min(8) {
            let members: Vec<String> = whole.audit[number]
                .as_object()
                .expect("an entry")
                .keys()
                .cloned()
                .collect();
            for member in members.iter().filter(|member| member.as_str() != "detail") {
                for value in [None, Some(Value::Null), Some(json!({})), Some(json!(""))] {
                    let mut torn = whole.clone();
                    let entry = torn.audit[number].as_object_mut().expect("an entry");
                    match &value {
                        None => drop(entry.remove(member)),
                        Some(value) => drop(entry.insert(member.clone(), value.clone())),
                    }
                    let (_, after) = Stage::of(torn).duckops(&[command, "show", id]).json();
                    assert!(
                        rank(&after["verdict"]) >= due.min(2),
                        "{scene}: {member} of {number} as {value:?}: {after:#}"
                    );
                    cells += 1;
                }
            }
        }
    }
    println!("people: {cells} cells");
}

#[test]
fn an_unreadable_feed_yields_no_records() {
    for fault in [
        Fault::Deny,
        Fault::Reset,
        Fault::CutBody,
        Fault::Empty,
        Fault::Html,
        Fault::Status(500),
        Fault::Body("{}".into()),
    ] {
        for (command, id) in [("peck", "peck_a1"), ("bond", "DECAF00000000001")] {
            let mut world = world(if command == "peck" {
                "peck-approved"
            } else {
                "bonds-alive"
            });
            world.faults.insert(Operation::Audit, fault.clone());
            let stage = Stage::of(world);
            for arguments in [
                vec![command, "show", id],
                vec![command, "list"],
                vec!["triage", command],
            ] {
                let (code, document) = stage.once(&arguments).json();
                assert_eq!(
                    (&document["verdict"], code),
                    (&"unknown".into(), 3),
                    "{fault:?} {arguments:?}: {document:#}"
                );
            }
        }
    }
}

#[test]
fn two_live_requests_of_one_pair_are_a_warning_on_both() {
    let stage = Stage::of(world("peck-rivals"));
    for id in ["peck_a1", "peck_a2"] {
        let (code, document) = stage.duckops(&["peck", "show", id]).json();
        assert_eq!(
            (&document["request"]["rivals"], code),
            (&1.into(), 1),
            "{document:#}"
        );
    }
    let (_, document) = stage.duckops(&["peck", "list"]).json();
    assert_eq!(document["counts"]["pending"], 2);
    assert_eq!(
        document["requests"][0]["peck_id"], "peck_a1",
        "the one with less time comes first"
    );
}

#[test]
fn names_are_shown_escaped_and_guides_send_no_request() {
    let hostile = "a\u{1b}[2J\u{202e}|\n`b`\u{7}\u{9b}c";
    let mut world = empty();
    tell(
        &mut world,
        60,
        json!({
            "event_type": "peck_requested", "peck_id": "p1", "requester_id": hostile,
            "requester_name": hostile, "target": hostile, "purpose": hostile,
        }),
    );
    tell(
        &mut world,
        50,
        json!({"event_type": hostile, "peck_id": hostile}),
    );
    tell(
        &mut world,
        40,
        json!({"event_type": "duck.bonded", "spaceduck_id": hostile, "agent_name": hostile, "duckling_id": hostile}),
    );
    let stage = Stage::of(world);
    for arguments in [
        vec!["peck", "show", "p1"],
        vec!["peck", "show", "p1", "--handoff"],
        vec!["peck", "list"],
        vec!["bond", "list"],
        vec!["bond", "show", hostile],
        vec!["bond", "verify", hostile],
        vec!["triage", "peck"],
    ] {
        for format in ["table", "json", "short", "markdown", "nagios", "prometheus"] {
            let mut all = arguments.clone();
            all.extend(["--output", format]);
            let ran = stage.once(&all).run();
            let raw = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!ran.stdout.contains(raw), "{all:?}: {:?}", ran.stdout);
        }
    }
    for arguments in [
        vec!["peck", "guide", "callback_error"],
        vec!["bond", "guide", "Rotate"],
        vec!["peck", "guide"],
    ] {
        let ran = stage
            .duckops(&arguments)
            .env("DUCKOPS_API_URL", "http://127.0.0.1:1")
            .run();
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.stdout.contains(".html"), "{ran:?}");
    }
    assert_eq!(stage.duckops(&["peck", "guide", "nonsense"]).run().code, 64);
}

#[test]
fn a_handoff_names_what_support_needs_and_a_bond_has_a_checklist() {
    let stage = Stage::of(world("peck-callback-error"));
    let ran = stage
        .duckops(&["peck", "show", "peck_a1", "--handoff"])
        .run();
    for word in [
        "peck_a1",
        "DECAF00000000001",
        "share a calendar",
        "peck.callback-error",
        "callback-error",
        "2026-03-22T03:03:09Z",
    ] {
        assert!(ran.stdout.contains(word), "{word}: {ran:?}");
    }
    assert!(!ran.stdout.contains("NEXT"), "only the text: {ran:?}");
    for (scene, id, code) in [
        ("bonds-alive", "DECAF00000000001", 3),
        ("bond-new", "DECAF00000000003", 3),
        ("bond-silent", "DECAF00000000003", 2),
        ("bonds-alive", "DECAF0000000000", 3),
    ] {
        let (ended, document) = Stage::of(world(scene))
            .duckops(&["bond", "verify", id])
            .json();
        assert_eq!(ended, code, "{scene} {id}: {document:#}");
    }
}

/// A part of what `benchmarks/compare.py` measures whole.
#[test]
fn listing_many_bonds_costs_little_more_than_reading_the_feed() {
    const BONDS: usize = 20_000;
    const ENTRIES: usize = 200_000;
    let mut world = empty();
    let base = now().unix_timestamp();
    let mut feed = String::from("{\"entries\":[");
    for number in 0..ENTRIES {
        let (agent, kind) = (
            number % BONDS,
            if number < BONDS {
                "duck.bonded"
            } else {
                "duck.pulse"
            },
        );
        let at = base - (ENTRIES - number) as i64 / 100;
        feed.push_str(&format!(
            "{{\"event_type\":\"{kind}\",\"timestamp\":{at},\"spaceduck_id\":\"A{agent:015}\",\"detail\":\"{kind}\"}},"
        ));
    }
    feed.pop();
    feed.push_str("]}");
    world.audit_body = Some(feed.into());
    let stage = Stage::of(world);
    let time = |arguments: &[&str]| {
        let runs = (0..3).map(|_| {
            let began = Instant::now();
            let ran = stage.once(arguments).run();
            assert!(ran.code < 4, "{ran:?}");
            began.elapsed()
        });
        runs.min().expect("three runs")
    };
    // A busy machine is given some chances, and no more room.
    let mut ratio = f64::INFINITY;
    for _ in 0..4 {
        let parsing = time(&["facts", "audit"]);
        ratio = ratio.min(time(&["bond", "list"]).div_duration_f64(parsing));
        if ratio < 2.0 {
            break;
        }
    }
    println!("bond list of {BONDS} bonds in {ENTRIES} entries: {ratio:.2} times the feed alone");
    assert!(ratio < 2.0, "{ratio}");
    let ran = stage.once(&["bond", "list"]).run();
    assert!(ran.stdout.contains("20000 bonds"), "{}", &ran.stdout[..200]);
    assert!(ran.stdout.lines().count() < 80, "a screen or two");
}

#[test]
fn screens_of_the_fleet_agree_on_limits_causes_and_whom_to_call() {
    // Each a scene, a command, what stands on its screen, and what does not.
    for (scene, asked, has, lacks) in [
        (
            "pulse-30",
            "bond list",
            "duckops escalate inc-003",
            "escalate bond",
        ),
        ("pulse-30", "bond list", "; caused by INC-003", "P2"),
        (
            "bond-offline",
            "bond list",
            "duckops escalate bond",
            "INC-003",
        ),
        (
            "bond-offline",
            "triage bond",
            "1 OFFLINE: DECAF00000000002 for 30 min",
            "and 2 more",
        ),
        (
            "fleet-new",
            "bond list",
            "known by their number only",
            "duckops bond list",
        ),
        (
            "bonds-alive",
            "bond list",
            "3 bonds: 3 ALIVE",
            "by their number",
        ),
        (
            "peck-rivals",
            "peck show peck_a1",
            "rivals peck_a2, pending between",
            "duckops peck list",
        ),
        (
            "peck-pending",
            "peck show peck_a1",
            "rivals none",
            "peck_a2",
        ),
        (
            "fleet-lived-once",
            "triage inc-003",
            "agents were alive before and stopped",
            "pulsed before",
        ),
        (
            "fleet-lived-once",
            "triage",
            "3 without a pulse since bonding",
            "new, no first pulse",
        ),
        (
            "fleet-lived-once",
            "bond list",
            "NEVER PULSED: DECAF00000000003, no pulse in 2 h 33 min",
            "P2",
        ),
        (
            "fleet-and-quota",
            "triage",
            "DECAF00000000003 for 4 h 8 min and 2 more (limit 30 min); caused by INC-003",
            "\u{2026}",
        ),
        (
            "bond-slow",
            "bond list",
            "(limit 10 min, warning from 12 min)",
            "(limit 12 min)",
        ),
        ("fleet-empty", "triage", "skip BOND bonds no bond", "ALIVE"),
        (
            "fleet-empty",
            "triage",
            "fleet no agents registered, not an incident",
            "0 of 0",
        ),
        (
            "fleet-empty",
            "bond list",
            "no bond in force, nothing to judge",
            "DO NOW",
        ),
        (
            "inc-001",
            "bond list",
            "Bonds not judged: INC-001 is critical",
            "curl",
        ),
        (
            "healthy",
            "triage",
            "INC-003 fleet 3 of 3 alive",
            "no agents",
        ),
    ] {
        let words: Vec<&str> = asked.split(' ').collect();
        let ran = Stage::of(world(scene)).duckops(&words).run();
        let screen: Vec<&str> = ran.stdout.split_whitespace().collect();
        let screen = screen.join(" ");
        assert!(
            screen.contains(has),
            "{scene} {asked} lacks {has}: {}",
            ran.stdout
        );
        assert!(
            !screen.contains(lacks),
            "{scene} {asked} has {lacks}: {}",
            ran.stdout
        );
    }
}
