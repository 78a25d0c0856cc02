//! One request and its state.

use super::{BOND_DUE, EventKind, Last, RECENT, WINDOW};
use crate::text::Untrusted;

/// How many events of one request are kept.
const KEPT: usize = 12;

/// A request for a connection, and what happened to it. Times are seconds since 1970.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Peck {
    /// Its id.
    pub id: String,
    /// The agent that asks.
    pub requester: Option<String>,
    /// What that agent is called.
    pub requester_name: Option<Untrusted>,
    /// The agent that is asked.
    pub target: Option<String>,
    /// What it is for.
    pub purpose: Option<Untrusted>,
    /// When it was asked.
    pub asked: Option<i64>,
    /// When it was first heard of in any way.
    pub first: Option<i64>,
    /// When its time is over, where a list says so.
    pub expires: Option<i64>,
    /// What happened last, newest first, each with the type as it came: to be shown. The
    /// state does not depend on how many of them are kept.
    pub events: Vec<(i64, EventKind, Untrusted)>,
    /// What a list says of it.
    pub listed: Option<PeckState>,
    /// Whether a list shows the bond that it made.
    pub bond_listed: bool,
    /// Why its state is unknown, if it is.
    pub uncertain: Option<&'static str>,
    /// How many other pending requests there are between the same two.
    pub duplicates: usize,
    /// The ids of some of those.
    pub rivals: Vec<String>,
    pub(super) last: Last,
}

named_enum! {
    /// The state of a request, most urgent first.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum PeckState, word {
        CallbackError "callback-error" "A human acted, and no bond came of it.";
        Pending "pending" "Waiting for a human.";
        Unknown "unknown" "It cannot be told.";
        Expired "expired" "Its time ran out.";
        Denied "denied" "A human said no.";
        Approved "approved" "A human said yes.";
    }
}

impl PeckState {
    /// Whether a word of a list says that there is a bond, and not only a yes.
    pub(super) fn is_bonded(word: &str) -> bool {
        let word = word.trim().to_ascii_lowercase();
        matches!(
            word.as_str(),
            "connected" | "active" | "bond" | "bonded" | "bound" | "flock"
        )
    }

    /// The state that a word of a list means.
    pub fn of(word: &str) -> Option<Self> {
        let word = word.trim().to_ascii_lowercase().replace(['_', ' '], "-");
        Some(match word.as_str() {
            "pending" | "requested" | "sent" | "waiting" | "awaiting-approval" | "open" => {
                PeckState::Pending
            }
            "approved" | "accepted" | "connected" | "active" | "bond" | "bonded" | "bound"
            | "flock" => PeckState::Approved,
            "denied" | "rejected" | "declined" | "refused" => PeckState::Denied,
            "expired" | "timed-out" | "timeout" | "timedout" | "lapsed" => PeckState::Expired,
            "callback-error" | "callbackerror" | "callback-failed" | "callback-timeout" => {
                PeckState::CallbackError
            }
            _ => return None,
        })
    }
}

impl Peck {
    pub(super) fn happened(&mut self, event: EventKind, at: i64, kind: &str) {
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        if event == EventKind::Requested {
            self.asked = Some(self.asked.map_or(at, |asked| asked.min(at)));
        }
        self.last.note(event, at);
        let place = self.events.partition_point(|(known, ..)| *known >= at);
        self.events.insert(place, (at, event, Untrusted::new(kind)));
        self.events.truncate(KEPT);
    }

    /// When an event last happened to it.
    pub fn last(&self, wanted: EventKind) -> Option<i64> {
        self.last.of(wanted)
    }

    /// When it was asked, or else first heard of.
    pub fn begun(&self) -> Option<i64> {
        self.asked.or(self.first)
    }

    /// The newest that is known to have happened to it.
    pub fn newest(&self) -> Option<i64> {
        self.events.first().map(|(at, ..)| *at).or(self.begun())
    }

    /// Whether it is recent enough to be counted.
    pub fn is_recent(&self, now: i64) -> bool {
        self.newest().is_none_or(|at| now - at < RECENT)
    }

    /// When its window closes.
    pub fn closes(&self) -> Option<i64> {
        let by_window = self.begun().map(|at| at + WINDOW);
        match (self.expires, by_window) {
            (Some(said), Some(due)) => Some(said.min(due)),
            (said, due) => said.or(due),
        }
    }

    /// Seconds that are left of its window.
    pub fn left(&self, now: i64) -> Option<i64> {
        self.closes().map(|closes| (closes - now).clamp(0, WINDOW))
    }

    /// What a list says where that is not what has come of it.
    pub fn contradiction(&self, now: i64) -> Option<PeckState> {
        let state = self.state(now);
        self.listed
            .filter(|said| *said != state && state != PeckState::Unknown)
    }

    /// Its state at this moment; [`PeckState::Unknown`] with a reason where it cannot be
    /// determined.
    pub fn state(&self, now: i64) -> PeckState {
        if self.uncertain.is_some() {
            return PeckState::Unknown;
        }
        let bonded = self.last(EventKind::Bonded);
        let over = self.last(EventKind::Unpecked);
        let error = self.last(EventKind::CallbackError);
        // A bond that came after an error, or that a list shows now, has mended it.
        if error.is_some() && error > bonded.max(over) && !self.bond_listed {
            return PeckState::CallbackError;
        }
        if bonded.is_some() || over.is_some() || self.bond_listed {
            return PeckState::Approved;
        }
        if self.last(EventKind::Denied).is_some() {
            return PeckState::Denied;
        }
        if let Some(approved) = self.last(EventKind::Approved) {
            return match self.listed {
                Some(PeckState::Approved) => PeckState::Approved,
                _ if now - approved >= BOND_DUE => PeckState::CallbackError,
                _ => PeckState::Approved,
            };
        }
        if self.last(EventKind::Expired).is_some() {
            return PeckState::Expired;
        }
        match self.listed {
            Some(PeckState::Pending) | None => {}
            Some(said) => return said,
        }
        match self.left(now) {
            Some(0) => PeckState::Expired,
            Some(_) => PeckState::Pending,
            None => PeckState::Unknown,
        }
    }

