//! Claims: deliveries are signed as everybody signs them, go only where they may, and fail
//! with a reason; the secret is nowhere.

mod others;

use crate::support::{Duckops, Ran, validator};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const SECRET: &str = "whsec_0123456789abcdef";

/// A home with the secret in it.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join("secret");
        fs::write(&path, format!("{SECRET}\n")).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("set");
        Self(home)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn webhook(&self, arguments: &[&str]) -> Duckops {
        let all: Vec<_> = ["webhook"]
            .iter()
            .chain(arguments)
            .chain(["--secret-file", "secret"].iter())
            .copied()
            .collect();
        Duckops::new(self.0.path(), &all)
    }

    /// A receiver of ours, until it is dropped.
    fn listen(&self, more: &[&str]) -> Listening {
        let arguments: Vec<_> = ["listen", "--port", "0", "--output", "json"]
            .iter()
            .chain(more)
            .copied()
            .collect();
        let mut child = self
            .webhook(&arguments)
            .command()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut told = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut line = String::new();
        told.read_line(&mut line).expect("where it listens");
        let url = line
            .split_whitespace()
            .find(|word| word.starts_with("http://"));
        let url = url
            .unwrap_or_else(|| panic!("{line}"))
            .trim_end_matches(';')
            .to_owned();
        let lines = BufReader::new(child.stdout.take().expect("a pipe"));
        Listening { child, url, lines }
    }
}

struct Listening {
    child: Child,
    url: String,
    lines: BufReader<std::process::ChildStdout>,
}

