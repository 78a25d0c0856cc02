//! Claims: a receiver that means harm gains nothing: the deadline holds, nothing is followed,
//! and nothing of its answer reaches the terminal as it came.

use super::{Home, counting, says, signal};
use crate::support::Ran;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// A receiver that does this with each connection, after its request began to arrive.
fn receiver(play: impl Fn(TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    let play = Arc::new(play);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let play = Arc::clone(&play);
            std::thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                play(stream);
            });
        }
    });
    format!("http://{address}/hook")
}

/// Writes these bytes, and then these again and again.
fn answering(first: &'static [u8], more: &'static [u8], pause: Duration) -> String {
    receiver(move |mut stream| {
        let _ = stream.write_all(first);
        while !more.is_empty() && stream.write_all(more).is_ok() {
            std::thread::sleep(pause);
        }
    })
}

fn sent(home: &Home, url: &str, deadline: &str) -> Ran {
    let place = ["--url", url, "--allow-private", "--deadline", deadline];
    let arguments: Vec<_> = ["send", "pulse", "--verbose"]
        .iter()
        .chain(&place)
        .copied()
        .collect();
    home.webhook(&arguments).run()
}

#[test]
fn every_receiver_answer_stays_within_the_deadline_and_is_printed_escaped() {
    const NO: Duration = Duration::ZERO;
    const DRIP: Duration = Duration::from_millis(100);
    const OK: &[u8] = b"HTTP/1.1 200 OK\r\n";
    let home = Home::new();
    let hostile: [(&str, String, i32); 10] = [
        (
            "a body without an end",
            answering(b"HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\n", &[b'x'; 4096], NO),
            0,
        ),
        (
            "escapes and a body to be hidden",
            answering(
                b"HTTP/1.1 500 \xe2\x80\xae\r\nx: \xe2\x80\xae\r\ncontent-length: 9\r\n\r\n\x1b[2Jgone!",
                b"",
                NO,
            ),
            1,
        ),
        (
            "control bytes in the head",
            answering(b"HTTP/1.1 500 \x1b[2J\r\nx: \x1b]0;owned\x07\r\n\r\n", b"", NO),
            3,
        ),
        ("no HTTP", answering(b"\x16\x03\x01garbage\r\n\r\n", b"", NO), 3),
        ("a header without an end", answering(b"HTTP/1.1 200 OK\r\nx: ", &[b'x'; 4096], NO), 3),
        ("headers without an end", answering(OK, b"x: y\r\n", NO), 3),
        ("a head that drips", answering(OK, b"x", DRIP), 3),
        ("promises without an end", answering(b"", b"HTTP/1.1 100 Continue\r\n\r\n", DRIP), 3),
        ("nothing", answering(b"", b"", NO), 3),
        ("silence", receiver(|_| std::thread::sleep(Duration::from_secs(30))), 3),
    ];
    for (name, url, code) in hostile {
        let began = Instant::now();
        let ran = sent(&home, &url, "2s");
        assert_eq!(ran.code, code, "{name}: {ran:?}");
        assert!(
            began.elapsed() < Duration::from_secs(8),
            "{name}: the deadline was not kept"
        );
        let text = ran.stdout.clone() + &ran.stderr;
        let raw = ['\x1b', '\u{202e}', '\x07'];
        assert!(
            !text.contains(raw) && !text.contains("gone!"),
            "{name}: {text:?}"
        );
    }
}

#[test]
fn an_answer_is_waited_for_ten_seconds_and_no_longer() {
    let home = Home::new();
    let url = receiver(|_| std::thread::sleep(Duration::from_secs(60)));
    let began = Instant::now();
    let ran = sent(&home, &url, "60s");
    assert_eq!(ran.code, 3, "{ran:?}");
    says(&ran, "no answer within 10 s");
    assert!(began.elapsed() < Duration::from_secs(15));
}

