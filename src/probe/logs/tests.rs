//! Tests of the search against a scripted server on loopback.

use super::*;
use crate::cloud::{Aws, Http};
use crate::stack::{Flags, Settings};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const NOW: i64 = 1_774_149_129;

/// Answers the n-th request on a kind of search with the n-th page, then with the last one.
async fn serve(pages: Vec<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let mut asked = [0_usize; 2];
        while let Ok((stream, _)) = listener.accept().await {
            let (stream, request) = read(stream).await;
            if request.starts_with("GET ") {
                // The function's configuration, which names no group here.
                tokio::spawn(answer(stream, "{}".to_owned()));
                continue;
            }
            if !request.contains("filterPattern") {
                tokio::spawn(answer(stream, page(&["START"], None)));
                continue;
            }
            let search = usize::from(request.contains("MessageRejected"));
            let page = pages.get(asked[search]).or(pages.last()).cloned();
            asked[search] += 1;
            tokio::spawn(answer(stream, page.unwrap_or_default()));
        }
    });
    format!("http://{address}")
}

async fn read(mut stream: TcpStream) -> (TcpStream, String) {
    let mut request = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        let size = stream.read(&mut buffer).await.unwrap_or(0);
        request.extend_from_slice(&buffer[..size]);
        let text = String::from_utf8_lossy(&request).into_owned();
        let length = |head: &str| -> Option<usize> {
            let line = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then_some(value)
            })?;
            line.trim().parse().ok()
        };
        let whole = text
            .split_once("\r\n\r\n")
            .is_some_and(|(head, body)| body.len() >= length(head).unwrap_or(0));
        if whole || size == 0 {
            return (stream, text);
        }
    }
}

/// An empty page is never sent.
async fn answer(mut stream: TcpStream, page: String) {
    if page.is_empty() {
        std::future::pending::<()>().await;
    }
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        page.len()
    );
    let _ = stream.write_all(format!("{head}{page}").as_bytes()).await;
}

fn page(lines: &[&str], next: Option<&str>) -> String {
    let events: Vec<_> = lines
        .iter()
        .map(|line| serde_json::json!({"timestamp": (NOW - 60) * 1_000, "message": line}))
        .collect();
    serde_json::json!({"events": events, "nextToken": next}).to_string()
}

async fn asked(pages: Vec<String>) -> Observation {
    asked_at(&serve(pages).await).await
}

async fn asked_at(url: &str) -> Observation {
    let settings = Settings::resolve(&Flags::default(), &|_| None).expect("settings");
    let stack = settings.stack;
    let http = Http::new(None);
    let began = Instant::now();
    let asking = ProbeContext {
        aws: Aws::practice(&stack, http.clone(), url),
        http,
        stack,
        now: OffsetDateTime::from_unix_timestamp(NOW).expect("an instant"),
        began,
        deadline: began + Duration::from_millis(1_500),
        expected_version: None,
        versions: crate::lambda::version_lookup::VersionContext::default(),
        only: None,
        access: crate::probe::Access::default(),
        configuration: crate::probe::SharedConfiguration::default(),
        feed: crate::probe::SharedFeed::default(),
    };
    observe(&asking).await
}

fn int(observation: &Observation, path: &str) -> Result<i64, UnavailableReason> {
    match observation.outcome(path).map(|fact| fact.value) {
        Ok(FactValue::Int(count)) => Ok(count),
        Ok(other) => panic!("{path} is {other:?}"),
        Err(unavailable) => Err(unavailable.why),
    }
}

fn pages_read(observation: &Observation) -> usize {
    let asked = observation.asked.iter();
    let pages = asked.filter(|asked| asked.question.as_str().starts_with("FilterLogEvents"));
    pages.count()
}

const LINE: &str = "[ERROR] Task timed out";

#[tokio::test]
async fn empty_pages_are_followed_until_no_token_is_left() {
    let mut pages: Vec<_> = (0..20).map(|n| page(&[], Some(&format!("t{n}")))).collect();
    pages.push(page(&[LINE, "not an error"], None));
    let observation = asked(pages).await;
    assert_eq!(int(&observation, "logs.errors_15m"), Ok(1));
    assert_eq!(int(&observation, "logs.timeouts_15m_min"), Ok(1));
    assert_eq!(pages_read(&observation), 2 * 21 + 1);
}

#[tokio::test]
async fn lines_are_matched_again_after_the_server_side_filter() {
    let observation = asked(vec![page(&["START", "all is well"], None)]).await;
    assert_eq!(int(&observation, "logs.errors_15m"), Ok(0));
    assert_eq!(int(&observation, "logs.mail_errors_1h"), Ok(0));
}

#[tokio::test]
async fn a_repeated_page_token_is_incomplete() {
    let observation = asked(vec![page(&[], Some("again"))]).await;
    assert_eq!(
        int(&observation, "logs.errors_15m"),
        Err(UnavailableReason::Incomplete)
    );
    assert_eq!(
        int(&observation, "logs.errors_15m_min"),
        Err(UnavailableReason::Incomplete)
    );
    assert_eq!(pages_read(&observation), 2 * 2 + 1);
}

