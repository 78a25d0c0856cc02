//! A receiver on this machine: verifies each delivery, reports it and responds, or fails in a chosen
//! way. It stores nothing and never reports what a body holds.

use super::received::{ReceivedDelivery, SignatureCheck};
use super::{DELIVERY, EVENT, SIGNATURE, verify};
use crate::text::Untrusted;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderMap, HeaderValue, LOCATION};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};

/// The largest body that is read, in bytes.
const MAX_BODY: usize = 1024 * 1024;
/// Connections served at once; further ones wait.
const MAX_CONNECTIONS: usize = 32;
/// The longest wait for the headers of a delivery, and again for its body.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// The delay of [`FailureMode::Slow`], a second more than deliveries wait.
const SLOW_ANSWER: Duration = Duration::from_secs(11);
/// The longest life of a connection.
const MAX_CONNECTION_TIME: Duration = Duration::from_secs(60);

/// How a receiver fails on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureMode {
    /// Responds with this status.
    Status(u16),
    /// Never responds.
    Hang,
    /// Resets the connection.
    Reset,
    /// Responds as usual, but only after the sender has given up.
    Slow,
    /// Redirects to another path.
    Redirect,
}

impl FromStr for FailureMode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let status = text
            .strip_prefix("status-")
            .and_then(|code| code.parse().ok());
        match (text, status) {
            (_, Some(code @ 200..=599)) => Ok(FailureMode::Status(code)),
            ("hang", _) => Ok(FailureMode::Hang),
            ("reset", _) => Ok(FailureMode::Reset),
            ("slow", _) => Ok(FailureMode::Slow),
            ("redirect", _) => Ok(FailureMode::Redirect),
            _ => Err("one of status-500 (or another code), hang, reset, slow, redirect"),
        }
    }
}

/// A receiver that waits for deliveries.
#[derive(Debug)]
pub struct Receiver {
    listener: TcpListener,
}

impl Receiver {
    /// Binds a port on the loopback address; 0 is any free one.
    ///
    /// # Errors
    /// The port cannot be bound.
    pub async fn bind(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        Ok(Self { listener })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The system does not report the address.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until it is dropped, and calls `on_delivery` for each delivery.
    pub async fn serve<T>(
        self,
        secret: String,
        fail: Option<FailureMode>,
        on_delivery: T,
    ) -> Infallible
    where
        T: Fn(ReceivedDelivery) + Send + Sync + 'static,
    {
        let state = Arc::new(ReceiverState {
            secret,
            fail,
            on_delivery,
        });
        let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        loop {
            let Ok(permit) = Arc::clone(&slots).acquire_owned().await else {
                continue;
            };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let state = Arc::clone(&state);
                    tokio::spawn(async move {
                        connection(stream, &state).await;
                        drop(permit);
                    });
                }
                // Most likely out of file descriptors, which connections that end give back.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }
}

struct ReceiverState<T> {
    secret: String,
    fail: Option<FailureMode>,
    on_delivery: T,
}

async fn connection<T: Fn(ReceivedDelivery)>(stream: TcpStream, state: &ReceiverState<T>) {
    let reset = Notify::new();
    let service = service_fn(|request| respond(request, state, &reset));
    let mut server = http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(READ_TIMEOUT)
        .max_buf_size(64 * 1024)
        .keep_alive(false);
    let mut connection = server.serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ = &mut connection => {}
        () = tokio::time::sleep(MAX_CONNECTION_TIME) => {}
        () = reset.notified() => {
            let _ = connection.into_parts().io.into_inner().set_zero_linger();
        }
    }
}

async fn respond<T: Fn(ReceivedDelivery)>(
    request: Request<Incoming>,
    state: &ReceiverState<T>,
    reset: &Notify,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY).collect();
    let (body, signed, correct_status) = match tokio::time::timeout(READ_TIMEOUT, body).await {
        Ok(Ok(body)) => {
            let body = body.to_bytes();
            let signed = signed(&state.secret, &head.headers, &body);
            let correct_status = if signed == SignatureCheck::Right {
                200
            } else {
                401
            };
            (body, signed, correct_status)
        }
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            (Bytes::new(), SignatureCheck::Unread, 413)
        }
        Ok(Err(_)) => (Bytes::new(), SignatureCheck::Unread, 400),
        Err(_) => (Bytes::new(), SignatureCheck::Unread, 408),
    };
    let answered = match state.fail {
        None | Some(FailureMode::Slow) => Some(correct_status),
        Some(FailureMode::Status(status)) => Some(status),
        Some(FailureMode::Redirect) => Some(302),
        Some(FailureMode::Hang | FailureMode::Reset) => None,
    };
    (state.on_delivery)(ReceivedDelivery {
        path: Untrusted::new(head.uri.path()),
        event: text(&head.headers, EVENT).map(Untrusted::new),
        id: delivery_id(&head.headers, &body),
        signed,
        bytes: body.len(),
        answered,
    });
    match state.fail {
        Some(FailureMode::Hang) => std::future::pending::<()>().await,
        Some(FailureMode::Reset) => {
            reset.notify_one();
            std::future::pending::<()>().await;
        }
        Some(FailureMode::Slow) => tokio::time::sleep(SLOW_ANSWER).await,
        _ => {}
    }
    let status = answered.and_then(|code| StatusCode::from_u16(code).ok());
    let mut response = Response::new(Full::new(Bytes::from_static(b"{}\n")));
    *response.status_mut() = status.unwrap_or(StatusCode::OK);
    if state.fail == Some(FailureMode::Redirect) {
        // To this receiver, so that a sender that follows redirects is seen.
        let place = HeaderValue::from_static("/redirected");
        response.headers_mut().insert(LOCATION, place);
    }
    Ok(response)
}

/// Checks the signature. Two signature headers are ambiguous, so they count as wrong.
fn signed(secret: &str, headers: &HeaderMap, body: &[u8]) -> SignatureCheck {
    let mut all = headers.get_all(SIGNATURE).iter();
    match (all.next().map(HeaderValue::to_str), all.next()) {
        (None, _) => SignatureCheck::Missing,
        (Some(Ok(signature)), None) if verify(secret, body, signature) == Ok(true) => {
            SignatureCheck::Right
        }
        _ => SignatureCheck::Wrong,
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The id from the headers, else from a JSON body.
fn delivery_id(headers: &HeaderMap, body: &[u8]) -> Option<Untrusted> {
    const NAMED: [&str; 4] = [
        DELIVERY,
        "X-Space-Duck-Delivery-Id",
        "delivery-id",
        "delivery_id",
    ];
    if let Some(id) = NAMED.iter().find_map(|name| text(headers, name)) {
        return Some(Untrusted::new(id));
    }
    let json: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(Untrusted::new(json["delivery_id"].as_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_mode_has_a_name() {
        for (text, fail) in [
            ("status-500", FailureMode::Status(500)),
            ("status-204", FailureMode::Status(204)),
            ("hang", FailureMode::Hang),
            ("reset", FailureMode::Reset),
            ("slow", FailureMode::Slow),
            ("redirect", FailureMode::Redirect),
        ] {
            assert_eq!(text.parse(), Ok(fail));
        }
        for none in ["", "status-", "status-99", "status-600", "status-x", "Hang"] {
            assert!(none.parse::<FailureMode>().is_err(), "{none}");
        }
    }
}
