//! Claim: a channel receives transitions at least once and with the same key each time; a dead
//! channel costs neither verdict nor exit code nor deadline, and loses nothing.

use crate::support::receiver::{Receiver, TOKEN, configured, no_secret_in, secret};
use crate::support::{Ran, Stage, http, world};

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn check(stage: &Stage, at: &str) -> Ran {
    let arguments = ["check", "inc-005", "--notify", "--deadline", "9s", "-v"];
    let ran = stage.duckops(&arguments).env("DUCKOPS_TEST_NOW", at).run();
    for stream in [&ran.stdout, &ran.stderr] {
        assert!(!stream.contains(TOKEN), "the URL is a secret: {stream}");
        assert!(!stream.contains("never looked at"), "{stream}");
    }
    ran
}

fn minute(minute: u32) -> String {
    format!("2026-03-22T03:{:02}:09Z", 12 + minute)
}

#[test]
fn a_transition_and_its_end_are_sent_once_under_one_key() {
    let receiver = Receiver::well();
    let stage = Stage::of(world("inc-005"));
    configured(&stage, &[("hook", "webhook", &receiver.url())]);
    for _ in 0..3 {
        assert_eq!(check(&stage, &minute(0)).code, 2);
    }
    let well = Stage::of(world("healthy"));
    let over = stage
        .duckops(&["check", "inc-005", "--notify"])
        .env("AWS_ENDPOINT_URL", well.practice.aws_url())
        .run();
    assert_eq!(over.code, 0, "{over:?}");
    let came = receiver.came();
    let kinds: Vec<_> = came.iter().map(|message| message["kind"].clone()).collect();
    assert_eq!(kinds, ["trigger", "resolve"], "{came:#?}");
    assert_eq!(came[0]["incident"], came[1]["incident"]);
    assert_ne!(came[0]["id"], came[1]["id"]);
    assert_eq!(came[0]["verdict"], "critical");
    assert_eq!(came[0]["runbook"], "inc-005");
    no_secret_in(&stage.state());
}

#[test]
fn without_notify_nothing_is_sent_and_with_it_standing_incidents_are() {
    let receiver = Receiver::well();
    let stage = Stage::of(world("inc-005"));
    configured(&stage, &[("hook", "webhook", &receiver.url())]);
    assert_eq!(stage.duckops(&["check", "inc-005"]).run().code, 2);
    assert_eq!(receiver.raw.connections(), 0);
    assert_eq!(check(&stage, &minute(0)).code, 2);
    assert_eq!(receiver.came().len(), 1);
}

#[test]
fn a_dead_channel_costs_nothing_and_is_retried_with_the_same_key() {
    let refusing = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        format!(
            "http://{}/{TOKEN}",
            listener.local_addr().expect("an address")
        )
    };
    let ways: [(&str, Receiver, Option<String>, u32, &str); 4] = [
        (
            "hangs",
            Receiver::answering("200 OK", &[], Duration::from_secs(30)),
            None,
            1,
            "no answer within",
        ),
        ("refuses", Receiver::well(), Some(refusing), 1, "efused"),
        (
            "500",
            Receiver::answering("500 Oops", &[], Duration::ZERO),
            None,
            1,
            "HTTP 500",
        ),
        (
            "429",
            Receiver::answering("429 Slow", &[("retry-after", "300")], Duration::ZERO),
            None,
            5,
            "HTTP 429",
        ),
    ];
    for (way, dead, address, minutes, words) in ways {
        let other = Receiver::well();
        let stage = Stage::of(world("inc-005"));
        let address = address.unwrap_or_else(|| dead.url());
        configured(
            &stage,
            &[
                ("dead", "webhook", &address),
                ("other", "slack", &other.url()),
            ],
        );
        let began = Instant::now();
        let first = check(&stage, &minute(0));
        assert_eq!(first.code, 2, "{way}: {first:?}");
        assert!(began.elapsed() < Duration::from_secs(10), "{way}");
        assert!(first.stderr.contains(words), "{way}: {first:?}");
        assert_eq!(other.came().len(), 1, "{way}: the other channel");
        let asked = dead.came().len();
        // Not before it is due.
        let early = format!("2026-03-22T03:{:02}:08Z", 12 + minutes);
        assert_eq!(check(&stage, &early).code, 2, "{way}");
        assert_eq!(dead.came().len(), asked, "{way}: left alone");
        let revived = Receiver::well();
        configured(
            &stage,
            &[
                ("dead", "webhook", &revived.url()),
                ("other", "slack", &other.url()),
            ],
        );
        for _ in 0..2 {
            assert_eq!(check(&stage, &minute(minutes + 1)).code, 2, "{way}");
        }
        let came = revived.came();
        assert_eq!(came.len(), 1, "{way}: once, and not lost");
        if let Some(tried) = dead.came().first() {
            assert_eq!(tried["id"], came[0]["id"], "{way}: the same key");
        }
        assert_eq!(other.came().len(), 1, "{way}: and nobody twice");
    }
}

