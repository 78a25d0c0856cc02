//! One delivery: sent once, over a connection of its own, to an address that was judged.
//! Of the answer only its head is read: nothing in its body could tell more than its status,
//! and it may be endless.

use super::target::ResolvedTarget;
use super::{DELIVERY, EVENT, SIGNATURE, TestPayload};
use crate::cloud::{Exchange, Http, innermost, tls};
use crate::text::Printable;
use reqwest::header::{HeaderMap, HeaderName};
use rustls::CertificateError as Bad;
use std::time::{Duration, Instant};

/// How long an answer is waited for; the stack itself waits no longer.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// What came of it.
#[derive(Clone, Debug)]
pub enum SendOutcome {
    /// The receiver answered.
    Answered(ReceiverResponse),
    /// No connection was made, so nothing left.
    Never {
        /// Why.
        why: Printable,
        /// What was the matter with TLS, if that is what failed.
        tls: Option<Handshake>,
    },
    /// It left, and no answer came.
    Lost(Printable),
}

/// Why two sides do not come to speak TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handshake {
    /// The certificate has expired.
    Expired,
    /// The certificate is not valid yet.
    Early,
    /// The certificate is for another name.
    Name,
    /// Nobody who is trusted here issued it.
    Issuer,
    /// Something else is the matter with the certificate.
    Certificate,
    /// What answers does not speak TLS.
    Plain,
    /// They could not agree.
    Other,
}

impl Handshake {
    fn of(error: &rustls::Error) -> Self {
        match error {
            rustls::Error::InvalidCertificate(bad) => match bad {
                Bad::Expired | Bad::ExpiredContext { .. } => Self::Expired,
                Bad::NotValidYet | Bad::NotValidYetContext { .. } => Self::Early,
                Bad::NotValidForName | Bad::NotValidForNameContext { .. } => Self::Name,
                Bad::UnknownIssuer => Self::Issuer,
                _ => Self::Certificate,
            },
            rustls::Error::InvalidMessage(_) => Self::Plain,
            _ => Self::Other,
        }
    }
}

/// The head of an answer.
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

    /// Whether the receiver took it.
    pub fn is_accepted(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether the answer is that of something in between that does not know what the
    /// receiver did: a gateway that got no answer or a broken one, or lost patience.
    pub fn is_hearsay(&self) -> bool {
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

/// Delivers a payload under a signature, once, and tells `http`'s observer.
pub async fn deliver(
    http: &Http,
    target: &ResolvedTarget,
    payload: &TestPayload,
    signature: &str,
    limit: Duration,
) -> SendOutcome {
    let limit = limit.min(PATIENCE);
    let began = Instant::now();
    let sent = post(target, payload, signature, limit).await;
    http.saw(&Exchange {
        what: format!("POST {}", target.place()).into(),
        outcome: match &sent {
            SendOutcome::Answered(answer) => answer.status.to_string().into(),
            SendOutcome::Never { why, .. } | SendOutcome::Lost(why) => why.clone(),
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
    let never = |why: String| SendOutcome::Never {
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
            SendOutcome::Lost(format!("no answer within {:.0} s", limit.as_secs_f32()).into())
        }
        Ok(Ok(response)) => SendOutcome::Answered(ReceiverResponse {
            status: response.status().as_u16(),
            took: began.elapsed(),
            headers: response.headers().clone(),
        }),
        Ok(Err(error)) => {
            let error = error.without_url();
            let why = innermost(&error);
            match error.is_connect() || error.is_builder() {
                true => SendOutcome::Never {
                    why,
                    tls: tls(&error).map(Handshake::of),
                },
                false => SendOutcome::Lost(why),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::target::{Refused, parse};
    use super::super::{WebhookEvent, sign};
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    /// The heart of it: what the name means when the connection is made is not asked.
    #[tokio::test]
    async fn a_connection_goes_to_the_address_that_was_judged_whatever_the_name_means() {
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
        let payload = TestPayload::made(WebhookEvent::Pulse, "01A", "2026-03-22T03:12:09Z");
        let signature = sign("s", &payload.body);
        let http = Http::new(None);
        let sent = deliver(&http, &target, &payload, &signature, PATIENCE).await;
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
        let asked = super::super::target::resolve(&target.url, true, PATIENCE).await;
        assert!(matches!(asked, Err(Refused::Name(_))), "{asked:?}");
    }

    #[test]
    fn what_stands_in_between_does_not_speak_for_the_receiver() {
        for status in 200..600 {
            let answer = ReceiverResponse::for_tests(status, HeaderMap::new());
            let due = [408, 502, 504, 520, 524].contains(&status);
            assert_eq!(answer.is_hearsay(), due, "{status}");
        }
    }
}
