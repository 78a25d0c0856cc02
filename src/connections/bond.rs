//! One bond and its health.

use super::{EventKind, OFFLINE, RECENT, SLOW};
use crate::text::Untrusted;

/// How many of the last pulses are kept.
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
    /// Whether the feed says so, and not only a list.
    pub(super) dated_by_feed: bool,
    /// When it was ended.
    pub over: Option<i64>,
    /// The newest pulse that the feed shows.
    pub pulse: Option<i64>,
    /// The last pulses, newest first: of a bond that is looked at by itself.
    pub pulses: Vec<i64>,
    /// Whether it is. Of everybody only the newest pulse is kept.
    pub(super) alone: bool,
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
    /// Why its state is unknown, if it is.
    pub uncertain: Option<&'static str>,
    /// Why the age of its last pulse is unknown, if it is.
    pub unseen: Option<&'static str>,
    /// How old its key is at least, in seconds.
    pub key_min: i64,
    /// How old its key is at most, in seconds: a key is not older than its bond.
    pub key_max: Option<i64>,
}

named_enum! {
    /// The state of a bond. Of several that are said of one agent the last of these counts.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum BondState, word {
        Unknown "UNKNOWN" "It cannot be told.";
        Expired "EXPIRED" "The time to approve it ran out.";
        Denied "DENIED" "A human said no.";
        Unpecked "UNPECKED" "It was ended.";
        Pending "PENDING" "A human has yet to act.";
        Bonded "BONDED" "It is in force.";
    }
}

