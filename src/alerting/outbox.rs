//! The outbox: messages are written together with the state that they report, claimed by one
//! host at a time, and removed only once they were delivered.
//!
//! Delivery is at least once: a host that dies between a delivery and the note of it leaves a
//! message that another host sends again, with the same key. The messages of one channel go out
//! in the order in which they were written.

use super::alert_state::{AlertState, FirstDelivery};
use super::check_run::AlertChannel;
use super::message::{Message, MessageKind};
use super::stored::{millis, millis_of};
use std::collections::BTreeSet;
use time::{Duration, OffsetDateTime};

/// A failed channel is tried again after this long, and twice as long each time up to
/// [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::seconds(60);
const LONGEST_WAIT: Duration = Duration::minutes(30);
/// How many messages are kept; the newest ones.
const MAX_MESSAGES: usize = 200;

/// What came of an attempt to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// The other side said that it has it.
    Delivered,
    /// It did not, or did not say so; the other side may want to be left alone for a while.
    Failed {
        /// For at least this long.
        pause: Option<Duration>,
    },
    /// It was not tried.
    Untried,
}

impl AlertState {
    /// Takes every message that may go out now to one of these channels, and keeps other
    /// runs away from them for [`LEASE`]. Oldest first. `run` is the id of this one.
    pub fn claim(
        &mut self,
        now: OffsetDateTime,
        run: &str,
        channels: &[AlertChannel],
    ) -> Vec<Message> {
        self.drop_oldest();
        let (at, now) = (now, millis(now));
        let mut waiting: BTreeSet<String> = BTreeSet::new();
        let mut claimed = Vec::new();
        for message in &mut self.outbox {
            let known = channels
                .iter()
                .any(|channel| channel.name == message.channel);
            let taken =
                matches!(&message.claim, Some(claim) if claim.until > now && claim.by != run);
            let waits = waiting.contains(&message.channel);
            if !known || taken || waits || message.due > now {
                // Nothing overtakes a message of its channel.
                waiting.insert(message.channel.clone());
                continue;
            }
            message.claim_for(at, run);
            claimed.push(message.clone());
        }
        claimed
    }

    /// Notes what came of a message that this run claimed. One that another run claimed
    /// meanwhile is theirs, unless it was delivered.
    pub fn record_outcome(
        &mut self,
        now: OffsetDateTime,
        run: &str,
        host: &str,
        id: &str,
        outcome: &DeliveryOutcome,
    ) {
        let at = millis(now);
        let Some(place) = self.outbox.iter().position(|message| message.id == id) else {
            return;
        };
        if *outcome == DeliveryOutcome::Delivered {
            let message = self.outbox.remove(place);
            if message.kind == MessageKind::Escalate {
                self.mark_delivered(&message, at);
            }
            if let Some(standing) = self.runbooks.get_mut(&message.runbook)
                && message.kind != MessageKind::Resolve
            {
                standing.told.get_or_insert(FirstDelivery {
                    by: host.to_owned(),
                    at,
                    channel: message.channel,
                });
            }
            return;
        }
        let message = &mut self.outbox[place];
        if message.claim.as_ref().is_none_or(|claim| claim.by != run) {
            return;
        }
        message.claim = None;
        if let DeliveryOutcome::Failed { pause } = outcome {
            message.attempts = message.attempts.saturating_add(1);
            let doublings = message.attempts.saturating_sub(1).min(10);
            let doubled = FIRST_WAIT * 2_i32.saturating_pow(doublings);
            let wait = pause
                .unwrap_or(Duration::ZERO)
                .max(doubled)
                .min(LONGEST_WAIT);
            message.due = at.saturating_add(millis_of(wait));
        }
    }

    /// How many messages wait for a channel.
    pub fn waiting(&self) -> usize {
        self.outbox.len()
    }

    /// Drops the oldest messages: the document must stay bounded when a channel is gone for good.
    fn drop_oldest(&mut self) {
        let superfluous = self.outbox.len().saturating_sub(MAX_MESSAGES);
        self.outbox.drain(..superfluous);
    }
}
