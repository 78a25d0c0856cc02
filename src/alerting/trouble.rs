//! Channels that cannot be used and messages that were refused: what is said of them, and when.
//!
//! Every run has them in its report. Standard error, which cron mails, has them when they begin,
//! when they change and once a day.

use super::alert_state::AlertState;
use super::check_run::AlertChannel;
use super::message::{Message, MessageKind};
use super::outbox::DeliveryOutcome;
use super::stored::{CLOCK_TOLERANCE, from_millis, millis, millis_of};
use super::trouble_record::{ChannelTrouble, DROPPED, RefusedMessage};
use crate::fact::duration;
use crate::report::model::{ChannelReport, RefusedNotice, Verdict, WaitingNotice};
use crate::text::Printable;
use time::{Duration, OffsetDateTime};

/// A trouble that lasts is said again after this long.
const SAID_AGAIN: Duration = Duration::DAY;
/// A refused message is named for as long as its incident lasts, and no longer than this.
const REFUSED_NAMED: Duration = Duration::days(7);
/// At least this long it is named, also when its incident is over.
const REFUSED_NAMED_AT_LEAST: Duration = Duration::DAY;
/// How many refused messages are kept.
const MAX_REFUSED: usize = 50;

/// Whether what was said then is said again now. A time in the future counts as long ago.
fn is_said_again(said: i64, now: i64) -> bool {
    let age = now.saturating_sub(said);
    !(-millis_of(CLOCK_TOLERANCE)..millis_of(SAID_AGAIN)).contains(&age)
}

impl AlertState {
    /// Notes which channels cannot be opened; `closed` holds names and reasons, `channels` all
    /// that are configured. Yields what has to be said now.
    pub fn note_closed(
        &mut self,
        now: OffsetDateTime,
        channels: &[AlertChannel],
        closed: &[(String, String)],
    ) -> Vec<Printable> {
        let at = millis(now);
        self.forget_refused(at);
        self.troubles
            .retain(|name, _| channels.iter().any(|channel| channel.name == *name));
        let mut must_be_said = Vec::new();
        for channel in channels {
            let name = channel.name.as_str();
            let why = closed.iter().find(|(closed, _)| closed == name);
            let trouble = self.troubles.get(name);
            let must_say = match (why, trouble) {
                (Some((_, why)), _) => {
                    self.mark_unheard(name);
                    self.set_trouble(at, name, why, true)
                }
                (None, Some(trouble)) if trouble.is_closed => {
                    self.end_trouble(at, name);
                    false
                }
                (None, Some(trouble)) => is_said_again(trouble.said, at),
                (None, None) => false,
            };
            if must_say {
                must_be_said.push(name);
            }
        }
        self.drop_outdated(at, "");
        let mut said = Vec::new();
        for name in must_be_said {
            if let Some(trouble) = self.troubles.get_mut(name) {
                trouble.said = at;
            }
            said.extend(self.trouble_line(now, name));
        }
        for refused in &mut self.refused {
            if is_said_again(refused.said, at) {
                refused.said = at;
                said.push(refused_line(
                    &refused.channel,
                    &refused.runbook,
                    &refused.why,
                ));
            }
        }
        said
    }

    /// Notes what the answer to a message says of its channel. Yields whether that has to be said.
    pub(super) fn note_answer(
        &mut self,
        now: OffsetDateTime,
        message: &Message,
        outcome: &DeliveryOutcome,
        why: &str,
    ) -> bool {
        let at = millis(now);
        match outcome {
            DeliveryOutcome::Delivered => {
                self.end_trouble(at, &message.channel);
                false
            }
            DeliveryOutcome::Refused => {
                // It was read, so the channel itself works.
                self.end_trouble(at, &message.channel);
                self.set_aside(message, why, (at, at));
                true
            }
            DeliveryOutcome::Unusable => self.set_trouble(at, &message.channel, why, false),
            DeliveryOutcome::Failed { .. } => true,
            // For one that waits behind another there is nothing more to say.
            DeliveryOutcome::Untried => !why.is_empty(),
        }
    }

    /// Names a message that will not be sent any more, from `at` on; it was last said at `said`.
    pub(super) fn set_aside(&mut self, message: &Message, why: &str, (at, said): (i64, i64)) {
        self.refused.retain(|refused| refused.id != message.id);
        let superfluous = (self.refused.len() + 1).saturating_sub(MAX_REFUSED);
        self.refused.drain(..superfluous);
        self.refused.push(RefusedMessage {
            id: message.id.clone(),
            channel: message.channel.clone(),
            runbook: message.runbook.clone(),
            verdict: message.verdict.clone(),
            why: why.to_owned(),
            at,
            said,
        });
    }

    /// Whether it is new, another one, or was last said a day ago.
    fn set_trouble(&mut self, at: i64, channel: &str, why: &str, is_closed: bool) -> bool {
        let known = self.troubles.get(channel);
        let (must_say, since) = match known {
            Some(known) if known.why == why => (is_said_again(known.said, at), known.since),
            Some(known) => (true, known.since),
            None => (true, at),
        };
        let said = known.filter(|_| !must_say).map_or(at, |known| known.said);
        let trouble = ChannelTrouble {
            why: why.to_owned(),
            since,
            said,
            is_closed,
        };
        self.troubles.insert(channel.to_owned(), trouble);
        must_say
    }

