//! From single happenings and rows to one record for each request and each bond.

use super::{Bond, BondState, Event, Only, Peck, PeckState, Population, RECENT, WINDOW};
use crate::text::{Printable, Untrusted};
use std::collections::HashMap;

/// One entry of the feed. What it does not name is empty.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)] // each is what its name says, of the request or of the agents in it
pub struct Happening<'a> {
    pub event: Event,
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
pub struct Row {
    pub peck: String,
    pub agent: String,
    pub name: String,
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

/// The newest of what names nobody, and so could be anybody's.
#[derive(Debug, Default)]
struct Loose {
    outcome: Option<i64>,
    bonded: Option<i64>,
    unpecked: Option<i64>,
    pulse: Option<i64>,
    rotated: Option<i64>,
}

/// Records while they are being gathered. Memory grows with those that are known, not with
/// the feed.
#[derive(Debug)]
pub struct Gathering {
    now: i64,
    only: Option<Only>,
    pecks: HashMap<String, Peck>,
    bonds: HashMap<String, Bond>,
    /// Bonds that came into force without naming their request: when, and between whom.
    bondings: Vec<(i64, String, String)>,
    loose: Loose,
    /// Whether bonds would show: not every feed tells of them.
    tells_bonds: bool,
}

impl Gathering {
    /// Nobody yet; `now` is the server's clock in seconds since 1970.
    pub fn new(now: i64, only: Option<Only>) -> Self {
        Self {
            now,
            only,
            pecks: HashMap::new(),
            bonds: HashMap::new(),
            bondings: Vec::new(),
            loose: Loose::default(),
            tells_bonds: false,
        }
    }

    /// Takes in an entry of the feed.
    pub fn happened(&mut self, it: &Happening<'_>) {
        self.tells_bonds |= it.event == Event::Bonded;
        self.for_its_request(it);
        self.for_its_agents(it);
    }

    fn for_its_request(&mut self, it: &Happening<'_>) {
        let newest = |slot: &mut Option<i64>| *slot = (*slot).max(Some(it.at));
        let settles = matches!(
            it.event,
            Event::Approved | Event::Denied | Event::Expired | Event::CallbackError
        );
        match it.event {
            Event::Pulse | Event::Rotated | Event::DeliveryFailed => return,
            _ if !it.peck.is_empty() => {}
            Event::Bonded => return self.bonding(it),
            _ if settles => return newest(&mut self.loose.outcome),
            _ => return,
        }
        let wanted = matches!(&self.only, Some(Only::Peck(id)) if id == it.peck);
        if !wanted && self.now - it.at >= RECENT + WINDOW {
            return;
        }
        let peck = record(&mut self.pecks, it.peck, |id| Peck {
            id,
            ..Peck::default()
        });
        peck.happened(it.event, it.at, it.kind);
        set(&mut peck.requester, it.requester);
        set(&mut peck.target, it.target);
        say(&mut peck.requester_name, it.requester_name);
        say(&mut peck.purpose, it.purpose);
    }

    fn bonding(&mut self, it: &Happening<'_>) {
        let mut ends = [it.agent, it.requester, it.target].into_iter();
        let ends = (&mut ends)
            .filter(|end| !end.is_empty())
            .collect::<Vec<_>>();
        if self.now - it.at >= RECENT {
            return;
        }
        match ends.as_slice() {
            [] => self.loose.bonded = self.loose.bonded.max(Some(it.at)),
            [one] => self
                .bondings
                .push((it.at, (*one).to_owned(), String::new())),
            [one, other, ..] => {
                self.bondings
                    .push((it.at, (*one).to_owned(), (*other).to_owned()));
            }
        }
    }

