//! Scenes of INC-003: agents that stopped, and agents that never started.

use super::edit::{agents, audit_event, callback_errors, hours, minutes, never_pulsed, stopped};
use super::healthy::DUCKS;
use super::{Expect, Scene};
use crate::practice::FakeStack;
use serde_json::json;

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "inc-003",
        hides: "The whole fleet stopped 4 h ago, and callbacks have failed since.",
        runbook: Some("inc-003"),
        expect: Expect::caused_by("inc-003").with(&[
            ("inc-003", "agents", "critical"),
            ("inc-003", "pulses", "critical"),
            ("inc-003", "cause", "critical"),
            ("inc-003", "peck-impact", "warning"),
            ("inc-003", "handoff", "critical"),
        ]),
        change: |world| {
            gone(world, 4);
            let moments: Vec<_> = (0..6).map(|nth| minutes(20 + nth * 30)).collect();
            callback_errors(world, 7, &moments);
        },
    },
    Scene {
        name: "fleet-dead-30h",
        hides: "The fleet stopped 30 h ago: no agent was alive in the last 24 h.",
        runbook: Some("inc-003"),
        expect: Expect::caused_by("inc-003").with(&[
            ("inc-003", "agents", "critical"),
            ("inc-003", "pulses", "critical"),
            ("inc-003", "cause", "critical"),
            ("inc-003", "peck-impact", "ok"),
            ("inc-003", "handoff", "critical"),
        ]),
        change: |world| gone(world, 30),
    },
    Scene {
        name: "fleet-lived-once",
        hides: "The feed no longer shows a pulse; only a recorded run shows that agents were alive.",
        runbook: Some("inc-003"),
        expect: Expect::caused_by("inc-003").with(&[
            ("inc-003", "agents", "critical"),
            ("inc-003", "pulses", "warning"),
            ("inc-003", "cause", "critical"),
            ("inc-003", "handoff", "critical"),
        ]),
        change: |world| {
            gone(world, 40);
            let since = (world.now - hours(30)).unix_timestamp();
            world
                .audit
                .retain(|e| e["timestamp"].as_i64() > Some(since));
            // One entry that shows how far back the feed goes.
            audit_event(world, hours(29), "duck.hatched", json!({}));
        },
    },
    Scene {
        name: "fleet-new",
        hides: "Two agents are registered and have never pulsed: a fresh platform, not an outage.",
        runbook: Some("inc-003"),
        expect: Expect::of("warning").with(&[
            ("inc-003", "agents", "warning"),
            ("inc-003", "pulses", "warning"),
            ("inc-003", "cause", "warning"),
            ("inc-003", "peck-impact", "ok"),
            ("inc-003", "handoff", "skipped"),
        ]),
        change: |world| never_pulsed(world, 2),
    },
    Scene {
        name: "fleet-new-today",
        hides: "The platform is 3 h old, its two agents are younger, and none has pulsed.",
        runbook: Some("inc-003"),
        expect: Expect::of("unknown").with(&[
            ("inc-003", "agents", "warning"),
            ("inc-003", "pulses", "unknown"),
            ("inc-003", "cause", "warning"),
            ("inc-003", "handoff", "skipped"),
        ]),
        change: |world| {
            young(world);
            for ago in [100, 90] {
                audit_event(world, minutes(ago), "agent.registered", json!({}));
            }
        },
    },
    Scene {
        name: "fleet-unproven",
        hides: "All agents are dead, and a feed of 3 h does not show whether they ever pulsed.",
        runbook: Some("inc-003"),
        expect: Expect::caused_by("inc-003").with(&[
            ("inc-003", "agents", "critical"),
            ("inc-003", "pulses", "unknown"),
            ("inc-003", "cause", "unknown"),
            ("inc-003", "handoff", "critical"),
        ]),
        change: young,
    },
    Scene {
        name: "fleet-empty",
        hides: "No agent is bonded, so none can be dead.",
        runbook: Some("inc-003"),
        expect: Expect::of("ok").with(&[
            ("inc-003", "agents", "ok"),
            ("inc-003", "pulses", "ok"),
            ("inc-003", "cause", "ok"),
            ("inc-003", "peck-impact", "ok"),
            ("inc-003", "handoff", "skipped"),
        ]),
        change: |world| never_pulsed(world, 0),
    },
    Scene {
        name: "fleet-one-dead",
        hides: "One of three agents is dead and callbacks fail: related, but not a fleet outage.",
        runbook: Some("inc-003"),
        expect: Expect::of("warning").with(&[
            ("inc-003", "agents", "ok"),
            ("inc-003", "pulses", "ok"),
            ("inc-003", "cause", "ok"),
            ("inc-003", "peck-impact", "warning"),
            ("inc-003", "handoff", "skipped"),
        ]),
        change: |world| {
            agents(world, 2, 0, 1);
            super::edit::silent(world, DUCKS[2], hours(5));
            callback_errors(world, 7, &[minutes(31), minutes(22)]);
        },
    },
];

/// The whole fleet stopped this many hours ago.
pub(super) fn gone(world: &mut FakeStack, since: u64) {
    stopped(world, &DUCKS, hours(since));
}

/// Two silent agents, no earlier run, and a feed of three hours.
fn young(world: &mut FakeStack) {
    never_pulsed(world, 2);
    let since = (world.now - hours(3)).unix_timestamp();
    world
        .audit
        .retain(|e| e["timestamp"].as_i64() > Some(since));
    // One entry that shows how far back the feed goes.
    audit_event(world, minutes(170), "tier.change", json!({}));
    world.recorded.clear();
    callback_errors(world, 0, &[]);
}
