//! Claim: cron can rely on `duckops check`. It compares with earlier checks, holds back and mutes
//! as configured and says so, runs once at a time, and returns verdict and exit code whatever
//! breaks around it.

use crate::support::{Ran, Stage, world};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

fn check(stage: &Stage, arguments: &[&str]) -> Ran {
    let arguments: Vec<_> = ["check"].iter().chain(arguments).copied().collect();
    stage.duckops(&arguments).run()
}

fn standing(stage: &Stage, arguments: &[&str]) -> (i32, Value) {
    let arguments: Vec<_> = ["check"].iter().chain(arguments).copied().collect();
    let (code, document) = stage.duckops(&arguments).json();
    (code, document)
}

fn change(document: &Value, runbook: &str) -> String {
    let runbooks = document["runbooks"].as_array().expect("runbooks");
    let runbook = runbooks.iter().find(|r| r["id"] == runbook);
    let standing = &runbook.expect("the runbook")["standing"];
    standing["change"].as_str().unwrap_or("null").to_owned()
}

#[test]
fn checks_report_new_then_unchanged_then_resolved() {
    let stage = Stage::of(world("inc-005"));
    let first = check(&stage, &["inc-005"]);
    assert_eq!(first.code, 2, "{first:?}");
    assert!(
        first
            .stdout
            .contains("\nNEW  CRIT INC-005/1 quota: 198 of 200"),
        "{first:?}"
    );
    let second = check(&stage, &["inc-005"]);
    let lines: Vec<_> = second.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{second:?}");
    assert!(lines[0].starts_with("CRITICAL prod "), "{second:?}");
    assert_eq!(lines[1], "do: duckops escalate inc-005 (T-JOSH P0 now)");
    assert_eq!(
        lines[2],
        "SAME CRIT INC-005 since 03:12Z (3 critical, 1 warning)"
    );
    assert_eq!(second.code, 2);
    // The same history, and a world in which all is well.
    let well = Stage::of(world("healthy"));
    let over = well
        .duckops(&["check", "inc-005"])
        .env("DUCKOPS_STATE_DIR", stage.state())
        .env("DUCKOPS_API_URL", stage.practice.api_url())
        .run();
    assert_eq!(over.code, 0, "{over:?}");
    let lines: Vec<_> = over.stdout.lines().collect();
    assert_eq!(lines[1], "OVER OK INC-005 resolved, was critical");
    let quiet = well.duckops(&["check", "-q"]).run();
    assert_eq!((quiet.code, quiet.stdout.as_str()), (0, ""), "{quiet:?}");
}

