//! The joined facts by name, and which probes each is made from.

use crate::fact::{Declared, FactType, Probe};

pub(in crate::probe) const FACTS: &[Declared] = &[
    fact(
        "peck.callback_errors_24h_min",
        FactType::Int,
        "count",
        "callback errors of the last 24 h, at least",
    ),
    fact(
        "peck.callback_errors_24h_max",
        FactType::Int,
        "count",
        "callback errors of the last 24 h, at most",
    ),
    fact(
        "peck.callback_errors_rising",
        FactType::Bool,
        "",
        "whether there was a callback error in the last hour",
    ),
    fact(
        "growth.ducklings_24h",
        FactType::Bool,
        "",
        "whether ducklings registered in the last 24 h",
    ),
    fact(
        "growth.ducklings_24h_min",
        FactType::Int,
        "count",
        "ducklings that registered in the last 24 h, at least",
    ),
    fact(
        "growth.ducklings_48h_min",
        FactType::Int,
        "count",
        "ducklings that registered in the last 48 h, at least",
    ),
    fact(
        "growth.certificates_24h_min",
        FactType::Int,
        "count",
        "certificates issued in the last 24 h, at least",
    ),
    fact(
        "growth.certificates_48h_min",
        FactType::Int,
        "count",
        "certificates issued in the last 48 h, at least",
    ),
    fact(
        "certs.stalled_24h",
        FactType::Bool,
        "",
        "whether ducklings registered in the last 24 h and no certificate was issued",
    ),
    fact(
        "certs.stalled_48h",
        FactType::Bool,
        "",
        "whether ducklings registered in the last 48 h and no certificate was issued",
    ),
    fact(
        "mail.posture",
        FactType::Text,
        "",
        "what status.ses and SES say together: sandbox, production or disputed",
    ),
    fact(
        "fleet.state",
        FactType::Text,
        "",
        "the bonded agents together: empty, alive, slow, never-pulsed or stopped",
    ),
    fact(
        "fleet.alive_24h",
        FactType::Bool,
        "",
        "whether an agent was alive in the last 24 h",
    ),
    fact(
        "fleet.last_alive",
        FactType::Instant,
        "utc",
        "when a run last recorded an agent as alive",
    ),
    fact(
        "email.capacity_in",
        FactType::Duration,
        "seconds",
        "until the first mail can go out again, an estimate",
    ),
    fact(
        "email.capacity_at",
        FactType::Instant,
        "utc",
        "when the first mail can go out again, an estimate",
    ),
    fact(
        "email.full_capacity_in",
        FactType::Duration,
        "seconds",
        "until all of the last day's mail has left the window, an estimate",
    ),
];

const fn fact(
    path: &'static str,
    ty: FactType,
    unit: &'static str,
    about: &'static str,
) -> Declared {
    Declared {
        path,
        ty,
        unit,
        clocked: true,
        about,
    }
}

/// The probes whose answers a joined fact is made from.
pub(in crate::probe) fn inputs(path: &str) -> &'static [Probe] {
    match path {
        "growth.ducklings_24h" => &[Probe::Status],
        "mail.posture" => &[Probe::Status, Probe::Email],
        _ if ["fleet.", "growth.", "certs.stalled_"]
            .iter()
            .any(|group| path.starts_with(group)) =>
        {
            &[Probe::Status, Probe::Audit]
        }
        _ if path.starts_with("peck.callback_errors_") => &[Probe::Status, Probe::Audit],
        _ if path.starts_with("email.") && FACTS.iter().any(|fact| fact.path == path) => {
            &[Probe::Email, Probe::Metrics]
        }
        _ => &[],
    }
}
