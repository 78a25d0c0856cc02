//! One bond and its health.

use super::{Event, OFFLINE, RECENT, SLOW};
use crate::text::Untrusted;

/// So many of the last pulses are kept.
const KEPT: usize = 16;

/// The bond of one agent, and what is known of it. Times are seconds since 1970.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bond {
    /// The agent's id.
    pub id: String,
    /// What it is called.
    pub name: Option<Untrusted>,
    /// The duckling it belongs to.
    pub duckling: Option<String>,
    /// The request that it came from.
    pub peck: Option<String>,
    /// The agent at the other end.
    pub peer: Option<String>,
    /// When it came into force.
    pub since: Option<i64>,
    /// When it was ended.
    pub over: Option<i64>,
    /// The last pulses, newest first.
    pub pulses: Vec<i64>,
    /// The newest sign of life, from pulses and lists.
    pub seen: Option<i64>,
    /// When its key was last rotated.
    pub rotated: Option<i64>,
    /// When a delivery to it last failed.
    pub failed: Option<i64>,
    /// What became of a request that made no bond of it.
    pub refused: Option<(i64, BondState)>,
    /// What a list says of it.
    pub listed: Option<BondState>,
    /// Why its state cannot be told, if so.
    pub uncertain: Option<&'static str>,
    /// Why the age of its last pulse cannot be told, if so.
    pub unseen: Option<&'static str>,
    /// Why the age of its key cannot be told, if so.
    pub keyless: Option<&'static str>,
}

/// The state of a bond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BondState {
    /// It is in force.
    Bonded,
    /// It was ended.
    Unpecked,
    /// A human said no.
    Denied,
    /// The time to approve it ran out.
    Expired,
    /// A human has yet to act.
    Pending,
    /// It cannot be told.
    Unknown,
}

impl BondState {
    /// Its word, as operators write it.
    pub fn word(self) -> &'static str {
        match self {
            BondState::Bonded => "BONDED",
            BondState::Unpecked => "UNPECKED",
            BondState::Denied => "DENIED",
            BondState::Expired => "EXPIRED",
            BondState::Pending => "PENDING",
            BondState::Unknown => "UNKNOWN",
        }
    }

    /// The state that a word of a list means.
    pub fn of(word: &str) -> Option<Self> {
        Some(match word.trim().to_ascii_lowercase().as_str() {
            "bonded" | "bond" | "bound" | "connected" | "active" | "idle" | "offline" | "flock"
            | "approved" => BondState::Bonded,
            "unpecked" | "disconnected" => BondState::Unpecked,
            "denied" | "rejected" => BondState::Denied,
            "expired" => BondState::Expired,
            "pending" | "requested" => BondState::Pending,
            _ => return None,
        })
    }
}

/// How fresh the pulse of a bond is, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// No pulse for 30 minutes or more.
    Offline,
    /// It has never pulsed.
    Never,
    /// It cannot be told.
    Unknown,
    /// No pulse for 10 minutes or more.
    Slow,
    /// A pulse within 10 minutes.
    Alive,
    /// There is no bond in force.
    Gone,
}

impl Class {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Class::Offline => "OFFLINE",
            Class::Never => "NEVER PULSED",
            Class::Unknown => "UNKNOWN",
            Class::Slow => "SLOW",
            Class::Alive => "ALIVE",
            Class::Gone => "GONE",
        }
    }
}

/// The class of a pulse of this age, in seconds.
pub fn class(age: i64) -> Class {
    match age {
        OFFLINE.. => Class::Offline,
        SLOW.. => Class::Slow,
        _ => Class::Alive,
    }
}

impl Bond {
    pub(super) fn happened(&mut self, event: Event, at: i64) {
        let newest = |slot: &mut Option<i64>| *slot = (*slot).max(Some(at));
        match event {
            Event::Bonded => newest(&mut self.since),
            Event::Unpecked => newest(&mut self.over),
            Event::Rotated => newest(&mut self.rotated),
            Event::DeliveryFailed => newest(&mut self.failed),
            Event::Pulse => {
                newest(&mut self.seen);
                let place = self.pulses.partition_point(|known| *known >= at);
                if place < KEPT {
                    self.pulses.insert(place, at);
                    self.pulses.truncate(KEPT);
                }
            }
            Event::Denied => self.refuse(at, BondState::Denied),
            Event::Expired => self.refuse(at, BondState::Expired),
            Event::Requested | Event::Approved | Event::CallbackError => {}
        }
    }

    fn refuse(&mut self, at: i64, state: BondState) {
        if self.refused.is_none_or(|(known, _)| known < at) {
            self.refused = Some((at, state));
        }
    }

