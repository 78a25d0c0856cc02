//! Assigns bonds that name no request to the request between the same agents.

use super::{EventKind, Peck};
use std::collections::HashMap;

/// How many bonds of the same two agents are kept apart.
const KEPT: usize = 16;

/// The bonds that came into force without naming their request: between whom, and when.
/// Memory grows with the pairs, not with what happened to them.
#[derive(Debug, Default)]
pub(super) struct Bondings {
    between: HashMap<(String, String), Vec<i64>>,
    /// The newest of those that are not kept apart.
    dropped: Option<i64>,
}

/// A request as a bond looks for it.
struct JoinCandidate {
    begun: i64,
    approved: Option<i64>,
    id: String,
}

impl Bondings {
    /// Two ends, the smaller first; the other is empty where only one is known.
    pub(super) fn add(&mut self, one: &str, other: &str, at: i64) {
        let times = self
            .between
            .entry((one.to_owned(), other.to_owned()))
            .or_default();
        let place = times.partition_point(|known| *known >= at);
        times.insert(place, at);
        if times.len() > KEPT {
            self.dropped = self.dropped.max(times.pop());
        }
    }

    /// Gives each to the newest request between its agents that was approved before it, or
    /// else asked before it. Yields when the newest came into force that fits none.
    pub(super) fn join(self, pecks: &mut HashMap<String, Peck>) -> Option<i64> {
        let mut unjoined = self.dropped;
        if self.between.is_empty() {
            return unjoined;
        }
        let candidates = candidates(pecks);
        for (ends, times) in self.between {
            let fitting = candidates.get(&ends).map_or(&[][..], Vec::as_slice);
            for at in times {
                match fit(fitting, at).and_then(|id| pecks.get_mut(id)) {
                    Some(peck) => peck.happened(EventKind::Bonded, at, "duck.bonded"),
                    None => unjoined = unjoined.max(Some(at)),
                }
            }
        }
        unjoined
    }
}

/// The requests of each agent and of each two, in the order in which they were asked.
fn candidates(pecks: &HashMap<String, Peck>) -> HashMap<(String, String), Vec<JoinCandidate>> {
    let mut all: HashMap<(String, String), Vec<JoinCandidate>> = HashMap::new();
    for peck in pecks.values() {
        let Some(begun) = peck.begun() else { continue };
        let ends = [peck.requester.as_deref(), peck.target.as_deref()];
        let alone = ends.into_iter().flatten().map(|end| (end, ""));
        for (one, other) in alone.chain(peck.pair()) {
            let key = (one.to_owned(), other.to_owned());
            all.entry(key).or_default().push(JoinCandidate {
                begun,
                approved: peck.last(EventKind::Approved),
                id: peck.id.clone(),
            });
        }
    }
    for some in all.values_mut() {
        some.sort_by(|a, b| (a.begun, &a.id).cmp(&(b.begun, &b.id)));
    }
    all
}

fn fit(candidates: &[JoinCandidate], at: i64) -> Option<&str> {
    let upto = candidates.partition_point(|candidate| candidate.begun <= at);
    let before = || candidates.iter().take(upto).rev().take(KEPT);
    let approved = before().find(|candidate| candidate.approved.is_some_and(|then| then <= at));
    approved
        .or_else(|| before().next())
        .map(|candidate| candidate.id.as_str())
}
