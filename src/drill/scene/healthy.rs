//! The stack on a good day, which every other scene starts from.

use super::edit::{
    agents, callback_errors, grew, hours, measured, minutes, ran, remember, sent, signed_up, told,
};
use super::{Expect, Scene};
use crate::drill::{Version, World};
use std::time::Duration;
use time::OffsetDateTime;

pub(super) const SCENES: &[Scene] = &[Scene {
    name: "healthy",
    hides: "Nothing is wrong: a tool that finds something here cries wolf.",
    runbook: None,
    expect: Expect {
        verdict: "ok",
        root_cause: None,
        steps: &[
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
        ],
    },
    build: world,
}];

/// The bonded agents.
pub(super) const DUCKS: [&str; 3] = ["DECAF00000000001", "DECAF00000000002", "DECAF00000000003"];

/// How far back feed and history reach, in hours.
const REACH: u64 = 50;

/// A good day.
pub(super) fn world(now: OffsetDateTime) -> World {
    let mut world = World::empty(now);
    world.status["database"]["spaceducks"] = DUCKS.len().into();
    world.status["database"]["connections"] = DUCKS.len().into();
    world.status["database"]["audit_log"] = 1_331.into();
    world.status["peck_protocol"]["running"] = 1.into();
    world.status["peck_protocol"]["succeeded"] = 3.into();
    world.status["peck_protocol"]["failure_breakdown"]["denied"] = 2.into();
    world.status["peck_protocol"]["failure_breakdown"]["expired"] = 2.into();

    remember(&mut world, REACH);
    agents(&mut world, 3, 0, 0);
    grew(&mut world, "status.agents.alive", 3, &[]);
    grew(&mut world, "status.agents.dead", 0, &[]);
    for (nth, duck) in (0..).zip(DUCKS) {
        for pulse in 0..REACH * 6 {
            told(
                &mut world,
                minutes(2 + nth * 3 + pulse * 10),
                "pulse",
                duck,
                "ACTIVE",
            );
        }
    }
    signed_up(&mut world, 14, &[hours(30), hours(5)]);
    callback_errors(&mut world, 7, &[]);

    // A peck that is being decided, and three that were approved.
    told(
        &mut world,
        minutes(4),
        "peck.requested",
        DUCKS[0],
        "peck-0004: collab",
    );
    ran(&mut world, "peck-0004", "RUNNING", minutes(4), None);
    for (name, ago) in [("peck-0003", 40), ("peck-0002", 100), ("peck-0001", 160)] {
        told(
            &mut world,
            minutes(ago),
            "peck.requested",
            DUCKS[1],
            &format!("{name}: collab"),
        );
        told(
            &mut world,
            minutes(ago - 6),
            "peck.approved",
            DUCKS[1],
            name,
        );
        ran(
            &mut world,
            name,
            "SUCCEEDED",
            minutes(ago),
            Some(minutes(ago - 6)),
        );
    }

    let one_an_hour: Vec<_> = (1..=12).map(|hour| (hour, 1)).collect();
    sent(&mut world, &one_an_hour);
    reputation(&mut world, 0.0, 0.0);

    world.versions = (0..)
        .zip(["59", "60", "61"])
        .map(|(nth, number)| Version {
            number: number.to_owned(),
            modified: now - hours(24 * (9 - 3 * nth)),
            code_sha256: format!("{number:>040}EXAMPLE="),
        })
        .collect();
    world
}

/// The rates that SES computes itself, as fractions of one, over the last day.
pub(super) fn reputation(world: &mut World, bounces: f64, complaints: f64) {
    let every_hour = |rate| -> Vec<(Duration, f64)> {
        (1..=24)
            .map(|hour| (hours(hour) - minutes(30), rate))
            .collect()
    };
    measured(world, "Reputation.BounceRate", &every_hour(bounces));
    measured(world, "Reputation.ComplaintRate", &every_hour(complaints));
}

/// SES has not computed any rate yet.
pub(super) fn no_reputation(world: &mut World) {
    measured(world, "Reputation.BounceRate", &[]);
    measured(world, "Reputation.ComplaintRate", &[]);
}
