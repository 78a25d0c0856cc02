//! The one request of a write: sent once, over a connection of its own, to nowhere else.

use super::key::Key;
use crate::cloud::{Exchange, Http, innermost};
use crate::stack::Secret;
use crate::text::Printable;
use futures_util::StreamExt;
use reqwest::header;
use serde_json::Value;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// How long an answer is waited for: a function that takes 30 s has answered by then.
pub(super) const PATIENCE: Duration = Duration::from_secs(35);

/// What a request goes out with.
#[derive(Debug, Default)]
pub struct Credentials {
    /// The operator's token.
    pub token: Option<Secret>,
    /// The agent's key.
    pub key: Option<Key>,
}

impl Credentials {
    /// By name, for the plan.
    pub fn told(&self) -> String {
        let key = |key: &Key| format!("Beak Key {}", key.fingerprint());
        let token = self.token.as_ref().map(|_| "token".to_owned());
        let all: Vec<_> = token
            .into_iter()
            .chain(self.key.as_ref().map(key))
            .collect();
        match all.is_empty() {
            true => "none".to_owned(),
            false => all.join(" and "),
        }
    }
}

/// A request.
pub(super) struct Request<'a> {
    pub(super) url: String,
    /// The path alone, for `--verbose`.
    pub(super) path: &'static str,
    pub(super) credentials: &'a Credentials,
    /// Whether the key goes into the header: where it is not part of the body.
    pub(super) key_in_header: bool,
    /// Names this request to a server that would know it again.
    pub(super) id: &'a str,
    pub(super) body: &'a Value,
}

/// What arrives of an answer, in order.
pub(super) enum Part<'a> {
    Status(u16),
    Bytes(&'a [u8]),
}

/// What came back, which is not yet what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// It never left.
    Never(String),
    /// An answer to its end.
    Whole(u16),
    /// An answer that broke off.
    Cut(u16, String),
    /// No answer.
    Lost(String),
}

impl Sent {
    /// Whether the server said that it did nothing. 408 and 499 are a proxy's: nobody knows
    /// how far the request got.
    pub(super) fn is_refusal(status: u16) -> bool {
        (400..500).contains(&status) && !matches!(status, 408 | 499)
    }

    /// Whether the server said that somebody else was first.
    pub(super) fn is_conflict(status: u16) -> bool {
        matches!(status, 409 | 412)
    }
}

/// Sends a request, once, and hands over what arrives. No answer is larger than `most` bytes.
pub(super) async fn post(
    http: &Http,
    request: &Request<'_>,
    most: u64,
    mut each: impl FnMut(Part<'_>),
) -> Sent {
    let began = Instant::now();
    let mut bytes = 0;
    let sent = exchange(http, request, began, |part| {
        if let Part::Bytes(more) = &part {
            bytes += more.len() as u64;
        }
        each(part);
        bytes <= most
    })
    .await;
    let outcome = match &sent {
        Sent::Whole(status) => status.to_string(),
        Sent::Cut(status, why) => format!("{status}, {why}"),
        Sent::Never(why) | Sent::Lost(why) => why.clone(),
    };
    http.saw(&Exchange {
        what: format!("POST {}", request.path).into(),
        outcome: Printable::from(outcome),
        took: began.elapsed(),
        bytes,
    });
    sent
}

async fn exchange(
    http: &Http,
    request: &Request<'_>,
    began: Instant,
    mut each: impl FnMut(Part<'_>) -> bool,
) -> Sent {
    let until = tokio::time::Instant::from_std(began + PATIENCE);
    let http = http.unpooled();
    let client = match http.client(&request.url) {
        Ok(client) => client,
        Err(unavailable) => return Sent::Never(unavailable.detail.to_string()),
    };
    let body = Zeroizing::new(request.body.to_string());
    let mut builder = client
        .post(&request.url)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT_ENCODING, "identity")
        .header("idempotency-key", request.id)
        .body(body.as_bytes().to_vec());
    if let Some(token) = &request.credentials.token {
        builder = builder.bearer_auth(token.expose());
    }
    if let Some(key) = request
        .credentials
        .key
        .as_ref()
        .filter(|_| request.key_in_header)
    {
        builder = builder.header("x-beak-key", key.expose());
    }
    let response = match tokio::time::timeout_at(until, builder.send()).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => {
            let error = error.without_url();
            let why = innermost(&error).to_string();
            return match error.is_connect() || error.is_builder() {
                true => Sent::Never(why),
                false => Sent::Lost(why),
            };
        }
        Err(_) => return Sent::Lost(format!("no answer within {} s", PATIENCE.as_secs())),
    };
    let status = response.status().as_u16();
    each(Part::Status(status));
    let mut stream = response.bytes_stream();
    loop {
        match tokio::time::timeout_at(until, stream.next()).await {
            Ok(None) => return Sent::Whole(status),
            Ok(Some(Ok(chunk))) => {
                if !each(Part::Bytes(&chunk)) {
                    return Sent::Cut(status, "the answer is far too large".to_owned());
                }
            }
            Ok(Some(Err(error))) => {
                return Sent::Cut(status, innermost(&error.without_url()).to_string());
            }
            Err(_) => {
                let why = format!("the answer was not whole within {} s", PATIENCE.as_secs());
                return Sent::Cut(status, why);
            }
        }
    }
}
