//! `POST /beak/audit`: what happened, and when.
//!
//! The feed is read an entry at a time while it arrives, so that memory does not grow
//! with it. Windows are measured on the server's clock. What was counted before the feed
//! broke off still holds as "at least"; nothing else does.

mod entry;
mod feed;
mod meaning;
mod tally;

use super::Ask;
use super::status::skew;
use crate::cloud::{Exchange, innermost, is_tls};
use crate::fact::{Declared, FactType, FactValue, Probe};
use crate::reading::{Asked, Reading, Silence, Why};
use crate::text::Printable;
use feed::Chunks;
use futures_util::StreamExt;
use reqwest::header;
use std::time::Instant;
use tally::{Newest, Tally};
use time::{Duration, OffsetDateTime};

const PATH: &str = "/beak/audit";

pub(super) const FACTS: &[Declared] = &[
    fact(
        "audit.entries",
        FactType::Int,
        "count",
        "entries in the feed",
    ),
    fact(
        "audit.reach",
        FactType::Duration,
        "seconds",
        "how far back the feed goes",
    ),
    fact("audit.oldest", FactType::Instant, "utc", "the oldest entry"),
    fact(
        "audit.pulse_age",
        FactType::Duration,
        "seconds",
        "age of the newest pulse",
    ),
    fact(
        "audit.pulse_age_min",
        FactType::Duration,
        "seconds",
        "the newest pulse is at least this old",
    ),
    fact(
        "audit.pulses",
        FactType::Int,
        "count",
        "pulse entries in the feed",
    ),
    fact(
        "audit.pulses_min",
        FactType::Int,
        "count",
        "pulse entries seen, also in a feed that broke off",
    ),
    fact(
        "audit.pulses_24h_min",
        FactType::Int,
        "count",
        "pulse entries of the last 24 h, at least",
    ),
    fact(
        "audit.registration_age",
        FactType::Duration,
        "seconds",
        "age of the first registration that the feed shows",
    ),
    fact(
        "audit.cert_age",
        FactType::Duration,
        "seconds",
        "age of the newest certificate entry",
    ),
    fact(
        "audit.cert_age_min",
        FactType::Duration,
        "seconds",
        "the newest certificate entry is at least this old",
    ),
    fact(
        "audit.newest_certs",
        FactType::List,
        "",
        "the 3 newest certificate entries",
    ),
    fact(
        "audit.certs_issued_24h_min",
        FactType::Int,
        "count",
        "certificates issued in the last 24 h by dated entries, at least",
    ),
    fact(
        "audit.certs_issued_48h_min",
        FactType::Int,
        "count",
        "certificates issued in the last 48 h by dated entries, at least",
    ),
    fact(
        "audit.newest_pulses",
        FactType::List,
        "",
        "the 3 newest pulse entries",
    ),
    fact(
        "audit.newest_pecks",
        FactType::List,
        "",
        "the 5 newest peck entries",
    ),
    fact(
        "audit.newest_pecks_callback_errors",
        FactType::Int,
        "count",
        "callback errors among the 5 newest peck entries",
    ),
    fact(
        "audit.callback_errors_24h_min",
        FactType::Int,
        "count",
        "dated callback errors of the last 24 h, at least",
    ),
    fact(
        "audit.callback_errors_1h_min",
        FactType::Int,
        "count",
        "dated callback errors of the last hour, at least",
    ),
];

const fn fact(
    path: &'static str,
    ty: FactType,
    unit: &'static str,
    about: &'static str,
) -> Declared {
    Declared {
        path,
        ty,
        unit,
        clocked: true,
        about,
    }
}

pub(super) async fn ask(ask: &Ask) -> Reading {
    let mut reading = Reading::new(Probe::Audit);
    let began = Instant::now();
    let (tally, end, bytes) = read(ask, &mut reading).await;
    let took = began.elapsed();
    let failure = end.as_ref().err().map(|silence| silence.detail.clone());
    let question = Printable::from(format!("POST {PATH}"));
    let outcome = failure.clone().unwrap_or_else(|| "200".into());
    ask.http.saw(&Exchange {
        what: question.clone(),
        outcome,
        took,
        bytes,
    });
    reading.asked.push(Asked {
        question,
        took,
        bytes: Some(bytes),
        failure,
    });
    if let Some(tally) = tally {
        at_least(&mut reading, &tally, ask.now);
        match end {
            Ok(()) => exactly(&mut reading, &tally, ask.now),
            Err(silence) => reading.rest(silence),
        }
    } else if let Err(silence) = end {
        reading.rest(silence);
    }
    reading
}

type Read = (Option<Tally>, Result<(), Silence>, u64);

