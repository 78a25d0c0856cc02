//! A log that people keep by hand and that grows by whole entries, such as GOVERNANCE-LOG.md.
//!
//! Existing content is never parsed or rewritten. An entry is first saved in a file beside the log,
//! with its offset, then appended, synced and read back. A process that is killed in between
//! leaves a partial entry and the saved one; the next append completes it.

use super::digest::sha256;
use super::input::{self, InputError, Links};
use super::output;
use super::private_file::{StateDirError, hold};
use crate::text::words_of;
use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The largest entry, in bytes.
const LARGEST: u64 = 1024 * 1024;
/// How many times the log may be replaced while it is opened.
const TRIES: usize = 5;

/// Why an entry was not acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Nothing of it is in the log.
    #[error("{0}; nothing was written")]
    Refused(StateDirError),
    /// A part of it may be, or all of it without having reached the disk.
    #[error("{0}; a part may stand in the log, which the next `duckops record` completes")]
    Unsettled(StateDirError),
}

/// A log of a name.
#[derive(Debug)]
pub struct AppendLog {
    path: PathBuf,
    beside: PathBuf,
}

/// An entry to append, and its offset.
#[derive(Serialize, Deserialize)]
struct Intent {
    offset: u64,
    sha256: String,
}

impl AppendLog {
    /// The log at this path. Nothing is opened yet.
    ///
    /// # Errors
    /// That the path is no name of a file.
    pub fn at(path: &Path) -> Result<Self, StateDirError> {
        let name = path
            .file_name()
            .ok_or_else(|| StateDirError::at(path, "it is no name of a file"))?;
        let beside = path.with_file_name(format!(".{}.duckops", name.to_string_lossy()));
        Ok(Self {
            path: path.to_owned(),
            beside,
        })
    }

    /// Appends an entry; when it returns, the entry is on disk, once, and was read back.
    /// `head` begins a log that is new.
    ///
    /// # Errors
    /// Whether nothing of it was written, or that this is not certain.
    pub fn append(&self, head: &str, entry: &str) -> Result<(), AppendError> {
        let mut log = self.open().map_err(AppendError::Refused)?;
        self.complete(&mut log).map_err(AppendError::Refused)?;
        let refused = |error: io::Error| AppendError::Refused(self.failed(&error));
        let offset = log.metadata().map_err(refused)?.len();
        let gap = gap(&mut log, offset).map_err(refused)?;
        let bytes = [if offset == 0 { head } else { gap }, entry].concat();
        self.intend(offset, bytes.as_bytes()).map_err(refused)?;
        if let Err(error) = log
            .write_all(bytes.as_bytes())
            .and_then(|()| log.sync_all())
        {
            return Err(self.take_back(&mut log, offset, bytes.as_bytes(), &error));
        }
        let unsettled = |error: io::Error| AppendError::Unsettled(self.failed(&error));
        let mut written = vec![0; bytes.len()];
        log.seek(SeekFrom::Start(offset))
            .and_then(|_| log.read_exact(&mut written))
            .map_err(unsettled)?;
        if written != bytes.as_bytes() {
            let why = "it does not hold what was written: another process wrote there";
            return Err(AppendError::Unsettled(StateDirError::at(&self.path, why)));
        }
        // So that the name of a new log survives a power cut; not every file system can do it.
        let _ = File::open(self.folder()).and_then(|folder| folder.sync_all());
        let _ = fs::remove_file(&self.beside);
        Ok(())
    }

    /// The last line of the log that begins with `mark`, if there is one in its last 16 MiB.
    ///
    /// # Errors
    /// That it cannot be read.
    pub fn last(&self, mark: &str) -> Result<Option<String>, StateDirError> {
        let refused = |error: InputError| StateDirError::at(&self.path, error.to_string());
        let (mut file, seen) = match input::open(&self.path, Links::Refuse) {
            Ok(opened) => opened,
            Err(error) if error.is_missing() => return Ok(None),
            Err(error) => return Err(refused(error)),
        };
        let skipped = seen.len().saturating_sub(input::MAX_LOG);
        file.seek(SeekFrom::Start(skipped))
            .map_err(|error| self.failed(&error))?;
        let mut bytes = Vec::new();
        file.take(input::MAX_LOG)
            .read_to_end(&mut bytes)
            .map_err(|error| self.failed(&error))?;
        let mut lines = bytes.split(|byte| *byte == b'\n').rev();
        let found = lines.find(|line| line.starts_with(mark.as_bytes()));
        Ok(found.map(|line| String::from_utf8_lossy(line).into_owned()))
    }

    /// Opens and holds the log, made if it is missing.
    fn open(&self) -> Result<File, StateDirError> {
        for _ in 0..TRIES {
            let mut options = self.options();
            output::replaceable(&self.path).map_err(|error| self.failed(&error))?;
            let opened = options
                .read(true)
                .append(true)
                .create(true)
                .open(&self.path);
            let mut file = opened.map_err(|error| self.failed(&error))?;
            let seen = file.metadata().map_err(|error| self.failed(&error))?;
            if !seen.is_file() {
                return Err(StateDirError::at(&self.path, "it is not a regular file"));
            }
            // An entry in UTF-8 would make what is there unreadable.
            let mut head = [0; 2];
            let begun = file.read(&mut head).map_err(|error| self.failed(&error))?;
            if input::is_utf16(&head[..begun]) {
                let why = InputError::UTF16.to_string();
                return Err(StateDirError::at(&self.path, why));
            }
            hold(&file, &self.path)?;
            // An editor that saves puts another file in its place.
            let there = fs::symlink_metadata(&self.path);
            if there.is_ok_and(|there| (there.dev(), there.ino()) == (seen.dev(), seen.ino())) {
                return Ok(file);
            }
        }
        Err(StateDirError::at(
            &self.path,
            "it is replaced again and again",
        ))
    }

