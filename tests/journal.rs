//! Claim: what a command takes does not grow with the journal, however long that is.

use crate::support::{Stage, under, world};
use duckops::state_dir::sha256;
use serde_json::json;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::os::unix::fs::PermissionsExt;

/// How many bytes of earlier entries there seem to be.
const EARLIER: u64 = 1 << 30;

/// A journal whose newest entry stands behind a gigabyte, and its index. What is in the gigabyte
/// does not matter for reading on from the index.
fn long_journal(stage: &Stage) {
    let entry = json!({"id": "01A", "at": "2026-03-20T03:12:09Z", "action": "bond pulse",
        "stage": "plan", "stack": "elsewhere", "detail": {}});
    let line = json!({"number": 1_000_000, "entry": entry, "after_torn": 0, "previous": "0"});
    let text = line.to_string();
    let body = &text[..text.len() - 1];
    let hash = sha256(body.as_bytes());
    let text = format!("{body},\"hash\":\"{hash}\"}}\n");
    let journal = private(stage, "journal.jsonl");
    journal
        .write_all_at(text.as_bytes(), EARLIER)
        .expect("written");
    let index = json!({"format": 1, "head": hash, "number": 1_000_000, "lines": 1_000_000,
        "last_line": [EARLIER, EARLIER + text.len() as u64], "entries": [[1_000_000, entry]]});
    private(stage, "journal.index")
        .write_all_at(index.to_string().as_bytes(), 0)
        .expect("written");
}

/// A file in the state folder that only its owner may read.
fn private(stage: &Stage, name: &str) -> File {
    let folder = stage.state();
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = File::create(folder.join(name)).expect("a file");
    let mode = std::fs::Permissions::from_mode(0o600);
    file.set_permissions(mode).expect("0600");
    file
}

/// How many bytes a call of the binary reads, files and sockets together.
fn bytes_read(stage: &Stage, arguments: &[&str]) -> u64 {
    let command = stage.duckops(arguments).command();
    // A process that was waited for counts as its parent.
    let line = "\"$@\" >/dev/null 2>&1; echo \"code: $?\"; cat /proc/$$/io";
    let mut shell = under(&command, "/bin/sh", &["-c", line, "sh"]);
    let output = shell.output().expect("a shell");
    let text = String::from_utf8_lossy(&output.stdout);
    let number = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|number| number.parse::<u64>().ok())
    };
    let code = number("code: ").expect("it ended");
    assert!(code < 4, "{arguments:?}: {output:?}");
    number("rchar: ").expect("the kernel counts")
}

#[test]
fn a_gigabyte_of_journal_is_read_by_nobody_but_who_verifies_it() {
    let stage = Stage::of(world("inc-005"));
    long_journal(&stage);
    let all = bytes_read(&stage, &["journal", "--verify"]);
    assert!(all >= EARLIER, "{all}");
    for arguments in [
        &["triage", "inc-005"][..],
        &["check", "inc-005"],
        &["alias", "show"],
        &["escalate", "inc-005", "--dry-run"],
        &["record", "inc-005", "--dry-run"],
        &["record", "--deploy-log", "LOG.md"],
        &["bond", "show", "AAAA000000000001"],
        &["bond", "disconnect", "AAAA000000000001", "--dry-run"],
    ] {
        let read = bytes_read(&stage, arguments);
        println!("{arguments:?}: {read} bytes read");
        assert!(read < EARLIER / 20, "{arguments:?} read {read} bytes");
    }
}

#[test]
fn a_journal_that_is_none_is_not_read_to_its_end() {
    for name in ["one line", "empty lines"] {
        let stage = Stage::of(world("inc-005"));
        let journal = private(&stage, "journal.jsonl");
        match name {
            "one line" => journal.set_len(EARLIER).expect("made longer"),
            _ => {
                let lines = vec![b'\n'; 60_000_000];
                journal.write_all_at(&lines, 0).expect("written");
            }
        }
        for arguments in [
            &["check", "inc-005"][..],
            &["alias", "show"],
            &["escalate", "inc-005", "--dry-run"],
        ] {
            let read = bytes_read(&stage, arguments);
            println!("{name}, {arguments:?}: {read} bytes read");
            assert!(
                read < EARLIER / 50,
                "{name}: {arguments:?} read {read} bytes"
            );
        }
        assert_eq!(
            stage.duckops(&["journal", "--verify"]).run().code,
            2,
            "{name}"
        );
    }
}
