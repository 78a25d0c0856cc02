//! The spool: the file that takes the raw answer to a rotation while it arrives, before
//! anything parses it. Its space on the disk is reserved before the request is sent. The key
//! then goes to a file of its own, and only after that the spool is removed.

use super::key::Key;
use crate::state_dir::private_dir::{PrivateDir, reserve};
use crate::state_dir::private_file::StateDirError;
use std::fs::File;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The space that is reserved beforehand, in bytes. An answer with a key has a few hundred.
const RESERVED: u64 = 64 * 1024;
/// The most that is kept of an answer, in bytes.
pub(super) const MAX_ANSWER: u64 = 1024 * 1024;

/// The folder of the keys.
#[derive(Debug)]
pub(super) struct KeyDir {
    folder: PrivateDir,
}

/// The spool of one rotation, open for its answer.
#[derive(Debug)]
pub(super) struct Spool {
    file: File,
    path: PathBuf,
    length: u64,
}

/// What a spool holds after a crash.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RawAnswer {
    /// The status of the answer; none when not even that arrived.
    pub(super) status: Option<u16>,
    /// As much of the body as arrived, and perhaps zeros behind it.
    pub(super) body: Zeroizing<Vec<u8>>,
}

impl KeyDir {
    pub(super) fn in_folder(state: &Path) -> Result<Self, StateDirError> {
        let folder = PrivateDir::open(&state.join("keys"))?;
        Ok(Self { folder })
    }

    /// Where a file of it is.
    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.folder.path(file)
    }

    /// Takes the room for an answer, and proves that the key's file can be made beside it.
    pub(super) fn spool(&self, id: &str, bond: &str) -> Result<Spool, StateDirError> {
        let name = spool_name(id);
        let mut spool = Spool {
            file: self.folder.create(&name)?,
            path: self.folder.path(&name),
            length: 0,
        };
        let ready = reserve(&mut spool.file, RESERVED)
            .and_then(|()| spool.file.sync_all())
            .map_err(|error| spool.failed(&error))
            .and_then(|()| self.folder.sync())
            .and_then(|()| match self.folder.has(&key_name(bond, id))? {
                true => Err(StateDirError::at(
                    &self.path(&key_name(bond, id)),
                    "it is there already",
                )),
                false => Ok(()),
            });
        if ready.is_err() {
            let _ = self.folder.remove(&name);
        }
        ready.map(|()| spool)
    }

    /// What the spool of a rotation holds; `None` when there is none.
    pub(super) fn raw(&self, id: &str) -> Result<Option<RawAnswer>, StateDirError> {
        let bytes = self.folder.read(&spool_name(id))?.map(Zeroizing::new);
        Ok(bytes.map(|bytes| raw(&bytes)))
    }

    /// Puts a key into a file of its own, 0600; the file and its name are on disk when this
    /// returns. A file that holds this key already is fine. Yields the file's name.
    pub(super) fn store(&self, id: &str, bond: &str, key: &Key) -> Result<String, StateDirError> {
        let name = key_name(bond, id);
        let due = Zeroizing::new(format!("{}\n", key.expose()));
        match self.folder.read(&name)?.map(Zeroizing::new) {
            Some(there) if there.as_slice() == due.as_bytes() => {}
            Some(_) => return Err(StateDirError::at(&self.path(&name), "it holds another key")),
            None => {
                let unfinished = format!("{name}.tmp");
                self.folder.remove(&unfinished)?;
                let mut file = self.folder.create(&unfinished)?;
                file.write_all(due.as_bytes())
                    .and_then(|()| file.sync_all())
                    .map_err(|error| {
                        StateDirError::at(&self.path(&unfinished), error.to_string())
                    })?;
                self.folder.rename(&unfinished, &name)?;
            }
        }
        self.folder.sync()?;
        Ok(name)
    }

    /// Whether the file of a key holds that key.
    pub(super) fn holds(&self, file: &str, fingerprint: &str) -> Result<bool, StateDirError> {
        let there = self.folder.read(file)?.map(Zeroizing::new);
        let text = there
            .as_deref()
            .and_then(|bytes| std::str::from_utf8(bytes).ok());
        Ok(text.is_some_and(|text| Key::known(text.trim_end()).fingerprint() == fingerprint))
    }

    /// Takes the spool of a rotation away, and what is left of a key's unfinished file.
    pub(super) fn clear(&self, id: &str, bond: Option<&str>) -> Result<(), StateDirError> {
        self.folder.remove(&spool_name(id))?;
        if let Some(bond) = bond {
            self.folder.remove(&format!("{}.tmp", key_name(bond, id)))?;
        }
        self.folder.sync()
    }

    /// Where the spool of a rotation is.
    pub(super) fn spool_path(&self, id: &str) -> PathBuf {
        self.path(&spool_name(id))
    }
}

