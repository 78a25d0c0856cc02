//! Scenes of INC-004: callback errors, executions, agents.

use super::edit::{agents, callback_errors, hours, minutes, pulsed, ran, seconds, silent};
use super::healthy::{self, DUCKS};
use super::{Expect, Scene};
use crate::practice::FakeStack;
use std::time::Duration;
use time::OffsetDateTime;

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
                ("inc-004", "agents", "ok"),
                ("inc-004", "stale", "warning"),
            ],
        },
        build: spike,
    },
    Scene {
        name: "callback-10",
        hides: "Ten callback errors in a day are at the limit, not over it; the failed \
                executions behind them still deserve a look.",
        runbook: Some("inc-004"),
        expect: Expect {
            verdict: "warning",
            root_cause: None,
            steps: &[
                ("inc-004", "callback-errors", "ok"),
                ("inc-004", "events", "ok"),
                ("inc-004", "executions", "warning"),
                ("inc-004", "agents", "ok"),
                ("inc-004", "stale", "ok"),
            ],
        },
        build: |now| failed_before(now, 10),
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
        build: |now| failed_before(now, 11),
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
        build: |now| {
            let mut world = healthy::world(now);
            callback_errors(&mut world, 7, &[minutes(31), minutes(22), minutes(13)]);
            world
        },
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
        build: |now| {
            let mut world = healthy::world(now);
            ran(&mut world, "peck-0200", "TIMED_OUT", hours(3), None);
            ran(&mut world, "peck-0201", "TIMED_OUT", hours(2), None);
            world
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
        build: |now| running_for(now, minutes(15) - seconds(30)),
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
        build: |now| running_for(now, minutes(16)),
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
        build: |now| {
            let mut world = running_for(now, hours(3));
            for number in 0..7 {
                ran(
                    &mut world,
                    &format!("peck-03{number:02}"),
                    "RUNNING",
                    minutes(1 + number),
                    None,
                );
            }
            world.page_size = Some(3);
            world
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
        build: |now| last_pulse(now, minutes(29)),
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
        build: |now| last_pulse(now, minutes(30)),
    },
    Scene {
        name: "first-run",
        hides: "Seven callback errors at some time, and nobody ever looked before.",
        runbook: Some("inc-004"),
        expect: Expect {
            verdict: "unknown",
            root_cause: None,
            steps: &[
                ("inc-004", "callback-errors", "unknown"),
                ("inc-004", "executions", "ok"),
            ],
        },
        build: |now| {
            let mut world = healthy::world(now);
            world.recorded.clear();
            world
        },
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
        build: |now| {
            let mut world = healthy::world(now);
            world.recorded.clear();
            callback_errors(&mut world, 0, &[]);
            world
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
        build: reset,
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
        build: |now| {
            let mut world = healthy::world(now);
            if let Some(status) = world.status.as_object_mut() {
                status.remove("peck_protocol");
            }
            world
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
        build: |now| {
            let mut world = healthy::world(now);
            world.express = true;
            world
        },
    },
];

fn spike(now: OffsetDateTime) -> FakeStack {
    let mut world = healthy::world(now);
    let moments: Vec<_> = (0..18).map(|nth| minutes(12 + nth * 16)).collect();
    callback_errors(&mut world, 7, &moments);
    agents(&mut world, 2, 0, 1);
    silent(&mut world, DUCKS[2], hours(5));
    ran(&mut world, "peck-0099", "RUNNING", minutes(40), None);
    world
}

/// So many callback errors, one an hour, the last one four hours ago.
fn failed_before(now: OffsetDateTime, count: u64) -> FakeStack {
    let mut world = healthy::world(now);
    let moments: Vec<_> = (0..count).map(|nth| hours(4 + nth)).collect();
    callback_errors(&mut world, 7, &moments);
    world
}

fn running_for(now: OffsetDateTime, time: Duration) -> FakeStack {
    let mut world = healthy::world(now);
    ran(&mut world, "peck-0099", "RUNNING", time, None);
    world
}

fn last_pulse(now: OffsetDateTime, ago: Duration) -> FakeStack {
    let mut world = healthy::world(now);
    for duck in DUCKS {
        silent(&mut world, duck, ago);
    }
    pulsed(&mut world, ago, DUCKS[0]);
    agents(&mut world, 0, 3, 0);
    world
}

fn reset(now: OffsetDateTime) -> FakeStack {
    let mut world = healthy::world(now);
    callback_errors(&mut world, 2, &[]);
    for run in world.recorded.iter_mut().filter(|run| run.ago > hours(6)) {
        for (fact, value) in &mut run.facts {
            if *fact == "peck.callback_errors" {
                *value = 40;
            }
        }
    }
    world
}
