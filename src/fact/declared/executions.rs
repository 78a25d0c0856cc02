//! The facts of the executions probe.

use super::super::{Declared, FactType, clocked};

pub(super) const FACTS: &[Declared] = facts! { clocked:
    "executions.unsuccessful_24h" Int "count"
        "failed, timed out or aborted executions started in the last 24 h";
    "executions.unsuccessful_24h_min" Int "count" "the same, at least";
    "executions.failed_24h" Int "count" "failed executions started in the last 24 h";
    "executions.timed_out_24h" Int "count" "timed-out executions started in the last 24 h";
    "executions.aborted_24h" Int "count" "aborted executions started in the last 24 h";
    "executions.newest_unsuccessful" List "" "the 5 newest of them: status, name, start, stop";
    "executions.running" Int "count" "executions that are running";
    "executions.oldest_running_age" Duration "seconds"
        "how long the oldest has been running; 0 with none";
    "executions.oldest_running_age_min" Duration "seconds" "the same, at least";
    "executions.longest_running" List "" "the 5 longest-running: name, start";
};
