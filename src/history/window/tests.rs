//! Tests of window arithmetic against generated totals whose every increase is known.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A broken test may say so loudly.

use super::*;

fn at(second: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::seconds(1_770_000_000 + second)
}

fn sample(second: i64, value: i64) -> Sample {
    Sample {
        at: at(second),
        value,
    }
}

fn window(start: i64, end: i64) -> Window {
    Window {
        start: at(start),
        end: at(end),
    }
}

fn increase_of(samples: &[(i64, i64)], start: i64, end: i64) -> Increase {
    let samples: Vec<_> = samples.iter().map(|&(s, v)| sample(s, v)).collect();
    increase(&samples, window(start, end)).expect("the samples are in order")
}

#[test]
fn the_baseline_is_the_newest_sample_at_or_before_the_start() {
    const DAY: i64 = 86_400;
    for (baseline, at_least, at_most) in [(-1, 0, 11), (0, 11, 11), (1, 11, 111)] {
        let increase_of = increase_of(&[(-500, 90), (baseline, 100), (DAY, 111)], 0, DAY);
        // One second late, the sample is no baseline any more and the one before it is.
        let at_most = if baseline == 1 { 21 } else { at_most };
        assert_eq!(
            (increase_of.at_least, increase_of.at_most),
            (at_least, Some(at_most)),
            "{baseline}"
        );
        assert!(!increase_of.reset);
    }
}

#[test]
fn growth_over_the_start_is_known_apart_where_the_readings_around_it_are_close() {
    const DAY: i64 = 86_400;
    let table = [
        // last reading before the window, first one in it, its total, the window, at the edge
        (-60, 240, 13, DAY, 3),
        (-899, 1, 13, DAY, 3),
        (-900, 1, 13, DAY, 0),
        (-1, 899, 13, DAY, 3),
        (-1, DAY - 1, 13, DAY, 0),
        (-60, 240, 9, DAY, 0),
        // Of an hour, six minutes.
        (-60, 300, 13, 3_600, 3),
        (-60, 301, 13, 3_600, 0),
        // On the start, what follows is within.
        (0, 240, 13, DAY, 0),
    ];
    for (before, first, total, length, due) in table {
        let samples = [(before, 10), (first, total), (length, 20)];
        let found = increase_of(&samples, 0, length);
        assert_eq!(found.at_edge, due, "{before} {first} {total} {length}");
    }
    assert_eq!(increase_of(&[(240, 13), (DAY, 20)], 0, DAY).at_edge, 0);
    assert_eq!(increase_of(&[(-60, 10)], 0, DAY).at_edge, 0);
}

#[test]
fn growth_recorded_one_second_after_the_end_is_not_proven_to_be_inside() {
    for (last, at_least) in [(99, 5), (100, 5), (101, 0)] {
        let increase_of = increase_of(&[(0, 1), (last, 6)], 0, 100);
        assert_eq!(
            (increase_of.at_least, increase_of.at_most),
            (at_least, Some(5)),
            "{last}"
        );
    }
}

#[test]
fn without_a_baseline_the_total_bounds_the_increase_and_zero_proves_none() {
    assert_eq!(increase_of(&[(100, 0)], 0, 100).at_most, Some(0));
    assert_eq!(increase_of(&[(100, 7)], 0, 100).at_most, Some(7));
    assert_eq!(increase_of(&[(60, 7), (100, 9)], 0, 100).at_least, 2);
    assert_eq!(increase_of(&[(60, 7), (100, 9)], 0, 100).at_most, Some(9));
}

#[test]
fn a_falling_total_is_a_reset_without_upper_bound() {
    let whole = increase_of(&[(0, 100), (20, 104), (40, 3), (60, 5)], 0, 60);
    assert_eq!(
        (whole.at_least, whole.at_most, whole.reset),
        (6, None, true)
    );
    // The value right after the fall proves nothing, even down to one.
    let bare = increase_of(&[(0, 100), (60, 50)], 0, 60);
    assert_eq!((bare.at_least, bare.at_most, bare.reset), (0, None, true));
    // A fall between the baseline and the first sample inside counts as well.
    assert_eq!(
        increase_of(&[(-9, 100), (20, 4), (60, 5)], 0, 60).at_most,
        None
    );
    // A fall before the baseline does not.
    let old = increase_of(&[(-99, 100), (-9, 4), (60, 5)], 0, 60);
    assert_eq!((old.at_most, old.reset), (Some(1), false));
}

