//! What only a shared table has: items that expire, pages, and answers that get lost.

use super::{ALIVE, Place, TOTAL, Table, access, ducks, prod, since, snapshot};
use crate::support::{Raw, http};
use duckops::history::{self, Exchanged, HistoryError};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// `at(START)` is on a full day.
const START: i64 = DAY - 1_770_000_000 % DAY;

impl Table {
    fn items(&self) -> Vec<Value> {
        let answer = self
            .emulator
            .dynamodb("Scan", &json!({"TableName": "ducks"}));
        answer["Items"].as_array().expect("items").clone()
    }

    fn put(&self, item: &Value) {
        let input = json!({"TableName": "ducks", "Item": item});
        self.emulator.dynamodb("PutItem", &input);
    }
}

#[test]
fn the_first_reading_of_an_hour_and_of_a_day_is_kept_longest() {
    let table = Table::new();
    let mut history = table.open();
    let seconds = [0, 60, HOUR - 1, HOUR, HOUR + 1, DAY, DAY + 5, 3 * DAY - 1];
    for (i, second) in seconds.into_iter().enumerate() {
        let snapshot = snapshot(i as u128 + 1, START + second, 1);
        history.record(&snapshot).expect("recorded");
        history.record(&snapshot).expect("recorded");
    }
    // Late, and first of an hour without other runs.
    let late = snapshot(99, START + 5 * HOUR, 1);
    history.record_late(&late).expect("recorded");
    let mut lives = BTreeMap::new();
    for item in table.items() {
        let Some(sort) = item["sk"]["S"]
            .as_str()
            .expect("a key")
            .strip_prefix("snap#")
        else {
            assert!(item["expires"].is_null(), "{item:#}");
            continue;
        };
        let seconds = sort[..10].parse::<i64>().expect("a time");
        let expires = item["expires"]["N"].as_str();
        let days = expires.map(|at| (at.parse::<i64>().expect("a time") - seconds) / DAY);
        lives.insert(seconds - 1_770_000_000 - START, days);
    }
    let due = [
        (0, None),
        (60, Some(7)),
        (HOUR - 1, Some(7)),
        (HOUR, Some(90)),
        (HOUR + 1, Some(7)),
        (5 * HOUR, Some(90)),
        (DAY, None),
        (DAY + 5, Some(7)),
        (3 * DAY - 1, None),
    ];
    assert_eq!(lives, BTreeMap::from(due));
}

#[test]
fn readings_of_all_hosts_are_ordered_by_time() {
    let table = Table::new();
    for (number, second) in [(1, 0), (2, 5_000), (3, 1_000)] {
        table
            .open()
            .record(&snapshot(number, second, 5))
            .expect("recorded");
    }
    let mut same = snapshot(9, 1_000, 6);
    same.id = ulid::Ulid::from(8);
    table.open().record(&same).expect("recorded");
    let seen = since(&*table.open(), 500);
    assert_eq!(seen, [(0, 5), (1_000, 5), (1_000, 6), (5_000, 5)]);
}

#[test]
fn paged_history_is_read_once_for_all_windows() {
    let table = Table::new();
    let mut history = table.open();
    // A megabyte is a page: few snapshots, made large.
    let long = "x".repeat(900);
    for i in 0..12 {
        let mut snapshot = snapshot(i as u128 + 1, i * 60, i);
        let rest = (0..200).map(|n| (format!("{long}.{n}"), n));
        snapshot.numbers.extend(rest);
        history.record(&snapshot).expect("recorded");
    }
    let asked = |wanted: &str| {
        let log = table.emulator.log();
        log.matches(wanted).count()
    };
    let before = asked("POST / HTTP");
    let history = table.open();
    let whole: Vec<_> = (0..12).map(|i| (i * 60, i)).collect();
    assert_eq!(since(&*history, 0), whole);
    let pages = asked("POST / HTTP") - before;
    assert!(pages >= 4, "{pages} requests: table, index, and pages");
    for second in [0, 300, 600] {
        assert_eq!(since(&*history, second).last(), Some(&(11 * 60, 11)));
    }
    let last = history.last_positive(&prod(), ALIVE, super::at(0), super::at(9_999));
    assert_eq!(last, Ok(Some(super::at(11 * 60))));
    assert_eq!(
        asked("POST / HTTP") - before,
        pages,
        "nothing is read twice"
    );
}