#[test]
fn a_readable_secret_is_not_used_and_its_message_waits() {
    let receiver = Receiver::well();
    let stage = Stage::of(world("inc-005"));
    configured(&stage, &[("hook", "webhook", &receiver.url())]);
    let path = stage.home().join(".config/duckops/hook.secret");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("0644");
    let ran = check(&stage, &minute(0));
    assert_eq!(ran.code, 2);
    let (_, document) = stage.duckops(&["check", "inc-005", "--notify"]).json();
    let notes = document["notes"].to_string();
    assert!(notes.contains("hook gets no messages now"), "{notes}");
    assert!(notes.contains("chmod 600"), "{notes}");
    assert_eq!(receiver.raw.connections(), 0);
    secret(&path, &receiver.url());
    assert_eq!(check(&stage, &minute(1)).code, 2);
    assert_eq!(receiver.came().len(), 1);
}

#[test]
fn a_program_gets_its_arguments_as_they_are_and_the_message_on_standard_input() {
    let stage = Stage::of(world("inc-005"));
    let folder = stage.home().join(".config/duckops");
    std::fs::create_dir_all(&folder).expect("a folder");
    let program = stage.home().join("page");
    let script = "#!/bin/sh\nprintf '%s\\n' \"$@\" > \"$1\"\nenv >> \"$1\"\ncat >> \"$1\"\n";
    std::fs::write(&program, script).expect("written");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).expect("0700");
    let told = stage.home().join("told");
    let text = format!(
        "[notify.page]\nkind = \"command\"\ncommand = [{:?}, {:?}, \"$(touch pwned); `id`\"]\n",
        program, told
    );
    std::fs::write(folder.join("config.toml"), text).expect("written");
    let ran = check(&stage, &minute(0));
    assert_eq!(ran.code, 2, "{ran:?}");
    let told = std::fs::read_to_string(told).expect("told");
    assert!(told.contains("\n$(touch pwned); `id`\n"), "{told}");
    assert!(
        told.contains(
            "CRITICAL prod INC-005 Mail quota: 198 of 200 sent in 24 h (99 %), 2 left (P0)"
        ),
        "{told}"
    );
    assert!(told.contains("Message "), "{told}");
    for name in ["AWS_SECRET_ACCESS_KEY", "DUCKOPS_API_URL"] {
        assert!(!told.contains(name), "{told}");
    }
    assert!(!stage.home().join("pwned").exists());
}

