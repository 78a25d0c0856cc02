//! The facts of the executions probe.

use super::super::{Declared, FactType, clocked as fact};

pub(super) const FACTS: &[Declared] = &[
    fact(
        "executions.unsuccessful_24h",
        FactType::Int,
        "count",
        "failed, timed out or aborted executions started in the last 24 h",
    ),
    fact(
        "executions.unsuccessful_24h_min",
        FactType::Int,
        "count",
        "the same, at least",
    ),
    fact(
        "executions.failed_24h",
        FactType::Int,
        "count",
        "failed executions started in the last 24 h",
    ),
    fact(
        "executions.timed_out_24h",
        FactType::Int,
        "count",
        "timed-out executions started in the last 24 h",
    ),
    fact(
        "executions.aborted_24h",
        FactType::Int,
        "count",
        "aborted executions started in the last 24 h",
    ),
    fact(
        "executions.newest_unsuccessful",
        FactType::List,
        "",
        "the 5 newest of them: status, name, start, stop",
    ),
    fact(
        "executions.running",
        FactType::Int,
        "count",
        "executions that are running",
    ),
    fact(
        "executions.oldest_running_age",
        FactType::Duration,
        "seconds",
        "how long the oldest has been running; 0 with none",
    ),
    fact(
        "executions.oldest_running_age_min",
        FactType::Duration,
        "seconds",
        "the same, at least",
    ),
    fact(
        "executions.longest_running",
        FactType::List,
        "",
        "the 5 longest-running: name, start",
    ),
];
