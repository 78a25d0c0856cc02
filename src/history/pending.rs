//! Snapshots that could not be recorded, one file each, until the next run records them.
//! Everything else is passed on to the history behind.
//!
//! A file is written under another name, synced and renamed, so it is complete or absent. It is
//! deleted only after its snapshot is recorded, and recording one twice changes nothing.

use super::{
    CheckState, Exchanged, History, HistoryError, Pruned, Retention, Sample, Snapshot, StackKey,
    Summary,
};
use crate::state_dir::input::{self, Links};
use crate::state_dir::{output, private_file, sha256};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use time::OffsetDateTime;

/// The most snapshots that one run records; the rest wait for the next run.
const MAX_PER_RUN: usize = 50;
/// The most snapshots that wait: a history that fails for so long needs an operator.
const MAX_WAITING: usize = 5_000;
/// The most files that one run reads, those of other histories included.
const MAX_FILES: usize = 200;
/// The most bytes that one run reads, but for the last file.
const MAX_BYTES: u64 = 8 << 20;
/// The most names that one run looks at.
const MAX_LISTED: usize = 20_000;
/// The largest snapshot, in bytes.
const MAX_SNAPSHOT: u64 = 1 << 20;

/// A folder in which snapshots wait for one history.
#[derive(Clone, Debug)]
pub struct Queue {
    folder: PathBuf,
    /// Which history they wait for: a folder may serve several.
    place: String,
}

impl Queue {
    /// `place` sets this history apart from others that use the same folder.
    pub fn new(folder: PathBuf, place: String) -> Self {
        Self { folder, place }
    }

    /// Keeps a snapshot for a history that could not be opened.
    ///
    /// # Errors
    /// [`HistoryError::NotWritable`].
    pub fn wait(&self, snapshot: &Snapshot) -> Result<(), HistoryError> {
        self.write(snapshot)
            .map_err(|error| HistoryError::not_writable(&self.folder, error.to_string()))
    }

    /// Keeps a snapshot that could not be recorded, and says so in place of the reason;
    /// where that fails too, the reason stays.
    pub fn keep(&self, snapshot: &Snapshot, why: HistoryError) -> HistoryError {
        if !why.may_pass() || self.write(snapshot).is_err() {
            return why;
        }
        HistoryError::Queued {
            why: why.to_string().into(),
        }
    }

    fn write(&self, snapshot: &Snapshot) -> io::Result<()> {
        private_file::make_folder(&self.folder).map_err(io::Error::other)?;
        if input::count(&self.folder, MAX_WAITING)? >= MAX_WAITING {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        let text = serde_json::to_vec(&PendingFile::of(&self.place, snapshot))?;
        let name = format!("{}.{}.json", snapshot.id, self.fingerprint());
        output::create(&self.folder.join(name), &text, output::PRIVATE)
    }

    /// The part of a file name that identifies the history, so that the files of others are
    /// not read.
    fn fingerprint(&self) -> String {
        sha256(self.place.as_bytes()).chars().take(16).collect()
    }

    /// The snapshots that wait for this history: first those with its fingerprint, oldest first,
    /// then files without one, as version 0.1.0 wrote them. Reading these starts at another
    /// file in each run, so that the limits exclude none for good.
    fn waiting(&self, turn: usize) -> Vec<(PathBuf, Snapshot)> {
        let files = input::some_files_in(&self.folder, "json", MAX_LISTED).unwrap_or_default();
        let ours = format!(".{}", self.fingerprint());
        let stem = |path: &Path| {
            path.file_stem()
                .map(|stem| stem.to_string_lossy().into_owned())
        };
        let (named, mut unnamed): (Vec<_>, Vec<_>) = files
            .into_iter()
            .filter_map(|path| Some((stem(&path)?, path)))
            .filter(|(stem, _)| stem.ends_with(&ours) || !stem.contains('.'))
            .partition(|(stem, _)| stem.contains('.'));
        if !unnamed.is_empty() {
            let start = turn % unnamed.len();
            unnamed.rotate_left(start);
        }
        let mut budget = Budget::default();
        let mut found = Vec::new();
        for (_, path) in named.into_iter().chain(unnamed) {
            if found.len() >= MAX_PER_RUN || budget.is_spent() {
                break;
            }
            if let Some(snapshot) = budget.read(&path, &self.place) {
                found.push((path, snapshot));
            }
        }
        found
    }
}

/// A history with a queue of snapshots that it could not record.
pub struct Pending {
    behind: Box<dyn History>,
    queue: Queue,
}

impl Pending {
    /// Snapshots that `behind` cannot record wait in `queue` until it can.
    pub fn new(behind: Box<dyn History>, queue: Queue) -> Self {
        Self { behind, queue }
    }

