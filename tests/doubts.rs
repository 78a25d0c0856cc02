//! Claims: a request or bond is ok only with proof: not beyond the feed's reach, not by an entry
//! without id, not by an event that did not succeed or is dated in the future, and not where two
//! sources contradict each other.

use crate::support::{Stage, now, step, world};
use duckops::practice::{FakeStack, Fault, Operation};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

const A: &str = "AAAA000000000001";
const B: &str = "AAAA000000000002";
const DAY: i64 = 86_400;

/// Only one unrelated bond, so that the feed is known to show bonds and reaches back a day.
fn empty() -> FakeStack {
    let mut world = FakeStack {
        frozen: true,
        ..FakeStack::empty(now())
    };
    tell(
        &mut world,
        90_000,
        "duck.bonded",
        json!({"spaceduck_id": "C"}),
    );
    tell(&mut world, 60, "pulse", json!({"spaceduck_id": "C"}));
    world
}

fn tell(world: &mut FakeStack, ago: i64, kind: &str, mut entry: Value) {
    entry["event_type"] = kind.into();
    entry["timestamp"] = (now().unix_timestamp() - ago).into();
    world.audit.push(entry);
}

/// A bond of so long ago with its last pulse.
fn bonded(world: &mut FakeStack, since: i64, pulse: Option<i64>) {
    tell(world, since, "duck.bonded", json!({"spaceduck_id": A}));
    if let Some(ago) = pulse {
        tell(world, ago, "duck.pulse", json!({"spaceduck_id": A}));
    }
}

fn asked(world: &mut FakeStack, ago: i64) {
    let entry = json!({"peck_id": "p1", "requester_id": A, "target": B});
    tell(world, ago, "peck_requested", entry);
}

fn token(stage: &Stage) -> PathBuf {
    let path = stage.home().join("token");
    std::fs::write(&path, "practice-token\n").expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("set");
    path
}

fn run(world: FakeStack, arguments: &[&str]) -> (i32, Value) {
    Stage::of(world).duckops(arguments).json()
}

/// The same, with a token: the lists are asked.
fn listed(world: FakeStack, arguments: &[&str]) -> (i32, Value) {
    let stage = Stage::of(world);
    let token = token(&stage);
    let duckops = stage.duckops(arguments);
    duckops
        .env("DUCKOPS_TOKEN_FILE", token.into_os_string())
        .json()
}

#[test]
fn an_approval_survives_later_reminders() {
    let mut world = empty();
    asked(&mut world, 590);
    tell(&mut world, 500, "peck.approved", json!({"peck_id": "p1"}));
    for ago in 0..40 {
        tell(&mut world, ago, "peck_notify", json!({"peck_id": "p1"}));
    }
    let (code, document) = run(world, &["peck", "show", "p1"]);
    assert_eq!(
        (&document["request"]["state"], code),
        (&"callback-error".into(), 2),
        "{document:#}"
    );
}

#[test]
fn an_event_that_did_not_happen_changes_nothing() {
    for kind in [
        "pulse.missed",
        "duck.pulse_failed",
        "no_pulse",
        "unpeck_failed",
        "agent.disconnected",
    ] {
        let mut world = empty();
        bonded(&mut world, 9000, Some(1800));
        tell(&mut world, 5, kind, json!({"spaceduck_id": A}));
        let (code, document) = run(world, &["bond", "show", A]);
        assert_eq!(
            (&document["bond"]["health"], code),
            (&"OFFLINE".into(), 2),
            "{kind}: {document:#}"
        );
    }
    for kind in ["peck.approval_failed", "peck.approve_failed"] {
        let mut world = empty();
        asked(&mut world, 300);
        tell(&mut world, 200, kind, json!({"peck_id": "p1"}));
        let (_, document) = run(world, &["peck", "show", "p1"]);
        assert_eq!(
            document["request"]["state"], "pending",
            "{kind}: {document:#}"
        );
    }
}

