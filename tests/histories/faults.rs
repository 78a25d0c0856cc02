//! A table that is missing, denied, throttled, silent, torn or foreign costs the
//! history of a run, and neither its verdict nor its deadline; and it proves nothing.

use super::{ACCOUNT, access, ducks, prod};
use crate::support::{Duckops, Raw, Stage, front, http, verdicts, world};
use duckops::history::{self, HistoryError};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// What a table in trouble answers, by the request.
type Due = fn(Request) -> Vec<u8>;

#[derive(Clone, Copy, PartialEq)]
enum Request {
    DescribeTable,
    /// Of one document.
    QueryOne,
    /// Of snapshots: the first page, or one after it.
    Query {
        first: bool,
    },
    PutItem,
}

impl Request {
    fn of(body: &str) -> Self {
        let body: Value = serde_json::from_str(body).expect("a request in JSON");
        match (&body["Item"], body["KeyConditionExpression"].as_str()) {
            (Value::Object(_), _) => Request::PutItem,
            (_, Some("pk = :pk AND sk = :a")) => Request::QueryOne,
            (_, Some(_)) => Request::Query {
                first: body["ExclusiveStartKey"].is_null(),
            },
            _ => Request::DescribeTable,
        }
    }
}

fn said(answer: &Value) -> Vec<u8> {
    let headers = [("content-type", "application/x-amz-json-1.0")];
    http("200 OK", &headers, answer.to_string().as_bytes())
}

fn error(code: &str) -> Vec<u8> {
    let body = json!({
        "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"),
        "message": "said so \u{1b}[2J\nOK",
    });
    let headers = [("content-type", "application/x-amz-json-1.0")];
    http("400 Bad Request", &headers, body.to_string().as_bytes())
}

/// All in order: there is a table, one fact was recorded once, and everything can be written.
fn well(request: Request) -> Vec<u8> {
    described(request, ACCOUNT, "us-east-1")
}

fn described(request: Request, account: &str, region: &str) -> Vec<u8> {
    match request {
        Request::DescribeTable => said(&json!({"Table": {
            "TableName": "ducks",
            "TableStatus": "ACTIVE",
            "TableArn": format!("arn:aws:dynamodb:{region}:{account}:table/ducks"),
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"}],
        }})),
        Request::QueryOne => {
            let seen = json!({"first": 1, "positive": 1});
            let index = json!({"peck.callback_errors": seen, "status.agents.alive": seen});
            indexed(&index.to_string())
        }
        Request::Query { .. } => said(&json!({"Items": [], "Count": 0, "ScannedCount": 0})),
        Request::PutItem => said(&json!({})),
    }
}

/// The index of facts, or another document.
fn indexed(document: &str) -> Vec<u8> {
    said(&json!({"Items": [{
        "pk": {"S": "x"}, "sk": {"S": "facts"},
        "revision": {"N": "1"}, "writer": {"S": "w"},
        "document": {"S": document},
    }], "Count": 1, "ScannedCount": 1}))
}

fn torn(whole: &[u8]) -> Vec<u8> {
    whole[..whole.len() - 9].to_vec()
}

/// One snapshot, and a key that says that there are more.
fn a_first_page() -> Vec<u8> {
    let sort = "snap#1774149000000#0000000000000000000000000A";
    page(sort, "peck.callback_errors")
}

fn page(sort: &str, fact: &str) -> Vec<u8> {
    let key = json!({"pk": {"S": "x"}, "sk": {"S": sort}});
    let mut item = key.clone();
    item["numbers"] = json!({"M": {fact: {"N": "7"}}});
    item["late"] = json!({"BOOL": false});
    said(&json!({"Items": [item], "Count": 1, "ScannedCount": 1, "LastEvaluatedKey": key}))
}

