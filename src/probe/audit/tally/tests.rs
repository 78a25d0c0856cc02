//! What a feed amounts to, whole, torn and in any order.

use super::super::feed::FeedReader;
use super::*;
use crate::observation::{Unavailable, UnavailableReason};
use reqwest::header::HeaderMap;

const NOW: i64 = 1_774_137_600;

fn of(body: &str) -> (Tally, Result<(), Unavailable>) {
    in_chunks(body, body.len().max(1))
}

fn in_chunks(body: &str, size: usize) -> (Tally, Result<(), Unavailable>) {
    let now = OffsetDateTime::from_unix_timestamp(NOW).expect("an instant");
    let mut feed = FeedReader::new(Tally::new(now));
    let pushed = body.as_bytes().chunks(size).try_for_each(|c| feed.push(c));
    feed.end(pushed, &HeaderMap::new(), NOW)
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
fn a_sign_up_of_two_entries_counts_once() {
    let entry = |kind: &str, ago: i64| {
        let at = NOW - ago;
        format!(r#"{{"event_type":"{kind}","timestamp":{at}}}"#)
    };
    let entries = [
        entry("duckling.registered", 100),
        entry("duck.hatched", 90),
        entry("duck.hatched", DAY - 1),
        entry("duck.hatched", DAY),
        entry("duck.hatched", 2 * DAY),
        entry("agent.registered", 5),
    ];
    let (tally, _) = of(&format!(r#"{{"entries":[{}]}}"#, entries.join(",")));
    assert_eq!(tally.signups(), [2, 3]);
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
fn an_old_entry_without_usable_time_or_type_only_ends_the_reach() {
    let timed = |ago: i64| format!(r#"{{"event_type":"pulse","timestamp":{}}}"#, NOW - ago);
    let untimed = || r#"{"event_type":"pulse"}"#.to_owned();
    let untyped = |ago: i64| format!(r#"{{"timestamp":{}}}"#, NOW - ago);
    let (young, old, older) = (timed(60), timed(DAY), timed(2 * DAY));
    let (young, old, older) = (&young, &old, &older);
    let table = [
        // The newest comes first, as in most feeds, or last.
        ([young, old, &untimed(), older], Some(DAY)),
        ([young, old, older, &untimed()], Some(2 * DAY)),
        ([older, &untimed(), old, young], Some(DAY)),
        ([&untimed(), older, old, young], Some(2 * DAY)),
        ([young, old, &untyped(DAY + 5), older], Some(DAY + 5)),
        // Written late.
        (
            [young, &timed(DAY + 90), &timed(DAY + 50), &untimed()],
            Some(DAY + 10),
        ),
        (
            [&untimed(), &timed(DAY + 50), &timed(DAY + 90), young],
            Some(DAY + 10),
        ),
        (
            [young, &timed(DAY + 90), &timed(DAY + 50), &untimed()],
            Some(DAY + 10),
        ),
        ([young, &timed(DAY + 40), old, &untimed()], None),
        // It may be of this day, or the newest of all.
        ([young, &untimed(), old, older], None),
        ([young, &timed(DAY - 1), &untimed(), older], None),
        ([&untimed(), young, old, older], None),
        ([older, old, young, &untimed()], None),
        ([young, old, &untyped(DAY - 1), older], None),
        // Without an order there are no neighbours, and one entry is no order.
        ([young, older, &untimed(), old], None),
        ([old, &untimed(), &untimed(), &untimed()], None),
    ];
    for (entries, reach) in table {
        let entries = entries.map(String::as_str).join(",");
        let (tally, end) = of(&format!(r#"{{"entries":[{entries}]}}"#));
        assert_eq!(end, Ok(()), "{entries}");
        let is_usable = tally.coverage.unusable().is_none();
        let found = is_usable.then(|| tally.coverage.reach()).flatten();
        assert_eq!(found, reach, "{entries}");
    }
}

#[test]
fn a_feed_reaches_back_no_further_than_it_says_that_it_does() {
    let (old, young) = (timed_at(NOW - 2 * DAY), timed_at(NOW - 60));
    for (says, reach) in [
        ("\"x\":1".to_owned(), 2 * DAY),
        (format!("\"oldest_available\":{}", NOW - 3_600), 3_600),
        ("\"retention_hours\":6".to_owned(), 6 * 3_600),
        // It keeps more than there is.
        ("\"retention_days\":90".to_owned(), 2 * DAY),
    ] {
        let (tally, end) = of(&format!(r#"{{"entries":[{young},{old}],{says}}}"#));
        assert_eq!(
            (end, tally.coverage.reach()),
            (Ok(()), Some(reach)),
            "{says}"
        );
    }
}

fn timed_at(at: i64) -> String {
    format!(r#"{{"event_type":"report.filed","timestamp":{at}}}"#)
}

#[test]
fn a_time_may_be_in_seconds_or_parts_of_one_and_its_zone_without_a_colon() {
    let same = [
        "1774137000",
        "1774137000.25",
        "1774137000250",
        "1774137000250000",
        "1774137000250000000",
        r#""1774137000250""#,
        r#""2026-03-21T23:50:00Z""#,
        r#""2026-03-21T23:50:00.250+0000""#,
        r#""2026-03-22T00:50:00+01:00""#,
    ];
    for time in same {
        let (tally, _) = of(&format!(
            r#"{{"entries":[{{"event_type":"pulse","timestamp":{time}}}]}}"#
        ));
        assert_eq!(tally.coverage.oldest(), Some(1_774_137_000), "{time}");
    }
    for time in [
        r#""2026-03-21T23:50:00""#,
        "177413700",
        r#""soon""#,
        "-1",
        "1e300",
    ] {
        let (tally, _) = of(&format!(
            r#"{{"entries":[{{"event_type":"pulse","timestamp":{time}}}]}}"#
        ));
        assert_eq!(tally.coverage.oldest(), None, "{time}");
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