impl Listening {
    fn told(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    fn end(mut self, signal: &str) -> i32 {
        let id = self.child.id().to_string();
        Command::new("/bin/kill")
            .args([signal, &id])
            .status()
            .expect("kill runs");
        self.child.wait().expect("it ends").code().expect("a code")
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn says(ran: &Ran, word: &str) {
    assert!(ran.stdout.contains(word), "{word}: {ran:?}");
}

#[test]
fn a_test_delivery_arrives_signed_and_is_told_on_both_sides() {
    let home = Home::new();
    let mut receiver = home.listen(&[]);
    let mut documents = Vec::new();
    for event in ["duck.bonded", "duck.pulse", "duck.unpecked"] {
        let url = receiver.url.clone();
        let (code, sent) = home
            .webhook(&["send", event, "--url", &url, "--allow-private"])
            .json();
        assert_eq!(
            (code, sent["outcome"].as_str()),
            (0, Some("accepted")),
            "{sent:#}"
        );
        let told = receiver.told();
        assert_eq!(told["signature"], "right", "{told:#}");
        assert_eq!(
            (&told["event"], &told["answered"]),
            (&event.into(), &200.into())
        );
        assert_eq!(told["delivery_id"], sent["delivery_id"]);
        assert_eq!(told["path"], "/webhooks/spaceduck");
        assert!(!told.to_string().contains("bk_EXAMPLE"), "{told:#}");
        documents.push(told);
    }
    let schema = duckops::report::schema::v1();
    let schema: Value = serde_json::from_str(schema).expect("JSON");
    for complaints in validator::complaints(&schema, &documents) {
        assert!(complaints.is_empty(), "{complaints:#?}");
    }
    assert_eq!(receiver.end("-TERM"), 0);
}

#[test]
fn a_recorded_body_is_sent_byte_for_byte() {
    let home = Home::new();
    let mut receiver = home.listen(&[]);
    let body = b"{ \"event\": \"duck.pulse\",\r\n \"x\": \"\xff\" }\n";
    fs::write(home.path("body"), body).expect("written");
    let url = receiver.url.clone();
    let sent = home
        .webhook(&[
            "send",
            "pulse",
            "--url",
            &url,
            "--allow-private",
            "--data",
            "body",
        ])
        .run();
    assert_eq!(sent.code, 0, "{sent:?}");
    let told = receiver.told();
    assert_eq!(
        (&told["signature"], &told["bytes"]),
        (&"right".into(), &body.len().into())
    );
}

#[test]
fn every_wrong_answer_has_its_code_and_its_finding() {
    let home = Home::new();
    for (mode, code, outcome, worst) in [
        ("status-500", 1, "not-accepted", 2),
        ("status-401", 1, "not-accepted", 2),
        ("status-404", 1, "not-accepted", 2),
        ("redirect", 1, "not-accepted", 2),
        ("reset", 3, "unclear", 2),
        ("status-204", 0, "accepted", 1),
    ] {
        let mut receiver = home.listen(&["--fail", mode]);
        let url = receiver.url.clone();
        let place = ["--url", &url, "--allow-private"];
        let arguments: Vec<_> = ["send", "pulse"].iter().chain(&place).copied().collect();
        let (sent, document) = home.webhook(&arguments).json();
        assert_eq!(
            (sent, document["outcome"].as_str()),
            (code, Some(outcome)),
            "{mode}: {document:#}"
        );
        assert_eq!(receiver.told()["signature"], "right", "{mode}");
        let arguments: Vec<_> = ["diagnose"].iter().chain(&place).copied().collect();
        // The receiver's clock is this machine's.
        let real = home.webhook(&arguments).without("DUCKOPS_TEST_NOW");
        let (found, document) = real.json();
        assert_eq!(found, worst, "{mode}: {document:#}");
        let ids: Vec<_> = document["checks"]
            .as_array()
            .expect("checks")
            .iter()
            .map(|c| c["check"].as_str().expect("a name"))
            .collect();
        assert_eq!(
            ids,
            [
                "name",
                "reachable",
                "tls",
                "tunnel",
                "signature",
                "clock",
                "answer"
            ]
        );
        let text = document.to_string();
        assert!(
            !text.contains("new peck") && !text.contains("approv"),
            "{mode}: {text}"
        );
    }
    // The receiver that takes anything does not verify, which is a warning; ours does.
    let receiver = home.listen(&[]);
    let (code, document) = home
        .webhook(&["diagnose", "--url", &receiver.url, "--allow-private"])
        .without("DUCKOPS_TEST_NOW")
        .json();
    assert_eq!(code, 0, "{document:#}");
}

#[test]
fn a_receiver_with_another_secret_refuses_and_the_diagnosis_says_so() {
    let home = Home::new();
    let other = Home::new();
    fs::write(other.path("secret"), "another_secret").expect("written");
    let mut receiver = other.listen(&[]);
    let (code, document) = home
        .webhook(&["diagnose", "--url", &receiver.url, "--allow-private"])
        .without("DUCKOPS_TEST_NOW")
        .json();
    assert_eq!(code, 2, "{document:#}");
    let checks = document["checks"].as_array().expect("checks");
    let signature = checks
        .iter()
        .find(|check| check["check"] == "signature")
        .expect("it");
    assert_eq!(signature["verdict"], "critical");
    assert_eq!(receiver.told()["signature"], "wrong");
}

/// A listener that counts who connects.
fn counting() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for _ in listener.incoming().flatten() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (port.to_string(), count)
}

#[test]
fn nothing_goes_where_it_may_not_however_it_is_written() {
    let home = Home::new();
    let (port, count) = counting();
    for host in [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "[::]",
    ] {
        let url = format!("http://{host}:{port}/hook");
        for command in ["send", "diagnose"] {
            let mut arguments = vec![command];
            if command == "send" {
                arguments.push("pulse");
            }
            arguments.extend(["--url", &url]);
            let ran = raw(&home, &arguments);
            assert!(matches!(ran.code, 1 | 3), "{host}: {ran:?}");
            says(&ran, "--allow-private");
        }
    }
    // Never, whatever is allowed.
    for host in [
        "169.254.169.254",
        "0xa9fea9fe",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[::ffff:169.254.169.254]",
    ] {
        let url = format!("http://{host}:{port}/");
        let ran = raw(&home, &["send", "pulse", "--url", &url, "--allow-private"]);
        assert_eq!(ran.code, 1, "{host}: {ran:?}");
        says(&ran, "nothing is ever sent there");
    }
    for url in [
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http://u:p@127.0.0.1/",
        "x",
    ] {
        let ran = raw(&home, &["send", "pulse", "--url", url, "--allow-private"]);
        assert_eq!(ran.code, 64, "{url}: {ran:?}");
    }
    let none = raw(
        &home,
        &[
            "send",
            "pulse",
            "--url",
            "http://no-such-host.invalid/",
            "--allow-private",
        ],
    );
    assert_eq!(none.code, 1, "{none:?}");
    says(&none, "does not resolve");
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(count.load(Ordering::SeqCst), 0, "nobody was connected to");
}

/// Past the guard of the harness, which knows only one way of writing loopback: everything
/// here is refused before a connection, and there is no network to leave by.
fn raw(home: &Home, arguments: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_duckops"))
        .arg("webhook")
        .args(arguments)
        .args(["--secret-file", "secret"])
        .env_clear()
        .current_dir(home.0.path())
        .env("HOME", home.0.path())
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// Answers each connection with these bytes, over and over if they are to be endless.
fn answering(bytes: &'static [u8], endless: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!(
        "http://{}/hook",
        listener.local_addr().expect("its address")
    );
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request);
                let _ = stream.write_all(bytes);
                while endless && stream.write_all(&[b'x'; 4096]).is_ok() {}
            });
        }
    });
    url
}

