//! Delivering the messages that a run claimed, and noting the outcome of each.

use super::channels::{ChannelClient, ChannelError};
use super::check_run::AlertChannel;
use super::message::{Message, MessageKind};
use super::outbox::DeliveryOutcome;
use super::state_update::update_state;
use crate::cloud::Http;
use crate::history::{History, StackKey, blocking};
use crate::report::model::{ChannelReport, Verdict};
use crate::stack::{self, Environment};
use crate::state_dir::input::{self, Links};
use crate::text::Printable;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use time::OffsetDateTime;

/// The limit of one message; far less than its lease.
pub const MESSAGE_LIMIT: Duration = Duration::from_secs(5);
/// The limit of all of them.
const TOTAL_LIMIT: Duration = Duration::from_secs(15);

/// The channels of the configuration.
#[derive(Debug, Default)]
pub struct Channels {
    /// All of them.
    pub configured: Vec<AlertChannel>,
    /// Clients of those that can be used.
    pub clients: Arc<Vec<ChannelClient>>,
    /// The names of those that cannot be used, and why.
    unusable: Vec<(String, ChannelError)>,
}

impl Channels {
    /// Reads the secrets of each channel.
    pub fn open(channels: &[stack::Channel], env: &Environment) -> Self {
        let mut opened = Self::default();
        let mut clients = Vec::new();
        for channel in channels {
            let from = Verdict::from_word(&channel.from).unwrap_or(Verdict::Critical);
            opened.configured.push(AlertChannel {
                priorities: channel.priorities.clone(),
                recipients: channel.recipients.clone(),
                ..AlertChannel::new(channel.name.clone(), from)
            });
            match ChannelClient::open(channel, env) {
                Ok(client) => clients.push(client),
                Err(error) => opened.unusable.push((channel.name.clone(), error)),
            }
        }
        opened.clients = Arc::new(clients);
        opened
    }

    /// The channels that can be used.
    pub fn usable(&self) -> Vec<AlertChannel> {
        let is_usable = |channel: &&AlertChannel| {
            let mut clients = self.clients.iter();
            clients.any(|client| client.name() == channel.name)
        };
        self.configured.iter().filter(is_usable).cloned().collect()
    }

    /// The names of the channels that cannot be used, and why.
    pub fn closed(&self) -> Vec<(String, String)> {
        let closed = self.unusable.iter();
        closed
            .map(|(name, error)| (name.clone(), error.to_string()))
            .collect()
    }

    /// A line for each channel that cannot be used; `consequence` completes "channel X …".
    pub fn complaints(&self, consequence: &str) -> Vec<Printable> {
        let line = |(name, error): &(String, ChannelError)| {
            format!("channel {name} {consequence}: {error}").into()
        };
        self.unusable.iter().map(line).collect()
    }
}

/// This machine's name, as other hosts know it.
pub fn host_name() -> String {
    let read = |path| input::read_text(Path::new(path), Links::Follow, 1024);
    let name = read("/proc/sys/kernel/hostname")
        .or_else(|_| read("/etc/hostname"))
        .unwrap_or_default();
    let name = Printable::from(name.trim());
    match name.is_empty() {
        true => "unknown host".to_owned(),
        false => name.to_string(),
    }
}

/// The run that delivers.
pub struct Delivery {
    /// The client of channels that speak HTTP.
    pub http: Http,
    /// The stack whose alert state holds the messages.
    pub key: StackKey,
    /// The id of this run, by which it claimed them.
    pub run: String,
    /// The name of this machine.
    pub host: String,
    /// When the run must be over.
    pub end: Instant,
    /// The wall clock at its start, and the monotonic clock at the same moment.
    pub began: (OffsetDateTime, Instant),
    /// The channels to report on afterwards.
    pub channels: Vec<AlertChannel>,
}

/// The outcomes of a delivery.
#[derive(Default)]
pub struct Delivered {
    /// History, to be used again.
    pub history: Option<Box<dyn History>>,
    /// By the id of each message.
    pub outcomes: Vec<(String, DeliveryOutcome)>,
    /// Whether the outcomes are in the alert state.
    pub is_noted: bool,
    /// What the operator must know.
    pub warnings: Vec<String>,
    /// How each channel stands afterwards; empty where that is not known.
    pub channels: Vec<ChannelReport>,
}

/// One attempt to deliver.
struct DeliveryAttempt {
    message: Message,
    outcome: DeliveryOutcome,
    why: Option<Printable>,
}