/// Ways to fail while the past is read, and a word of what is said of each.
const READING: [(&str, Due, &str); 14] = [
    (
        "no table",
        |_| error("ResourceNotFoundException"),
        "duckops history init",
    ),
    (
        "denied at once",
        |_| error("AccessDeniedException"),
        "dynamodb:DescribeTable is denied",
    ),
    (
        "denied to read",
        |request| match request {
            Request::DescribeTable => well(request),
            _ => error("AccessDeniedException"),
        },
        "dynamodb:Query is denied",
    ),
    (
        "throttled for ever",
        |request| match request {
            Request::DescribeTable => well(request),
            _ => error("ThrottlingException"),
        },
        "throttled",
    ),
    (
        "no throughput for ever",
        |request| match request {
            Request::DescribeTable => well(request),
            _ => error("ProvisionedThroughputExceededException"),
        },
        "throttled",
    ),
    (
        "credentials refused",
        |_| error("UnrecognizedClientException"),
        "does not accept the credentials",
    ),
    (
        "silent",
        |_| {
            std::thread::sleep(Duration::from_secs(60));
            Vec::new()
        },
        "nothing came within",
    ),
    (
        "an error page",
        |_| http("503 Service Unavailable", &[], b"<html>\x1b[2J"),
        "did not answer",
    ),
    (
        "another account",
        |request| described(request, "999999999999", "us-east-1"),
        "is not the stack's",
    ),
    (
        "another region",
        |request| described(request, ACCOUNT, "eu-west-1"),
        "is not the stack's",
    ),
    (
        "half a page",
        |request| match request {
            Request::Query { .. } => torn(&well(request)),
            _ => well(request),
        },
        "did not answer",
    ),
    (
        "a page without a list",
        |request| match request {
            Request::Query { .. } => said(&json!({})),
            _ => well(request),
        },
        "not whole",
    ),
    (
        "fewer items than are counted",
        |request| match request {
            Request::QueryOne => said(&json!({"Items": [], "Count": 1, "ScannedCount": 1})),
            _ => well(request),
        },
        "not whole",
    ),
    (
        "half of the second page",
        |request| match request {
            Request::Query { first: true } => a_first_page(),
            Request::Query { first: false } => torn(&well(request)),
            _ => well(request),
        },
        "did not answer",
    ),
];

/// The binary with its history in a table at this address.
fn duckops(stage: &Stage, url: &str, arguments: &[&str]) -> Duckops {
    let arguments: Vec<_> = arguments
        .iter()
        .copied()
        .chain(["--deadline", "10s"])
        .collect();
    stage
        .once(&arguments)
        .env("DUCKOPS_HISTORY", "dynamodb:ducks")
        .env("AWS_ENDPOINT_URL_DYNAMODB", url)
}

/// The lines about history in a document; the override of the endpoint is none of them.
fn complaints(document: &Value) -> Vec<String> {
    let notes = document["notes"].as_array().expect("notes");
    let notes = notes.iter().map(|note| note.as_str().expect("a text"));
    let about = ["history", "recorded", "compared", "dynamodb:"];
    notes
        .filter(|note| !note.starts_with("endpoint "))
        .filter(|note| about.iter().any(|word| note.contains(word)))
        .map(str::to_owned)
        .collect()
}

#[test]
fn an_unreadable_history_gives_its_verdict_within_the_deadline() {
    let mut told = 0;
    for scene in ["healthy", "inc-004"] {
        let stage = Stage::of(world(scene));
        let broken = stage.home().join("broken.db");
        std::fs::write(
            &broken,
            b"no database at all, but long enough to be looked at",
        )
        .expect("written");
        let broken = format!("sqlite:{}", broken.display());
        let (code, due) = stage.once(&["triage", "--history", &broken]).json();
        let gone = TcpListener::bind("127.0.0.1:0").expect("a port");
        let gone = format!("http://{}", gone.local_addr().expect("an address"));
        let listening = READING.map(|(way, answers, word)| {
            let raw = Raw::with(move |body| answers(Request::of(body)));
            (way, raw.url(), word)
        });
        let refusing = ("refused", gone, "did not answer");
        for (way, url, word) in listening.into_iter().chain([refusing]) {
            let began = Instant::now();
            let (seen, document) = duckops(&stage, &url, &["triage"]).json();
            let took = began.elapsed();
            assert!(took < Duration::from_secs(10), "{scene}, {way}: {took:?}");
            assert_eq!(seen, code, "{scene}, {way}: {document:#}");
            assert_eq!(verdicts(&document), verdicts(&due), "{scene}, {way}");
            let complaints = complaints(&document);
            assert_eq!(complaints.len(), 1, "{scene}, {way}: {complaints:#?}");
            assert!(
                complaints[0].contains(word),
                "{scene}, {way}: {complaints:#?}"
            );
            assert!(!complaints[0].contains(['\n', '\u{1b}']), "{complaints:?}");
            told += 1;
        }
    }
    println!("{told} runs with a table in trouble: verdict, exit code and deadline kept");
}

