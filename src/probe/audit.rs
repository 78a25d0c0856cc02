//! `POST /beak/audit`: the dated events of the platform.
//!
//! The feed is read entry by entry while it arrives, so memory does not grow with it. Windows are
//! measured on the server's clock. What was counted before the feed broke off still holds as a
//! lower bound; nothing else does.

mod connections;
#[cfg(test)]
mod corpus_tests;
mod coverage;
mod declined;
mod entry;
mod envelope;
mod event;
mod feed;
mod request;
mod scope;
mod shared;
mod tally;
mod value;

pub use shared::SharedFeed;
pub(super) use value::{Id, Time, moment};

use super::ProbeContext;
use crate::fact::{FactValue, Probe};
use crate::observation::{Observation, Unavailable, UnavailableReason};
use crate::redact::{Removed, Secrets};
use crate::text::Untrusted;
use tally::{Newest, Tally};
use time::OffsetDateTime;

pub(super) async fn observe(context: &ProbeContext) -> Observation {
    let mut observation = Observation::new(Probe::Audit);
    let (tally, end) = context.feed.tally(context, &mut observation).await;
    if let Some(tally) = tally {
        at_least(&mut observation, &tally, context.now);
        match end {
            Ok(()) => exactly(&mut observation, &tally, context.now),
            Err(unavailable) => observation.default_unavailable(unavailable),
        }
    } else if let Err(unavailable) = end {
        observation.default_unavailable(unavailable);
    }
    observation
}

/// The records of requests and bonds, as the feed shows them. Records the question.
///
/// # Errors
/// Why the feed was not read to its end; then all states are unknown.
pub(super) async fn connections(
    context: &ProbeContext,
    observation: &mut Observation,
) -> Result<connections::ConnectionsSink, Unavailable> {
    context.feed.connections(context, observation).await
}

/// One entry of the feed, for `duckops audit`.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedItem {
    /// Seconds since 1970; `None` when its time cannot be used.
    pub at: Option<i64>,
    /// Its type.
    pub kind: Untrusted,
    /// The beginning of its detail, which may name other people's ids.
    pub detail: Untrusted,
}

/// Reads the whole feed and calls back with each entry as it arrives, in the feed's order.
///
/// # Errors
/// Why the feed was not read to its end; entries passed before are valid.
pub async fn listen(
    context: &ProbeContext,
    each: impl FnMut(FeedItem) + Send + 'static,
) -> Result<(), Unavailable> {
    struct Each<F>(F, Secrets);
    impl<F: FnMut(FeedItem)> feed::Sink for Each<F> {
        fn entry(&mut self, entry: &entry::AuditEntry) {
            let mut texts = [entry.kind.clone(), entry.detail.clone()];
            for text in &mut texts {
                self.1.hide_known(&mut [text], &mut Removed::default());
            }
            let [kind, detail] = texts.map(Untrusted::new);
            (self.0)(FeedItem {
                at: entry.at,
                kind,
                detail,
            });
        }
    }
    let mut observation = Observation::new(Probe::Audit);
    let secrets = context.secrets().await;
    request::read(context, &mut observation, |_| Each(each, secrets))
        .await
        .1
}

/// What holds even when the feed broke off.
fn at_least(observation: &mut Observation, tally: &Tally, at: OffsetDateTime) {
    let [signups_24h, signups_48h] = tally.signups();
    let [declined_1h, declined_24h] = tally.declined.nameless();
    let declined = tally.declined.by_id(tally.coverage.now);
    observation.set("audit.declined_by_id", FactValue::Groups(declined), at);
    for (path, count) in [
        ("audit.declined_1h_min", declined_1h),
        ("audit.declined_24h_min", declined_24h),
        ("audit.signups_24h_min", signups_24h),
        ("audit.signups_48h_min", signups_48h),
        ("audit.callback_errors_24h_min", tally.callback_errors_24h),
        ("audit.callback_errors_1h_min", tally.callback_errors_1h),
        ("audit.pulses_min", tally.pulse_count),
        ("audit.pulses_24h_min", tally.pulses_24h),
        ("audit.certs_issued_24h_min", tally.certs_issued_24h),
        ("audit.certs_issued_48h_min", tally.certs_issued_48h),
    ] {
        observation.set(path, FactValue::Int(count), at);
    }
}

