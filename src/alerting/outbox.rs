//! The outbox: messages are written together with the state that they report, claimed by one
//! host at a time, and removed only once they were delivered.
//!
//! Delivery is at least once: a host that dies between a delivery and the note of it leaves a
//! message that another host sends again, with the same key. The messages of one incident go out
//! to a channel in the order in which they were written, and hold back none of another incident.

use super::alert_state::{AlertState, FirstDelivery};
use super::check_run::AlertChannel;
use super::message::{Message, MessageKind};
use super::stored::{millis, millis_of};
use super::trouble_record::DROPPED;
use crate::report::model::Verdict;
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
    /// The other side read it and will not have it, whenever it is sent.
    Refused,
    /// The channel takes nothing: a revoked address, a login page, a proxy in between.
    Unusable,
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
        let (at, now) = (now, millis(now));
        self.drop_oldest(now);
        self.drop_outdated(now, run);
        let held = self.held_by_other_incidents();
        let runbooks = self.outbox.iter().map(|message| message.runbook.clone());
        let muted: BTreeSet<_> = runbooks
            .filter(|runbook| self.is_muted(runbook, now))
            .collect();
        let mut waiting = BTreeSet::new();
        let mut claimed = Vec::new();
        for message in &mut self.outbox {
            let known = channels
                .iter()
                .any(|channel| channel.name == message.channel);
            let taken = message.is_claimed(now, run);
            // An escalation waits for nothing, and was asked for in spite of a mute.
            let is_escalation = message.kind == MessageKind::Escalate;
            let is_muted = !is_escalation && muted.contains(&message.runbook);
            let place = (
                message.channel.clone(),
                message.runbook.clone(),
                is_escalation,
            );
            let is_due = message.is_due(now)
                || (held.contains(&(place.0.clone(), place.1.clone())) && message.may_hurry(now));
            if !known || taken || is_muted || waiting.contains(&place) || !is_due {
                // Nothing overtakes a message of its incident.
                waiting.insert(place);
                continue;
            }
            message.claim_for(at, run);
            claimed.push(message.clone());
        }
        claimed
    }

    /// Channels and runbooks where a new incident, never tried, stands behind a message of an earlier
    /// one. It must not be overtaken, and that one must not pause for long.
    fn held_by_other_incidents(&self) -> BTreeSet<(String, String)> {
        let fresh = self.outbox.iter().enumerate().filter(|(at, message)| {
            let is_new = message.kind == MessageKind::Trigger && message.attempts == 0;
            is_new
                && self.outbox[..*at].iter().any(|earlier| {
                    earlier.channel == message.channel
                        && earlier.runbook == message.runbook
                        && earlier.incident != message.incident
                })
        });
        fresh
            .map(|(_, message)| (message.channel.clone(), message.runbook.clone()))
            .collect()
    }

    /// Drops undelivered messages that are outdated: of an incident that is over, and all but the
    /// newest state of one that is not.
    pub(super) fn drop_outdated(&mut self, now: i64, run: &str) {
        let mut at = 0;
        while at < self.outbox.len() {
            match self.is_outdated(at, now, run) {
                Some(end_too) => {
                    let dropped = self.outbox.remove(at);
                    // What follows is now the first that the channel hears.
                    let next = self.outbox[at..].iter().position(|m| follows(&dropped, m));
                    if let (Some(next), MessageKind::Trigger) = (next, dropped.kind) {
                        let next = at + next;
                        match self.outbox[next].kind {
                            MessageKind::Resolve if end_too => drop(self.outbox.remove(next)),
                            MessageKind::Update => {
                                self.outbox[next].kind = MessageKind::Trigger;
                                self.outbox[next].is_unheard = true;
                            }
                            _ => {}
                        }
                    }
                }
                None => at += 1,
            }
        }
    }

    /// Whether the message at this index was never delivered and is outdated; and whether its
    /// recovery message can be dropped too.
    fn is_outdated(&self, at: usize, now: i64, run: &str) -> Option<bool> {
        let message = &self.outbox[at];
        if !message.is_unheard || message.is_claimed(now, run) {
            return None;
        }
        if message.kind == MessageKind::Escalate {
            let standing = self.runbooks.get(&message.runbook);
            let is_over = standing.is_some_and(|now| now.settled.0 < Verdict::Warning);
            return is_over.then_some(false);
        }
        let later = self.outbox[at + 1..].iter().find(|m| follows(message, m))?;
        let is_untouched = later.attempts == 0 || later.is_unheard;
        (is_untouched && !later.is_claimed(now, run)).then_some(true)
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
        if *outcome == DeliveryOutcome::Refused {
            self.outbox.remove(place);
            return;
        }
        let message = &mut self.outbox[place];
        if message.claim.as_ref().is_none_or(|claim| claim.by != run) {
            return;
        }
        message.claim = None;
        let pause = match outcome {
            DeliveryOutcome::Failed { pause } => *pause,
            DeliveryOutcome::Unusable => None,
            _ => return,
        };
        // After one lost answer the other side may have it, whatever comes later.
        message.is_unheard =
            *outcome == DeliveryOutcome::Unusable && (message.is_unheard || message.attempts == 0);
        message.attempts = message.attempts.saturating_add(1);
        let wait = pause
            .unwrap_or(Duration::ZERO)
            .max(message.own_wait())
            .min(LONGEST_WAIT);
        message.tried = Some(at);
        message.due = at.saturating_add(millis_of(wait));
    }

    /// How many messages wait for a channel.
    pub fn waiting(&self) -> usize {
        self.outbox.len()
    }

    /// Drops the oldest messages, so that the document stays bounded when a channel is gone for
    /// good. They are reported like refused ones, because they were never delivered.
    fn drop_oldest(&mut self, now: i64) {
        let superfluous = self.outbox.len().saturating_sub(MAX_MESSAGES);
        let dropped: Vec<_> = self.outbox.drain(..superfluous).collect();
        for message in dropped {
            let why = format!("{DROPPED}more than {MAX_MESSAGES} newer ones wait");
            self.set_aside(&message, &why, (now, 0));
        }
    }
}

impl Message {
    /// The delay after this many attempts, where the receiver asked for none.
    fn own_wait(&self) -> Duration {
        let doublings = self.attempts.saturating_sub(1).min(10);
        (FIRST_WAIT * 2_i32.saturating_pow(doublings)).min(LONGEST_WAIT)
    }

    /// Whether it may be tried before it is due: the pause is our own, and no shorter than the first.
    fn may_hurry(&self, now: i64) -> bool {
        self.tried.is_some_and(|tried| {
            self.due.saturating_sub(tried) <= millis_of(self.own_wait())
                && tried.saturating_add(millis_of(FIRST_WAIT)) <= now
        })
    }
}

/// Whether `later` is about the same incident, to the same channel.
fn follows(earlier: &Message, later: &Message) -> bool {
    later.channel == earlier.channel
        && later.incident == earlier.incident
        && later.kind != MessageKind::Escalate
}
