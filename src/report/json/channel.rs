//! The public form of a channel: whether it can be used, what waits for it, what it refused.

use crate::fact::utc;
use crate::report::model;
use crate::text::Printable;
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct JsonChannel<'a> {
    name: &'a str,
    usable: bool,
    why: Option<&'a str>,
    since: Option<String>,
    waiting: Vec<JsonWaiting<'a>>,
    refused: Vec<JsonRefused<'a>>,
}

#[derive(Serialize)]
struct JsonWaiting<'a> {
    runbook: &'a str,
    kind: &'static str,
    verdict: &'a str,
    since: String,
}

#[derive(Serialize)]
struct JsonRefused<'a> {
    runbook: &'a str,
    why: &'a str,
    at: String,
}

impl<'a> JsonChannel<'a> {
    pub(super) fn of(channel: &'a model::ChannelReport) -> Self {
        let waiting = channel.waiting.iter().map(|message| JsonWaiting {
            runbook: message.runbook.as_str(),
            kind: message.kind,
            verdict: message.verdict.as_str(),
            since: utc(message.since),
        });
        let refused = channel.refused.iter().map(|message| JsonRefused {
            runbook: message.runbook.as_str(),
            why: message.why.as_str(),
            at: utc(message.at),
        });
        Self {
            name: channel.name.as_str(),
            usable: channel.trouble.is_none(),
            why: channel.trouble.as_ref().map(Printable::as_str),
            since: channel.since.map(utc),
            waiting: waiting.collect(),
            refused: refused.collect(),
        }
    }
}
