//! How much a running total grew within a window, computed from samples of it. Pure arithmetic.
//!
//! Samples are few and the total may have been reset between two of them, so the result is two
//! bounds. The samples alone prove the lower one. The upper one holds unless the total was reset
//! and grew past the next sample, which totals alone cannot show.

#[cfg(test)]
mod tests;

use crate::fact;
use time::{Duration, OffsetDateTime};

/// How far two clocks may disagree before nothing is said; also how old the last sample
/// may be and still count as the reading at the end of the window.
pub const TOLERANCE: Duration = Duration::seconds(60);

/// Readings at the start of a window that are no farther apart leave no doubt that matters: cron's
/// checks, every 5, 10 or 15 minutes.
const EDGE: Duration = Duration::minutes(15);

/// A reading of a running total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When.
    pub at: OffsetDateTime,
    /// The total.
    pub value: i64,
}

/// The time after `start`, up to and including `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Not part of it.
    pub start: OffsetDateTime,
    /// Part of it.
    pub end: OffsetDateTime,
}

/// By how much a total grew within a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Increase {
    /// It grew by no less.
    pub at_least: i64,
    /// It grew by no more; `None` if nothing bounds it.
    pub at_most: Option<i64>,
    /// Growth between the last reading before the window and the first one in it, if the two are at
    /// most 15 minutes and a tenth of the window apart, so that it does not matter on which side it
    /// happened. Not part of `at_least`.
    pub at_edge: i64,
    /// The share of the window that the samples reach over, 0 to 1.
    pub covered: f64,
    /// Whether the total fell, so that growth before the fall may be missing.
    pub reset: bool,
    /// The oldest sample that counts.
    pub since: Option<OffsetDateTime>,
}

/// Why nothing can be said about a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    /// A sample was recorded after another one and is older, or lies in the future.
    #[error("the clock moved back by {} between recordings", fact::duration(by.whole_seconds()))]
    ClockMoved {
        /// By how much.
        by: Duration,
    },
    /// A running total below zero is none.
    #[error("a recorded total is negative: {0}")]
    Negative(i64),
    /// The window ends no later than it starts.
    #[error("the window is empty")]
    EmptyWindow,
}

/// The increase within `window`, from samples in the order they were recorded; the last
/// one is the current reading.
///
/// Growth between two samples is counted if both lie in the window or on its start. A
/// fall starts anew from the lower value, which itself proves no growth.
///
/// # Errors
/// [`WindowError`] if the samples contradict each other or the window.
pub fn increase(samples: &[Sample], window: Window) -> Result<Increase, WindowError> {
    if window.end <= window.start {
        return Err(WindowError::EmptyWindow);
    }
    if let Some(sample) = samples.iter().find(|s| s.value < 0) {
        return Err(WindowError::Negative(sample.value));
    }
    let samples = steady(samples, window)?;
    let Some(current) = samples.last() else {
        return Ok(Increase {
            at_least: 0,
            at_most: None,
            at_edge: 0,
            covered: 0.0,
            reset: false,
            since: None,
        });
    };

    let bounds = bounds(&samples);
    let inside = |i: usize| bounds[i].earliest >= window.start && bounds[i].latest <= window.end;
    let baseline = bounds.iter().rposition(|b| b.latest <= window.start);
    let oldest = baseline.unwrap_or(0);

    let mut at_least: i64 = 0;
    let mut reset = false;
    for i in oldest..samples.len() - 1 {
        let grown = samples[i + 1].value - samples[i].value;
        reset |= grown < 0;
        if inside(i) && inside(i + 1) {
            at_least = at_least.saturating_add(grown.max(0));
        }
    }

    // What happened after the last reading nothing bounds.
    let is_current = window.end - current.at <= TOLERANCE;
    // Without a baseline the total itself is the bound: it counts from zero.
    let before = baseline.map_or(0, |i| samples[i].value);
    let at_most = (is_current && !reset).then(|| current.value - before);

    let at_edge = baseline.map_or(0, |i| growth_at_edge(&samples[i..], window));
    let from = samples[oldest].at.max(window.start);
    let to = if is_current { window.end } else { current.at };
    let share = (to - from).as_seconds_f64() / (window.end - window.start).as_seconds_f64();
    Ok(Increase {
        at_least,
        at_most,
        at_edge,
        covered: share.clamp(0.0, 1.0),
        reset,
        since: Some(samples[oldest].at),
    })
}

/// Growth over the start of the window, of samples that begin with the last one before it.
fn growth_at_edge(samples: &[Sample], window: Window) -> i64 {
    let [before, first, ..] = samples else {
        return 0;
    };
    let is_close = first.at - before.at <= EDGE.min((window.end - window.start) / 10);
    match before.at < window.start && is_close {
        true => (first.value - before.value).max(0),
        false => 0,
    }
}

/// The samples, if the clock was steady while they were recorded.
///
/// A sample from the future is dropped if the clock was corrected before the window
/// began and all later samples are in order, so that one wrong clock does not disable the
/// window for good. Any other sign of a moved clock is an error.
fn steady(samples: &[Sample], window: Window) -> Result<Vec<Sample>, WindowError> {
    let is_future = |s: &Sample| s.at - window.end > TOLERANCE;
    let is_old = |s: &Sample| s.at <= window.start;
    let right_since = samples.iter().rposition(is_old).unwrap_or(0);
    let (before, after) = samples.split_at(right_since);
    let let_go = before.iter().all(|s| is_old(s) || is_future(s));
    let kept = before.iter().filter(|s| !(let_go && is_future(s)));
    let samples: Vec<Sample> = kept.chain(after).copied().collect();

    let mut newest = None;
    for sample in &samples {
        let latest = newest.map_or(sample.at, |n: OffsetDateTime| n.max(sample.at));
        let by = (latest - sample.at).max(sample.at - window.end);
        if by > TOLERANCE {
            return Err(WindowError::ClockMoved { by });
        }
        newest = Some(latest);
    }
    Ok(samples)
}

/// When a sample was taken, as far as its neighbours leave room for doubt: no earlier
/// than any later one claims, no later than any earlier one claims.
#[derive(Clone, Copy)]
struct TotalBounds {
    earliest: OffsetDateTime,
    latest: OffsetDateTime,
}

fn bounds(samples: &[Sample]) -> Vec<TotalBounds> {
    let mut bounds: Vec<TotalBounds> = samples
        .iter()
        .map(|s| TotalBounds {
            earliest: s.at,
            latest: s.at,
        })
        .collect();
    for i in 1..bounds.len() {
        bounds[i].latest = bounds[i].latest.max(bounds[i - 1].latest);
    }
    for i in (1..bounds.len()).rev() {
        bounds[i - 1].earliest = bounds[i - 1].earliest.min(bounds[i].earliest);
    }
    bounds
}
