//! The one request of a write to a bond: sent once, on a connection of its own.

use super::key::Key;
use crate::cloud::{Exchange, Http, innermost, says_why};
use crate::stack::Secret;
use crate::text::Printable;
use futures_util::StreamExt;
use reqwest::header;
use serde_json::Value;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// How long an answer is waited for: a function that takes 30 s has answered by then.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(35);

/// The credentials of a request.
#[derive(Debug, Default)]
pub struct Credentials {
    /// The operator's token.
    pub token: Option<Secret>,
    /// The agent's key.
    pub key: Option<Key>,
}

impl Credentials {
    /// Which there are, by name and fingerprint.
    pub fn describe(&self) -> String {
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
pub(super) struct PostRequest<'a> {
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

/// A piece of an answer, in order of arrival.
pub(super) enum AnswerPart<'a> {
    Status(u16),
    Bytes(&'a [u8]),
}

/// How a request ended, which is not yet its outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PostEnd {
    /// It never left.
    NotSent(String),
    /// An answer to its end.
    Whole(u16),
    /// An answer that broke off.
    Cut(u16, String),
    /// No answer.
    Lost(String),
}

impl PostEnd {
    /// Whether the API answered that it did nothing. How far the request got is not known where
    /// something in between answers: with 408 or 499, or with anything but the API's JSON.
    pub(super) fn is_refusal(status: u16, body: &[u8]) -> bool {
        (400..500).contains(&status) && !matches!(status, 408 | 499) && says_why(body)
    }

    /// Whether the API answered that another change came first.
    pub(super) fn is_conflict(status: u16, body: &[u8]) -> bool {
        matches!(status, 409 | 412) && says_why(body)
    }
}

/// Sends a request, once, and returns what arrives: at most `most` bytes.
pub(super) async fn post(
    http: &Http,
    request: &PostRequest<'_>,
    most: u64,
    mut each: impl FnMut(AnswerPart<'_>),
) -> PostEnd {
    let began = Instant::now();
    let mut bytes = 0;
    let ended = exchange(http, request, began, |part| {
        if let AnswerPart::Bytes(more) = &part {
            bytes += more.len() as u64;
        }
        each(part);
        bytes <= most
    })
    .await;
    let outcome = match &ended {
        PostEnd::Whole(status) => status.to_string(),
        PostEnd::Cut(status, why) => format!("{status}, {why}"),
        PostEnd::NotSent(why) | PostEnd::Lost(why) => why.clone(),
    };
    http.saw(&Exchange {
        what: format!("POST {}", request.path).into(),
        outcome: Printable::from(outcome),
        took: began.elapsed(),
        bytes,
    });
    ended
}

async fn exchange(
    http: &Http,
    request: &PostRequest<'_>,
    began: Instant,
    mut each: impl FnMut(AnswerPart<'_>) -> bool,
) -> PostEnd {
    let until = tokio::time::Instant::from_std(began + ANSWER_TIMEOUT);
    let http = http.unpooled();
    let client = match http.client(&request.url) {
        Ok(client) => client,
        Err(unavailable) => return PostEnd::NotSent(unavailable.detail.to_string()),
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
                true => PostEnd::NotSent(why),
                false => PostEnd::Lost(why),
            };
        }
        Err(_) => return PostEnd::Lost(format!("no answer within {} s", ANSWER_TIMEOUT.as_secs())),
    };
    let status = response.status().as_u16();
    each(AnswerPart::Status(status));
    let mut stream = response.bytes_stream();
    loop {
        match tokio::time::timeout_at(until, stream.next()).await {
            Ok(None) => return PostEnd::Whole(status),
            Ok(Some(Ok(chunk))) => {
                if !each(AnswerPart::Bytes(&chunk)) {
                    return PostEnd::Cut(status, "the answer is far too large".to_owned());
                }
            }
            Ok(Some(Err(error))) => {
                return PostEnd::Cut(status, innermost(&error.without_url()).to_string());
            }
            Err(_) => {
                let why = format!(
                    "the answer was not whole within {} s",
                    ANSWER_TIMEOUT.as_secs()
                );
                return PostEnd::Cut(status, why);
            }
        }
    }
}