#[test]
fn an_unrecorded_snapshot_is_reported_once_and_queued() {
    for answers in [
        (|request| match request {
            Request::PutItem => error("AccessDeniedException"),
            _ => well(request),
        }) as Due,
        |request| match request {
            Request::PutItem => error("ThrottlingException"),
            _ => well(request),
        },
        |request| match request {
            Request::PutItem => torn(&said(&json!({}))),
            _ => well(request),
        },
        |request| match request {
            Request::PutItem => {
                std::thread::sleep(Duration::from_secs(60));
                Vec::new()
            }
            _ => well(request),
        },
    ] {
        for command in ["triage", "check"] {
            let stage = Stage::of(world("inc-005"));
            let (code, due) = stage.once(&[command, "inc-005"]).json();
            let raw = Raw::with(move |body| answers(Request::of(body)));
            let state = stage.home().join("waiting");
            let run = duckops(&stage, &raw.url(), &[command, "inc-005"]);
            let began = Instant::now();
            let (seen, document) = run.env("DUCKOPS_STATE_DIR", &state).json();
            let took = began.elapsed();
            assert!(took < Duration::from_secs(10), "{took:?}");
            assert_eq!((seen, verdicts(&document)), (code, verdicts(&due)));
            let complaints = complaints(&document);
            assert_eq!(complaints.len(), 1, "{complaints:#?}");
            assert!(
                complaints[0].contains("queued for the next run"),
                "{complaints:#?}"
            );
            let waiting = std::fs::read_dir(state.join("pending")).expect("a folder");
            let waiting: Vec<_> = waiting.flatten().map(|entry| entry.path()).collect();
            assert_eq!(waiting.len(), 1);
            // The same table name in another account must not get it.
            let text = std::fs::read_to_string(&waiting[0]).expect("a snapshot");
            let place = "\"place\":\"dynamodb:ducks in 121546003735 us-east-1\"";
            assert!(text.contains(place), "{text}");
        }
    }
}

