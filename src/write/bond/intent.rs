//! Intents: a file for every rotation that was begun on this machine and is not settled, with
//! the progress it has made. Its first line is written before anything is sent; the line
//! `sending` is on disk before the request leaves. A settled intent is removed: the journal
//! keeps the outcome.
//!
//! Reading one errs towards "it may have been sent": a damaged line never makes a rotation look
//! less far than it is.

use super::id::BondId;
use crate::state_dir::private_dir::PrivateDir;
use crate::state_dir::private_file::StateDirError;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The first line of an intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotationIntent {
    /// The id of this write, in the journal too.
    pub id: String,
    /// The bond whose key is rotated.
    pub bond: String,
    /// The stack: name, URL, account and region.
    pub stack: String,
    /// Scheme, host and port that the request goes to.
    pub host: String,
    /// When it was made, RFC 3339 in UTC.
    pub at: String,
    /// The process that made it.
    pub process: u32,
    /// Which start of this machine that was.
    pub boot: String,
    /// The fingerprint of the key there was, where it is known.
    pub old_key: Option<String>,
    /// An unsettled intent that this one was begun in spite of.
    pub supersedes: Option<String>,
}

/// The progress of a rotation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum RotationProgress {
    /// Everything is ready and nothing was sent.
    Prepared,
    /// The request may have left.
    Sending,
    /// The new key is in this file.
    Stored {
        /// The first digits of the key's SHA-256.
        fingerprint: String,
        /// The name of the file among the keys.
        file: String,
    },
    /// What was answered holds no key that is known as one; the answer is kept.
    Unrecognised,
}

/// An intent as it was found, not settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenIntent {
    /// The name of its file without the ending, which is its id.
    pub id: String,
    /// The first line; none where it cannot be read.
    pub intent: Option<RotationIntent>,
    /// Its progress, at least.
    pub progress: RotationProgress,
}

impl OpenIntent {
    /// Whether it is about this bond. A damaged one could be about any.
    pub fn is_of(&self, bond: &BondId) -> bool {
        let named = self.intent.as_ref().map(|intent| intent.bond.as_str());
        named.is_none_or(|named| named == bond.as_str())
    }
}

/// The intents of one state folder.
#[derive(Debug)]
pub(super) struct IntentDir {
    folder: PrivateDir,
}

/// An intent that is being carried out.
#[derive(Debug)]
pub(super) struct IntentFile {
    file: std::fs::File,
    path: PathBuf,
}

const ENDING: &str = ".json";
const UNFINISHED: &str = ".tmp";

/// Every intent in a state folder that is not settled, oldest first. Nothing is changed.
///
/// # Errors
/// That they cannot be read; never an empty list in their place.
pub fn open_intents(state: &Path) -> Result<Vec<OpenIntent>, StateDirError> {
    match PrivateDir::there(&state.join("intents"))? {
        None => Ok(Vec::new()),
        Some(folder) => IntentDir { folder }.open(),
    }
}

impl IntentDir {
    pub(super) fn in_folder(state: &Path) -> Result<Self, StateDirError> {
        let folder = PrivateDir::open(&state.join("intents"))?;
        Ok(Self { folder })
    }

    pub(super) fn open(&self) -> Result<Vec<OpenIntent>, StateDirError> {
        let mut open = Vec::new();
        for name in self.folder.names()? {
            let Some(id) = name.strip_suffix(ENDING) else {
                continue;
            };
            // It may have been settled since the listing.
            if let Some(bytes) = self.folder.read(&name)? {
                open.push(read(id, &String::from_utf8_lossy(&bytes)));
            }
        }
        Ok(open)
    }

    /// Writes an intent down; it and its name are on disk when this returns. It has that name
    /// only from then on: of an intent there is all or nothing.
    pub(super) fn begin(&self, intent: &RotationIntent) -> Result<IntentFile, StateDirError> {
        let name = format!("{}{ENDING}", intent.id);
        let unfinished = format!("{}{UNFINISHED}", intent.id);
        let mut begun = IntentFile {
            file: self.folder.create(&unfinished)?,
            path: self.folder.path(&name),
        };
        let first = serde_json::to_string(intent).map_err(|error| begun.failed(error))?;
        let written = begun
            .line(&first)
            .and_then(|()| begun.mark(&RotationProgress::Prepared))
            .and_then(|()| self.folder.rename(&unfinished, &name));
        // Nothing was sent on one that failed, and it must not stand in anybody's way.
        if let Err(error) = written {
            let _ = self.folder.remove(&unfinished);
            return Err(error);
        }
        if let Err(error) = self.folder.sync() {
            let _ = self.folder.remove(&name);
            return Err(error);
        }
        Ok(begun)
    }

    /// Removes leftovers of a crash: intents that were never begun. A process about to begin one
    /// finds it gone, and sends nothing.
    pub(super) fn tidy(&self) -> Result<(), StateDirError> {
        let names = self.folder.names()?;
        let mut left = names.iter().filter(|name| name.ends_with(UNFINISHED));
        left.try_for_each(|name| self.folder.remove(name))
    }

    /// Goes on with an intent that an earlier run has left.
    pub(super) fn resume(&self, id: &str) -> Result<IntentFile, StateDirError> {
        let name = format!("{id}{ENDING}");
        let mut begun = IntentFile {
            file: self.folder.append(&name)?,
            path: self.folder.path(&name),
        };
        // What a crash has left of a line is ended first.
        begun.line("").map(|()| begun)
    }