impl Delivery {
    /// Sends to every channel and about every incident at the same time, in order within one
    /// incident, and notes the outcomes.
    pub async fn deliver(
        self,
        messages: Vec<Message>,
        clients: Arc<Vec<ChannelClient>>,
        history: Box<dyn History>,
    ) -> Delivered {
        let end = self.end.min(Instant::now() + TOTAL_LIMIT);
        let mut sending = Vec::new();
        for index in 0..clients.len() {
            let name = clients[index].name();
            let of_channel = messages.iter().filter(|message| message.channel == name);
            for queue in by_incident(of_channel) {
                let (clients, http) = (Arc::clone(&clients), self.http.clone());
                let began = self.began;
                sending.push(tokio::spawn(async move {
                    send_in_order(&clients[index], &http, queue, (end, began)).await
                }));
            }
        }
        let mut attempts = Vec::new();
        for sent in sending {
            attempts.extend(sent.await.unwrap_or_default());
        }
        let noted = blocking(move || {
            let mut history = history;
            let noted = self.note(history.as_mut(), &attempts);
            Ok((history, attempts, noted))
        });
        let Ok((history, attempts, noted)) = noted.await else {
            return Delivered::default();
        };
        let is_noted = noted.is_ok();
        let (warnings, channels) = noted.unwrap_or_else(|why| {
            let failed = attempts.iter().filter_map(failure_line);
            let unnoted = format!(
                "what was delivered could not be noted and may be sent again, with the same key: {why}"
            );
            (failed.chain([unnoted]).collect(), Vec::new())
        });
        let outcomes = attempts.into_iter();
        Delivered {
            history: Some(history),
            outcomes: outcomes
                .map(|attempt| (attempt.message.id, attempt.outcome))
                .collect(),
            is_noted,
            warnings,
            channels,
        }
    }

    /// Records the result of each message. Returns what to report to the operator now, and the
    /// state of the channels.
    fn note(
        &self,
        history: &mut dyn History,
        attempts: &[DeliveryAttempt],
    ) -> Result<(Vec<String>, Vec<ChannelReport>), String> {
        let (wall, monotonic) = self.began;
        update_state(history, &self.key, &self.run, |state| {
            let now = wall + monotonic.elapsed();
            let mut said = Vec::new();
            let mut unusable = BTreeSet::new();
            for attempt in attempts {
                let DeliveryAttempt {
                    message, outcome, ..
                } = attempt;
                let why = attempt.why.as_ref().map_or("", Printable::as_str);
                let must_say = state.note_answer(now, message, outcome, why);
                state.record_outcome(now, &self.run, &self.host, &message.id, outcome);
                match (outcome, must_say) {
                    (_, false) => {}
                    (DeliveryOutcome::Unusable, true) => {
                        unusable.insert(message.channel.as_str());
                    }
                    (_, true) => said.extend(failure_line(attempt)),
                }
            }
            // With everything that waits for it.
            let lines = unusable
                .into_iter()
                .filter_map(|name| state.trouble_line(now, name));
            said.extend(lines.map(|line| line.to_string()));
            (said, state.channel_reports(now, &self.channels))
        })
    }
}

/// The messages of each incident, in their order; an escalation is sent beside the others.
fn by_incident<'a>(messages: impl Iterator<Item = &'a Message>) -> Vec<Vec<Message>> {
    let mut queues: BTreeMap<(&str, bool), Vec<Message>> = BTreeMap::new();
    for message in messages {
        let is_escalation = message.kind == MessageKind::Escalate;
        let queue = queues.entry((&message.runbook, is_escalation)).or_default();
        queue.push(message.clone());
    }
    queues.into_values().collect()
}

/// A message that was not accepted, in a line.
fn failure_line(attempt: &DeliveryAttempt) -> Option<String> {
    let why = attempt.why.as_ref()?;
    let (channel, runbook) = (
        &attempt.message.channel,
        attempt.message.runbook.to_uppercase(),
    );
    Some(match attempt.outcome {
        DeliveryOutcome::Refused => format!(
            "channel {channel} refused the message about {runbook}, which is not sent again: {why}"
        ),
        _ => format!("channel {channel} did not get {runbook}, the next check tries again: {why}"),
    })
}

/// Sends the messages of one incident to one channel. One that fails holds back those after it.
async fn send_in_order(
    client: &ChannelClient,
    http: &Http,
    messages: Vec<Message>,
    (end, (wall, monotonic)): (Instant, (OffsetDateTime, Instant)),
) -> Vec<DeliveryAttempt> {
    let mut attempts = Vec::new();
    let mut is_held_back = false;
    for message in messages {
        let left = MESSAGE_LIMIT.min(end.saturating_duration_since(Instant::now()));
        let (outcome, why) = if is_held_back {
            (DeliveryOutcome::Untried, None)
        } else if left.is_zero() {
            let why = "the time of this run was over".into();
            (DeliveryOutcome::Untried, Some(why))
        } else {
            let now = wall + monotonic.elapsed();
            client.send(http, &message, left, now).await
        };
        is_held_back |= !matches!(
            outcome,
            DeliveryOutcome::Delivered | DeliveryOutcome::Refused
        );
        attempts.push(DeliveryAttempt {
            message,
            outcome,
            why,
        });
    }
    attempts
}
