//! Claim: an incident is written to GOVERNANCE-LOG.md once and completely, with exact numbers,
//! whatever other writers do, whatever is killed, and whatever the file contains already.

use crate::support::{Duckops, Ran, Stage, now, under, world};
use duckops::state_dir::journal::{Journal, JournalEntry, Stage as Step};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

const KEPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/recordings/inc-004-1.0.json"
);

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of ours")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a log")
}

fn record(home: &Path, arguments: &[&str]) -> Duckops {
    let kept = ["record", "inc-004", "--from", KEPT];
    Duckops::new(home, &[&kept, arguments].concat())
}

/// The ids of the entries that stand in a log, each with how often.
fn entries(log: &str) -> BTreeMap<String, usize> {
    let mut ids = BTreeMap::new();
    for line in log.lines() {
        let id = line
            .strip_prefix("<!-- duckops inc-004 ")
            .and_then(|rest| rest.strip_suffix(" -->"));
        if let Some(id) = id {
            *ids.entry(id.to_owned()).or_default() += 1;
        }
    }
    ids
}

fn id_of(ran: &Ran) -> String {
    let line = ran
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("entry     "));
    line.unwrap_or_else(|| panic!("{ran:?}")).to_owned()
}

#[test]
fn an_exhausted_quota_is_recorded_with_numbers_and_operator() {
    let stage = Stage::of(world("inc-005"));
    let log = stage.home().join("GOVERNANCE-LOG.md");
    let done = |detail: Value, ago: u64| JournalEntry {
        id: "01".into(),
        at: duckops::fact::instant((now() - Duration::from_secs(ago)).unix_timestamp()),
        action: "alias rollback".into(),
        stage: Step::Outcome,
        stack: "prod".into(),
        detail,
    };
    Journal::in_folder(&stage.state())
        .append(&[
            done(json!({"outcome": "too long ago"}), 86_401),
            done(json!({"outcome": "applied"}), 86_400),
            done(json!({"outcome": "dated ahead"}), 0),
        ])
        .expect("a journal");
    let ran = stage
        .duckops(&[
            "record",
            "inc-005",
            "--log",
            text(&log),
            "--operator",
            "operator on call",
            "--note",
            "mail was | full",
        ])
        .run();
    assert_eq!(ran.code, 0, "{ran:?}");
    let entry = read(&log);
    for part in [
        "# Governance log\n\n## 2026-03-22T03:12:09Z INC-005 CRITICAL: ",
        "- **Operator:** operator on call\n",
        "- **Stack:** prod, account 121546003735, region us-east-1, asked as arn:aws:sts:",
        "- **Escalation:** T-JOSH P0 at once: ",
        "- **Note:** mail was \\| full\n",
        "| email.max_24h | 200 recipients |\n",
        "| email.sent_24h | 198 recipients |\n",
        "| email.used_percent | 99 percent |\n",
        "| growth.ducklings_24h_min | ",
        "| email.capacity_in | ",
        "2026-03-21T03:12:09Z alias rollback: applied\n",
    ] {
        assert!(entry.contains(part), "{part}\n{entry}");
    }
    assert!(!entry.contains("too long ago"), "{entry}");
    assert!(!entry.contains(" count |"), "{entry}");
    // What cannot be known is said to be unknown.
    let denied = Stage::of(world("denied-mail"));
    let log = denied.home().join("LOG.md");
    let ran = denied
        .duckops(&["record", "inc-005", "--log", text(&log)])
        .run();
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        read(&log).contains("| email.sent_24h | not known: "),
        "{}",
        read(&log)
    );
}

