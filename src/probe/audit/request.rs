//! The request for the audit feed, and reading the answer while it arrives.

use super::feed::{FeedReader, Sink};
use crate::cloud::{innermost, is_encoded, is_tls, lowercase, network_refusal, stale};
use crate::observation::{Observation, Unavailable, UnavailableReason};
use crate::probe::ProbeContext;
use crate::probe::status::skew;
use futures_util::StreamExt;
use reqwest::header;
use std::time::Instant;
use time::{Duration, OffsetDateTime};

const PATH: &str = "/beak/audit";

/// Sends the question and hands each entry of the answer to a sink as it comes in; `make`
/// makes the sink from the server's clock. Records the question.
pub(super) async fn read<S: Sink + Send + 'static>(
    context: &ProbeContext,
    observation: &mut Observation,
    make: impl FnOnce(OffsetDateTime) -> S,
) -> (Option<S>, Result<(), Unavailable>) {
    let began = Instant::now();
    let (sink, end, bytes) = exchange(context, observation, make).await;
    let took = began.elapsed();
    let words = match &end {
        Ok(()) => Ok("200".into()),
        Err(unavailable) => Err(unavailable.detail.clone()),
    };
    let question = format!("POST {PATH}").into();
    let asked = context.log_request(question, took, bytes, words);
    observation.asked.push(asked);
    (sink, end)
}

type FeedExchange<S> = (Option<S>, Result<(), Unavailable>, u64);

async fn exchange<S: Sink + Send + 'static>(
    context: &ProbeContext,
    observation: &mut Observation,
    make: impl FnOnce(OffsetDateTime) -> S,
) -> FeedExchange<S> {
    let url = context.stack.endpoint(PATH);
    let client = match context.http.client(&url) {
        Ok(client) => client,
        Err(unavailable) => return (None, Err(unavailable), 0),
    };
    let request = client
        .post(&url)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT_ENCODING, "identity")
        .body("{}");
    let response = match tokio::time::timeout_at(context.deadline.into(), request.send()).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => return (None, Err(not_sent(&error.without_url())), 0),
        Err(_) => {
            return (
                None,
                Err(Unavailable::new(
                    UnavailableReason::TimedOut,
                    "audit API timed out",
                )),
                0,
            );
        }
    };
    observation.reached = true;
    observation.skew = skew(response.headers(), context.clock());
    if let Some(words) = network_refusal(response.status().as_u16()) {
        observation.reached = false;
        let unavailable =
            Unavailable::new(UnavailableReason::Unreachable, format!("audit API {words}"));
        return (None, Err(unavailable), 0);
    }
    if let Some(unavailable) = refused(response.status().as_u16(), response.headers()) {
        return (None, Err(unavailable), 0);
    }
    let now = context.clock() + Duration::seconds(observation.skew.unwrap_or(0));
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<bytes::Bytes>(16);
    let sink = make(now);
    let headers = response.headers().clone();
    // Parsing keeps one core busy while the next bytes arrive on another.
    let parser = tokio::task::spawn_blocking(move || {
        let mut feed = FeedReader::new(sink);
        let mut pushed = Ok(());
        while let (Ok(()), Some(chunk)) = (&pushed, receiver.blocking_recv()) {
            pushed = feed.push(&chunk);
        }
        feed.end(pushed, &headers, now.unix_timestamp())
    });
    let mut stream = response.bytes_stream();
    let (mut bytes, mut cut) = (0_u64, None);
    loop {
        let chunk = match tokio::time::timeout_at(context.deadline.into(), stream.next()).await {
            Ok(None) => break,
            Ok(Some(Ok(chunk))) => chunk,
            Ok(Some(Err(error))) => {
                let why = innermost(&error.without_url());
                // A body that ends before its announced length needs no further words.
                let why = match why.as_str().contains("end of file") {
                    true => String::new(),
                    false => format!(": {why}"),
                };
                cut = Some(Unavailable::new(
                    UnavailableReason::Broken,
                    format!("audit feed truncated after {bytes} bytes{why}"),
                ));
                break;
            }
            Err(_) => {
                cut = Some(Unavailable::new(
                    UnavailableReason::TimedOut,
                    format!("audit API timed out after {bytes} bytes"),
                ));
                break;
            }
        };
        bytes += chunk.len() as u64;
        if sender.send(chunk).await.is_err() {
            break; // the parser has given up and says why
        }
    }
    drop(sender);
    match parser.await {
        Ok((sink, end)) => (Some(sink), cut.map_or(end, Err), bytes),
        Err(_) => (
            None,
            Err(Unavailable::new(
                UnavailableReason::NotJson,
                "reading the audit feed failed inside duckops",
            )),
            bytes,
        ),
    }
}

fn refused(status: u16, headers: &header::HeaderMap) -> Option<Unavailable> {
    let unavailable = match status {
        200 if is_encoded(headers) => Unavailable::new(
            UnavailableReason::NotJson,
            "the audit feed came with an unexpected content-encoding",
        ),
        200 => {
            let why = stale(headers)?;
            Unavailable::new(
                UnavailableReason::NotCovered,
                format!("the audit feed is {why}"),
            )
        }
        300..=399 => Unavailable::new(
            UnavailableReason::Redirected,
            format!("audit API HTTP {status}, a redirect (not followed)"),
        ),
        401 | 403 => Unavailable::new(
            UnavailableReason::Denied,
            format!("audit API HTTP {status}"),
        )
        .fix("Check whether the audit feed needs a key now"),
        429 => Unavailable::new(
            UnavailableReason::Throttled,
            "audit API HTTP 429, throttled",
        )
        .fix("Wait a minute, then run duckops again"),
        other => Unavailable::new(
            UnavailableReason::HttpStatus,
            format!("audit API HTTP {other}"),
        ),
    };
    Some(unavailable)
}

fn not_sent(error: &reqwest::Error) -> Unavailable {
    let why = if is_tls(error) {
        UnavailableReason::Tls
    } else if error.is_connect() {
        UnavailableReason::Unreachable
    } else {
        UnavailableReason::Broken
    };
    Unavailable::new(why, format!("audit API not reached: {}", lowercase(error)))
}
