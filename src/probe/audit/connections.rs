//! Builds the records of requests and bonds from the feed.

use super::coverage::Coverage;
use super::entry::{AuditEntry, Names};
use super::event::feed_event;
use super::feed::Sink;
use crate::connections::{ConnectionsBuilder, Only};
use crate::observation::Unavailable;
use crate::probe::meaning::Meanings;
use time::OffsetDateTime;

/// Everybody that the feed names.
#[derive(Debug)]
pub(in crate::probe) struct ConnectionsSink {
    pub(in crate::probe) builder: ConnectionsBuilder,
    coverage: Coverage,
    meanings: Meanings,
    names_in_detail: Names,
}

impl ConnectionsSink {
    pub(super) fn new(now: OffsetDateTime, only: Option<Only>) -> Self {
        let now = now.unix_timestamp();
        Self {
            builder: ConnectionsBuilder::new(now, only),
            coverage: Coverage::new(now),
            meanings: Meanings::default(),
            names_in_detail: Names::default(),
        }
    }

    /// How far back the feed goes, in seconds.
    pub(in crate::probe) fn reach(&self) -> Option<i64> {
        self.coverage.reach()
    }

    /// Why all states are unknown, if they are.
    pub(in crate::probe) fn unusable(&self) -> Option<Unavailable> {
        self.coverage.unusable()
    }
}

impl Sink for ConnectionsSink {
    fn wants_names(&self) -> bool {
        true
    }

    fn entry(&mut self, entry: &AuditEntry) {
        let Some(at) = self.coverage.place(entry) else {
            return;
        };
        let meaning = (self.meanings).of(&entry.kind, entry.said, &entry.detail);
        if let Some(event) = meaning.event {
            self.builder
                .happened(&feed_event(event, at, entry, &mut self.names_in_detail));
        }
    }

    fn covers_since(&mut self, since: i64) {
        self.coverage.since = Some(since);
    }
}
