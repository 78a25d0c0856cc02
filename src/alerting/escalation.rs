//! Escalating: once for an incident, by whoever consents first, through every channel.

use super::alert_state::AlertState;
use super::check_run::CheckRun;
use super::escalation_record::EscalationRecord;
use super::message::{EscalationContext, Message, escalation_message};
use super::stored::millis;
use crate::report::model::{self, Verdict};
use time::OffsetDateTime;

impl AlertState {
    /// The escalation of a runbook that is bad since then.
    pub fn escalated(&self, runbook: &str, since: OffsetDateTime) -> Option<&EscalationRecord> {
        let call = self.escalations.get(runbook);
        call.filter(|call| call.at >= millis(since))
    }

    /// Writes an escalation to every channel and claims it for this run; it goes out before
    /// everything that waits.
    pub fn escalate(
        &mut self,
        check: &CheckRun<'_>,
        runbook: &model::RunbookReport,
        brief: &EscalationContext,
    ) -> Vec<Message> {
        self.remove_expired(check.at);
        let id = runbook.id.as_str();
        let standing = self.runbooks.get(id);
        let open = standing.filter(|standing| standing.settled.0 >= Verdict::Warning);
        let incident = open.and_then(|open| open.incident.clone());
        let incident = incident.unwrap_or_else(|| check.id.to_owned());
        let message = |channel| escalation_message(check, channel, &incident, runbook, brief);
        let mut messages: Vec<_> = check.channels.iter().map(message).collect();
        for message in &mut messages {
            message.claim_for(check.at, check.id);
        }
        self.outbox.extend(messages.iter().cloned());
        let call = EscalationRecord {
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

    /// Notes that a channel accepted an escalation.
    pub(super) fn mark_delivered(&mut self, message: &Message, at: i64) {
        if let Some(call) = self.escalations.get_mut(&message.runbook)
            && call.at == message.at
        {
            call.delivered.get_or_insert(at);
        }
    }
}
