//! Claims: the receiver reports deliveries without their content, keeps its limits, and sends a
//! wrong answer only on request.

use super::{Home, Listening, SECRET};
use duckops::webhook::sign;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

fn address(receiver: &Listening) -> String {
    let rest = receiver.url.strip_prefix("http://").expect("a URL");
    rest.split('/').next().expect("an address").to_owned()
}

/// Sends exact bytes and yields the answer.
fn exchange(receiver: &Listening, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address(receiver)).expect("a connection");
    let limit = Some(Duration::from_secs(20));
    stream.set_read_timeout(limit).expect("a limit");
    // A receiver that has heard enough may close before all is said.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn delivery(headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
        .into_bytes()
}

#[test]
fn a_delivery_is_right_wrong_or_without_a_signature() {
    let home = Home::new();
    let mut receiver = home.listen(&[]);
    let body = r#"{"delivery_id":"d-1\u001b[2J\u202e","beak_key":"bk_live_0123456789"}"#;
    let right = sign(SECRET, body.as_bytes());
    let other = sign("another", body.as_bytes());
    let upper = right.to_uppercase().replace("SHA", "sha");
    for (headers, signed, status) in [
        (format!("x-space-duck-signature: {right}\r\n"), "right", 200),
        (format!("X-SPACE-DUCK-SIGNATURE: {right}\r\n"), "right", 200),
        (String::new(), "missing", 401),
        (format!("x-space-duck-signature: {other}\r\n"), "wrong", 401),
        (format!("x-space-duck-signature: {upper}\r\n"), "wrong", 401),
        (
            format!("x-space-duck-signature: {}\r\n", &right[7..]),
            "wrong",
            401,
        ),
        (
            format!("x-space-duck-signature: {right}\r\nx-space-duck-signature: {right}\r\n"),
            "wrong",
            401,
        ),
    ] {
        let answer = exchange(&receiver, &delivery(&headers, body));
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{headers}: {answer}"
        );
        let told = receiver.told();
        assert_eq!(
            (told["signature"].as_str(), &told["answered"]),
            (Some(signed), &Value::from(status))
        );
        assert_eq!(told["delivery_id"], "d-1\\x1b[2J<U+202E>");
        assert_eq!(told["bytes"], body.len());
        assert!(!told.to_string().contains("bk_live"), "{told}");
    }
    let headers = format!(
        "x-space-duck-signature: {right}\r\nx-space-duck-delivery: h-1\r\nx-space-duck-event: duck.bonded\r\n"
    );
    exchange(&receiver, &delivery(&headers, body));
    let told = receiver.told();
    assert_eq!(
        (&told["delivery_id"], &told["event"]),
        (&"h-1".into(), &"duck.bonded".into())
    );
    let (code, notes) = receiver.end("-INT");
    assert_eq!(code, 130, "{notes}");
    assert!(
        notes.contains("3 right, 4 wrong, 1 missing, 0 unread"),
        "{notes}"
    );
}

#[test]
fn for_people_a_delivery_is_one_line_without_its_body() {
    let home = Home::new();
    let mut receiver = home.listen(&["--output", "table"]);
    let body = r#"{"delivery_id":"d-1\nforged","beak_key":"bk_live_0123456789"}"#;
    let headers = format!(
        "x-space-duck-event: duck.bonded\r\nx-space-duck-signature: {}\r\n",
        sign(SECRET, body.as_bytes())
    );
    exchange(&receiver, &delivery(&headers, body));
    let line = receiver.line();
    for word in [
        "2026-03-22T03:12:09Z",
        "duck.bonded",
        "right",
        "d-1\\nforged",
        "200",
    ] {
        assert!(line.contains(word), "{word}: {line}");
    }
    assert!(!line.contains("bk_live"), "{line}");
}

