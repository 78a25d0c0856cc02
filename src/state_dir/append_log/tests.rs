//! What the room promises, as claims.

use super::*;
use std::os::unix::fs::symlink;

const HEAD: &str = "# Governance log\n\n";

fn fresh() -> (tempfile::TempDir, PathBuf, AppendLog) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("LOG.md");
    let ledger = AppendLog::at(&path).expect("a name");
    (folder, path, ledger)
}

#[test]
fn an_append_keeps_the_existing_bytes() {
    for (before, due) in [
        (None, "# Governance log\n\none\ntwo\n"),
        (Some(""), "# Governance log\n\none\ntwo\n"),
        (Some("theirs\n"), "theirs\n\none\ntwo\n"),
        (Some("theirs\n\n"), "theirs\n\none\ntwo\n"),
        (Some("unfinished"), "unfinished\n\none\ntwo\n"),
        (Some("\r"), "\r\n\none\ntwo\n"),
    ] {
        let (folder, path, ledger) = fresh();
        if let Some(before) = before {
            fs::write(&path, before).expect("written");
        }
        ledger.append(HEAD, "one\n").expect("appended");
        let one = fs::read_to_string(&path).expect("read");
        ledger.append(HEAD, "two\n").expect("appended");
        let two = fs::read_to_string(&path).expect("read");
        assert!(two.starts_with(&one));
        assert_eq!(two.replace("one\n\ntwo", "one\ntwo"), due);
        let left = fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(left, 1, "nothing stays beside it");
    }
}

#[test]
fn an_entry_truncated_at_any_byte_is_completed_by_the_next_append() {
    let entry = "## a whole entry\n\nwith lines\n";
    for cut in 0..=entry.len() {
        let (_folder, path, ledger) = fresh();
        fs::write(&path, "theirs\n\n").expect("written");
        ledger.intend(8, entry.as_bytes()).expect("kept");
        let begun = format!("theirs\n\n{}", &entry[..cut]);
        fs::write(&path, begun).expect("written");
        ledger.append(HEAD, "next\n").expect("appended");
        let text = fs::read_to_string(&path).expect("read");
        // An entry of which nothing was written is not reported.
        let due = match cut {
            0 => "theirs\n\nnext\n".to_owned(),
            _ => format!("theirs\n\n{entry}\nnext\n"),
        };
        assert_eq!(text, due, "{cut}");
    }
}

#[test]
fn a_pending_entry_counts_only_when_whole_and_matching() {
    let entry = "## a whole entry\n";
    let (_folder, path, ledger) = fresh();
    ledger.intend(0, entry.as_bytes()).expect("kept");
    let whole = fs::read(&ledger.beside).expect("read");
    for cut in 0..whole.len() {
        fs::write(&path, &entry[..4]).expect("written");
        fs::write(&ledger.beside, &whole[..cut]).expect("cut");
        ledger.append(HEAD, "next\n").expect("appended");
        let text = fs::read_to_string(&path).expect("read");
        assert_eq!(text, "## a\n\nnext\n", "{cut}");
    }
    // Another writer appended behind the part.
    fs::write(&path, "## a theirs\n").expect("written");
    fs::write(&ledger.beside, &whole).expect("kept");
    ledger.append(HEAD, "next\n").expect("appended");
    let text = fs::read_to_string(&path).expect("read");
    assert_eq!(text, "## a theirs\n\nnext\n");
}

#[test]
fn links_folders_and_pipes_are_refused() {
    let (folder, path, ledger) = fresh();
    let other = folder.path().join("other");
    fs::write(&other, "theirs").expect("written");
    symlink(&other, &path).expect("linked");
    assert!(matches!(
        ledger.append(HEAD, "x\n"),
        Err(AppendError::Refused(_))
    ));
    fs::remove_file(&path).expect("removed");
    fs::create_dir(&path).expect("made");
    assert!(matches!(
        ledger.append(HEAD, "x\n"),
        Err(AppendError::Refused(_))
    ));
    assert!(AppendLog::at(Path::new("/")).is_err());
    assert_eq!(fs::read(&other).expect("read"), b"theirs");
    // What is beside it must be ours, too.
    fs::remove_dir(&path).expect("removed");
    symlink(&other, &ledger.beside).expect("linked");
    assert!(ledger.append(HEAD, "x\n").is_err());
    assert_eq!(fs::read(&other).expect("read"), b"theirs");
}

/// What `append` does when the disk refuses to sync, with a colleague who writes meanwhile.
#[test]
fn a_failed_entry_is_cut_off_only_where_nothing_follows_it() {
    let entry = b"## ours\n";
    for (behind, due) in [
        ("## ours\n", "theirs\n"),
        ("## ou", "theirs\n"),
        ("", "theirs\n"),
        ("## ours\nlate\n", "theirs\n## ours\nlate\n"),
        ("## oulate\n", "theirs\n## oulate\n"),
        ("late\n", "theirs\nlate\n"),
    ] {
        let (_folder, path, log) = fresh();
        fs::write(&path, format!("theirs\n{behind}")).expect("written");
        log.intend(7, entry).expect("kept");
        let mut file = log.open().expect("opened");
        let failed = io::Error::from_raw_os_error(5);
        let error = log.take_back(&mut file, 7, entry, &failed);
        assert_eq!(fs::read_to_string(&path).expect("read"), due);
        let is_ours = due == "theirs\n";
        assert_eq!(matches!(error, AppendError::Refused(_)), is_ours, "{error}");
        assert_eq!(log.beside.exists(), !is_ours);
    }
}

#[test]
fn utf_16_is_refused_and_a_link_is_called_one() {
    for text in [b"\xff\xfe#\0".as_slice(), b"\xfe\xff\0#", b"#\0 \0"] {
        let (_folder, path, log) = fresh();
        fs::write(&path, text).expect("written");
        let error = log.append(HEAD, "x\n").expect_err("refused").to_string();
        assert!(error.contains("UTF-16"), "{error}");
        assert_eq!(fs::read(&path).expect("read"), text);
    }
    let (folder, path, log) = fresh();
    let other = folder.path().join("other");
    fs::write(&other, "theirs").expect("written");
    symlink(&other, &path).expect("linked");
    for error in [
        log.append(HEAD, "x\n").expect_err("refused").to_string(),
        log.last("x").expect_err("refused").to_string(),
    ] {
        assert!(error.contains("symbolic link"), "{error}");
    }
}

#[test]
fn the_last_line_with_a_prefix_is_found() {
    let (_folder, path, ledger) = fresh();
    assert_eq!(ledger.last("<!-- x").expect("no log"), None);
    fs::write(&path, b"<!-- x 1\n\xff<!-- x 2\n<!-- x 3\ny\n").expect("written");
    assert_eq!(
        ledger.last("<!-- x").expect("read").as_deref(),
        Some("<!-- x 3")
    );
}