#[test]
fn a_reset_connection_leaves_the_delivery_unclear() {
    let home = Home::new();
    let torn = home.listen(&["--fail", "reset"]);
    let ran = sent(&home, &torn.url, "5s");
    assert_eq!(ran.code, 3, "{ran:?}");
    says(&ran, "may have taken it");
    // Without a listener nothing can have been sent.
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", free.local_addr().expect("its address"));
    drop(free);
    let ran = sent(&home, &url, "5s");
    assert_eq!(ran.code, 1, "{ran:?}");
    says(&ran, "nothing was sent");
}

#[test]
fn no_redirect_is_followed_wherever_it_leads() {
    let home = Home::new();
    let (port, count) = counting();
    let places = [
        "http://169.254.169.254/latest".to_owned(),
        format!("http://127.0.0.1:{port}/"),
    ];
    for place in places {
        for status in [301, 302, 303, 307, 308] {
            let answer = format!(
                "HTTP/1.1 {status} Elsewhere\r\nlocation: {place}\r\ncontent-length: 0\r\n\r\n"
            );
            let url = receiver(move |mut stream| drop(stream.write_all(answer.as_bytes())));
            let ran = sent(&home, &url, "5s");
            assert_eq!(ran.code, 1, "{status}: {ran:?}");
            says(&ran, "not followed");
            assert!(!ran.stdout.contains(&place), "{ran:?}");
        }
    }
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[test]
fn one_delivery_is_one_post_and_is_never_repeated() {
    let home = Home::new();
    let (told, seen) = std::sync::mpsc::channel();
    let told = std::sync::Mutex::new(told);
    let url = receiver(move |stream| {
        let _ = told.lock().expect("a lock").send(());
        drop(stream);
    });
    let ran = sent(&home, &url, "5s");
    assert_eq!(ran.code, 3, "{ran:?}");
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(seen.try_iter().count(), 1);
    // A query may hold a key: it is sent, and not shown.
    let ran = sent(&home, &format!("{url}?key=K3Y"), "5s");
    assert!(
        !(ran.stdout.clone() + &ran.stderr).contains("K3Y"),
        "{ran:?}"
    );
}

#[test]
fn interrupting_a_delivery_reports_that_it_may_have_arrived() {
    let home = Home::new();
    let (told, seen) = std::sync::mpsc::channel();
    let told = std::sync::Mutex::new(told);
    let url = receiver(move |_| {
        let _ = told.lock().expect("a lock").send(());
        std::thread::sleep(Duration::from_secs(30));
    });
    let arguments = ["send", "pulse", "--url", &url, "--allow-private"];
    let mut child = home
        .webhook(&arguments)
        .env("DUCKOPS_OUTPUT", "json")
        .command()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut notes = BufReader::new(child.stderr.take().expect("a pipe"));
    let sent = seen.recv_timeout(Duration::from_secs(20));
    sent.expect("it was sent");
    // The first asks to hurry, the second gives up the truth.
    let mut stderr = String::new();
    signal(&child, "-INT");
    notes.read_line(&mut stderr).expect("a line");
    assert!(stderr.contains("waiting for what came of it"), "{stderr}");
    signal(&child, "-INT");
    notes.read_to_string(&mut stderr).expect("text");
    let output = child.wait_with_output().expect("it ends");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("by the delivery id 0"), "{stderr}");
    assert!(!(stdout + &stderr).contains("nothing was sent"), "{stderr}");
}

#[test]
fn waiting_for_a_body_can_be_interrupted() {
    let home = Home::new();
    let signature = format!("sha256={}", "0".repeat(64));
    // Whether the signals or the command are looked at first is left to chance.
    for _ in 0..4 {
        let mut child = home
            .webhook(&["verify", "-", "--signature", &signature])
            .command()
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs");
        let held = child.stdin.take();
        std::thread::sleep(Duration::from_millis(500));
        signal(&child, "-INT");
        let began = Instant::now();
        let code = loop {
            if let Some(status) = child.try_wait().expect("a status") {
                break status.code().or(status.signal().map(|number| 128 + number));
            }
            if began.elapsed() > Duration::from_secs(10) {
                let _ = child.kill();
                panic!("it went on waiting for its standard input");
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        assert_eq!(code, Some(130));
        drop(held);
    }
}
