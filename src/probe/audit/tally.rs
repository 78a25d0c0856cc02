//! Counts entries by meaning, in windows that end now on the server's clock.

#[cfg(test)]
mod tests;

use super::coverage::Coverage;
use super::declined::DeclinedRequests;
use super::entry::AuditEntry;
use super::feed::Sink;
use crate::fact;
use crate::probe::meaning::Meanings;
use crate::text::Untrusted;
use time::OffsetDateTime;

const DAY: i64 = 86_400;
const HOUR: i64 = 3_600;

/// What a feed amounts to.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) coverage: Coverage,
    pub(super) pulses: Newest,
    pub(super) pecks: Newest,
    pub(super) callback_errors_24h: i64,
    pub(super) callback_errors_1h: i64,
    /// Requests that were denied or whose time ran out.
    pub(super) declined: DeclinedRequests,
    /// When the newest callback failed, in seconds since 1970.
    newest_callback_error: Option<i64>,
    pub(super) pulse_count: i64,
    pub(super) pulses_24h: i64,
    pub(super) certs: Newest,
    pub(super) cert_done: Newest,
    pub(super) certs_issued_24h: i64,
    pub(super) certs_issued_48h: i64,
    /// Of the last 24 h and of the last 48 h.
    signed_up: [i64; 2],
    hatched: [i64; 2],
    meanings: Meanings,
    first_registration: Option<i64>,
}

impl Tally {
    pub(super) fn new(now: OffsetDateTime) -> Self {
        Self {
            coverage: Coverage::new(now.unix_timestamp()),
            pulses: Newest::of(3),
            pecks: Newest::of(5),
            callback_errors_24h: 0,
            callback_errors_1h: 0,
            declined: DeclinedRequests::default(),
            newest_callback_error: None,
            pulse_count: 0,
            pulses_24h: 0,
            certs: Newest::of(3),
            cert_done: Newest::of(1),
            certs_issued_24h: 0,
            certs_issued_48h: 0,
            signed_up: [0; 2],
            hatched: [0; 2],
            meanings: Meanings::default(),
            first_registration: None,
        }
    }

    fn count(&mut self, entry: &AuditEntry) {
        let Some(at) = self.coverage.place(entry) else {
            return;
        };
        let now = self.coverage.now;
        let meaning = self.meanings.of(&entry.kind, entry.said, &entry.detail);
        if meaning.pulse {
            self.pulses.offer(at, entry, false);
            self.pulse_count += 1;
            self.pulses_24h += i64::from(at > now - DAY);
        }
        if meaning.cert {
            self.certs.offer(at, entry, false);
        }
        if meaning.cert_done {
            self.cert_done.offer(at, entry, false);
        }
        if meaning.cert_issued {
            self.certs_issued_24h += i64::from(at > now - DAY);
            self.certs_issued_48h += i64::from(at > now - 2 * DAY);
        }
        for (is_one, counts) in [
            (meaning.signed_up, &mut self.signed_up),
            (meaning.hatched, &mut self.hatched),
        ] {
            for (count, span) in counts.iter_mut().zip([DAY, 2 * DAY]) {
                *count += i64::from(is_one && at > now - span);
            }
        }
        if meaning.registration {
            self.first_registration = Some(self.first_registration.map_or(at, |t| t.min(at)));
        }
        if meaning.peck || meaning.callback_error {
            self.pecks.offer(at, entry, meaning.callback_error);
        }
        if let Some(event) = meaning.event {
            self.declined.note(event, at, now, entry);
        }
        if meaning.callback_error {
            self.callback_errors_24h += i64::from(at > now - DAY);
            self.callback_errors_1h += i64::from(at > now - HOUR);
            self.newest_callback_error = self.newest_callback_error.max(Some(at));
        }
    }

    /// Sign-ups of the last 24 h and of the last 48 h, at least. One sign-up may be an entry of
    /// each kind, so the kinds are not added up.
    pub(super) fn signups(&self) -> [i64; 2] {
        [0, 1].map(|span| self.signed_up[span].max(self.hatched[span]))
    }

    /// How old the newest callback error is; not negative.
    pub(super) fn callback_error_age(&self) -> Option<i64> {
        self.newest_callback_error
            .map(|at| (self.coverage.now - at).max(0))
    }

    /// Seconds back to the first registration that the feed shows.
    pub(super) fn registration_age(&self) -> Option<i64> {
        self.first_registration
            .map(|at| (self.coverage.now - at).max(0))
    }
}

impl Sink for Tally {
    fn entry(&mut self, entry: &AuditEntry) {
        self.count(entry);
    }

    fn covers_since(&mut self, since: i64) {
        self.coverage.since = Some(since);
    }
}

/// The newest few entries, whatever the order of the feed.
#[derive(Debug)]
pub(super) struct Newest {
    most: usize,
    kept: Vec<NewestEntry>,
}

#[derive(Debug)]
struct NewestEntry {
    at: i64,
    shown: String,
    callback_error: bool,
}

impl Newest {
    fn of(most: usize) -> Self {
        Self {
            most,
            kept: Vec::with_capacity(most + 1),
        }
    }

    fn offer(&mut self, at: i64, entry: &AuditEntry, callback_error: bool) {
        if self.kept.len() == self.most && self.kept.last().is_some_and(|last| last.at >= at) {
            return;
        }
        let place = self.kept.partition_point(|kept| kept.at >= at);
        self.kept.insert(
            place,
            NewestEntry {
                at,
                shown: entry.kind.clone(),
                callback_error,
            },
        );
        self.kept.truncate(self.most);
    }

    /// How old the newest is; not negative, though clocks differ.
    pub(super) fn newest_age(&self, now: i64) -> Option<i64> {
        self.kept.first().map(|newest| (now - newest.at).max(0))
    }

    pub(super) fn callback_errors(&self) -> i64 {
        self.kept.iter().filter(|kept| kept.callback_error).count() as i64
    }

    /// How old the newest callback error among them is; not negative.
    pub(super) fn callback_error_age(&self, now: i64) -> Option<i64> {
        let newest = self.kept.iter().find(|kept| kept.callback_error)?;
        Some((now - newest.at).max(0))
    }

    /// `TIME TYPE` of each, newest first. Details are left out: they carry other people's ids.
    pub(super) fn lines(&self) -> Vec<Untrusted> {
        self.kept
            .iter()
            .map(|kept| Untrusted::new(format!("{} {}", fact::instant(kept.at), kept.shown)))
            .collect()
    }
}
