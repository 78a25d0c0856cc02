//! What may stand where the database should be: damaged and foreign files, links, modes. What
//! cannot be read is left unchanged, byte for byte.
#![allow(clippy::unwrap_used)] // A broken test may say so loudly.

use super::tests::{LONG, SHORT, at, errors_since, filled, prod, snapshot};
use super::*;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::process::Command;
use tempfile::TempDir;

fn refused(path: &Path) -> String {
    match Sqlite::open(path, SHORT) {
        Err(error @ HistoryError::Unreadable { .. }) => error.to_string(),
        Err(error) => format!("another error: {error}"),
        Ok(_) => "it was opened".to_owned(),
    }
}

#[test]
fn a_foreign_file_is_unreadable_and_unchanged() {
    let folder = TempDir::new().unwrap();
    let whole = folder.path().join("whole.db");
    filled(&whole, 300);
    let whole = fs::read(&whole).unwrap();
    let mut no_header = whole.clone();
    no_header[..16].fill(0);
    let path = folder.path().join("h.db");
    let strangers: [&[u8]; 6] = [
        b"these are not the ducks you are looking for\n",
        b"\0",
        &[0xff; 4_096],
        &whole[..100],
        &whole[..whole.len() / 2],
        &no_header,
    ];
    for bytes in strangers {
        fs::write(&path, bytes).unwrap();
        let read = Sqlite::open(&path, SHORT).and_then(|h| {
            h.summaries(&prod(), at(0))?;
            h.samples(&prod(), "peck.callback_errors", at(0))
        });
        let size = bytes.len();
        assert!(
            matches!(read, Err(HistoryError::Unreadable { .. })),
            "{size}: {read:?}"
        );
        assert_eq!(fs::read(&path).unwrap(), bytes, "{size}");
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(file::beside(&path, suffix));
        }
    }
}

#[test]
fn recording_into_a_foreign_file_is_refused_and_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("h.db");
    // It is not there when we look, and it is there when we record.
    let mut history = Sqlite::open(&path, SHORT).unwrap();
    fs::write(&path, "a letter to T-JOSH").unwrap();
    let refused = history.record(&snapshot(1, 0, 1));
    assert!(
        matches!(refused, Err(HistoryError::Unreadable { .. })),
        "{refused:?}"
    );
    drop(history);
    assert_eq!(fs::read(&path).unwrap(), b"a letter to T-JOSH");
}

#[test]
fn the_database_of_another_application_is_not_touched() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("h.db");
    let mut history = Sqlite::open(&path, SHORT).unwrap();
    let other = Connection::open(&path).unwrap();
    other
        .execute_batch("CREATE TABLE diary (entry TEXT)")
        .unwrap();
    drop(other);
    let before = fs::read(&path).unwrap();
    assert!(
        refused(&path).contains("another application"),
        "{}",
        refused(&path)
    );
    let recorded = history.record(&snapshot(1, 0, 1));
    assert!(
        matches!(recorded, Err(HistoryError::Unreadable { .. })),
        "{recorded:?}"
    );
    drop(history);
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_zero_length_file_is_an_empty_history_and_can_be_recorded_in() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("h.db");
    fs::write(&path, "").unwrap();
    let mut history = Sqlite::open(&path, SHORT).unwrap();
    assert!(errors_since(&history, 0).is_empty());
    assert_eq!(
        fs::metadata(&path).unwrap().len(),
        0,
        "reading changes nothing"
    );
    history.record(&snapshot(1, 0, 5)).unwrap();
    assert_eq!(errors_since(&history, 0), [(0, 5)]);
}

#[test]
fn a_flipped_byte_never_changes_the_file() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("h.db");
    filled(&path, 200);
    let whole = fs::read(&path).unwrap();
    let mut errors = 0;
    let mut dice: u64 = 0x5eed;
    for round in 0..1_000_usize {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let place = if round < 100 {
            round
        } else {
            (dice >> 20) as usize % whole.len()
        };
        let mut bytes = whole.clone();
        bytes[place] ^= 1 << (dice >> 60 & 7);
        fs::write(&path, &bytes).unwrap();
        let read = Sqlite::open(&path, SHORT).and_then(|h| {
            h.summaries(&prod(), at(0))?;
            h.samples(&prod(), "peck.callback_errors", at(0))
        });
        match read {
            Err(HistoryError::Unreadable { .. } | HistoryError::Newer { .. }) => errors += 1,
            // A flipped bit inside a row is an answer: SQLite keeps no checksums.
            Ok(_) => {}
            Err(other) => assert_eq!(other.to_string(), "", "at {place}"),
        }
        assert_eq!(fs::read(&path).unwrap(), bytes, "at {place}");
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(file::beside(&path, suffix));
        }
    }
    assert!(errors > 50, "{errors}");
}

