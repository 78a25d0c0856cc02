//! Scenes of INC-004: callback errors, executions, agents.

use super::edit::{
    agents, callback_errors, callbacks_were_to, hours, minutes, pulsed, ran, seconds, silent,
};
use super::healthy::DUCKS;
use super::{Expect, Scene};
use crate::practice::FakeStack;
use std::time::Duration;

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "inc-004",
        hides: "Eighteen callbacks failed in five hours because one agent is gone, and one \
                request has been stuck for forty minutes.",
        runbook: Some("inc-004"),
        expect: Expect {
            verdict: "critical",
            root_cause: Some("inc-004"),
            steps: &[
                ("inc-004", "callback-errors", "critical"),
                ("inc-004", "events", "warning"),
                ("inc-004", "executions", "warning"),
                ("inc-004", "agents", "critical"),
                ("inc-004", "stale", "warning"),
            ],
        },
        change: spike,
    },
    Scene {
        name: "callbacks-one-dead",
        hides: "Four callbacks failed in the last two hours, all to the one agent that has been dead \
                for five; the other two pulse as ever.",
        runbook: Some("inc-004"),
        expect: Expect {
            verdict: "warning",
            root_cause: None,
            steps: &[
                ("inc-004", "callback-errors", "warning"),
                ("inc-004", "events", "warning"),
                ("inc-004", "agents", "warning"),
                ("inc-004", "stale", "ok"),
            ],
        },
        change: |world| {
            let moments: Vec<_> = (0..4).map(|nth| minutes(20 + nth * 30)).collect();
            callback_errors(world, 7, &moments);
            callbacks_were_to(world, DUCKS[2]);
            agents(world, 2, 0, 1);
            silent(world, DUCKS[2], hours(5));
        },
    },
    Scene {
        name: "callback-stray",
        hides: "One callback failed nineteen hours ago and nothing happened since: it is history, \
                though it is still among the five newest requests.",
        runbook: Some("inc-004"),
        expect: Expect {
            verdict: "ok",
            root_cause: None,
            steps: &[
                ("inc-004", "callback-errors", "ok"),
                ("inc-004", "events", "ok"),
                ("inc-004", "agents", "ok"),
            ],
        },
        change: |world| {
            world.audit.retain(|entry| {
                let kind = entry["event_type"].as_str();
                !kind.is_some_and(|kind| kind.starts_with("peck"))
            });
            world.executions.clear();
            for count in ["running", "succeeded"] {
                world.status["peck_protocol"][count] = 0.into();
            }
            callback_errors(world, 7, &[hours(19)]);
            callbacks_were_to(world, DUCKS[1]);
            // It was answered in the end.
            world.executions.clear();
        },
    },
    Scene {
        name: "callback-10",
        hides: "Ten callback errors in a day are at the limit, not over it, and so are the \
                failed executions behind them.",
        runbook: Some("inc-004"),
        expect: Expect {
            verdict: "ok",
            root_cause: None,
            steps: &[
                ("inc-004", "callback-errors", "ok"),
                ("inc-004", "events", "ok"),
                ("inc-004", "executions", "ok"),
                ("inc-004", "agents", "ok"),
                ("inc-004", "stale", "ok"),
            ],
        },
        change: |world| failed_before(world, 10),
    },
    Scene {
        name: "callback-11",
        hides: "Eleven callback errors in a day, none of them recent: over the limit, though \
                nothing is happening right now.",
        runbook: Some("inc-004"),
        expect: Expect {
            verdict: "critical",
            root_cause: Some("inc-004"),
            steps: &[
                ("inc-004", "callback-errors", "critical"),
                ("inc-004", "events", "ok"),
                ("inc-004", "executions", "warning"),
            ],
        },
        change: |world| failed_before(world, 11),
    },
    Scene {
        name: "callback-rising",
        hides: "Three callback errors in the last half hour: far from the limit, but rising.",
        runbook: Some("inc-004"),
        expect: Expect {
            verdict: "warning",
            root_cause: None,
            steps: &[
                ("inc-004", "callback-errors", "warning"),
                ("inc-004", "events", "warning"),
                ("inc-004", "executions", "warning"),
            ],
        },
        change: |world| callback_errors(world, 7, &[minutes(31), minutes(22), minutes(13)]),
    },
    Scene {
        name: "timed-out-only",
        hides: "Nothing FAILED: the executions timed out, which a filter for FAILED never shows.",
        runbook: Some("inc-004"),
        expect: Expect {
            verdict: "warning",
            root_cause: None,
            steps: &[
                ("inc-004", "executions", "warning"),
                ("inc-004", "callback-errors", "ok"),
            ],
        },
        change: |world| {
            ran(world, "peck-0200", "TIMED_OUT", hours(3), None);
            ran(world, "peck-0201", "TIMED_OUT", minutes(50), None);
        },
    },
    Scene {
        name: "stale-15",
        hides: "A request has been running for a few seconds less than the fifteen minutes \
                that would make it stale.",
        runbook: Some("inc-004"),
        expect: Expect {
            verdict: "ok",
            root_cause: None,
            steps: &[("inc-004", "stale", "ok"), ("inc-004", "executions", "ok")],
        },
        change: |world| running_for(world, minutes(15) - seconds(30)),
    },
    Scene {
        name: "stale-16",
        hides: "A request has been running for sixteen minutes, one more than is allowed.",
        runbook: Some("inc-004"),
        expect: Expect {
            verdict: "warning",
            root_cause: None,
            steps: &[
                ("inc-004", "stale", "warning"),
                ("inc-004", "executions", "ok"),
            ],
        },
        change: |world| running_for(world, minutes(16)),
    },
    Scene {
        name: "stale-last-page",
        hides: "The only stuck request is on the last page of many that run as they should.",
        runbook: Some("inc-004"),
        expect: Expect {
            verdict: "warning",
            root_cause: None,
            steps: &[
                ("inc-004", "stale", "warning"),
                ("inc-004", "executions", "ok"),
            ],
        },
        change: |world| {
            running_for(world, hours(3));
            for number in 0..7 {
                ran(
                    world,
                    &format!("peck-03{number:02}"),
                    "RUNNING",
                    minutes(1 + number),
                    None,
                );
            }
            world.page_size = Some(3);
        },
    },
    Scene {
        name: "pulse-29",
        hides: "No agent has pulsed for 29 minutes: all are slow, none is gone yet.",
        runbook: Some("inc-004"),
        expect: Expect {
            verdict: "ok",
            root_cause: None,
            steps: &[("inc-004", "agents", "ok")],
        },
        change: |world| last_pulse(world, minutes(29)),
    },
    Scene {
        name: "pulse-30",
        hides: "No agent has pulsed for 30 minutes, while the counters still call them slow.",
        runbook: Some("inc-004"),
        expect: Expect {
            verdict: "warning",
            root_cause: None,
            steps: &[("inc-004", "agents", "warning")],
        },
        change: |world| last_pulse(world, minutes(30)),
    },
    Scene {
        name: "first-run",
        hides: "Seven callback errors at some time, and nobody ever looked before.",
        runbook: Some("inc-004"),
        expect: Expect {
            verdict: "ok",
            root_cause: None,
            steps: &[
                ("inc-004", "callback-errors", "skipped"),
                ("inc-004", "executions", "ok"),
            ],
        },
        change: |world| world.recorded.clear(),
    },
    Scene {
        name: "total-zero-first-run",
        hides: "Nobody ever looked before, but a total of zero leaves nothing to wonder about.",
        runbook: Some("inc-004"),
        expect: Expect {
            verdict: "ok",
            root_cause: None,
            steps: &[("inc-004", "callback-errors", "ok")],
        },
        change: |world| {
            world.recorded.clear();
            callback_errors(world, 0, &[]);
        },
    },
    Scene {
        name: "counter-reset",
        hides: "The running total fell from 40 to 2 six hours ago: what it said before and \
                after cannot be subtracted.",
        runbook: Some("inc-004"),
        expect: Expect {
            verdict: "unknown",
            root_cause: None,
            steps: &[("inc-004", "callback-errors", "unknown")],
        },
        change: reset,
    },
    Scene {
        name: "missing-counter",
        hides: "The status document has no peck section, which is not the same as no errors.",
        runbook: Some("inc-004"),
        expect: Expect {
            verdict: "unknown",
            root_cause: None,
            steps: &[
                ("inc-004", "callback-errors", "unknown"),
                ("inc-004", "agents", "ok"),
            ],
        },
        change: |world| {
            if let Some(status) = world.status.as_object_mut() {
                status.remove("peck_protocol");
            }
        },
    },
    Scene {
        name: "express",
        hides: "The state machine is of a type that keeps no list of executions.",
        runbook: Some("inc-004"),
        expect: Expect {
            verdict: "unknown",
            root_cause: None,
            steps: &[
                ("inc-004", "executions", "unknown"),
                ("inc-004", "stale", "unknown"),
            ],
        },
        change: |world| {
            world.express = true;
        },
    },
];

