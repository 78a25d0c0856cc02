//! The facts about requests and bonds.

use super::super::{Declared, FactType, clocked as fact};

pub(super) const FACTS: &[Declared] = &[
    fact(
        "pecks.known",
        FactType::Int,
        "count",
        "requests of the last 24 h",
    ),
    fact(
        "pecks.all_known",
        FactType::Bool,
        "",
        "yes where the state of every request of the last 24 h is certain; else not known",
    ),
    fact(
        "pecks.pending",
        FactType::Int,
        "count",
        "requests that wait for a human",
    ),
    fact(
        "pecks.least_left",
        FactType::Duration,
        "seconds",
        "the least time that is left of a pending request; the whole window without one",
    ),
    fact(
        "pecks.rivals",
        FactType::Int,
        "count",
        "pending requests beside another one of the same two",
    ),
    fact(
        "pecks.approved",
        FactType::Int,
        "count",
        "requests that were approved",
    ),
    fact(
        "pecks.denied",
        FactType::Int,
        "count",
        "requests that a human denied, at least",
    ),
    fact(
        "pecks.expired",
        FactType::Int,
        "count",
        "requests whose time ran out, at least",
    ),
    fact(
        "pecks.callback_errors",
        FactType::Int,
        "count",
        "requests that failed after a human acted, or were approved and made no bond",
    ),
    fact(
        "pecks.newest_pending",
        FactType::List,
        "",
        "the 5 newest pending requests",
    ),
    fact(
        "pecks.newest_denied",
        FactType::List,
        "",
        "the 5 newest denied requests",
    ),
    fact(
        "pecks.newest_expired",
        FactType::List,
        "",
        "the 5 newest expired requests",
    ),
    fact(
        "pecks.newest_callback_errors",
        FactType::List,
        "",
        "the 5 newest requests with a callback error",
    ),
    fact("bonds.bonded", FactType::Int, "count", "bonds in force"),
    fact(
        "bonds.alive",
        FactType::Int,
        "count",
        "bonds with a pulse within 10 minutes",
    ),
    fact(
        "bonds.slow",
        FactType::Int,
        "count",
        "bonds without a pulse for 10 minutes, at least",
    ),
    fact(
        "bonds.offline",
        FactType::Int,
        "count",
        "bonds without a pulse for 30 minutes, at least",
    ),
    fact(
        "bonds.pulsing",
        FactType::Int,
        "count",
        "bonds in force of which a pulse is known",
    ),
    fact(
        "bonds.unpulsed",
        FactType::Int,
        "count",
        "bonds in force that have never pulsed, at least",
    ),
    fact(
        "bonds.unpulsed_for",
        FactType::Duration,
        "seconds",
        "how long the oldest of those has been in force",
    ),
    fact(
        "bonds.pulse_age",
        FactType::Duration,
        "seconds",
        "age of the stalest newest pulse of a bond",
    ),
    fact(
        "bonds.key_age",
        FactType::Duration,
        "seconds",
        "age of the oldest key of a bond in force, at most",
    ),
    fact(
        "bonds.key_age_min",
        FactType::Duration,
        "seconds",
        "age of the oldest key of a bond in force, at least",
    ),
    fact(
        "bonds.unpecked",
        FactType::Int,
        "count",
        "bonds that were ended",
    ),
    fact(
        "bonds.failing",
        FactType::Int,
        "count",
        "bonds with a failed delivery in the last 24 h, at least",
    ),
    fact(
        "bonds.untraced",
        FactType::Int,
        "count",
        "bonded agents that the status API counts and neither feed nor lists show",
    ),
    fact(
        "bonds.worst",
        FactType::List,
        "",
        "the 5 bonds that are worst off",
    ),
];
