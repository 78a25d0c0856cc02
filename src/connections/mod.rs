//! Connections: one record for each request (peck) and each bond, built from the audit feed and
//! the lists.
//!
//! An outcome that names no request could belong to any of several; the state of each of those is
//! marked uncertain. This module does not depend on wire formats or verdicts.

mod bond;
mod builder;
mod callbacks;
mod fleet;
mod join;
mod peck;
mod uncertainty;

pub use bond::{Bond, BondState, Class, class};
pub use builder::{ConnectionsBuilder, FeedEvent, ListRow};
pub use callbacks::CallbackError;
pub use peck::{Peck, PeckState};
pub use uncertainty::{BONDED_BEFORE_FEED, NO_BOND_IN_FEED};

use crate::text::Untrusted;

/// The approval window of a peck, in seconds.
pub const WINDOW: i64 = 600;
/// Seconds within which a bond is due after an approval.
pub const BOND_DUE: i64 = 120;
/// From here on a bond is SLOW, in seconds since its last pulse.
pub const SLOW: i64 = 600;
/// From here on it is OFFLINE.
pub const OFFLINE: i64 = 1800;
/// A key is rotated monthly, in seconds.
pub const KEY_AGE: i64 = 30 * 86_400;
/// What happened no longer ago than this is recent, in seconds.
pub const RECENT: i64 = 86_400;
/// And this long ago it is news: only that is an alarm, in seconds.
pub const NEWS: i64 = 3_600;
/// Clocks differ a little; what is dated further ahead than this many seconds cannot be used.
pub const AHEAD: i64 = 300;

/// The event that an entry of the feed reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A connection was requested.
    Requested,
    /// A human has approved it.
    Approved,
    /// A human has denied it.
    Denied,
    /// Its time ran out.
    Expired,
    /// A human acted, and the way back to the system failed.
    CallbackError,
    /// A bond came into force.
    Bonded,
    /// A bond was ended.
    Unpecked,
    /// An agent gave a sign of life.
    Pulse,
    /// An agent got a new key.
    Rotated,
    /// A webhook could not be delivered.
    DeliveryFailed,
}

/// When each event last happened, in seconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Last([Option<i64>; EventKind::DeliveryFailed as usize + 1]);

impl Last {
    fn note(&mut self, event: EventKind, at: i64) {
        if let Some(last) = self.0.get_mut(event as usize) {
            *last = (*last).max(Some(at));
        }
    }

    fn of(&self, event: EventKind) -> Option<i64> {
        self.0.get(event as usize).copied().flatten()
    }

    /// The newest of these.
    fn newest<const N: usize>(&self, events: [EventKind; N]) -> Option<i64> {
        events.into_iter().filter_map(|event| self.of(event)).max()
    }
}

/// To whom a run is confined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Only {
    /// One request, by its id.
    Peck(String),
    /// One agent's bond, by the agent's id.
    Bond(String),
}

/// Why more may be going on than the records tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The feed shows nothing at all.
    Empty,
    /// The feed goes back so far, in seconds, and more is needed.
    Short(i64, i64),
    /// An entry about this does not say which.
    Nameless(&'static str),
    /// An entry about this, which is a failure, does not say which.
    NamelessFailure(&'static str),
}

/// What the records may lack; none where they lack nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// More requests may be pending.
    pub pending: Option<Gap>,
    /// There may be more requests of the last 24 h.
    pub pecks: Option<Gap>,
    /// There may be more bonds.
    pub bonds: Option<Gap>,
    /// More deliveries may have failed.
    pub failures: Option<Gap>,
}

/// Everybody, as far as they are known.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    /// The requests, in no order.
    pub pecks: Vec<Peck>,
    /// The bonds, in no order.
    pub bonds: Vec<Bond>,
    /// The callbacks that failed in the last 24 h by the feed, newest first.
    pub callback_errors: Vec<CallbackError>,
    /// To whom the run is confined.
    pub only: Option<Only>,
    /// Whether the lists were asked, too.
    pub listed: bool,
    /// The server's clock, in seconds since 1970.
    pub now: i64,
    /// How far back the feed goes, in seconds.
    pub reach: Option<i64>,
    /// Why there may be more than these.
    pub gaps: Gaps,
    /// What must be said about where this comes from, such as that no list was asked.
    pub notes: Vec<crate::text::Printable>,
}

impl Connections {
    /// Adds an agent that an earlier run saw, by its last pulse.
    pub fn recall(&mut self, id: &str, pulse: i64) {
        let mut bond = Bond {
            id: id.to_owned(),
            ..Bond::default()
        };
        bond.happened(EventKind::Pulse, pulse);
        self.bonds.push(bond);
    }

    /// Calls `each` with every text of the records, so that secrets can be removed.
    pub fn each_text(&mut self, each: &mut impl FnMut(&mut [&mut String])) {
        for peck in &mut self.pecks {
            let ids = [
                Some(&mut peck.id),
                peck.requester.as_mut(),
                peck.target.as_mut(),
            ];
            let said = [peck.requester_name.as_mut(), peck.purpose.as_mut()];
            let kinds = peck.events.iter_mut().map(|(.., kind)| kind);
            let said = said
                .into_iter()
                .flatten()
                .chain(kinds)
                .map(Untrusted::exposed);
            for text in ids.into_iter().flatten().chain(said) {
                each(&mut [text]);
            }
        }
        for error in &mut self.callback_errors {
            each(&mut [&mut error.peck]);
            each(&mut [&mut error.agent]);
        }
        for bond in &mut self.bonds {
            let texts = [
                Some(&mut bond.id),
                bond.duckling.as_mut(),
                bond.peck.as_mut(),
                bond.peer.as_mut(),
                bond.name.as_mut().map(Untrusted::exposed),
            ];
            for text in texts.into_iter().flatten() {
                each(&mut [text]);
            }
        }
    }
}
