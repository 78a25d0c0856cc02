//! The facts of the status probe.

use super::super::{Declared, FactType, steady};

pub(super) const FACTS: &[Declared] = facts! { steady:
    "api.up" Bool "" "whether the status API answered 200 with a status object";
    "api.answer" Text "" "what the status API answered, in words";
    "api.cause" Text "" "what a failing answer points to: lambda, gateway or network";
    "api.unmarked" Bool ""
        "whether the API refused (4xx) without a mark of the gateway or an edge; known while it fails";
    "api.refusal" Text ""
        "how a failing answer refuses: throttled, redirected or other; none while the API is up";
    "api.claims" Text ""
        "what the API says of itself in its `status` field: good (also when it says nothing), degraded, outage, or other for a word in no list";
    "api.status" Text "" "the word in the `status` field of the status API";
    "api.seconds" Float "seconds" "how long it took to answer, earlier tries included";
    "api.tries" Int "count" "how often the status API was asked";
    "api.good_answers" Int "count"
        "1 when the status API answered well in this run, 0 when it failed; recorded";
    "status.database.ducklings" Int "count" "registered ducklings";
    "status.database.birth_certificates" Int "count" "issued birth certificates";
    "status.agents.alive" Int "count" "agents with a fresh pulse";
    "status.agents.dead" Int "count" "agents without one";
    "status.agents.total_bonded" Int "count" "bonded agents";
    "status.agents.all_dead" Bool "" "no agent alive and at least one dead";
    "certs.backlog" Int "count"
        "ducklings without a certificate, by the two totals; below zero when there are more certificates";
    "status.ses.sandbox" Bool "" "whether the API reports mail in the sandbox";
    "status.lambda_version" Text "" "the version that the API says it runs";
    "status.alias_version" Text "" "the version that the API says its alias points to";
    "peck.callback_errors" Int "count" "callback errors so far, a running total";
    "peck.declined" Int "count"
        "requests that were denied or expired so far, a running total; known where the status counts them";
};