#[test]
fn a_slow_table_does_not_use_up_the_deadline() {
    const HOUR: i64 = 3_600_000;
    // Which page ends the search for which fact, and how old it is. Every call reads three
    // pages at most, each within its budget of 2 s, and all of them take 10 s.
    let ends = |page: usize| match page {
        0 => ("peck.callback_errors", 25 * HOUR),
        3 => ("status.database.ducklings", 49 * HOUR),
        6 => ("status.database.birth_certificates", 60 * HOUR),
        9 => ("alias.number", 169 * HOUR),
        12 => ("api.good_answers", 180 * HOUR),
        15 => ("status.agents.alive", 190 * HOUR),
        _ => ("of.nobody", (26 + 2 * page as i64) * HOUR),
    };
    let facts: Vec<_> = (0..16).map(|page| ends(page).0).collect();
    let known = |fact: &&str| ((*fact).to_owned(), json!({"first": 1, "positive": 1}));
    let index: serde_json::Map<_, _> = facts.iter().map(known).collect();
    let index = Value::Object(index).to_string();
    let stage = Stage::of(world("inc-005"));
    let asked = std::sync::Arc::new(AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&asked);
    let raw = Raw::with(move |body| {
        std::thread::sleep(Duration::from_millis(560));
        match Request::of(body) {
            Request::Query { .. } => {
                let n = counted.fetch_add(1, Ordering::SeqCst);
                let oldest = (0..=n).map(|page| ends(page).1).max().expect("a page");
                let ms = crate::support::NOW * 1_000 - oldest - n as i64;
                let sort = format!("snap#{ms}#0000000000000000000000000A");
                page(&sort, ends(n).0)
            }
            Request::QueryOne => indexed(&index),
            request => well(request),
        }
    });
    let began = Instant::now();
    let run = stage.once(&["triage", "inc-005", "--deadline", "8s"]);
    let (code, document) = run
        .env("DUCKOPS_HISTORY", "dynamodb:ducks")
        .env("AWS_ENDPOINT_URL_DYNAMODB", raw.url())
        .json();
    let took = began.elapsed();
    assert!(took < Duration::from_millis(9_500), "{took:?}");
    assert_eq!(code, 2, "{document:#}");
    assert_eq!(complaints(&document).len(), 1, "{document:#}");
    println!(
        "a slow table was left after {took:.1?} and {} pages",
        asked.load(Ordering::SeqCst)
    );
}

#[test]
fn an_unresponsive_table_is_asked_once_a_run() {
    let raw = Raw::with(|_| {
        std::thread::sleep(Duration::from_secs(60));
        Vec::new()
    });
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let keep = (time::Duration::days(7), time::Duration::days(90));
    let budget = Duration::from_millis(400);
    let access = access(&runtime, &raw.url(), keep);
    let history = history::share(&ducks(), access, budget);
    let began = Instant::now();
    for _ in 0..20 {
        let read = history.ledger(&prod());
        assert!(
            matches!(read, Err(HistoryError::NoAnswer { .. })),
            "{read:?}"
        );
    }
    let took = began.elapsed();
    assert!(took >= budget && took < budget * 5, "{took:?}");
}

#[test]
fn an_account_that_is_not_the_stacks_is_never_written_to() {
    let stage = Stage::of(world("inc-005"));
    let raw = Raw::with(|body| {
        let request = Request::of(body);
        assert!(request != Request::PutItem, "it was written to");
        described(request, "999999999999", "us-east-1")
    });
    let (code, document) = duckops(&stage, &raw.url(), &["check", "inc-005"]).json();
    assert_eq!(code, 2);
    // What was read beside the description counts for nothing.
    let growth = &document["probes"]["history"];
    assert!(document.to_string().contains("999999999999"), "{growth:#}");
    assert_eq!(
        raw.connections(),
        3,
        "the table, its index, its newest page"
    );
}

/// Nothing is answered until all that one round trip can ask has arrived.
#[test]
fn first_reading_of_a_table_takes_one_round_trip() {
    let arrived = Arc::new((Mutex::new(0), Condvar::new()));
    let held = Arc::clone(&arrived);
    let url = front::before(String::new(), move |request| {
        let (count, all) = &*held;
        let mut count = count.lock().expect("a count");
        *count += 1;
        all.notify_all();
        let limit = Duration::from_secs(20);
        let (_count, waited) = all
            .wait_timeout_while(count, limit, |count| *count < 3)
            .expect("a count");
        let body = String::from_utf8_lossy(&request.body).into_owned();
        match waited.timed_out() {
            true => Some(error("AccessDeniedException")),
            false => Some(well(Request::of(&body))),
        }
    });
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let keep = (time::Duration::days(7), time::Duration::days(90));
    let access = access(&runtime, &url, keep);
    let history = history::share(&ducks(), access, Duration::from_secs(60));
    let read = history.samples(&prod(), "peck.callback_errors", super::at(0));
    assert_eq!(read, Ok(Vec::new()));
    assert_eq!(*arrived.0.lock().expect("a count"), 3);
}
