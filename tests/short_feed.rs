//! Claim: an agent that an earlier run saw OFFLINE is named when its last pulse has left a short feed,
//! by every command that speaks of it, and not any longer than it is OFFLINE.

use crate::support::{NOW, Stage, step, world};
use duckops::practice::FakeStack;
use serde_json::Value;

const DEAD: &str = "DECAF00000000003";

/// The feed goes back two hours and shows nothing of the agent that died before.
fn forget(world: &mut FakeStack) {
    world.audit.retain(|entry| {
        let at = entry["timestamp"].as_i64().expect("a time");
        at > NOW - 7_200 && !entry.to_string().contains(DEAD)
    });
    assert!(!world.audit.is_empty());
}

fn triage(stage: &Stage) -> Value {
    stage.duckops(&["triage"]).json().1
}

#[test]
fn an_agent_whose_last_pulse_has_left_the_feed_is_still_named() {
    let stage = Stage::of(world("callbacks-one-dead"));
    // Nobody has seen it, so nobody can name it.
    let unseen = Stage::of(world("callbacks-one-dead"));
    forget(&mut unseen.practice.world());
    let found = step(&triage(&unseen), "bond", "pulse").to_string();
    assert!(!found.contains(DEAD), "{found}");

    triage(&stage);
    forget(&mut stage.practice.world());
    for _ in 0..2 {
        let document = triage(&stage);
        let pulse = step(&document, "bond", "pulse");
        assert_eq!(pulse["verdict"], "critical", "{pulse:#}");
        assert_eq!(pulse["reason_code"], "offline-24h", "{pulse:#}");
        let command = format!("duckops bond show {DEAD}");
        assert_eq!(document["next_action"]["command"], command.as_str());
    }
    let (code, shown) = stage.duckops(&["bond", "show", DEAD]).json();
    assert_eq!(
        (code, &shown["bond"]["health"]),
        (2, &"OFFLINE".into()),
        "{shown:#}"
    );
    let list = stage.duckops(&["bond", "list"]).run();
    assert!(list.stdout.contains(DEAD) && list.code == 2, "{list:?}");
    let trends = stage.duckops(&["history"]).run();
    assert!(!trends.stdout.contains(DEAD), "{trends:?}");
}

#[test]
fn an_agent_that_came_back_is_not_named_when_another_one_dies_unseen() {
    let stage = Stage::of(world("callbacks-one-dead"));
    triage(&stage);
    // It pulses again.
    stage.practice.world().audit.extend(world("healthy").audit);
    stage.practice.world().status = world("healthy").status;
    let pulse = triage(&stage);
    assert_eq!(step(&pulse, "bond", "pulse")["verdict"], "ok", "{pulse:#}");
    // And later nothing of it is left, while somebody is dead.
    forget(&mut stage.practice.world());
    stage.practice.world().status = world("callbacks-one-dead").status;
    let found = step(&triage(&stage), "bond", "pulse").to_string();
    assert!(!found.contains(DEAD), "{found}");
}
