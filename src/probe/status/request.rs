//! The request for the status, up to three tries, with its kinds of failure.

use super::answerer::{self, Answerer};
use super::claimed_health::ClaimedHealth;
use super::object::StatusObject;
use super::outcome::{Cause, LARGEST, ReadError, StatusAttempt, StatusOutcome};
use super::outcome::{broken, down, not_sent, timed_out, unclear};
use crate::cloud::{chain, is_encoded, is_tls, network_refusal, stale};
use crate::observation::{Observation, UnavailableReason};
use crate::probe::ProbeContext;
use crate::text::{Printable, Untrusted};
use futures_util::StreamExt;
use reqwest::header;
use std::time::{Duration, Instant};
use time::OffsetDateTime;

/// The path, as the runbooks name it.
const PATH: &str = "/beak/system/status";
/// One try may take this long, where the deadline allows it.
const TRY: Duration = Duration::from_secs(12);
/// How many tries before the API counts as failing.
const TRIES: usize = 3;
/// Only a failure that comes this fast is tried again: a slow one has had its time.
const FAST: Duration = Duration::from_secs(2);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(200);

/// The last answer, and how long it took from the first try on.
pub(super) struct StatusAnswer {
    pub(super) outcome: StatusOutcome,
    pub(super) words: Printable,
    pub(super) took: Duration,
}

