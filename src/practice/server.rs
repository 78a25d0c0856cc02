//! The practice stack while it runs: two listeners on loopback, a clock, a log of what was
//! asked. It carries answers to the wire in the manner they ask for and knows nothing of
//! what they say.

use super::route::{Listener, Routed, route};
use super::wire::{IncomingRequest, Transmission, WireResponse};
use super::{FakeStack, Operation};
use futures_util::{StreamExt, stream};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::HeaderValue;
use hyper::service::service_fn;
use hyper::{Request, Response, server::conn::http1};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use time::OffsetDateTime;
use time::macros::format_description;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// A running practice stack; it stops when this is dropped.
pub struct Practice {
    shared: Arc<Shared>,
    api: SocketAddr,
    aws: SocketAddr,
    /// Holds the API's port without listening on it, so that no other process can take it.
    _gone: Option<TcpSocket>,
    _listeners: JoinSet<()>,
}

/// One request, as the log has it.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    /// Such as `POST`.
    pub method: String,
    /// The path, without the query string.
    pub path: String,
    /// The operation that was asked for, when it is one of ours.
    pub operation: Option<Operation>,
    /// When, by the stack's clock.
    pub at: OffsetDateTime,
    /// What was asked, such as `ListExecutions FAILED page 2`.
    pub question: String,
    /// The status of the answer; none when there was no answer on purpose.
    pub answered: Option<u16>,
    /// Whether nothing in this stack should ever be asked this.
    pub unexpected: bool,
}

struct Shared {
    world: Mutex<FakeStack>,
    seen: Mutex<Vec<ReceivedRequest>>,
    started: Instant,
}

impl Practice {
    /// Starts on the caller's tokio runtime: the API on `port` and AWS on the port after it,
    /// or both on any free port when `port` is 0.
    pub async fn start(world: FakeStack, port: u16) -> io::Result<Self> {
        let after = if port == 0 { 0 } else { next_port(port)? };
        let api_socket = bound(port)?;
        let aws_socket = bound(after)?;
        let (api, aws) = (api_socket.local_addr()?, aws_socket.local_addr()?);
        let api_gone = world.api_gone;
        let shared = Arc::new(Shared {
            world: Mutex::new(world),
            seen: Mutex::default(),
            started: Instant::now(),
        });
        let mut listeners = JoinSet::new();
        listeners.spawn(listen(
            aws_socket.listen(BACKLOG)?,
            Listener::Aws,
            Arc::clone(&shared),
        ));
        let gone = if api_gone {
            Some(api_socket)
        } else {
            listeners.spawn(listen(
                api_socket.listen(BACKLOG)?,
                Listener::Api,
                Arc::clone(&shared),
            ));
            None
        };
        Ok(Self {
            shared,
            api,
            aws,
            _gone: gone,
            _listeners: listeners,
        })
    }

    /// The base URL of the API, before `/beak/…`.
    pub fn api_url(&self) -> String {
        format!("http://{}", self.api)
    }

    /// The endpoint of every AWS service.
    pub fn aws_url(&self) -> String {
        format!("http://{}", self.aws)
    }

    /// Every request so far, in the order of arrival.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        lock(&self.shared.seen).clone()
    }

    /// How many requests nothing in this stack should ever be asked.
    pub fn unexpected(&self) -> usize {
        lock(&self.shared.seen)
            .iter()
            .filter(|seen| seen.unexpected)
            .count()
    }

    /// The world that is being served. What is changed here, the next answer shows; while it
    /// is held, no request is answered.
    pub fn world(&self) -> MutexGuard<'_, FakeStack> {
        lock(&self.shared.world)
    }
}

const BACKLOG: u32 = 1024;

fn next_port(port: u16) -> io::Result<u16> {
    port.checked_add(1).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            "no port is left for AWS after 65535",
        )
    })
}

fn bound(port: u16) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // A wanted port should be free again at once; a port that anybody may get must not be
    // shared with a socket that only holds it.
    socket.set_reuseaddr(port != 0)?;
    socket.bind((Ipv4Addr::LOCALHOST, port).into())?;
    Ok(socket)
}

/// A lock that a panic elsewhere does not take away.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn listen(socket: TcpListener, listener: Listener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = socket.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, listener, Arc::clone(&shared)));
                }
                // Out of file descriptors, most likely: give them time to come back.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, listener: Listener, shared: Arc<Shared>) {
    let torn = Arc::new(Notify::new());
    // Answers are small; waiting to fill a packet would only add to every latency.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| respond(request, listener, &shared, &torn));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ = &mut connection => {}
        () = torn.notified() => {
            let _ = connection.into_parts().io.into_inner().set_zero_linger();
        }
    }
}

type Body = BoxBody<Bytes, io::Error>;

