//! Tests that need other processes: several that create a file at once, umasks, and a user who
//! may not write. The tests named `child_` are those processes and do nothing by themselves.
#![allow(clippy::unwrap_used)] // A broken test may say so loudly.
#![allow(clippy::print_stderr)] // A test that could not run has to say so.

use super::tests::{LONG, checked, errors_since, filled, snapshot};
use super::tests_files::mode;
use super::*;
use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::process::{Command, Stdio};
use tempfile::TempDir;

const PATH: &str = "DUCKOPS_TEST_HISTORY_PATH";
const NUMBER: &str = "DUCKOPS_TEST_HISTORY_NUMBER";
const EACH: i64 = 25;
const NOBODY: u32 = 65_534;

/// This test binary again, with one test; `before` comes first on its command line.
fn child(before: &[&str], test: &str, path: &Path, number: usize) -> Command {
    let mut words: Vec<_> = before.iter().map(Into::into).collect();
    words.push(env::current_exe().unwrap().into_os_string());
    let mut child = Command::new(&words[0]);
    let name = format!("history::sqlite::tests_processes::{test}");
    child
        .args(&words[1..])
        .args(["--exact", &name, "--ignored", "--nocapture"]);
    // Its own report would pass for one of ours; what went wrong stands on standard error.
    child.stdout(Stdio::null());
    child.env(PATH, path).env(NUMBER, number.to_string());
    child
}

fn child_arguments() -> Option<(PathBuf, usize)> {
    let number = env::var(NUMBER).ok()?.parse().ok()?;
    Some((env::var_os(PATH)?.into(), number))
}

#[test]
#[ignore = "a part of the tests below"]
fn child_records() {
    let Some((path, number)) = child_arguments() else {
        return;
    };
    let mut history = Sqlite::open(&path, LONG).unwrap();
    for i in 0..EACH {
        let id = number as u128 * 1_000 + i as u128;
        history.record(&snapshot(id, i, number as i64)).unwrap();
    }
    let umask = env::var_os("DUCKOPS_TEST_SHOW_MODES").is_some();
    for suffix in ["", "-wal", "-shm"].into_iter().filter(|_| umask) {
        assert_eq!(mode(&file::beside(&path, suffix)), 0o600, "{suffix}");
    }
}

#[test]
#[ignore = "a part of the tests below"]
fn child_may_only_read() {
    let Some((path, _)) = child_arguments() else {
        return;
    };
    let mut history = Sqlite::open(&path, LONG).unwrap();
    assert_eq!(errors_since(&history, 0).len(), 3);
    let refused = history.record(&snapshot(9, 9, 9));
    assert!(
        matches!(refused, Err(HistoryError::NotWritable { .. })),
        "{refused:?}"
    );
    let missing = path.with_file_name("missing.db");
    let mut history = Sqlite::open(&missing, LONG).unwrap();
    assert!(errors_since(&history, 0).is_empty(), "proven empty");
    let refused = history.record(&snapshot(9, 9, 9));
    assert!(
        matches!(refused, Err(HistoryError::NotWritable { .. })),
        "{refused:?}"
    );
    let hidden = path.with_file_name("hidden.db");
    let refused = Sqlite::open(&hidden, LONG).err();
    assert!(
        matches!(refused, Some(HistoryError::Unreadable { .. })),
        "{refused:?}"
    );
}

#[test]
fn processes_creating_the_same_database_at_once_all_succeed() {
    let folder = TempDir::new().unwrap();
    for round in 0..3 {
        let path = folder.path().join(format!("{round}/h.db"));
        let children: Vec<_> = (1..=6)
            .map(|number| child(&[], "child_records", &path, number).spawn().unwrap())
            .collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        let history = Sqlite::open(&path, LONG).unwrap();
        assert_eq!(errors_since(&history, 0).len() as i64, 6 * EACH);
        assert_eq!(checked(&history), "ok");
    }
}

#[test]
fn file_modes_do_not_depend_on_the_umask() {
    for umask in ["000", "022", "077", "777"] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("a/b/h.db");
        let line = format!("umask {umask}; exec \"$0\" \"$@\"");
        let mut child = child(&["sh", "-c", &line], "child_records", &path, 1);
        child.env("DUCKOPS_TEST_SHOW_MODES", "1");
        assert!(child.status().unwrap().success(), "{umask}");
        assert_eq!(mode(&path), 0o600, "{umask}");
        assert_eq!(mode(&folder.path().join("a")), 0o700, "{umask}");
        assert_eq!(mode(&folder.path().join("a/b")), 0o700, "{umask}");
    }
}

#[test]
fn a_read_only_directory_allows_reading_and_refuses_recording() {
    let folder = TempDir::new().unwrap();
    let state = folder.path().join("state");
    let path = state.join("h.db");
    let hidden = state.join("hidden.db");
    filled(&path, 3);
    filled(&hidden, 1);
    let set = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode));
    set(&hidden, 0o000).unwrap();
    set(&state, 0o555).unwrap();
    set(folder.path(), 0o755).unwrap();
    let before = fs::read(&path).unwrap();

    let mut user: Vec<&str> = Vec::new();
    if fs::write(state.join("probe"), "").is_ok() {
        fs::remove_file(state.join("probe")).unwrap();
        chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
        user = vec![
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
        ];
    }
    let able = user.is_empty() || {
        let mut probe = child(&user, "no_such_test", &path, 1);
        probe.output().is_ok_and(|o| o.status.success())
    };
    if able {
        let status = child(&user, "child_may_only_read", &path, 1).status();
        assert!(status.unwrap().success());
    } else {
        eprintln!("NOT RUN: no way to become a user who may not write");
    }
    assert_eq!(
        fs::read_dir(&state).unwrap().count(),
        2,
        "nothing was left behind"
    );
    set(&state, 0o755).unwrap();
    set(&hidden, 0o600).unwrap();
    assert_eq!(fs::read(&path).unwrap(), before);
}
