//! The stack on a good day, which every other scene starts from.

use super::edit::{
    agents, audit_event, callback_errors, function_measured, grew, hours, logged, measured,
    minutes, pulsed, ran, remember, seconds, sent, served_long_ago, signed_up,
};
use super::{Expect, Scene};
use crate::practice::{FakeStack, Version};
use serde_json::json;
use std::time::Duration;
use time::OffsetDateTime;

pub(super) const SCENES: &[Scene] = &[Scene {
    name: "healthy",
    hides: "Nothing is wrong: every runbook must be ok.",
    runbook: None,
    expect: ALL_WELL,
    change: |_| {},
}];

/// Nothing to report, and nothing left open.
pub(super) const ALL_WELL: Expect = Expect::of("ok").with(&[
    ("inc-001", "probe", "ok"),
    ("inc-001", "logs", "ok"),
    ("inc-001", "alias", "ok"),
    ("inc-001", "rollback", "skipped"),
    ("inc-001", "recovery", "skipped"),
    ("inc-002", "counts", "ok"),
    ("inc-002", "last-cert", "ok"),
    ("inc-002", "logs", "ok"),
    ("inc-002", "ses", "ok"),
    ("inc-002", "code-path", "skipped"),
    ("inc-003", "agents", "ok"),
    ("inc-003", "pulses", "ok"),
    ("inc-003", "cause", "ok"),
    ("inc-003", "peck-impact", "ok"),
    ("inc-003", "handoff", "skipped"),
    ("inc-004", "callback-errors", "ok"),
    ("inc-004", "events", "ok"),
    ("inc-004", "executions", "ok"),
    ("inc-004", "agents", "ok"),
    ("inc-004", "stale", "ok"),
    ("inc-005", "quota", "ok"),
    ("inc-005", "capacity", "skipped"),
    ("inc-005", "production-access", "skipped"),
    ("inc-005", "bounces", "ok"),
    ("inc-005", "record", "skipped"),
]);

/// The bonded agents.
pub(super) const DUCKS: [&str; 3] = ["DECAF00000000001", "DECAF00000000002", "DECAF00000000003"];

/// How far back feed and history reach, in hours.
const REACH: u64 = 50;

/// A good day.
pub(super) fn world(now: OffsetDateTime) -> FakeStack {
    let mut world = FakeStack::empty(now);
    remember(&mut world, REACH);
    fleet(&mut world);
    pecks(&mut world);
    signed_up(&mut world, 14, &[hours(30), hours(5)]);
    let one_an_hour: Vec<_> = (1..=12).map(|hour| (hour, 1)).collect();
    sent(&mut world, &one_an_hour);
    reputation(&mut world, 0.0, 0.0);
    function(&mut world);
    world.status["database"]["audit_log"] = world.audit.len().into();
    world
}

/// Agents that pulse every ten minutes, one after the other.
fn fleet(world: &mut FakeStack) {
    world.status["database"]["spaceducks"] = DUCKS.len().into();
    world.status["database"]["connections"] = DUCKS.len().into();
    agents(world, 3, 0, 0);
    grew(world, "status.agents.alive", 3, &[]);
    grew(world, "status.agents.dead", 0, &[]);
    for (nth, duck) in (0..).zip(DUCKS) {
        for pulse in 0..REACH * 6 {
            pulsed(world, minutes(2 + nth * 3 + pulse * 10), duck);
        }
    }
}

/// A peck that is being decided, three that were approved and reconnected an agent each, and old
/// failures.
fn pecks(world: &mut FakeStack) {
    let breakdown = &mut world.status["peck_protocol"]["failure_breakdown"];
    breakdown["denied"] = 2.into();
    breakdown["expired"] = 2.into();
    callback_errors(world, 7, &[]);
    let about = |name: &str| json!({"spaceduck_id": DUCKS[1], "detail": name});
    audit_event(world, minutes(4), "peck.requested", about("peck-0004"));
    ran(world, "peck-0004", "RUNNING", minutes(4), None);
    for ((name, ago), duck) in [("peck-0003", 40), ("peck-0002", 100), ("peck-0001", 160)]
        .into_iter()
        .zip(DUCKS)
    {
        audit_event(world, minutes(ago), "peck.requested", about(name));
        audit_event(world, minutes(ago - 6), "peck.approved", about(name));
        let bond = json!({"spaceduck_id": duck, "peck_id": name});
        audit_event(world, minutes(ago - 6) - seconds(4), "duck.bonded", bond);
        ran(
            world,
            name,
            "SUCCEEDED",
            minutes(ago),
            Some(minutes(ago - 6)),
        );
    }
}

/// Three versions, a calm log and two requests a minute.
fn function(world: &mut FakeStack) {
    world.versions = (0..)
        .zip(["59", "60", "61"])
        .map(|(nth, number)| Version {
            number: number.to_owned(),
            modified: world.now - hours(24 * (9 - 3 * nth)),
            code_sha256: format!("EXAMPLE{number}="),
        })
        .collect();
    for (to, days) in [("59", 9), ("60", 6), ("61", 3)] {
        world.deployed(to, hours(24 * days) - minutes(1));
    }
    served_long_ago(world, "60", hours(4 * 24));
    grew(world, "alias.number", 61, &[]);
    grew(world, "api.good_answers", 1, &[]);
    let every_minute = |value| -> Vec<_> { (1..=240).map(|n| (minutes(n), value)).collect() };
    function_measured(world, "Invocations", &every_minute(2.0));
    function_measured(world, "Errors", &every_minute(0.0));
    function_measured(world, "Throttles", &every_minute(0.0));
    for minute in 1..=120 {
        logged(
            world,
            minutes(minute),
            "START RequestId: 0f1e2d3c Version: 61",
        );
        logged(
            world,
            minutes(minute) - seconds(1),
            "END RequestId: 0f1e2d3c",
        );
    }
    logged(world, minutes(25), "duck.cert_issued");
}

/// The rates that SES computes itself, as fractions of one, over the last day.
pub(super) fn reputation(world: &mut FakeStack, bounces: f64, complaints: f64) {
    let every_hour = |rate| -> Vec<(Duration, f64)> {
        (1..=24)
            .map(|hour| (hours(hour) - minutes(30), rate))
            .collect()
    };
    measured(world, "Reputation.BounceRate", &every_hour(bounces));
    measured(world, "Reputation.ComplaintRate", &every_hour(complaints));
}

/// SES has not computed any rate yet.
pub(super) fn no_reputation(world: &mut FakeStack) {
    measured(world, "Reputation.BounceRate", &[]);
    measured(world, "Reputation.ComplaintRate", &[]);
}
