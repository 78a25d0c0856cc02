//! Claims: over TLS a delivery goes only to the host that the certificate is for, each certificate
//! error has its own message, and no message advises to disable verification.

use super::{Home, SECRET};
use crate::support::emulator::environment;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

/// Receivers that are not ours, until it is dropped.
struct Receivers {
    child: Child,
    lines: BufReader<ChildStdout>,
    told: BTreeMap<String, String>,
    _folder: tempfile::TempDir,
}

impl Receivers {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = Command::new(environment().join("bin/python"))
            .args(["-c", include_str!("receivers.py"), SECRET])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut told = BTreeMap::new();
        loop {
            let mut line = String::new();
            assert_ne!(lines.read_line(&mut line).expect("a line"), 0, "it ended");
            match line.trim_end().split_once(' ') {
                Some((name, value)) => told.insert(name.to_owned(), value.to_owned()),
                None => break,
            };
        }
        Self {
            child,
            lines,
            told,
            _folder: folder,
        }
    }

    fn url(&self, kind: &str) -> String {
        format!("https://localhost:{}/hook", self.told[kind])
    }

    /// What arrived, in order, once all of them have ended.
    fn arrived(mut self) -> Vec<String> {
        drop(self.child.stdin.take());
        let mut arrived = Vec::new();
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).expect("a line") == 0 {
                break;
            }
            arrived.push(line.trim_end().to_owned());
        }
        let _ = self.child.wait();
        arrived
    }
}

impl Drop for Receivers {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn each_certificate_problem_is_distinguished_and_nothing_is_sent() {
    let home = Home::new();
    let receivers = Receivers::start();
    let ask = |command: &[&str], kind: &str| {
        let url = receivers.url(kind);
        let place = ["--url", &url, "--allow-private"];
        let arguments: Vec<_> = command.iter().chain(&place).copied().collect();
        home.webhook(&arguments)
            .env("SSL_CERT_FILE", &receivers.told["ca"])
            .without("DUCKOPS_TEST_NOW")
            .json()
    };
    for (kind, found, word) in [
        ("expired", "has expired", "Renew the receiver's certificate"),
        ("early", "is not valid yet", "not valid yet"),
        ("name", "is for another name", "for the name in the URL"),
        ("issuer", "is not trusted on this machine", "whole chain"),
        ("self", "the ", "self-signed certificate is refused"),
        ("plain", "does not speak TLS", "speaks no TLS"),
    ] {
        let (code, sent) = ask(&["send", "pulse"], kind);
        assert_eq!(
            (code, sent["outcome"].as_str()),
            (1, Some("not-sent")),
            "{kind}: {sent:#}"
        );
        let (code, document) = ask(&["diagnose"], kind);
        assert_eq!(code, 2, "{kind}: {document:#}");
        let checks = document["checks"].as_array().expect("checks");
        let verdicts: Vec<_> = checks
            .iter()
            .map(|c| c["verdict"].as_str().expect("one"))
            .collect();
        assert_eq!(
            verdicts,
            [
                "ok", "ok", "critical", "unknown", "unknown", "unknown", "unknown"
            ],
            "{kind}: {document:#}"
        );
        let fix = checks[2]["fix"].as_str().expect("a fix");
        assert!(fix.contains(word), "{kind}: {document:#}");
        let why = checks[2]["found"].as_str().expect("what was found");
        assert!(why.contains(found), "{kind}: {document:#}");
        let text = document.to_string();
        for word in ["insecure", "--no-check", "disable"] {
            assert!(!text.contains(word), "{kind}: {text}");
        }
    }
    let (code, document) = ask(&["diagnose"], "good");
    assert_eq!(code, 0, "{document:#}");
    assert_eq!(document["checks"][2]["verdict"], "ok");
    let (code, sent) = ask(&["send", "bonded"], "good");
    assert_eq!(code, 0, "{sent:#}");
    let arrived = receivers.arrived();
    assert_eq!(arrived, ["got good 200", "got good 401", "got good 200"]);
}
