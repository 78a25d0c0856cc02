//! `POST /beak/audit`: what happened, and when.
//!
//! The feed is read an entry at a time while it arrives, so that memory does not grow
//! with it. Windows are measured on the server's clock. What was counted before the feed
//! broke off still holds as "at least"; nothing else does.

mod entry;
mod event;
mod feed;
mod frame;
mod meaning;
mod people;
mod request;
mod span;
mod tally;
mod value;

pub(super) use people::people;
pub(super) use value::{Id, Time};

use super::Ask;
use crate::fact::{FactValue, Probe};
use crate::observation::{Reading, Silence, Why};
use crate::redact::{Removed, Secrets};
use crate::text::Untrusted;
use tally::{Newest, Tally};
use time::OffsetDateTime;

pub(super) async fn ask(ask: &Ask) -> Reading {
    let mut reading = Reading::new(Probe::Audit);
    let (tally, end) = request::read(ask, &mut reading, Tally::new).await;
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

/// One entry for whoever reads the feed itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Seconds since 1970; `None` when its time cannot be used.
    pub at: Option<i64>,
    /// Its type.
    pub kind: Untrusted,
    /// The beginning of its detail, which may name other people's ids.
    pub detail: Untrusted,
}

/// Reads the whole feed and hands over each entry as it arrives, in the feed's order.
///
/// # Errors
/// Why the feed was not read to its end; what was handed over still holds.
pub async fn listen(ask: &Ask, each: impl FnMut(Listed) + Send + 'static) -> Result<(), Silence> {
    struct Each<F>(F, Secrets);
    impl<F: FnMut(Listed)> feed::Sink for Each<F> {
        fn entry(&mut self, entry: &entry::Entry) {
            let mut texts = [entry.kind.clone(), entry.detail.clone()];
            for text in &mut texts {
                self.1.hide_known(&mut [text], &mut Removed::default());
            }
            let [kind, detail] = texts.map(Untrusted::new);
            (self.0)(Listed {
                at: entry.at,
                kind,
                detail,
            });
        }
    }
    let mut reading = Reading::new(Probe::Audit);
    let secrets = ask.secrets().await;
    request::read(ask, &mut reading, |_| Each(each, secrets))
        .await
        .1
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
    reading.know("audit.entries", FactValue::Int(tally.span.entries), at);
    if let Some(silence) = tally.span.unusable() {
        return reading.rest(silence);
    }
    let reach = tally.span.reach();
    reading.know("audit.reach", FactValue::Duration(reach.unwrap_or(0)), at);
    match tally.span.oldest() {
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
    match (newest.newest_age(tally.span.now), tally.span.reach()) {
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
