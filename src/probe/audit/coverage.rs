//! How far back a feed goes, and whether all of its entries can be placed in time.

use super::entry::AuditEntry;
use crate::observation::{Unavailable, UnavailableReason};

/// Clocks differ a little; what is dated further ahead cannot be used.
const AHEAD: i64 = 300;
/// What cannot be placed or read, and may be as young as this, could be what is looked for.
const DAY: i64 = 86_400;

/// The entries met so far.
#[derive(Debug)]
pub(super) struct Coverage {
    /// The server's clock, in seconds since 1970.
    pub(super) now: i64,
    /// From when on the feed has all entries, where it says so.
    pub(super) since: Option<i64>,
    pub(super) entries: i64,
    oldest: Option<i64>,
    untimed: i64,
    untyped: i64,
    /// The newest entry without a type.
    untyped_at: Option<i64>,
    order: EntryOrder,
}

/// So much the order of a feed may be wrong: who writes an entry may be late.
const DISORDER: i64 = 3_600;

/// The order of the entries, and in it the newest moment at which one without a usable time may have
/// happened: that of its newer neighbour, and the disorder of the others.
#[derive(Debug, Default)]
struct EntryOrder {
    first: Option<i64>,
    last: Option<i64>,
    /// The longest steps towards newer and towards older entries.
    rise: i64,
    fall: i64,
    /// Whether entries without a usable time came since the last one with one.
    pending: bool,
    /// Whether one of them came before all others.
    is_first: bool,
    /// By the neighbour before, of a feed whose newest entry comes first.
    newest_first: Option<i64>,
    /// By the neighbour after, of one whose newest comes last.
    newest_last: Option<i64>,
}

impl EntryOrder {
    fn note(&mut self, at: Option<i64>) {
        let Some(at) = at else {
            self.pending = true;
            self.is_first |= self.last.is_none();
            self.newest_first = self.newest_first.max(self.last);
            return;
        };
        let last = self.last.unwrap_or(at);
        self.rise = self.rise.max(at - last);
        self.fall = self.fall.max(last - at);
        self.first.get_or_insert(at);
        if self.pending {
            self.newest_last = self.newest_last.max(Some(at));
        }
        (self.last, self.pending) = (Some(at), false);
    }

    /// When the newest that cannot be placed happened at the latest; `None` where it may be the
    /// newest of all.
    fn latest(&self) -> Option<i64> {
        let (first, last) = self.first.zip(self.last)?;
        let (at, disorder, is_bounded) = match first > last {
            true => (self.newest_first, self.rise, !self.is_first),
            false => (self.newest_last, self.fall, !self.pending && first < last),
        };
        at.filter(|_| is_bounded && disorder <= DISORDER)
            .map(|at| at + disorder)
    }
}

impl Coverage {
    pub(super) fn new(now: i64) -> Self {
        Self {
            now,
            since: None,
            entries: 0,
            oldest: None,
            untimed: 0,
            untyped: 0,
            untyped_at: None,
            order: EntryOrder::default(),
        }
    }

    /// Takes in an entry; yields its time if that can be used.
    pub(super) fn place(&mut self, entry: &AuditEntry) -> Option<i64> {
        self.entries += 1;
        let at = entry.at.filter(|at| *at <= self.now + AHEAD);
        self.order.note(at);
        match at {
            None => self.untimed += 1,
            Some(at) => self.oldest = Some(self.oldest.map_or(at, |oldest| oldest.min(at))),
        }
        if entry.kind.is_empty() {
            self.untyped += 1;
            self.untyped_at = self.untyped_at.max(at);
        }
        at
    }

    pub(super) fn oldest(&self) -> Option<i64> {
        self.oldest
    }

    /// Seconds back to the oldest entry, or only to where one cannot be placed or read, or to where the
    /// feed says that it begins.
    pub(super) fn reach(&self) -> Option<i64> {
        let unread = (self.untimed > 0).then(|| self.order.latest()).flatten();
        let since = self.since.filter(|_| self.oldest.is_some());
        let oldest = self.oldest.max(unread).max(self.untyped_at).max(since);
        oldest.map(|oldest| (self.now - oldest).max(0))
    }

    /// Why nothing can be said about order or absence, if so: an entry that cannot be placed could
    /// be the newest, and one without a type could be any. Neither speaks against a day that began
    /// after it.
    pub(super) fn unusable(&self) -> Option<Unavailable> {
        let is_old = |at: Option<i64>| at.is_some_and(|at| self.now - at >= DAY);
        let counted = |n: i64, what| format!("{n} of {} audit entries have {what}", self.entries);
        let reason = if self.untimed > 0 && !is_old(self.order.latest()) {
            counted(
                self.untimed,
                "an unusable time (it must be a number, or have a zone)",
            )
        } else if self.untyped > 0 && self.untimed == 0 && !is_old(self.untyped_at) {
            counted(self.untyped, "no type")
        } else {
            return None;
        };
        Some(Unavailable::new(UnavailableReason::Mistyped, reason))
    }
}