    fn for_its_agents(&mut self, it: &Happening<'_>) {
        let newest = |slot: &mut Option<i64>| *slot = (*slot).max(Some(it.at));
        if matches!(self.only, Some(Only::Peck(_))) {
            return;
        }
        // A request is about its two agents only where one of them is asked about.
        let of_requests = matches!(
            it.event,
            Event::Requested | Event::Approved | Event::CallbackError
        );
        if of_requests || it.event == Event::Denied || it.event == Event::Expired {
            if let Some(Only::Bond(id)) = &self.only
                && [it.agent, it.requester, it.target].contains(&id.as_str())
            {
                let id = id.clone();
                bond(&mut self.bonds, &id).happened(it.event, it.at);
            }
            return;
        }
        let ends = match (it.agent, it.requester, it.target) {
            ("", "", "") => {
                match it.event {
                    Event::Unpecked => newest(&mut self.loose.unpecked),
                    Event::Pulse => newest(&mut self.loose.pulse),
                    Event::Rotated => newest(&mut self.loose.rotated),
                    _ => {}
                }
                return;
            }
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
            let bond = bond(&mut self.bonds, end);
            bond.happened(it.event, it.at);
            if end == it.agent {
                say(&mut bond.name, it.name);
            }
            set(&mut bond.duckling, it.duckling);
            set(&mut bond.peck, it.peck);
            set(&mut bond.peer, other);
        }
    }

    /// Takes in a row of a list.
    pub fn listed(&mut self, row: &Row) {
        self.tells_bonds = true;
        if !row.peck.is_empty() {
            let peck = record(&mut self.pecks, &row.peck, |id| Peck {
                id,
                ..Peck::default()
            });
            set(&mut peck.requester, &row.requester);
            set(&mut peck.target, &row.target);
            say(&mut peck.requester_name, &row.requester_name);
            say(&mut peck.purpose, &row.purpose);
            peck.asked = peck.asked.or(row.created);
            peck.expires = peck.expires.or(row.expires);
            peck.listed = PeckState::of(&row.status).or(peck.listed);
            let approved = row
                .approved
                .filter(|_| peck.last(Event::Approved).is_none());
            if let Some(at) = approved {
                peck.happened(Event::Approved, at, "approved_at of the list");
            }
        }
        let asked = match &self.only {
            Some(Only::Bond(id)) => *id == row.agent,
            Some(Only::Peck(_)) => false,
            None => true,
        };
        if asked && !row.agent.is_empty() {
            let bond = bond(&mut self.bonds, &row.agent);
            say(&mut bond.name, &row.name);
            set(&mut bond.duckling, &row.duckling);
            set(&mut bond.peck, &row.peck);
            bond.seen = bond.seen.max(row.seen);
            bond.since = bond.since.or(row.connected).or(row.approved);
            bond.listed = BondState::of(&row.status).or(bond.listed);
        }
    }

    /// Everybody. `reach` is how far back the feed goes, in seconds.
    pub fn end(mut self, reach: Option<i64>, notes: Vec<Printable>) -> Population {
        let now = self.now;
        self.join();
        let mut pecks: Vec<Peck> = self.pecks.into_values().collect();
        for peck in &mut pecks {
            peck.uncertain = uncertain(peck, &self.loose, self.tells_bonds, now);
        }
        rivals(&mut pecks, now);
        pecks.retain(|peck| match &self.only {
            Some(Only::Peck(id)) => peck.id == *id,
            _ => peck.is_recent(now),
        });
        let mut bonds: Vec<Bond> = self.bonds.into_values().collect();
        for bond in &mut bonds {
            doubts(bond, &self.loose, reach, now);
        }
        Population {
            pecks,
            bonds,
            now,
            reach,
            notes,
        }
    }