#[test]
fn an_invalid_channel_is_a_usage_error_with_its_line() {
    let stage = Stage::of(world("healthy"));
    let folder = stage.home().join(".config/duckops");
    std::fs::create_dir_all(&folder).expect("a folder");
    let none = stage.duckops(&["check", "--notify"]).run();
    assert_eq!(none.code, 64, "{none:?}");
    for (text, line, word) in [
        (
            "[notify.a]\nkind = \"pigeon\"\n",
            2,
            "slack, pagerduty, webhook or command",
        ),
        ("[notify.a]\nkind = \"slack\"\n", 1, "url_file or url_env"),
        (
            "[notify.a]\nkind = \"slack\"\nurl_file = \"/x\"\nurl_env = \"X\"\n",
            1,
            "url_file or url_env",
        ),
        (
            "[notify.a]\nkind = \"slack\"\nurl = \"https://x.invalid\"\nurl_env = \"X\"\n",
            1,
            "does not use",
        ),
        (
            "[notify.a]\nkind = \"pagerduty\"\n",
            1,
            "secret_file or secret_env",
        ),
        (
            "[notify.a]\nkind = \"command\"\ncommand = [\"page\"]\n",
            1,
            "/whole/path",
        ),
        (
            "[notify.a]\nkind = \"command\"\ncommand = []\n",
            1,
            "/whole/path",
        ),
        (
            "[notify.a]\nkind = \"slack\"\nurl_env = \"X\"\nfrom = \"ok\"\n",
            4,
            "warning, unknown or critical",
        ),
        (
            "[notify.\"a b\"]\nkind = \"slack\"\nurl_env = \"X\"\n",
            1,
            "letters, digits",
        ),
        (
            "[notify.a]\nkind = \"slack\"\nurl_evn = \"X\"\n",
            3,
            "url_evn",
        ),
        ("[retention]\ndetail = \"6d\"\n", 2, "at least 7d"),
        (
            "[retention]\ndetail = \"30d\"\nhourly = \"29d\"\n",
            3,
            "no shorter",
        ),
    ] {
        std::fs::write(folder.join("config.toml"), text).expect("written");
        let ran = stage.duckops(&["check", "--notify"]).run();
        assert_eq!(ran.code, 64, "{text}: {ran:?}");
        let place = format!("config.toml:{line}: ");
        assert!(ran.stderr.contains(&place), "{text}: {ran:?}");
        assert!(ran.stderr.contains(word), "{text}: {ran:?}");
    }
}

/// The signature is checked by a program that we did not write.
#[test]
fn the_signature_is_the_hmac_of_the_raw_body() {
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&bodies);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = listener.accept().expect("a caller");
        let mut all = Vec::new();
        let mut part = [0; 4096];
        loop {
            let text = String::from_utf8_lossy(&all).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| {
                    line.to_lowercase()
                        .strip_prefix("content-length: ")?
                        .parse()
                        .ok()
                });
                if length == Some(body.len()) {
                    break;
                }
            }
            let read = stream.read(&mut part).expect("read");
            all.extend_from_slice(&part[..read]);
        }
        kept.lock()
            .expect("kept")
            .push(String::from_utf8(all).expect("text"));
        stream
            .write_all(&http("200 OK", &[], b""))
            .expect("answered");
    });
    let stage = Stage::of(world("inc-005"));
    let folder = stage.home().join(".config/duckops");
    std::fs::create_dir_all(&folder).expect("a folder");
    secret(&folder.join("url"), &url);
    secret(&folder.join("key"), "a secret of ours\n");
    let text = format!(
        "[notify.hook]\nkind = \"webhook\"\nurl_file = {:?}\nsecret_file = {:?}\n",
        folder.join("url"),
        folder.join("key")
    );
    std::fs::write(folder.join("config.toml"), text).expect("written");
    assert_eq!(check(&stage, &minute(0)).code, 2);
    let request = bodies.lock().expect("kept")[0].clone();
    let (head, body) = request.split_once("\r\n\r\n").expect("a body");
    let signature = head
        .lines()
        .find_map(|line| line.strip_prefix("x-duckops-signature: sha256="))
        .expect("a signature");
    std::fs::write(stage.home().join("body"), body).expect("written");
    let python = "import hmac,sys;print(hmac.new(b'a secret of ours',open(sys.argv[1],'rb').read(),'sha256').hexdigest())";
    let judged = Command::new("python3")
        .args(["-c", python])
        .arg(stage.home().join("body"))
        .stderr(Stdio::inherit())
        .output()
        .expect("python3");
    assert_eq!(String::from_utf8_lossy(&judged.stdout).trim(), signature);
}
