//! Scenes of INC-003: agents that stopped, and agents that never started.

use super::edit::{agents, callback_errors, hours, minutes, never_pulsed, stopped, told};
use super::healthy::{self, DUCKS};
use super::{Expect, Scene};
use crate::practice::FakeStack;
use serde_json::json;
use time::OffsetDateTime;

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "inc-003",
        hides: "The whole fleet stopped four hours ago, and callbacks have been failing since.",
        runbook: Some("inc-003"),
        expect: Expect {
            verdict: "critical",
            root_cause: Some("inc-003"),
            steps: &[
                ("inc-003", "agents", "critical"),
                ("inc-003", "pulses", "critical"),
                ("inc-003", "cause", "critical"),
                ("inc-003", "peck-impact", "warning"),
                ("inc-003", "handoff", "critical"),
            ],
        },
        build: |now| {
            let mut world = gone(now, 4);
            let moments: Vec<_> = (0..6).map(|nth| minutes(20 + nth * 30)).collect();
            callback_errors(&mut world, 7, &moments);
            world
        },
    },
    Scene {
        name: "fleet-dead-30h",
        hides: "The fleet stopped thirty hours ago: bad, but nobody was alive within a day.",
        runbook: Some("inc-003"),
        expect: Expect {
            verdict: "critical",
            root_cause: Some("inc-003"),
            steps: &[
                ("inc-003", "agents", "critical"),
                ("inc-003", "pulses", "critical"),
                ("inc-003", "cause", "critical"),
                ("inc-003", "peck-impact", "ok"),
                ("inc-003", "handoff", "critical"),
            ],
        },
        build: |now| gone(now, 30),
    },
    Scene {
        name: "fleet-lived-once",
        hides: "The feed no longer shows a pulse; only an earlier run remembers living agents.",
        runbook: Some("inc-003"),
        expect: Expect {
            verdict: "critical",
            root_cause: Some("inc-003"),
            steps: &[
                ("inc-003", "agents", "critical"),
                ("inc-003", "pulses", "warning"),
                ("inc-003", "cause", "critical"),
                ("inc-003", "handoff", "critical"),
            ],
        },
        build: |now| {
            let mut world = gone(now, 40);
            let since = (now - hours(30)).unix_timestamp();
            world
                .audit
                .retain(|e| e["timestamp"].as_i64() > Some(since));
            // One entry that shows how far back the feed goes.
            told(&mut world, hours(29), "duck.hatched", json!({}));
            world
        },
    },
    Scene {
        name: "fleet-new",
        hides: "Two agents are registered and have never pulsed: a fresh platform, no outage.",
        runbook: Some("inc-003"),
        expect: Expect {
            verdict: "warning",
            root_cause: None,
            steps: &[
                ("inc-003", "agents", "warning"),
                ("inc-003", "pulses", "warning"),
                ("inc-003", "cause", "warning"),
                ("inc-003", "peck-impact", "ok"),
                ("inc-003", "handoff", "skipped"),
            ],
        },
        build: |now| {
            let mut world = healthy::world(now);
            never_pulsed(&mut world, 2);
            world
        },
    },
    Scene {
        name: "fleet-new-today",
        hides: "The platform is three hours old, its two agents are younger, and none has pulsed.",
        runbook: Some("inc-003"),
        expect: Expect {
            verdict: "unknown",
            root_cause: None,
            steps: &[
                ("inc-003", "agents", "warning"),
                ("inc-003", "pulses", "unknown"),
                ("inc-003", "cause", "warning"),
                ("inc-003", "handoff", "skipped"),
            ],
        },
        build: |now| {
            let mut world = young(now);
            for ago in [100, 90] {
                told(&mut world, minutes(ago), "agent.registered", json!({}));
            }
            world
        },
    },
    Scene {
        name: "fleet-unproven",
        hides: "All agents are dead, and a feed of three hours cannot tell whether they ever lived.",
        runbook: Some("inc-003"),
        expect: Expect {
            verdict: "critical",
            root_cause: Some("inc-003"),
            steps: &[
                ("inc-003", "agents", "critical"),
                ("inc-003", "pulses", "unknown"),
                ("inc-003", "cause", "unknown"),
                ("inc-003", "handoff", "critical"),
            ],
        },
        build: young,
    },
    Scene {
        name: "fleet-empty",
        hides: "No agent is bonded, so none can be dead.",
        runbook: Some("inc-003"),
        expect: Expect {
            verdict: "ok",
            root_cause: None,
            steps: &[
                ("inc-003", "agents", "ok"),
                ("inc-003", "pulses", "ok"),
                ("inc-003", "cause", "ok"),
                ("inc-003", "peck-impact", "ok"),
                ("inc-003", "handoff", "skipped"),
            ],
        },
        build: |now| {
            let mut world = healthy::world(now);
            never_pulsed(&mut world, 0);
            world
        },
    },
    Scene {
        name: "fleet-one-dead",
        hides: "One of three agents is dead and callbacks fail: correlated, and no fleet outage.",
        runbook: Some("inc-003"),
        expect: Expect {
            verdict: "warning",
            root_cause: None,
            steps: &[
                ("inc-003", "agents", "ok"),
                ("inc-003", "pulses", "ok"),
                ("inc-003", "cause", "ok"),
                ("inc-003", "peck-impact", "warning"),
                ("inc-003", "handoff", "skipped"),
            ],
        },
        build: |now| {
            let mut world = healthy::world(now);
            agents(&mut world, 2, 0, 1);
            super::edit::silent(&mut world, DUCKS[2], hours(5));
            callback_errors(&mut world, 7, &[minutes(31), minutes(22)]);
            world
        },
    },
];

/// The whole fleet stopped so many hours ago.
pub(super) fn gone(now: OffsetDateTime, since: u64) -> FakeStack {
    let mut world = healthy::world(now);
    stopped(&mut world, &DUCKS, hours(since));
    world
}

/// Two silent agents, no earlier run, and a feed of three hours.
fn young(now: OffsetDateTime) -> FakeStack {
    let mut world = healthy::world(now);
    never_pulsed(&mut world, 2);
    let since = (now - hours(3)).unix_timestamp();
    world
        .audit
        .retain(|e| e["timestamp"].as_i64() > Some(since));
    world.recorded.clear();
    callback_errors(&mut world, 0, &[]);
    world
}
