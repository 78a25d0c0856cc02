//! Delivering the messages that a run claimed, and noting the outcome of each.

use super::channels::{ChannelClient, ChannelError};
use super::check_run::AlertChannel;
use super::message::Message;
use super::outbox::DeliveryOutcome;
use super::state_update::update_state;
use crate::cloud::Http;
use crate::history::{History, StackKey, blocking};
use crate::report::model::Verdict;
use crate::stack::{self, Environment};
use crate::state_dir::input::{self, Links};
use crate::text::Printable;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use time::OffsetDateTime;

/// The limit of one message; far less than its lease.
const MESSAGE_LIMIT: Duration = Duration::from_secs(5);
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
            opened.configured.push(AlertChannel {
                name: channel.name.clone(),
                from: Verdict::from_word(&channel.from).unwrap_or(Verdict::Critical),
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
}

impl Delivery {
    /// Sends to every channel at the same time, in order within each, and notes the outcomes.
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
            let of_channel: Vec<_> = of_channel.cloned().collect();
            let (clients, http) = (Arc::clone(&clients), self.http.clone());
            sending.push(tokio::spawn(async move {
                send_in_order(&clients[index], &http, of_channel, end).await
            }));
        }
        let (mut outcomes, mut warnings) = (Vec::new(), Vec::new());
        for sent in sending {
            let (sent, failed) = sent.await.unwrap_or_default();
            outcomes.extend(sent);
            warnings.extend(failed);
        }
        let noted = blocking(move || {
            let mut history = history;
            let noted = self.note(history.as_mut(), &outcomes);
            Ok((history, outcomes, noted))
        });
        match noted.await {
            Ok((history, outcomes, noted)) => {
                warnings.extend(noted.as_ref().err().map(|why| {
                    format!(
                        "what was delivered could not be noted and may be sent again, with the same key: {why}"
                    )
                }));
                Delivered {
                    history: Some(history),
                    outcomes,
                    is_noted: noted.is_ok(),
                    warnings,
                }
            }
            Err(_) => Delivered {
                warnings,
                ..Delivered::default()
            },
        }
    }

    fn note(
        &self,
        history: &mut dyn History,
        outcomes: &[(String, DeliveryOutcome)],
    ) -> Result<(), String> {
        let (wall, monotonic) = self.began;
        update_state(history, &self.key, &self.run, |state| {
            let now = wall + monotonic.elapsed();
            for (id, outcome) in outcomes {
                state.record_outcome(now, &self.run, &self.host, id, outcome);
            }
        })
    }
}

/// Sends the messages of one channel. One that fails holds back those after it.
async fn send_in_order(
    client: &ChannelClient,
    http: &Http,
    messages: Vec<Message>,
    end: Instant,
) -> (Vec<(String, DeliveryOutcome)>, Option<String>) {
    let mut outcomes = Vec::new();
    let mut failed = None;
    for message in messages {
        let left = MESSAGE_LIMIT.min(end.saturating_duration_since(Instant::now()));
        if failed.is_some() || left.is_zero() {
            outcomes.push((message.id, DeliveryOutcome::Untried));
            continue;
        }
        let (outcome, error) = client.send(http, &message, left).await;
        failed = error.map(|why| {
            format!(
                "channel {} was not told of {}, which waits for the next check: {why}",
                client.name(),
                message.runbook.to_uppercase()
            )
        });
        outcomes.push((message.id, outcome));
    }
    (outcomes, failed)
}
