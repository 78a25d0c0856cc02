//! Scenes: worlds with one thing wrong, or nothing, each with the verdict that is due.
//! The verdicts are words, as a person reads them; nothing here knows how they are drawn.

/// Verdicts on the five steps of INC-001, in their order.
macro_rules! inc_001 {
    ($probe:literal, $logs:literal, $alias:literal, $rollback:literal, $recovery:literal) => {
        &[
            ("inc-001", "probe", $probe),
            ("inc-001", "logs", $logs),
            ("inc-001", "alias", $alias),
            ("inc-001", "rollback", $rollback),
            ("inc-001", "recovery", $recovery),
        ]
    };
}

/// The API is down.
macro_rules! down {
    ($logs:literal, $alias:literal, $rollback:literal) => {
        Expect::caused_by("inc-001")
            .with(inc_001!("critical", $logs, $alias, $rollback, "critical"))
    };
}

mod calls;
mod certs;
mod deploys;
mod edit;
mod fleet;
mod function;
mod healthy;
mod mail;
mod outage;
mod pairs;
mod peck;
mod people;

use super::FakeStack;
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
    /// Turns a good day into it.
    pub change: fn(&mut FakeStack),
}

impl Scene {
    /// The world of the scene as it is at this moment.
    pub fn world(&self, now: OffsetDateTime) -> FakeStack {
        let mut world = healthy::world(now);
        (self.change)(&mut world);
        world
    }
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

impl Expect {
    /// A run of this verdict that nothing explains.
    const fn of(verdict: &'static str) -> Self {
        Self {
            verdict,
            root_cause: None,
            steps: &[],
        }
    }

    /// A critical run that this runbook explains.
    const fn caused_by(runbook: &'static str) -> Self {
        Self {
            root_cause: Some(runbook),
            ..Self::of("critical")
        }
    }

    /// The verdicts of these steps are certain too.
    const fn with(self, steps: &'static [(&'static str, &'static str, &'static str)]) -> Self {
        Self { steps, ..self }
    }
}

/// Every scene.
pub fn scenes() -> &'static [Scene] {
    static SCENES: LazyLock<Vec<Scene>> = LazyLock::new(|| {
        [
            healthy::SCENES,
            function::SCENES,
            deploys::SCENES,
            certs::SCENES,
            fleet::SCENES,
            peck::SCENES,
            people::SCENES,
            mail::SCENES,
            outage::SCENES,
            pairs::SCENES,
        ]
        .concat()
    });
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
        let inc_001 = ["probe", "logs", "alias", "rollback", "recovery"];
        let inc_002 = ["counts", "last-cert", "logs", "ses", "code-path"];
        let inc_003 = ["agents", "pulses", "cause", "peck-impact", "handoff"];
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
                    "inc-001" => inc_001,
                    "inc-002" => inc_002,
                    "inc-003" => inc_003,
                    "inc-004" => inc_004,
                    "inc-005" => inc_005,
                    "peck" => ["pending", "approved", "denied", "expired", "callback-error"],
                    "bond" => ["bond", "pulse", "rotate", "disconnect", "webhook"],
                    other => panic!("{name}: {other} is no runbook of a scene"),
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

    fn world(name: &str) -> FakeStack {
        find(name).expect("a scene").world(now())
    }

    #[test]
    fn feeds_are_newest_first_and_nothing_is_from_the_future() {
        for scene in scenes() {
            let world = scene.world(now());
            let stamps: Vec<_> = world
                .audit
                .iter()
                .map(|e| e["timestamp"].as_i64())
                .collect();
            assert!(stamps.is_sorted_by(|a, b| a >= b), "{}", scene.name);
            assert!(
                stamps.iter().all(|&s| s <= Some(now().unix_timestamp())),
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

    #[test]
    fn values_shown_in_two_places_agree() {
        for scene in scenes() {
            let (name, world) = (scene.name, scene.world(now()));
            let sends = world.metrics.iter().filter(|series| series.name == "Send");
            for send in sends {
                let sum: f64 = send.points.iter().map(|(_, mails)| mails).sum();
                assert_eq!(sum, world.mail.sent_24h, "{name}: mails");
            }
            let agents = &world.status["agents"];
            let counted: i64 = ["alive", "slow", "dead"]
                .iter()
                .filter_map(|k| agents[k].as_i64())
                .sum();
            assert_eq!(agents["total_bonded"], counted, "{name}: agents");
            let running = world
                .executions
                .iter()
                .filter(|e| e.status == "RUNNING")
                .count();
            let told = &world.status["peck_protocol"]["running"];
            assert!(
                told.is_null() || *told == running,
                "{name}: {told} running, {running} listed"
            );
        }
    }

    /// Callback errors of the last day: by dated entries, and by recorded totals.
    fn callback_errors(world: &FakeStack) -> (usize, i64) {
        let day = std::time::Duration::from_secs(86_400);
        let since = Some((now() - day).unix_timestamp());
        let dated = world
            .audit
            .iter()
            .filter(|e| e["event_type"] == "peck.callback_error");
        let dated = dated.filter(|e| e["timestamp"].as_i64() >= since).count();
        let before = world
            .recorded
            .iter()
            .rfind(|run| run.ago >= day)
            .expect("a day of history");
        let before = before
            .facts
            .iter()
            .find(|(fact, _)| *fact == "peck.callback_errors");
        let total = world.status["peck_protocol"]["failure_breakdown"]["callback_error"].as_i64();
        (
            dated,
            total.expect("a total") - before.expect("a recorded total").1,
        )
    }

    #[test]
    fn boundary_scenes_are_exactly_at_their_limit() {
        for (name, errors) in [
            ("healthy", 0),
            ("callback-10", 10),
            ("callback-11", 11),
            ("inc-004", 18),
        ] {
            assert_eq!(
                callback_errors(&world(name)),
                (errors, errors as i64),
                "{name}"
            );
        }
        for (name, mails) in [
            ("quota-159", 159.0),
            ("quota-160", 160.0),
            ("quota-190", 190.0),
            ("quota-191", 191.0),
        ] {
            assert_eq!(world(name).mail.sent_24h, mails, "{name}");
        }
        for (name, minutes) in [("pulse-29", 29), ("pulse-30", 30)] {
            let world = world(name);
            let newest = world
                .audit
                .iter()
                .find(|e| e["event_type"] == "pulse")
                .expect("a pulse");
            let age = now().unix_timestamp() - newest["timestamp"].as_i64().expect("a time");
            assert_eq!(age, minutes * 60, "{name}");
        }
    }
}
