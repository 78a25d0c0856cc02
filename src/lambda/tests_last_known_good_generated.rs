//! Properties of the last known-good version over generated witnesses.

use super::*;
use crate::lambda::version_events::{VersionEvent, VersionEventKind};

/// Numbers that look random and are the same in every run.
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn int(&mut self, limit: u64) -> i64 {
        i64::try_from(self.below(limit)).expect("a small number")
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        for index in (1..all.len()).rev() {
            let other = usize::try_from(self.below(index as u64 + 1)).expect("a small number");
            all.swap(index, other);
        }
    }
}

const SERVING: i64 = 50;
const VERSIONS: std::ops::Range<i64> = 44..50;

struct VersionWorld {
    published: Vec<i64>,
    metrics: Vec<VersionMetrics>,
    configs: BTreeMap<i64, Result<VersionConfig, Unavailable>>,
    events: Vec<VersionEvent>,
    answered: Vec<AnsweredRun>,
}

fn generated(chance: &mut Lcg) -> VersionWorld {
    let mut world = VersionWorld {
        published: vec![SERVING],
        metrics: Vec::new(),
        configs: BTreeMap::new(),
        events: Vec::new(),
        answered: Vec::new(),
    };
    for number in VERSIONS {
        if chance.below(8) > 0 {
            world.published.push(number);
        }
        if chance.below(8) > 0 {
            let hours: Vec<_> = (0..chance.below(4))
                .map(|_| chance.int(50) * HOUR)
                .collect();
            let (all, failed) = [(20, 0), (400, 0), (400, 200), (400, 4)]
                [usize::try_from(chance.below(4)).expect("a small number")];
            let points = |value: i64| hours.iter().map(|hour| (*hour, value)).collect();
            world.metrics.push(VersionMetrics {
                number,
                invocations: points(all),
                errors: points(failed),
            });
        }
        let mut config = VersionConfig::sample(
            &number.to_string(),
            ["a", "b"][usize::from(chance.below(4) == 0)],
            if chance.below(6) == 0 {
                "Pending"
            } else {
                "Active"
            },
        );
        if chance.below(4) == 0 {
            config.set_for_test("memory", "256 MB");
        }
        world.configs.insert(
            number,
            match chance.below(12) {
                0 => Err(Unavailable::new(UnavailableReason::Denied, "denied")),
                1 => Err(Unavailable::new(UnavailableReason::NotFound, "gone")),
                _ => Ok(config),
            },
        );
        for _ in 0..chance.below(3) {
            world.events.push(VersionEvent {
                at: chance.int(50) * HOUR,
                version: number,
                kind: [VersionEventKind::RolledBack, VersionEventKind::Promoted]
                    [usize::from(chance.below(2) == 0)],
            });
        }
        for _ in 0..chance.below(2) {
            let at = chance.int(50) * HOUR;
            world.answered.push(AnsweredRun {
                at,
                version: number,
            });
        }
    }
    world
}

impl VersionWorld {
    fn assess_with(
        &self,
        configs: &BTreeMap<i64, Result<VersionConfig, Unavailable>>,
    ) -> Assessment {
        assess(&Witnesses {
            serving: &VersionConfig::sample(&SERVING.to_string(), "a", "Active"),
            published: &self.published,
            metrics: &self.metrics,
            configs,
            events: &self.events.iter().copied().collect(),
            answered: &self.answered,
        })
    }

    /// What is found when configurations are fetched as a run does it.
    fn assess_as_a_run_does(&self, early: &[i64], at_once: usize) -> Assessment {
        let serving = VersionConfig::sample(&SERVING.to_string(), "a", "Active");
        let events: VersionEvents = self.events.iter().copied().collect();
        let fetch = |number: &i64| (*number, self.configs[number].clone());
        let mut configs: BTreeMap<_, _> = early.iter().map(fetch).collect();
        loop {
            let witnesses = Witnesses {
                serving: &serving,
                published: &self.published,
                metrics: &self.metrics,
                configs: &configs,
                events: &events,
                answered: &self.answered,
            };
            let wanted = candidates_to_inspect(&witnesses, at_once);
            if wanted.is_empty() {
                return assess(&witnesses);
            }
            configs.extend(wanted.iter().map(fetch));
        }
    }

    /// Whether a rollback is the last thing that happened to a version, found event by event.
    fn was_rolled_back_last(&self, version: i64) -> bool {
        let mut events: Vec<_> = self
            .events
            .iter()
            .filter(|e| e.version == version)
            .collect();
        events.sort_by_key(|e| (e.at, e.kind == VersionEventKind::RolledBack));
        let last = events.last();
        last.is_some_and(|e| e.kind == VersionEventKind::RolledBack)
    }
}

#[test]
fn the_choice_in_generated_worlds_is_allowed_and_independent_of_order_and_query() {
    let (mut named, mut unknown, mut none) = (0, 0, 0);
    for seed in 0..4_000 {
        let mut chance = Lcg(seed);
        let mut world = generated(&mut chance);
        let found = world.assess_with(&world.configs);
        // Which configurations were fetched early, and how many at once, changes nothing.
        for (early, at_once) in [(vec![], 1), (vec![], 5), (vec![49, 48, 47], 5)] {
            let by_run = world.assess_as_a_run_does(&early, at_once);
            assert_eq!(by_run.version(), found.version(), "seed {seed}");
            assert_eq!(
                by_run.last_known_good.is_err(),
                found.last_known_good.is_err(),
                "seed {seed}"
            );
        }
        chance.shuffle(&mut world.published);
        chance.shuffle(&mut world.metrics);
        chance.shuffle(&mut world.events);
        chance.shuffle(&mut world.answered);
        assert_eq!(world.assess_with(&world.configs), found, "seed {seed}");
        match &found.last_known_good {
            Err(_) => unknown += 1,
            Ok(None) => none += 1,
            Ok(Some(good)) => {
                named += 1;
                let version = good.version;
                assert!(
                    !world.was_rolled_back_last(version),
                    "seed {seed}: {version}"
                );
                assert!(
                    version != SERVING && world.published.contains(&version),
                    "seed {seed}"
                );
                let config = world.configs[&version]
                    .as_ref()
                    .expect("a known configuration");
                assert!(config.is_ready(), "seed {seed}");
                assert!(!good.evidence.is_empty(), "seed {seed}");
            }
        }
    }
    println!("last known-good: {named} named, {none} none, {unknown} unknown");
    assert!(named > 500 && none > 100 && unknown > 100);
}