#[test]
fn a_hostile_receiver_gains_nothing() {
    let home = Home::new();
    let began = Instant::now();
    let hostile: [(&[u8], bool, i32); 6] = [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n", true, 0),
        (b"HTTP/1.1 500 \x1b[2J\xe2\x80\xae\r\nx: \x1b]0;owned\x07\r\ncontent-length: 9\r\n\r\n\x1b[2Jgone!", false, 3),
        (b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/latest\r\ncontent-length: 0\r\n\r\n", false, 1),
        (b"\x16\x03\x01garbage", false, 3),
        (b"HTTP/1.1 200 OK\r\nx: ", true, 3),
        (b"", false, 3),
    ];
    for (bytes, endless, code) in hostile {
        let url = answering(bytes, endless);
        let ran = home
            .webhook(&[
                "send",
                "pulse",
                "--url",
                &url,
                "--allow-private",
                "--verbose",
            ])
            .run();
        let shown = String::from_utf8_lossy(bytes);
        assert_eq!(ran.code, code, "{shown}: {ran:?}");
        let text = ran.stdout.clone() + &ran.stderr;
        assert!(!text.contains(['\x1b', '\u{202e}', '\x07']), "{text:?}");
        assert!(!text.contains("gone!"), "{text}");
    }
    assert!(began.elapsed() < Duration::from_secs(60));
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", silent.local_addr().expect("its address"));
    let ran = home
        .webhook(&["send", "pulse", "--url", &url, "--allow-private"])
        .run();
    assert_eq!(ran.code, 3, "{ran:?}");
    says(&ran, "no answer within 10 s");
}

#[test]
fn a_signature_is_right_or_wrong_and_a_near_miss_is_named() {
    let home = Home::new();
    fs::write(home.path("body"), r#"{"a": 1}"#).expect("written");
    let right = duckops::webhook::sign(SECRET, br#"{"a": 1}"#);
    let verify = |file: &str, signature: &str| {
        home.webhook(&["verify", file, "--signature", signature])
            .run()
    };
    assert_eq!(verify("body", &right).code, 0);
    let wrong = verify("body", &format!("sha256={}", "0".repeat(64)));
    assert_eq!(wrong.code, 2, "{wrong:?}");
    fs::write(home.path("body"), "{\"a\": 1}\n").expect("written");
    let miss = verify("body", &right);
    assert_eq!(miss.code, 2, "{miss:?}");
    says(&miss, "line break");
    for none in ["", "sha256=", "sha1=00", "00"] {
        assert_eq!(verify("body", none).code, 64, "{none}");
    }
    assert_eq!(verify("no-such-file", &right).code, 64);
    let mut child = home
        .webhook(&["verify", "-", "--signature", &right])
        .command()
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("it runs");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(br#"{"a": 1}"#)
        .expect("written");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn a_bundle_sends_itself_and_holds_no_secret() {
    let home = Home::new();
    let mut receiver = home.listen(&[]);
    let url = format!("{}?a=it's", receiver.url);
    let made = home
        .webhook(&["bundle", "duck.bonded", "--url", &url, "--out", "bundle"])
        .run();
    assert_eq!(made.code, 0, "{made:?}");
    let folder = home.path("bundle");
    let sums = Command::new("sha256sum")
        .args(["-c", "SHA256SUMS"])
        .current_dir(&folder)
        .output();
    assert!(sums.expect("sha256sum").status.success());
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("NOT RUN: there is no curl to send the bundle with");
    } else {
        let sent = Command::new("/bin/sh")
            .arg("send.sh")
            .current_dir(&folder)
            .output()
            .expect("a shell");
        assert!(
            String::from_utf8_lossy(&sent.stdout).starts_with("HTTP 200"),
            "{sent:?}"
        );
        assert_eq!(receiver.told()["signature"], "right");
    }
    let again = home
        .webhook(&["bundle", "duck.bonded", "--url", &url, "--out", "bundle"])
        .run();
    assert_eq!(again.code, 64, "it is there already: {again:?}");
    leaks(&folder);
    fs::write(home.path("recorded"), format!("{{\"s\":\"{SECRET}\"}}")).expect("written");
    let refused = home
        .webhook(&[
            "bundle", "pulse", "--url", &url, "--out", "other", "--data", "recorded",
        ])
        .run();
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(!home.path("other").exists());
}

fn leaks(folder: &Path) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let text = fs::read_to_string(entry.path()).expect("text");
        assert!(!text.contains(SECRET), "{:?}", entry.path());
    }
}

#[test]
fn the_secret_is_in_no_stream_and_no_argument() {
    let home = Home::new();
    let receiver = home.listen(&[]);
    let command = fs::read(format!("/proc/{}/cmdline", receiver.child.id())).expect("a process");
    assert!(!String::from_utf8_lossy(&command).contains(SECRET));
    let url = receiver.url.clone();
    let wrong = format!("sha256={}", "0".repeat(64));
    fs::write(home.path("body"), "{}").expect("written");
    for arguments in [
        vec!["send", "pulse", "--url", &url, "--allow-private", "-v"],
        vec!["diagnose", "--url", &url, "--allow-private", "-v"],
        vec!["verify", "body", "--signature", &wrong],
        vec!["bundle", "pulse", "--url", &url, "--out", "bundle"],
        vec!["send", "nonsense", "--url", &url],
    ] {
        let ran = home.webhook(&arguments).env("RUST_LOG", "trace").run();
        assert!(
            !(ran.stdout + &ran.stderr).contains(SECRET),
            "{arguments:?}"
        );
    }
    fs::set_permissions(home.path("secret"), fs::Permissions::from_mode(0o640)).expect("set");
    let open = home
        .webhook(&["verify", "body", "--signature", &wrong])
        .run();
    assert_eq!(open.code, 64, "{open:?}");
    assert!(open.stderr.contains("chmod 600"), "{open:?}");
}
