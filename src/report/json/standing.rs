//! The public form of how a runbook compares with the checks before.

use crate::fact::utc;
use crate::report::model;
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct JsonStanding<'a> {
    change: &'static str,
    before: Option<&'static str>,
    settled: &'static str,
    since: String,
    held: bool,
    muted: Option<JsonMute<'a>>,
    told: Option<JsonDelivery<'a>>,
}

#[derive(Serialize)]
struct JsonMute<'a> {
    until: String,
    by: &'a str,
}

#[derive(Serialize)]
struct JsonDelivery<'a> {
    by: &'a str,
    at: String,
    channel: &'a str,
}

impl<'a> JsonStanding<'a> {
    pub(super) fn of(standing: &'a model::Standing) -> Self {
        Self {
            change: standing.change.word(),
            before: standing.before.map(model::Verdict::word),
            settled: standing.settled.word(),
            since: utc(standing.since),
            held: standing.held,
            muted: standing.muted.as_ref().map(|muted| JsonMute {
                until: utc(muted.until),
                by: muted.by.as_str(),
            }),
            told: standing.told.as_ref().map(|told| JsonDelivery {
                by: told.by.as_str(),
                at: utc(told.at),
                channel: told.channel.as_str(),
            }),
        }
    }
}
