//! Delivery: one message to one channel, one attempt per call, within a time limit.
//!
//! What is sent, and whether it was sent before, is decided by the outbox. Each kind of channel has
//! its own payload and its own rule of acceptance. Addresses and keys are secrets, so no error
//! contains one, and no response body is repeated.

mod address;
mod answer;
pub mod heartbeat;
mod payload;
mod post;
mod program;
mod send_error;

use crate::alerting::Message;
use crate::alerting::outbox::DeliveryOutcome;
use crate::cloud::Http;
use crate::stack::{Channel, ChannelKind, Environment, SecretSource};
use crate::text::Printable;
pub use address::ChannelError;
use answer::AnswerOf;
pub use payload::text;
use post::post;
use send_error::SendError;
use std::time::Duration;
use time::OffsetDateTime;
use url::Url;

/// PagerDuty's own address for events.
const PAGERDUTY: &str = "https://events.pagerduty.com/v2/enqueue";
/// What a program is given of the environment.
const PASSED_ON: [&str; 5] = ["PATH", "HOME", "LANG", "LC_ALL", "TZ"];

/// A channel with everything that is needed to speak to it.
#[derive(Debug)]
pub struct ChannelClient {
    name: String,
    to: Transport,
}

#[derive(Debug)]
enum Transport {
    Slack(Url),
    PagerDuty(crate::stack::Secret, Url),
    Webhook(Url, Option<crate::stack::Secret>),
    Command(Vec<String>, Vec<(String, String)>),
}

impl ChannelClient {
    /// Reads the secrets of a channel.
    ///
    /// # Errors
    /// [`ChannelError`].
    pub fn open(channel: &Channel, env: &Environment) -> Result<Self, ChannelError> {
        let url = |source: &SecretSource| address::read(source, env);
        let to = match &channel.kind {
            ChannelKind::Slack { url: source } => Transport::Slack(url(source)?),
            ChannelKind::PagerDuty { key, url } => {
                let other = url.clone();
                let address = other.map_or_else(|| Url::parse(PAGERDUTY), Ok);
                Transport::PagerDuty(
                    key.read_credential(None, &|name| env.get(name).cloned())?,
                    address.map_err(|_| ChannelError::NoUrl)?,
                )
            }
            ChannelKind::Webhook {
                url: source,
                secret,
            } => {
                let secret = secret
                    .as_ref()
                    .map(|secret| secret.read(&|name| env.get(name).cloned()));
                Transport::Webhook(url(source)?, secret.transpose()?)
            }
            ChannelKind::Command { line } => {
                let passed = PASSED_ON.iter();
                let passed =
                    passed.filter_map(|name| Some(((*name).to_owned(), env.get(*name)?.clone())));
                Transport::Command(line.clone(), passed.collect())
            }
        };
        Ok(Self {
            name: channel.name.clone(),
            to,
        })
    }

    /// The name of the channel.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sends a message, within `limit`; `now` is the wall clock. What came of it, and why where
    /// it was not accepted.
    pub async fn send(
        &self,
        http: &Http,
        message: &Message,
        limit: Duration,
        now: OffsetDateTime,
    ) -> (DeliveryOutcome, Option<Printable>) {
        let post = async |url, payload, of| post(http, url, payload, of, now).await;
        let sending = async {
            match &self.to {
                Transport::Slack(url) => post(url, payload::slack(message), AnswerOf::Slack).await,
                Transport::PagerDuty(key, url) => {
                    let payload = payload::pagerduty(message, key);
                    post(url, payload, AnswerOf::PagerDuty).await
                }
                Transport::Webhook(url, secret) => {
                    let payload = payload::webhook(message, secret.as_ref());
                    post(url, payload, AnswerOf::Webhook).await
                }
                Transport::Command(line, env) => program::run(line, env, message).await,
            }
        };
        match tokio::time::timeout(limit, sending).await {
            Ok(Ok(())) => (DeliveryOutcome::Delivered, None),
            Ok(Err(SendError { outcome, why })) => (outcome, Some(why)),
            Err(_) => {
                let why = format!("no answer within {} s", limit.as_secs());
                (DeliveryOutcome::Failed { pause: None }, Some(why.into()))
            }
        }
    }
}