async fn respond(
    request: Request<Incoming>,
    listener: Listener,
    shared: &Shared,
    torn: &Arc<Notify>,
) -> Result<Response<Body>, hyper::Error> {
    let (head, body) = request.into_parts();
    let request = IncomingRequest {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body: body.collect().await?.to_bytes(),
    };
    if request.method == hyper::Method::PUT {
        // A writer waits until all have read.
        let together = lock(&shared.world).together.clone();
        if let Some(together) = together {
            together.wait().await;
        }
    }
    let (answer, wait) = shared.answer(listener, &request);
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
    match answer.transmission {
        Transmission::Hang => std::future::pending::<()>().await,
        Transmission::Reset => {
            torn.notify_one();
            std::future::pending::<()>().await;
        }
        Transmission::Whole
        | Transmission::Cut
        | Transmission::ResetAfter(_)
        | Transmission::Trickle => {}
    }
    Ok(shared.response(answer, torn))
}

impl Shared {
    fn now(&self, world: &FakeStack) -> OffsetDateTime {
        if world.frozen {
            world.now
        } else {
            world.now + self.started.elapsed()
        }
    }

    /// The answer to a request, which is logged, and how long to wait before giving it.
    fn answer(&self, listener: Listener, request: &IncomingRequest) -> (WireResponse, Duration) {
        let mut world = lock(&self.world);
        let at = self.now(&world);
        world.advance(at);
        let Routed {
            operation,
            question,
            unexpected,
            answer,
            effect,
        } = route(&world, at, listener, request);
        let silent = matches!(
            answer.transmission,
            Transmission::Hang | Transmission::Reset
        );
        lock(&self.seen).push(ReceivedRequest {
            method: request.method.to_string(),
            path: request.path.clone(),
            operation,
            at,
            question,
            answered: (!silent).then_some(answer.status.as_u16()),
            unexpected,
        });
        if let Some(effect) = effect {
            world.take(effect, at);
        }
        let wait = world.latency + answer.after;
        (answer, wait)
    }

    fn response(&self, answer: WireResponse, torn: &Arc<Notify>) -> Response<Body> {
        let length = answer.body.len();
        let cut_short = matches!(
            answer.transmission,
            Transmission::Cut | Transmission::ResetAfter(_)
        );
        let mut response = Response::new(match (answer.transmission, answer.body) {
            (Transmission::Cut, body) => cut(body),
            (Transmission::ResetAfter(bytes), body) => torn_after(body, bytes, Arc::clone(torn)),
            (Transmission::Trickle, body) => streamed(body, 1),
            (_, body) if length > STREAMED => streamed(body, 64 << 10),
            (_, body) => Full::new(body).map_err(never).boxed(),
        });
        *response.status_mut() = answer.status;
        let date = ("date", http_date(self.now(&lock(&self.world))));
        let promised = cut_short.then(|| ("content-length", length.to_string()));
        for (name, value) in answer.headers.into_iter().chain([date]).chain(promised) {
            // Only a scene's own redirect could be no header, and then it leads nowhere.
            if let Ok(value) = HeaderValue::try_from(value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// Bodies over this many bytes are sent in pieces, without a length.
const STREAMED: usize = 1 << 20;

fn streamed(body: Bytes, piece: usize) -> Body {
    let pieces = (0..body.len()).step_by(piece).map(move |start| {
        Ok(Frame::data(
            body.slice(start..body.len().min(start + piece)),
        ))
    });
    // A pause between them: each piece is sent by itself.
    let pieces = stream::iter(pieces).then(async |piece| {
        tokio::task::yield_now().await;
        piece
    });
    BodyExt::boxed(StreamBody::new(pieces))
}

fn torn_after(body: Bytes, bytes: usize, torn: Arc<Notify>) -> Body {
    let part = body.slice(..bytes.min(body.len()));
    let end = stream::once(async move {
        // Time for what came before to be on its way: a torn connection loses what is not.
        tokio::time::sleep(Duration::from_millis(5)).await;
        torn.notify_one();
        std::future::pending().await
    });
    BodyExt::boxed(StreamBody::new(
        stream::iter([Ok(Frame::data(part))]).chain(end),
    ))
}

fn cut(body: Bytes) -> Body {
    let half = body.slice(..body.len() / 2);
    let end = stream::once(async {
        // Without this pause the first half would be dropped unsent.
        tokio::task::yield_now().await;
        Err(io::Error::other("cut on purpose"))
    });
    BodyExt::boxed(StreamBody::new(
        stream::iter([Ok(Frame::data(half))]).chain(end),
    ))
}

fn never(never: Infallible) -> io::Error {
    match never {}
}

fn http_date(at: OffsetDateTime) -> String {
    let form = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    at.to_offset(time::UtcOffset::UTC)
        .format(form)
        .unwrap_or_default()
}