#[test]
fn a_dry_run_shows_the_entry_and_writes_nothing() {
    let home = tempfile::tempdir().expect("a folder");
    let log = home.path().join("LOG.md");
    let ran = record(home.path(), &["--dry-run", "--log", text(&log)]).run();
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.stdout.lines().all(|line| line.starts_with("DRY RUN  ")),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("INC-004 CRITICAL") && !log.exists());
    // Without a log that is named nothing is guessed.
    for (arguments, code) in [(&["--dry-run"][..], 0), (&[], 64)] {
        let ran = record(home.path(), arguments).run();
        assert_eq!(ran.code, code, "{ran:?}");
    }
    assert_eq!(std::fs::read_dir(home.path()).expect("a folder").count(), 0);
    let named = record(home.path(), &[])
        .env("DUCKOPS_GOVERNANCE_LOG", &log)
        .run();
    assert_eq!(named.code, 0, "{named:?}");
    assert_eq!(entries(&read(&log)).len(), 1);
}

#[test]
fn existing_log_entries_are_never_changed() {
    let home = tempfile::tempdir().expect("a folder");
    for before in [
        "",
        "theirs\n",
        "an unfinished line",
        "\u{0}\u{1}binary\r",
        "| a | table |\n|---|---|",
    ] {
        let log = home.path().join("LOG.md");
        std::fs::write(&log, before).expect("written");
        for times in 1..=2 {
            let ran = record(home.path(), &["--log", text(&log)]).run();
            assert_eq!(ran.code, 0, "{ran:?}");
            assert_eq!(
                ran.stdout.contains("an earlier entry"),
                times == 2,
                "{ran:?}"
            );
            assert!(read(&log).starts_with(before));
            assert_eq!(entries(&read(&log)).len(), times);
        }
    }
    // A link could lead anywhere.
    let link = home.path().join("link.md");
    let other = home.path().join("other");
    std::fs::write(&other, "theirs").expect("written");
    std::os::unix::fs::symlink(&other, &link).expect("linked");
    for place in [
        &link,
        &home.path().to_owned(),
        &home.path().join("no/LOG.md"),
        &PathBuf::from("/dev/null"),
    ] {
        let ran = record(home.path(), &["--log", text(place)]).run();
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.stdout.starts_with("NOT RECORDED"), "{ran:?}");
        let next = format!("\nNEXT      duckops record inc-004 --from {KEPT} --dry-run\n");
        assert!(ran.stdout.ends_with(&next), "{ran:?}");
    }
    assert_eq!(read(&other), "theirs");
}

#[test]
fn a_full_disk_loses_the_entry_and_nothing_older() {
    let home = tempfile::tempdir().expect("a folder");
    let log = home.path().join("LOG.md");
    for size in [0, 3000, 4000] {
        let before = "x".repeat(size);
        std::fs::write(&log, &before).expect("written");
        let command = record(home.path(), &["--log", text(&log)]).command();
        // In blocks of 512 bytes: the entry is larger than what is left.
        let script = "trap '' XFSZ; ulimit -f 8; exec \"$@\"";
        let mut limited = under(&command, "/bin/sh", &["-c", script, "sh"]);
        let output = limited.output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout);
        let is_recorded = output.status.code() == Some(0);
        assert!(is_recorded || output.status.code() == Some(1), "{output:?}");
        assert_eq!(is_recorded, said.starts_with("RECORDED"), "{said}");
        let after = read(&log);
        assert_eq!(entries(&after).len(), usize::from(is_recorded), "{size}");
        assert_eq!(after == before, !is_recorded, "{size}: {after}");
    }
}