#[test]
fn a_list_dated_in_the_future_makes_no_agent_alive() {
    for (ahead, code) in [(300, 0), (301, 2), (10 * DAY, 2)] {
        let mut world = empty();
        bonded(&mut world, 9000, None);
        let seen = now().unix_timestamp() + ahead;
        world.agents = vec![json!({"spaceduck_id": A, "status": "ACTIVE", "last_seen": seen})];
        let (ended, document) = listed(world, &["bond", "show", A]);
        assert_eq!(ended, code, "{ahead}: {document:#}");
    }
}

#[test]
fn a_key_is_dated_by_what_is_shown_of_it_to_the_second() {
    let month = 30 * DAY;
    // All of it stands in the feed.
    for (age, verdict) in [(month - 1, "ok"), (month, "ok"), (month + 1, "warning")] {
        let mut world = empty();
        bonded(&mut world, age, Some(60));
        let (_, document) = run(world, &["bond", "show", A]);
        assert_eq!(
            step(&document, "bond", "rotate")["verdict"],
            verdict,
            "{age}: {document:#}"
        );
        assert_eq!(document["bond"]["key_age_s"], age);
    }
    // A list says since when it is bonded; the feed reaches back a week.
    for (age, verdict) in [
        (20 * DAY, "ok"),
        (month, "ok"),
        (month + 1, "unknown"),
        (40 * DAY, "unknown"),
    ] {
        let mut world = empty();
        tell(&mut world, 7 * DAY, "cert.issued", json!({}));
        tell(&mut world, 60, "pulse", json!({"spaceduck_id": A}));
        let since = now().unix_timestamp() - age;
        world.agents = vec![json!({"spaceduck_id": A, "status": "BONDED", "connected_at": since})];
        let (_, document) = listed(world, &["bond", "show", A]);
        assert_eq!(
            step(&document, "bond", "rotate")["verdict"],
            verdict,
            "{age}: {document:#}"
        );
        assert_eq!(document["bond"]["key_age_s"], Value::Null);
        assert_eq!(document["bond"]["key_age_max_s"], age);
    }
    // A feed of more than a month that shows neither bond nor rotation.
    for (reach, verdict) in [(month, "unknown"), (month + 1, "warning")] {
        let mut world = empty();
        tell(&mut world, reach, "cert.issued", json!({}));
        tell(&mut world, 60, "pulse", json!({"spaceduck_id": A}));
        let (_, document) = run(world, &["bond", "show", A]);
        assert_eq!(
            step(&document, "bond", "rotate")["verdict"],
            verdict,
            "{reach}: {document:#}"
        );
    }
    // A rotation makes its key new, and one without an agent may have.
    for (detail, verdict) in [(json!({"spaceduck_id": A}), "ok"), (json!({}), "unknown")] {
        let mut world = empty();
        bonded(&mut world, 40 * DAY, Some(60));
        tell(&mut world, 5 * DAY, "duck.key_rotated", detail);
        let (_, document) = run(world, &["bond", "show", A]);
        assert_eq!(
            step(&document, "bond", "rotate")["verdict"],
            verdict,
            "{document:#}"
        );
    }
}

#[test]
fn a_period_the_feed_does_not_cover_is_not_ok() {
    let reaching = |reach: i64| {
        let mut world = FakeStack {
            frozen: true,
            ..FakeStack::empty(now())
        };
        tell(&mut world, reach, "cert.issued", json!({}));
        world
    };
    for (reach, pending, all) in [
        (599, "needs-credentials", "needs-credentials"),
        (600, "none-pending", "needs-credentials"),
        (3_599, "none-pending", "needs-credentials"),
        (3_600, "none-pending", "no-requests"),
        (DAY, "none-pending", "no-requests"),
    ] {
        let (_, document) = run(reaching(reach), &["triage", "peck"]);
        let reason = |id| step(&document, "peck", id)["reason_code"].clone();
        assert_eq!(
            (reason("pending"), reason("callback-error")),
            (pending.into(), all.into()),
            "{reach}: {document:#}"
        );
    }
    // What it does show is bad all the same.
    let mut world = reaching(1000);
    tell(&mut world, 900, "peck.denied", json!({"peck_id": "p1"}));
    tell(
        &mut world,
        900,
        "peck.callback_error",
        json!({"peck_id": "p2"}),
    );
    let (code, document) = run(world, &["triage", "peck"]);
    let verdict = |id| step(&document, "peck", id)["verdict"].clone();
    assert_eq!(
        (verdict("denied"), verdict("callback-error")),
        ("ok".into(), "warning".into())
    );
    assert_eq!(code, 1);
}

