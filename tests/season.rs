//! Claim: through weeks of production, `check` finds each incident in time, names its cause and what
//! to do, is calm soon after the fix, and says nothing on a day on which nothing is wrong.
//!
//! The short season is a part of the tests. The long one takes some minutes for each seed:
//! `cargo test --release --test claims -- --ignored --nocapture season::a_long_season`, with
//! `DUCKOPS_SEEDS=7,8,9` for other seeds than its own. Both print the scoreboard; CONTRIBUTING.md has
//! more.

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
            Kind::LostPermission,
            Kind::DeadFleet,
            Kind::PausedSending,
            Kind::StuckExecution,
        ],
        is_shuffled: false,
        gap: 1,
    };
    let board = play(1, timetable);
    assert_eq!(board.complaints(), Vec::<String>::new());
}

#[test]
#[ignore = "minutes for each seed; see the head of this file"]
fn a_long_season_is_judged_right() {
    let given = |name: &str, built_in: &str| {
        let value = std::env::var(name).ok();
        value.unwrap_or_else(|| built_in.to_owned())
    };
    let days = given("DUCKOPS_CALM_DAYS", "7");
    let named = given("DUCKOPS_INCIDENTS", "");
    let is_wanted = |kind: &Kind| {
        let mut names = named.split(',');
        named.is_empty() || names.any(|name| name == format!("{kind:?}"))
    };
    let mut complaints = Vec::new();
    for seed in given("DUCKOPS_SEEDS", "11,12,13,14,15").split(',') {
        let timetable = Timetable {
            calm_days: days.parse().expect("a number"),
            incidents: Kind::ALL.into_iter().filter(is_wanted).collect(),
            is_shuffled: true,
            gap: 6,
        };
        let board = play(seed.parse().expect("a number"), timetable);
        complaints.extend(board.complaints());
    }
    assert_eq!(complaints, Vec::<String>::new());
}
