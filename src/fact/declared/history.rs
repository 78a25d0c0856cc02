//! The joined facts by name, and which probes each is made from.

use super::super::{Declared, FactType, Probe, clocked as fact, steady};

/// The running totals: what matters of them is by how much they grow.
pub const TOTALS: &[&str] = &[
    "peck.callback_errors",
    "status.database.ducklings",
    "status.database.birth_certificates",
];

pub(super) const FACTS: &[Declared] = &[
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
        "peck.callback_errors_over_since",
        FactType::Instant,
        "utc",
        "since when every recorded run saw more than 10 callback errors in 24 h",
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
        "certs.pace",
        FactType::Text,
        "",
        "certificates against ducklings: stalled-48h, stalled-24h, lagging-24h, lagging-48h, keeping or complete",
    ),
    fact(
        "certs.none_since",
        FactType::Instant,
        "utc",
        "since when every recorded run saw the present number of certificates",
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
        "lambda.window",
        FactType::Duration,
        "seconds",
        "how far back the function's metrics are added up: 5 minutes, or its time limit and a minute",
    ),
    fact(
        "lambda.invocations",
        FactType::Int,
        "count",
        "invocations in that window",
    ),
    fact(
        "lambda.errors",
        FactType::Int,
        "count",
        "errors in that window",
    ),
    fact(
        "lambda.errors_min",
        FactType::Int,
        "count",
        "errors in that window that the metrics show, if they show any",
    ),
    fact(
        "lambda.errors_of",
        FactType::Text,
        "",
        "whose the errors in that window are: nobody, version (behind the alias), others, both or untold",
    ),
    fact(
        "lambda.version_invocations",
        FactType::Int,
        "count",
        "invocations in that window of the version behind the alias",
    ),
    fact(
        "lambda.version_errors",
        FactType::Int,
        "count",
        "errors in that window of the version behind the alias",
    ),
    fact(
        "lambda.errors_by_version",
        FactType::List,
        "",
        "errors in that window of each version that the alias had executed",
    ),
    fact(
        "lambda.throttles_min",
        FactType::Int,
        "count",
        "throttled requests in that window that the metrics show, if they show any",
    ),
    fact(
        "lambda.active",
        FactType::Bool,
        "",
        "yes when the metrics have data points in that window; not known without",
    ),
    fact(
        "lambda.stopped",
        FactType::Bool,
        "",
        "whether the metrics prove that invocations stopped: some in 3 h, none in that window",
    ),
    fact(
        "lambda.errors_since",
        FactType::Instant,
        "utc",
        "when the present errors began",
    ),
    fact(
        "lambda.errors_since_max",
        FactType::Instant,
        "utc",
        "the present errors began no later than this",
    ),
    fact(
        "alias.expected",
        FactType::Text,
        "",
        "the version that the alias should have",
    ),
    fact(
        "alias.expected_from",
        FactType::Text,
        "",
        "who expects it: the caller or the status API",
    ),
    fact(
        "alias.drift",
        FactType::Bool,
        "",
        "whether the alias points to another version than expected",
    ),
    fact(
        "alias.moved_after",
        FactType::Instant,
        "utc",
        "the alias came to its version after this",
    ),
    fact(
        "alias.moved_before",
        FactType::Instant,
        "utc",
        "the alias came to its version no later than this",
    ),
    fact(
        "recovery.since",
        FactType::Instant,
        "utc",
        "since when the API is waited for: a run first saw it fail then, or the alias was moved after that",
    ),
    fact(
        "recovery.waited",
        FactType::Duration,
        "seconds",
        "how long the API is waited for; 0 while it answers",
    ),
    fact(
        "rollback.why",
        FactType::Text,
        "",
        "what speaks for or against a rollback, in a word",
    ),
    fact(
        "rollback.to",
        FactType::Int,
        "version",
        "the last known-good version, the one that `alias rollback` takes; looked for while the API fails or the alias has drifted",
    ),
    fact(
        "rollback.to_known",
        FactType::Bool,
        "",
        "whether metrics of single versions, recorded runs, the journal and the deploy log show one",
    ),
    fact(
        "rollback.evidence",
        FactType::Text,
        "",
        "what shows that it was good",
    ),
    // A clock that is off makes it too low at worst, and the quota is judged all the same.
    steady(
        "email.unmailed_signups",
        FactType::Int,
        "count",
        "sign-ups of the last 24 h that are known while no mail was sent in that time, else 0",
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

/// The probes whose answers a joined fact is made from.
pub fn inputs(path: &str) -> &'static [Probe] {
    match path {
        "growth.ducklings_24h" => &[Probe::Status],
        "mail.posture" => &[Probe::Status, Probe::Email],
        "email.unmailed_signups" => &[Probe::Status, Probe::Audit, Probe::Email, Probe::Metrics],
        _ if ["fleet.", "growth.", "certs.stalled_", "certs.pace"]
            .iter()
            .any(|group| path.starts_with(group)) =>
        {
            &[Probe::Status, Probe::Audit]
        }
        _ if path.starts_with("lambda.") && FACTS.iter().any(|fact| fact.path == path) => {
            &[Probe::Lambda, Probe::Alias]
        }
        "alias.expected" | "alias.expected_from" | "alias.drift" => &[Probe::Status, Probe::Alias],
        "alias.moved_after" | "alias.moved_before" => &[Probe::Alias],
        // A move of the alias counts where the alias was asked for anyway.
        "certs.none_since" => &[Probe::Status],
        "recovery.since" | "recovery.waited" => &[Probe::Status],
        _ if path.starts_with("rollback.") => {
            &[Probe::Status, Probe::Alias, Probe::Lambda, Probe::Logs]
        }
        _ if path.starts_with("peck.callback_errors_") => &[Probe::Status, Probe::Audit],
        _ if path.starts_with("email.") && FACTS.iter().any(|fact| fact.path == path) => {
            &[Probe::Email, Probe::Metrics]
        }
        _ => &[],
    }
}