#[tokio::test]
async fn page_tokens_that_alternate_are_incomplete() {
    let tokens = ["a", "b", "a", "b"];
    let observation = asked(tokens.map(|token| page(&[], Some(token))).to_vec()).await;
    assert_eq!(
        int(&observation, "logs.errors_15m"),
        Err(UnavailableReason::Incomplete)
    );
    assert_eq!(pages_read(&observation), 2 * 3 + 1);
}

#[tokio::test]
async fn counts_before_the_deadline_are_lower_bounds() {
    let pages = vec![page(&[LINE, LINE], Some("t")), String::new()];
    let observation = asked(pages).await;
    assert_eq!(int(&observation, "logs.errors_15m_min"), Ok(2));
    assert_eq!(
        int(&observation, "logs.errors_15m"),
        Err(UnavailableReason::Incomplete)
    );
    assert_eq!(
        int(&observation, "logs.exits_15m_min"),
        Err(UnavailableReason::Incomplete)
    );
    assert_eq!(
        int(&observation, "logs.cert_failures_1h"),
        Err(UnavailableReason::TimedOut)
    );
}

#[tokio::test]
async fn an_answer_without_events_is_unavailable() {
    for body in ["{}", r#"{"events": null}"#, r#"{"nextToken": "t"}"#] {
        let observation = asked(vec![body.to_owned()]).await;
        assert!(int(&observation, "logs.errors_15m").is_err(), "{body}");
        assert!(int(&observation, "logs.errors_15m_min").is_err(), "{body}");
    }
}

#[tokio::test]
async fn a_line_without_time_or_text_leaves_counts_as_lower_bounds() {
    let body = serde_json::json!({"events": [
        {"timestamp": (NOW - 60) * 1_000, "message": LINE},
        {"timestamp": (NOW - 60) * 1_000},
    ]});
    let observation = asked(vec![body.to_string()]).await;
    assert_eq!(int(&observation, "logs.errors_15m_min"), Ok(1));
    assert_eq!(
        int(&observation, "logs.errors_15m"),
        Err(UnavailableReason::Missing)
    );
}

#[tokio::test]
async fn errors_that_are_all_of_one_subject_say_so() {
    let certificate = "[ERROR] birth certificate write failed for duckling 0001";
    let mail = "[ERROR] SES SendEmail failed: MessageRejected";
    let table: [(&[&str], &str); 5] = [
        (&[certificate, certificate], "certificates"),
        (&[mail], "mail"),
        (&[certificate, mail], "other"),
        (&[certificate, LINE], "other"),
        (&["START"], "nothing"),
    ];
    for (lines, about) in table {
        let observation = asked(vec![page(lines, None)]).await;
        let found = observation.outcome("logs.errors_about").expect("known");
        assert_eq!(
            found.value,
            FactValue::Text(Untrusted::new(about)),
            "{lines:?}"
        );
    }
}

/// A function that logs elsewhere than usual, with one fault there and two in the usual group. The
/// configuration comes after `told` ms, and not before the log was asked for; the usual group
/// answers after `usual` ms.
async fn logs_elsewhere(told: u64, usual: u64) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (asked, was_asked) = tokio::sync::watch::channel(false);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (asked, mut was_asked) = (asked.clone(), was_asked.clone());
            tokio::spawn(async move {
                let (stream, request) = read(stream).await;
                match request.starts_with("GET ") {
                    true => drop(was_asked.wait_for(|asked| *asked).await),
                    false => drop(asked.send(true)),
                }
                let (after, body) = if request.starts_with("GET ") {
                    let arn =
                        "arn:aws:lambda:us-east-1:121546003735:function:mission-control-api:prod";
                    let group = serde_json::json!({"LogGroup": "/elsewhere"});
                    let body = serde_json::json!({"FunctionArn": arn, "Version": "61", "LoggingConfig": group});
                    (told, body.to_string())
                } else if request.contains("/elsewhere") {
                    (0, page(&[LINE], None))
                } else {
                    (usual, page(&[LINE, LINE], None))
                };
                tokio::time::sleep(Duration::from_millis(after)).await;
                answer(stream, body).await;
            });
        }
    });
    format!("http://{address}")
}

#[tokio::test]
async fn the_group_that_the_function_names_is_read_whichever_answers_first() {
    for (told, usual) in [(0, 0), (200, 0), (0, 200), (0, 5_000)] {
        let observation = asked_at(&logs_elsewhere(told, usual).await).await;
        assert_eq!(
            int(&observation, "logs.errors_15m"),
            Ok(1),
            "{told} {usual}"
        );
        let group = observation.outcome("logs.group").expect("known").value;
        assert_eq!(group, FactValue::Text(Untrusted::new("/elsewhere")));
    }
}
