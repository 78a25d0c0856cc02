//! The joined facts by name, and which probes each is made from.

use super::super::{Declared, FactType, Probe, clocked, steady};

/// The running totals: what matters of them is by how much they grow.
pub const TOTALS: &[&str] = &[
    "peck.callback_errors",
    "status.database.ducklings",
    "status.database.birth_certificates",
];

pub(super) const FACTS: &[Declared] = facts! { clocked:
    "peck.callback_errors_24h_min" Int "count" "callback errors of the last 24 h, at least";
    "peck.callback_errors_24h_max" Int "count" "callback errors of the last 24 h, at most";
    "peck.callback_errors_rising" Bool "" "whether there was a callback error in the last hour";
    "peck.callback_errors_none_since" Text ""
        "since when there was none, such as 17:40Z; known where that is 15 minutes ago or more";
    "peck.callback_errors_over_since" Instant "utc"
        "since when every recorded run saw more than 10 callback errors in 24 h";
    "warming.callback_errors_until" Instant "utc"
        "when history will show whether callback errors rise, on a first installation where nothing fails";
    "warming.certificates_until" Instant "utc"
        "when history will show whether certificates stall, on a first installation where none is missing";
    "executions.outcomes_24h" Int "count"
        "executions that ended without success in the last 24 h and belong to requests that were denied or expired";
    "executions.failures_24h" Int "count"
        "the others that ended without success in the last 24 h";
    "executions.failures_24h_min" Int "count" "the same, at least";
    "executions.failures_1h_min" Int "count"
        "those of them that ended in the last hour, at least";
    "executions.newest_failure_age" Duration "seconds" "how long ago the newest of them ended";
    "executions.newest_failure_name" Text "" "the name of that one";
    "executions.failures_none_since" Text ""
        "when the newest of them ended, as `17:40Z`, where that was 15 minutes ago or more";
    "growth.ducklings_24h" Bool "" "whether ducklings registered in the last 24 h";
    "growth.ducklings_24h_min" Int "count" "ducklings that registered in the last 24 h, at least";
    "growth.ducklings_48h_min" Int "count" "ducklings that registered in the last 48 h, at least";
    "growth.certificates_24h_min" Int "count" "certificates issued in the last 24 h, at least";
    "growth.certificates_48h_min" Int "count" "certificates issued in the last 48 h, at least";
    "certs.stalled_24h" Bool ""
        "whether ducklings registered in the last 24 h and no certificate was issued";
    "certs.stalled_48h" Bool ""
        "whether ducklings registered in the last 48 h and no certificate was issued";
    "certs.pace" Text ""
        "certificates against ducklings: stalled-48h, stalled-24h, lagging-24h, lagging-48h, keeping or complete";
    "certs.waiting_1h" Int "count"
        "the fewest ducklings without a certificate that a run of the last hour saw, this one included";
    "certs.waiting_24h" Int "count"
        "ducklings that may have waited for a certificate for 24 h: the fewest without one that any run of that time saw";
    "certs.newest_age" Duration "seconds"
        "how long ago the newest certificate was issued, at most, by the feed or by recorded totals";
    "certs.newest_age_min" Duration "seconds" "the same, at least";
    "certs.none_missed_since" Text ""
        "since when no further duckling was left without a certificate, as `17:40Z`, where that is 15 minutes ago or more";
    "certs.none_since" Instant "utc"
        "since when every recorded run saw the present number of certificates";
    "mail.posture" Text "" "what status.ses and SES say together: sandbox, production or disputed";
    "fleet.state" Text "" "the bonded agents together: empty, alive, slow, never-pulsed or stopped";
    "fleet.returning" Bool ""
        "whether a recorded run of the last 16 minutes saw the API fail, so that agents could not pulse";
    "fleet.died_24h" Int "count"
        "agents that the status API came to call dead in the last 24 h, at least; 0 while they return";
    "fleet.alive_24h" Bool "" "whether an agent was alive in the last 24 h";
    "fleet.last_alive" Instant "utc" "when a run last recorded an agent as alive";
    "lambda.window" Duration "seconds"
        "how far back the function's metrics are added up: 5 minutes, or its time limit and a minute";
    "lambda.invocations" Int "count" "invocations in that window";
    "lambda.errors" Int "count" "errors in that window";
    "lambda.errors_min" Int "count" "errors in that window that the metrics show, if they show any";
    "lambda.errors_of" Text ""
        "whose the errors in that window are: nobody, version (behind the alias), others, former (others, which have left the alias), both or untold";
    "lambda.version_invocations" Int "count"
        "invocations in that window of the version behind the alias";
    "lambda.version_errors" Int "count" "errors in that window of the version behind the alias";
    "lambda.errors_by_version" List ""
        "errors in that window of each version that the alias had executed";
    "lambda.throttles_min" Int "count"
        "throttled requests in that window that the metrics show, if they show any";
    "lambda.active" Bool ""
        "yes when the metrics have data points in that window; not known without";
    "lambda.seen" Bool ""
        "yes when data points in that window, or lines of the log while the API answers, show that the function works; not known without";
    "lambda.stopped" Bool ""
        "whether the metrics prove that invocations stopped: some in 3 h, none in that window";
    "lambda.errors_since" Instant "utc" "when the present errors began";
    "lambda.errors_since_max" Instant "utc" "the present errors began no later than this";
    "alias.expected" Text "" "the version that the alias should have";
    "alias.expected_from" Text ""
        "who expects it: the caller, DEPLOY-LOG.md, the journal, the status API or the last good answer";
    "alias.disputed" Bool ""
        "whether DEPLOY-LOG.md, the journal, the status API and the last good answer name different versions";
    "alias.dispute" Text "" "which versions they name, where they differ";
    "alias.drift" Bool "" "whether the alias points to another version than expected";
    "alias.moved_after" Instant "utc" "the alias came to its version after this";
    "alias.moved_before" Instant "utc" "the alias came to its version no later than this";
    "logs.errors_since_move" Int "lines"
        "error lines of the last 15 minutes that are no older than the last move of the alias";
    "logs.errors_since_move_min" Int "lines" "the same, at least";
    "logs.errors_before_move" Int "lines"
        "error lines of the last 15 minutes that are older than the last move of the alias, at least";
    "lambda.pending" Text ""
        "that the version behind the alias has no metrics yet since it came; not known otherwise";
    "recovery.state" Text "" "down, calm (no failure was seen lately), recovering, settling (the log is not clean for long enough yet) or restored";
    "recovery.good_answers" Int "count"
        "good answers of the status API in a row, this one among them";
    "recovery.log_clean_for" Duration "seconds"
        "how long after the last move of the alias the log was read to its end without an error line since";
    "recovery.since" Instant "utc"
        "since when recovery of the API is awaited: a run first saw it fail then, or the alias was moved after that";
    "recovery.waited" Duration "seconds" "how long recovery of the API is awaited; 0 while it answers";
    "rollback.why" Text "" "what speaks for or against a rollback, in a word";
    "rollback.offered" Bool ""
        "whether the likeliest cause is the version behind the alias, so that going back is due";
    "rollback.because" Text "" "why it is due, in a few words";
    "rollback.to" Int "version"
        "the last known-good version, the one that `alias rollback` takes; looked for while the API fails or the alias has drifted";
    "rollback.to_known" Bool ""
        "whether metrics of single versions, recorded runs, the journal and the deploy log show one";
    "rollback.evidence" Text "" "what shows that it was good";
    // A clock that is off makes it too low at worst, and the quota is judged all the same.
    steady "email.unmailed_signups" Int "count"
        "sign-ups of the last 24 h that are known while no mail was sent in that time, else 0";
    "email.capacity_in" Duration "seconds" "until the first mail can go out again, an estimate";
    "email.capacity_at" Instant "utc" "when the first mail can go out again, an estimate";
    "email.full_capacity_in" Duration "seconds"
        "until all of the last day's mail has left the window, an estimate";
};