impl BondState {
    /// Whether it can be in force no more.
    fn is_over(self) -> bool {
        matches!(self, Self::Unpecked | Self::Denied | Self::Expired)
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

named_enum! {
    /// How fresh the pulse of a bond is, worst first.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum Class, word {
        Offline "OFFLINE" "No pulse for 30 minutes or more.";
        Never "NEVER PULSED" "It has never pulsed.";
        Unknown "UNKNOWN" "It cannot be told.";
        Slow "SLOW" "No pulse for 10 minutes or more.";
        Alive "ALIVE" "A pulse within 10 minutes.";
        Gone "GONE" "There is no bond in force.";
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
    pub(super) fn happened(&mut self, event: EventKind, at: i64) {
        let newest = |slot: &mut Option<i64>| *slot = (*slot).max(Some(at));
        match event {
            EventKind::Bonded => {
                newest(&mut self.since);
                self.dated_by_feed = true;
            }
            EventKind::Unpecked => newest(&mut self.over),
            EventKind::Rotated => newest(&mut self.rotated),
            EventKind::DeliveryFailed => newest(&mut self.failed),
            EventKind::Pulse => {
                newest(&mut self.pulse);
                newest(&mut self.seen);
                if !self.alone {
                    return;
                }
                let place = self.pulses.partition_point(|known| *known >= at);
                if place < KEPT {
                    self.pulses.insert(place, at);
                    self.pulses.truncate(KEPT);
                }
            }
            EventKind::Denied => self.refuse(at, BondState::Denied),
            EventKind::Expired => self.refuse(at, BondState::Expired),
            EventKind::Requested | EventKind::Approved | EventKind::CallbackError => {}
        }
    }

    fn refuse(&mut self, at: i64, state: BondState) {
        if self.refused.is_none_or(|(known, _)| known < at) {
            self.refused = Some((at, state));
        }
    }

    /// Whether the feed contradicts itself: an end is final, and yet the agent pulses after it.
    /// A bond that was formed anew after the end is another matter.
    pub fn pulsed_after_end(&self) -> bool {
        self.over.is_some() && self.over >= self.since && self.pulse > self.over
    }

    /// Its state. A pulse is taken only from an agent whose bond is in force, so it proves one,
    /// unless the bond was ended before.
    pub fn state(&self) -> BondState {
        if self.uncertain.is_some() || self.pulsed_after_end() {
            return BondState::Unknown;
        }
        let alive = self.since.max(self.pulse);
        if self.over.is_some() && self.over >= alive {
            return BondState::Unpecked;
        }
        match (alive, self.listed, self.refused) {
            (None, Some(said), _) => said,
            (None, None, Some((_, refused))) => refused,
            // Either of the two may be outdated.
            (Some(_), Some(said), _) if said.is_over() => BondState::Unknown,
            (Some(_), ..) => BondState::Bonded,
            (None, None, None) => BondState::Unknown,
        }
    }

    /// The state by the list where it contradicts the feed.
    pub fn contradiction(&self) -> Option<BondState> {
        let alive = self.since.max(self.pulse);
        let said = self.listed?;
        let over = self.over.is_some() && self.over >= alive;
        let differs = (over && said == BondState::Bonded)
            || (alive.is_some() && !over && said != BondState::Bonded);
        differs.then_some(said)
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

    /// Seconds since its key was issued, where that is certain.
    pub fn key_age(&self) -> Option<i64> {
        self.key_max.filter(|most| *most == self.key_min)
    }

    /// Sets the bounds of its key's age. `horizon` is the oldest moment in the feed; `unattributed`
    /// the newest rotation without an agent.
    pub(super) fn date_key(&mut self, horizon: i64, unattributed: Option<i64>, now: i64) {
        // What the feed does not show may have happened until right before what it shows.
        let unseen = horizon.max(self.since.unwrap_or(horizon));
        let latest = Some(self.rotated.unwrap_or(unseen)).max(unattributed);
        let age = |at: i64| (now - at).max(0);
        self.key_min = latest.map_or(0, age);
        self.key_max = self.rotated.max(self.since).map(age);
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

    fn bond(events: &[(i64, EventKind)]) -> Bond {
        let mut bond = Bond::default();
        for (ago, event) in events {
            bond.happened(*event, NOW - ago);
        }
        bond
    }

    #[test]
    fn pulse_classes_change_exactly_at_ten_and_thirty_minutes() {
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
                (9000, EventKind::Bonded),
                (ago, EventKind::Pulse),
                (ago + 50, EventKind::Pulse),
            ]);
            assert_eq!(bond.class(NOW), due, "{ago}");
        }
        assert_eq!(bond(&[(5, EventKind::Bonded)]).class(NOW), Class::Never);
    }

    #[test]
    fn the_newest_event_decides() {
        use EventKind::*;
        let table: [(&[(i64, EventKind)], BondState); 8] = [
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
    fn pulses_without_agent_make_only_affected_states_unknown() {
        let unseen = |ago| Bond {
            unseen: Some("some pulses name no agent"),
            ..bond(&[(9000, EventKind::Bonded), (ago, EventKind::Pulse)])
        };
        assert_eq!(unseen(599).class(NOW), Class::Alive);
        assert_eq!(unseen(600).class(NOW), Class::Unknown);
    }

    #[test]
    fn key_age_lies_between_bond_age_and_newest_rotation() {
        const DAY: i64 = 86_400;
        let reach = 7 * DAY;
        let key = |events: &[(i64, EventKind)], unattributed: Option<i64>| {
            let mut bond = bond(events);
            bond.date_key(NOW - reach, unattributed.map(|ago| NOW - ago), NOW);
            (bond.key_min, bond.key_max)
        };
        // Bonded within the feed, and rotated since by an entry without an agent.
        let bonded = (900, EventKind::Bonded);
        assert_eq!(key(&[bonded], None), (900, Some(900)));
        let rotated = [bonded, (100, EventKind::Rotated)];
        assert_eq!(key(&rotated, None), (100, Some(100)));
        assert_eq!(key(&[bonded], Some(50)), (50, Some(900)));
        assert_eq!(key(&rotated, Some(500)), (100, Some(100)));
        // Bonded before: it may have been rotated until the feed begins.
        let old = (40 * DAY, EventKind::Bonded);
        assert_eq!(key(&[old], None), (reach, Some(40 * DAY)));
        assert_eq!(key(&[(60, EventKind::Pulse)], None), (reach, None));
    }

    #[test]
    fn a_list_contradicting_the_feed_leaves_the_state_unknown() {
        let listed = |said, events: &[(i64, EventKind)]| Bond {
            listed: Some(said),
            ..bond(events)
        };
        let alive = [(900, EventKind::Bonded), (60, EventKind::Pulse)];
        let over = [(900, EventKind::Bonded), (60, EventKind::Unpecked)];
        let table = [
            (
                listed(BondState::Unpecked, &alive),
                BondState::Unknown,
                true,
            ),
            (listed(BondState::Denied, &alive), BondState::Unknown, true),
            (listed(BondState::Pending, &alive), BondState::Bonded, true),
            (listed(BondState::Bonded, &alive), BondState::Bonded, false),
            (listed(BondState::Bonded, &over), BondState::Unpecked, true),
            (
                listed(BondState::Unpecked, &over),
                BondState::Unpecked,
                false,
            ),
            (listed(BondState::Unpecked, &[]), BondState::Unpecked, false),
        ];
        for (bond, state, differs) in table {
            assert_eq!(bond.state(), state, "{bond:?}");
            assert_eq!(bond.contradiction().is_some(), differs, "{bond:?}");
        }
    }
}
