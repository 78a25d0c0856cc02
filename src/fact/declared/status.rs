//! The facts of the status probe.

use super::super::{Declared, FactType, steady as fact};

pub(super) const FACTS: &[Declared] = &[
    fact(
        "api.up",
        FactType::Bool,
        "",
        "whether the status API answered 200 with a status object",
    ),
    fact(
        "api.answer",
        FactType::Text,
        "",
        "what the status API answered, in words",
    ),
    fact(
        "api.cause",
        FactType::Text,
        "",
        "what a failing answer points to: lambda, gateway or network",
    ),
    fact(
        "api.claims",
        FactType::Text,
        "",
        "what the API says of itself in its `status` field: good (also when it says nothing), degraded, outage, or other for a word in no list",
    ),
    fact(
        "api.status",
        FactType::Text,
        "",
        "the word in the `status` field of the status API",
    ),
    fact(
        "api.seconds",
        FactType::Float,
        "seconds",
        "how long it took to answer, earlier tries included",
    ),
    fact(
        "api.tries",
        FactType::Int,
        "count",
        "how often the status API was asked",
    ),
    fact(
        "api.good_answers",
        FactType::Int,
        "count",
        "1 when the status API answered well in this run, 0 when it failed; recorded",
    ),
    fact(
        "status.database.ducklings",
        FactType::Int,
        "count",
        "registered ducklings",
    ),
    fact(
        "status.database.birth_certificates",
        FactType::Int,
        "count",
        "issued birth certificates",
    ),
    fact(
        "status.agents.alive",
        FactType::Int,
        "count",
        "agents with a fresh pulse",
    ),
    fact(
        "status.agents.dead",
        FactType::Int,
        "count",
        "agents without one",
    ),
    fact(
        "status.agents.total_bonded",
        FactType::Int,
        "count",
        "bonded agents",
    ),
    fact(
        "status.agents.all_dead",
        FactType::Bool,
        "",
        "no agent alive and at least one dead",
    ),
    fact(
        "certs.backlog",
        FactType::Int,
        "count",
        "ducklings without a certificate, by the two totals; below zero when there are more certificates",
    ),
    fact(
        "status.ses.sandbox",
        FactType::Bool,
        "",
        "whether the API says that mail is in the sandbox",
    ),
    fact(
        "status.lambda_version",
        FactType::Text,
        "",
        "the version that the API says it runs",
    ),
    fact(
        "status.alias_version",
        FactType::Text,
        "",
        "the version that the API says its alias points to",
    ),
    fact(
        "peck.callback_errors",
        FactType::Int,
        "count",
        "callback errors so far, a running total",
    ),
];