#[test]
fn an_ok_check_is_one_line_and_none_with_quiet() {
    let stage = Stage::of(world("healthy"));
    let said = check(&stage, &[]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(said.stdout.lines().count(), 1, "{said:?}");
    for arguments in [&["-q"][..], &["--changes"]] {
        let silent = check(&stage, arguments);
        assert_eq!((silent.code, silent.stdout.as_str()), (0, ""), "{silent:?}");
        assert_eq!(silent.stderr, "");
    }
}

#[test]
fn a_triage_in_between_changes_no_comparison() {
    let stage = Stage::of(world("inc-005"));
    assert_eq!(stage.duckops(&["triage", "inc-005"]).run().code, 2);
    let (_, document) = standing(&stage, &["inc-005"]);
    assert_eq!(change(&document, "inc-005"), "new");
    assert_eq!(stage.duckops(&["triage", "inc-005"]).run().code, 2);
    let (_, document) = standing(&stage, &["inc-005"]);
    assert_eq!(change(&document, "inc-005"), "unchanged");
}

#[test]
fn three_bad_runs_of_five_are_needed_where_that_is_asked_for_in_every_format() {
    for format in ["table", "short", "json", "nagios", "prometheus", "markdown"] {
        let stage = Stage::of(world("inc-005"));
        let arguments = ["inc-005", "--for", "3/5", "-o", format];
        let codes: Vec<_> = (0..4).map(|_| check(&stage, &arguments).code).collect();
        assert_eq!(codes, [0, 0, 2, 2], "{format}");
    }
    let stage = Stage::of(world("inc-005"));
    let held = check(&stage, &["inc-005", "--for", "3/5"]);
    assert!(
        held.stdout
            .contains("Held back (critical in fewer than 3 of 5 runs)"),
        "{held:?}"
    );
    let (code, document) = standing(&stage, &["inc-005", "--for", "3/5"]);
    assert_eq!((code, document["verdict"].as_str()), (0, Some("ok")));
    assert_eq!(document["root_cause"], Value::Null);
    assert_eq!(document["runbooks"][0]["verdict"], "critical");
    assert_eq!(document["runbooks"][0]["standing"]["held"], true);
    let none = check(&stage, &["inc-005", "--for", "5/3"]);
    assert_eq!(none.code, 64, "{none:?}");
}

#[test]
fn a_mute_is_recorded_and_shown_and_changes_no_exit_code() {
    let stage = Stage::of(world("inc-005"));
    let mute = [
        "inc-005", "--mute", "inc-005", "--until", "2h", "--by", "Ada",
    ];
    let muted = check(&stage, &mute);
    let words = "muted until 05:12Z by Ada";
    assert!(muted.stdout.contains(words), "{muted:?}");
    assert_eq!(muted.code, 2);
    let quiet = check(&stage, &["inc-005", "-q"]);
    assert_eq!((quiet.code, quiet.stdout.as_str()), (2, ""), "{quiet:?}");
    let (_, document) = standing(&stage, &["inc-005"]);
    assert_eq!(document["runbooks"][0]["standing"]["muted"]["by"], "Ada");
    let notes = document["notes"].to_string();
    assert!(
        notes.contains("INC-005 is muted until 2026-03-22T05:12:09Z by Ada"),
        "{notes}"
    );
    // Two hours and a second later the mute is over.
    let later = stage
        .duckops(&["check", "inc-005", "-q"])
        .env("DUCKOPS_TEST_NOW", "2026-03-22T05:12:09Z")
        .run();
    assert!(
        !later.stdout.is_empty() && !later.stdout.contains("muted"),
        "{later:?}"
    );
    let unmuted = check(&stage, &["inc-005", "--unmute", "inc-005"]);
    assert_eq!(unmuted.code, 3, "it ended by itself: {unmuted:?}");
}

#[test]
fn an_invalid_mute_is_a_usage_error_and_an_unsaved_one_is_reported() {
    let stage = Stage::of(world("healthy"));
    for (until, word) in [
        ("yesterday", "neither"),
        ("0s", "over already"),
        ("2026-03-22T03:12:09Z", "over already"),
        ("31d", "30 days"),
        ("9999999999999999999d", "neither"),
    ] {
        let ran = check(
            &stage,
            &["--mute", "inc-005", "--until", until, "--by", "Ada"],
        );
        assert_eq!(ran.code, 64, "{until}: {ran:?}");
        assert!(ran.stderr.contains(word), "{until}: {ran:?}");
    }
    let unknown = check(
        &stage,
        &["--mute", "inc-05", "--until", "1h", "--by", "Ada"],
    );
    assert_eq!(unknown.code, 64, "{unknown:?}");
    assert!(unknown.stderr.contains("inc-005"), "{unknown:?}");
    let nowhere = check(
        &stage,
        &[
            "--mute",
            "inc-005",
            "--until",
            "1h",
            "--by",
            "Ada",
            "--history",
            "sqlite:/proc/none/h.db",
        ],
    );
    assert_eq!(nowhere.code, 3, "{nowhere:?}");
    assert!(
        nowhere.stderr.contains("no mute was changed"),
        "{nowhere:?}"
    );
}

#[test]
fn one_of_two_concurrent_checks_runs_and_a_stale_lock_blocks_none() {
    let mut slow = world("inc-005");
    slow.latency = Duration::from_secs(2);
    let stage = Stage::of(slow);
    let spawn = || {
        let mut command = stage.duckops(&["check", "inc-005"]).command();
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.spawn().expect("it starts")
    };
    let held = |name: &str| {
        let locks = std::fs::read_dir(stage.state().join("locks"));
        let told = |entry: std::fs::DirEntry| std::fs::read_to_string(entry.path());
        locks.is_ok_and(|locks| {
            locks
                .flatten()
                .any(|lock| told(lock).is_ok_and(|text| text.starts_with(name)))
        })
    };
    let mut first = spawn();
    let number = first.id().to_string();
    let began = Instant::now();
    while !held(&number) && began.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(10));
    }
    let second = check(&stage, &["inc-005"]);
    assert_eq!(second.code, 3, "{second:?}");
    let words = format!(
        "another check of these runbooks is active since 2026-03-22T03:12:09Z (process {number})"
    );
    assert!(second.stderr.contains(&words), "{second:?}");
    first.kill().expect("killed");
    first.wait().expect("ended");
    assert!(held(&number), "the file is still there");
    let third = check(&stage, &["inc-005"]);
    assert_eq!(third.code, 2, "{third:?}");
    let mut fourth = spawn();
    assert_eq!(fourth.wait().expect("ended").code(), Some(2));
}