    /// The channel works: what waits for it need not wait any longer.
    fn end_trouble(&mut self, at: i64, channel: &str) {
        if self.troubles.remove(channel).is_some() {
            let waiting = self.outbox.iter_mut();
            for message in waiting.filter(|message| message.channel == channel) {
                message.due = message.due.min(at);
            }
        }
    }

    /// What was never tried cannot have arrived.
    fn mark_unheard(&mut self, channel: &str) {
        let waiting = self.outbox.iter_mut();
        for message in waiting.filter(|message| message.channel == channel) {
            message.is_unheard |= message.attempts == 0 && message.claim.is_none();
        }
    }

    fn forget_refused(&mut self, at: i64) {
        let runbooks = &self.runbooks;
        self.refused.retain(|refused| {
            let age = at.saturating_sub(refused.at);
            let standing = runbooks.get(&refused.runbook);
            let lasts = standing.is_some_and(|standing| standing.settled.0 >= Verdict::Warning);
            age < millis_of(REFUSED_NAMED_AT_LEAST) || (lasts && age < millis_of(REFUSED_NAMED))
        });
    }

    /// Each of these channels: whether it can be used, and what waits for it.
    pub fn channel_reports(
        &self,
        now: OffsetDateTime,
        channels: &[AlertChannel],
    ) -> Vec<ChannelReport> {
        let report = |channel: &AlertChannel| self.channel_report(now, &channel.name);
        channels.iter().map(report).collect()
    }

    fn channel_report(&self, now: OffsetDateTime, name: &str) -> ChannelReport {
        let trouble = self.troubles.get(name);
        let of_channel = |channel: &str| channel == name;
        // What this run is about to send for the first time does not wait.
        let waits = |m: &&Message| m.attempts > 0 || m.claim.is_none();
        let waiting = self.outbox.iter().filter(|m| of_channel(&m.channel));
        let waiting = waiting.filter(waits);
        let refused = self.refused.iter().filter(|r| of_channel(&r.channel));
        ChannelReport {
            name: name.into(),
            trouble: trouble.map(|trouble| trouble.why.as_str().into()),
            since: trouble.map(|trouble| from_millis(trouble.since)),
            waiting: waiting
                .map(|message| WaitingNotice {
                    runbook: message.runbook.as_str().into(),
                    kind: message.kind.word(),
                    verdict: message.verdict.as_str().into(),
                    since: from_millis(message.at).min(now),
                })
                .collect(),
            refused: refused
                .map(|refused| RefusedNotice {
                    runbook: refused.runbook.as_str().into(),
                    why: refused.why.as_str().into(),
                    at: from_millis(refused.at).min(now),
                })
                .collect(),
        }
    }

    /// A channel that cannot be used, with every message that waits for it.
    pub(super) fn trouble_line(&self, now: OffsetDateTime, channel: &str) -> Option<Printable> {
        trouble_line(&self.channel_report(now, channel), now)
    }
}

/// What a report says of its channels, a line each.
pub fn channel_notes(channels: &[ChannelReport], now: OffsetDateTime) -> Vec<Printable> {
    let note = |channel: &ChannelReport| {
        let (name, now) = (channel.name.clone(), now);
        let refused = channel.refused.iter().map(move |refused| {
            refused_line(
                name.as_str(),
                refused.runbook.as_str(),
                refused.why.as_str(),
            )
        });
        let refused: Vec<_> = refused.collect();
        trouble_line(channel, now).into_iter().chain(refused)
    };
    channels.iter().flat_map(note).collect()
}

fn trouble_line(channel: &ChannelReport, now: OffsetDateTime) -> Option<Printable> {
    let why = channel.trouble.as_ref()?;
    let waiting = channel.waiting.iter().map(|message| {
        let age = (now - message.since).whole_seconds().max(0);
        let runbook = message.runbook.as_str().to_uppercase();
        let age = match age {
            0 => String::new(),
            age => format!(" for {}", duration(age)),
        };
        let what = match message.kind {
            word if word == MessageKind::Resolve.word() => "resolved",
            word if word == MessageKind::Escalate.word() => "escalation",
            _ => message.verdict.as_str(),
        };
        format!("{runbook} {what}{age}")
    });
    let waiting: Vec<_> = waiting.collect();
    let waiting = match waiting.as_slice() {
        [] => String::new(),
        [one] => format!("; waiting: {one}"),
        all => format!("; {} wait: {}", all.len(), all.join(", ")),
    };
    Some(
        format!(
            "channel {} gets no messages now: {why}{waiting}",
            channel.name
        )
        .into(),
    )
}

fn refused_line(channel: &str, runbook: &str, why: &str) -> Printable {
    let runbook = runbook.to_uppercase();
    let what = match why.strip_prefix(DROPPED) {
        Some(why) => format!("channel {channel}: the message about {runbook} was dropped: {why}"),
        None => format!(
            "channel {channel} refused the message about {runbook}, which is not sent again: {why}"
        ),
    };
    what.into()
}
