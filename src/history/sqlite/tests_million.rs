//! The cost of a window does not depend on how much was ever recorded. Takes a minute or two:
//! `cargo test --lib -- --ignored --nocapture a_million_snapshots`.
#![allow(clippy::unwrap_used)] // A broken test may say so loudly.
#![allow(clippy::print_stdout)] // Figures are what this is for.

use super::tests::{LONG, at, prod, snapshot};
use super::*;
use std::time::Instant;
use tempfile::TempDir;

/// A snapshot every five minutes.
const EVERY: i64 = 300;

fn recorded(path: &Path, snapshots: i64) -> Sqlite {
    let mut history = Sqlite::open(path, LONG).unwrap();
    history.change(|_| Ok(())).unwrap();
    history
        .change(|change| {
            for i in 0..snapshots {
                let mut one = snapshot(i as u128 + 1, (i - snapshots) * EVERY, i / 50);
                // No agent was alive for years.
                one.numbers[1].1 = i64::from(i == 0);
                rows::insert(change, &one, false)?;
            }
            Ok(())
        })
        .unwrap();
    history
}

/// Everything that a verdict looks up.
fn windows(history: &Sqlite) -> usize {
    let day = time::Duration::DAY;
    let fact = "peck.callback_errors";
    let samples = |days: i32| {
        history
            .samples(&prod(), fact, at(0) - day * days)
            .unwrap()
            .len()
    };
    let ever = OffsetDateTime::UNIX_EPOCH;
    history
        .last_positive(&prod(), "status.agents.alive", ever, at(0))
        .unwrap()
        .unwrap();
    history.ledger(&prod()).unwrap();
    assert!(!history.summaries(&prod(), at(0) - day).unwrap().is_empty());
    samples(1) + samples(2)
}

#[test]
#[ignore = "takes a minute or two"]
fn reading_a_million_snapshots_costs_as_little_as_a_thousand() {
    let folder = TempDir::new().unwrap();
    let few = recorded(&folder.path().join("few.db"), 1_000);
    let many = recorded(&folder.path().join("many.db"), 1_000_000);
    assert_eq!(windows(&few), windows(&many));
    let mut took = [Vec::new(), Vec::new()];
    // In turns, so that whatever else the machine does befalls both.
    for _ in 0..400 {
        for (history, took) in [&few, &many].into_iter().zip(&mut took) {
            let began = Instant::now();
            windows(history);
            took.push(began.elapsed());
        }
    }
    let median = |took: &mut Vec<Duration>| {
        took.sort_unstable();
        took[took.len() / 2].as_secs_f64() * 1e6
    };
    let [few, many] = took.each_mut().map(median);
    let ratio = many / few;
    println!(
        "windows: {few:.0} µs of a thousand snapshots, {many:.0} µs of a million, {ratio:.2} times"
    );
    assert!(ratio <= 1.2, "{ratio}");
}