/// Processes that append at the same time, of which some are killed within so many microseconds,
/// while another writer appends its own lines. Returns how many were acknowledged, and how many were
/// killed.
fn storm(processes: usize, at_once: usize, within: u64) -> (usize, usize) {
    let home = tempfile::tempdir().expect("a folder");
    let log = home.path().join("LOG.md");
    std::fs::write(&log, "theirs\n").expect("written");
    let (mut acknowledged, mut killed, mut foreign) = (Vec::new(), 0, 1);
    // The same every time, and no two processes alike.
    let mut dice = 0x2545_f491_4f6c_dd1d_u64;
    let mut roll = |sides: u64| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        dice % sides
    };
    let mut started = 0;
    while started < processes {
        let running: Vec<_> = (0..at_once.min(processes - started))
            .map(|_| {
                let child = record(home.path(), &["--log", text(&log)])
                    .command()
                    .stdout(Stdio::piped())
                    .stderr(Stdio::null())
                    .spawn()
                    .expect("it runs");
                // Not waited for before the thread ends, so the number stays this child's.
                let process = Pid::from_child(&child);
                let after = (roll(2) == 0).then(|| Duration::from_micros(roll(within)));
                let killer = after.map(|after| {
                    std::thread::spawn(move || {
                        std::thread::sleep(after);
                        let _ = kill_process(process, Signal::KILL);
                    })
                });
                (child, killer)
            })
            .collect();
        started += running.len();
        // Another writer, without our lock, appends a whole line.
        let mut theirs = std::fs::OpenOptions::new()
            .append(true)
            .open(&log)
            .expect("the log");
        theirs.lock().expect("held");
        theirs.write_all(b"theirs\n").expect("written");
        foreign += 1;
        drop(theirs);
        for (child, killer) in running {
            if let Some(killer) = killer {
                killer.join().expect("it killed");
            }
            let output = child.wait_with_output().expect("it ended");
            killed += usize::from(output.status.signal() == Some(9));
            let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
            if stdout.starts_with("RECORDED") {
                let id = stdout
                    .lines()
                    .find_map(|line| line.strip_prefix("entry     "));
                acknowledged.push(id.expect("an id").to_owned());
            }
        }
    }
    // The last run completes what was left.
    let last = record(home.path(), &["--log", text(&log)]).run();
    assert_eq!(last.code, 0, "{last:?}");
    acknowledged.push(id_of(&last));
    let after = read(&log);
    let found = entries(&after);
    for id in &acknowledged {
        assert_eq!(found.get(id), Some(&1), "{id} was acknowledged");
    }
    assert!(found.values().all(|times| *times == 1));
    assert_eq!(
        after.lines().filter(|line| *line == "theirs").count(),
        foreign
    );
    // Every entry is whole: each has the lines of the last one but its id.
    let shape = |entry: &str| -> Vec<String> {
        let lines = entry
            .lines()
            .filter(|line| !line.starts_with("<!--") && *line != "theirs" && !line.is_empty());
        lines.map(str::to_owned).collect()
    };
    let whole: Vec<_> = after.split("## 2026-").skip(1).map(shape).collect();
    assert_eq!(whole.len(), found.len());
    for entry in &whole {
        assert_eq!(entry, whole.last().expect("one"), "a torn entry");
    }
    assert_eq!(std::fs::read_dir(home.path()).expect("a folder").count(), 1);
    println!(
        "{processes} appends, {at_once} at a time: {} acknowledged, each once; {killed} killed; {} entries whole; {foreign} foreign lines kept",
        acknowledged.len() - 1,
        found.len()
    );
    (acknowledged.len() - 1, killed)
}

/// The whole: `cargo test --test claims -- --ignored --nocapture two_hundred_appends`.
#[test]
fn appends_at_once_lose_nothing_when_some_are_killed() {
    // How long an append takes depends on the machine and on what else it does.
    let mut within = 300_000;
    let is_telling = (0..6).any(|_| {
        let (acknowledged, killed) = storm(48, 16, within);
        within = if killed < 10 { within / 2 } else { within * 2 };
        acknowledged >= 10 && killed >= 10
    });
    assert!(is_telling, "some must end and some be killed");
}

#[test]
#[ignore = "takes a minute"]
fn two_hundred_appends_at_once_lose_nothing_when_half_are_killed() {
    let (acknowledged, killed) = storm(200, 200, 300_000);
    assert!(acknowledged >= 50 && killed >= 50);
}

/// Rolls back on a practice stack, so that the journal has a move.
fn rolled_back() -> Stage {
    let stage = Stage::of(world("inc-001"));
    let rollback = [
        "alias",
        "rollback",
        "--to",
        "61",
        "--confirm",
        "prod@62->61",
        "--endpoint-override",
        "--wait",
        "30s",
    ];
    let ran = stage.duckops(&rollback).run();
    assert_eq!(ran.code, 0, "{ran:?}");
    stage
}