/// Sends the question and tallies the answer as it comes in.
async fn read(ask: &Ask, reading: &mut Reading) -> Read {
    let url = ask.stack.endpoint(PATH);
    let client = match ask.http.client(&url) {
        Ok(client) => client,
        Err(silence) => return (None, Err(silence), 0),
    };
    let request = client
        .post(&url)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT_ENCODING, "identity")
        .body("{}");
    let response = match tokio::time::timeout_at(ask.deadline.into(), request.send()).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => return (None, Err(not_sent(&error.without_url())), 0),
        Err(_) => {
            return (
                None,
                Err(Silence::new(
                    Why::TimedOut,
                    "the audit feed did not answer in time",
                )),
                0,
            );
        }
    };
    reading.reached = true;
    reading.skew = skew(response.headers(), ask.clock());
    if let Some(silence) = refused(response.status().as_u16(), response.headers()) {
        return (None, Err(silence), 0);
    }
    let now = ask.clock() + Duration::seconds(reading.skew.unwrap_or(0));
    let (sender, receiver) = tokio::sync::mpsc::channel(16);
    let parser =
        tokio::task::spawn_blocking(move || feed::tally(Chunks::new(receiver), Tally::new(now)));
    let mut stream = response.bytes_stream();
    let (mut bytes, mut cut) = (0_u64, None);
    loop {
        let chunk = match tokio::time::timeout_at(ask.deadline.into(), stream.next()).await {
            Ok(None) => break,
            Ok(Some(Ok(chunk))) => chunk,
            Ok(Some(Err(error))) => {
                let why = innermost(&error.without_url());
                cut = Some(Silence::new(
                    Why::Broken,
                    format!("the audit feed was truncated after {bytes} bytes: {why}"),
                ));
                break;
            }
            Err(_) => {
                cut = Some(Silence::new(
                    Why::TimedOut,
                    format!("the audit feed was not whole in time, after {bytes} bytes"),
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
        Ok((tally, end)) => (Some(tally), cut.map_or(end, Err), bytes),
        Err(_) => (
            None,
            Err(Silence::new(
                Why::NotJson,
                "reading the audit feed failed inside duckops",
            )),
            bytes,
        ),
    }
}

fn refused(status: u16, headers: &header::HeaderMap) -> Option<Silence> {
    let silence = match status {
        200 if headers.contains_key(header::CONTENT_ENCODING) => Silence::new(
            Why::NotJson,
            "the audit feed came with an unexpected content-encoding",
        ),
        200 => return None,
        300..=399 => Silence::new(
            Why::Redirected,
            format!("the audit feed answered HTTP {status}, a redirect that is not followed"),
        ),
        401 | 403 => Silence::new(
            Why::Denied,
            format!("the audit feed answered HTTP {status}"),
        )
        .fix("The audit feed may want a key by now: ask it by hand"),
        429 => Silence::new(
            Why::Throttled,
            "the audit feed answered HTTP 429, throttled",
        )
        .fix("Wait a minute and ask again"),
        other => Silence::new(
            Why::HttpStatus,
            format!("the audit feed answered HTTP {other}"),
        ),
    };
    Some(silence)
}

fn not_sent(error: &reqwest::Error) -> Silence {
    let why = if is_tls(error) {
        Why::Tls
    } else if error.is_connect() {
        Why::Unreachable
    } else {
        Why::Broken
    };
    Silence::new(
        why,
        format!("the audit feed cannot be asked: {}", innermost(error)),
    )
}

/// What holds even when the feed broke off.
fn at_least(reading: &mut Reading, tally: &Tally, at: OffsetDateTime) {
    for (path, count) in [
        ("audit.callback_errors_24h_min", tally.callback_errors_24h),
        ("audit.callback_errors_1h_min", tally.callback_errors_1h),
        ("audit.pulses_min", tally.pulse_count),
        ("audit.pulses_24h_min", tally.pulses_24h),
        ("audit.certs_issued_24h_min", tally.certs_issued_24h),
        ("audit.certs_issued_48h_min", tally.certs_issued_48h),
    ] {
        reading.know(path, FactValue::Int(count), at);
    }
}

/// What holds because the feed was read to its end.
fn exactly(reading: &mut Reading, tally: &Tally, at: OffsetDateTime) {
    reading.know("audit.entries", FactValue::Int(tally.entries), at);
    if let Some(silence) = tally.unusable() {
        return reading.rest(silence);
    }
    let reach = tally.reach();
    reading.know("audit.reach", FactValue::Duration(reach.unwrap_or(0)), at);
    match tally.oldest() {
        Some(oldest) => reading.know("audit.oldest", FactValue::Instant(oldest), at),
        None => reading.hush(
            "audit.oldest",
            Silence::new(Why::NoData, "the audit feed is empty"),
        ),
    }
    reading.know("audit.pulses", FactValue::Int(tally.pulse_count), at);
    let pulse = ("audit.pulse_age", "audit.pulse_age_min");
    age(reading, pulse, "pulse", &tally.pulses, tally, at);
    let cert = ("audit.cert_age", "audit.cert_age_min");
    age(reading, cert, "certificate entry", &tally.certs, tally, at);
    reading.know(
        "audit.newest_certs",
        FactValue::List(tally.certs.lines()),
        at,
    );
    match tally.registration_age() {
        Some(age) => reading.know("audit.registration_age", FactValue::Duration(age), at),
        None => reading.hush(
            "audit.registration_age",
            Silence::new(Why::NoData, "the audit feed shows no registration"),
        ),
    }
    reading.know(
        "audit.newest_pulses",
        FactValue::List(tally.pulses.lines()),
        at,
    );
    reading.know(
        "audit.newest_pecks",
        FactValue::List(tally.pecks.lines()),
        at,
    );
    let errors = FactValue::Int(tally.pecks.callback_errors());
    reading.know("audit.newest_pecks_callback_errors", errors, at);
}

/// How old the newest of a kind is; without one it is at least as old as the feed.
fn age(
    reading: &mut Reading,
    (exact, at_least): (&'static str, &'static str),
    what: &str,
    newest: &Newest,
    tally: &Tally,
    at: OffsetDateTime,
) {
    let short = |reach: i64| {
        let reach = crate::fact::duration(reach);
        Silence::new(
            Why::NotCovered,
            format!("no {what} in the audit feed, which reaches back only {reach}"),
        )
    };
    match (newest.newest_age(tally.now), tally.reach()) {
        (Some(age), _) => {
            reading.know(exact, FactValue::Duration(age), at);
            reading.know(at_least, FactValue::Duration(age), at);
        }
        (None, Some(reach)) => {
            reading.hush(exact, short(reach));
            reading.know(at_least, FactValue::Duration(reach), at);
        }
        (None, None) => {
            reading.hush(exact, short(0));
            reading.hush(at_least, short(0));
        }
    }
}
