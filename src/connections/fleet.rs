//! The bonds while they are being built. A feed of a million entries is nearly all pulses, so
//! each pulse needs one lookup in a compact table and does not touch the bond records.

use super::{Bond, EventKind};
use hashbrown::HashTable;
use std::hash::{BuildHasher, RandomState};

/// Bonds in the order of their first mention.
#[derive(Debug)]
pub(super) struct Fleet {
    places: HashTable<u32>,
    /// Every id behind the one before, and where each ends.
    ids: String,
    ends: Vec<usize>,
    /// The newest pulse of each; the least of all numbers where there is none.
    pulses: Vec<i64>,
    bonds: Vec<Bond>,
    /// A keyed hash, because ids come from outside and could be chosen to collide.
    hasher: RandomState,
    /// Whether one bond is looked at by itself.
    alone: bool,
}

impl Fleet {
    /// No bonds; of one that is looked at `alone` more pulses are kept.
    pub(super) fn new(alone: bool) -> Self {
        Self {
            places: HashTable::new(),
            ids: String::new(),
            ends: Vec::new(),
            pulses: Vec::new(),
            bonds: Vec::new(),
            hasher: RandomState::new(),
            alone,
        }
    }

    /// The bond of an id, made on first mention.
    pub(super) fn of(&mut self, id: &str) -> &mut Bond {
        let place = self.place(id);
        &mut self.bonds[place]
    }

    /// Takes in what happened to a bond.
    pub(super) fn happened(&mut self, id: &str, event: EventKind, at: i64) {
        let place = self.place(id);
        if event == EventKind::Pulse && !self.alone {
            self.pulses[place] = self.pulses[place].max(at);
        } else {
            self.bonds[place].happened(event, at);
        }
    }

    fn place(&mut self, id: &str) -> usize {
        let Self {
            places,
            ids,
            ends,
            hasher,
            ..
        } = self;
        let known = |place: &u32| at(ids, ends, *place as usize);
        let hash = hasher.hash_one(id);
        if let Some(place) = places.find(hash, |place| known(place) == id) {
            return *place as usize;
        }
        let place = ends.len();
        // Four thousand million bonds do not fit into any memory.
        places.insert_unique(hash, place as u32, |place| hasher.hash_one(known(place)));
        ids.push_str(id);
        ends.push(ids.len());
        self.pulses.push(i64::MIN);
        self.bonds.push(Bond {
            alone: self.alone,
            ..Bond::default()
        });
        place
    }

    /// All of them.
    pub(super) fn into_bonds(self) -> Vec<Bond> {
        let Self {
            ids,
            ends,
            pulses,
            mut bonds,
            ..
        } = self;
        for (place, (bond, pulse)) in bonds.iter_mut().zip(pulses).enumerate() {
            at(&ids, &ends, place).clone_into(&mut bond.id);
            if pulse > i64::MIN {
                bond.happened(EventKind::Pulse, pulse);
            }
        }
        bonds
    }
}

/// The id at this place.
fn at<'a>(ids: &'a str, ends: &[usize], place: usize) -> &'a str {
    let begin = place.checked_sub(1).map_or(0, |before| ends[before]);
    &ids[begin..ends[place]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_agent_has_one_bond() {
        let mut fleet = Fleet::new(false);
        for round in 1..=3 {
            for n in 0..1000 {
                let id = format!("id{n}");
                fleet.happened(&id, EventKind::Pulse, round * n);
                fleet.happened(&id, EventKind::Bonded, n);
            }
        }
        fleet.of("listed").name = None;
        let bonds = fleet.into_bonds();
        assert_eq!(bonds.len(), 1001);
        assert_eq!(
            (bonds[1000].id.as_str(), bonds[1000].pulse),
            ("listed", None)
        );
        for (n, bond) in bonds.into_iter().take(1000).enumerate() {
            let n = n as i64;
            assert_eq!(bond.id, format!("id{n}"));
            let due = (Some(3 * n), Some(3 * n), Some(n));
            assert_eq!((bond.pulse, bond.seen, bond.since), due);
            assert!(bond.pulses.is_empty());
        }
    }
}