    /// Bonds that name no request belong to one between the same agents.
    fn join(&mut self) {
        for (at, one, other) in std::mem::take(&mut self.bondings) {
            let is_end =
                |end: &Option<String>| end.as_ref().is_some_and(|end| *end == one || *end == other);
            let of = self.pecks.values_mut().filter(|peck| {
                let ends = usize::from(is_end(&peck.requester)) + usize::from(is_end(&peck.target));
                let needed = if other.is_empty() { 1 } else { 2 };
                ends >= needed && peck.begun().is_some_and(|begun| begun <= at)
            });
            let newest = of.max_by_key(|peck| peck.begun());
            match newest {
                Some(peck) => peck.happened(Event::Bonded, at, "duck.bonded"),
                // Whose it is cannot be told where a request does not name its agents.
                None => self.loose.bonded = self.loose.bonded.max(Some(at)),
            }
        }
    }
}

fn uncertain(peck: &Peck, loose: &Loose, tells_bonds: bool, now: i64) -> Option<&'static str> {
    let by_silence = peck.last(Event::Expired).is_none() && peck.listed.is_none();
    let unbonded = peck.last(Event::CallbackError).is_none();
    match peck.state(now) {
        PeckState::Pending | PeckState::Expired if by_silence && loose.outcome >= peck.begun() => {
            Some("an outcome in the feed names no request, and could be this one's")
        }
        PeckState::CallbackError if unbonded && !tells_bonds => Some(
            "it was approved, and the feed tells of no bond at all: whether it made one is not known",
        ),
        PeckState::CallbackError if unbonded && loose.bonded >= peck.last(Event::Approved) => {
            Some("a bond in the feed names no request, and could be this one's")
        }
        _ => None,
    }
}

fn doubts(bond: &mut Bond, loose: &Loose, reach: Option<i64>, now: i64) {
    let shown = reach.map(|reach| now - reach);
    let proof = bond.since.max(bond.seen);
    if loose.unpecked.is_some() && loose.unpecked >= proof {
        bond.uncertain = Some("an end in the feed names nobody, and could be this bond's");
    }
    // What the feed shows of a bond it shows from there on; what a list shows it may not.
    let covered = bond.since.is_some() && shown.is_some() && shown <= bond.since;
    bond.unseen = match bond.seen {
        _ if loose.pulse.is_some() && loose.pulse >= bond.seen => {
            Some("a pulse in the feed names nobody, and could be this agent's")
        }
        None if !covered => Some("the feed does not reach back to when it was bonded"),
        _ => None,
    };
    let issued = bond.rotated.max(bond.since);
    let month = reach.is_some_and(|reach| reach > super::KEY_AGE);
    bond.keyless = match issued {
        _ if loose.rotated.is_some() && loose.rotated >= issued => {
            Some("a rotation in the feed names nobody, and could be this agent's")
        }
        None if !month => Some("the feed shows no rotation, and does not reach back 30 days"),
        _ => None,
    };
}

/// Counts for each pending request the others between the same two.
fn rivals(pecks: &mut [Peck], now: i64) {
    let mut pairs: HashMap<(String, String), usize> = HashMap::new();
    let owned = |peck: &Peck| {
        let pending = peck.state(now) == PeckState::Pending;
        let (one, other) = peck.pair().filter(|_| pending)?;
        Some((one.to_owned(), other.to_owned()))
    };
    for pair in pecks.iter().filter_map(owned) {
        *pairs.entry(pair).or_default() += 1;
    }
    for peck in pecks {
        peck.rivals = owned(peck).map_or(0, |pair| pairs[&pair] - 1);
    }
}

fn record<'a, T>(
    all: &'a mut HashMap<String, T>,
    id: &str,
    new: impl FnOnce(String) -> T,
) -> &'a mut T {
    if !all.contains_key(id) {
        all.insert(id.to_owned(), new(id.to_owned()));
    }
    #[allow(clippy::expect_used, reason = "it was put there one line above")]
    all.get_mut(id).expect("it is there")
}

fn bond<'a>(bonds: &'a mut HashMap<String, Bond>, id: &str) -> &'a mut Bond {
    record(bonds, id, |id| Bond {
        id,
        ..Bond::default()
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
