//! Scenes of requests and bonds.

use super::edit::{agents, audit_event, hours, minutes, pulsed, seconds, sent};
use super::healthy::{self, DUCKS};
use super::{Expect, Scene};
use crate::practice::{FakeStack, Fault, Operation, Version};
use serde_json::{Value, json};
use std::time::Duration;

/// A scene of one runbook with one step that matters.
macro_rules! scene {
    ($name:literal, $runbook:literal, $step:literal, $verdict:literal, $hides:literal, $change:expr) => {
        Scene {
            name: $name,
            hides: $hides,
            runbook: Some($runbook),
            expect: Expect {
                verdict: $verdict,
                root_cause: match $verdict.as_bytes()[0] {
                    b'c' => Some($runbook),
                    _ => None,
                },
                steps: &[($runbook, $step, $verdict)],
            },
            change: $change,
        }
    };
}

pub(super) const SCENES: &[Scene] = &[
    scene!(
        "peck-pending",
        "peck",
        "pending",
        "ok",
        "A request has 6 of its 10 min left.",
        |world| asked(world, &[("peck_a1", minutes(4), &[])])
    ),
    scene!(
        "peck-closing",
        "peck",
        "pending",
        "ok",
        "A request has 80 s left and no decision.",
        |world| asked(world, &[("peck_a1", seconds(520), &[])])
    ),
    scene!(
        "peck-rivals",
        "peck",
        "pending",
        "warning",
        "Two requests between the same agents are pending.",
        |world| asked(
            world,
            &[("peck_a1", minutes(4), &[]), ("peck_a2", minutes(2), &[])]
        )
    ),
    scene!(
        "peck-approved",
        "peck",
        "approved",
        "ok",
        "A request was approved and bonded.",
        |world| asked(
            world,
            &[(
                "peck_a1",
                minutes(20),
                &[("peck.approved", minutes(15)), ("duck.bonded", minutes(14))]
            )]
        )
    ),
    scene!(
        "peck-denied",
        "peck",
        "denied",
        "ok",
        "The approver denied a request.",
        |world| asked(
            world,
            &[("peck_a1", minutes(20), &[("peck.denied", minutes(15))])]
        )
    ),
    scene!(
        "peck-expired",
        "peck",
        "expired",
        "ok",
        "A request expired 2 min ago, and no entry of the feed reports it.",
        |world| asked(world, &[("peck_a1", minutes(12), &[])])
    ),
    scene!(
        "peck-callback-error",
        "peck",
        "callback-error",
        "warning",
        "A request was approved, its callback failed, and there is no bond.",
        |world| asked(
            world,
            &[(
                "peck_a1",
                minutes(9),
                &[
                    ("peck.approved", minutes(6)),
                    ("peck.callback-error", minutes(5))
                ]
            )]
        )
    ),
    scene!(
        "peck-unbonded",
        "peck",
        "callback-error",
        "critical",
        "A request was approved 5 min ago: no error and no bond since.",
        |world| asked(
            world,
            &[("peck_a1", minutes(9), &[("peck.approved", minutes(5))])]
        )
    ),
    scene!(
        "peck",
        "peck",
        "callback-error",
        "warning",
        "A request in every state, in every spelling of the events.",
        all_states
    ),
    scene!(
        "bonds-alive",
        "bond",
        "pulse",
        "ok",
        "Three bonds that pulse, with keys of last week.",
        |world| fleet(world, &[minutes(3), minutes(5), minutes(9)])
    ),
    scene!(
        "bond-slow",
        "bond",
        "pulse",
        "warning",
        "One of three agents has not pulsed for 12 min.",
        |world| fleet(world, &[minutes(3), minutes(12), minutes(9)])
    ),
    scene!(
        "bond-offline",
        "bond",
        "pulse",
        "critical",
        "One of three agents has not pulsed for 30 min.",
        |world| fleet(world, &[minutes(3), minutes(30), minutes(9)])
    ),
    scene!(
        "bond-new",
        "bond",
        "bond",
        "warning",
        "A bond is 5 min old, and its agent has not pulsed yet.",
        |world| newborn(world, minutes(5))
    ),
    scene!(
        "bond-silent",
        "bond",
        "bond",
        "critical",
        "A bond is 10 min old, and its agent has never pulsed.",
        |world| newborn(world, minutes(10))
    ),
    scene!(
        "bond-old-key",
        "bond",
        "rotate",
        "warning",
        "A key is 31 d old and was never rotated.",
        |world| {
            fleet(world, &[minutes(3), minutes(5)]);
            bonded(world, DUCKS[2], hours(31 * 24));
            pulsed(world, minutes(4), DUCKS[2]);
        }
    ),
    scene!(
        "bond-webhook",
        "bond",
        "webhook",
        "warning",
        "A delivery to an agent failed; its bond is not affected.",
        |world| {
            fleet(world, &[minutes(3), minutes(5)]);
            about(
                world,
                minutes(50),
                "webhook.delivery_failed",
                DUCKS[0],
                json!({"detail": "HTTP 502 from the receiver"}),
            );
        }
    ),
    scene!(
        "bond",
        "bond",
        "pulse",
        "critical",
        "A bond in every class: ALIVE, SLOW, OFFLINE, never pulsed, UNPECKED.",
        all_classes
    ),
    scene!(
        "rotate-lost",
        "bond",
        "pulse",
        "ok",
        "All is well until a key is rotated: the key is issued, and the answer is HTTP 502.",
        |world| rotating(world, Fault::Status(502))
    ),
    scene!(
        "rotate-cut",
        "bond",
        "pulse",
        "ok",
        "All is well until a key is rotated: the answer breaks off in the middle of the key.",
        |world| rotating(world, Fault::ResetAfter(30))
    ),
    scene!(
        "rotate-renamed",
        "bond",
        "pulse",
        "ok",
        "All is well until a key is rotated: the answer holds it under an unknown name.",
        |world| rotating(world, Fault::Rename("beak_key", "new_secret"))
    ),
];

