//! Claim: through weeks of production, `check` finds each incident in time, names its cause and what
//! to do, is calm soon after the fix, and says nothing on a day on which nothing is wrong.
//!
//! The short season is a part of the tests. The long one takes some minutes for each seed:
//! `cargo test --release --test claims -- --ignored --nocapture season::a_long_season`, with
//! `DUCKOPS_SEEDS=7,8,9` for other seeds than its own. Both print the scoreboard.

mod agents;
mod board;
mod dice;
mod function;
mod incident;
mod pecks;
mod people;
mod platform;
mod run;
mod watch;

use board::Board;
use incident::Kind;
use run::{Season, Timetable};

/// What a check of a debug build needs while everything that can be asked is asked.
const STACK: usize = 64 << 20;

fn play(seed: u64, timetable: Timetable) -> Board {
    let season = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || Season::new(seed, timetable).play())
        .expect("a thread");
    let board = season.join().expect("a whole season");
    println!("{board}");
    board
}

#[test]
fn a_short_season_is_judged_right() {
    let timetable = Timetable {
        calm_days: 1,
        incidents: vec![
            Kind::BrokenDeploy,
            Kind::DeadFleet,
            Kind::PausedSending,
            Kind::Drift,
        ],
        is_shuffled: false,
        gap: 2,
    };
    let board = play(1, timetable);
    assert_eq!(board.complaints(), Vec::<String>::new());
}

#[test]
#[ignore = "minutes for each seed; see the head of this file"]
fn a_long_season_is_judged_right() {
    let seeds = std::env::var("DUCKOPS_SEEDS").unwrap_or_else(|_| "11,12,13,14,15".to_owned());
    let mut complaints = Vec::new();
    let days = std::env::var("DUCKOPS_CALM_DAYS").map_or(7, |days| days.parse().expect("a number"));
    let named = std::env::var("DUCKOPS_INCIDENTS").unwrap_or_default();
    let kinds: Vec<_> = Kind::ALL
        .into_iter()
        .filter(|kind| named.is_empty() || named.split(',').any(|name| name == format!("{kind:?}")))
        .collect();
    for seed in seeds.split(',') {
        let timetable = Timetable {
            calm_days: days,
            incidents: kinds.clone(),
            is_shuffled: true,
            gap: 6,
        };
        let board = play(seed.parse().expect("a number"), timetable);
        complaints.extend(board.complaints());
    }
    assert_eq!(complaints, Vec::<String>::new());
}
