//! Messages on their way: written together with what they tell of, claimed by one host at a
//! time, and gone only once they were delivered.
//!
//! At least once: a host that dies between a delivery and the note of it leaves a message
//! that another host sends again, with the same key. Of one channel the messages go out
//! in the order in which they were written.

use super::alert_state::{State, Told, millis};
use super::escalation::Brief;
use super::{Channel, Check};
use crate::report::model::{self, Verdict};
use crate::text::Printable;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use time::{Duration, OffsetDateTime};

/// For how long a claim keeps others away. Longer than any run may last would be wrong for
/// a host that died, so a run must send well within it.
pub const LEASE: Duration = Duration::seconds(60);
/// A channel is tried again after this long, and twice as long each time up to `LONGEST`.
const FIRST: Duration = Duration::seconds(60);
const LONGEST: Duration = Duration::minutes(30);
/// Of a channel that takes nothing, the newest so many messages are kept.
const MOST: usize = 200;

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An incident began.
    Trigger,
    /// It became worse or better.
    Update,
    /// It is over.
    Resolve,
    /// Somebody calls for help.
    Escalate,
}

impl Kind {
    /// Its word in messages.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Trigger => "trigger",
            Kind::Update => "update",
            Kind::Resolve => "resolve",
            Kind::Escalate => "escalate",
        }
    }
}

/// One message to one channel. Its texts are safe to print.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The same for every attempt to deliver it.
    pub id: String,
    /// The channel, by its name in the configuration.
    pub channel: String,
    /// What it is about.
    pub kind: Kind,
    /// The same for everything that is told of one incident.
    pub incident: String,
    /// The stack, by its name.
    pub stack: String,
    /// The runbook, by its id.
    pub runbook: String,
    /// Its title.
    pub title: String,
    /// `P0` or `P1`.
    pub severity: String,
    /// The verdict that is told, as its word.
    pub verdict: String,
    /// What was found, in a sentence.
    pub summary: String,
    /// What to do, in words and as a command.
    pub next: Option<String>,
    /// Whom to call.
    pub escalate: Option<String>,
    /// When it was written, in milliseconds since 1970.
    pub at: i64,
    /// Which host wrote it.
    pub host: String,
    /// What whoever is called wants to know; only a call has it.
    #[serde(default)]
    pub brief: Option<Brief>,
    attempts: u32,
    /// Not before this.
    due: i64,
    claim: Option<Claim>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Claim {
    by: String,
    until: i64,
}

/// What came of an attempt to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
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

impl Message {
    pub(super) fn new(
        check: &Check<'_>,
        channel: &Channel,
        kind: Kind,
        incident: &str,
        settled: Verdict,
        runbook: &model::Runbook,
    ) -> Self {
        let next = runbook.next_action.as_ref().map(|next| {
            let command = next.command.as_ref().map(Printable::as_str);
            match command {
                Some(command) => format!("{}: {command}", next.text),
                None => next.text.to_string(),
            }
        });
        let escalate = runbook.escalation.as_ref().map(|call| {
            let due = call
                .due
                .map(|due| crate::fact::instant(due.unix_timestamp()));
            let due = due.map_or("now".to_owned(), |due| format!("by {due}"));
            format!("{} {} {due}", call.to, call.priority)
        });
        let told = kind != Kind::Resolve;
        Self {
            id: format!("{}-{}-{}", check.id, runbook.id, channel.name),
            channel: channel.name.clone(),
            kind,
            incident: format!("duckops:{}:{}:{incident}", check.stack, runbook.id),
            stack: check.stack.to_owned(),
            runbook: runbook.id.to_string(),
            title: runbook.title.to_string(),
            severity: runbook.severity.to_string(),
            verdict: settled.word().to_owned(),
            summary: runbook.summary.to_string(),
            // Whoever is called is asked for something else.
            next: next.filter(|_| told && kind != Kind::Escalate),
            escalate: escalate.filter(|_| told),
            at: millis(check.at),
            host: check.host.to_owned(),
            brief: None,
            attempts: 0,
            due: millis(check.at),
            claim: None,
        }
    }
}

impl Message {
    /// Keeps other runs away from it for [`LEASE`].
    pub(super) fn claimed(&mut self, now: OffsetDateTime, run: &str) {
        self.claim = Some(Claim {
            by: run.to_owned(),
            until: millis(now).saturating_add(millis_of(LEASE)),
        });
    }
}

impl State {
    /// Takes every message that may go out now to one of these channels, and keeps other
    /// runs away from them for [`LEASE`]. Oldest first. `run` is the id of this one.
    pub fn claim(&mut self, now: OffsetDateTime, run: &str, channels: &[Channel]) -> Vec<Message> {
        self.bound();
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
            message.claimed(at, run);
            claimed.push(message.clone());
        }
        claimed
    }

    /// Notes what came of a message that this run claimed. One that another run claimed
    /// meanwhile is theirs, unless it was delivered.
    pub fn settle(
        &mut self,
        now: OffsetDateTime,
        run: &str,
        host: &str,
        id: &str,
        outcome: &Outcome,
    ) {
        let at = millis(now);
        let Some(place) = self.outbox.iter().position(|message| message.id == id) else {
            return;
        };
        if *outcome == Outcome::Delivered {
            let message = self.outbox.remove(place);
            if message.kind == Kind::Escalate {
                self.called(&message, at);
            }
            if let Some(standing) = self.runbooks.get_mut(&message.runbook)
                && message.kind != Kind::Resolve
            {
                standing.told.get_or_insert(Told {
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
        if let Outcome::Failed { pause } = outcome {
            message.attempts = message.attempts.saturating_add(1);
            let doublings = message.attempts.saturating_sub(1).min(10);
            let doubled = FIRST * 2_i32.saturating_pow(doublings);
            let wait = pause.unwrap_or(Duration::ZERO).max(doubled).min(LONGEST);
            message.due = at.saturating_add(millis_of(wait));
        }
    }

    /// How many messages wait for a channel.
    pub fn waiting(&self) -> usize {
        self.outbox.len()
    }

    /// The document must not grow without end when a channel is gone for good.
    fn bound(&mut self) {
        let superfluous = self.outbox.len().saturating_sub(MOST);
        self.outbox.drain(..superfluous);
    }
}

fn millis_of(duration: Duration) -> i64 {
    i64::try_from(duration.whole_milliseconds()).unwrap_or(i64::MAX)
}