/// Asks until it is up, unclear, slow to fail, tried three times or out of time.
pub(super) async fn with_tries(
    context: &ProbeContext,
    observation: &mut Observation,
) -> StatusAnswer {
    let first = Instant::now();
    loop {
        let began = Instant::now();
        let earlier = std::mem::take(&mut observation.reached);
        let left = context.deadline.saturating_duration_since(began);
        let tried = tokio::time::timeout(TRY.min(left), once(context, observation)).await;
        let took = began.elapsed();
        let (outcome, words, bytes) =
            tried.unwrap_or_else(|_| timed_out(took, observation.reached));
        observation.reached |= earlier;
        let answered = matches!(
            outcome,
            StatusOutcome::Up(_) | StatusOutcome::ClaimsOutage(_)
        );
        let said = match answered {
            true => Ok(words.clone()),
            false => Err(words.clone()),
        };
        let question = format!("GET {PATH}").into();
        let asked = context.log_request(question, took, bytes, said);
        observation.asked.push(asked);
        let again = matches!(outcome, StatusOutcome::Down { .. })
            && observation.asked.len() < TRIES
            && took < FAST
            && context.deadline.saturating_duration_since(Instant::now()) > PAUSE;
        if !again {
            return StatusAnswer {
                outcome,
                words,
                // A try that was cut before is part of how slow the API is.
                took: first.elapsed(),
            };
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn once(context: &ProbeContext, observation: &mut Observation) -> StatusAttempt {
    let url = context.stack.endpoint(PATH);
    let client = match context.http.client(&url) {
        Ok(client) => client,
        Err(unavailable) => {
            return (
                StatusOutcome::Unclear(unavailable.clone()),
                unavailable.detail,
                0,
            );
        }
    };
    let request = client
        .get(&url)
        .header(header::ACCEPT, "application/json")
        .header(header::ACCEPT_ENCODING, "identity");
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => {
            // A failed handshake is an answer from some server.
            observation.reached = is_tls(&error);
            return not_sent(&error.without_url());
        }
    };
    observation.reached = true;
    observation.skew = skew(response.headers(), context.clock());
    let now = context.clock().unix_timestamp() + observation.skew.unwrap_or(0);
    let status = response.status();
    let declared = response.content_length();
    let stale = stale(response.headers());
    let encoded = is_encoded(response.headers());
    let headers = response.headers().clone();
    let target = response
        .headers()
        .get(header::LOCATION)
        .map(|to| Untrusted::from_bytes(to.as_bytes()).printable(120));
    let (body, whole) = read(response).await;
    let bytes = body.len() as u64;
    if let Some(words) = network_refusal(status.as_u16()) {
        observation.reached = false;
        let (outcome, words) = down(Cause::Network, UnavailableReason::Unreachable, words);
        return (outcome, words, bytes);
    }
    let (outcome, words) = match (status.as_u16(), whole) {
        (200, Err(why)) => broken(why, bytes, declared),
        (200, Ok(())) if stale.is_some() => {
            let why = stale.unwrap_or_default();
            unclear(UnavailableReason::NotCovered, &why)
        }
        (200, Ok(())) if encoded => unclear(
            UnavailableReason::NotJson,
            "200 with an unexpected content-encoding",
        ),
        (200, Ok(())) => match StatusObject::parse(&body) {
            Ok(status) => match status.own_age(now) {
                Some(why) => unclear(UnavailableReason::NotCovered, &why),
                None if status.claim() == ClaimedHealth::Outage => {
                    let word = status.status().unwrap_or_else(|| Untrusted::new("outage"));
                    let words = format!("HTTP 200, and its status says `{}`", word.printable(40));
                    (StatusOutcome::ClaimsOutage(status), words.into())
                }
                None => (StatusOutcome::Up(status), "200".into()),
            },
            Err(unavailable) => {
                let words = unavailable.detail.clone();
                (StatusOutcome::Unclear(unavailable), words)
            }
        },
        (300..=399, _) => {
            let to = target.map(|to| format!(" to {to}")).unwrap_or_default();
            down(
                Cause::Gateway,
                UnavailableReason::Redirected,
                format!(
                    "HTTP {status}, a redirect{to} that is not followed",
                    status = status.as_u16()
                ),
            )
        }
        (500..=599, _) => server_error(status.as_u16(), &headers, &body),
        (429, _) => down(
            refusal(429, &headers, &body),
            UnavailableReason::Throttled,
            "HTTP 429, throttled".to_owned(),
        ),
        (400..=499, _) => {
            let cause = refusal(status.as_u16(), &headers, &body);
            // Only a mark of the gateway shows that the function did not answer.
            let words = match cause {
                Cause::UnmarkedRefusal => "a route, a key, or the function itself",
                _ => "gateway, route or key, not proof of a dead Lambda",
            };
            let words = format!("HTTP {}: {words}", status.as_u16());
            down(cause, UnavailableReason::HttpStatus, words)
        }
        (other, _) => unclear(
            UnavailableReason::HttpStatus,
            &format!("HTTP {other}, which is no status"),
        ),
    };
    (outcome, words, bytes)
}

/// Whose a 4xx is.
fn refusal(status: u16, headers: &header::HeaderMap, body: &[u8]) -> Cause {
    match answerer::is_marked_refusal(status, headers, body) {
        true => Cause::Gateway,
        false => Cause::UnmarkedRefusal,
    }
}

/// A 5xx, by who made it: what an edge or the gateway answers by itself never reached the
/// function.
fn server_error(
    status: u16,
    headers: &header::HeaderMap,
    body: &[u8],
) -> (StatusOutcome, Printable) {
    let (cause, words) = match answerer::of_server_error(status, headers, body) {
        Answerer::Function => (Cause::Lambda, format!("HTTP {status}")),
        Answerer::Gateway(kind) => (
            Cause::Gateway,
            format!(
                "HTTP {status} by the gateway ({kind}): its configuration or authorizer, not the function"
            ),
        ),
        Answerer::Edge(name) => (
            Cause::Gateway,
            format!("HTTP {status} by {name}: an edge before the gateway, not the function"),
        ),
    };
    down(cause, UnavailableReason::HttpStatus, words)
}

/// Reads the body up to the limit; says whether that was all of it.
async fn read(response: reqwest::Response) -> (Vec<u8>, Result<(), ReadError>) {
    let mut body = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        match chunk {
            Ok(chunk) if body.len() + chunk.len() > LARGEST => {
                return (body, Err(ReadError::TooLarge));
            }
            Ok(chunk) => body.extend_from_slice(&chunk),
            Err(error) => return (body, Err(ReadError::Broken(chain(&error.without_url())))),
        }
    }
    (body, Ok(()))
}

/// The server's clock minus ours, from its `Date`.
pub(in crate::probe) fn skew(headers: &header::HeaderMap, now: OffsetDateTime) -> Option<i64> {
    Some((server_time(headers)? - now).whole_seconds())
}

/// When the server says that it answered.
pub(crate) fn server_time(headers: &header::HeaderMap) -> Option<OffsetDateTime> {
    let date = headers.get(header::DATE)?.to_str().ok()?;
    OffsetDateTime::parse(date, &time::format_description::well_known::Rfc2822).ok()
}
