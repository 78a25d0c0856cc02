//! Builds one record for each request and each bond from feed events and list rows.

use super::callbacks::{CallbackErrors, called};
use super::fleet::Fleet;
use super::join::Bondings;
use super::uncertainty::{Unbonded, gaps, set_uncertainty, uncertain};
use super::{
    AHEAD, BondState, Connections, EventKind, Last, Only, Peck, PeckState, RECENT, WINDOW,
};
use crate::text::{Printable, Untrusted};
use std::collections::HashMap;

/// One entry of the feed. What it does not name is empty.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)] // each is what its name says, of the request or of the agents in it
pub struct FeedEvent<'a> {
    pub event: EventKind,
    /// The type as it came.
    pub kind: &'a str,
    /// Seconds since 1970.
    pub at: i64,
    pub peck: &'a str,
    /// The agent that it is about.
    pub agent: &'a str,
    pub name: &'a str,
    pub duckling: &'a str,
    pub requester: &'a str,
    pub requester_name: &'a str,
    pub target: &'a str,
    pub purpose: &'a str,
}

/// One row of a list. What it does not hold is empty or none; times are seconds since 1970.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)] // each is what its name says, of the request or of the agent
pub struct ListRow {
    pub peck: String,
    pub agent: String,
    pub name: String,
    /// The agent at the other end.
    pub peer: String,
    pub duckling: String,
    pub requester: String,
    pub requester_name: String,
    pub target: String,
    pub purpose: String,
    pub status: String,
    pub seen: Option<i64>,
    pub created: Option<i64>,
    pub approved: Option<i64>,
    pub connected: Option<i64>,
    pub expires: Option<i64>,
}

/// Records while they are being gathered. Memory grows with those that are known, not with
/// the feed.
#[derive(Debug)]
pub struct ConnectionsBuilder {
    now: i64,
    only: Option<Only>,
    pecks: HashMap<String, Peck>,
    bonds: Fleet,
    /// Bonds that came into force without naming their request.
    bondings: Bondings,
    callback_errors: CallbackErrors,
    /// The newest entries without an id, which could be about any request or agent.
    unattributed_pecks: Last,
    unattributed_bonds: Last,
    /// Whether the feed shows bonds: not every feed has them.
    tells_bonds: bool,
}

impl ConnectionsBuilder {
    /// An empty builder; `now` is the server's clock in seconds since 1970.
    pub fn new(now: i64, only: Option<Only>) -> Self {
        Self {
            now,
            pecks: HashMap::new(),
            bonds: Fleet::new(matches!(only, Some(Only::Bond(_)))),
            only,
            bondings: Bondings::default(),
            callback_errors: CallbackErrors::default(),
            unattributed_pecks: Last::default(),
            unattributed_bonds: Last::default(),
            tells_bonds: false,
        }
    }

    /// Takes in an entry of the feed.
    pub fn happened(&mut self, it: &FeedEvent<'_>) {
        self.tells_bonds |= it.event == EventKind::Bonded;
        if it.event == EventKind::CallbackError && self.now - it.at < RECENT {
            let agent = called(it.target, it.agent, it.requester);
            self.callback_errors.note(it.at, it.peck, agent);
        }
        self.for_its_request(it);
        self.for_its_agents(it);
    }

    fn for_its_request(&mut self, it: &FeedEvent<'_>) {
        match it.event {
            EventKind::Pulse | EventKind::Rotated | EventKind::DeliveryFailed => return,
            _ if !it.peck.is_empty() => {}
            EventKind::Bonded => return self.bonding(it),
            event => return self.unattributed_pecks.note(event, it.at),
        }
        let wanted = matches!(&self.only, Some(Only::Peck(id)) if id == it.peck);
        if !wanted && self.now - it.at >= RECENT + WINDOW {
            return;
        }
        let peck = peck(&mut self.pecks, it.peck);
        peck.happened(it.event, it.at, it.kind);
        set(&mut peck.requester, it.requester);
        set(&mut peck.target, it.target);
        say(&mut peck.requester_name, it.requester_name);
        say(&mut peck.purpose, it.purpose);
    }

