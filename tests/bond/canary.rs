//! Claims: the new key is nowhere but in its file and, until then, in the raw answer; and
//! whatever happens to the terminal or the process, it is kept and the exit code is true.

use super::{ID, bonded, files, issued, secret, write, writes};
use crate::support::{Ran, Stage, under};
use duckops::practice::{Fault, Operation};
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A key in every encoding that could be searched for.
fn guises(key: &str) -> Vec<Vec<u8>> {
    let bytes = key.as_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let url: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
    let reversed: String = key.chars().rev().collect();
    let mut guises = vec![key.to_owned(), hex.to_uppercase(), hex, url, reversed];
    // Base64 of a text inside another begins at one of three places in a group of three
    // bytes; what is certain of it is the part in the middle.
    for offset in 0..3 {
        let padded = [&b"xx"[..offset.min(2)], bytes].concat();
        let text = base64(&padded);
        guises.push(text[4..text.len() - 4].to_owned());
    }
    guises.into_iter().map(String::into_bytes).collect()
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(*group.get(at).unwrap_or(&0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..=group.len() {
            let six = bits >> (18 - 6 * place) & 63;
            text.push(char::from(ALPHABET[six as usize]));
        }
    }
    text
}

pub(crate) fn holds(haystack: &[u8], key: &str) -> bool {
    guises(key)
        .iter()
        .any(|guise| haystack.windows(guise.len()).any(|window| window == guise))
}

/// Every file below a folder that holds the key in some guise.
fn leaks(folder: &Path, key: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(leaks(&path, key));
        } else if fs::read(&path).is_ok_and(|bytes| holds(&bytes, key)) {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    found
}

#[test]
fn the_key_search_finds_a_planted_key() {
    let key = "bk_LIVE_0123456789abcdef";
    assert_eq!(base64(b"ab"), "YWI");
    for text in [
        format!("x{key}y"),
        format!("x{}", base64(format!("a{key}").as_bytes())),
        format!("x{}", base64(format!("ab{key}c").as_bytes())),
        format!("x{}", base64(format!("abc{key}cd").as_bytes())),
    ] {
        assert!(holds(text.as_bytes(), key), "{text}");
    }
    assert!(!holds(b"bk_LIVE_0123456789abcdee", key));
}

#[test]
fn a_new_key_is_in_its_file_and_nowhere_else() {
    for fault in [
        None,
        Some(Fault::Done(Box::new(Fault::Status(502)))),
        Some(Fault::Done(Box::new(Fault::ResetAfter(40)))),
        Some(Fault::Done(Box::new(Fault::Rename(
            "beak_key",
            "new_secret",
        )))),
    ] {
        let stage = Stage::of(bonded(Some(60)));
        let faults = fault.clone().map(|fault| (Operation::Rotate, fault));
        stage.practice.world().faults = faults.into_iter().collect();
        let old = secret(&stage, "old", &format!("bk_LIVE_of_{ID}"));
        let mut streams = Vec::new();
        for arguments in [
            vec!["rotate", ID, "--confirm", ID, "--verbose"],
            vec!["rotate", ID, "--recover", "--verbose"],
            vec!["rotate", ID, "--recover", "--output", "json"],
            vec![
                "rotate",
                ID,
                "--confirm",
                ID,
                "--output",
                "json",
                "--verbose",
            ],
        ] {
            let ran = write(&stage, &arguments)
                .env("DUCKOPS_BEAK_KEY_FILE", old.clone().into_os_string())
                .env("RUST_LOG", "trace")
                .env("RUST_BACKTRACE", "full")
                .run();
            streams.push(ran.stdout + &ran.stderr);
        }
        for read in [
            &["journal"][..],
            &["history"],
            &["doctor"],
            &["triage"],
            &["audit"],
        ] {
            let ran = stage.duckops(read).run();
            streams.push(ran.stdout + &ran.stderr);
        }
        let streams = streams.concat();
        assert!(streams.contains(ID), "{streams}");
        let keys = issued(&stage);
        assert!(!keys.is_empty());
        for key in keys
            .iter()
            .chain([&format!("bk_LIVE_of_{ID}"), &"practice-token".to_owned()])
        {
            assert!(!holds(streams.as_bytes(), key), "{fault:?}: {streams}");
            let found = leaks(stage.home(), key);
            let own = |name: &String| {
                name.ends_with(".key")
                    || name.ends_with(".spool")
                    || name == "old"
                    || name == "token"
            };
            assert!(found.iter().all(own), "{fault:?}: {found:?}");
        }
    }
}

/// A rotation whose answer takes its time, running.
fn slow(stage: &Stage) -> Child {
    let delay = Fault::Delay(Duration::from_millis(700));
    stage
        .practice
        .world()
        .faults
        .insert(Operation::Rotate, delay);
    let mut command = write(stage, &["rotate", ID, "--confirm", ID]).command();
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let until = Instant::now() + Duration::from_secs(10);
    while writes(stage) == 0 {
        assert!(Instant::now() < until, "nothing was sent");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("/bin/kill")
        .args([name, &child.id().to_string()])
        .status();
    assert!(sent.expect("kill runs").success());
}

fn ended(mut child: Child) -> Ran {
    let text = |from: Option<&mut dyn Read>| {
        let mut text = String::new();
        from.map(|from| from.read_to_string(&mut text));
        text
    };
    let stdout = text(child.stdout.as_mut().map(|from| from as &mut dyn Read));
    let stderr = text(child.stderr.as_mut().map(|from| from as &mut dyn Read));
    let code = child.wait().expect("it ends").code().unwrap_or(-1);
    Ran {
        code,
        stdout,
        stderr,
    }
}

#[test]
fn signals_during_a_rotation_wait_until_the_key_is_stored() {
    for name in ["-INT", "-TERM", "-HUP"] {
        let stage = Stage::of(bonded(Some(60)));
        let child = slow(&stage);
        signal(&child, name);
        let ran = ended(child);
        assert_eq!(ran.code, 0, "{name}: {ran:?}");
        let keys = files(&stage.state(), "keys");
        assert_eq!(
            keys[0].1,
            format!("{}\n", issued(&stage)[0]).into_bytes(),
            "{name}"
        );
    }
    // A second one gives up the wait, not the truth.
    let stage = Stage::of(bonded(Some(60)));
    let child = slow(&stage);
    signal(&child, "-INT");
    std::thread::sleep(Duration::from_millis(150));
    signal(&child, "-INT");
    let ran = ended(child);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(
        ran.stderr
            .contains("bond rotate AAAA000000000001 --recover"),
        "{ran:?}"
    );
    // No pulse shows yet that the key is lost; what is to be done is said all the same.
    for call in [&["bond", "show", ID][..], &["bond", "list"], &["triage"]] {
        let ran = stage.duckops(call).run();
        let next = "NEXT      Recover the rotation of AAAA000000000001: its new key may be lost\n          \
                    duckops bond rotate AAAA000000000001 --recover\n";
        assert!(ran.stdout.contains(next), "{call:?}: {}", ran.stdout);
    }
    let other = stage.duckops(&["bond", "show", "AAAA000000000002"]).run();
    assert!(!other.stdout.contains("NEXT"), "{}", other.stdout);
    let recovered = write(&stage, &["rotate", ID, "--recover"]).run();
    assert_eq!(recovered.code, 3, "{recovered:?}");
}

#[test]
fn interrupting_a_rotation_before_the_request_changes_nothing() {
    for (name, code) in [("-INT", 130), ("-TERM", 143)] {
        let stage = Stage::of(bonded(Some(60)));
        let delay = Fault::Delay(Duration::from_secs(5));
        stage
            .practice
            .world()
            .faults
            .insert(Operation::Audit, delay);
        let mut command = write(&stage, &["rotate", ID, "--confirm", ID]).command();
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let until = Instant::now() + Duration::from_secs(10);
        while stage.practice.requests().is_empty() {
            assert!(Instant::now() < until, "nobody was asked");
            std::thread::sleep(Duration::from_millis(5));
        }
        signal(&child, name);
        let ran = ended(child);
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(ran.stderr.contains("nothing was sent"), "{ran:?}");
        assert_eq!(
            (writes(&stage), files(&stage.state(), "intents").len()),
            (0, 0)
        );
    }
}

#[test]
fn a_closed_output_does_not_lose_the_key() {
    let shell = |stage: &Stage, script: &str| {
        let command = write(stage, &["rotate", ID, "--confirm", ID]).command();
        let mut shell = under(&command, "bash", &["-c", script]);
        let output = shell.output().expect("bash");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    for (script, code) in [
        (
            "\"$0\" \"$@\" | head -c1 >/dev/null; echo ${PIPESTATUS[0]}",
            "0",
        ),
        ("\"$0\" \"$@\" | true; echo ${PIPESTATUS[0]}", "0"),
        ("(\"$0\" \"$@\" >&- 2>&- <&-); echo $?", "0"),
        // The key is kept, and the failed output is reported.
        ("\"$0\" \"$@\" >/dev/full; echo $?", "2"),
    ] {
        let stage = Stage::of(bonded(Some(60)));
        assert_eq!(shell(&stage, script), code, "{script}");
        let keys = files(&stage.state(), "keys");
        assert_eq!(
            keys[0].1,
            format!("{}\n", issued(&stage)[0]).into_bytes(),
            "{script}"
        );
    }
}

#[test]
fn a_rotating_process_shows_no_secret_and_leaves_no_core_dump() {
    let stage = Stage::of(bonded(Some(60)));
    let child = slow(&stage);
    let place = Path::new("/proc").join(child.id().to_string());
    let limits = fs::read_to_string(place.join("limits")).expect("a process");
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .expect("the limit");
    let words: Vec<_> = core.split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{core}");
    for file in ["cmdline", "environ"] {
        let bytes = fs::read(place.join(file)).unwrap_or_default();
        for secret in issued(&stage).iter().chain([&"practice-token".to_owned()]) {
            assert!(!holds(&bytes, secret), "{file}");
        }
    }
    // The usual end of a process that something inside it has broken.
    signal(&child, "-ABRT");
    let ran = ended(child);
    assert_eq!(ran.code, -1, "{ran:?}");
    let key = issued(&stage).remove(0);
    assert!(!holds((ran.stdout + &ran.stderr).as_bytes(), &key));
    let found = leaks(stage.home(), &key);
    assert!(found.is_empty(), "the answer had not arrived: {found:?}");
    let cores = fs::read_dir(stage.home()).expect("a folder").flatten();
    let cores: Vec<_> = cores
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("core"))
        .collect();
    assert!(cores.is_empty(), "{cores:?}");
}
