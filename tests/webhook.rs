//! Claims: deliveries are signed the standard way, go only to permitted targets, and fail with a
//! reason; the secret is in no output.

mod bundle;
mod canary;
mod hostile;
mod listen;
mod others;
mod tls;

use crate::support::{Duckops, Ran, validator};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const SECRET: &str = "whsec_0123456789abcdef";

/// A home with the secret in it.
pub(crate) struct Home(tempfile::TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join("secret");
        fs::write(&path, format!("{SECRET}\n")).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("set");
        Self(home)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn webhook(&self, arguments: &[&str]) -> Duckops {
        let all: Vec<_> = ["webhook"]
            .iter()
            .chain(arguments)
            .chain(["--secret-file", "secret"].iter())
            .copied()
            .collect();
        Duckops::new(self.0.path(), &all)
    }

    /// A receiver of ours, until it is dropped.
    pub(crate) fn listen(&self, more: &[&str]) -> Listening {
        let arguments: Vec<_> = ["listen", "--port", "0"]
            .iter()
            .chain(more)
            .copied()
            .collect();
        let mut child = self
            .webhook(&arguments)
            .env("DUCKOPS_OUTPUT", "json")
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
        Listening {
            child,
            url,
            lines,
            notes: told,
        }
    }
}

pub(crate) struct Listening {
    child: Child,
    pub(crate) url: String,
    lines: BufReader<std::process::ChildStdout>,
    notes: BufReader<std::process::ChildStderr>,
}

impl Listening {
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        line
    }

    fn told(&mut self) -> Value {
        let line = self.line();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Its exit code, and what it said on standard error to the end.
    fn end(mut self, name: &str) -> (i32, String) {
        signal(&self.child, name);
        let mut notes = String::new();
        self.notes.read_to_string(&mut notes).expect("text");
        let code = self.child.wait().expect("it ends").code().expect("a code");
        (code, notes)
    }
}

fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    let sent = Command::new("/bin/kill").args([name, &id]).status();
    assert!(sent.expect("kill runs").success());
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
fn a_test_delivery_arrives_signed_and_both_sides_report_it() {
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
    let (code, notes) = receiver.end("-TERM");
    assert_eq!(code, 143);
    assert!(
        notes.contains("3 right, 0 wrong, 0 missing, 0 unread"),
        "{notes}"
    );
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
        // Something in between answered, and does not know.
        ("status-502", 3, "unclear", 2),
        ("status-504", 3, "unclear", 2),
        ("status-503", 1, "not-accepted", 2),
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
        for page in ["webhook-events.html", "spaceduck-bot-home.html"] {
            assert!(text.contains(page), "{mode}: {text}");
        }
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
fn a_receiver_with_another_secret_is_diagnosed() {
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
fn a_forbidden_address_is_refused_in_every_spelling() {
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

#[test]
fn a_proxy_of_the_environment_is_bypassed_with_a_warning() {
    let home = Home::new();
    let mut receiver = home.listen(&[]);
    let (port, count) = counting();
    let proxy = format!("http://127.0.0.1:{port}");
    let url = receiver.url.clone();
    let mut call = home.webhook(&["send", "pulse", "--url", &url, "--allow-private"]);
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        call = call.env(name, &proxy);
    }
    let sent = call.run();
    assert_eq!(sent.code, 0, "{sent:?}");
    assert!(sent.stderr.contains("use no proxy"), "{sent:?}");
    assert_eq!(receiver.told()["signature"], "right");
    assert_eq!(count.load(Ordering::SeqCst), 0);
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

#[test]
fn a_signature_is_verified_and_a_provable_mistake_is_named() {
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
    for none in ["", "sha256=", "sha1=00", "00", &right[7..]] {
        assert_eq!(verify("body", none).code, 64, "{none}");
    }
    let upper = verify("body", &right.to_uppercase().replace("SHA", "sha"));
    assert_eq!(upper.code, 2, "{upper:?}");
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