#[test]
fn the_receiver_listens_on_loopback_only() {
    let home = Home::new();
    let receiver = home.listen(&[]);
    let port = address(&receiver)
        .rsplit(':')
        .next()
        .expect("a port")
        .to_owned();
    assert!(TcpStream::connect(format!("127.0.0.1:{port}")).is_ok());
    // Another address of this machine, which a receiver on every address would answer too.
    assert!(TcpStream::connect(format!("127.0.0.2:{port}")).is_err());
}

#[test]
fn oversized_slow_or_truncated_deliveries_are_refused() {
    let home = Home::new();
    let mut receiver = home.listen(&[]);
    let large = delivery("", &"x".repeat(2 << 20));
    let answer = exchange(&receiver, &large);
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 413"),
        "{answer}"
    );
    let told = receiver.told();
    assert_eq!(
        (&told["signature"], &told["answered"]),
        (&"unread".into(), &413.into())
    );
    let header = format!("POST / HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(1 << 20));
    let answer = exchange(&receiver, header.as_bytes());
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
        "{answer}"
    );
    let mut torn = TcpStream::connect(address(&receiver)).expect("a connection");
    torn.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n12")
        .expect("sent");
    torn.shutdown(Shutdown::Both).expect("torn");
    let began = Instant::now();
    let slow = exchange(
        &receiver,
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n12",
    );
    assert!(slow.starts_with("HTTP/1.1 408"), "{slow}");
    assert!(began.elapsed() < Duration::from_secs(15));
    loop {
        let told = receiver.told();
        assert_eq!(told["signature"], "unread", "{told}");
        if told["answered"] == 408 {
            break;
        }
    }
    // And it is still there.
    let sent = home
        .webhook(&["send", "pulse", "--url", &receiver.url, "--allow-private"])
        .run();
    assert_eq!(sent.code, 0, "{sent:?}");
}

#[test]
fn idle_connections_delay_a_delivery_only_briefly() {
    let home = Home::new();
    let receiver = home.listen(&[]);
    let idle: Vec<_> = (0..80)
        .map(|_| {
            let mut stream = TcpStream::connect(address(&receiver)).expect("a connection");
            stream.write_all(b"POST / HT").expect("sent");
            stream
        })
        .collect();
    let url = receiver.url.clone();
    let began = Instant::now();
    let mut code = 3;
    while code != 0 && began.elapsed() < Duration::from_secs(40) {
        let arguments = ["send", "pulse", "--url", &url, "--allow-private"];
        code = home.webhook(&arguments).run().code;
    }
    assert_eq!(code, 0, "the idle ones kept everybody away");
    drop(idle);
}

#[test]
fn every_failure_mode_of_the_receiver_fails_as_named() {
    let home = Home::new();
    for (mode, code, word) in [
        ("status-500", 1, "HTTP 500"),
        ("status-429", 1, "HTTP 429"),
        ("redirect", 1, "not followed"),
        ("hang", 3, "no answer within"),
        ("slow", 3, "no answer within"),
        ("reset", 3, "may have taken it"),
    ] {
        let mut receiver = home.listen(&["--fail", mode]);
        let sent = home
            .webhook(&[
                "send",
                "pulse",
                "--url",
                &receiver.url,
                "--allow-private",
                "--deadline",
                "2s",
            ])
            .run();
        assert_eq!(sent.code, code, "{mode}: {sent:?}");
        assert!(sent.stdout.contains(word), "{mode}: {sent:?}");
        // What was sent was right all the same.
        assert_eq!(receiver.told()["signature"], "right", "{mode}");
    }
    let none = home
        .webhook(&["listen", "--port", "0", "--fail", "nonsense"])
        .run();
    assert_eq!(none.code, 64, "{none:?}");
    assert!(none.stderr.contains("status-500"), "{none:?}");
}

#[test]
fn a_port_in_use_is_reported() {
    let home = Home::new();
    let receiver = home.listen(&[]);
    let port = address(&receiver)
        .rsplit(':')
        .next()
        .expect("a port")
        .to_owned();
    let second = home.webhook(&["listen", "--port", &port]).run();
    assert_eq!(second.code, 3, "{second:?}");
    assert!(second.stderr.contains("cannot be used"), "{second:?}");
}
