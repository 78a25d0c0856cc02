//! Scenes: worlds with one thing wrong, or nothing, each with the verdict that is due.
//! The verdicts are words, as a person reads them; nothing here knows how they are drawn.

mod edit;
mod healthy;
mod mail;
mod outage;
mod peck;

use super::World;
use std::sync::LazyLock;
use time::OffsetDateTime;

/// A world and what has to be said about it.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What is wrong in it, in one sentence.
    pub hides: &'static str,
    /// The runbook it is judged with; none for all of them.
    pub runbook: Option<&'static str>,
    /// What has to come out.
    pub expect: Expect,
    /// Makes the world as it is at this moment.
    pub build: fn(OffsetDateTime) -> World,
}

/// The verdict that is due: `ok`, `warning`, `critical`, `unknown` or `skipped`.
#[derive(Clone, Copy, Debug)]
pub struct Expect {
    /// Of the whole run.
    pub verdict: &'static str,
    /// The runbook that explains the rest.
    pub root_cause: Option<&'static str>,
    /// Runbook, step and verdict, where the scene makes them certain.
    pub steps: &'static [(&'static str, &'static str, &'static str)],
}

/// Every scene.
pub fn scenes() -> &'static [Scene] {
    static SCENES: LazyLock<Vec<Scene>> =
        LazyLock::new(|| [healthy::SCENES, peck::SCENES, mail::SCENES, outage::SCENES].concat());
    &SCENES
}

/// The scene of this name.
pub fn find(name: &str) -> Option<&'static Scene> {
    scenes().iter().find(|scene| scene.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn now() -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_774_148_400).expect("March 2026")
    }

    #[test]
    fn every_scene_has_a_name_of_its_own_and_is_found_by_it() {
        let names: BTreeSet<_> = scenes().iter().map(|scene| scene.name).collect();
        assert_eq!(names.len(), scenes().len());
        assert!(names.iter().all(|name| find(name).is_some()));
        assert!(find("no-such-scene").is_none());
    }

    #[test]
    fn every_expectation_is_a_verdict_on_a_known_step() {
        let verdicts = ["ok", "warning", "critical", "unknown", "skipped"];
        let inc_004 = ["callback-errors", "events", "executions", "agents", "stale"];
        let inc_005 = [
            "quota",
            "capacity",
            "production-access",
            "bounces",
            "record",
        ];
        for scene in scenes() {
            let name = scene.name;
            assert!(verdicts.contains(&scene.expect.verdict), "{name}");
            for (runbook, step, verdict) in scene.expect.steps {
                assert!(verdicts.contains(verdict), "{name}: {verdict}");
                let steps = match *runbook {
                    "inc-004" => inc_004,
                    "inc-005" => inc_005,
                    other => panic!("{name}: {other} is no runbook of a scene yet"),
                };
                assert!(steps.contains(step), "{name}: {step}");
                assert!(
                    scene.runbook.is_none_or(|r| r == *runbook),
                    "{name}: {runbook}"
                );
            }
        }
    }

    #[test]
    fn a_step_is_never_worse_than_its_run() {
        let rank = |verdict| match verdict {
            "critical" => 3,
            "unknown" => 2,
            "warning" => 1,
            _ => 0,
        };
        for scene in scenes() {
            let worst = scene
                .expect
                .steps
                .iter()
                .map(|(_, _, v)| rank(v))
                .max()
                .unwrap_or(0);
            assert!(worst <= rank(scene.expect.verdict), "{}", scene.name);
        }
    }

    #[test]
    fn feeds_are_newest_first_and_nothing_is_from_the_future() {
        for scene in scenes() {
            let world = (scene.build)(now());
            let stamps: Vec<_> = world
                .audit
                .iter()
                .filter_map(|e| e["timestamp"].as_i64())
                .collect();
            assert!(stamps.is_sorted_by(|a, b| a >= b), "{}", scene.name);
            assert!(
                stamps.iter().all(|&s| s <= now().unix_timestamp()),
                "{}",
                scene.name
            );
            assert!(
                world.recorded.is_sorted_by(|a, b| a.ago > b.ago),
                "{}",
                scene.name
            );
        }
    }
}
