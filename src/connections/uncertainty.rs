//! What the records cannot prove, and the reason for each.

use super::{Bond, BondState, EventKind, Gap, Gaps, Last, NEWS, Peck, PeckState, RECENT, WINDOW};

/// A reason for a state that is not known which the lists would remove.
pub const NO_BOND_IN_FEED: &str = "approved, and the feed shows no bonds at all";
/// Another one.
pub const BONDED_BEFORE_FEED: &str = "the feed does not reach back to when it was bonded";

/// What a request comes to.
const OUTCOMES: [EventKind; 4] = [
    EventKind::Approved,
    EventKind::Denied,
    EventKind::Expired,
    EventKind::CallbackError,
];

/// Why there may be more than what is known by its id. `pecks` and `bonds` is what names none;
/// `reach` how far back the feed goes.
pub(super) fn gaps(pecks: &Last, bonds: &Last, reach: Option<i64>, now: i64) -> Gaps {
    let short = |needed: i64| match reach {
        None => Some(Gap::Empty),
        Some(reach) => (reach < needed).then_some(Gap::Short(reach, needed)),
    };
    let nameless = |newest: Option<i64>, window: i64, what| {
        newest
            .is_some_and(|at| now - at < window)
            .then_some(Gap::Nameless(what))
    };
    let asked = pecks.of(EventKind::Requested);
    let any = asked.max(pecks.newest(OUTCOMES));
    let bond = bonds.newest([EventKind::Bonded, EventKind::Unpecked, EventKind::Pulse]);
    let failed = bonds.of(EventKind::DeliveryFailed);
    let callback = pecks.of(EventKind::CallbackError);
    let callback =
        nameless(callback, NEWS, "").map(|_| Gap::NamelessFailure("a callback that failed"));
    Gaps {
        pending: short(WINDOW).or(nameless(asked, WINDOW, "a request")),
        // Older requests are counted as far as the feed shows them; none of them is an alarm.
        pecks: callback
            .or(short(NEWS))
            .or(nameless(any, RECENT, "a request")),
        bonds: nameless(bond, i64::MAX, "a bond"),
        failures: nameless(failed, RECENT, "a failed delivery"),
    }
}

/// What decides whether a request that was approved made a bond.
pub(super) struct Unbonded {
    pub(super) unattributed: Last,
    /// The newest bond that fits no request whose two agents are known.
    pub(super) unjoined: Option<i64>,
    /// Whether bonds would show.
    pub(super) tells_bonds: bool,
}

/// Why the state of a request is unknown, if it is.
pub(super) fn uncertain(peck: &Peck, unbonded: &Unbonded, now: i64) -> Option<&'static str> {
    let Unbonded {
        unattributed,
        unjoined,
        tells_bonds,
    } = unbonded;
    let outcome = unattributed.newest(OUTCOMES);
    let by_silence = peck.last(EventKind::Expired).is_none() && peck.listed.is_none();
    let approved = peck.last(EventKind::Approved);
    // A bond between others is not this one's, where it says between whom it would be.
    let of_others = unjoined.filter(|_| peck.requester.is_none() || peck.target.is_none());
    match peck.state(now) {
        PeckState::Pending | PeckState::Expired
            if by_silence && outcome.is_some() && outcome >= peck.begun() =>
        {
            Some("an outcome in the feed names no request, and could be this one's")
        }
        PeckState::CallbackError if peck.last(EventKind::CallbackError).is_some() => None,
        PeckState::CallbackError if !tells_bonds => Some(NO_BOND_IN_FEED),
        PeckState::CallbackError
            if unattributed.of(EventKind::Bonded).max(of_others) >= approved.or(peck.begun()) =>
        {
            Some("a bond in the feed names no request, and could be this one's")
        }
        _ => None,
    }
}

/// Sets what is unknown of a bond, and the bounds of its key's age.
pub(super) fn set_uncertainty(bond: &mut Bond, unattributed: &Last, reach: Option<i64>, now: i64) {
    let horizon = now - reach.unwrap_or(0);
    let (unpecked, pulse) = (
        unattributed.of(EventKind::Unpecked),
        unattributed.of(EventKind::Pulse),
    );
    bond.date_key(horizon, unattributed.of(EventKind::Rotated), now);
    bond.uncertain = match bond.contradiction() {
        _ if bond.pulsed_after_end() => {
            Some("it was unpecked, and it pulsed after that: the feed contradicts itself")
        }
        _ if unpecked.is_some() && unpecked >= bond.since.max(bond.seen) => {
            Some("an unpeck in the feed names no agent")
        }
        Some(_) if bond.state() == BondState::Unknown => {
            Some("a list calls it over, and the feed shows it in force")
        }
        _ => None,
    };
    // What the feed shows of a bond it shows from there on; what a list shows it may not.
    let covered = reach.is_some() && bond.since.is_some_and(|since| horizon <= since);
    bond.unseen = match bond.seen {
        _ if pulse.is_some() && pulse >= bond.seen => Some("a pulse in the feed names no agent"),
        None if !covered => Some(BONDED_BEFORE_FEED),
        _ => None,
    };
}
