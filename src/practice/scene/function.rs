//! Scenes of INC-001: the function behind the API, its alias, its log and its metrics.

use super::calls::{forget_version_metrics, no_metrics, shared, silent_for, tested};
use super::edit::{alias_moved, erring, failing, function_measured, hours, logged, minutes};
use super::{Expect, Scene};
use crate::practice::{FakeStack, Fault, Operation};

/// Verdicts on the five steps, in their order.
macro_rules! steps {
    ($verdict:literal, $cause:expr, $probe:literal, $logs:literal, $alias:literal, $rollback:literal, $recovery:literal) => {
        Expect {
            verdict: $verdict,
            root_cause: $cause,
            steps: &[
                ("inc-001", "probe", $probe),
                ("inc-001", "logs", $logs),
                ("inc-001", "alias", $alias),
                ("inc-001", "rollback", $rollback),
                ("inc-001", "recovery", $recovery),
            ],
        }
    };
}

/// The API is down.
macro_rules! down {
    ($logs:literal, $alias:literal, $rollback:literal) => {
        steps!(
            "critical",
            Some("inc-001"),
            "critical",
            $logs,
            $alias,
            $rollback,
            "critical"
        )
    };
    ($logs:literal, $alias:literal, $rollback:literal) => {
        steps!(
            "critical",
            Some("inc-001"),
            "critical",
            $logs,
            $alias,
            $rollback,
            "critical"
        )
    };
}