#[test]
fn coverage_is_the_share_from_the_oldest_sample_to_the_end() {
    let table = [
        (vec![(-50, 1), (100, 1)], 1.0, -50),
        (vec![(0, 1), (100, 1)], 1.0, 0),
        (vec![(25, 1), (100, 1)], 0.75, 25),
        (vec![(100, 1)], 0.0, 100),
    ];
    for (samples, covered, since) in table {
        let increase_of = increase_of(&samples, 0, 100);
        assert!(
            (increase_of.covered - covered).abs() < 1e-9,
            "{samples:?}: {increase_of:?}"
        );
        assert_eq!(increase_of.since, Some(at(since)));
    }
}

#[test]
fn no_samples_yield_no_bounds() {
    let increase_of = increase_of(&[], 0, 100);
    assert_eq!(
        (increase_of.at_least, increase_of.at_most, increase_of.since),
        (0, None, None)
    );
    assert_eq!(increase_of.covered, 0.0);
}

#[test]
fn an_old_sample_does_not_bound_later_growth() {
    assert_eq!(increase_of(&[(0, 5), (940, 5)], 0, 1_000).at_most, Some(0));
    let stale = increase_of(&[(0, 5), (939, 5)], 0, 1_000);
    assert_eq!(stale.at_most, None);
    assert!((stale.covered - 0.939).abs() < 1e-9);
}

#[test]
fn a_clock_that_moved_back_is_an_error() {
    let moved = |samples: &[(i64, i64)]| {
        let samples: Vec<_> = samples.iter().map(|&(s, v)| sample(s, v)).collect();
        increase(&samples, window(0, 1_000))
    };
    // Within the window, by sequence.
    assert!(moved(&[(500, 1), (440, 2), (1_000, 3)]).is_ok());
    assert!(moved(&[(500, 1), (439, 2), (1_000, 3)]).is_err());
    // In small steps, none of which is remarkable.
    assert!(moved(&[(500, 1), (460, 2), (430, 3), (1_000, 3)]).is_err());
    // The future.
    assert!(moved(&[(0, 1), (1_060, 3)]).is_ok());
    let by = Duration::seconds(61);
    assert_eq!(
        moved(&[(0, 1), (1_061, 3)]),
        Err(WindowError::ClockMoved { by })
    );
    // A baseline that was recorded after a sample inside the window: its clock was behind,
    // and to take it for old would make the upper bound too small.
    assert!(moved(&[(500, 1), (-5_000, 9), (1_000, 9)]).is_err());
}

#[test]
fn a_future_sample_is_dropped_after_one_steady_window() {
    let healed: Vec<_> = [(900_000, 50), (-10, 3), (400, 4), (1_000, 6)]
        .map(|(s, v)| sample(s, v))
        .to_vec();
    let increase_of = increase(&healed, window(0, 1_000)).unwrap();
    assert_eq!(
        (increase_of.at_least, increase_of.at_most, increase_of.reset),
        (2, Some(3), false)
    );
    // Not before: the window still holds the correction.
    assert!(increase(&healed, window(-20, 1_000)).is_err());
}

#[test]
fn disorder_within_the_tolerance_only_widens_the_bounds() {
    // The second may have been taken at 1 as well as at -20: no baseline, and no proof.
    let increase_of = increase_of(&[(-30, 1), (1, 2), (-20, 5), (1_000, 9)], 0, 1_000);
    assert_eq!((increase_of.at_least, increase_of.at_most), (0, Some(8)));
}

#[test]
fn contradictory_input_is_refused() {
    let one = [sample(5, 1)];
    assert_eq!(increase(&one, window(5, 5)), Err(WindowError::EmptyWindow));
    assert_eq!(increase(&one, window(6, 5)), Err(WindowError::EmptyWindow));
    assert_eq!(
        increase(&[sample(5, -1)], window(0, 5)),
        Err(WindowError::Negative(-1))
    );
}

#[test]
fn huge_totals_do_not_overflow() {
    let samples: Vec<_> = (0..10)
        .map(|i| sample(i, if i % 2 == 0 { 0 } else { i64::MAX }))
        .collect();
    let increase_of = increase(&samples, window(0, 9)).unwrap();
    assert_eq!((increase_of.at_least, increase_of.reset), (i64::MAX, true));
}

/// A small generator of numbers that repeats itself run after run.
struct SampleDice(u64);

impl SampleDice {
    fn below(&mut self, n: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as i64
    }
}

/// A world in which each event and each reset is known by its second.
struct KnownEvents {
    events: Vec<(i64, i64)>,
    resets: Vec<i64>,
}

impl KnownEvents {
    fn new(dice: &mut SampleDice, resets: bool) -> Self {
        let events = (0..dice.below(40)).map(|_| (dice.below(1_000), 1 + dice.below(5)));
        let events = events.collect::<Vec<_>>();
        let resets = (0..if resets { dice.below(4) } else { 0 }).map(|_| dice.below(1_000));
        let resets = resets.collect();
        Self { events, resets }
    }