#[test]
fn foreign_items_in_the_table_are_damage() {
    let table = Table::new();
    table.open().record(&snapshot(1, 0, 5)).expect("recorded");
    let pk = json!({"S": prod().0});
    let sort = |ms: &str| json!({"S": format!("snap#{ms}#0000000000000000000000000A")});
    let numbers = json!({"M": {TOTAL: {"N": "7"}}});
    for (sort, numbers) in [
        (sort("1770000000500"), json!({"M": {TOTAL: {"S": "7"}}})),
        (sort("1770000000500"), json!({"M": {TOTAL: {"N": "7.5"}}})),
        (sort("1770000000500"), json!({"L": []})),
        (sort("17700000005"), numbers.clone()),
        (json!({"S": "snap#1770000000500#duck"}), numbers),
    ] {
        let item = json!({"pk": pk, "sk": sort, "numbers": numbers, "late": {"BOOL": false}});
        table.put(&item);
        let read = table.open().samples(&prod(), TOTAL, super::at(0));
        assert!(
            matches!(read, Err(HistoryError::Unreadable { .. })),
            "{item:#}: {read:?}"
        );
        let read = table.open().summaries(&prod(), super::at(0));
        assert!(read.is_err(), "{item:#}: {read:?}");
        let key = json!({"TableName": "ducks", "Key": {"pk": pk, "sk": sort}});
        table.emulator.dynamodb("DeleteItem", &key);
    }
    assert_eq!(since(&*table.open(), 0), [(0, 5)]);
    for name in ["ledger", "facts"] {
        table.put(
            &json!({"pk": pk, "sk": {"S": name}, "revision": {"N": "-1"}, "document": {"S": "{"}}),
        );
    }
    let ledger = table.open().ledger(&prod());
    assert!(
        matches!(ledger, Err(HistoryError::Unreadable { .. })),
        "{ledger:?}"
    );
    let facts = table.open().facts(&prod());
    assert!(
        matches!(facts, Err(HistoryError::Unreadable { .. })),
        "{facts:?}"
    );
}

/// Before the emulator, and loses the first answer to a conditional write.
#[test]
fn a_write_with_a_lost_answer_is_recognized_as_our_own() {
    let table = Table::new();
    let url = table.emulator.url();
    let lost = std::sync::Arc::new(AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&lost);
    let raw = Raw::with(move |body| {
        let input: Value = serde_json::from_str(body).expect("JSON");
        let writes = input["Item"]["sk"]["S"] == "ledger";
        let operation = match &input {
            _ if input["Item"].is_object() => "PutItem",
            _ if input["KeyConditionExpression"].is_string() => "Query",
            _ => "DescribeTable",
        };
        let answer = forward(&url, operation, body);
        if writes && counted.fetch_add(1, Ordering::SeqCst) == 0 {
            return Vec::new();
        }
        answer
    });
    let access = access(&table.runtime, &raw.url(), table.keep);
    let mut history = history::share(&ducks(), access, Duration::from_secs(20));
    let done = history.exchange(&prod(), 0, "mine", None);
    assert_eq!(done, Ok(Exchanged::Done));
    assert!(lost.load(Ordering::SeqCst) > 1, "it was sent again");
    let other = table.open().exchange(&prod(), 0, "mine", None);
    assert_eq!(other, Ok(Exchanged::Lost));
}

/// One request to the emulator, with its answer as it came, errors included.
fn forward(url: &str, operation: &str, body: &str) -> Vec<u8> {
    use std::io::{Read, Write};
    let address = url.strip_prefix("http://").expect("an address");
    let mut stream = std::net::TcpStream::connect(address).expect("the emulator");
    let request = format!(
        "POST / HTTP/1.0\r\nhost: {address}\r\ncontent-type: application/x-amz-json-1.0\r\n\
         x-amz-target: DynamoDB_20120810.{operation}\r\n\
         authorization: AWS4-HMAC-SHA256 Credential=practice/20260322/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let end = answer
        .windows(4)
        .position(|part| part == b"\r\n\r\n")
        .expect("headers");
    let status = String::from_utf8_lossy(&answer[9..12]).into_owned();
    let headers = [("content-type", "application/x-amz-json-1.0")];
    http(&format!("{status} said"), &headers, &answer[end + 4..])
}
