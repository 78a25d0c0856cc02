//! The facts of the metrics probe.

use super::super::{Declared, FactType, clocked as fact};

pub(super) const FACTS: &[Declared] = &[
    fact(
        "email.sends_24h",
        FactType::Int,
        "mails",
        "mails sent in the last 24 h, by the metrics",
    ),
    fact(
        "email.bounces_24h",
        FactType::Int,
        "mails",
        "bounced mails of the last 24 h",
    ),
    fact(
        "email.complaints_24h",
        FactType::Int,
        "mails",
        "complaints of the last 24 h",
    ),
    fact(
        "email.sends_hourly",
        FactType::Series,
        "mails",
        "mails sent, by the hour",
    ),
    fact(
        "email.rates_from",
        FactType::Text,
        "",
        "what the rates stand on: reputation (by SES) or counts (of 24 h)",
    ),
    fact(
        "email.bounce_percent",
        FactType::Float,
        "percent",
        "bounces of mails sent",
    ),
    fact(
        "email.complaint_percent",
        FactType::Float,
        "percent",
        "complaints of mails sent",
    ),
];
