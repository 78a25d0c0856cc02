//! Builds the records of requests and bonds from the feed.

use super::coverage::Coverage;
use super::entry::{AuditEntry, Names};
use super::event::feed_event;
use super::feed::Sink;
use super::request;
use crate::connections::{ConnectionsBuilder, Only};
use crate::observation::{Observation, Unavailable};
use crate::probe::ProbeContext;
use crate::probe::meaning::Meanings;
use time::OffsetDateTime;

/// Everybody that the feed names.
pub(in crate::probe) struct ConnectionsSink {
    pub(in crate::probe) builder: ConnectionsBuilder,
    coverage: Coverage,
    meanings: Meanings,
    names_in_detail: Names,
}

impl ConnectionsSink {
    fn new(now: OffsetDateTime, only: Option<Only>) -> Self {
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

    /// Why nobody's state can be told, if so.
    pub(in crate::probe) fn unusable(&self) -> Option<Unavailable> {
        self.coverage.unusable()
    }
}

impl Sink for ConnectionsSink {
    const NAMES: bool = true;

    fn entry(&mut self, entry: &AuditEntry) {
        let Some(at) = self.coverage.place(entry) else {
            return;
        };
        if let Some(event) = self.meanings.of(&entry.kind).event {
            self.builder
                .happened(&feed_event(event, at, entry, &mut self.names_in_detail));
        }
    }
}

/// Reads the whole feed. Records the question.
///
/// # Errors
/// Why the feed was not read to its end; nobody's state can be told then.
pub(in crate::probe) async fn connections(
    context: &ProbeContext,
    observation: &mut Observation,
    only: Option<Only>,
) -> Result<ConnectionsSink, Unavailable> {
    let make = |now| ConnectionsSink::new(now, only);
    let (connections, end) = request::read(context, observation, make).await;
    end?;
    connections.ok_or_else(|| {
        Unavailable::new(
            crate::observation::UnavailableReason::Broken,
            "the audit feed was not read",
        )
    })
}
