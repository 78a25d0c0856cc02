//! The facts of the executions probe.

use super::super::{Declared, FactType, clocked};

pub(super) const FACTS: &[Declared] = facts! { clocked:
    "executions.unsuccessful_24h" Int "count"
        "failed, timed out or aborted executions that ended in the last 24 h";
    "executions.unsuccessful_24h_min" Int "count" "the same, at least";
    "executions.failed_24h" Int "count" "failed executions that ended in the last 24 h";
    "executions.timed_out_24h" Int "count" "timed-out executions that ended in the last 24 h";
    "executions.aborted_24h" Int "count" "aborted executions that ended in the last 24 h";
    "executions.newest_unsuccessful" List ""
        "the 5 newest of them: status, name, start, stop, redrive";
    "executions.ended_24h_by_name" Groups "count" "when each of them ended, by its name";
    "executions.running" Int "count" "executions that are running";
    "executions.running_redriven" Int "count" "executions that are running after a redrive";
    "executions.oldest_running_age" Duration "seconds"
        "how long the oldest has been running since its start or its redrive; 0 with none";
    "executions.oldest_running_age_min" Duration "seconds" "the same, at least";
    "executions.oldest_running_name" Text "" "its name";
    "executions.longest_running" List "" "the 5 longest-running: name, since when";
};
