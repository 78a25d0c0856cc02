//! Scenes with two things wrong at once: one of them explains or outranks the other.

use super::edit::{callback_errors, certified, hours, logged, minutes, sent, stopped};
use super::healthy::DUCKS;
use super::{Expect, Scene};
use crate::practice::{FakeStack, Fault, Operation};

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "fleet-and-callbacks",
        hides: "20 callbacks failed because the whole fleet is dead: one cause, not two.",
        runbook: None,
        expect: Expect::caused_by("inc-003").with(&[
            ("inc-003", "agents", "critical"),
            ("inc-003", "peck-impact", "warning"),
            ("inc-004", "callback-errors", "critical"),
            ("inc-005", "quota", "ok"),
        ]),
        change: |world| dead_fleet(world),
    },
    Scene {
        name: "callbacks-explained",
        hides: "Callback errors judged alone: they fail because the fleet is dead.",
        runbook: Some("inc-004"),
        expect: Expect::caused_by("inc-003").with(&[
            ("inc-004", "callback-errors", "critical"),
            ("inc-004", "agents", "critical"),
        ]),
        change: |world| dead_fleet(world),
    },
    Scene {
        name: "fleet-and-quota",
        hides: "The fleet is dead and the mail quota is used up: two incidents, the fleet first.",
        runbook: None,
        expect: Expect::caused_by("inc-003").with(&[
            ("inc-003", "agents", "critical"),
            ("inc-005", "quota", "critical"),
        ]),
        change: |world| {
            dead_fleet(world);
            exhausted(world);
        },
    },
    Scene {
        name: "stall-and-quota",
        hides: "No certificate for 2 d and no mail left: the quota first, and it does not explain the missing certificates.",
        runbook: None,
        expect: Expect::caused_by("inc-005").with(&[
            ("inc-002", "counts", "critical"),
            ("inc-002", "code-path", "critical"),
            ("inc-005", "quota", "critical"),
        ]),
        change: |world| {
            certified(world, &[hours(40), hours(5)], &[]);
            exhausted(world);
            logged(
                world,
                minutes(30),
                "SES: Daily message quota exceeded for cert mail",
            );
        },
    },
    Scene {
        name: "api-and-quota",
        hides: "The API is down and the mail quota is used up: the API first; what needs it is not judged.",
        runbook: None,
        expect: Expect::caused_by("inc-001").with(&[
            ("inc-001", "probe", "critical"),
            ("inc-002", "counts", "unknown"),
            ("inc-003", "agents", "unknown"),
            ("inc-004", "callback-errors", "unknown"),
            ("inc-005", "quota", "critical"),
        ]),
        change: |world| {
            exhausted(world);
            for operation in [Operation::Status, Operation::Audit] {
                world.faults.insert(operation, Fault::Status(502));
            }
        },
    },
];

fn dead_fleet(world: &mut FakeStack) {
    stopped(world, &DUCKS, hours(4));
    let moments: Vec<_> = (0..20).map(|nth| minutes(12 + nth * 10)).collect();
    callback_errors(world, 7, &moments);
}

/// Everything that the sandbox allows has gone out.
fn exhausted(world: &mut FakeStack) {
    let by_hour: Vec<_> = (1..=10).map(|hour| (hour, 20)).collect();
    sent(world, &by_hour);
}
