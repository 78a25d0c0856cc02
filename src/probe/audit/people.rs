//! The feed as what it tells of single requests and bonds.

use super::entry::{Entry, Names};
use super::event::{Events, happening};
use super::feed::Sink;
use super::request;
use super::span::Span;
use crate::connections::{ConnectionsBuilder, Only};
use crate::observation::{Observation, Unavailable};
use crate::probe::ProbeContext;
use time::OffsetDateTime;

/// Everybody that the feed names.
pub(in crate::probe) struct People {
    pub(in crate::probe) gathering: ConnectionsBuilder,
    span: Span,
    events: Events,
    spoken: Names,
}

impl People {
    fn new(now: OffsetDateTime, only: Option<Only>) -> Self {
        let now = now.unix_timestamp();
        Self {
            gathering: ConnectionsBuilder::new(now, only),
            span: Span::new(now),
            events: Events::default(),
            spoken: Names::default(),
        }
    }

    /// How far back the feed goes, in seconds.
    pub(in crate::probe) fn reach(&self) -> Option<i64> {
        self.span.reach()
    }

    /// Why nobody's state can be told, if so.
    pub(in crate::probe) fn unusable(&self) -> Option<Unavailable> {
        self.span.unusable()
    }
}

impl Sink for People {
    const NAMES: bool = true;

    fn entry(&mut self, entry: &Entry) {
        let Some(at) = self.span.place(entry) else {
            return;
        };
        if let Some(event) = self.events.of(&entry.kind) {
            self.gathering
                .happened(&happening(event, at, entry, &mut self.spoken));
        }
    }
}

/// Reads the whole feed. Records the question.
///
/// # Errors
/// Why the feed was not read to its end; nobody's state can be told then.
pub(in crate::probe) async fn people(
    ask: &ProbeContext,
    observation: &mut Observation,
    only: Option<Only>,
) -> Result<People, Unavailable> {
    let make = |now| People::new(now, only);
    let (people, end) = request::read(ask, observation, make).await;
    end?;
    people.ok_or_else(|| {
        Unavailable::new(
            crate::observation::UnavailableReason::Broken,
            "the audit feed was not read",
        )
    })
}