    fn bonding(&mut self, it: &FeedEvent<'_>) {
        let mut ends = match (it.requester, it.target) {
            ("", end) | (end, "") => [it.agent, end],
            both => both.into(),
        };
        ends.sort_unstable();
        match ends.into() {
            _ if self.now - it.at >= RECENT => {}
            ("", "") => self.unattributed_pecks.note(EventKind::Bonded, it.at),
            ("", end) => self.bondings.add(end, "", it.at),
            (one, other) => self.bondings.add(one, other, it.at),
        }
    }

    fn for_its_agents(&mut self, it: &FeedEvent<'_>) {
        if matches!(self.only, Some(Only::Peck(_))) {
            return;
        }
        // A request is about its two agents only where one of them is asked about.
        let of_requests = matches!(
            it.event,
            EventKind::Requested | EventKind::Approved | EventKind::CallbackError
        );
        if of_requests || it.event == EventKind::Denied || it.event == EventKind::Expired {
            if let Some(Only::Bond(id)) = &self.only
                && [it.agent, it.requester, it.target].contains(&id.as_str())
            {
                self.bonds.happened(id, it.event, it.at);
            }
            return;
        }
        let ends = match (it.agent, it.requester, it.target) {
            ("", "", "") => return self.unattributed_bonds.note(it.event, it.at),
            ("", requester, target) => [requester, target],
            (agent, ..) => [agent, ""],
        };
        for (end, other) in [(ends[0], ends[1]), (ends[1], ends[0])] {
            let is_asked = match &self.only {
                Some(Only::Bond(id)) => id == end,
                _ => true,
            };
            if end.is_empty() || !is_asked {
                continue;
            }
            self.bonds.happened(end, it.event, it.at);
            let name = if end == it.agent { it.name } else { "" };
            if [name, it.duckling, it.peck, other]
                .iter()
                .all(|text| text.is_empty())
            {
                continue;
            }
            let bond = self.bonds.of(end);
            say(&mut bond.name, name);
            set(&mut bond.duckling, it.duckling);
            set(&mut bond.peck, it.peck);
            set(&mut bond.peer, other);
        }
    }

    /// Takes in a row of a list.
    pub fn listed(&mut self, row: &ListRow) {
        let status = BondState::of(&row.status);
        let until = |upto: i64| move |at: &i64| *at <= upto;
        let usable = until(self.now + AHEAD);
        if !row.peck.is_empty() {
            let peck = peck(&mut self.pecks, &row.peck);
            set(&mut peck.requester, &row.requester);
            set(&mut peck.target, &row.target);
            say(&mut peck.requester_name, &row.requester_name);
            say(&mut peck.purpose, &row.purpose);
            peck.asked = peck.asked.or(row.created.filter(usable));
            let expires = row.expires.filter(until(self.now + WINDOW + AHEAD));
            peck.expires = peck.expires.or(expires);
            peck.listed = PeckState::of(&row.status).or(peck.listed);
            let said_bonded = PeckState::is_bonded(&row.status);
            peck.bond_listed |= said_bonded || (row.connected.is_some() && status.is_none());
            let approved = row.approved.filter(usable);
            if let Some(at) = approved.filter(|_| peck.last(EventKind::Approved).is_none()) {
                peck.happened(EventKind::Approved, at, "approved_at of the list");
            }
        }
        self.tells_bonds |= !row.agent.is_empty();
        let asked = match &self.only {
            Some(Only::Bond(id)) => *id == row.agent,
            Some(Only::Peck(_)) => false,
            None => true,
        };
        if asked && !row.agent.is_empty() {
            let bond = self.bonds.of(&row.agent);
            say(&mut bond.name, &row.name);
            set(&mut bond.duckling, &row.duckling);
            set(&mut bond.peck, &row.peck);
            set(&mut bond.peer, &row.peer);
            bond.seen = bond.seen.max(row.seen.filter(usable));
            // There is a row for each connection: one that is in force makes the bond.
            bond.listed = bond.listed.max(status);
            if matches!(status, None | Some(BondState::Bonded)) && !bond.dated_by_feed {
                let since = row.connected.or(row.approved).filter(usable);
                bond.since = bond.since.max(since);
            }
        }
    }

