//! Scenes of INC-001 in which it matters when the version came: a deploy that breaks at once, one that
//! fails later, and causes that are older or stand before the function.

use super::edit::{alias_moved, erring, executed_by, failing, function_measured, hours, minutes};
use super::{Expect, Scene};
use crate::practice::{FakeStack, Fault};
use std::time::Duration;

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "deploy-breaks-at-once",
        hides: "Version 62 went live 3 min ago and fails to load: 502 from its first request. Runs up to 5 min ago saw 61 answer.",
        runbook: Some("inc-001"),
        expect: down!("critical", "critical", "critical"),
        change: |world| broken_at_once(world, minutes(3)),
    },
    Scene {
        name: "deploy-breaks-at-once-unwatched",
        hides: "Version 62 went live an hour ago and fails to load; no run was recorded. Only metrics by version show it.",
        runbook: Some("inc-001"),
        expect: down!("critical", "unknown", "critical"),
        change: |world| {
            broken_at_once(world, hours(1));
            world.recorded.clear();
        },
    },
    Scene {
        name: "deploy-answers-nothing",
        hides: "Version 62 went live 3 min ago; it runs without errors, but returns no valid response, so the gateway answers 502.",
        runbook: Some("inc-001"),
        expect: down!("ok", "critical", "critical"),
        change: |world| {
            alias_moved(world, "62", minutes(3));
            failing(world, &Fault::Status(502), minutes(3));
            world.culprit = Some("62".to_owned());
        },
    },
    Scene {
        name: "deploy-lost-its-route",
        hides: "Version 62 went live 3 min ago and answers 404 on every path, itself and not through the gateway.",
        runbook: Some("inc-001"),
        expect: down!("ok", "critical", "critical"),
        change: |world| {
            let own = Fault::Own(404, "{\"error\":\"no such route\"}");
            alias_moved(world, "62", minutes(3));
            failing(world, &own, minutes(3));
            world.culprit = Some("62".to_owned());
        },
    },
    Scene {
        name: "deploy-after-a-stray",
        hides: "Version 62 went live 3 min ago and fails to load. One failed request of 61, 10 min earlier, is not the onset.",
        runbook: Some("inc-001"),
        expect: down!("critical", "critical", "critical"),
        change: |world| {
            broken_at_once(world, minutes(3));
            let errors = |minute: u64| match minute {
                1..=3 => 2.0,
                13 => 1.0,
                _ => 0.0,
            };
            let points: Vec<_> = (1..=240).map(|n| (minutes(n), errors(n))).collect();
            function_measured(world, "Errors", &points);
        },
    },
    Scene {
        name: "deploy-on-broken-deploy",
        hides: "Version 62 went live 12 min ago and fails to load; 63 was put on top of it 4 min ago and fails, too. 61 served well.",
        runbook: Some("inc-001"),
        expect: down!("critical", "critical", "critical"),
        change: |world| {
            broken_at_once(world, minutes(12));
            alias_moved(world, "63", minutes(4));
            world.culprit = Some("63".to_owned());
            let range = |from: u64, to: u64, value: f64| -> Vec<_> {
                (from..=to).map(|n| (minutes(n), value)).collect()
            };
            for (version, from, to, errors) in
                [("61", 13, 240, 0.0), ("62", 5, 12, 2.0), ("63", 1, 4, 2.0)]
            {
                executed_by(world, version, "Invocations", &range(from, to, 2.0));
                executed_by(world, version, "Errors", &range(from, to, errors));
            }
        },
    },
    Scene {
        name: "served-well-then-fails",
        hides: "Version 61 served for days and has failed for 20 min: the cause is not the version.",
        runbook: Some("inc-001"),
        expect: down!("critical", "ok", "skipped"),
        change: |world| {
            failing(world, &Fault::Status(502), minutes(20));
            erring(world, "[ERROR] KeyError: 'eggs'", minutes(20));
        },
    },
    Scene {
        name: "authorizer-500-and-drift",
        hides: "prod moved to 62 40 min ago, and the authorizer fails: the gateway itself answers 500, so a rollback would not help.",
        runbook: Some("inc-001"),
        expect: down!("ok", "critical", "skipped"),
        change: |world| {
            alias_moved(world, "62", minutes(40));
            failing(
                world,
                &Fault::Refuse(500, "AuthorizerConfigurationException"),
                minutes(40),
            );
        },
    },
];

/// Version 62 came so long ago and has failed at every request since.
fn broken_at_once(world: &mut FakeStack, ago: Duration) {
    let line = "[ERROR] Runtime.ImportModuleError: Unable to import module 'lambda_v9'";
    alias_moved(world, "62", ago);
    failing(world, &Fault::Status(502), ago);
    erring(world, line, ago);
}
