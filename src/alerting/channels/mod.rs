//! Telling somebody: one message to one channel, once per call, within a limit.
//!
//! This room neither decides what is told nor remembers whether it was: that is the
//! outbox's. It knows how each kind of channel wants to be spoken to. Addresses and keys
//! are secrets, so no error of it holds one, and no answer's body is looked at.

mod payload;

use crate::alerting::{DeliveryOutcome, Message};
use crate::cloud::Http;
use crate::stack::{Channel, ChannelKind, Environment, SecretError, SecretSource};
use crate::text::{Printable, Untrusted};
use payload::ChannelPayload;
pub use payload::text;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use url::Url;

/// PagerDuty's own address for events.
const PAGERDUTY: &str = "https://events.pagerduty.com/v2/enqueue";
/// The longest pause that another side may ask for and get.
const LONGEST_PAUSE: i64 = 1_800;
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

/// Why a channel cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// Its secret cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// What should be its address is none; it is not repeated here, because it is a secret.
    #[error("what is kept as its URL is no http or https URL")]
    NoUrl,
}

impl ChannelClient {
    /// Reads the secrets of a channel.
    ///
    /// # Errors
    /// [`ChannelError`].
    pub fn open(channel: &Channel, env: &Environment) -> Result<Self, ChannelError> {
        let url = |source: &SecretSource| -> Result<Url, ChannelError> {
            let secret = source.read(&|name| env.get(name).cloned())?;
            let url = Url::parse(secret.expose()).map_err(|_| ChannelError::NoUrl)?;
            match url.scheme() {
                "http" | "https" if url.has_host() => Ok(url),
                _ => Err(ChannelError::NoUrl),
            }
        };
        let to = match &channel.kind {
            ChannelKind::Slack { url: source } => Transport::Slack(url(source)?),
            ChannelKind::PagerDuty { key, url } => {
                let other = url.clone();
                let address = other.map_or_else(|| Url::parse(PAGERDUTY), Ok);
                Transport::PagerDuty(
                    key.read(&|name| env.get(name).cloned())?,
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

    /// Sends a message, within `limit`. What came of it, and why where nothing did.
    pub async fn send(
        &self,
        http: &Http,
        message: &Message,
        limit: Duration,
    ) -> (DeliveryOutcome, Option<Printable>) {
        let sending = async {
            match &self.to {
                Transport::Slack(url) => post(http, url, payload::slack(message)).await,
                Transport::PagerDuty(key, url) => {
                    post(http, url, payload::pagerduty(message, key)).await
                }
                Transport::Webhook(url, secret) => {
                    post(http, url, payload::webhook(message, secret.as_ref())).await
                }
                Transport::Command(line, env) => run(line, env, message).await,
            }
        };
        match tokio::time::timeout(limit, sending).await {
            Ok(Ok(())) => (DeliveryOutcome::Delivered, None),
            Ok(Err(SendError { pause, why })) => (DeliveryOutcome::Failed { pause }, Some(why)),
            Err(_) => {
                let why = format!("no answer within {} s", limit.as_secs());
                (DeliveryOutcome::Failed { pause: None }, Some(why.into()))
            }
        }
    }
}

struct SendError {
    pause: Option<time::Duration>,
    why: Printable,
}

impl SendError {
    fn because(why: impl Into<Printable>) -> Self {
        let why = why.into();
        Self { pause: None, why }
    }
}

/// One request, never repeated and never redirected.
async fn post(http: &Http, url: &Url, payload: ChannelPayload) -> Result<(), SendError> {
    let client = http
        .client(url.as_str())
        .map_err(|unavailable| SendError::because(unavailable.detail))?;
    let mut request = client
        .post(url.clone())
        .header("content-type", "application/json");
    for (name, value) in &payload.headers {
        request = request.header(*name, value);
    }
    let answer = request.body(payload.body).send().await.map_err(|error| {
        // The address is a secret and stands in the error.
        let error = error.without_url();
        SendError::because(crate::cloud::innermost(&error))
    })?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let pause = answer
        .headers()
        .get("retry-after")
        .and_then(|value| value.to_str().ok()?.trim().parse::<i64>().ok())
        .filter(|seconds| *seconds > 0)
        .map(|seconds| time::Duration::seconds(seconds.min(LONGEST_PAUSE)));
    Err(SendError {
        pause,
        why: format!("it answered HTTP {}", status.as_u16()).into(),
    })
}

/// One run of a program: arguments as they are, the message on its standard input.
async fn run(
    line: &[String],
    env: &[(String, String)],
    message: &Message,
) -> Result<(), SendError> {
    let Some((program, arguments)) = line.split_first() else {
        return Err(SendError::because("no program is named"));
    };
    let failed =
        |what: &str, error: &std::io::Error| SendError::because(format!("{what}: {error}"));
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed("the program could not be started", &error))?;
    if let Some(mut input) = child.stdin.take() {
        // A program that does not read to the end may still do its work.
        let _ = input.write_all(payload::text(message).as_bytes()).await;
    }
    let status = child
        .wait()
        .await
        .map_err(|error| failed("the program was lost", &error))?;
    match status.success() {
        true => Ok(()),
        false => {
            let how = Untrusted::new(status.to_string()).printable(60);
            Err(SendError::because(format!("the program ended with {how}")))
        }
    }
}
