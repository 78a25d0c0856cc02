//! Locks between runs on this machine: one for each stack and thing that is locked.
//!
//! A lock goes with the process that holds it, however that ends; its file stays and blocks
//! no one. Links are not followed.

use super::private_file::{self, StateDirError};
use crate::text::Printable;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

/// A lock, held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Drop for Lock {
    /// Closing the file is not enough: a process that is being started holds a copy of it until it
    /// runs its program, and the lock with it.
    fn drop(&mut self) {
        // What cannot be given back is given back when the process ends.
        let _ = self.file.unlock();
    }
}

/// Who holds a lock, as far as that is written in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The number of the process.
    pub process: Printable,
    /// Since when, RFC 3339 in UTC.
    pub since: String,
}

/// Reasons a lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another run holds it.
    #[error("another run on this machine holds it")]
    Held(Option<Holder>),
    /// There can be no lock in this state folder.
    #[error(transparent)]
    StateDir(#[from] StateDirError),
}

/// Takes the lock of one `object` (such as an alias of a function) of one `stack` for a
/// `kind` of work. `since` is written into it, to be shown by a run that finds it locked.
///
/// # Errors
/// [`LockError`].
pub fn take(
    state: &Path,
    kind: &'static str,
    stack: &str,
    object: &str,
    since: &str,
) -> Result<Lock, LockError> {
    let path = path_of(state, kind, stack, object)?;
    let mut file = private_file::open_to_write(&path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(LockError::Held(holder(&mut file))),
        Err(TryLockError::Error(error)) => {
            return Err(StateDirError::at(&path, error.to_string()).into());
        }
    }
    // The lock itself needs no content, so that a full disk does not matter.
    let text = format!("{} {since}\n", std::process::id());
    let _ = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| file.write_all(text.as_bytes()));
    Ok(Lock { file })
}

/// Whether a run holds this lock now. Makes no file.
///
/// # Errors
/// That the lock cannot be looked at.
pub fn is_held(
    state: &Path,
    kind: &'static str,
    stack: &str,
    object: &str,
) -> Result<bool, StateDirError> {
    let path = path_of(state, kind, stack, object)?;
    let Some(file) = private_file::existing(&path)? else {
        return Ok(false);
    };
    match file.try_lock() {
        Ok(()) => {
            drop(Lock { file });
            Ok(false)
        }
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(StateDirError::at(&path, error.to_string())),
    }
}

fn path_of(
    state: &Path,
    kind: &'static str,
    stack: &str,
    object: &str,
) -> Result<PathBuf, StateDirError> {
    let folder = state.join("locks");
    private_file::refuse_link(&folder)?;
    let key = fingerprint(&format!("{stack} {object}"));
    Ok(folder.join(format!("{kind}-{key:016x}.lock")))
}

fn holder(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.take(100).read_to_string(&mut text).ok()?;
    let mut words = text.split_whitespace();
    Some(Holder {
        process: words.next()?.into(),
        since: words.next()?.to_owned(),
    })
}

/// FNV-1a: the same in every build, so that runs of different versions meet.
fn fingerprint(key: &str) -> u64 {
    key.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    const SINCE: &str = "1970-01-01T00:00:00Z";

    fn take_at(state: &Path, stack: &str, object: &str) -> Result<Lock, LockError> {
        take(state, "check", stack, object, SINCE)
    }

    #[test]
    fn a_second_run_learns_who_holds_the_lock_until_that_ends() {
        let state = tempfile::tempdir().expect("a folder");
        let first = take_at(state.path(), "prod", "inc-001").expect("free");
        match take_at(state.path(), "prod", "inc-001") {
            Err(LockError::Held(Some(holder))) => {
                assert_eq!(holder.process.as_str(), std::process::id().to_string());
                assert_eq!(holder.since, SINCE);
            }
            other => panic!("{other:?}"),
        }
        let is_held = || is_held(state.path(), "check", "prod", "inc-001").expect("looked at");
        assert!(is_held());
        drop(first);
        assert!(!is_held());
        assert!(take_at(state.path(), "prod", "inc-001").is_ok());
        let none = super::is_held(&state.path().join("none"), "check", "prod", "inc-001");
        assert!(!none.expect("looked at"));
        assert!(!state.path().join("none").exists());
    }

    #[test]
    fn copy_of_the_file_in_a_starting_process_does_not_keep_the_lock() {
        let state = tempfile::tempdir().expect("a folder");
        let held = take_at(state.path(), "prod", "inc-001").expect("free");
        let _copy = held.file.try_clone().expect("a copy");
        assert!(take_at(state.path(), "prod", "inc-001").is_err());
        drop(held);
        assert!(take_at(state.path(), "prod", "inc-001").is_ok());
    }

    #[test]
    fn another_stack_or_object_is_another_lock() {
        let state = tempfile::tempdir().expect("a folder");
        let _held = take_at(state.path(), "prod", "inc-001").expect("free");
        assert!(take_at(state.path(), "staging", "inc-001").is_ok());
        assert!(take_at(state.path(), "prod", "inc-002").is_ok());
        assert!(take(state.path(), "alias", "prod", "inc-001", SINCE).is_ok());
    }

    #[test]
    fn a_file_or_link_in_place_of_the_folder_or_the_lock_is_refused() {
        let state = tempfile::tempdir().expect("a folder");
        let locks = state.path().join("locks");
        let outside = state.path().join("outside");
        let is_refused = || {
            let taken = take_at(state.path(), "prod", "inc-001");
            matches!(taken, Err(LockError::StateDir(_)))
        };
        std::fs::write(&locks, "").expect("a file");
        assert!(is_refused());
        std::fs::remove_file(&locks).expect("removed");
        std::fs::create_dir(&outside).expect("made");
        symlink(&outside, &locks).expect("linked");
        assert!(is_refused());
        assert_eq!(std::fs::read_dir(&outside).expect("listed").count(), 0);
        std::fs::remove_file(&locks).expect("removed");
        let name = format!("check-{:016x}.lock", fingerprint("prod inc-001"));
        let victim = outside.join("victim");
        std::fs::write(&victim, "theirs").expect("written");
        std::fs::create_dir(&locks).expect("made");
        symlink(&victim, locks.join(name)).expect("linked");
        assert!(is_refused());
        assert_eq!(std::fs::read(&victim).expect("read"), b"theirs");
    }
}