    /// Its state. A pulse is taken only from an agent whose bond is in force, so it proves one.
    pub fn state(&self) -> BondState {
        if self.uncertain.is_some() {
            return BondState::Unknown;
        }
        let alive = self.since.max(self.pulses.first().copied());
        if self.over.is_some() && self.over >= alive {
            return BondState::Unpecked;
        }
        match (alive, self.listed, self.refused) {
            (None, Some(said), _) => said,
            (None, None, Some((_, refused))) => refused,
            (Some(_), Some(said @ (BondState::Unpecked | BondState::Denied)), _) => said,
            (Some(_), ..) => BondState::Bonded,
            (None, None, None) => BondState::Unknown,
        }
    }

    /// Seconds since the newest sign of life.
    pub fn pulse_age(&self, now: i64) -> Option<i64> {
        self.seen.map(|at| (now - at).max(0))
    }

    /// How long it has been in force, in seconds.
    pub fn age(&self, now: i64) -> Option<i64> {
        self.since.map(|at| (now - at).max(0))
    }

    /// How fresh its pulse is.
    pub fn class(&self, now: i64) -> Class {
        match self.state() {
            BondState::Bonded => match self.pulse_age(now) {
                Some(_) if self.unseen.is_some() && class_at(self, now) != Class::Alive => {
                    Class::Unknown
                }
                Some(age) => class(age),
                None if self.unseen.is_some() => Class::Unknown,
                None => Class::Never,
            },
            BondState::Unknown => Class::Unknown,
            _ => Class::Gone,
        }
    }

    /// Seconds since its key was issued, at least: a rotation that the feed no longer shows
    /// lies before everything that it does show.
    pub fn key_age(&self, now: i64) -> Option<i64> {
        let issued = self.rotated.max(self.since);
        issued.map(|at| (now - at).max(0))
    }

    /// Whether a delivery to it failed lately.
    pub fn fails(&self, now: i64) -> bool {
        self.failed.is_some_and(|at| now - at < RECENT)
    }
}

fn class_at(bond: &Bond, now: i64) -> Class {
    bond.pulse_age(now).map_or(Class::Never, class)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_774_137_600;

    fn bond(events: &[(i64, Event)]) -> Bond {
        let mut bond = Bond::default();
        for (ago, event) in events {
            bond.happened(*event, NOW - ago);
        }
        bond
    }

    #[test]
    fn classes_change_at_ten_and_thirty_minutes_to_the_second() {
        for (ago, due) in [
            (0, Class::Alive),
            (599, Class::Alive),
            (600, Class::Slow),
            (601, Class::Slow),
            (1799, Class::Slow),
            (1800, Class::Offline),
            (1801, Class::Offline),
        ] {
            let bond = bond(&[
                (9000, Event::Bonded),
                (ago, Event::Pulse),
                (ago + 50, Event::Pulse),
            ]);
            assert_eq!(bond.class(NOW), due, "{ago}");
        }
        assert_eq!(bond(&[(5, Event::Bonded)]).class(NOW), Class::Never);
    }

    #[test]
    fn what_happened_last_decides() {
        use Event::*;
        let table: [(&[(i64, Event)], BondState); 8] = [
            (&[], BondState::Unknown),
            (&[(900, Bonded)], BondState::Bonded),
            (&[(900, Pulse)], BondState::Bonded),
            (&[(900, Bonded), (800, Unpecked)], BondState::Unpecked),
            (&[(700, Bonded), (800, Unpecked)], BondState::Bonded),
            (&[(800, Unpecked)], BondState::Unpecked),
            (&[(800, Denied)], BondState::Denied),
            (&[(800, Expired), (700, Bonded)], BondState::Bonded),
        ];
        for (events, due) in table {
            assert_eq!(bond(events).state(), due, "{events:?}");
            let reversed: Vec<_> = events.iter().copied().rev().collect();
            assert_eq!(bond(&reversed).state(), due, "{reversed:?}");
        }
    }

    #[test]
    fn pulses_that_could_be_anybodys_leave_only_what_they_cannot_change() {
        let unseen = |ago| Bond {
            unseen: Some("some pulses name nobody"),
            ..bond(&[(9000, Event::Bonded), (ago, Event::Pulse)])
        };
        assert_eq!(unseen(599).class(NOW), Class::Alive);
        assert_eq!(unseen(600).class(NOW), Class::Unknown);
    }

    #[test]
    fn a_key_is_as_old_as_its_bond_or_its_last_rotation() {
        let keys = [
            bond(&[(900, Event::Bonded)]),
            bond(&[(900, Event::Bonded), (100, Event::Rotated)]),
            bond(&[(100, Event::Pulse)]),
        ];
        let ages = keys.map(|bond| bond.key_age(NOW));
        assert_eq!(ages, [Some(900), Some(100), None]);
    }
}
