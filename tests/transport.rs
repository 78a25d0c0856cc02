//! Claim: every failure on the wire is classified, and none of them is ok.
//!
//! Faults that the practice stack cannot play, because they break HTTP itself, come from a listener
//! that writes exact bytes.

use crate::support::{Stage, step, world};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// Answers each connection with `play`, after its request was read, until the test ends.
/// Yields the base URL.
fn listener(play: impl Fn(TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("its address"));
    let play = Arc::new(play);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let play = Arc::clone(&play);
            std::thread::spawn(move || play(stream));
        }
    });
    url
}

/// A listener that reads the request and then writes these bytes.
fn answering(bytes: impl Into<Vec<u8>>) -> String {
    let bytes = bytes.into();
    listener(move |mut stream| {
        let _ = stream.read(&mut [0; 65_536]);
        let _ = stream.write_all(&bytes);
    })
}

/// The probe step of INC-001 and the run's exit code, with the API at `url`, AWS answering.
fn probed(url: &str, deadline: &str) -> (String, String, i32) {
    let stage = Stage::of(world("healthy"));
    let arguments = ["triage", "inc-001", "probe", "--deadline", deadline];
    let (code, document) = stage.duckops(&arguments).env("DUCKOPS_API_URL", url).json();
    let probe = step(&document, "inc-001", "probe");
    let text = |key: &str| probe[key].as_str().unwrap_or_default().to_owned();
    (text("verdict"), text("summary"), code)
}

fn is(url: &str, verdict: &str, words: &str) {
    is_within("7s", url, verdict, words);
}

fn is_within(deadline: &str, url: &str, verdict: &str, words: &str) {
    let (found, summary, code) = probed(url, deadline);
    assert_eq!(found, verdict, "{summary}");
    assert!(
        summary.contains(words),
        "`{words}` is missing in: {summary}"
    );
    assert_eq!(code, if verdict == "critical" { 2 } else { 3 });
}

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

#[test]
fn a_connection_closed_without_an_answer_is_critical() {
    is(&answering(""), "critical", "connection closed");
}

#[test]
fn a_hanging_api_is_critical_after_ten_seconds_and_unknown_before() {
    let url = listener(|mut stream| {
        let _ = stream.read(&mut [0; 65_536]);
        std::thread::sleep(Duration::from_secs(30));
    });
    for (deadline, verdict, words, most) in [
        ("11s", "critical", "no response within", 16),
        ("4s", "unknown", "no response in 4 s", 9),
    ] {
        let began = std::time::Instant::now();
        is_within(deadline, &url, verdict, words);
        assert!(
            began.elapsed() < Duration::from_secs(most),
            "the deadline of {deadline} was not kept"
        );
    }
}

#[test]
fn a_slow_answer_is_a_warning_and_no_failure() {
    let url = listener(|mut stream| {
        let _ = stream.read(&mut [0; 65_536]);
        std::thread::sleep(Duration::from_millis(5_500));
        let body = r#"{"agents":{"alive":1,"dead":0,"total_bonded":1}}"#;
        let _ = write!(stream, "{HEAD}Content-Length: {}\r\n\r\n{body}", body.len());
    });
    let (verdict, summary, _) = probed(&url, "11s");
    assert_eq!(verdict, "warning", "{summary}");
}

#[test]
fn a_truncated_body_proves_nothing() {
    let short = format!("{HEAD}Content-Length: 1000\r\n\r\n{{\"agents\":{{}}");
    is(
        &answering(short),
        "unknown",
        "truncated after 12 of 1000 bytes",
    );
    let no_length = format!("{HEAD}\r\n{{\"agents\":{{\"alive\":1");
    is(&answering(no_length), "unknown", "answered no JSON");
}

#[test]
fn a_slow_body_is_cut_by_the_limit_of_a_try() {
    let url = listener(|mut stream| {
        let _ = stream.read(&mut [0; 65_536]);
        let _ = write!(stream, "{HEAD}Content-Length: 1000\r\n\r\n");
        while stream.write_all(b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(200));
        }
    });
    is(&url, "unknown", "the body was incomplete");
}

