//! The facts about requests and bonds.

use super::super::{Declared, FactType, clocked};

pub(super) const FACTS: &[Declared] = facts! { clocked:
    "callbacks.errors_24h_min" Int "count" "failed callbacks of the last 24 h by the feed, at least";
    "callbacks.failing" Int "count" "target agents with a failed callback in the last 24 h";
    "callbacks.failing_offline" Int "count" "those of them without a pulse for 30 minutes or more";
    "callbacks.errors_of_offline" Int "count" "failed callbacks of the last 24 h at those agents";
    "callbacks.failing_silent" Int "count"
        "target agents with a failed callback in the last 24 h and without a pulse in the feed";
    "callbacks.silent_id" Text "" "one of them, the one with the most failed callbacks";
    "callbacks.by_agent" List "" "the 5 agents with the most failed callbacks, and their pulse";
    "callbacks.worst" Text ""
        "the agent with the most failed callbacks, one that is offline first, and its pulse";
    "callbacks.worst_id" Text "" "its id";
    "callbacks.newest" List "" "the 5 newest failed callbacks, with request and agent";
    "callbacks.newest_names" Text "" "requests and agents of the 3 newest of those";
    "pecks.window" Duration "seconds" "how far back requests are counted: 24 h, or as the feed reaches";
    "pecks.known" Int "count" "requests of that window";
    "pecks.all_known" Bool ""
        "yes where the state of every request of that window is certain; else not known";
    "pecks.pending" Int "count" "requests that wait for an approver";
    "pecks.least_left" Duration "seconds"
        "the least time that is left of a pending request; the whole window without one";
    "pecks.rivals" Int "count" "pending requests beside another one of the same two";
    "pecks.approved" Int "count" "requests that were approved";
    "pecks.denied" Int "count" "requests that an approver denied, at least";
    "pecks.expired" Int "count" "requests whose time ran out, at least";
    "pecks.callback_errors" Int "count"
        "requests that failed after a decision, or were approved without a bond";
    "pecks.callback_errors_recent" Int "count"
        "callback errors of the last 60 min that no later bond resolves";
    "pecks.unbonded" Int "count"
        "requests approved in that window that made no bond within 2 min";
    "pecks.unbonded_recent" Int "count" "those of them that were approved in the last 60 min";
    "pecks.newest_unbonded" Text "" "the newest request that was approved and made no bond";
    "pecks.newest_unbonded_age" Duration "seconds" "how long ago it was approved";
    "pecks.newest_pending" List "" "the 5 newest pending requests";
    "pecks.newest_denied" List "" "the 5 newest denied requests";
    "pecks.newest_expired" List "" "the 5 newest expired requests";
    "pecks.newest_callback_error" Text "" "the newest request with a callback error";
    "pecks.newest_callback_errors" List "" "the 5 newest requests with a callback error";
    "connections.single" Bool "" "whether the run is about one request or one bond";
    "bonds.bonded" Int "count" "bonds in force";
    "bonds.alive" Int "count" "bonds with a pulse within 10 minutes";
    "bonds.slow" Int "count" "bonds without a pulse for 10 minutes, at least";
    "bonds.offline" Int "count" "bonds without a pulse for 30 minutes, at least";
    "bonds.offline_names" Text "" "up to 3 of those, in the order of bonds.worst, and since when";
    "bonds.slow_names" Text "" "up to 3 of the agents that are SLOW, the oldest pulse first";
    "bonds.offline_24h" Int "count" "those of them that went OFFLINE in the last 24 h, at least";
    "bonds.pulsing" Int "count" "bonds in force of which a pulse is known";
    "bonds.unpulsed" Int "count" "bonds in force that have never pulsed, at least";
    "bonds.unpulsed_for" Duration "seconds" "how long the oldest of those has been in force";
    "bonds.unpulsed_id" Text "" "the agent of the oldest of those, one of the last 24 h first";
    "bonds.unpulsed_names" Text "" "up to 3 of those, the oldest first, and since when";
    "bonds.unpulsed_24h" Int "count"
        "bonds of the last 24 h that have not pulsed within 10 minutes, at least";
    "bonds.unpulsed_expected" Bool ""
        "whether no agent of the fleet has ever pulsed, as on a fresh platform";
    "bonds.pulse_age" Duration "seconds" "age of the oldest last pulse of any bond";
    "bonds.key_age" Duration "seconds" "age of the oldest key of a bond in force, at most";
    "bonds.key_age_min" Duration "seconds" "age of the oldest key of a bond in force, at least";
    "bonds.oldest_key_id" Text "" "the agent whose key is the oldest";
    "bonds.unpecked" Int "count" "bonds that were ended";
    "bonds.unpecked_pulsing" Text "" "up to 3 agents that pulsed after their bond was ended";
    "bonds.failing" Int "count" "bonds with a failed delivery in the last 24 h, at least";
    "bonds.untraced" Int "count"
        "bonded agents that the status API counts and neither feed nor lists show";
    "bonds.untraced_24h" Int "count" "those of them that died in the last 24 h, at least";
    "bonds.worst_id" Text "" "the agent that is worst off";
    "bonds.worst" List "" "the 5 bonds that are worst off";
};
