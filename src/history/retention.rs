//! What pruning keeps: everything for a while, then one reading an hour, then one a day.
//!
//! A pruned hour or day keeps its last, its lowest and its highest reading. For running totals both
//! sides of every reset are kept too, so that the increase over whole hours or days stays the same.

use time::{Duration, OffsetDateTime};

/// For how long readings are kept, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Every reading.
    pub detail: Duration,
    /// One reading an hour, counted from now; days are kept for good.
    pub hourly: Duration,
    /// The facts that are running totals.
    pub totals: &'static [&'static str],
    /// Limit of time ranges that are thinned in one call; `None` is all.
    pub at_once: Option<usize>,
}

impl Retention {
    /// The grains, finest first: how wide one is, and what must be older to be thinned to it.
    pub(super) fn grains(&self, now: OffsetDateTime) -> [(Duration, OffsetDateTime); 2] {
        [
            (Duration::HOUR, now - self.detail),
            (Duration::DAY, now - self.hourly),
        ]
    }
}

/// What a thinning took away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Readings of single facts.
    pub observations: u64,
    /// Snapshots of which nothing was left and that changed no verdict.
    pub snapshots: u64,
}
