//! Claim: the secret is in no stream, no argument, no file and no error of any of these
//! commands, as it is or encoded.

use super::{Home, SECRET};
use crate::bond::canary::holds;
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn the_secret_is_in_no_stream_and_no_argument() {
    let home = Home::new();
    let receiver = home.listen(&["--verbose"]);
    let command = fs::read(format!("/proc/{}/cmdline", receiver.child.id())).expect("a process");
    assert!(!holds(&command, SECRET));
    let url = receiver.url.clone();
    let wrong = format!("sha256={}", "0".repeat(64));
    let right = duckops::webhook::sign(SECRET, b"{}");
    fs::write(home.path("body"), "{}").expect("written");
    fs::write(home.path("near"), "{}\n").expect("written");
    let mut seen = 0;
    for (arguments, code) in [
        (vec!["send", "pulse", "--url", &url, "--allow-private"], 0),
        (vec!["send", "pulse", "--url", &url], 1),
        (vec!["diagnose", "--url", &url, "--allow-private"], 0),
        (vec!["verify", "body", "--signature", &wrong], 2),
        (vec!["verify", "body", "--signature", &right], 0),
        (vec!["verify", "near", "--signature", &right], 2),
        (vec!["verify", "body", "--signature", "nonsense"], 64),
        (vec!["bundle", "pulse", "--url", &url, "--out", "bundle"], 0),
        (
            vec!["bundle", "pulse", "--url", &url, "--out", "bundle"],
            64,
        ),
        (vec!["send", "nonsense", "--url", &url], 64),
    ] {
        for format in ["table", "json"] {
            if format == "json" && code == 0 && arguments[0] == "bundle" {
                continue;
            }
            let ran = home
                .webhook(&arguments)
                .without("DUCKOPS_TEST_NOW")
                .env("DUCKOPS_OUTPUT", format)
                .env("RUST_LOG", "trace")
                .env("RUST_BACKTRACE", "full")
                .run();
            assert_eq!(ran.code, code, "{arguments:?}: {ran:?}");
            let text = ran.stdout + &ran.stderr;
            assert!(!holds(text.as_bytes(), SECRET), "{arguments:?}");
            seen += text.len();
        }
    }
    assert!(seen > 3000, "only {seen} bytes were looked through");
    for entry in fs::read_dir(home.path("bundle"))
        .expect("a folder")
        .flatten()
    {
        let bytes = fs::read(entry.path()).expect("bytes");
        assert!(!holds(&bytes, SECRET), "{:?}", entry.path());
    }
    let (_, notes) = receiver.end("-INT");
    assert!(!holds(notes.as_bytes(), SECRET));
}

#[test]
fn a_secret_file_others_can_read_is_refused_by_every_command() {
    let home = Home::new();
    fs::write(home.path("body"), "{}").expect("written");
    let wrong = format!("sha256={}", "0".repeat(64));
    let url = "http://127.0.0.1:1/";
    let commands = [
        vec!["send", "pulse", "--url", url],
        vec!["diagnose", "--url", url],
        vec!["verify", "body", "--signature", &wrong],
        vec!["bundle", "pulse", "--url", url, "--out", "bundle"],
        vec!["listen", "--port", "0"],
    ];
    fs::set_permissions(home.path("secret"), fs::Permissions::from_mode(0o640)).expect("set");
    for arguments in &commands {
        let open = home.webhook(arguments).run();
        assert_eq!(open.code, 64, "{open:?}");
        assert!(open.stderr.contains("chmod 600"), "{open:?}");
        assert!(!holds(open.stderr.as_bytes(), SECRET), "{open:?}");
    }
    assert!(!home.path("bundle").exists());
    // One line break at the end is no part of the secret; two lines are no secret.
    fs::set_permissions(home.path("secret"), fs::Permissions::from_mode(0o600)).expect("set");
    fs::write(home.path("secret"), format!("{SECRET}\n{SECRET}\n")).expect("written");
    for arguments in &commands {
        let two = home.webhook(arguments).run();
        assert_eq!(two.code, 64, "{two:?}");
        assert!(!holds(two.stderr.as_bytes(), SECRET), "{two:?}");
    }
}
