//! The facts of the audit probe.

use super::super::{Declared, FactType, clocked as fact};

pub(super) const FACTS: &[Declared] = &[
    fact(
        "audit.entries",
        FactType::Int,
        "count",
        "entries in the feed",
    ),
    fact(
        "audit.reach",
        FactType::Duration,
        "seconds",
        "how far back the feed goes",
    ),
    fact("audit.oldest", FactType::Instant, "utc", "the oldest entry"),
    fact(
        "audit.pulse_age",
        FactType::Duration,
        "seconds",
        "age of the newest pulse",
    ),
    fact(
        "audit.pulse_age_min",
        FactType::Duration,
        "seconds",
        "the newest pulse is at least this old",
    ),
    fact(
        "audit.pulses",
        FactType::Int,
        "count",
        "pulse entries in the feed",
    ),
    fact(
        "audit.pulses_min",
        FactType::Int,
        "count",
        "pulse entries seen, also in a feed that broke off",
    ),
    fact(
        "audit.pulses_24h_min",
        FactType::Int,
        "count",
        "pulse entries of the last 24 h, at least",
    ),
    fact(
        "audit.registration_age",
        FactType::Duration,
        "seconds",
        "age of the first registration that the feed shows",
    ),
    fact(
        "audit.cert_age",
        FactType::Duration,
        "seconds",
        "age of the newest certificate entry",
    ),
    fact(
        "audit.cert_age_min",
        FactType::Duration,
        "seconds",
        "the newest certificate entry is at least this old",
    ),
    fact(
        "audit.newest_certs",
        FactType::List,
        "",
        "the 3 newest certificate entries",
    ),
    fact(
        "audit.certs_issued_24h_min",
        FactType::Int,
        "count",
        "certificates issued in the last 24 h by dated entries, at least",
    ),
    fact(
        "audit.certs_issued_48h_min",
        FactType::Int,
        "count",
        "certificates issued in the last 48 h by dated entries, at least",
    ),
    fact(
        "audit.signups_24h_min",
        FactType::Int,
        "count",
        "ducklings that registered or hatched in the last 24 h by dated entries, at least",
    ),
    fact(
        "audit.signups_48h_min",
        FactType::Int,
        "count",
        "ducklings that registered or hatched in the last 48 h by dated entries, at least",
    ),
    fact(
        "audit.newest_pulses",
        FactType::List,
        "",
        "the 3 newest pulse entries",
    ),
    fact(
        "audit.newest_pecks",
        FactType::List,
        "",
        "the 5 newest peck entries",
    ),
    fact(
        "audit.newest_pecks_callback_errors",
        FactType::Int,
        "count",
        "callback errors among the 5 newest peck entries",
    ),
    fact(
        "audit.callback_errors_24h_min",
        FactType::Int,
        "count",
        "dated callback errors of the last 24 h, at least",
    ),
    fact(
        "audit.callback_errors_1h_min",
        FactType::Int,
        "count",
        "dated callback errors of the last hour, at least",
    ),
];