#[test]
fn the_last_move_of_the_alias_goes_into_the_deploy_log_once_and_is_read_by_what_reads_it() {
    let stage = rolled_back();
    let log = stage.home().join("DEPLOY-LOG.md");
    let before = "# Deploys\n2026-03-20 v61 by ops\n2026-03-22 v62 by ops";
    std::fs::write(&log, before).expect("a log");
    let deploy = |more: &[&str]| {
        let arguments = ["record", "--deploy-log", text(&log)];
        stage.duckops(&[&arguments, more].concat()).run()
    };
    let dry = deploy(&["--dry-run"]);
    assert_eq!(dry.code, 0, "{dry:?}");
    assert_eq!(read(&log), before);
    let ran = deploy(&[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.stdout.contains("its newest entry names version 61"),
        "{ran:?}"
    );
    let after = read(&log);
    let line = after
        .strip_prefix(before)
        .expect("nothing was changed")
        .trim();
    assert!(dry.stdout.contains(line), "{dry:?}\n{line}");
    assert!(line.starts_with("2026-03-22T03:12:09Z | prod | "), "{line}");
    assert!(
        line.contains("| version 61 | alias rollback, was 62 | by arn:"),
        "{line}"
    );
    // What reads it: triage expects that version now.
    let (_, triage) = stage
        .duckops(&["triage", "inc-001", "--deploy-log", text(&log)])
        .json();
    let step = crate::support::step(&triage, "inc-001", "alias");
    assert_eq!(step["verdict"], "ok", "{step:#}");
    // Once.
    let again = deploy(&["inc-001"]);
    assert_eq!(again.code, 1, "{again:?}");
    assert!(again.stdout.contains("has it already"), "{again:?}");
    assert_eq!(read(&log), after);
    let other = stage.home().join("OTHER.md");
    let ran = stage.duckops(&["record", "inc-001", "--deploy-log", text(&other)]);
    assert_eq!(ran.run().code, 0);
    let other = read(&other);
    assert!(
        other.starts_with("# Deploy log\n\n2026-03-22T03:12:09Z "),
        "{other}"
    );
    assert!(other.contains(" | INC-001 | journal "), "{other}");
}

#[test]
fn a_newer_or_unwritable_deploy_log_is_reported() {
    let stage = rolled_back();
    let place = |name: &str| stage.home().join(name);
    // Two days later: an entry with a date that is still to come is no deployment.
    let deploy = |log: &Path| {
        let call = stage.duckops(&["record", "--deploy-log", text(log)]);
        call.env("DUCKOPS_TEST_NOW", "2026-03-24T03:12:09Z").run()
    };
    // By the log there was a deploy since then: that stays the newest.
    let newer = place("NEWER.md");
    std::fs::write(&newer, "2026-03-23 v63 by ops\n").expect("a log");
    let ran = deploy(&newer);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.stdout.contains("but its newest entry names version 63"),
        "{ran:?}"
    );
    let link = place("LINK.md");
    std::os::unix::fs::symlink(&newer, &link).expect("a link");
    for log in [&link, &stage.home().to_owned(), &place("no/LOG.md")] {
        let ran = deploy(log);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.stdout.contains("nothing was written"), "{ran:?}");
    }
    // Nothing was moved from here.
    let fresh = Stage::of(world("inc-001"));
    let log = fresh.home().join("DEPLOY-LOG.md");
    let ran = fresh.duckops(&["record", "--deploy-log", text(&log)]).run();
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("has no move of the alias"), "{ran:?}");
    assert!(!log.exists());
    // A journal that was changed is believed nothing.
    let path = stage.state().join("journal.jsonl");
    let journal = read(&path).replace("\"version\":\"61\"", "\"version\":\"60\"");
    std::fs::write(&path, journal).expect("written");
    let log = place("FORGED.md");
    let ran = deploy(&log);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(!log.exists());
    let both = ["record", "--deploy-log", text(&log), "--log", "x"];
    assert_eq!(stage.duckops(&both).run().code, 64);
    assert_eq!(stage.duckops(&["record"]).run().code, 64);
}