#[test]
fn links_pipes_and_directories_are_refused_also_as_wal_or_shm() {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("target.db");
    filled(&target, 1);
    let before = fs::read(&target).unwrap();
    let path = folder.path().join("h.db");

    symlink(&target, &path).unwrap();
    assert!(refused(&path).contains("symbolic link"));
    fs::remove_file(&path).unwrap();
    symlink(folder.path().join("nowhere"), &path).unwrap();
    assert!(
        refused(&path).contains("symbolic link"),
        "also a dangling one"
    );
    fs::remove_file(&path).unwrap();

    fs::create_dir(&path).unwrap();
    assert!(refused(&path).contains("folder"));
    fs::remove_dir(&path).unwrap();

    let made = Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    assert!(refused(&path).contains("pipe"));
    fs::remove_file(&path).unwrap();

    filled(&path, 1);
    for suffix in ["-wal", "-shm", "-journal"] {
        let beside = file::beside(&path, suffix);
        symlink(&target, &beside).unwrap();
        assert!(refused(&path).contains("symbolic link"), "{suffix}");
        fs::remove_file(&beside).unwrap();
    }
    assert!(refused(Path::new("/dev/null")).contains("device"));
    assert!(
        refused(&target.join("h.db")).contains("target.db"),
        "a file as its folder"
    );
    assert_eq!(fs::read(&target).unwrap(), before);
}

#[test]
fn a_symlink_created_after_the_check_is_not_followed() {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("target.db");
    filled(&target, 1);
    let path = folder.path().join("h.db");
    symlink(&target, &path).unwrap();
    // This is what `open` does after it has looked.
    assert!(connect(&path).is_err());
    assert!(file::make(&path).is_ok(), "something is there");
    fs::remove_file(&path).unwrap();
    symlink(folder.path().join("nowhere"), &path).unwrap();
    file::make(&path).unwrap();
    assert!(!folder.path().join("nowhere").exists());
}

#[test]
fn a_symlink_among_parent_directories_is_followed() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("real")).unwrap();
    symlink(folder.path().join("real"), folder.path().join("home")).unwrap();
    let path = folder.path().join("home/h.db");
    filled(&path, 2);
    assert_eq!(
        errors_since(&Sqlite::open(&path, SHORT).unwrap(), 0).len(),
        2
    );
}

#[test]
fn a_file_name_that_looks_like_a_uri_is_used_as_it_is() {
    let folder = TempDir::new().unwrap();
    for name in [
        "file:x?mode=memory",
        ":memory:",
        "x?immutable=1",
        "a b%20ü\n.db",
    ] {
        let path = folder.path().join(name);
        filled(&path, 1);
        assert!(path.is_file(), "{name}");
        let plain = file::plain(Path::new(name)).unwrap();
        assert!(plain.is_absolute() && plain.ends_with(name), "{plain:?}");
    }
}

#[test]
fn files_are_private_during_and_after_use() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a/b/h.db");
    let mut history = Sqlite::open(&path, LONG).unwrap();
    history.record(&snapshot(1, 0, 1)).unwrap();
    for suffix in ["", "-wal", "-shm"] {
        assert_eq!(mode(&file::beside(&path, suffix)), 0o600, "{suffix}");
    }
    assert_eq!(mode(&folder.path().join("a")), 0o700);
    assert_eq!(mode(&folder.path().join("a/b")), 0o700);
}

pub(super) fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn recording_into_a_deleted_or_replaced_database_is_an_error() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("h.db");
    let mut history = Sqlite::open(&path, LONG).unwrap();
    history.record(&snapshot(1, 0, 1)).unwrap();
    for suffix in ["", "-wal", "-shm"] {
        fs::remove_file(file::beside(&path, suffix)).unwrap();
    }
    history.record(&snapshot(2, 1, 2)).unwrap();
    assert_eq!(
        errors_since(&Sqlite::open(&path, LONG).unwrap(), 0),
        [(1, 2)]
    );

    let other = folder.path().join("other.db");
    filled(&other, 3);
    fs::rename(&other, &path).unwrap();
    for suffix in ["-wal", "-shm"] {
        fs::remove_file(file::beside(&path, suffix)).unwrap();
    }
    history.record(&snapshot(9, 9, 9)).unwrap();
    drop(history);
    let seen = errors_since(&Sqlite::open(&path, LONG).unwrap(), 0);
    assert_eq!(seen, [(0, 0), (1, 1), (2, 2), (9, 9)]);
}

#[test]
fn an_existing_directory_keeps_its_mode() {
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    filled(&folder.path().join("h.db"), 1);
    assert_eq!(mode(folder.path()), 0o755);
}

#[test]
fn a_copy_in_memory_answers_like_the_database_and_refuses_to_record() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("h.db");
    filled(&path, 3);
    let db = copy::open(&path).unwrap();
    assert_eq!(schema::content(&db, &path), Ok(Content::Ours));
    let mut history = Sqlite {
        path: path.clone(),
        budget: SHORT,
        db: Db::Copy(db),
    };
    assert_eq!(errors_since(&history, 0), [(0, 0), (1, 1), (2, 2)]);
    let refused = history.record(&snapshot(9, 9, 9));
    assert!(
        matches!(refused, Err(HistoryError::NotWritable { .. })),
        "{refused:?}"
    );
}

#[test]
fn no_copy_is_made_while_the_wal_holds_rows() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("h.db");
    let mut history = Sqlite::open(&path, LONG).unwrap();
    history.record(&snapshot(1, 0, 1)).unwrap();
    assert!(fs::metadata(file::beside(&path, "-wal")).unwrap().size() > 0);
    let refused = copy::open(&path).err().unwrap().to_string();
    assert!(refused.contains("rows wait in it"), "{refused}");
}