#[test]
fn a_token_makes_no_short_feed_unknown() {
    let short = |requests: Vec<Value>| {
        let mut world = FakeStack {
            frozen: true,
            requests,
            ..FakeStack::empty(now())
        };
        tell(&mut world, 1_200, "cert.issued", json!({}));
        world
    };
    let request = |status: &str, ago: i64| {
        let at = now().unix_timestamp() - ago;
        json!({"peck_id": "p7", "spaceduck_id": B, "status": status, "created_at": at})
    };
    // A list of agents shows no requests; a list of requests shows those in it.
    for (requests, reason, code) in [
        // With nothing else asked nothing was judged.
        (Vec::new(), "needs-credentials", 3),
        (vec![request("denied", 2_400)], "no-callback-error", 0),
        (
            vec![request("callback_error", 2_400)],
            "callback-error-recent",
            1,
        ),
    ] {
        let (ended, document) = listed(short(requests), &["triage", "peck"]);
        let found = &step(&document, "peck", "callback-error")["reason_code"];
        assert_eq!((found, ended), (&reason.into(), code), "{document:#}");
    }
}

#[test]
fn an_event_without_id_makes_every_candidate_uncertain() {
    let with = |kind: &str, entry: Value| {
        let mut world = empty();
        tell(&mut world, 300, kind, entry);
        world
    };
    for entry in [
        json!({}),
        json!({"detail": {"peck_id": "p1"}}),
        json!({"peck_id": null}),
    ] {
        for kind in [
            "peck_requested",
            "peck.callback_error",
            "peck.denied",
            "peck.approved",
        ] {
            let (code, document) = run(with(kind, entry.clone()), &["triage", "peck"]);
            assert_eq!(
                (&document["verdict"], code),
                (&"unknown".into(), 3),
                "{kind} {entry}: {document:#}"
            );
        }
    }
    for kind in ["duck.bonded", "pulse", "duck.unpecked"] {
        let (_, document) = run(with(kind, json!({})), &["triage", "bond"]);
        let verdict = &step(&document, "bond", "bond")["verdict"];
        assert_eq!(verdict, "unknown", "{kind}: {document:#}");
    }
    // A delivery failed; whether it was to this agent is not known.
    let world = with("webhook.delivery_failed", json!({}));
    let (code, document) = run(world.clone(), &["triage", "bond"]);
    assert_eq!(
        step(&document, "bond", "webhook")["verdict"],
        "warning",
        "{document:#}"
    );
    assert_eq!(code, 1);
    let (_, document) = run(world, &["bond", "show", "C"]);
    assert_eq!(
        step(&document, "bond", "webhook")["verdict"],
        "unknown",
        "{document:#}"
    );
    // The end of a long detail is cut off, and an id with it: half an id matches no agent.
    for length in 180..=200 {
        let mut world = empty();
        let entry = json!({"peck_id": "peck_12", "requester_id": A, "target": B});
        tell(&mut world, 60, "peck_requested", entry);
        let detail = format!("{} peck_1234", "x".repeat(length));
        tell(&mut world, 30, "peck.denied", json!({"detail": detail}));
        let (_, document) = run(world, &["peck", "show", "peck_12"]);
        let state = if length + 10 > 200 {
            "unknown"
        } else {
            "pending"
        };
        assert_eq!(
            document["request"]["state"], state,
            "{length}: {document:#}"
        );
    }
}

#[test]
fn a_feed_that_names_nobody_needs_a_token_and_never_hides_a_failure() {
    let nameless = || {
        let mut world = world("healthy");
        for entry in &mut world.audit {
            let (kind, at) = (entry["event_type"].take(), entry["timestamp"].take());
            *entry = json!({"event_type": kind, "timestamp": at, "detail": "synthetic"});
        }
        world
    };
    let (code, document) = run(nameless(), &["triage"]);
    assert_eq!(code, 0, "{document:#}");
    for (runbook, id) in [("peck", "approved"), ("bond", "bond"), ("bond", "pulse")] {
        assert_eq!(
            step(&document, runbook, id)["reason_code"],
            "needs-credentials",
            "{document:#}"
        );
    }
    let mut failed = nameless();
    tell(&mut failed, 300, "peck.callback_error", json!({}));
    let (code, document) = run(failed, &["triage", "peck"]);
    assert_eq!((&document["verdict"], code), (&"unknown".into(), 3));
}

