//! The audit feed of a run: requested once, read by the probe of the feed and by the one of the
//! connections.

use super::connections::ConnectionsSink;
use super::entry::AuditEntry;
use super::feed::Sink;
use super::request;
use super::tally::Tally;
use crate::fact::Probe;
use crate::observation::{Observation, RequestLog, Unavailable, UnavailableReason};
use crate::probe::ProbeContext;
use std::collections::BTreeSet;
use std::sync::Mutex;
use tokio::sync::OnceCell;

/// What is built from the feed while it arrives: only what has a reader, because a feed may have a
/// million entries.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    tally: bool,
    connections: bool,
}

/// The feed of a run, once it was requested.
#[derive(Debug)]
pub struct SharedFeed {
    wanted: Wanted,
    answer: OnceCell<FeedAnswer>,
}

impl Default for SharedFeed {
    /// A feed that every probe may read.
    fn default() -> Self {
        Self::for_probes(&BTreeSet::from(Probe::ALL))
    }
}

impl SharedFeed {
    /// The feed as these probes read it.
    pub fn for_probes(probes: &BTreeSet<Probe>) -> Self {
        Self {
            wanted: Wanted {
                tally: probes.contains(&Probe::Audit),
                connections: probes.contains(&Probe::Connections),
            },
            answer: OnceCell::new(),
        }
    }

    /// The counts of the feed, and whether it was read to its end. The first caller sends the
    /// request, the other waits for it.
    pub(super) async fn tally(
        &self,
        context: &ProbeContext,
        observation: &mut Observation,
    ) -> (Option<Tally>, Result<(), Unavailable>) {
        let answer = self.answer(context).await;
        answer.describe(observation);
        (take(&answer.tally), answer.end.clone())
    }

    /// The records of requests and bonds.
    ///
    /// # Errors
    /// Why the feed was not read to its end; then all states are unknown.
    pub(super) async fn connections(
        &self,
        context: &ProbeContext,
        observation: &mut Observation,
    ) -> Result<ConnectionsSink, Unavailable> {
        let answer = self.answer(context).await;
        answer.describe(observation);
        answer.end.clone()?;
        take(&answer.connections).ok_or_else(|| {
            Unavailable::new(UnavailableReason::Broken, "the audit feed was not read")
        })
    }

    async fn answer(&self, context: &ProbeContext) -> &FeedAnswer {
        let ask = || ask(context, self.wanted);
        self.answer.get_or_init(ask).await
    }
}

/// What came of the request.
#[derive(Debug)]
struct FeedAnswer {
    tally: Mutex<Option<Tally>>,
    connections: Mutex<Option<ConnectionsSink>>,
    end: Result<(), Unavailable>,
    requests: Vec<RequestLog>,
    reached: bool,
    skew: Option<i64>,
}

impl FeedAnswer {
    fn describe(&self, observation: &mut Observation) {
        observation.asked.extend(self.requests.iter().cloned());
        observation.reached = self.reached;
        observation.skew = self.skew;
    }
}

/// Taken by the first caller: each part has one reader.
fn take<T>(part: &Mutex<Option<T>>) -> Option<T> {
    part.lock().ok().and_then(|mut part| part.take())
}

struct Both {
    tally: Option<Tally>,
    connections: Option<ConnectionsSink>,
}

impl Sink for Both {
    fn wants_names(&self) -> bool {
        self.connections.is_some()
    }

    fn entry(&mut self, entry: &AuditEntry) {
        if let Some(tally) = &mut self.tally {
            tally.entry(entry);
        }
        if let Some(connections) = &mut self.connections {
            connections.entry(entry);
        }
    }

    fn covers_since(&mut self, since: i64) {
        if let Some(tally) = &mut self.tally {
            tally.covers_since(since);
        }
        if let Some(connections) = &mut self.connections {
            connections.covers_since(since);
        }
    }
}

async fn ask(context: &ProbeContext, wanted: Wanted) -> FeedAnswer {
    let mut observation = Observation::new(Probe::Audit);
    let only = context.only.clone();
    let make = |now| Both {
        tally: wanted.tally.then(|| Tally::new(now)),
        connections: wanted.connections.then(|| ConnectionsSink::new(now, only)),
    };
    let (both, end) = request::read(context, &mut observation, make).await;
    let (tally, connections) = both.map_or((None, None), |both| (both.tally, both.connections));
    FeedAnswer {
        tally: Mutex::new(tally),
        connections: Mutex::new(connections),
        end,
        requests: observation.asked,
        reached: observation.reached,
        skew: observation.skew,
    }
}