    /// It is settled, and the journal says how.
    pub(super) fn settle(&self, id: &str) -> Result<(), StateDirError> {
        self.folder.remove(&format!("{id}{ENDING}"))?;
        self.folder.sync()
    }
}

impl IntentFile {
    /// Writes down how far it has come; that is on disk when this returns.
    pub(super) fn mark(&mut self, progress: &RotationProgress) -> Result<(), StateDirError> {
        let line = serde_json::to_string(progress).map_err(|error| self.failed(error))?;
        self.line(&line)
    }

    fn line(&mut self, line: &str) -> Result<(), StateDirError> {
        let written = self.file.write_all(format!("{line}\n").as_bytes());
        written
            .and_then(|()| self.file.sync_data())
            .map_err(|error| self.failed(error))
    }

    fn failed(&self, error: impl ToString) -> StateDirError {
        StateDirError::at(&self.path, error.to_string())
    }
}

fn read(id: &str, text: &str) -> OpenIntent {
    let mut lines = text.lines();
    let intent = lines
        .next()
        .and_then(|line| serde_json::from_str::<RotationIntent>(line).ok());
    // The file gets its name after its first lines are on disk, and nothing is sent before the line
    // that says so. But a line that cannot be read might have been that one.
    let mut progress = match intent {
        Some(_) => RotationProgress::Prepared,
        None => RotationProgress::Sending,
    };
    for line in lines.filter(|line| !line.is_empty()) {
        progress = match (serde_json::from_str(line), progress) {
            (Ok(RotationProgress::Prepared), before) => before,
            (
                Ok(RotationProgress::Sending),
                before @ (RotationProgress::Stored { .. } | RotationProgress::Unrecognised),
            ) => before,
            (Ok(next), _) => next,
            (Err(_), RotationProgress::Prepared) => RotationProgress::Sending,
            (Err(_), before) => before,
        };
    }
    OpenIntent {
        id: id.to_owned(),
        intent,
        progress,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intent() -> RotationIntent {
        RotationIntent {
            id: "01A".to_owned(),
            bond: "A1".to_owned(),
            stack: "prod|http://127.0.0.1|1|us-east-1".to_owned(),
            host: "http://127.0.0.1".to_owned(),
            at: "2026-03-22T03:12:09Z".to_owned(),
            process: 7,
            boot: "b".to_owned(),
            old_key: None,
            supersedes: None,
        }
    }

    fn stored() -> RotationProgress {
        RotationProgress::Stored {
            fingerprint: "01234567".to_owned(),
            file: "A1-01A.key".to_owned(),
        }
    }

    #[test]
    fn a_marked_intent_is_read_back_and_a_settled_one_is_gone() {
        let state = tempfile::tempdir().expect("a folder");
        assert_eq!(open_intents(state.path()).expect("none").len(), 0);
        let intents = IntentDir::in_folder(state.path()).expect("a place");
        let mut begun = intents.begin(&intent()).expect("begun");
        assert!(intents.begin(&intent()).is_err(), "the same id again");
        assert!(intents.resume("01A").is_ok(), "and the first is untouched");
        for progress in [RotationProgress::Sending, stored()] {
            begun.mark(&progress).expect("marked");
            let open = open_intents(state.path()).expect("read");
            assert_eq!(open.len(), 1);
            assert_eq!(open[0].intent, Some(intent()));
            assert_eq!(open[0].progress, progress);
        }
        intents.settle("01A").expect("settled");
        intents.settle("01A").expect("settled again");
        assert!(open_intents(state.path()).expect("read").is_empty());
    }

    /// However a file is cut or damaged, once `sending` was on disk it never reads as if
    /// nothing had been sent.
    #[test]
    fn a_damaged_intent_never_reads_as_not_sent() {
        let first = serde_json::to_string(&intent()).expect("JSON");
        let sent = format!("{first}\n{{\"state\":\"prepared\"}}\n{{\"state\":\"sending\"}}\n");
        assert_eq!(read("01A", &sent).progress, RotationProgress::Sending);
        let stored = format!(
            "{sent}{}\n",
            serde_json::to_string(&stored()).expect("JSON")
        );
        for end in sent.len()..stored.len() {
            assert_ne!(
                read("01A", &stored[..end]).progress,
                RotationProgress::Prepared
            );
        }
        for at in 0..sent.len() {
            for bit in 0..7 {
                let mut bytes = sent.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let text = String::from_utf8_lossy(&bytes);
                let open = read("01A", &text);
                assert_ne!(open.progress, RotationProgress::Prepared, "{text}");
            }
        }
        let unsent = format!("{first}\n{{\"state\":\"prepared\"}}\n");
        assert_eq!(read("01A", &unsent).progress, RotationProgress::Prepared);
    }

    #[test]
    fn a_damaged_intent_counts_for_every_bond() {
        let id = BondId::parse("A1").expect("an id");
        let other = BondId::parse("A10").expect("an id");
        let first = serde_json::to_string(&intent()).expect("JSON");
        assert!(read("01A", &first).is_of(&id));
        assert!(!read("01A", &first).is_of(&other));
        assert!(read("01A", "").is_of(&other));
        assert!(read("01A", &first[..20]).is_of(&other));
    }
}
