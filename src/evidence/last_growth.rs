//! Between which two runs a running total grew last.

use crate::history::Sample;
use time::{Duration, OffsetDateTime};

/// The last growth of a total, by the runs that recorded it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LastGrowth {
    /// It grew after this run,
    pub(super) after: Option<OffsetDateTime>,
    /// and no later than this one; since then it did not.
    pub(super) by: Option<OffsetDateTime>,
    /// Where no run saw it grow: the first of them.
    pub(super) none_since: Option<OffsetDateTime>,
}

/// Of recorded samples and the present total.
pub(super) fn last_growth(samples: &[Sample], total: i64, now: OffsetDateTime) -> LastGrowth {
    // A run of the future says that some clock is wrong; then nothing is drawn from any.
    let mut times = samples.iter().map(|sample| sample.at);
    if times.any(|at| at - now > Duration::MINUTE) {
        return LastGrowth::default();
    }
    let current = Sample {
        at: now,
        value: total,
    };
    let all: Vec<_> = samples.iter().copied().chain([current]).collect();
    let mut pairs = all.windows(2).rev();
    match pairs.find(|pair| pair[1].value > pair[0].value) {
        Some(pair) => LastGrowth {
            after: Some(pair[0].at),
            by: Some(pair[1].at),
            none_since: None,
        },
        None => LastGrowth {
            none_since: samples.first().map(|first| first.at),
            ..LastGrowth::default()
        },
    }
}