/// Whatever breaks, a critical is a critical within the deadline, and says in one line on
/// standard output or standard error what could not be kept.
#[test]
fn failures_around_a_check_change_neither_verdict_nor_exit_code() {
    let stage = Stage::of(world("inc-005"));
    let state = |name: &str| {
        let folder = stage.home().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        folder
    };
    let run = |what: &str, state: &std::path::Path| {
        let arguments = ["check", "inc-005", "--deadline", "8s"];
        let began = Instant::now();
        let asked = stage.duckops(&arguments).env("DUCKOPS_STATE_DIR", state);
        let (code, document) = asked.json();
        assert_eq!(code, 2, "{what}: {document}");
        assert!(began.elapsed() < Duration::from_secs(9), "{what}");
        assert_eq!(document["verdict"], "critical", "{what}");
        let notes = document["notes"].as_array().expect("notes");
        // The first two say that API and AWS are those of the practice stack.
        let notes: Vec<_> = notes[2..].iter().map(|note| note.to_string()).collect();
        notes
    };
    let one = |notes: &[String], word: &str| {
        assert!(
            notes.len() == 1 && notes[0].contains(word),
            "{word}: {notes:?}"
        );
    };
    // A file where the state folder should be: neither lock nor history nor queue.
    let file = stage.home().join("file");
    std::fs::write(&file, "").expect("written");
    let notes = run("no state folder", &file);
    assert!(
        notes.iter().any(|note| note.contains("not recorded")),
        "{notes:?}"
    );
    for folder in ["/proc/duckops", "/dev/null/duckops"] {
        let notes = run(folder, std::path::Path::new(folder));
        assert!(
            notes.iter().any(|note| note.contains("not ")),
            "{folder}: {notes:?}"
        );
    }
    // A disk without room for another byte, which holds a history.
    let disk = tempfile::tempdir().expect("a folder");
    let shell = |script: &str| {
        let mut shell = std::process::Command::new("sh");
        let ended = shell.args(["-c", script]).arg(disk.path()).output();
        ended.expect("a shell").status.success()
    };
    if shell("mount -t tmpfs -o size=256k tmpfs \"$0\" 2>/dev/null") {
        let filled = shell("! cat /dev/zero > \"$0/rest\" 2>/dev/null");
        let notes = run("full", disk.path());
        assert!(shell("umount \"$0\"") && filled);
        assert!(notes.iter().any(|note| note.contains("not ")), "{notes:?}");
    } else {
        println!("NOT RUN: no way to mount a small disk");
    }
    // A database that is none.
    let corrupt = state("corrupt");
    std::fs::write(corrupt.join("history.db"), vec![7; 9_000]).expect("written");
    one(
        &run("corrupt", &corrupt),
        "cannot be read: file is not a database",
    );
    assert_eq!(
        std::fs::read(corrupt.join("history.db")).expect("read"),
        vec![7; 9_000]
    );
    let waiting = || {
        std::fs::read_dir(corrupt.join("pending"))
            .expect("a folder")
            .count()
    };
    assert_eq!(waiting(), 1, "the snapshot waits");
    // The operator moves it aside, as advised.
    std::fs::remove_file(corrupt.join("history.db")).expect("removed");
    assert_eq!(run("moved aside", &corrupt), Vec::<String>::new());
    assert_eq!(waiting(), 0, "and is recorded");
    let history = stage
        .duckops(&["history", "email.sent_24h"])
        .env("DUCKOPS_STATE_DIR", &corrupt);
    let (_, document) = history.json();
    let samples = document["facts"][0]["samples"].as_array().expect("samples");
    assert_eq!(samples.len(), 2, "{document}");
    // A ledger from the future.
    let newer = state("newer");
    run("first", &newer);
    let path = newer.join("history.db");
    let database = rusqlite::Connection::open(&path).expect("opened");
    let changed = database.execute("UPDATE ledger SET document = '{\"format\":99}'", []);
    assert_eq!(changed.expect("changed"), 1);
    one(&run("newer", &newer), "use a newer duckops");
    let kept: String = database
        .query_row("SELECT document FROM ledger", [], |row| row.get(0))
        .expect("kept");
    assert_eq!(kept, "{\"format\":99}");
    // Another process that writes for a minute.
    let locked = state("locked");
    run("first", &locked);
    let holder = rusqlite::Connection::open(locked.join("history.db")).expect("opened");
    holder.execute_batch("BEGIN EXCLUSIVE").expect("held");
    let notes = run("locked", &locked);
    assert!(notes.len() <= 2, "{notes:?}");
    assert!(notes.iter().any(|note| note.contains("busy")), "{notes:?}");
    let waiting = std::fs::read_dir(locked.join("pending"))
        .expect("a folder")
        .count();
    assert_eq!(waiting, 1);
    holder.execute_batch("COMMIT").expect("let go");
    run("let go", &locked);
    let waiting = std::fs::read_dir(locked.join("pending"))
        .expect("a folder")
        .count();
    assert_eq!(waiting, 0);
}

