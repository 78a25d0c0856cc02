//! Scenes in which the stack or a witness does not answer, or someone else answers.

use super::edit::seconds;
use super::{Expect, Scene, healthy};
use crate::practice::{FakeStack, Fault, Operation};

/// Everything behind the API is down.
const API_DOWN: Expect = Expect::caused_by("inc-001").with(&[
    ("inc-004", "callback-errors", "unknown"),
    ("inc-004", "events", "unknown"),
    ("inc-004", "agents", "unknown"),
]);

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "denied",
        hides: "The role may not list executions, so failed ones would not show.",
        runbook: Some("inc-004"),
        expect: Expect::of("unknown").with(&[
            ("inc-004", "callback-errors", "ok"),
            ("inc-004", "events", "ok"),
            ("inc-004", "executions", "unknown"),
            ("inc-004", "agents", "ok"),
            ("inc-004", "stale", "unknown"),
        ]),
        change: |world| failing(world, &[(Operation::ListExecutions, Fault::Deny)]),
    },
    Scene {
        name: "denied-mail",
        hides: "The role may not read the mail account.",
        runbook: Some("inc-005"),
        expect: Expect::of("unknown").with(&[
            ("inc-005", "quota", "unknown"),
            ("inc-005", "bounces", "ok"),
        ]),
        change: |world| failing(world, &[(Operation::GetAccount, Fault::Deny)]),
    },
    Scene {
        name: "expired-session",
        hides: "The AWS session has expired; the API still answers.",
        runbook: Some("inc-004"),
        expect: Expect::of("unknown").with(&[
            ("inc-004", "callback-errors", "ok"),
            ("inc-004", "executions", "unknown"),
            ("inc-004", "agents", "ok"),
            ("inc-004", "stale", "unknown"),
        ]),
        change: |world| {
            let aws = Operation::ALL.into_iter().filter(|o| o.service().is_some());
            let over: Vec<_> = aws.map(|o| (o, Fault::ExpiredToken)).collect();
            failing(world, &over)
        },
    },
    Scene {
        name: "slow",
        hides: "Every answer takes a second, and all are good.",
        runbook: None,
        expect: healthy::ALL_WELL,
        change: |world| world.latency = seconds(1),
    },
    Scene {
        name: "hanging-audit",
        hides: "The audit feed accepts the request and never answers.",
        runbook: Some("inc-004"),
        expect: Expect::of("unknown").with(&[
            ("inc-004", "events", "unknown"),
            ("inc-004", "executions", "ok"),
            ("inc-004", "agents", "unknown"),
            ("inc-004", "stale", "ok"),
        ]),
        change: |world| failing(world, &[(Operation::Audit, Fault::Hang)]),
    },
    Scene {
        name: "torn-audit",
        hides: "The audit feed breaks off in the middle.",
        runbook: Some("inc-004"),
        expect: Expect::of("unknown").with(&[
            ("inc-004", "events", "unknown"),
            ("inc-004", "executions", "ok"),
        ]),
        change: |world| failing(world, &[(Operation::Audit, Fault::CutBody)]),
    },
    Scene {
        name: "api-gone",
        hides: "Nothing listens at the API's address, while AWS answers.",
        runbook: Some("inc-004"),
        expect: API_DOWN,
        change: |world| {
            world.api_gone = true;
        },
    },
    Scene {
        name: "api-500",
        hides: "The function behind the API fails on every request.",
        runbook: Some("inc-004"),
        expect: API_DOWN,
        change: |world| {
            let broken = |operation| (operation, Fault::Status(500));
            failing(
                world,
                &[broken(Operation::Status), broken(Operation::Audit)],
            )
        },
    },
    Scene {
        name: "captive-portal",
        hides: "A sign-in page answers 200 in place of the API.",
        runbook: Some("inc-004"),
        expect: Expect::of("unknown").with(&[
            ("inc-004", "callback-errors", "unknown"),
            ("inc-004", "events", "unknown"),
            ("inc-004", "agents", "unknown"),
        ]),
        change: |world| {
            let portal = |operation| (operation, Fault::Html);
            failing(
                world,
                &[portal(Operation::Status), portal(Operation::Audit)],
            )
        },
    },
    Scene {
        name: "wrong-account",
        hides: "The credentials belong to another account, whose mail is in order.",
        runbook: None,
        expect: Expect::of("unknown").with(&[
            ("inc-004", "callback-errors", "ok"),
            ("inc-004", "executions", "unknown"),
            ("inc-004", "stale", "unknown"),
            ("inc-005", "quota", "unknown"),
            ("inc-005", "bounces", "unknown"),
        ]),
        change: |world| world.account = "210987654321".into(),
    },
];

/// A good day on which these operations fail.
fn failing(world: &mut FakeStack, faults: &[(Operation, Fault)]) {
    world.faults = faults.iter().cloned().collect();
}
