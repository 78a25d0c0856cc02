//! The journal: a line for every step of every write, each bound to the one before it.
//!
//! A line is a JSON object that ends with the SHA-256 of the rest of the line, which includes the
//! hash of the line before. Changing, removing or inserting a line breaks the chain from there
//! on. Lines cut off at the end are not detected unless the newest hash is stored elsewhere. A
//! line torn by a crash is left as it is: the next one records that it follows a torn line.

use super::chain::{Effort, Line, MARK, Scan};
use super::digest::sha256;
use super::journal_index::{self, Recent};
use super::private_file::{self, StateDirError};
use crate::text::words_of;
use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

pub use super::chain::{Chain, JournalEntry, Stage};

/// After how many bytes that are not in the index it is written anew: some 500 entries.
const INDEX_EVERY: u64 = 256 * 1024;

/// The journal of one state folder.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
}

impl Journal {
    /// The journal in this folder. Nothing is created yet.
    pub fn in_folder(state: &Path) -> Self {
        Self {
            path: state.join("journal.jsonl"),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Everything in it. No journal is an empty one.
    ///
    /// # Errors
    /// That it cannot be read; never an empty chain in its place.
    pub fn read(&self) -> Result<Chain, StateDirError> {
        self.read_where(|_| true)
    }

    /// Checks the whole chain and keeps the entries that are wanted.
    ///
    /// # Errors
    /// As [`Journal::read`].
    pub fn read_where(
        &self,
        is_wanted: impl Fn(&JournalEntry) -> bool,
    ) -> Result<Chain, StateDirError> {
        let mut kept = Vec::new();
        let mut scan = Scan::new();
        if let Some(file) = private_file::existing(&self.path)? {
            let keep = |number, entry: JournalEntry| {
                if is_wanted(&entry) {
                    kept.push((number, entry));
                }
            };
            self.scanned(scan.read(BufReader::new(file), Effort::ToTheEnd, keep))?;
        }
        Ok(scan.end().with_entries(kept))
    }

    /// The newest entries of each command on each stack, the first of each stack, and all of every
    /// write that is open. What stands in the journal before the last [index](super::journal_index) is not read
    /// and not checked again, so that this costs the same however long the journal is. Where it is
    /// broken beyond use, the rest is not read either.
    ///
    /// # Errors
    /// As [`Journal::read`].
    pub fn recent(&self) -> Result<Chain, StateDirError> {
        match private_file::existing(&self.path)? {
            None => Ok(Scan::new().end()),
            Some(mut file) => Ok(self.resumed(&mut file, Effort::WhileUsable)?.0),
        }
    }

    /// [`Journal::recent`], and how many bytes of the journal were read for it.
    fn resumed(&self, file: &mut File, effort: Effort) -> Result<(Chain, u64), StateDirError> {
        let (mut scan, mut recent) = journal_index::load(&self.path, file)
            .unwrap_or_else(|| (Scan::new(), Recent::default()));
        let start = scan.offset();
        self.scanned(file.seek(SeekFrom::Start(start)).map(drop))?;
        let keep = |number, entry| recent.add(number, entry);
        self.scanned(scan.read(BufReader::new(&mut *file), effort, keep))?;
        let read = scan.offset() - start;
        if read > INDEX_EVERY {
            journal_index::save(&self.path, &scan, &recent);
        }
        let chain = scan.end().with_entries(recent.entries());
        Ok((chain, read))
    }

    fn scanned<T>(&self, result: std::io::Result<T>) -> Result<T, StateDirError> {
        result.map_err(|error| StateDirError::at(&self.path, words_of(&error)))
    }

    /// Adds entries; when it returns, they are on disk.
    ///
    /// # Errors
    /// [`StateDirError`]; then none of them counts as recorded.
    pub fn append(&self, entries: &[JournalEntry]) -> Result<(), StateDirError> {
        let failed = |error: std::io::Error| StateDirError::at(&self.path, words_of(&error));
        let mut file = private_file::open(&self.path)?;
        private_file::hold(&file, &self.path)?;
        let (kept, _) = self.resumed(&mut file, Effort::ToTheEnd)?;
        let last = kept.last_number();
        let is_unended = kept.is_unended();
        let (mut previous, mut torn) = (kept.head, kept.torn);
        let mut text = String::new();
        if torn > 0 || is_unended {
            text.push('\n');
        }
        for (number, entry) in (last + 1..).zip(entries) {
            let line = Line {
                number,
                entry: entry.clone(),
                after_torn: std::mem::take(&mut torn),
                previous,
            };
            let line = serde_json::to_string(&line)
                .map_err(|error| StateDirError::at(&self.path, words_of(&error)))?;
            // All but the brace that ends it: the hash goes in before that.
            let body = &line[..line.len() - 1];
            previous = sha256(body.as_bytes());
            text.push_str(&format!("{body}{MARK}{previous}\"}}\n"));
        }
        file.write_all(text.as_bytes()).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        // So that the name survives a power cut; not every file system can do it.
        if let Some(folder) = self.path.parent() {
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(())
    }
}

/// Reads a journal and checks its chain.
#[cfg(test)]
fn chain(text: &str) -> Chain {
    let (mut scan, mut entries) = (Scan::new(), Vec::new());
    let read = scan.read(text.as_bytes(), Effort::ToTheEnd, |number, entry| {
        entries.push((number, entry))
    });
    read.expect("memory can be read");
    scan.end().with_entries(entries)
}

#[cfg(test)]
mod tests;