#[test]
fn an_approval_in_a_feed_without_bonds_is_as_unknown_in_triage_as_it_is_alone() {
    let mut world = FakeStack {
        frozen: true,
        ..FakeStack::empty(now())
    };
    tell(&mut world, 90_000, "pulse", json!({"spaceduck_id": A}));
    asked(&mut world, 500);
    tell(&mut world, 300, "peck_approved", json!({"peck_id": "p1"}));
    let stage = Stage::of(world);
    for call in [
        &["peck", "show", "p1"][..],
        &["triage", "peck"],
        &["peck", "list"],
    ] {
        let ran = stage.duckops(call).run();
        let first = ran.stdout.split_once("\nDO NOW").expect("an action").0;
        let first = first.split_whitespace().collect::<Vec<_>>().join(" ");
        let why = "approved, and the feed shows no bonds at all";
        assert!(ran.code == 3 && first.ends_with(why), "{call:?}: {ran:?}");
    }
}

#[test]
fn counted_agents_that_no_list_shows_are_reported() {
    for (counted, dead, verdict, code) in [
        (0, 0, "ok", 0),
        (2, 0, "ok", 0),
        (3, 0, "ok", 0),
        (3, 1, "warning", 1),
        (9, 9, "warning", 1),
    ] {
        let mut world = empty();
        bonded(&mut world, 9000, Some(60));
        world.status["agents"] =
            json!({"alive": counted - dead, "slow": 0, "dead": dead, "total_bonded": counted});
        let stage = Stage::of(world);
        for command in [vec!["triage", "bond"], vec!["bond", "list"]] {
            let (ended, document) = stage.once(&command).json();
            assert_eq!(
                (&step(&document, "bond", "pulse")["verdict"], ended),
                (&verdict.into(), code),
                "{counted} {command:?}: {document:#}"
            );
        }
        // A single record is compared with no other.
        let (ended, document) = stage.duckops(&["bond", "show", A]).json();
        assert_eq!(ended, 0, "{counted}: {document:#}");
    }
    let mut world = empty();
    bonded(&mut world, 9000, Some(60));
    world.faults.insert(Operation::Status, Fault::Status(502));
    let (code, document) = run(world, &["bond", "list"]);
    assert_eq!(code, 3, "who is not there cannot be told: {document:#}");
}

#[test]
fn a_contradiction_of_feed_and_list_is_reported_and_unknown() {
    let row = |status: &str| {
        let mut world = empty();
        bonded(&mut world, 9000, Some(60));
        world.agents = vec![json!({"spaceduck_id": A, "status": status})];
        world
    };
    for (status, state, says) in [
        ("bonded", "BONDED", Value::Null),
        ("pending", "BONDED", "PENDING".into()),
        ("DISCONNECTED", "UNKNOWN", "UNPECKED".into()),
        ("UNPECKED", "UNKNOWN", "UNPECKED".into()),
        ("denied", "UNKNOWN", "DENIED".into()),
    ] {
        let (code, document) = listed(row(status), &["bond", "show", A]);
        assert_eq!(
            (&document["bond"]["state"], &document["bond"]["list_says"]),
            (&state.into(), &says),
            "{status}: {document:#}"
        );
        assert_eq!(
            code,
            if state == "UNKNOWN" { 3 } else { 0 },
            "{status}: {document:#}"
        );
    }
    let mut world = row("UNPECKED");
    world
        .agents
        .push(json!({"peer_id": A, "spaceduck_id": B, "status": "connected"}));
    let (code, document) = listed(world, &["bond", "show", A]);
    assert_eq!(code, 0, "one connection of two is in force: {document:#}");
    let stage = Stage::of(row("UNPECKED"));
    let token = token(&stage);
    let shown = stage.duckops(&["bond", "show", A]);
    let ran = shown
        .env("DUCKOPS_TOKEN_FILE", token.into_os_string())
        .run();
    assert!(ran.stdout.contains("a list says UNPECKED"), "{ran:?}");
}

