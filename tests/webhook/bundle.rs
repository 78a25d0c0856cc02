//! Claims: a bundle sends what it shows, once, and holds no secret.

use super::{Home, SECRET, counting};
use crate::support::missing_tool::not_run;
use duckops::webhook::sign;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::Ordering;

/// Runs the bundle's command; none where there is no curl.
fn sent(folder: &Path) -> Option<Output> {
    if Command::new("curl").arg("--version").output().is_err() {
        not_run("there is no curl to send the bundle with");
        return None;
    }
    let sent = Command::new("/bin/sh")
        .arg("send.sh")
        .current_dir(folder)
        .output();
    Some(sent.expect("a shell"))
}

#[test]
fn the_script_of_a_bundle_sends_it_and_its_checksums_match() {
    let home = Home::new();
    let mut receiver = home.listen(&[]);
    fs::write(
        home.path("recorded"),
        b"{ \"event\":\r\n\"duck.pulse\", \"x\": \"\xff\" }\n",
    )
    .expect("written");
    for (name, data) in [("made", &[][..]), ("replayed", &["--data", "recorded"])] {
        // What a shell or curl would like to have its say about.
        let url = format!(
            "{}/$(touch pwned)';touch pwned;'?a={{b,c}}[1-3]&d=`touch pwned`",
            receiver.url
        );
        let arguments: Vec<_> = ["bundle", "duck.pulse", "--url", &url, "--out", name]
            .iter()
            .chain(data)
            .copied()
            .collect();
        let made = home.webhook(&arguments).run();
        assert_eq!(made.code, 0, "{made:?}");
        let folder = home.path(name);
        let sums = Command::new("sha256sum")
            .args(["--check", "--strict", "SHA256SUMS"])
            .current_dir(&folder)
            .output();
        assert!(sums.expect("sha256sum").status.success());
        let body = fs::read(folder.join("payload.json")).expect("a body");
        if name == "replayed" {
            assert_eq!(body, fs::read(home.path("recorded")).expect("a body"));
        }
        let headers = fs::read_to_string(folder.join("headers.txt")).expect("headers");
        let line = format!("X-Space-Duck-Signature: {}\n", sign(SECRET, &body));
        assert!(headers.contains(&line), "{headers}");
        let Some(sent) = sent(&folder) else {
            continue;
        };
        let told = String::from_utf8_lossy(&sent.stdout);
        assert!(told.starts_with("HTTP 200"), "{sent:?}");
        let told = receiver.told();
        assert_eq!(told["signature"], "right", "{told:#}");
        assert_eq!(told["bytes"], body.len(), "{told:#}");
        assert!(!folder.join("pwned").exists());
    }
    let (_, notes) = receiver.end("-INT");
    assert!(
        notes.contains("2 right, 0 wrong"),
        "each was sent once: {notes}"
    );
}

#[test]
fn making_a_bundle_sends_nothing_and_is_private_whatever_the_umask() {
    let home = Home::new();
    let (port, count) = counting();
    for (name, place) in [
        ("a", format!("127.0.0.1:{port}")),
        ("b", "169.254.169.254".to_owned()),
    ] {
        // Past the guard of the harness, because nothing is contacted.
        let made = Command::new("/bin/sh")
            .args([
                "-c",
                "umask 0777; exec \"$@\"",
                "sh",
                env!("CARGO_BIN_EXE_duckops"),
            ])
            .args([
                "webhook",
                "bundle",
                "duck.bonded",
                "--secret-file",
                "secret",
                "--out",
                name,
                "--url",
            ])
            .arg(format!("http://{place}/hook"))
            .env_clear()
            .env("HOME", home.path(""))
            .current_dir(home.path(""))
            .stdin(Stdio::null())
            .output()
            .expect("it runs");
        assert!(made.status.success(), "{made:?}");
        let mode = |path: &Path| fs::metadata(path).expect("seen").permissions().mode() & 0o777;
        let folder = home.path(name);
        assert_eq!(mode(&folder), 0o700);
        let mut files = 0;
        for entry in fs::read_dir(&folder).expect("a folder").flatten() {
            assert_eq!(mode(&entry.path()), 0o600);
            files += 1;
        }
        assert_eq!(files, 4);
    }
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[test]
fn a_bundle_replaces_nothing_and_follows_no_link() {
    let home = Home::new();
    fs::create_dir(home.path("there")).expect("made");
    fs::create_dir(home.path("elsewhere")).expect("made");
    fs::write(home.path("file"), "mine").expect("written");
    symlink(home.path("elsewhere"), home.path("link")).expect("linked");
    symlink(home.path("nowhere"), home.path("dangling")).expect("linked");
    for out in ["there", "file", "link", "dangling", "missing/below"] {
        let refused = home
            .webhook(&[
                "bundle",
                "pulse",
                "--url",
                "http://127.0.0.1:1/",
                "--out",
                out,
            ])
            .run();
        assert_eq!(refused.code, 64, "{out}: {refused:?}");
    }
    assert_eq!(fs::read(home.path("file")).expect("read"), b"mine");
    for folder in ["there", "elsewhere"] {
        assert_eq!(
            fs::read_dir(home.path(folder)).expect("a folder").count(),
            0
        );
    }
    assert!(!home.path("nowhere").exists());
}

#[test]
fn a_payload_with_the_secret_in_any_encoding_makes_no_bundle() {
    let home = Home::new();
    let hex: String = SECRET.bytes().map(|byte| format!("{byte:02X}")).collect();
    let escaped: String = SECRET
        .chars()
        .map(|c| format!("\\u{:04x}", u32::from(c)))
        .collect();
    let percent: String = SECRET.bytes().map(|byte| format!("%{byte:02x}")).collect();
    for guise in [
        SECRET,
        &hex,
        &escaped,
        &percent,
        // base64 of the secret, of "{" before it, and of "{\"" before it.
        "d2hzZWNfMDEyMzQ1Njc4OWFiY2RlZg==",
        "e3doc2VjXzAxMjM0NTY3ODlhYmNkZWY",
        "eyJ3aHNlY18wMTIzNDU2Nzg5YWJjZGVm",
    ] {
        fs::write(home.path("recorded"), format!("{{\"s\":\"{guise}\"}}")).expect("written");
        let refused = home
            .webhook(&[
                "bundle",
                "pulse",
                "--url",
                "http://127.0.0.1:1/",
                "--out",
                "out",
                "--data",
                "recorded",
            ])
            .run();
        assert_eq!(refused.code, 3, "{guise}: {refused:?}");
        assert!(!home.path("out").exists());
        assert!(!(refused.stdout + &refused.stderr).contains(SECRET));
    }
}

#[test]
fn a_recorded_key_in_a_bundle_is_warned_about() {
    let home = Home::new();
    let body = r#"{"event":"duck.bonded","beak_key":"bk_live_0123456789"}"#;
    fs::write(home.path("recorded"), body).expect("written");
    let made = home
        .webhook(&[
            "bundle",
            "bonded",
            "--url",
            "http://127.0.0.1:1/",
            "--out",
            "out",
            "--data",
            "recorded",
        ])
        .run();
    assert_eq!(made.code, 0, "{made:?}");
    assert!(
        made.stdout.contains("caution: the body holds a Beak Key"),
        "{made:?}"
    );
    assert!(!made.stdout.contains("bk_live"), "{made:?}");
}
