//! Tests of pruning: what is kept, what is deleted, and that no growth is lost.
#![allow(clippy::unwrap_used)] // A broken test may say so loudly.

use super::tests::{LONG, at, prod, snapshot};
use super::*;
use crate::history::{Window, increase};
use std::collections::BTreeMap;
use tempfile::TempDir;

const HOUR: i64 = 3_600;
const DAYS: i64 = 30;
/// `at(START)` is on a full day, so that hours and days can be counted from it.
const START: i64 = 86_400 - 1_770_000_000 % 86_400;
const TOTAL: &str = "peck.callback_errors";
const KEEP: Retention = Retention {
    detail: time::Duration::days(7),
    hourly: time::Duration::days(20),
    totals: &[TOTAL],
    at_once: None,
};

/// Numbers that look random and are the same in every run.
struct PruneDice(u64);

impl PruneDice {
    fn below(&mut self, n: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.unsigned_abs()) as i64
    }
}

/// A snapshot every ten minutes for this many days; the total is reset now and then.
fn recorded(path: &Path, days: i64, seed: u64) -> Vec<(i64, i64)> {
    let mut history = Sqlite::open(path, LONG).unwrap();
    let mut dice = PruneDice(seed);
    let (mut total, mut told) = (0, Vec::new());
    history.change(|_| Ok(())).unwrap();
    let Db::Open(db) = &mut history.db else {
        panic!("it was just made")
    };
    // One transaction, because here nothing hangs on each being on disk.
    let many = db.transaction().unwrap();
    for i in 0..days * 144 {
        let second = START + i * 600 + dice.below(500);
        total = match dice.below(200) {
            0 => dice.below(3),
            1..=20 => total + dice.below(5),
            _ => total,
        };
        let mut snapshot = snapshot(i as u128 + 1, second, total);
        snapshot.numbers[1].1 = dice.below(9);
        if i == 300 {
            snapshot.runbooks[0].1 = "critical".to_owned();
        }
        rows::insert(&many, &snapshot, false).unwrap();
        told.push((second, total));
    }
    many.commit().unwrap();
    told
}

fn samples(history: &Sqlite, fact: &str) -> Vec<Sample> {
    history.samples(&prod(), fact, at(0)).unwrap()
}

fn grown(samples: &[Sample], from: i64, to: i64) -> (i64, bool) {
    let inside: Vec<_> = samples
        .iter()
        .copied()
        .filter(|sample| sample.at <= at(to))
        .collect();
    let window = Window {
        start: at(from),
        end: at(to),
    };
    let increase = increase(&inside, window).unwrap();
    (increase.at_least, increase.reset)
}

#[test]
fn pruning_loses_no_growth() {
    let folder = TempDir::new().unwrap();
    let mut compared = 0;
    for seed in 1..=3 {
        let path = folder.path().join(format!("{seed}.db"));
        recorded(&path, DAYS, seed);
        let mut history = Sqlite::open(&path, LONG).unwrap();
        let before = samples(&history, TOTAL);
        let now = at(START + DAYS * 24 * HOUR);
        let pruned = history.prune(&KEEP, now).unwrap();
        assert!(pruned.observations > 2_000, "{pruned:?}");
        let after = samples(&history, TOTAL);
        // From any reading that stayed to any other, the growth is what it was.
        let mut dice = PruneDice(seed + 99);
        for _ in 0..200 {
            let mut ends = [0, 0].map(|_| dice.below(after.len() as i64) as usize);
            ends.sort_unstable();
            let [from, to] = ends.map(|i| (after[i].at - at(0)).whole_seconds());
            if from < to {
                assert_eq!(
                    grown(&after, from, to),
                    grown(&before, from, to),
                    "{from} {to}"
                );
                compared += 1;
            }
        }
        assert_eq!(history.prune(&KEEP, now).unwrap(), Pruned::default());
    }
    println!("{compared} windows grew by the same before and after thinning");
}

#[test]
fn pruning_keeps_last_lowest_and_highest_of_each_period() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("h.db");
    recorded(&path, DAYS, 7);
    let mut history = Sqlite::open(&path, LONG).unwrap();
    let before = samples(&history, "status.agents.alive");
    let now = at(START + DAYS * 24 * HOUR);
    history.prune(&KEEP, now).unwrap();
    let after = samples(&history, "status.agents.alive");
    let grain = |sample: &Sample| {
        let second = (sample.at - at(START)).whole_seconds();
        match second {
            ..864_000 => (0, second / (24 * HOUR)),
            864_000..1_987_200 => (1, second / HOUR),
            _ => (2, second),
        }
    };
    let sorted = |samples: &[Sample]| {
        let mut grains: BTreeMap<_, Vec<Sample>> = BTreeMap::new();
        for sample in samples {
            grains.entry(grain(sample)).or_default().push(*sample);
        }
        grains
    };
    let (before, after) = (sorted(&before), sorted(&after));
    assert_eq!(before.len(), after.len(), "no grain is gone");
    for (grain, all) in before {
        let kept = &after[&grain];
        let value = |s: &Sample| s.value;
        assert_eq!(kept.last(), all.last());
        assert_eq!(kept.iter().map(value).min(), all.iter().map(value).min());
        assert_eq!(kept.iter().map(value).max(), all.iter().map(value).max());
        if grain.0 < 2 {
            assert!(kept.len() <= 3, "{grain:?}: {}", kept.len());
        } else {
            assert_eq!(*kept, all, "what is young is whole");
        }
    }
}

#[test]
fn pruning_keeps_snapshots_whose_verdict_changed() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("h.db");
    recorded(&path, 10, 3);
    let mut history = Sqlite::open(&path, LONG).unwrap();
    let newest = history.summaries(&prod(), at(0)).unwrap().pop();
    let pruned = history.prune(&KEEP, at(START + 40 * 24 * HOUR)).unwrap();
    assert!(pruned.snapshots > 500, "{pruned:?}");
    let Db::Open(db) = &history.db else {
        panic!("it is open")
    };
    let said: i64 = db
        .query_row(
            "SELECT count(*) FROM snapshot WHERE runbooks LIKE '%critical%'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(said, 1);
    assert!(newest.is_some());
    assert_eq!(history.summaries(&prod(), at(0)).unwrap().pop(), newest);
}