fn spike(world: &mut FakeStack) {
    let moments: Vec<_> = (0..18).map(|nth| minutes(12 + nth * 16)).collect();
    callback_errors(world, 7, &moments);
    agents(world, 2, 0, 1);
    callbacks_were_to(world, DUCKS[2]);
    silent(world, DUCKS[2], hours(5));
    ran(world, "peck-0099", "RUNNING", minutes(40), None);
}

/// So many callback errors, one an hour, the last one four hours ago.
fn failed_before(world: &mut FakeStack, count: u64) {
    let moments: Vec<_> = (0..count).map(|nth| hours(4 + nth)).collect();
    callback_errors(world, 7, &moments);
}

fn running_for(world: &mut FakeStack, time: Duration) {
    ran(world, "peck-0099", "RUNNING", time, None);
}

fn last_pulse(world: &mut FakeStack, ago: Duration) {
    for duck in DUCKS {
        silent(world, duck, ago);
    }
    pulsed(world, ago, DUCKS[0]);
    agents(world, 0, 3, 0);
}

fn reset(world: &mut FakeStack) {
    callback_errors(world, 2, &[]);
    for run in world.recorded.iter_mut().filter(|run| run.ago > hours(6)) {
        for (fact, value) in &mut run.facts {
            if *fact == "peck.callback_errors" {
                *value = 40;
            }
        }
    }
}