#[test]
fn an_endless_body_is_cut_at_the_size_limit() {
    let url = listener(|mut stream| {
        let _ = stream.read(&mut [0; 65_536]);
        let _ = write!(stream, "{HEAD}\r\n");
        while stream.write_all(&[b'['; 65_536]).is_ok() {}
    });
    is(&url, "unknown", "larger than 8 MiB");
}

#[test]
fn excessive_nesting_and_headers_are_refused() {
    let deep = "[".repeat(100_000);
    is(
        &answering(format!("{HEAD}\r\n{deep}")),
        "unknown",
        "answered no JSON",
    );
    let bomb = format!(
        "HTTP/1.1 200 OK\r\nX: {}\r\n\r\n{{}}",
        "a".repeat(2_000_000)
    );
    is(&answering(bomb), "unknown", "headers");
}

#[test]
fn an_unrequested_content_encoding_is_not_decoded() {
    let packed = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}";
    is(&answering(packed), "unknown", "content-encoding");
}

#[test]
fn a_cached_answer_is_not_the_present() {
    let old = format!("{HEAD}Age: 3600\r\nContent-Length: 9\r\n\r\n{{\"a\":\"b\"}}");
    is(&answering(old), "unknown", "cached");
    let body = r#"{"database":{"ducklings":1},"status":"ok","generated_at":1774000000}"#;
    let old = format!("{HEAD}Content-Length: {}\r\n\r\n{body}", body.len());
    is(&answering(old), "unknown", "generated_at");
}

#[test]
fn other_http_statuses_are_not_an_answer() {
    is(
        &answering("HTTP/1.1 204 No Content\r\n\r\n"),
        "unknown",
        "HTTP 204",
    );
    is(
        &answering("HTTP/1.1 206 Partial Content\r\nContent-Length: 2\r\n\r\n{}"),
        "unknown",
        "HTTP 206",
    );
}

#[test]
fn a_redirect_is_critical_and_is_not_followed() {
    let target = listener(|_| panic!("the redirect was followed"));
    let answer = format!("HTTP/1.1 302 Found\r\nLocation: {target}/x\r\nContent-Length: 0\r\n\r\n");
    is(&answering(answer), "critical", "not followed");
}

/// What answers with these stands before the API: where nothing else answers either, this machine is offline.
#[test]
fn a_proxy_or_a_portal_that_wants_a_sign_in_is_the_network() {
    for status in [
        "407 Proxy Authentication Required",
        "511 Network Authentication Required",
    ] {
        let url = answering(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"));
        is(&url, "critical", "wants a sign-in");
        let stage = Stage::of(world("healthy"));
        let call = stage.duckops(&["triage", "--deadline", "7s"]);
        let call = call.env("DUCKOPS_API_URL", &url);
        let (code, document) = call.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9").json();
        assert_eq!(code, 3, "{document}");
        let probe = step(&document, "inc-001", "probe");
        assert_eq!(probe["verdict"], "unknown", "{probe}");
        assert_eq!(probe["reason_code"], "offline", "{probe}");
    }
}

#[test]
fn a_handshake_that_fails_is_unknown_and_no_request_is_sent() {
    let url = answering("HTTP/1.1 400 Bad Request\r\n\r\n").replace("http://", "https://");
    is(
        &url,
        "unknown",
        "TLS failed: the other side does not speak TLS",
    );
}

#[test]
fn an_unresolvable_name_points_to_this_machine() {
    is(
        "http://no-such-name.invalid",
        "critical",
        "could not resolve",
    );
}

/// `triage` sends to `doctor` where no answer came, so `doctor` must not send back.
#[test]
fn doctor_shows_where_a_connection_ends() {
    let stage = Stage::of(world("api-reset"));
    let ran = stage.duckops(&["doctor"]).run();
    let due = format!(
        "curl -sv -m 10 {}/beak/system/status",
        stage.practice.api_url().trim_end_matches('/')
    );
    assert!(
        ran.stdout.lines().any(|line| line.trim() == due),
        "{due}: {ran:?}"
    );
}
