//! How far back a feed goes, and whether all of its entries can be placed in time.

use super::entry::AuditEntry;
use crate::observation::{Unavailable, UnavailableReason};

/// Clocks differ a little; what is dated further ahead cannot be used.
const AHEAD: i64 = 300;

/// The entries met so far.
#[derive(Debug)]
pub(super) struct Coverage {
    /// The server's clock, in seconds since 1970.
    pub(super) now: i64,
    pub(super) entries: i64,
    oldest: Option<i64>,
    untimed: i64,
    untyped: i64,
}

impl Coverage {
    pub(super) fn new(now: i64) -> Self {
        Self {
            now,
            entries: 0,
            oldest: None,
            untimed: 0,
            untyped: 0,
        }
    }

    /// Takes in an entry; yields its time if that can be used.
    pub(super) fn place(&mut self, entry: &AuditEntry) -> Option<i64> {
        self.entries += 1;
        self.untyped += i64::from(entry.kind.is_empty());
        let at = entry.at.filter(|at| *at <= self.now + AHEAD);
        match at {
            None => self.untimed += 1,
            Some(at) => self.oldest = Some(self.oldest.map_or(at, |oldest| oldest.min(at))),
        }
        at
    }

    pub(super) fn oldest(&self) -> Option<i64> {
        self.oldest
    }

    /// Seconds back to the oldest entry.
    pub(super) fn reach(&self) -> Option<i64> {
        self.oldest.map(|oldest| (self.now - oldest).max(0))
    }

    /// Why nothing can be said about order or absence, if so: an entry that cannot be
    /// placed could be the newest, and one without a type could be any.
    pub(super) fn unusable(&self) -> Option<Unavailable> {
        let reason = match (self.untimed, self.untyped) {
            (0, 0) => return None,
            (0, n) => format!("{n} of {} audit entries have no type", self.entries),
            (n, _) => format!(
                "{n} of {} audit entries have an unusable time",
                self.entries
            ),
        };
        Some(Unavailable::new(UnavailableReason::Mistyped, reason))
    }
}