    /// Records waiting snapshots, until one cannot be recorded.
    fn merge(&mut self, after: &Snapshot) {
        // The random part of an id is another one in each run.
        let turn = after.id.random() as usize;
        for (path, snapshot) in self.queue.waiting(turn) {
            if self.behind.record_late(&snapshot).is_err() {
                return;
            }
            output::remove(&path);
        }
    }
}

/// How much of the folder one run may still read.
struct Budget {
    files: usize,
    bytes: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            files: MAX_FILES,
            bytes: MAX_BYTES,
        }
    }
}

impl Budget {
    fn is_spent(&self) -> bool {
        self.files == 0 || self.bytes == 0
    }

    /// A snapshot that waits for this place; `None` for anything else.
    fn read(&mut self, path: &Path, place: &str) -> Option<Snapshot> {
        self.files = self.files.saturating_sub(1);
        let text = input::read_file(path, Links::Refuse, MAX_SNAPSHOT).ok()?;
        self.bytes = self.bytes.saturating_sub(text.len() as u64);
        let waiting: PendingFile = serde_json::from_slice(&text).ok()?;
        (waiting.place == place).then(|| waiting.snapshot())?
    }
}

/// A waiting snapshot as it is stored.
#[derive(Serialize, Deserialize)]
struct PendingFile {
    place: String,
    id: String,
    at_ms: i64,
    stack: String,
    verdict: String,
    runbooks: Vec<(String, String)>,
    numbers: Vec<(String, i64)>,
    version: String,
}

impl PendingFile {
    fn of(place: &str, snapshot: &Snapshot) -> Self {
        Self {
            place: place.to_owned(),
            id: snapshot.id.to_string(),
            at_ms: super::millis(snapshot.at),
            stack: snapshot.stack.0.clone(),
            verdict: snapshot.verdict.clone(),
            runbooks: snapshot.runbooks.clone(),
            numbers: snapshot.numbers.clone(),
            version: snapshot.duckops_version.clone(),
        }
    }

    fn snapshot(self) -> Option<Snapshot> {
        Some(Snapshot {
            id: self.id.parse().ok()?,
            at: super::instant(self.at_ms)?,
            stack: StackKey(self.stack),
            verdict: self.verdict,
            runbooks: self.runbooks,
            numbers: self.numbers,
            duckops_version: self.version,
        })
    }
}

impl History for Pending {
    fn record(&mut self, snapshot: &Snapshot) -> Result<(), HistoryError> {
        let recorded = self.behind.record(snapshot);
        if recorded.is_ok() {
            self.merge(snapshot);
        }
        recorded.map_err(|why| self.queue.keep(snapshot, why))
    }

    fn record_late(&mut self, snapshot: &Snapshot) -> Result<(), HistoryError> {
        self.behind.record_late(snapshot)
    }

    fn samples(
        &self,
        stack: &StackKey,
        fact: &str,
        from: OffsetDateTime,
    ) -> Result<Vec<Sample>, HistoryError> {
        self.behind.samples(stack, fact, from)
    }

    fn last_positive(
        &self,
        stack: &StackKey,
        fact: &str,
        from: OffsetDateTime,
        to: OffsetDateTime,
    ) -> Result<Option<OffsetDateTime>, HistoryError> {
        self.behind.last_positive(stack, fact, from, to)
    }

    fn newest(
        &self,
        stack: &StackKey,
        beginning: &str,
        from: OffsetDateTime,
    ) -> Result<Vec<(String, i64)>, HistoryError> {
        self.behind.newest(stack, beginning, from)
    }

    fn facts(&self, stack: &StackKey) -> Result<Vec<String>, HistoryError> {
        self.behind.facts(stack)
    }

    fn summaries(
        &self,
        stack: &StackKey,
        from: OffsetDateTime,
    ) -> Result<Vec<Summary>, HistoryError> {
        self.behind.summaries(stack, from)
    }

    fn ledger(&self, stack: &StackKey) -> Result<CheckState, HistoryError> {
        self.behind.ledger(stack)
    }

    fn exchange(
        &mut self,
        stack: &StackKey,
        revision: u64,
        document: &str,
        snapshot: Option<&Snapshot>,
    ) -> Result<Exchanged, HistoryError> {
        let exchanged = self.behind.exchange(stack, revision, document, snapshot);
        if let Ok(Exchanged::Done) = exchanged
            && let Some(snapshot) = snapshot
        {
            self.merge(snapshot);
        }
        exchanged.map_err(|why| match snapshot {
            Some(snapshot) => self.queue.keep(snapshot, why),
            None => why,
        })
    }

    fn prune(&mut self, keep: &Retention, now: OffsetDateTime) -> Result<Pruned, HistoryError> {
        self.behind.prune(keep, now)
    }
}