/// The API answers.
macro_rules! up {
    ($verdict:literal, $logs:literal, $alias:literal, $rollback:literal, $recovery:literal) => {
        steps!($verdict, None, "ok", $logs, $alias, $rollback, $recovery)
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
        hides: "Version 62 went live forty minutes ago and cannot be loaded since twenty; the \
                API answers 502. Version 61 was seen serving before.",
        runbook: Some("inc-001"),
        expect: down!("critical", "ok", "critical"),
        change: unimportable,
    },
    Scene {
        name: "onset-before-move",
        hides: "The errors are older than the version: somebody moved the alias during the \
                outage, and going back would change nothing.",
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
        hides: "The errors came with version 62. Nobody recorded what served before it, but its \
                metrics show that 61 served well.",
        runbook: Some("inc-001"),
        expect: down!("critical", "unknown", "critical"),
        change: |world| {
            unimportable(world);
            forget_good_answers(world);
        },
    },
    Scene {
        name: "onset-after-move-no-way-back",
        hides: "The errors came with version 62, and neither metrics nor recorded runs tell what \
                served before it.",
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
        hides: "Half of the traffic goes to version 62 since forty minutes ago, and only 62 fails. \
                Somebody's tests of $LATEST, which fail for two hours, are no part of it.",
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
        hides: "Version 62 is well. The errors that began after the alias moved to it are of 60, \
                to which a part of the traffic goes.",
        runbook: Some("inc-001"),
        expect: down!("critical", "warning", "skipped"),
        change: |world| {
            alias_moved(world, "62", minutes(40));
            world.alias_target.weights = vec![("60".to_owned(), 0.5)];
            failing(world, &Fault::Status(502), minutes(20));
            erring(world, "[ERROR] KeyError: 'eggs'", minutes(20));
            shared(world, "62", "60", 20);
        },
    },
    Scene {
        name: "onset-unknown",
        hides: "The function fails, and no earlier run tells when the alias moved; by its metrics \
                version 61 has served for four hours.",
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
        hides: "The function runs into its time limit: connections are accepted and never \
                answered.",
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
        hides: "Every connection to the API is torn; the function itself is calm.",
        runbook: Some("inc-001"),
        expect: down!("ok", "ok", "skipped"),
        change: |world| failing(world, &Fault::Reset, minutes(20)),
    },
    Scene {
        name: "api-403",
        hides: "The gateway answers 403: a route or a key, and no proof of a dead function.",
        runbook: Some("inc-001"),
        expect: down!("ok", "ok", "skipped"),
        change: |world| failing(world, &Fault::Deny, minutes(20)),
    },
    Scene {
        name: "api-429",
        hides: "The gateway throttles: 429 at every try, and nothing to roll back.",
        runbook: Some("inc-001"),
        expect: down!("ok", "ok", "skipped"),
        change: |world| failing(world, &Fault::Throttle, minutes(20)),
    },
    Scene {
        name: "api-redirect",
        hides: "The API sends everybody elsewhere, and nobody follows.",
        runbook: Some("inc-001"),
        expect: down!("ok", "ok", "skipped"),
        change: |world| {
            let away = Fault::Redirect("https://elsewhere.invalid/".to_owned());
            failing(world, &away, minutes(20));
        },
    },
    Scene {
        name: "not-invoked",
        hides: "The API answers 500, and for twenty minutes no request has reached the function: \
                the gateway lost its permission.",
        runbook: Some("inc-001"),
        expect: down!("critical", "ok", "skipped"),
        change: |world| {
            failing(world, &Fault::Status(500), minutes(20));
            silent_for(world, 20);
        },
    },
    Scene {
        name: "no-metrics-while-down",
        hides: "The API answers 500, the log is clean and CloudWatch knows nothing: silence \
                proves no peace.",
        runbook: Some("inc-001"),
        expect: down!("unknown", "ok", "unknown"),
        change: |world| {
            failing(world, &Fault::Status(500), minutes(20));
            no_metrics(world);
        },
    },
    Scene {
        name: "no-metrics-while-up",
        hides: "CloudWatch knows nothing of the function, but the API answers and the log is \
                clean.",
        runbook: Some("inc-001"),
        expect: up!("ok", "ok", "ok", "skipped", "skipped"),
        change: |world| no_metrics(world),
    },
    Scene {
        name: "drift",
        hides: "The alias points to 62, the API says that it runs 61, and answers.",
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
        hides: "The alias points to $LATEST: the next upload is live at once.",
        runbook: Some("inc-001"),
        expect: up!("warning", "ok", "warning", "ok", "ok"),
        change: |world| world.alias_target.version = "$LATEST".to_owned(),
    },
    Scene {
        name: "throttled",
        hides: "Requests are throttled, which is neither an error nor an invocation.",
        runbook: Some("inc-001"),
        expect: up!("warning", "warning", "ok", "skipped", "ok"),
        change: |world| function_measured(world, "Throttles", &[(minutes(3), 7.0)]),
    },
    Scene {
        name: "errors-14m",
        hides: "One error line fourteen minutes ago: inside the quarter of an hour.",
        runbook: Some("inc-001"),
        expect: up!("warning", "warning", "ok", "skipped", "ok"),
        change: |world| logged(world, minutes(14), "[ERROR] KeyError: 'eggs'"),
    },
    Scene {
        name: "errors-16m",
        hides: "One error line sixteen minutes ago: outside.",
        runbook: Some("inc-001"),
        expect: up!("ok", "ok", "ok", "skipped", "skipped"),
        change: |world| logged(world, minutes(16), "[ERROR] KeyError: 'eggs'"),
    },
    Scene {
        name: "timeout-unlike-error",
        hides: "A line that a search for ERROR never finds: the task timed out.",
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
        hides: "The operator's role may not read the alias.",
        runbook: Some("inc-001"),
        expect: up!("unknown", "ok", "unknown", "unknown", "unknown"),
        change: |world| {
            world.faults.insert(Operation::GetAlias, Fault::Deny);
        },
    },
    Scene {
        name: "versions-denied",
        hides: "The errors came with version 62, and the role may not list what there is to go \
                back to.",
        runbook: Some("inc-001"),
        expect: down!("critical", "ok", "unknown"),
        change: |world| {
            unimportable(world);
            let denied = Operation::ListVersionsByFunction;
            world.faults.insert(denied, Fault::Deny);
        },
    },
];
