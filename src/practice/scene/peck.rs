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
        hides: "18 callbacks failed in 5 h because one agent is offline, and one request has been stuck for 40 min.",
        runbook: Some("inc-004"),
        expect: Expect::caused_by("inc-004").with(&[
            ("inc-004", "callback-errors", "critical"),
            ("inc-004", "events", "warning"),
            ("inc-004", "executions", "warning"),
            ("inc-004", "agents", "critical"),
            ("inc-004", "stale", "warning"),
        ]),
        change: spike,
    },
    Scene {
        name: "callbacks-one-dead",
        hides: "Four callbacks failed in 2 h, all to the one agent that has been dead for 5 h; the other two pulse.",
        runbook: Some("inc-004"),
        expect: Expect::of("warning").with(&[
            ("inc-004", "callback-errors", "warning"),
            ("inc-004", "events", "warning"),
            ("inc-004", "agents", "warning"),
            ("inc-004", "stale", "ok"),
        ]),
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
        hides: "One callback failed 19 h ago and none since: history, though still among the five newest requests.",
        runbook: Some("inc-004"),
        expect: Expect::of("ok").with(&[
            ("inc-004", "callback-errors", "ok"),
            ("inc-004", "events", "ok"),
            ("inc-004", "agents", "ok"),
        ]),
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
        hides: "10 callback errors in 24 h are at the limit, not over it; so are the failed executions.",
        runbook: Some("inc-004"),
        expect: Expect::of("ok").with(&[
            ("inc-004", "callback-errors", "ok"),
            ("inc-004", "events", "ok"),
            ("inc-004", "executions", "ok"),
            ("inc-004", "agents", "ok"),
            ("inc-004", "stale", "ok"),
        ]),
        change: |world| failed_before(world, 10),
    },
    Scene {
        name: "callback-11",
        hides: "11 callback errors in 24 h, none of them recent: over the limit, though nothing fails now.",
        runbook: Some("inc-004"),
        expect: Expect::caused_by("inc-004").with(&[
            ("inc-004", "callback-errors", "critical"),
            ("inc-004", "events", "ok"),
            ("inc-004", "executions", "warning"),
        ]),
        change: |world| failed_before(world, 11),
    },
    Scene {
        name: "callback-rising",
        hides: "Three callback errors in the last 30 min: far below the limit, but rising.",
        runbook: Some("inc-004"),
        expect: Expect::of("warning").with(&[
            ("inc-004", "callback-errors", "warning"),
            ("inc-004", "events", "warning"),
            ("inc-004", "executions", "warning"),
        ]),
        change: |world| callback_errors(world, 7, &[minutes(31), minutes(22), minutes(13)]),
    },
    Scene {
        name: "timed-out-only",
        hides: "No execution FAILED: they timed out, which a filter for FAILED does not show.",
        runbook: Some("inc-004"),
        expect: Expect::of("warning").with(&[
            ("inc-004", "executions", "warning"),
            ("inc-004", "callback-errors", "ok"),
        ]),
        change: |world| {
            ran(world, "peck-0200", "TIMED_OUT", hours(3), None);
            ran(world, "peck-0201", "TIMED_OUT", minutes(50), None);
        },
    },
    Scene {
        name: "stale-15",
        hides: "A request has been RUNNING for a few seconds less than 15 min, the limit.",
        runbook: Some("inc-004"),
        expect: Expect::of("ok")
            .with(&[("inc-004", "stale", "ok"), ("inc-004", "executions", "ok")]),
        change: |world| running_for(world, minutes(15) - seconds(30)),
    },
    Scene {
        name: "stale-16",
        hides: "A request has been RUNNING for 16 min, one minute over the limit.",
        runbook: Some("inc-004"),
        expect: Expect::of("warning").with(&[
            ("inc-004", "stale", "warning"),
            ("inc-004", "executions", "ok"),
        ]),
        change: |world| running_for(world, minutes(16)),
    },
    Scene {
        name: "stale-last-page",
        hides: "The only stuck request is on the last of many pages.",
        runbook: Some("inc-004"),
        expect: Expect::of("warning").with(&[
            ("inc-004", "stale", "warning"),
            ("inc-004", "executions", "ok"),
        ]),
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
        hides: "No agent has pulsed for 29 min: all are SLOW, none is OFFLINE yet.",
        runbook: Some("inc-004"),
        expect: Expect::of("ok").with(&[("inc-004", "agents", "ok")]),
        change: |world| last_pulse(world, minutes(29)),
    },
    Scene {
        name: "pulse-30",
        hides: "No agent has pulsed for 30 min, while the counters still report them as slow.",
        runbook: Some("inc-004"),
        expect: Expect::of("warning").with(&[("inc-004", "agents", "warning")]),
        change: |world| last_pulse(world, minutes(30)),
    },
    Scene {
        name: "first-run",
        hides: "Seven callback errors at an unknown time, and no history.",
        runbook: Some("inc-004"),
        expect: Expect::of("ok").with(&[
            ("inc-004", "callback-errors", "skipped"),
            ("inc-004", "executions", "ok"),
        ]),
        change: |world| world.recorded.clear(),
    },
    Scene {
        name: "total-zero-first-run",
        hides: "No history, but a total of zero callback errors needs none.",
        runbook: Some("inc-004"),
        expect: Expect::of("ok").with(&[("inc-004", "callback-errors", "ok")]),
        change: |world| {
            world.recorded.clear();
            callback_errors(world, 0, &[]);
        },
    },
    Scene {
        name: "counter-reset",
        hides: "The running total fell from 40 to 2 six hours ago: the increase over that is not known.",
        runbook: Some("inc-004"),
        expect: Expect::of("unknown").with(&[("inc-004", "callback-errors", "unknown")]),
        change: reset,
    },
    Scene {
        name: "missing-counter",
        hides: "The status document has no peck section, which is not the same as no errors.",
        runbook: Some("inc-004"),
        expect: Expect::of("unknown").with(&[
            ("inc-004", "callback-errors", "unknown"),
            ("inc-004", "agents", "ok"),
        ]),
        change: |world| {
            if let Some(status) = world.status.as_object_mut() {
                status.remove("peck_protocol");
            }
        },
    },
    Scene {
        name: "express",
        hides: "The state machine is of type EXPRESS, which keeps no list of executions.",
        runbook: Some("inc-004"),
        expect: Expect::of("unknown").with(&[
            ("inc-004", "executions", "unknown"),
            ("inc-004", "stale", "unknown"),
        ]),
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

/// This many callback errors, one an hour, the last one four hours ago.
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
