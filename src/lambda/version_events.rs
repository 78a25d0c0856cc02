//! The last event of each version: a rollback away from it, or a promotion to it.
//!
//! A version that was rolled back is not offered again, however good its metrics are: the operator
//! may have known more than they show. Only an approved promotion with a good record after it lifts
//! that (see [`super::last_known_good`]). Sources are the journal of this machine and
//! DEPLOY-LOG.md; neither says where the alias points now.

use std::collections::BTreeSet;

/// What happened to a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionEventKind {
    /// The alias was taken away from it by a rollback, or a canary of it was given up.
    RolledBack,
    /// It was given all traffic, with approval.
    Promoted,
}

/// One event in the life of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionEvent {
    /// When, in seconds since 1970.
    pub at: i64,
    /// Which version.
    pub version: i64,
    /// What happened.
    pub kind: VersionEventKind,
}

/// Whether a version may be offered as far as its events go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventStanding {
    /// No rollback away from it is known.
    NeverRolledBack,
    /// A rollback is the last thing that happened to it.
    RolledBack,
    /// It was rolled back and promoted again at this time, in seconds since 1970.
    PromotedAgain(i64),
}

/// The events of all versions, in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionEvents(Vec<VersionEvent>);

impl VersionEvents {
    /// Adds one event.
    pub fn push(&mut self, event: VersionEvent) {
        self.0.push(event);
    }

    /// Adds what another source knows.
    pub fn extend(&mut self, other: &VersionEvents) {
        self.0.extend(&other.0);
    }

    /// What last happened to a version. Of a rollback and a promotion at the same time the rollback
    /// counts: a log with dates alone does not tell which came last.
    pub fn standing(&self, version: i64) -> EventStanding {
        let last = |kind| {
            let of_this = self.0.iter().filter(|e| e.version == version);
            of_this.filter(|e| e.kind == kind).map(|e| e.at).max()
        };
        match (
            last(VersionEventKind::RolledBack),
            last(VersionEventKind::Promoted),
        ) {
            (None, _) => EventStanding::NeverRolledBack,
            (Some(back), Some(again)) if again > back => EventStanding::PromotedAgain(again),
            (Some(_), _) => EventStanding::RolledBack,
        }
    }

    /// Every version that was rolled back at some time.
    pub fn ever_rolled_back(&self) -> BTreeSet<i64> {
        let back = self.0.iter();
        back.filter(|e| e.kind == VersionEventKind::RolledBack)
            .map(|e| e.version)
            .collect()
    }
}

impl FromIterator<VersionEvent> for VersionEvents {
    fn from_iter<T: IntoIterator<Item = VersionEvent>>(events: T) -> Self {
        Self(events.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use VersionEventKind::{Promoted, RolledBack};

    #[test]
    fn the_last_event_decides_and_a_rollback_wins_a_tie() {
        let events: VersionEvents = [
            (10, 61, RolledBack),
            (20, 62, RolledBack),
            (30, 62, Promoted),
            (30, 63, Promoted),
            (40, 63, RolledBack),
            (50, 64, Promoted),
            (60, 65, RolledBack),
            (60, 65, Promoted),
        ]
        .into_iter()
        .map(|(at, version, kind)| VersionEvent { at, version, kind })
        .collect();
        let table = [
            (60, EventStanding::NeverRolledBack),
            (61, EventStanding::RolledBack),
            (62, EventStanding::PromotedAgain(30)),
            (63, EventStanding::RolledBack),
            (64, EventStanding::NeverRolledBack),
            (65, EventStanding::RolledBack),
        ];
        for (version, standing) in table {
            assert_eq!(events.standing(version), standing, "{version}");
        }
    }
}
