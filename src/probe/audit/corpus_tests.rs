//! The corpus of entries: what their own fields say of them.

use super::entry::AuditEntry;
use super::feed::FeedReader;
use super::tally::Tally;
use crate::probe::meaning::Meanings;
use serde::Deserialize;
use serde::de::DeserializeSeed;
use time::OffsetDateTime;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryCase {
    /// What the case shows.
    #[serde(rename = "why")]
    _why: String,
    entry: serde_json::Value,
    pulse: bool,
    cert_issued: bool,
    signed_up: bool,
    callback_error: bool,
    event: Option<String>,
}

#[test]
fn every_entry_of_the_corpus_has_its_meaning() {
    let cases = crate::cloud::corpus_tests::cases::<EntryCase>("entries");
    println!("entry corpus: {} entries", cases.len());
    let (mut meanings, mut read, mut wrong) =
        (Meanings::default(), AuditEntry::default(), Vec::new());
    for (name, case) in cases {
        let text = case.entry.to_string();
        let mut json = serde_json::Deserializer::from_str(&text);
        read.deserialize(&mut json).expect("an entry");
        let found = meanings.of(&read.kind, read.said, &read.detail);
        let event = found.event.map(|event| format!("{event:?}"));
        let found = (
            found.pulse,
            found.cert_issued,
            found.signed_up,
            found.callback_error,
            event,
        );
        let due = (
            case.pulse,
            case.cert_issued,
            case.signed_up,
            case.callback_error,
            case.event,
        );
        if found != due {
            wrong.push(format!("{name}: {found:?}, not {due:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[derive(Deserialize)]
struct EventCase {
    #[serde(rename = "type")]
    kind: String,
    event: Option<String>,
}

/// What one step counts as a callback error, the other names among the newest.
#[test]
fn every_callback_error_is_one_for_all_that_count_them() {
    const NOW: i64 = 1_774_137_600;
    let now = OffsetDateTime::from_unix_timestamp(NOW).expect("an instant");
    let mut wrong = Vec::new();
    for (name, case) in crate::cloud::corpus_tests::cases::<EventCase>("events") {
        let entry = serde_json::json!({"event_type": case.kind, "timestamp": NOW - 300});
        let mut feed = FeedReader::new(Tally::new(now));
        let pushed = feed.push(
            serde_json::json!({"entries": [entry]})
                .to_string()
                .as_bytes(),
        );
        let (tally, end) = feed.end(pushed, &reqwest::header::HeaderMap::new(), NOW);
        let found = (tally.callback_errors_24h, tally.pecks.callback_errors());
        let due = i64::from(case.event.as_deref() == Some("CallbackError"));
        if end.is_err() || found != (due, due) {
            wrong.push(format!("{name}: {found:?}, not {due}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn fields_of_any_depth_and_kind_leave_the_feed_whole() {
    let deep = format!("{}1{}", "[".repeat(400), "]".repeat(400));
    for (error, said) in [
        (deep.as_str(), "failed"),
        ("{}", ""),
        ("18446744073709551615", "failed"),
        ("1e300", "failed"),
        ("\"\\u0000\"", "failed"),
        ("null", ""),
    ] {
        let mut read = AuditEntry::default();
        let text = format!(r#"{{"event_type":"pulse","error":{error}}}"#);
        let mut json = serde_json::Deserializer::from_str(&text);
        read.deserialize(&mut json).expect("an entry");
        assert_eq!((read.kind.as_str(), read.said), ("pulse", said), "{text}");
    }
}
