//! The facts of the audit probe.

use super::super::{Declared, FactType, clocked};

pub(super) const FACTS: &[Declared] = facts! { clocked:
    "audit.entries" Int "count" "entries in the feed";
    "audit.reach" Duration "seconds" "how far back the feed goes";
    "audit.oldest" Instant "utc" "the oldest entry";
    "audit.pulse_age" Duration "seconds" "age of the newest pulse";
    "audit.pulse_age_min" Duration "seconds" "the newest pulse is at least this old";
    "audit.pulses" Int "count" "pulse entries in the feed";
    "audit.pulses_min" Int "count" "pulse entries seen, also in a feed that broke off";
    "audit.pulses_24h_min" Int "count" "pulse entries of the last 24 h, at least";
    "audit.declined_1h_min" Int "count"
        "entries of the last hour that a request was denied or expired, without its id, at least";
    "audit.declined_24h_min" Int "count"
        "entries of the last 24 h that a request was denied or expired, without its id, at least";
    "audit.declined_by_id" Groups "count"
        "when each request of the last 24 h was denied or its time ran out, by its id";
    "audit.registration_age" Duration "seconds" "age of the first registration that the feed shows";
    "audit.cert_age" Duration "seconds" "age of the newest certificate entry";
    "audit.cert_age_min" Duration "seconds" "the newest certificate entry is at least this old";
    "audit.newest_certs" List "" "the 3 newest certificate entries";
    "audit.certs_issued_24h_min" Int "count"
        "certificates issued in the last 24 h by dated entries, at least";
    "audit.certs_issued_48h_min" Int "count"
        "certificates issued in the last 48 h by dated entries, at least";
    "audit.signups_24h_min" Int "count"
        "ducklings that registered or hatched in the last 24 h by dated entries, at least";
    "audit.signups_48h_min" Int "count"
        "ducklings that registered or hatched in the last 48 h by dated entries, at least";
    "audit.newest_pulses" List "" "the 3 newest pulse entries";
    "audit.newest_pecks" List "" "the 5 newest peck entries";
    "audit.newest_pecks_callback_errors" Int "count"
        "callback errors among the 5 newest peck entries";
    "audit.newest_pecks_callback_error_age" Duration "seconds"
        "age of the newest callback error among the 5 newest peck entries";
    "audit.callback_error_age" Duration "seconds" "age of the newest dated callback error";
    "audit.callback_errors_24h_min" Int "count" "dated callback errors of the last 24 h, at least";
    "audit.callback_errors_1h_min" Int "count" "dated callback errors of the last hour, at least";
};