impl Spool {
    /// Takes the status of the answer.
    pub(super) fn status(&mut self, status: u16) -> Result<(), StateDirError> {
        self.take(format!("{status}\n").as_bytes())
    }

    /// Takes the next bytes, as they arrived.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(), StateDirError> {
        self.file
            .write_all(bytes)
            .map_err(|error| self.failed(&error))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// The answer has ended, one way or the other: what there is of it is on disk when this
    /// returns.
    pub(super) fn seal(&mut self) -> Result<(), StateDirError> {
        // Also after a write that failed half way: what it has written stays.
        let at = self.file.stream_position();
        at.and_then(|at| self.file.set_len(at.max(self.length)))
            .and_then(|()| self.file.sync_data())
            .map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &std::io::Error) -> StateDirError {
        StateDirError::at(&self.path, error.to_string())
    }
}

fn spool_name(id: &str) -> String {
    format!("{id}.spool")
}

fn key_name(bond: &str, id: &str) -> String {
    format!("{bond}-{id}.key")
}

fn raw(bytes: &[u8]) -> RawAnswer {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let (status, body) = match end {
        Some(end) => (bytes.get(..end), bytes.get(end + 1..)),
        None => (None, None),
    };
    let status = status.and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
    RawAnswer {
        body: Zeroizing::new(
            body.filter(|_| status.is_some())
                .unwrap_or_default()
                .to_vec(),
        ),
        status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_spool_reads_back_whatever_arrived() {
        let state = tempfile::tempdir().expect("a folder");
        let keys = KeyDir::in_folder(state.path()).expect("a place");
        assert_eq!(keys.raw("01A").expect("none"), None);
        let mut spool = keys.spool("01A", "A1").expect("room");
        assert_eq!(
            std::fs::metadata(keys.spool_path("01A"))
                .expect("seen")
                .len(),
            RESERVED
        );
        assert_eq!(keys.raw("01A").expect("read").expect("there").status, None);
        spool.status(200).expect("taken");
        spool.take(b"{\"beak").expect("taken");
        // As after a kill: nothing was sealed.
        let killed = keys.raw("01A").expect("read").expect("there");
        assert_eq!(killed.status, Some(200));
        assert!(killed.body.starts_with(b"{\"beak\0"));
        spool.take(b"_key\"").expect("taken");
        spool.seal().expect("sealed");
        let sealed = keys.raw("01A").expect("read").expect("there");
        assert_eq!(sealed.body.as_slice(), b"{\"beak_key\"");
        keys.clear("01A", Some("A1")).expect("cleared");
        keys.clear("01A", Some("A1")).expect("cleared again");
        assert_eq!(keys.raw("01A").expect("none"), None);
    }

    #[test]
    fn a_key_file_is_private_and_never_replaces_another_key() {
        let state = tempfile::tempdir().expect("a folder");
        let keys = KeyDir::in_folder(state.path()).expect("a place");
        let key = Key::known("bk_NEW");
        std::fs::write(keys.path("A1-01A.key.tmp"), "left over").expect("written");
        let file = keys.store("01A", "A1", &key).expect("stored");
        assert_eq!(keys.store("01A", "A1", &key).expect("again"), file);
        assert!(keys.store("01A", "A1", &Key::known("bk_OTHER")).is_err());
        let path = keys.path(&file);
        assert_eq!(std::fs::read_to_string(&path).expect("read"), "bk_NEW\n");
        let mode = std::fs::metadata(&path).expect("seen").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(keys.holds(&file, &key.fingerprint()).expect("read"));
        assert!(!keys.holds(&file, "00000000").expect("read"));
        assert!(!keys.holds("none.key", &key.fingerprint()).expect("read"));
        assert!(keys.spool("01A", "A1").is_err(), "its key is there already");
        assert_eq!(
            keys.raw("01A").expect("read"),
            None,
            "and nothing is left of it"
        );
    }
}