#[test]
fn a_listed_bond_resolves_a_callback_error() {
    let failed = || {
        let mut world = empty();
        asked(&mut world, 500);
        tell(
            &mut world,
            300,
            "peck.callback_error",
            json!({"peck_id": "p1"}),
        );
        world
    };
    for (status, code) in [
        ("connected", 0),
        ("BONDED", 0),
        ("approved", 2),
        ("pending", 2),
    ] {
        let mut world = failed();
        world.agents = vec![json!({"peck_id": "p1", "peer_id": B, "status": status})];
        let (ended, document) = listed(world, &["peck", "show", "p1"]);
        assert_eq!(ended, code, "{status}: {document:#}");
    }
}

#[test]
fn an_unusable_credential_is_reported_and_incidents_are_still_judged() {
    let mut world = empty();
    bonded(&mut world, 9000, Some(60));
    let stage = Stage::of(world);
    let token = token(&stage);
    let with = |arguments: &[&str]| {
        let duckops = stage.once(arguments);
        duckops.env("DUCKOPS_TOKEN_FILE", token.clone().into_os_string())
    };
    assert_eq!(with(&["triage", "bond"]).json().0, 0);
    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o644)).expect("set");
    let (code, document) = with(&["triage", "bond"]).json();
    assert_eq!(code, 3, "{document:#}");
    assert!(
        document["summary"].to_string().contains("is refused"),
        "{document:#}"
    );
    let (_, incident) = with(&["triage", "inc-003"]).json();
    let (_, without) = stage.once(&["triage", "inc-003"]).json();
    assert_eq!(incident["verdict"], without["verdict"]);
    let (_, doctor) = with(&["doctor"]).json();
    let checks = doctor["checks"].as_array().expect("checks");
    let of = |name: &str| checks.iter().find(|c| c["check"] == name).expect("a check");
    assert_eq!(
        (&of("token")["verdict"], &of("beak key")["verdict"]),
        (&"warning".into(), &"ok".into())
    );
    // A list that was requested and failed: the feed's content is shown, and not judged.
    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).expect("set");
    stage
        .practice
        .world()
        .faults
        .insert(Operation::Spaceducks, Fault::Status(500));
    let (code, document) = with(&["bond", "show", A]).json();
    assert_eq!(
        (&document["bond"]["state"], code),
        (&"UNKNOWN".into(), 3),
        "{document:#}"
    );
    assert_eq!(document["bond"]["pulse_age_s"], 60, "{document:#}");
    assert_eq!(
        document["bond"]["uncertain"],
        "a list that was asked failed"
    );
}

#[test]
fn ok_connections_are_quiet_and_ended_ones_are_named() {
    let mut world = empty();
    asked(&mut world, 60);
    bonded(&mut world, 9000, Some(60));
    let stage = Stage::of(world);
    for arguments in [["peck", "show", "p1", "-q"], ["bond", "show", A, "-q"]] {
        let ran = stage.duckops(&arguments).run();
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (0, ""),
            "{arguments:?}: {ran:?}"
        );
    }
    for arguments in [["peck", "list", "-q"], ["bond", "list", "-q"]] {
        let ran = stage.duckops(&arguments).run();
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (0, ""),
            "{arguments:?}: {ran:?}"
        );
    }
    let mut world = empty();
    bonded(&mut world, 9000, None);
    tell(&mut world, 60, "duck.unpecked", json!({"spaceduck_id": A}));
    let (code, document) = run(world, &["bond", "show", A]);
    assert_eq!(code, 3, "nothing is judged of what is over: {document:#}");
    assert!(
        document["summary"].to_string().contains("UNPECKED"),
        "{document:#}"
    );
    let ran = stage
        .duckops(&["bond", "verify", A, "--watch", "30s"])
        .run();
    assert_eq!(ran.code, 64, "a checklist is gone through once: {ran:?}");
}
