//! One check of the same runbooks at a time on this machine. The lock goes with the process
//! that holds it, however that ends; the file stays and blocks nobody.

use crate::fact::{duration, instant};
use crate::text::Printable;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use time::OffsetDateTime;

/// What keeps a second check out, as long as it lives.
#[derive(Debug)]
pub(super) struct Lock(#[allow(dead_code, reason = "held, not read")] File);

/// Why there is no lock.
#[derive(Debug)]
pub(super) enum NoLock {
    /// Another check holds it; how it is known.
    Held(Printable),
    /// There can be none here.
    Impossible(Printable),
}

/// Takes the lock for what `key` names.
pub(super) fn take(state: &Path, key: &str, now: OffsetDateTime) -> Result<Lock, NoLock> {
    let folder = state.join("locks");
    let opened = open(&folder, &format!("check-{:016x}.lock", fingerprint(key)));
    let mut file = opened.map_err(|error| NoLock::Impossible(error.to_string().into()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(NoLock::Held(holder(&mut file, now))),
        Err(TryLockError::Error(error)) => {
            return Err(NoLock::Impossible(error.to_string().into()));
        }
    }
    // Only told to whoever comes too late; the lock itself needs no content.
    let told = format!("{} {}\n", std::process::id(), instant(now.unix_timestamp()));
    let _ = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| file.write_all(told.as_bytes()));
    Ok(Lock(file))
}

fn open(folder: &Path, name: &str) -> io::Result<File> {
    DirBuilder::new()
        .mode(0o700)
        .recursive(true)
        .create(folder)?;
    let path = folder.join(name);
    if std::fs::symlink_metadata(&path).is_ok_and(|seen| !seen.is_file()) {
        return Err(io::Error::other(format!("{} is no file", path.display())));
    }
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

fn holder(file: &mut File, now: OffsetDateTime) -> Printable {
    let mut text = String::new();
    let _ = file.take(100).read_to_string(&mut text);
    let mut words = text.split_whitespace();
    let known = words.next().zip(words.next());
    let Some((process, since)) = known else {
        return "another check of these runbooks is active".into();
    };
    let age = crate::fact::parse_instant(since).map(|since| now.unix_timestamp() - since);
    let age = age.map_or(String::new(), |age| {
        format!(", for {}", duration(age.max(0)))
    });
    format!("another check of these runbooks is active since {since}{age} (process {process})")
        .into()
}

/// FNV-1a: the same in every build, and names nothing.
fn fingerprint(key: &str) -> u64 {
    key.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_holds_it_and_the_third_after_the_end_gets_it() {
        let state = tempfile::tempdir().expect("a folder");
        let at = |second| OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(second);
        let first = take(state.path(), "a", at(0)).expect("free");
        match take(state.path(), "a", at(90)) {
            Err(NoLock::Held(who)) => {
                let due = format!(
                    "another check of these runbooks is active since 1970-01-01T00:00:00Z, for 1 min 30 s (process {})",
                    std::process::id()
                );
                assert_eq!(who.as_str(), due);
            }
            other => panic!("{other:?}"),
        }
        assert!(take(state.path(), "b", at(1)).is_ok(), "another check");
        drop(first);
        assert!(take(state.path(), "a", at(2)).is_ok());
    }

    #[test]
    fn where_there_can_be_no_lock_that_is_said() {
        let state = tempfile::tempdir().expect("a folder");
        std::fs::write(state.path().join("locks"), "").expect("a file");
        let none = take(state.path(), "a", OffsetDateTime::UNIX_EPOCH);
        assert!(matches!(none, Err(NoLock::Impossible(_))), "{none:?}");
    }
}
