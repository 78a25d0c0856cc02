//! One delivery: sent once, over a connection of its own, to an address that was judged.
//! Of the answer only its head is read: nothing in its body could tell more than its status,
//! and it may be endless.

use super::target::Target;
use super::{DELIVERY, EVENT, Payload, SIGNATURE};
use crate::cloud::{Http, innermost, is_tls};
use reqwest::header::{HeaderMap, HeaderName};
use std::time::{Duration, Instant};

/// How long an answer is waited for; the stack itself waits no longer.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// What came of it.
#[derive(Clone, Debug)]
pub enum Sent {
    /// The receiver answered.
    Answered(Answer),
    /// No connection was made, so nothing left.
    Never {
        /// Why.
        why: String,
        /// Whether it was TLS that failed.
        tls: bool,
    },
    /// It left, and no answer came.
    Lost(String),
}

/// The head of an answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// From sending to the head of the answer.
    pub took: Duration,
    headers: HeaderMap,
}

impl Answer {
    #[cfg(test)]
    pub(super) fn for_tests(status: u16, headers: HeaderMap) -> Self {
        Self {
            status,
            took: Duration::ZERO,
            headers,
        }
    }

    /// A header, when it is there and is text.
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether the receiver took it.
    pub fn is_accepted(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// The headers of a delivery, in the order of sending.
pub fn headers(payload: &Payload, signature: &str) -> [(&'static str, String); 4] {
    [
        ("content-type", "application/json".to_owned()),
        (EVENT, payload.event.to_owned()),
        (SIGNATURE, signature.to_owned()),
        (DELIVERY, payload.delivery.clone()),
    ]
}

/// Delivers a payload under a signature, once.
pub async fn deliver(target: &Target, payload: &Payload, signature: &str) -> Sent {
    let never = |why: String| Sent::Never { why, tls: false };
    let secure = target.url.scheme() == "https";
    let client = match Http::pinned(secure, target.name.as_deref(), &target.addresses) {
        Ok(client) => client,
        Err(why) => return never(why),
    };
    let mut request = client.post(target.url.clone()).body(payload.body.clone());
    for (name, value) in headers(payload, signature) {
        request = request.header(name, value);
    }
    let began = Instant::now();
    match tokio::time::timeout(PATIENCE, request.send()).await {
        Err(_) => Sent::Lost(format!("no answer within {} s", PATIENCE.as_secs())),
        Ok(Ok(response)) => Sent::Answered(Answer {
            status: response.status().as_u16(),
            took: began.elapsed(),
            headers: response.headers().clone(),
        }),
        Ok(Err(error)) => {
            let error = error.without_url();
            let why = innermost(&error).to_string();
            match error.is_connect() || error.is_builder() {
                true => Sent::Never {
                    why,
                    tls: is_tls(&error),
                },
                false => Sent::Lost(why),
            }
        }
    }
}