    /// Neither along a link nor waiting for the other end of a pipe.
    fn options(&self) -> OpenOptions {
        let mut options = OpenOptions::new();
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
        options
            .custom_flags(flags.cast_signed())
            .mode(output::PRIVATE);
        options
    }

    /// Saves the entry that is about to be appended beside the log.
    fn intend(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let intent = Intent {
            offset,
            sha256: sha256(bytes),
        };
        let head = serde_json::to_string(&intent)?;
        let _ = fs::remove_file(&self.beside);
        let mut file = self
            .options()
            .write(true)
            .create_new(true)
            .open(&self.beside)?;
        let kept = file
            .write_all(head.as_bytes())
            .and_then(|()| file.write_all(b"\n"))
            .and_then(|()| file.write_all(bytes))
            .and_then(|()| file.sync_all())
            .and_then(|()| File::open(self.folder())?.sync_all());
        if kept.is_err() {
            let _ = fs::remove_file(&self.beside);
        }
        kept
    }

    /// Completes the partial entry of a process that was killed.
    fn complete(&self, log: &mut File) -> Result<(), StateDirError> {
        if let Some((offset, entry)) = self.intended()? {
            let rest = rest(log, offset, &entry).map_err(|error| self.failed(&error))?;
            if let Some(rest) = rest {
                log.write_all(rest)
                    .and_then(|()| log.sync_all())
                    .map_err(|error| self.failed(&error))?;
            }
        }
        match fs::remove_file(&self.beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed(&error)),
            _ => Ok(()),
        }
    }

    /// The entry saved beside the log; `None` if it was cut off, as then nothing was appended.
    fn intended(&self) -> Result<Option<(u64, Vec<u8>)>, StateDirError> {
        let file = match self.options().read(true).open(&self.beside) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StateDirError::at(&self.beside, words_of(&error))),
        };
        let mut bytes = Vec::new();
        file.take(2 * LARGEST)
            .read_to_end(&mut bytes)
            .map_err(|error| StateDirError::at(&self.beside, words_of(&error)))?;
        let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
            return Ok(None);
        };
        let entry = bytes.split_off(end + 1);
        let intent: Option<Intent> = serde_json::from_slice(&bytes).ok();
        Ok(intent
            .filter(|intent| intent.sha256 == sha256(&entry))
            .map(|intent| (intent.offset, entry)))
    }

    /// Takes back an entry that was not written whole, or did not reach the disk, but only
    /// where nothing follows it: others append without holding the log.
    fn take_back(&self, log: &mut File, offset: u64, entry: &[u8], why: &io::Error) -> AppendError {
        let cut = match ends_with_part_of(log, offset, entry) {
            Ok(true) => log.set_len(offset).and_then(|()| log.sync_all()),
            Ok(false) => {
                let why = format!("{why}, and another process wrote behind the entry meanwhile");
                return AppendError::Unsettled(StateDirError::at(&self.path, why));
            }
            Err(error) => Err(error),
        };
        match cut {
            Ok(()) => {
                let _ = fs::remove_file(&self.beside);
                AppendError::Refused(self.failed(why))
            }
            Err(_) => AppendError::Unsettled(self.failed(why)),
        }
    }

    fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }

    fn failed(&self, error: &io::Error) -> StateDirError {
        StateDirError::at(&self.path, words_of(error))
    }
}

/// Whether nothing but the beginning of this entry stands from the offset on.
fn ends_with_part_of(log: &mut File, offset: u64, entry: &[u8]) -> io::Result<bool> {
    log.seek(SeekFrom::Start(offset))?;
    let mut found = Vec::new();
    log.take(entry.len() as u64 + 1).read_to_end(&mut found)?;
    Ok(entry.starts_with(&found))
}

/// The separator before a new entry: an unfinished line of another writer must not become part of
/// it.
fn gap(log: &mut File, length: u64) -> io::Result<&'static str> {
    let mut last = [0; 2];
    let known = usize::try_from(length.min(2)).unwrap_or(2);
    log.seek(SeekFrom::Start(length - known as u64))?;
    log.read_exact(&mut last[..known])?;
    Ok(match &last[..known] {
        [.., b'\n', b'\n'] | [] => "",
        [.., b'\n'] => "\n",
        _ => "\n\n",
    })
}

/// What of an entry is missing at the end of the log; none where nothing of it was written,
/// where it is whole, or where something else stands there.
fn rest<'a>(log: &mut File, offset: u64, entry: &'a [u8]) -> io::Result<Option<&'a [u8]>> {
    let length = log.metadata()?.len();
    let Some(there) = length.checked_sub(offset).filter(|there| *there > 0) else {
        return Ok(None);
    };
    let Some((begun, rest)) = usize::try_from(there)
        .ok()
        .and_then(|there| entry.split_at_checked(there))
        .filter(|(_, rest)| !rest.is_empty())
    else {
        return Ok(None);
    };
    let mut found = vec![0; begun.len()];
    log.seek(SeekFrom::Start(offset))?;
    log.read_exact(&mut found)?;
    Ok((found == begun).then_some(rest))
}

#[cfg(test)]
mod tests;
