//! One delivery: sent once, over its own connection, to an address that was checked. The body of
//! the response is not read: it may be endless, and the status is what counts.

use super::target::ResolvedTarget;
use super::{DELIVERY, EVENT, SIGNATURE, TestPayload};
use crate::cloud::{Exchange, Http, TlsFailure, lowercase};
use crate::text::Printable;
use reqwest::header::{HeaderMap, HeaderName};
use std::time::{Duration, Instant};

/// The longest wait for a response; the stack itself waits no longer.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// The outcome of a delivery.
#[derive(Clone, Debug)]
pub enum SendOutcome {
    /// The receiver answered.
    Answered(ReceiverResponse),
    /// No connection was made, so nothing was sent.
    NotSent {
        /// Why.
        why: Printable,
        /// The failure of the TLS handshake, if that is the reason.
        tls: Option<TlsFailure>,
    },
    /// It was sent, and no response arrived.
    NoAnswer(Printable),
}

/// Status and headers of a response.
#[derive(Clone, Debug)]
pub struct ReceiverResponse {
    /// Its status.
    pub status: u16,
    /// From sending to the head of the answer.
    pub took: Duration,
    headers: HeaderMap,
}

impl ReceiverResponse {
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

    /// Whether the receiver accepted the delivery.
    pub fn is_accepted(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether a gateway answered that does not know what the receiver did: it got no response,
    /// a broken one, or timed out.
    pub fn is_from_gateway(&self) -> bool {
        matches!(self.status, 408 | 502 | 504 | 520 | 524)
    }
}

/// The headers of a delivery, in the order of sending.
pub fn headers(payload: &TestPayload, signature: &str) -> [(&'static str, String); 4] {
    [
        ("Content-Type", "application/json".to_owned()),
        (EVENT, payload.event.to_owned()),
        (SIGNATURE, signature.to_owned()),
        (DELIVERY, payload.delivery.clone()),
    ]
}

/// Delivers a payload with a signature, once, and reports it to the observer of `http`.
pub async fn deliver(
    http: &Http,
    target: &ResolvedTarget,
    payload: &TestPayload,
    signature: &str,
    limit: Duration,
) -> SendOutcome {
    let limit = limit.min(TIMEOUT);
    let began = Instant::now();
    let sent = post(target, payload, signature, limit).await;
    http.saw(&Exchange {
        what: format!("POST {}", target.without_query()).into(),
        outcome: match &sent {
            SendOutcome::Answered(answer) => answer.status.to_string().into(),
            SendOutcome::NotSent { why, .. } | SendOutcome::NoAnswer(why) => why.clone(),
        },
        took: began.elapsed(),
        // The body of the answer is not read.
        bytes: 0,
    });
    sent
}

async fn post(
    target: &ResolvedTarget,
    payload: &TestPayload,
    signature: &str,
    limit: Duration,
) -> SendOutcome {
    let never = |why: String| SendOutcome::NotSent {
        why: why.into(),
        tls: None,
    };
    if limit.is_zero() {
        return never("the deadline is over".to_owned());
    }
    let secure = target.url.scheme() == "https";
    let client = match Http::pinned(secure, &target.addresses) {
        Ok(client) => client,
        Err(why) => return never(why),
    };
    let mut request = client.post(target.url.clone()).body(payload.body.clone());
    for (name, value) in headers(payload, signature) {
        request = request.header(name, value);
    }
    let began = Instant::now();
    match tokio::time::timeout(limit, request.send()).await {
        Err(_) => {
            SendOutcome::NoAnswer(format!("no answer within {:.0} s", limit.as_secs_f32()).into())
        }
        Ok(Ok(response)) => SendOutcome::Answered(ReceiverResponse {
            status: response.status().as_u16(),
            took: began.elapsed(),
            headers: response.headers().clone(),
        }),
        Ok(Err(error)) => {
            let error = error.without_url();
            let mut why = lowercase(&error);
            if why == "connection refused" {
                why.push_str(&format!(" by {}", target.authority()));
            }
            let why = Printable::from(why);
            match error.is_connect() || error.is_builder() {
                true => SendOutcome::NotSent {
                    why,
                    tls: TlsFailure::of(&error),
                },
                false => SendOutcome::NoAnswer(why),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::target::{TargetError, parse};
    use super::super::{WebhookEvent, sign};
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    #[tokio::test]
    async fn a_delivery_connects_to_the_checked_address_without_resolving_the_name_again() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut request = [0; 4096];
            let read = stream.read(&mut request).expect("a request");
            let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
            stream.write_all(answer).expect("answered");
            String::from_utf8_lossy(&request[..read]).into_owned()
        });
        // No resolver knows this name.
        let url = format!("http://hook.example.invalid:{}/x?y=z", address.port());
        let target = ResolvedTarget {
            url: parse(&url).expect("a URL"),
            name: Some("hook.example.invalid".to_owned()),
            addresses: vec![address],
        };
        let payload = TestPayload::example(WebhookEvent::Pulse, "01A", "2026-03-22T03:12:09Z");
        let signature = sign("s", &payload.body);
        let http = Http::new(None);
        let sent = deliver(&http, &target, &payload, &signature, TIMEOUT).await;
        assert!(matches!(sent, SendOutcome::Answered(a) if a.status == 204));
        let request = server.join().expect("a thread");
        for line in [
            "POST /x?y=z HTTP/1.1",
            "Content-Type: application/json",
            "X-Space-Duck-Event: duck.pulse",
            &format!("X-Space-Duck-Signature: {signature}"),
            "X-Space-Duck-Delivery: 01A",
        ] {
            assert!(
                request.contains(&format!("{line}\r\n")),
                "{line}: {request}"
            );
        }
        let asked = super::super::target::resolve(&target.url, true, TIMEOUT).await;
        assert!(matches!(asked, Err(TargetError::Name(_))), "{asked:?}");
    }

    #[test]
    fn gateway_statuses_are_not_taken_for_answers_of_the_receiver() {
        for status in 200..600 {
            let answer = ReceiverResponse::for_tests(status, HeaderMap::new());
            let due = [408, 502, 504, 520, 524].contains(&status);
            assert_eq!(answer.is_from_gateway(), due, "{status}");
        }
    }
}
