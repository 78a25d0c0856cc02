//! What the room promises, as claims.

use super::super::{find, scenes};
use super::*;

fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_774_148_400).expect("March 2026")
}

fn world(scene: &str) -> FakeStack {
    find(scene).expect("a scene").world(now())
}

fn newest_pulse(world: &FakeStack) -> i64 {
    let pulses = world.audit.iter().filter(|e| e["event_type"] == "pulse");
    pulses
        .filter_map(|e| e["timestamp"].as_i64())
        .max()
        .expect("a pulse")
}

#[test]
fn agents_keep_their_state_for_an_hour() {
    let later = now() + time::Duration::HOUR;
    let mut healthy = world("healthy");
    let series = healthy.metrics.len();
    healthy.advance(later);
    assert!(later.unix_timestamp() - newest_pulse(&healthy) < 600);
    let minute = time::Duration::MINUTE;
    for name in ["Invocations", "Errors", "Throttles"] {
        let own = healthy.metrics.iter().filter(|series| series.name == name);
        let newest = own
            .flat_map(|series| &series.points)
            .map(|(at, _)| *at)
            .max();
        assert!(newest.expect("a point") > later - minute * 2, "{name}");
    }
    assert_eq!(healthy.metrics.len(), series);
    let lines = healthy.log_events.iter().map(|line| line.at).max();
    assert!(lines.expect("a line") > later - minute * 2);
    let mut dead = world("fleet-dead-30h");
    let before = newest_pulse(&dead);
    dead.advance(later);
    assert_eq!(newest_pulse(&dead), before);
}

#[test]
fn after_a_rollback_the_other_version_executes_without_errors() {
    let mut world = world("inc-001");
    world.advance(now() + time::Duration::MINUTE * 10);
    let target = crate::practice::FakeAlias {
        version: "61".to_owned(),
        ..world.alias_target.clone()
    };
    world.moved_to(target);
    let later = now() + time::Duration::MINUTE * 30;
    world.advance(later);
    let since = later - time::Duration::MINUTE * 10;
    let recent = |name: &str, version: Option<&str>| -> Vec<f64> {
        let own = world.metrics.iter().filter(|series| {
            series.name == name && version.is_none_or(|v| executed_version(series) == Some(v))
        });
        let points = own.flat_map(|series| &series.points);
        points
            .filter(|(at, _)| *at > since)
            .map(|(_, value)| *value)
            .collect()
    };
    let lines = world.log_events.iter().filter(|line| line.at > since);
    let lines: Vec<_> = lines.map(|line| (line.version(), &line.message)).collect();
    let is_call = |(version, _): &(Option<&str>, &String)| *version == Some("61");
    assert!(lines.len() >= 18 && lines.iter().all(is_call), "{lines:?}");
    assert!(recent("Invocations", Some("61")).len() >= 9);
    assert!(recent("Invocations", Some("62")).is_empty());
    let errors = recent("Errors", None);
    assert!(
        !errors.is_empty() && errors.iter().all(|value| *value == 0.0),
        "{errors:?}"
    );
}

#[test]
fn requests_are_decided_within_six_minutes_and_a_stuck_one_stays_stuck() {
    let mut healthy = world("healthy");
    healthy.advance(now() + time::Duration::HOUR * 3);
    let running = healthy.executions.iter().filter(|e| e.status == "RUNNING");
    let running: Vec<_> = running.collect();
    assert!(
        running
            .iter()
            .all(|e| e.start + DECISION > healthy.lived_until)
    );
    assert_eq!(healthy.status["peck_protocol"]["running"], running.len());
    let mut stuck = world("inc-004");
    let before: Vec<_> = stuck
        .executions
        .iter()
        .filter(|e| e.status == "RUNNING" && e.start + DECISION < now())
        .cloned()
        .collect();
    assert!(!before.is_empty());
    stuck.advance(now() + time::Duration::HOUR * 3);
    assert!(before.iter().all(|e| stuck.executions.contains(e)));
}

#[test]
fn advancing_in_small_steps_equals_one_large_step() {
    for scene in scenes() {
        let (mut once, mut often) = (scene.world(now()), scene.world(now()));
        once.advance(now() + time::Duration::HOUR * 2);
        for minute in 1..=24 {
            often.advance(now() + time::Duration::MINUTE * (minute * 5));
        }
        let name = scene.name;
        assert_eq!(once.status, often.status, "{name}");
        assert_eq!(once.audit.len(), often.audit.len(), "{name}");
        assert_eq!(once.executions.len(), often.executions.len(), "{name}");
        assert_eq!(once.log_events.len(), often.log_events.len(), "{name}");
        let points = |world: &FakeStack| -> usize {
            world.metrics.iter().map(|series| series.points.len()).sum()
        };
        assert_eq!(points(&once), points(&often), "{name}");
    }
}
