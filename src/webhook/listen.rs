//! A receiver on this machine: verifies what comes, tells it, answers; or answers wrongly on
//! purpose. It keeps nothing, and what a body holds it never tells.

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

/// A larger delivery is none.
const LARGEST: usize = 1024 * 1024;
/// So many are received at a time; the others wait.
const AT_ONCE: usize = 32;
/// How long the head of a delivery may take to arrive, and then its body.
const PATIENCE: Duration = Duration::from_secs(5);
/// How late a slow answer comes.
const LATE: Duration = Duration::from_secs(11);
/// No connection lasts longer, whatever happens on it.
const LONGEST: Duration = Duration::from_secs(60);

/// A wrong way of answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureMode {
    /// This status.
    Status(u16),
    /// Never.
    Hang,
    /// The connection is torn.
    Reset,
    /// The right answer, a second after deliveries have given up.
    Slow,
    /// To another place.
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

/// What a signature turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// It is the body's.
    Right,
    /// It is not.
    Wrong,
    /// There is none.
    Missing,
    /// It was not looked at: the body did not arrive, or is too large.
    Unread,
}

impl Signed {
    /// Everything that it can turn out to be.
    pub const ALL: [Signed; 4] = [
        Signed::Right,
        Signed::Wrong,
        Signed::Missing,
        Signed::Unread,
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Signed::Right => "right",
            Signed::Wrong => "wrong",
            Signed::Missing => "missing",
            Signed::Unread => "unread",
        }
    }
}

/// One delivery, as far as it is told.
#[derive(Clone, Debug)]
pub struct ReceivedDelivery {
    /// The path that it came to.
    pub path: Untrusted,
    /// The event that its header names.
    pub event: Option<Untrusted>,
    /// Its id, from the header or from the body.
    pub id: Option<Untrusted>,
    /// Its signature.
    pub signed: Signed,
    /// The bytes of its body.
    pub bytes: usize,
    /// The status of the answer; none when there was none on purpose.
    pub answered: Option<u16>,
}

/// A receiver that waits for deliveries.
#[derive(Debug)]
pub struct Receiver {
    listener: TcpListener,
}

impl Receiver {
    /// Takes a port of this machine's loopback; any free one for 0.
    ///
    /// # Errors
    /// That the port is not to be had.
    pub async fn bind(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        Ok(Self { listener })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// That the system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Receives until it is dropped, and tells each delivery.
    pub async fn serve<T>(self, secret: String, fail: Option<FailureMode>, tell: T) -> Infallible
    where
        T: Fn(ReceivedDelivery) + Send + Sync + 'static,
    {
        let desk = Arc::new(Desk { secret, fail, tell });
        let room = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            let Ok(permit) = Arc::clone(&room).acquire_owned().await else {
                continue;
            };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let desk = Arc::clone(&desk);
                    tokio::spawn(async move {
                        connection(stream, &desk).await;
                        drop(permit);
                    });
                }
                // Out of file descriptors, most likely: give them time to come back.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }
}

struct Desk<T> {
    secret: String,
    fail: Option<FailureMode>,
    tell: T,
}

async fn connection<T: Fn(ReceivedDelivery)>(stream: TcpStream, desk: &Desk<T>) {
    let torn = Notify::new();
    let service = service_fn(|request| respond(request, desk, &torn));
    let mut server = http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(64 * 1024)
        .keep_alive(false);
    let mut connection = server.serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ = &mut connection => {}
        () = tokio::time::sleep(LONGEST) => {}
        () = torn.notified() => {
            let _ = connection.into_parts().io.into_inner().set_zero_linger();
        }
    }
}

async fn respond<T: Fn(ReceivedDelivery)>(
    request: Request<Incoming>,
    desk: &Desk<T>,
    torn: &Notify,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, LARGEST).collect();
    let (body, signed, honest) = match tokio::time::timeout(PATIENCE, body).await {
        Ok(Ok(body)) => {
            let body = body.to_bytes();
            let signed = signed(&desk.secret, &head.headers, &body);
            let honest = if signed == Signed::Right { 200 } else { 401 };
            (body, signed, honest)
        }
        Ok(Err(error)) if error.is::<LengthLimitError>() => (Bytes::new(), Signed::Unread, 413),
        Ok(Err(_)) => (Bytes::new(), Signed::Unread, 400),
        Err(_) => (Bytes::new(), Signed::Unread, 408),
    };
    let answered = match desk.fail {
        None | Some(FailureMode::Slow) => Some(honest),
        Some(FailureMode::Status(status)) => Some(status),
        Some(FailureMode::Redirect) => Some(302),
        Some(FailureMode::Hang | FailureMode::Reset) => None,
    };
    (desk.tell)(ReceivedDelivery {
        path: Untrusted::new(head.uri.path()),
        event: text(&head.headers, EVENT).map(Untrusted::new),
        id: delivery_id(&head.headers, &body),
        signed,
        bytes: body.len(),
        answered,
    });
    match desk.fail {
        Some(FailureMode::Hang) => std::future::pending::<()>().await,
        Some(FailureMode::Reset) => {
            torn.notify_one();
            std::future::pending::<()>().await;
        }
        Some(FailureMode::Slow) => tokio::time::sleep(LATE).await,
        _ => {}
    }
    let status = answered.and_then(|code| StatusCode::from_u16(code).ok());
    let mut response = Response::new(Full::new(Bytes::from_static(b"{}\n")));
    *response.status_mut() = status.unwrap_or(StatusCode::OK);
    if desk.fail == Some(FailureMode::Redirect) {
        // To itself: who follows is seen.
        let place = HeaderValue::from_static("/redirected");
        response.headers_mut().insert(LOCATION, place);
    }
    Ok(response)
}

/// One signature is looked at: of two, nobody can say which one the sender meant.
fn signed(secret: &str, headers: &HeaderMap, body: &[u8]) -> Signed {
    let mut all = headers.get_all(SIGNATURE).iter();
    match (all.next().map(HeaderValue::to_str), all.next()) {
        (None, _) => Signed::Missing,
        (Some(Ok(signature)), None) if verify(secret, body, signature) == Ok(true) => Signed::Right,
        _ => Signed::Wrong,
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// From the header, or from the body where that is JSON and names one.
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
    fn every_way_of_failing_has_a_name() {
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