    /// All records. `reach` is how far back the feed goes, in seconds; `silent` why a list that
    /// might have named some of them failed.
    pub fn end(
        mut self,
        reach: Option<i64>,
        silent: Option<&'static str>,
        notes: Vec<Printable>,
    ) -> Connections {
        let now = self.now;
        let unjoined = std::mem::take(&mut self.bondings).join(&mut self.pecks);
        let gaps = gaps(
            &self.unattributed_pecks,
            &self.unattributed_bonds,
            reach,
            now,
        );
        let unbonded = Unbonded {
            unattributed: self.unattributed_pecks,
            unjoined,
            tells_bonds: self.tells_bonds,
        };
        let callback_errors = self.callback_errors.end(&self.pecks);
        let mut pecks: Vec<Peck> = self.pecks.into_values().collect();
        for peck in &mut pecks {
            peck.uncertain = silent.or(uncertain(peck, &unbonded, now));
        }
        mark_duplicates(&mut pecks, now);
        pecks.retain(|peck| match &self.only {
            Some(Only::Peck(id)) => peck.id == *id,
            _ => peck.is_recent(now),
        });
        let mut bonds = self.bonds.into_bonds();
        for bond in &mut bonds {
            set_uncertainty(bond, &self.unattributed_bonds, reach, now);
            bond.uncertain = silent.or(bond.uncertain);
        }
        Connections {
            only: self.only,
            listed: false,
            pecks,
            bonds,
            callback_errors,
            now,
            reach,
            gaps,
            notes,
        }
    }
}

/// How many rivals of a request are named.
const NAMED_RIVALS: usize = 3;

/// Counts for each pending request the others between the same two, and names some.
fn mark_duplicates(pecks: &mut [Peck], now: i64) {
    let mut pairs: HashMap<(String, String), Vec<String>> = HashMap::new();
    let owned = |peck: &Peck| {
        let pending = peck.state(now) == PeckState::Pending;
        let (one, other) = peck.pair().filter(|_| pending)?;
        Some((one.to_owned(), other.to_owned()))
    };
    for peck in pecks.iter() {
        if let Some(pair) = owned(peck) {
            pairs.entry(pair).or_default().push(peck.id.clone());
        }
    }
    pairs.values_mut().for_each(|ids| ids.sort());
    for peck in pecks {
        let all = owned(peck).and_then(|pair| pairs.get(&pair));
        let others = all.map(|all| all.iter().filter(|id| **id != peck.id));
        peck.duplicates = all.map_or(0, |all| all.len() - 1);
        peck.rivals = others.map_or_else(Vec::new, |ids| ids.take(NAMED_RIVALS).cloned().collect());
    }
}

fn peck<'a>(pecks: &'a mut HashMap<String, Peck>, id: &str) -> &'a mut Peck {
    pecks.entry(id.to_owned()).or_insert_with(|| Peck {
        id: id.to_owned(),
        ..Peck::default()
    })
}

fn set(slot: &mut Option<String>, value: &str) {
    if slot.is_none() && !value.is_empty() {
        *slot = Some(value.to_owned());
    }
}

fn say(slot: &mut Option<Untrusted>, value: &str) {
    if slot.is_none() && !value.is_empty() {
        *slot = Some(Untrusted::new(value));
    }
}

#[cfg(test)]
mod tests;