#[test]
fn closed_streams_and_an_empty_environment_change_nothing() {
    let stage = Stage::of(world("inc-005"));
    for script in [
        "exec \"$0\" \"$@\" >&-",
        "exec \"$0\" \"$@\" <&-",
        "exec \"$0\" \"$@\" 2>&-",
        "exec \"$0\" \"$@\" <&- >&- 2>&-",
        "\"$0\" \"$@\" | true; exit 2",
        "exec \"$0\" \"$@\" > /dev/full",
    ] {
        let inner = stage.duckops(&["check", "inc-005"]).command();
        let mut command = std::process::Command::new("/bin/sh");
        command.args(["-c", script]).arg(inner.get_program());
        command.args(inner.get_args()).env_clear();
        for (name, value) in inner.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        let code = command
            .stderr(Stdio::null())
            .status()
            .expect("it runs")
            .code();
        assert_eq!(code, Some(2), "{script}");
    }
    let homeless = stage
        .duckops(&["check", "inc-005"])
        .without("HOME")
        .without("PATH")
        .without("DUCKOPS_STATE_DIR")
        .run();
    assert_eq!(homeless.code, 2, "{homeless:?}");
    assert!(homeless.stdout.contains("CRITICAL"), "{homeless:?}");
}

#[test]
fn the_textfile_follows_the_verdict_and_a_failed_run() {
    let stage = Stage::of(world("inc-005"));
    let path = stage.home().join("duckops.prom");
    let file = path.to_str().expect("a path");
    let critical = "runbook=\"inc-005\",verdict=\"critical\"} 1";
    let quiet = check(&stage, &["inc-005", "-q", "--textfile", file]);
    assert_eq!(quiet.code, 2);
    let text = std::fs::read_to_string(&path).expect("the file");
    assert!(text.contains(critical), "{text}");
    let mode = std::fs::metadata(&path)
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o644, "the collector is another user");
    // A check that comes to nothing says unknown, and when the last whole one was.
    let unmute = check(
        &stage,
        &["inc-005", "--textfile", file, "--unmute", "inc-005"],
    );
    assert_eq!(unmute.code, 3);
    let text = std::fs::read_to_string(&path).expect("the file");
    assert!(!text.contains(critical), "{text}");
    assert!(
        text.contains("runbook=\"inc-005\",verdict=\"unknown\"} 1"),
        "{text}"
    );
    assert!(
        text.contains("duckops_last_complete_run_timestamp_seconds"),
        "{text}"
    );
    let nowhere = check(&stage, &["inc-005", "--textfile", "/proc/none/x.prom"]);
    assert_eq!(nowhere.code, 2);
    assert!(nowhere.stderr.contains("was not written"), "{nowhere:?}");
}

#[test]
fn a_single_subject_is_muted_and_listed_and_ends_like_any_other_mute() {
    let stage = Stage::of(world("inc-005"));
    for subject in [
        "bond:AAAA000000000001",
        "peck:peck_7f3a",
        "execution:peck-0099",
    ] {
        let (kind, name) = subject.split_once(':').expect("a kind");
        let mute = ["inc-005", "--mute", subject, "--until", "2h", "--by", "Ada"];
        let muted = check(&stage, &mute);
        assert_eq!(muted.code, 2, "{muted:?}");
        let (_, document) = standing(&stage, &["inc-005"]);
        let words = format!("{kind} {name} is muted until 2026-03-22T05:12:09Z by Ada");
        assert!(
            document["notes"].to_string().contains(&words),
            "{document:#}"
        );
        // Another incident is not about it.
        let of = &document["runbooks"][0]["standing"]["muted"];
        assert!(of.is_null(), "{of}");
        let ended = check(&stage, &["inc-005", "--unmute", subject]);
        assert_eq!(ended.code, 2, "{ended:?}");
        let again = check(&stage, &["inc-005", "--unmute", subject]);
        assert_eq!(again.code, 3, "{again:?}");
    }
    for wrong in ["bond:", "agent:AAAA", "bond:a b", ":x"] {
        let ran = check(
            &stage,
            &["inc-005", "--mute", wrong, "--until", "2h", "--by", "Ada"],
        );
        assert_eq!(ran.code, 64, "{wrong}: {ran:?}");
        assert!(ran.stderr.contains("bond, peck, execution"), "{ran:?}");
    }
}