    /// The two agents, the smaller id first, where both are known.
    pub(super) fn pair(&self) -> Option<(&str, &str)> {
        let (one, other) = (self.requester.as_deref()?, self.target.as_deref()?);
        Some(if one <= other {
            (one, other)
        } else {
            (other, one)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_774_137_600;

    fn peck(events: &[(i64, EventKind)]) -> Peck {
        let mut peck = Peck::default();
        for (ago, event) in events {
            peck.happened(*event, NOW - ago, "peck");
        }
        peck
    }

    #[test]
    fn approval_and_bond_deadlines_are_exact_to_the_second() {
        use EventKind::{Approved, Bonded, Requested};
        for (ago, state, left) in [
            (0, PeckState::Pending, 600),
            (599, PeckState::Pending, 1),
            (600, PeckState::Expired, 0),
            (601, PeckState::Expired, 0),
        ] {
            let asked = peck(&[(ago, Requested)]);
            assert_eq!(
                (asked.state(NOW), asked.left(NOW)),
                (state, Some(left)),
                "{ago}"
            );
        }
        for (ago, state) in [
            (119, PeckState::Approved),
            (120, PeckState::CallbackError),
            (121, PeckState::CallbackError),
        ] {
            let approved = peck(&[(ago + 60, Requested), (ago, Approved)]);
            assert_eq!(approved.state(NOW), state, "{ago}");
            let bonded = peck(&[(ago + 60, Requested), (ago, Approved), (ago - 5, Bonded)]);
            assert_eq!(bonded.state(NOW), PeckState::Approved, "{ago}");
        }
    }

    #[test]
    fn the_newest_event_decides_in_any_order_of_the_feed() {
        use EventKind::*;
        let table: [(&[(i64, EventKind)], PeckState); 9] = [
            (&[(300, Requested), (200, Denied)], PeckState::Denied),
            (&[(200, Denied), (300, Requested)], PeckState::Denied),
            (&[(900, Requested), (300, Expired)], PeckState::Expired),
            (
                &[(300, Requested), (200, CallbackError)],
                PeckState::CallbackError,
            ),
            (
                &[(300, Requested), (250, Approved), (200, CallbackError)],
                PeckState::CallbackError,
            ),
            (&[(300, CallbackError), (200, Bonded)], PeckState::Approved),
            (
                &[(200, CallbackError), (300, Bonded)],
                PeckState::CallbackError,
            ),
            (&[(900, Bonded), (200, Unpecked)], PeckState::Approved),
            (&[(300, Approved), (280, Denied)], PeckState::Denied),
        ];
        for (events, state) in table {
            assert_eq!(peck(events).state(NOW), state, "{events:?}");
        }
    }

    #[test]
    fn a_list_adds_only_what_the_feed_lacks() {
        let listed = |state, events: &[(i64, EventKind)]| Peck {
            listed: Some(state),
            ..peck(events)
        };
        let state = |peck: &Peck| peck.state(NOW);
        assert_eq!(state(&listed(PeckState::Denied, &[])), PeckState::Denied);
        assert_eq!(state(&listed(PeckState::Pending, &[])), PeckState::Unknown);
        let old = listed(PeckState::Pending, &[(700, EventKind::Requested)]);
        assert_eq!(state(&old), PeckState::Expired);
        let approved = listed(PeckState::Approved, &[(700, EventKind::Approved)]);
        assert_eq!(state(&approved), PeckState::Approved);
        let early = Peck {
            expires: Some(NOW),
            ..peck(&[(60, EventKind::Requested)])
        };
        assert_eq!(state(&early), PeckState::Expired);
    }

    #[test]
    fn reminders_do_not_replace_an_outcome() {
        let mut lost = peck(&[(590, EventKind::Requested), (500, EventKind::Approved)]);
        for ago in (0..400).rev() {
            lost.happened(EventKind::Requested, NOW - ago, "peck_notify");
        }
        assert_eq!(lost.state(NOW), PeckState::CallbackError);
        assert_eq!((lost.events.len(), lost.asked), (KEPT, Some(NOW - 590)));
    }

    #[test]
    fn a_listed_bond_resolves_a_callback_error_and_contradictions_are_reported() {
        let failed = peck(&[(500, EventKind::Requested), (400, EventKind::CallbackError)]);
        let mended = Peck {
            bond_listed: true,
            ..failed.clone()
        };
        assert_eq!(mended.state(NOW), PeckState::Approved);
        let said = Peck {
            listed: Some(PeckState::Approved),
            ..failed
        };
        assert_eq!(said.state(NOW), PeckState::CallbackError);
        assert_eq!(said.contradiction(NOW), Some(PeckState::Approved));
        let same = Peck {
            listed: Some(PeckState::Pending),
            ..peck(&[(5, EventKind::Requested)])
        };
        assert_eq!(same.contradiction(NOW), None);
    }

    #[test]
    fn both_spellings_and_any_case_of_callback_error_are_read() {
        for word in [
            "callback-error",
            "callback_error",
            "CALLBACK_ERROR",
            "Callback Error",
        ] {
            assert_eq!(
                PeckState::of(word),
                Some(PeckState::CallbackError),
                "{word}"
            );
        }
        assert_eq!(PeckState::of("PENDING"), Some(PeckState::Pending));
        assert_eq!(PeckState::of("sleeping"), None);
    }
}
