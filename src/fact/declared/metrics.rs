//! The facts of the metrics probe.

use super::super::{Declared, FactType, clocked};

pub(super) const FACTS: &[Declared] = facts! { clocked:
    "email.sends_24h" Int "mails" "mails sent in the last 24 h, by the metrics";
    "email.bounces_24h" Int "mails" "bounced mails of the last 24 h";
    "email.complaints_24h" Int "mails" "complaints of the last 24 h";
    "email.sends_hourly" Series "mails" "mails sent, by the hour";
    "email.rates_from" Text "" "what the rates stand on: reputation (by SES) or counts (of 24 h)";
    "email.bounce_percent" Float "percent" "bounces of mails sent";
    "email.complaint_percent" Float "percent" "complaints of mails sent";
};
