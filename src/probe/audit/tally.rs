//! Counts entries by meaning, in windows that end now on the server's clock.

use super::coverage::Coverage;
use super::entry::AuditEntry;
use super::feed::Sink;
use crate::fact;
use crate::probe::meaning::{Meanings, mentions_callback_error};
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
    pub(super) pulse_count: i64,
    pub(super) pulses_24h: i64,
    pub(super) certs: Newest,
    pub(super) certs_issued_24h: i64,
    pub(super) certs_issued_48h: i64,
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
            pulse_count: 0,
            pulses_24h: 0,
            certs: Newest::of(3),
            certs_issued_24h: 0,
            certs_issued_48h: 0,
            meanings: Meanings::default(),
            first_registration: None,
        }
    }

    fn count(&mut self, entry: &AuditEntry) {
        let Some(at) = self.coverage.place(entry) else {
            return;
        };
        let now = self.coverage.now;
        let meaning = self.meanings.of(&entry.kind);
        if meaning.pulse {
            self.pulses.offer(at, entry);
            self.pulse_count += 1;
            self.pulses_24h += i64::from(at > now - DAY);
        }
        if meaning.cert {
            self.certs.offer(at, entry);
        }
        if meaning.cert_issued {
            self.certs_issued_24h += i64::from(at > now - DAY);
            self.certs_issued_48h += i64::from(at > now - 2 * DAY);
        }
        if meaning.registration {
            self.first_registration = Some(self.first_registration.map_or(at, |t| t.min(at)));
        }
        if meaning.peck || meaning.callback_error {
            self.pecks.offer(at, entry);
        }
        if meaning.callback_error {
            self.callback_errors_24h += i64::from(at > now - DAY);
            self.callback_errors_1h += i64::from(at > now - HOUR);
        }
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

    fn offer(&mut self, at: i64, entry: &AuditEntry) {
        if self.kept.len() == self.most && self.kept.last().is_some_and(|last| last.at >= at) {
            return;
        }
        let place = self.kept.partition_point(|kept| kept.at >= at);
        let callback_error =
            mentions_callback_error(&entry.kind) || mentions_callback_error(&entry.detail);
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

    /// `TIME TYPE` of each, newest first. Details are left out: they carry other people's ids.
    pub(super) fn lines(&self) -> Vec<Untrusted> {
        self.kept
            .iter()
            .map(|kept| Untrusted::new(format!("{} {}", fact::instant(kept.at), kept.shown)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::feed::FeedReader;
    use super::*;
    use crate::observation::{Unavailable, UnavailableReason};

    const NOW: i64 = 1_774_137_600;

    fn of(body: &str) -> (Tally, Result<(), Unavailable>) {
        in_chunks(body, body.len().max(1))
    }

    fn in_chunks(body: &str, size: usize) -> (Tally, Result<(), Unavailable>) {
        let now = OffsetDateTime::from_unix_timestamp(NOW).expect("an instant");
        let mut feed = FeedReader::new(Tally::new(now));
        let pushed = body.as_bytes().chunks(size).try_for_each(|c| feed.push(c));
        feed.end(pushed)
    }

    #[test]
    fn chunk_boundaries_do_not_matter() {
        let body = format!(
            r#" {{ "count" : 3, "meta":{{"entries":[1,"]"]}}, "entries" : [ {{"event_type":"pulse","timestamp":{NOW},"detail":"a \" ]}}, é \\"}} , 7,"x,]", null ,[{{"a":[]}}], {{"event_type":"peck","timestamp":{}}} ] , "next":null }} "#,
            NOW - 5
        );
        let (whole, end) = of(&body);
        assert_eq!((end, whole.coverage.entries), (Ok(()), 6));
        for size in 1..body.len() {
            let (cut, end) = in_chunks(&body, size);
            assert_eq!(end, Ok(()), "chunks of {size}");
            assert_eq!(format!("{cut:?}"), format!("{whole:?}"), "chunks of {size}");
        }
        for upto in 1..body.trim_end().len() {
            let Some(torn) = body.get(..upto) else {
                continue;
            };
            assert!(in_chunks(torn, 7).1.is_err(), "{torn}");
        }
    }

    #[test]
    fn malformed_lists_are_refused() {
        for body in [
            r#"{"entries":[,]}"#,
            r#"{"entries":[1,]}"#,
            r#"{"entries":[1 2]}"#,
            r#"{"entries":[1}"#,
            r#"{"entries":[{]}]}"#,
            r#"{"entries":[}]}"#,
            r#"{"entries":[tru]}"#,
            r#"{"entries":["a"b]}"#,
            r#"{"entries"[1]}"#,
            r#"{"entries":[1]"entries2":1}"#,
            r#"{"entries":[1]]}"#,
            r#"{"entries":x[1]}"#,
            r#"["entries",[1]]"#,
        ] {
            assert!(of(body).1.is_err(), "{body}");
        }
        // Only the list at the top is the feed; and any other value there may hold anything.
        let inner = r#"{"meta":{"entries":[{"event_type":"pulse"}]},"entries":[]}"#;
        assert_eq!((of(inner).1, of(inner).0.coverage.entries), (Ok(()), 0));
        let twice = format!(
            r#"{{"entries":[{{"type":"callback_error","ts":{NOW}}}],"items":[{{"type":"callback_error","ts":{NOW}}}]}}"#
        );
        assert_eq!(of(&twice).0.callback_errors_24h, 1, "no entry counts twice");
        let value = r#"{"key":"entries","entries":[]}"#;
        assert_eq!(of(value).1, Ok(()));
    }

    #[test]
    fn windows_are_half_open_to_the_second() {
        let entries: Vec<_> = [DAY + 1, DAY, DAY - 1, HOUR, HOUR - 1, 0]
            .iter()
            .map(|ago| {
                format!(
                    r#"{{"event_type":"callback_error","timestamp":{}}}"#,
                    NOW - ago
                )
            })
            .collect();
        let (tally, end) = of(&format!(r#"{{"entries":[{}]}}"#, entries.join(",")));
        assert_eq!(end, Ok(()));
        assert_eq!(
            (tally.callback_errors_24h, tally.callback_errors_1h),
            (4, 2)
        );
    }

    #[test]
    fn the_newest_entries_are_found_in_any_order() {
        let (tally, _) = of(&format!(
            r#"{{"items":[{{"type":"pulse","ts":{}}},{{"type":"pulse","ts":{}}},{{"type":"duck.pulse","ts":{}}}]}}"#,
            NOW - 500,
            NOW - 90,
            NOW - 700
        ));
        assert_eq!(
            (tally.pulses.newest_age(NOW), tally.coverage.reach()),
            (Some(90), Some(700))
        );
    }

    #[test]
    fn certificates_count_when_they_were_issued_and_only_then() {
        let kinds = [
            ("duck.cert_issued", 1),
            ("cert.issued", 1),
            ("CERT-ISSUED", 1),
            ("cert.verified", 0),
            ("cert_issue_failed", 0),
            ("cert.not_issued", 0),
            ("duck.issued", 0),
        ];
        for (kind, issued) in kinds {
            let at = NOW - DAY;
            let (tally, _) = of(&format!(
                r#"{{"entries":[{{"event_type":"{kind}","timestamp":{at}}},{{"event_type":"{kind}","timestamp":{}}}]}}"#,
                at + 1
            ));
            assert_eq!(
                (tally.certs_issued_24h, tally.certs_issued_48h),
                (issued, 2 * issued),
                "{kind}"
            );
            let age = kind.to_lowercase().contains("cert").then_some(DAY - 1);
            assert_eq!(tally.certs.newest_age(NOW), age, "{kind}");
        }
    }

    #[test]
    fn pulses_and_registrations_are_told_apart() {
        let (tally, _) = of(&format!(
            r#"{{"entries":[{{"type":"duck.pulse","ts":{}}},{{"type":"pulse","ts":{}}},{{"type":"agent.registered","ts":{}}},{{"type":"duck.bonded","ts":{}}},{{"type":"duck.unpecked","ts":{}}}]}}"#,
            NOW - DAY,
            NOW - DAY + 1,
            NOW - 500,
            NOW - 700,
            NOW - 900
        ));
        assert_eq!((tally.pulse_count, tally.pulses_24h), (2, 1));
        assert_eq!(tally.registration_age(), Some(700));
    }

    #[test]
    fn entries_without_usable_time_or_type_are_counted_and_reported() {
        for odd in [
            r#"{"event_type":"pulse"}"#,
            r#"{"timestamp":1774137000}"#,
            "7",
            "null",
            "[[[]]]",
            r#"{"event_type":"pulse","timestamp":1774137901}"#,
        ] {
            let (tally, end) = of(&format!(r#"{{"entries":[{odd}]}}"#));
            assert_eq!(end, Ok(()), "{odd}");
            assert!(tally.coverage.unusable().is_some(), "{odd}");
        }
    }

    #[test]
    fn incomplete_feeds_are_reported_with_their_reason() {
        let table = [
            ("", UnavailableReason::Broken),
            ("{\"entries\":[", UnavailableReason::Broken),
            ("{}", UnavailableReason::Missing),
            ("[]", UnavailableReason::NotJson),
            ("{\"entries\":null}", UnavailableReason::Mistyped),
            (
                "{\"entries\":[],\"items\":[]}",
                UnavailableReason::Contradictory,
            ),
            ("{\"error\":\"no\"}", UnavailableReason::NotJson),
            ("{\"entries\":[]} x", UnavailableReason::NotJson),
            ("<html>", UnavailableReason::NotJson),
        ];
        for (body, why) in table {
            assert_eq!(of(body).1.expect_err(body).why, why, "{body}");
        }
    }

    #[test]
    fn a_feed_that_has_more_proves_what_it_shows_and_no_absence() {
        for more in [
            r#""has_more":true"#,
            r#""next_token":"t""#,
            r#""nextToken":"t""#,
            r#""LastEvaluatedKey":{"pk":"a"}"#,
            r#""next":"/beak/audit?page=2""#,
        ] {
            let body = format!(r#"{{"entries":[{{"type":"callback_error","ts":{NOW}}}],{more}}}"#);
            let (tally, end) = of(&body);
            assert_eq!(tally.callback_errors_24h, 1, "{more}");
            assert_eq!(
                end.expect_err(more).why,
                UnavailableReason::Incomplete,
                "{more}"
            );
        }
        for whole in [
            r#""has_more":false"#,
            r#""next_token":null"#,
            r#""nextToken":"""#,
            r#""LastEvaluatedKey":null"#,
            r#""error":null"#,
        ] {
            assert_eq!(
                of(&format!(r#"{{"entries":[],{whole}}}"#)).1,
                Ok(()),
                "{whole}"
            );
        }
    }

    #[test]
    fn an_endless_entry_is_refused() {
        let endless = format!(
            r#"{{"entries":[{{"detail":"{}"#,
            "x".repeat(3 * 1024 * 1024)
        );
        assert_eq!(
            of(&endless).1.expect_err("too large").why,
            UnavailableReason::TooLarge
        );
    }
}