/// What holds because the feed was read to its end.
fn exactly(observation: &mut Observation, tally: &Tally, at: OffsetDateTime) {
    observation.set("audit.entries", FactValue::Int(tally.coverage.entries), at);
    if let Some(unavailable) = tally.coverage.unusable() {
        return observation.default_unavailable(unavailable);
    }
    let reach = tally.coverage.reach();
    observation.set("audit.reach", FactValue::Duration(reach.unwrap_or(0)), at);
    match tally.coverage.oldest() {
        Some(oldest) => observation.set("audit.oldest", FactValue::Instant(oldest), at),
        None => observation.set_unavailable(
            "audit.oldest",
            Unavailable::new(UnavailableReason::NoData, "the audit feed is empty"),
        ),
    }
    observation.set("audit.pulses", FactValue::Int(tally.pulse_count), at);
    let pulse = ("audit.pulse_age", "audit.pulse_age_min");
    let alive = ("pulse", "duckops history status.agents.alive");
    age(observation, pulse, alive, &tally.pulses, tally, at);
    let cert = ("audit.cert_age", "audit.cert_age_min");
    let issued = (
        "certificate entry",
        "duckops history status.database.birth_certificates",
    );
    age(observation, cert, issued, &tally.cert_done, tally, at);
    observation.set(
        "audit.newest_certs",
        FactValue::List(tally.certs.lines()),
        at,
    );
    match tally.registration_age() {
        Some(age) => observation.set("audit.registration_age", FactValue::Duration(age), at),
        None => observation.set_unavailable(
            "audit.registration_age",
            Unavailable::new(
                UnavailableReason::NoData,
                "the audit feed shows no registration",
            ),
        ),
    }
    observation.set(
        "audit.newest_pulses",
        FactValue::List(tally.pulses.lines()),
        at,
    );
    observation.set(
        "audit.newest_pecks",
        FactValue::List(tally.pecks.lines()),
        at,
    );
    let newest = tally.callback_error_age().map(FactValue::Duration);
    let none = || {
        let why = "the feed shows no callback error";
        Unavailable::new(UnavailableReason::NoData, why)
    };
    observation.put("audit.callback_error_age", newest.ok_or_else(none), at);
    let errors = FactValue::Int(tally.pecks.callback_errors());
    observation.set("audit.newest_pecks_callback_errors", errors, at);
    let age = tally.pecks.callback_error_age(tally.coverage.now);
    let none = || {
        let why = "none of the 5 newest peck entries is a callback error";
        Unavailable::new(UnavailableReason::NoData, why)
    };
    let age = age.map(FactValue::Duration).ok_or_else(none);
    observation.put("audit.newest_pecks_callback_error_age", age, at);
}

/// How old the newest of a kind is; without one it is at least as old as the feed. Beside the kind
/// stands the command that shows what was recorded of it.
fn age(
    observation: &mut Observation,
    (exact, at_least): (&'static str, &'static str),
    (what, recorded): (&str, &'static str),
    newest: &Newest,
    tally: &Tally,
    at: OffsetDateTime,
) {
    let short = |reach: i64| {
        let reach = crate::fact::duration(reach);
        Unavailable::new(
            UnavailableReason::NotCovered,
            format!("no {what} in the audit feed, which reaches back only {reach}"),
        )
        .fix("Let cron record, or compare the recorded totals")
        .command(recorded)
    };
    match (
        newest.newest_age(tally.coverage.now),
        tally.coverage.reach(),
    ) {
        (Some(age), _) => {
            observation.set(exact, FactValue::Duration(age), at);
            observation.set(at_least, FactValue::Duration(age), at);
        }
        (None, Some(reach)) => {
            observation.set_unavailable(exact, short(reach));
            observation.set(at_least, FactValue::Duration(reach), at);
        }
        (None, None) => {
            observation.set_unavailable(exact, short(0));
            observation.set_unavailable(at_least, short(0));
        }
    }
}
