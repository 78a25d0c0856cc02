//! Scenes of INC-001: the function behind the API, its alias, its log and its metrics.

use super::calls::{forget_version_metrics, no_metrics, shared, silent_for, tested};
use super::edit::{alias_moved, erring, failing, function_measured, hours, logged, minutes};
use super::{Expect, Scene};
use crate::practice::{FakeStack, Fault, Operation};

/// The API answers.
macro_rules! up {
    ($verdict:literal, $logs:literal, $alias:literal, $rollback:literal, $recovery:literal) => {
        Expect::of($verdict).with(inc_001!("ok", $logs, $alias, $rollback, $recovery))
    };
}

/// Version 62 went live forty minutes ago and cannot be loaded since twenty.
fn unimportable(world: &mut FakeStack) {
    let line = "[ERROR] Runtime.ImportModuleError: Unable to import module 'lambda_v8'";
    alias_moved(world, "62", minutes(40));
    failing(world, &Fault::Status(502), minutes(20));
    erring(world, line, minutes(20));
}

/// No run recorded that the API answered.
fn forget_good_answers(world: &mut FakeStack) {
    for run in &mut world.recorded {
        run.facts.retain(|(fact, _)| *fact != "api.good_answers");
    }
}

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "inc-001",
        hides: "Version 62 went live 40 min ago and has failed to load for 20 min: HTTP 502. Version 61 served before.",
        runbook: Some("inc-001"),
        expect: down!("critical", "ok", "critical"),
        change: unimportable,
    },
    Scene {
        name: "onset-before-move",
        hides: "The errors began before prod moved to 62: a rollback would change nothing.",
        runbook: Some("inc-001"),
        expect: down!("critical", "critical", "skipped"),
        change: |world| {
            alias_moved(world, "62", minutes(40));
            failing(world, &Fault::Status(502), minutes(90));
            erring(world, "[ERROR] KeyError: 'eggs'", minutes(90));
        },
    },
    Scene {
        name: "onset-after-move-unrecorded",
        hides: "The errors came with version 62. No recorded run shows what served before; metrics show that 61 served well.",
        runbook: Some("inc-001"),
        expect: down!("critical", "unknown", "critical"),
        change: |world| {
            unimportable(world);
            forget_good_answers(world);
        },
    },
    Scene {
        name: "onset-after-move-no-way-back",
        hides: "The errors came with version 62, and neither metrics nor recorded runs show what served before.",
        runbook: Some("inc-001"),
        expect: down!("critical", "unknown", "critical"),
        change: |world| {
            unimportable(world);
            forget_good_answers(world);
            forget_version_metrics(world, &["60", "61"]);
        },
    },
    Scene {
        name: "new-version-errs",
        hides: "Half of the traffic has gone to version 62 for 40 min, and only 62 fails. Test calls of $LATEST fail too and do not count.",
        runbook: Some("inc-001"),
        expect: down!("critical", "warning", "critical"),
        change: |world| {
            alias_moved(world, "62", minutes(40));
            world.alias_target.weights = vec![("61".to_owned(), 0.5)];
            failing(world, &Fault::Status(502), minutes(34));
            erring(world, "[ERROR] KeyError: 'eggs'", minutes(34));
            shared(world, "61", "62", 34);
            tested(world, 120);
        },
    },
    Scene {
        name: "canary-errs",
        hides: "Version 62 is fine. The errors are of version 60, which takes a part of the traffic.",
        runbook: Some("inc-001"),
        expect: down!("critical", "warning", "skipped"),
        change: |world| {
            alias_moved(world, "62", minutes(40));
            world.alias_target.weights = vec![("60".to_owned(), 0.5)];
            failing(world, &Fault::Status(502), minutes(20));
            erring(world, "[ERROR] KeyError: 'eggs'", minutes(20));
            shared(world, "62", "60", 20);
            world.culprit = Some("60".to_owned());
        },
    },
    Scene {
        name: "canary-errs-up",
        hides: "The API answers. The errors are of version 60, which takes a tenth of the traffic.",
        runbook: Some("inc-001"),
        expect: Expect::of("warning").with(&[
            ("inc-001", "probe", "ok"),
            ("inc-001", "logs", "warning"),
            ("inc-001", "alias", "warning"),
            ("inc-001", "rollback", "ok"),
        ]),
        change: |world| {
            alias_moved(world, "62", minutes(40));
            world.alias_target.weights = vec![("60".to_owned(), 0.1)];
            erring(world, "[ERROR] KeyError: 'eggs'", minutes(20));
            shared(world, "62", "60", 20);
            world.culprit = None;
        },
    },
    Scene {
        name: "onset-unknown",
        hides: "The function fails, and no recorded run shows when prod moved; metrics show that 61 has served for 4 h.",
        runbook: Some("inc-001"),
        expect: down!("critical", "unknown", "critical"),
        change: |world| {
            failing(world, &Fault::Status(502), minutes(20));
            erring(world, "[ERROR] KeyError: 'eggs'", minutes(20));
            world.recorded.clear();
        },
    },
    Scene {
        name: "api-timeouts",
        hides: "The function runs into its time limit: connections are accepted and never answered.",
        runbook: Some("inc-001"),
        expect: down!("critical", "ok", "critical"),
        change: |world| {
            alias_moved(world, "62", minutes(40));
            failing(world, &Fault::Hang, minutes(20));
            erring(
                world,
                "0f1e2d3c Task timed out after 30.03 seconds",
                minutes(20),
            );
        },
    },
    Scene {
        name: "api-reset",
        hides: "Every connection to the API is reset; the function itself shows no errors.",
        runbook: Some("inc-001"),
        expect: down!("ok", "ok", "skipped"),
        change: |world| failing(world, &Fault::Reset, minutes(20)),
    },
    Scene {
        name: "api-403",
        hides: "The gateway answers 403: a route or a key, not proof of a dead function.",
        runbook: Some("inc-001"),
        expect: down!("ok", "ok", "skipped"),
        change: |world| failing(world, &Fault::Deny, minutes(20)),
    },
    Scene {
        name: "api-429",
        hides: "The gateway throttles: 429 on every try; there is nothing to roll back.",
        runbook: Some("inc-001"),
        expect: down!("ok", "ok", "skipped"),
        change: |world| failing(world, &Fault::Throttle, minutes(20)),
    },
    Scene {
        name: "api-redirect",
        hides: "The API answers with a redirect, which is not followed.",
        runbook: Some("inc-001"),
        expect: down!("ok", "ok", "skipped"),
        change: |world| {
            let away = Fault::Redirect("https://elsewhere.invalid/".to_owned());
            failing(world, &away, minutes(20));
        },
    },
    Scene {
        name: "not-invoked",
        hides: "The API answers 500, and no request has reached the function for 20 min: the gateway lost its permission.",
        runbook: Some("inc-001"),
        expect: down!("critical", "ok", "skipped"),
        change: |world| {
            failing(world, &Fault::Status(500), minutes(20));
            silent_for(world, 20);
        },
    },
    Scene {
        name: "no-metrics-while-down",
        hides: "The API answers 500, the log is clean and CloudWatch has no data: that is no proof of a healthy function.",
        runbook: Some("inc-001"),
        expect: down!("unknown", "ok", "unknown"),
        change: |world| {
            failing(world, &Fault::Status(500), minutes(20));
            no_metrics(world);
        },
    },
    Scene {
        name: "no-metrics-while-up",
        hides: "CloudWatch has no data on the function, but the API answers and the log is clean.",
        runbook: Some("inc-001"),
        expect: up!("ok", "ok", "ok", "skipped", "skipped"),
        change: |world| no_metrics(world),
    },
    Scene {
        name: "drift",
        hides: "prod points to 62; the API reports 61 and answers.",
        runbook: Some("inc-001"),
        expect: up!("warning", "ok", "warning", "ok", "ok"),
        change: |world| alias_moved(world, "62", hours(3)),
    },
    Scene {
        name: "canary-left",
        hides: "A tenth of the traffic still goes to version 60.",
        runbook: Some("inc-001"),
        expect: up!("warning", "ok", "warning", "skipped", "ok"),
        change: |world| {
            world.alias_target.weights = vec![("60".to_owned(), 0.1)];
        },
    },
    Scene {
        name: "alias-latest",
        hides: "prod points to $LATEST: the next upload serves at once.",
        runbook: Some("inc-001"),
        expect: up!("warning", "ok", "warning", "ok", "ok"),
        change: |world| world.alias_target.version = "$LATEST".to_owned(),
    },
    Scene {
        name: "throttled",
        hides: "Requests are throttled, which counts neither as an error nor as an invocation.",
        runbook: Some("inc-001"),
        expect: up!("warning", "warning", "ok", "skipped", "ok"),
        change: |world| function_measured(world, "Throttles", &[(minutes(3), 7.0)]),
    },
    Scene {
        name: "errors-14m",
        hides: "One error line 14 min ago: inside the window of 15 min.",
        runbook: Some("inc-001"),
        expect: up!("warning", "warning", "ok", "skipped", "ok"),
        change: |world| logged(world, minutes(14), "[ERROR] KeyError: 'eggs'"),
    },
    Scene {
        name: "errors-16m",
        hides: "One error line 16 min ago: outside the window of 15 min.",
        runbook: Some("inc-001"),
        expect: up!("ok", "ok", "ok", "skipped", "skipped"),
        change: |world| logged(world, minutes(16), "[ERROR] KeyError: 'eggs'"),
    },
    Scene {
        name: "timeout-unlike-error",
        hides: "The task timed out: a line that a search for ERROR does not find.",
        runbook: Some("inc-001"),
        expect: up!("warning", "warning", "ok", "skipped", "ok"),
        change: |world| {
            let line = "0f1e2d3c Task timed out after 30.03 seconds";
            logged(world, minutes(2), line);
            world.empty_log_pages = 3;
        },
    },
    Scene {
        name: "alias-denied",
        hides: "The role may not read the alias.",
        runbook: Some("inc-001"),
        expect: up!("unknown", "ok", "unknown", "unknown", "unknown"),
        change: |world| {
            world.faults.insert(Operation::GetAlias, Fault::Deny);
        },
    },
    Scene {
        name: "versions-denied",
        hides: "The errors came with version 62, and the role may not list the versions to go back to.",
        runbook: Some("inc-001"),
        expect: down!("critical", "ok", "unknown"),
        change: |world| {
            unimportable(world);
            let denied = Operation::ListVersionsByFunction;
            world.faults.insert(denied, Fault::Deny);
        },
    },
];
