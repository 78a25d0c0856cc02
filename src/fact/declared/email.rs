//! The facts of the email probe.

use super::super::{Declared, FactType, steady as fact};

pub(super) const FACTS: &[Declared] = &[
    fact(
        "email.sending_enabled",
        FactType::Bool,
        "",
        "whether SES sends at all",
    ),
    fact(
        "email.enforcement",
        FactType::Text,
        "",
        "how SES rates the account; HEALTHY is well",
    ),
    fact(
        "email.production_access",
        FactType::Bool,
        "",
        "whether the account is out of the sandbox",
    ),
    fact(
        "email.unlimited",
        FactType::Bool,
        "",
        "whether there is no daily limit",
    ),
    fact(
        "email.max_24h",
        FactType::Int,
        "recipients",
        "how many recipients SES allows in 24 h",
    ),
    fact(
        "email.sent_24h",
        FactType::Int,
        "recipients",
        "how many it has sent to in the last 24 h",
    ),
    fact(
        "email.left_24h",
        FactType::Int,
        "recipients",
        "how many are left",
    ),
    fact(
        "email.can_send",
        FactType::Bool,
        "",
        "whether SES takes mail now: sending enabled, HEALTHY or PROBATION, something left of the limit",
    ),
    fact(
        "email.blocked",
        FactType::Bool,
        "",
        "whether SES sends nothing at all, whatever the quota: sending disabled or SHUTDOWN",
    ),
    fact(
        "email.review",
        FactType::Text,
        "",
        "the review of the request for production access: PENDING, FAILED, GRANTED, DENIED or none",
    ),
    fact(
        "email.review_case",
        FactType::Text,
        "",
        "the number of its support case",
    ),
    fact(
        "email.used_percent",
        FactType::Float,
        "percent",
        "how much of the limit is used",
    ),
];