/// The probes whose answers a joined fact is made from.
pub fn inputs(path: &str) -> &'static [Probe] {
    match path {
        "warming.callback_errors_until" => &[Probe::Status, Probe::Audit, Probe::Executions],
        "warming.certificates_until" => &[Probe::Status, Probe::Audit],
        "bonds.untraced" | "bonds.untraced_24h" => &[Probe::Status],
        "bonds.unpulsed_expected" => &[Probe::Status, Probe::Audit],
        "fleet.state" => &[Probe::Status, Probe::Audit, Probe::Connections],
        "fleet.died_24h" => &[Probe::Status],
        // That a log shows none proves something only while it is written.
        "logs.errors_15m" | "logs.cert_failures_1h" | "logs.mail_errors_1h" => &[Probe::Lambda],
        "growth.ducklings_24h" => &[Probe::Status],
        _ if path.starts_with("executions.") && FACTS.iter().any(|fact| fact.path == path) => {
            &[Probe::Executions, Probe::Audit, Probe::Status]
        }
        "mail.posture" => &[Probe::Status, Probe::Email],
        "email.unmailed_signups" => &[Probe::Status, Probe::Audit, Probe::Email, Probe::Metrics],
        _ if [
            "fleet.",
            "growth.",
            "certs.stalled_",
            "certs.pace",
            "certs.newest_",
            "certs.waiting_",
            "certs.none_missed_",
        ]
        .iter()
        .any(|group| path.starts_with(group)) =>
        {
            &[Probe::Status, Probe::Audit]
        }
        _ if path.starts_with("logs.") && FACTS.iter().any(|fact| fact.path == path) => {
            &[Probe::Logs, Probe::Alias]
        }
        "recovery.state" | "recovery.good_answers" | "recovery.log_clean_for" => {
            &[Probe::Status, Probe::Alias, Probe::Logs]
        }
        _ if path.starts_with("lambda.") && FACTS.iter().any(|fact| fact.path == path) => {
            &[Probe::Lambda, Probe::Alias]
        }
        "alias.expected"
        | "alias.expected_from"
        | "alias.drift"
        | "alias.disputed"
        | "alias.dispute" => &[Probe::Status, Probe::Alias],
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
