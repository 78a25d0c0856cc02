//! Escalation: sent once per incident, through every channel, by the first operator who consents.

use super::alert_state::AlertState;
use super::check_run::CheckRun;
use super::escalation_record::EscalationRecord;
use super::message::{EscalationContext, LEASE, Message, MessageKind, escalation_message};
use super::stored::{CLOCK_TOLERANCE, millis, millis_of};
use crate::report::model::{self, Verdict};
use time::OffsetDateTime;

impl AlertState {
    /// The escalation of a runbook that is bad since then.
    pub fn escalated(&self, runbook: &str, since: OffsetDateTime) -> Option<&EscalationRecord> {
        let call = self.escalations.get(runbook);
        call.filter(|call| call.at >= millis(since))
    }

    /// The escalation that prevents another one: accepted by a channel, or younger than [`LEASE`].
    /// After the lease an attempt without acceptance counts as failed, and the next operator takes
    /// over.
    pub fn standing_escalation(
        &self,
        runbook: &str,
        since: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Option<&EscalationRecord> {
        let is_young = |call: &EscalationRecord| {
            let age = millis(now).saturating_sub(call.at);
            (-millis_of(CLOCK_TOLERANCE)..millis_of(LEASE)).contains(&age)
        };
        let call = self.escalated(runbook, since);
        call.filter(|call| call.delivered.is_some() || is_young(call))
    }

    /// The channels that have not accepted the escalation of a runbook yet.
    fn waiting_channels(&self, runbook: &str) -> Vec<&str> {
        let waiting = self
            .outbox
            .iter()
            .filter(|message| message.kind == MessageKind::Escalate && message.runbook == runbook);
        waiting.map(|message| message.channel.as_str()).collect()
    }

    /// Whether a channel has not accepted the escalation of a runbook yet.
    pub fn is_waiting(&self, runbook: &str) -> bool {
        !self.waiting_channels(runbook).is_empty()
    }

    /// How far an escalation got: `delivered`, and what a channel has not accepted yet.
    pub fn delivery(&self, runbook: &str, call: &EscalationRecord) -> String {
        match (call.delivered, self.waiting_channels(runbook).as_slice()) {
            (None, _) => "not delivered yet".to_owned(),
            (Some(_), []) => "delivered".to_owned(),
            (Some(_), channels) => format!("delivered, but not yet to {}", channels.join(", ")),
        }
    }

    /// Writes an escalation to every channel and claims it for this run; it goes out before
    /// everything that waits. What an earlier one of the same incident left undelivered is replaced
    /// under the same key, because the channel may have it.
    pub fn escalate(
        &mut self,
        check: &CheckRun<'_>,
        runbook: &model::RunbookReport,
        brief: &EscalationContext,
        earlier: Option<&EscalationRecord>,
    ) -> Vec<Message> {
        self.correct_future(check.at);
        self.remove_expired(check.at);
        let id = runbook.id.as_str();
        let standing = self.runbooks.get(id);
        let open = standing.filter(|standing| standing.settled.0 >= Verdict::Warning);
        let incident = open.and_then(|open| open.incident.clone());
        let incident = incident
            .or_else(|| earlier.map(|earlier| earlier.incident.clone()))
            .unwrap_or_else(|| check.id.to_owned());
        let message = |channel| escalation_message(check, channel, &incident, runbook, brief);
        let mut messages: Vec<_> = check.channels.iter().map(message).collect();
        for message in &mut messages {
            self.take_over(message);
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

    /// Puts a message in the place of one of the same incident that an earlier caller left.
    fn take_over(&mut self, message: &mut Message) {
        let is_left = |left: &Message| {
            left.kind == MessageKind::Escalate
                && left.channel == message.channel
                && left.runbook == message.runbook
                && left.incident == message.incident
        };
        while let Some(place) = self.outbox.iter().position(is_left) {
            let left = self.outbox.remove(place);
            message.id = left.id;
            message.attempts = left.attempts;
        }
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
