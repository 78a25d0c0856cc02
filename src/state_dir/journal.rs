//! The journal: a line for every step of every write, each bound to the one before it.
//!
//! A line is a JSON object that ends with the SHA-256 of all that stands before it in the
//! line, the hash of the line before among it. Whoever changes, removes or inserts a line
//! breaks the chain from there on. What was cut off at the very end cannot be seen; the
//! newest hash, kept elsewhere, would show it. A line that was torn by a crash is left as
//! it is: the next one says that it follows a torn one.

use super::digest::sha256;
use super::private_file::{self, StateDirError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// What stands before the hash of a line.
const MARK: &str = ",\"hash\":\"";

/// How far a write has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// What would change.
    Plan,
    /// Who consented, and how.
    Consent,
    /// The request is about to be sent: from here on it may have been.
    Sending,
    /// What it came to, as read back.
    Outcome,
    /// What verifying it came to.
    Verified,
}

impl Stage {
    /// Its word in output.
    pub fn word(self) -> &'static str {
        match self {
            Stage::Plan => "plan",
            Stage::Consent => "consent",
            Stage::Sending => "sending",
            Stage::Outcome => "outcome",
            Stage::Verified => "verified",
        }
    }
}

/// One step of one write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Which write; its steps share it.
    pub id: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Such as `alias rollback`.
    pub action: String,
    /// How far it has come.
    pub stage: Stage,
    /// Which stack: name, URL, account and region.
    pub stack: String,
    /// What there is to say; nothing secret.
    pub detail: serde_json::Value,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    number: u64,
    entry: Entry,
    /// How many bytes of a torn line stand before this one.
    after_torn: usize,
    previous: String,
}

/// What the journal holds.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    /// Every entry that could be read, oldest first, with its number.
    pub entries: Vec<(u64, Entry)>,
    /// What is wrong with the chain, each with its line.
    pub breaks: Vec<(usize, &'static str)>,
    /// Bytes after the last whole line: a write that was cut off.
    pub torn: usize,
    /// Whether only the end of the last line is missing.
    unended: bool,
    /// The newest hash.
    pub head: String,
}

impl Chain {
    /// Whether nothing was changed, removed or inserted.
    pub fn is_whole(&self) -> bool {
        self.breaks.is_empty()
    }

    /// The `sending` entry of every write whose outcome is open: not recorded, or recorded as
    /// one that a later reading has to settle (`"settled": false`).
    pub fn open(&self) -> Vec<&Entry> {
        let mut settled: BTreeMap<&str, bool> = BTreeMap::new();
        let outcomes = self.entries.iter().map(|(_, entry)| entry);
        for entry in outcomes.filter(|entry| entry.stage == Stage::Outcome) {
            settled.insert(&entry.id, entry.detail["settled"] != false);
        }
        self.entries
            .iter()
            .map(|(_, entry)| entry)
            .filter(|entry| entry.stage == Stage::Sending)
            .filter(|entry| !settled.get(entry.id.as_str()).unwrap_or(&false))
            .collect()
    }
}

/// The journal of one state folder.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
}

impl Journal {
    /// The journal in this folder. Nothing is made yet.
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
        match private_file::existing(&self.path)? {
            None => Ok(Chain {
                head: nothing(),
                ..Chain::default()
            }),
            Some(mut file) => Ok(chain(&self.text(&mut file)?)),
        }
    }

    /// Adds entries; when it returns, they are on disk.
    ///
    /// # Errors
    /// Then none of them may be taken for recorded.
    pub fn append(&self, entries: &[Entry]) -> Result<(), StateDirError> {
        let failed = |error: std::io::Error| StateDirError::at(&self.path, error.to_string());
        let mut file = private_file::open(&self.path)?;
        private_file::hold(&file, &self.path)?;
        let kept = chain(&self.text(&mut file)?);
        let last = kept.entries.last().map_or(0, |(number, _)| *number);
        let (mut previous, mut torn) = (kept.head, kept.torn);
        let mut text = String::new();
        if torn > 0 || kept.unended {
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
                .map_err(|error| StateDirError::at(&self.path, error.to_string()))?;
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

    fn text(&self, file: &mut File) -> Result<String, StateDirError> {
        let failed = |error: std::io::Error| StateDirError::at(&self.path, error.to_string());
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        file.read_to_end(&mut bytes).map_err(failed)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// What stands where the first line names the line before it.
fn nothing() -> String {
    "0".repeat(64)
}

/// Reads a journal and checks its chain.
fn chain(text: &str) -> Chain {
    let mut chain = Chain {
        head: nothing(),
        ..Chain::default()
    };
    let mut number = 0;
    let mut pending = None;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let at = at + 1;
        let whole = line.strip_suffix('\n').unwrap_or(line);
        if whole.len() == line.len() {
            if !matches!(parse(whole), Some((_, _, true))) {
                chain.torn = line.len();
                break;
            }
            chain.unended = true;
        }
        let Some((line, hash, right)) = parse(whole) else {
            // Fine only if the next line says that it follows a torn one of this length.
            if pending.replace((at, whole.len())).is_some() {
                chain.breaks.push((at, "this is no line of the journal"));
            }
            continue;
        };
        match pending.take() {
            Some((torn, length)) if length != line.after_torn => {
                chain.breaks.push((torn, "this is no line of the journal"));
            }
            None if line.after_torn > 0 => {
                chain.breaks.push((at, "the torn line before it is gone"));
            }
            _ => {}
        }
        if !right {
            chain.breaks.push((at, "its hash is not that of its text"));
        }
        if line.previous != chain.head {
            chain
                .breaks
                .push((at, "it does not follow the line before it"));
        } else if line.number != number + 1 {
            chain.breaks.push((at, "its number does not follow"));
        }
        number = line.number;
        chain.head = hash;
        chain.entries.push((line.number, line.entry));
    }
    if let Some((at, _)) = pending {
        chain.breaks.push((at, "this is no line of the journal"));
    }
    chain
}

/// A line, the hash that it names, and whether that is the hash of its text.
fn parse(text: &str) -> Option<(Line, String, bool)> {
    let (body, hash) = text.rsplit_once(MARK)?;
    let hash = hash.strip_suffix("\"}")?;
    let line = serde_json::from_str(&format!("{body}}}")).ok()?;
    Some((line, hash.to_owned(), sha256(body.as_bytes()) == hash))
}

#[cfg(test)]
mod tests;