    /// What really happened in `(start, end]`.
    fn truth(&self, start: i64, end: i64) -> i64 {
        let inside = self
            .events
            .iter()
            .filter(|(s, _)| (start + 1..=end).contains(s));
        inside.map(|(_, n)| n).sum()
    }

    /// What the status API says at a second: all events since the last reset.
    fn total(&self, second: i64) -> i64 {
        let reset = self.resets.iter().filter(|r| **r <= second).max();
        self.truth(reset.copied().unwrap_or(-1), second)
    }

    fn samples(&self, dice: &mut SampleDice, end: i64) -> Vec<Sample> {
        let mut seconds: Vec<_> = (0..dice.below(30)).map(|_| dice.below(end)).collect();
        seconds.push(end);
        seconds.sort_unstable();
        let taken = seconds.into_iter();
        taken.map(|s| sample(s, self.total(s))).collect()
    }
}

#[test]
fn the_true_increase_always_lies_between_the_bounds() {
    let mut dice = SampleDice(0x5eed_d0c5);
    let (mut bounded, mut exact, mut with_reset) = (0, 0, 0);
    for round in 0..20_000 {
        let world = KnownEvents::new(&mut dice, round % 2 == 0);
        let start = dice.below(998);
        let end = start + 1 + dice.below(999 - start);
        let samples = world.samples(&mut dice, end);
        let increase_of = increase(&samples, window(start, end)).unwrap();
        let truth = world.truth(start, end);
        assert!(
            increase_of.at_least <= truth,
            "{round}: {increase_of:?}, truly {truth}"
        );
        assert!(
            (0.0..=1.0).contains(&increase_of.covered),
            "{round}: {increase_of:?}"
        );
        with_reset += usize::from(increase_of.reset);

        // A reset that no sample shows as a fall cannot be known; everything else must hold.
        let from = increase_of
            .since
            .map_or(0, |s| (s - at(0)).whole_seconds())
            .min(start);
        let unseen = !increase_of.reset && world.resets.iter().any(|r| (from..=end).contains(r));
        if let (Some(at_most), false) = (increase_of.at_most, unseen) {
            assert!(truth <= at_most, "{round}: {increase_of:?}, truly {truth}");
            bounded += 1;
            exact += usize::from(increase_of.at_least == at_most);
        }
    }
    // The proof is worth nothing if these cases hardly ever come up.
    assert!(bounded > 5_000, "{bounded}");
    assert!(exact > 500, "{exact}");
    assert!(with_reset > 1_000, "{with_reset}");
}

#[test]
fn windows_that_share_a_sampled_boundary_tile_without_gap_or_overlap() {
    let mut dice = SampleDice(0x0ddba11);
    for round in 0..5_000 {
        let world = KnownEvents::new(&mut dice, round % 2 == 0);
        let mut samples = world.samples(&mut dice, 999);
        let cut = 1 + dice.below(997);
        for second in [0, cut] {
            samples.push(sample(second, world.total(second)));
        }
        samples.sort_by_key(|s| s.at);
        let known = |end: i64| samples.iter().filter(move |s| s.at <= at(end)).copied();
        let increase_of = |start: i64, end: i64| {
            let samples: Vec<_> = known(end).collect();
            increase(&samples, window(start, end)).unwrap()
        };
        let (whole, left, right) = (
            increase_of(0, 999),
            increase_of(0, cut),
            increase_of(cut, 999),
        );
        assert_eq!(whole.at_least, left.at_least + right.at_least, "{round}");
        assert_eq!(whole.reset, left.reset || right.reset, "{round}");
        if let (Some(w), Some(l), Some(r)) = (whole.at_most, left.at_most, right.at_most) {
            assert_eq!(w, l + r, "{round}");
        }
    }
}

#[test]
fn removing_a_sample_never_tightens_the_bounds() {
    let mut dice = SampleDice(0xfeed);
    for round in 0..5_000 {
        let world = KnownEvents::new(&mut dice, false);
        let samples = world.samples(&mut dice, 999);
        let all = increase(&samples, window(300, 999)).unwrap();
        let mut fewer = samples.clone();
        if fewer.len() > 1 {
            fewer.remove(dice.below(fewer.len() as i64 - 1) as usize);
        }
        let less = increase(&fewer, window(300, 999)).unwrap();
        assert!(less.at_least <= all.at_least, "{round}");
        assert!(less.at_most >= all.at_most, "{round}");
        assert!(less.covered <= all.covered, "{round}");
    }
}