/// An otherwise empty platform with the version that serves it, on which mail goes out.
fn quiet(world: &mut FakeStack) {
    *world = FakeStack::empty(world.now);
    world.versions.push(Version {
        number: "61".to_owned(),
        modified: world.now - hours(72),
        code_sha256: "EXAMPLE61=".to_owned(),
    });
    healthy::reputation(world, 0.0, 0.0);
    sent(world, &[(2, 1)]);
}

/// A world with only these requests between the same two agents: id, how long ago, and
/// what happened since.
#[allow(clippy::type_complexity, reason = "a table, read where it stands")]
fn asked(world: &mut FakeStack, pecks: &[(&str, Duration, &[(&str, Duration)])]) {
    quiet(world);
    agents(world, 1, 0, 0);
    // An unrelated one, long ago: so the feed is known to show bonds.
    bonded(world, DUCKS[2], hours(40));
    for pulse in 0..6 {
        pulsed(world, minutes(3 + pulse * 10), DUCKS[2]);
    }
    for (id, ago, since) in pecks {
        request(world, id, *ago, "peck_requested");
        for (event, ago) in *since {
            let mut entry = json!({"peck_id": id, "detail": format!("{event} {id}")});
            if *event == "duck.bonded" {
                entry["spaceduck_id"] = DUCKS[2].into();
            }
            audit_event(world, *ago, event, entry);
        }
    }
}

fn request(world: &mut FakeStack, id: &str, ago: Duration, event: &str) {
    let entry = json!({
        "peck_id": id, "requester_id": DUCKS[0], "requester_name": "demo", "target": DUCKS[1],
        "purpose": "share a calendar", "detail": format!("asked by {}", DUCKS[0]),
    });
    audit_event(world, ago, event, entry);
}

fn all_states(world: &mut FakeStack) {
    asked(
        world,
        &[
            ("peck_a1", minutes(4), &[]),
            (
                "peck_a2",
                minutes(90),
                &[("PECK-APPROVED", minutes(85)), ("duck.bonded", minutes(84))],
            ),
            ("peck_a3", minutes(80), &[("peck_rejected", minutes(75))]),
            ("peck_a4", minutes(70), &[("peck.expired", minutes(60))]),
            ("peck_a5", minutes(50), &[("callback_error", minutes(44))]),
        ],
    );
    // Known by words alone, and an id that another one contains.
    audit_event(
        world,
        minutes(30),
        "peck.sent",
        json!({"detail": "peck_id=peck_a10 from A1 to A2"}),
    );
    audit_event(
        world,
        minutes(28),
        "peck.denied",
        json!({"detail": "peck_id=peck_a10 by its human"}),
    );
}

/// Bonds of a week, each with its last pulse so long ago and one every ten minutes before.
fn fleet(world: &mut FakeStack, last: &[Duration]) {
    let older = |than: u64| last.iter().filter(|age| **age >= minutes(than)).count() as i64;
    quiet(world);
    agents(
        world,
        last.len() as i64 - older(10),
        older(10) - older(30),
        older(30),
    );
    for (duck, last) in DUCKS.iter().zip(last) {
        bonded(world, duck, hours(7 * 24));
        for pulse in 0..40 {
            pulsed(world, *last + minutes(pulse * 10), duck);
        }
    }
}

/// A healthy fleet whose keys are issued, and whose answers fail in this way.
fn rotating(world: &mut FakeStack, fault: Fault) {
    fleet(world, &[minutes(3), minutes(5), minutes(9)]);
    let done = Fault::Done(Box::new(fault));
    world.faults.insert(Operation::Rotate, done);
}

fn newborn(world: &mut FakeStack, ago: Duration) {
    fleet(world, &[minutes(3), minutes(5)]);
    bonded(world, DUCKS[2], ago);
}

fn all_classes(world: &mut FakeStack) {
    fleet(world, &[minutes(3), minutes(12), minutes(45)]);
    for (id, ago) in [
        ("DECAF00000000004", minutes(6)),
        ("DECAF00000000005", hours(9)),
    ] {
        bonded(world, id, ago);
    }
    about(
        world,
        hours(2),
        "duck.unpecked",
        "DECAF00000000005",
        json!({}),
    );
    about(world, hours(3), "duck.key_rotated", DUCKS[0], json!({}));
    world.agents = DUCKS
        .iter()
        .map(|id| json!({"spaceduck_id": id, "agent_name": "demo", "status": "ACTIVE", "duckling_id": "DDDD000000000001"}))
        .collect();
}

fn bonded(world: &mut FakeStack, id: &str, ago: Duration) {
    about(
        world,
        ago,
        "duck.bonded",
        id,
        json!({"duckling_id": "DDDD000000000001", "agent_name": "demo"}),
    );
    world.bonds.insert(
        id.to_owned(),
        crate::practice::FakeBond {
            state: "BONDED".to_owned(),
            key: format!("bk_LIVE_of_{id}"),
        },
    );
}

fn about(world: &mut FakeStack, ago: Duration, event: &str, id: &str, mut entry: Value) {
    entry["spaceduck_id"] = id.into();
    audit_event(world, ago, event, entry);
}
