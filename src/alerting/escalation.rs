//! Calling somebody: once for an incident, by whoever consents first, through every channel.

use super::alert_state::{State, millis, time};
use super::outbox::{Kind, Message};
use super::{Channel, Check};
use crate::report::model::{self, Verdict};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// What somebody who is called wants to know beside the verdict. Its texts are safe to print.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brief {
    /// Who calls, and how that is known.
    pub by: String,
    /// What is asked of whoever is called.
    pub asked: String,
    /// Since when it is so.
    pub since: String,
    /// What was found, a line each.
    pub seen: Vec<String>,
    /// What was done about it already, a line each.
    pub tried: Vec<String>,
}

/// That somebody was called about an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalated {
    /// Who called.
    pub by: String,
    /// From which machine.
    pub host: String,
    at: i64,
    pub(super) incident: String,
    run: String,
    delivered: Option<i64>,
}

impl Escalated {
    /// When it was decided.
    pub fn at(&self) -> OffsetDateTime {
        time(self.at)
    }

    /// Whether this run made the call.
    pub fn is_of(&self, run: &str) -> bool {
        self.run == run
    }

    /// When a channel first took it; none while every channel is still tried.
    pub fn delivered(&self) -> Option<OffsetDateTime> {
        self.delivered.map(time)
    }

    /// Whether no run saw the runbook well since then, among those that are remembered.
    pub(super) fn is_of_this(&self, runs: &[super::debounce::Run]) -> bool {
        let is_bad = |verdict| verdict >= Verdict::Warning;
        runs.iter()
            .all(|run| run.at <= self.at || is_bad(run.verdict.0))
    }
}

impl State {
    /// Who was called about a runbook that is bad since then; none where nobody was.
    pub fn escalated(&self, runbook: &str, since: OffsetDateTime) -> Option<&Escalated> {
        let call = self.escalations.get(runbook);
        call.filter(|call| call.at >= millis(since))
    }

    /// Writes a call to every channel and claims it for this run: nothing else waits before it.
    pub fn escalate(
        &mut self,
        check: &Check<'_>,
        runbook: &model::Runbook,
        brief: &Brief,
    ) -> Vec<Message> {
        self.forget(check.at);
        let id = runbook.id.as_str();
        let standing = self.runbooks.get(id);
        let open = standing.filter(|standing| standing.settled.0 >= Verdict::Warning);
        let incident = open.and_then(|open| open.incident.clone());
        let incident = incident.unwrap_or_else(|| check.id.to_owned());
        let message = |channel| escalation(check, channel, &incident, runbook, brief);
        let mut messages: Vec<_> = check.channels.iter().map(message).collect();
        for message in &mut messages {
            message.claimed(check.at, check.id);
        }
        self.outbox.extend(messages.iter().cloned());
        let call = Escalated {
            by: brief.by.clone(),
            host: check.host.to_owned(),
            at: millis(check.at),
            incident,
            run: check.id.to_owned(),
            delivered: None,
        };
        self.escalations.insert(id.to_owned(), call);
        messages
    }

    /// Notes that a channel took a call.
    pub(super) fn called(&mut self, message: &Message, at: i64) {
        if let Some(call) = self.escalations.get_mut(&message.runbook)
            && call.at == message.at
        {
            call.delivered.get_or_insert(at);
        }
    }
}

/// The message itself.
pub fn escalation(
    check: &Check<'_>,
    channel: &Channel,
    incident: &str,
    runbook: &model::Runbook,
    brief: &Brief,
) -> Message {
    let verdict = runbook.verdict;
    let mut message = Message::new(check, channel, Kind::Escalate, incident, verdict, runbook);
    message.brief = Some(brief.clone());
    message
}
