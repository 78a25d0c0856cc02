//! Snapshots that could not be recorded, one file each, until the next run records them.
//! Everything else is passed on to the history behind.
//!
//! A file is written under another name, synced and renamed, so it is complete or absent. It is
//! deleted only after its snapshot is recorded, and recording one twice changes nothing.

use super::{
    CheckState, Exchanged, History, HistoryError, Pruned, Retention, Sample, Snapshot, StackKey,
    Summary,
};
use serde::{Deserialize, Serialize};
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use time::OffsetDateTime;

/// So many are recorded by one run; the rest wait for the next.
const AT_ONCE: usize = 50;
/// No more wait; a history that takes nothing for so long needs somebody to look at it.
const MOST: usize = 5_000;
/// No snapshot is larger.
const LARGEST: u64 = 1 << 20;

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
        let mut folders = DirBuilder::new();
        folders.mode(0o700).recursive(true).create(&self.folder)?;
        if fs::read_dir(&self.folder)?.count() >= MOST {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        let text = serde_json::to_vec(&Waiting::of(&self.place, snapshot))?;
        let name = self.folder.join(snapshot.id.to_string());
        let unfinished = name.with_extension("tmp");
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&unfinished)?;
        let written = file
            .set_permissions(Permissions::from_mode(0o600))
            .and_then(|()| file.write_all(&text))
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&unfinished, name.with_extension("json")));
        if written.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        written?;
        File::open(&self.folder)?.sync_all()
    }

    /// Those that wait for this history, oldest first.
    fn waiting(&self) -> Vec<(PathBuf, Snapshot)> {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return Vec::new();
        };
        let mut files: Vec<_> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "json"))
            .collect();
        files.sort();
        let known = |path: PathBuf| Some((read(&path, &self.place)?, path));
        let known = files.into_iter().filter_map(known).take(AT_ONCE);
        known.map(|(snapshot, path)| (path, snapshot)).collect()
    }
}

/// A history with such a folder.
pub struct Pending {
    behind: Box<dyn History>,
    queue: Queue,
}

impl Pending {
    /// What `behind` cannot take waits in `queue`, and what waits there goes to `behind`.
    pub fn new(behind: Box<dyn History>, queue: Queue) -> Self {
        Self { behind, queue }
    }

    /// Records what waits. What cannot be recorded goes on waiting.
    fn merge(&mut self) {
        for (path, snapshot) in self.queue.waiting() {
            if self.behind.record_late(&snapshot).is_err() {
                return;
            }
            let _ = fs::remove_file(&path);
        }
    }
}

/// A snapshot that waits for this place; `None` for anything else.
fn read(path: &Path, place: &str) -> Option<Snapshot> {
    let seen = fs::symlink_metadata(path).ok()?;
    if !seen.is_file() || seen.len() > LARGEST {
        return None;
    }
    let mut text = Vec::new();
    let file = File::open(path).ok()?;
    file.take(LARGEST).read_to_end(&mut text).ok()?;
    let waiting: Waiting = serde_json::from_slice(&text).ok()?;
    (waiting.place == place).then(|| waiting.snapshot())?
}

/// A snapshot as it is written down.
#[derive(Serialize, Deserialize)]
struct Waiting {
    place: String,
    id: String,
    at_ms: i64,
    stack: String,
    verdict: String,
    runbooks: Vec<(String, String)>,
    numbers: Vec<(String, i64)>,
    version: String,
}

impl Waiting {
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
            self.merge();
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

    fn facts(&self, stack: &StackKey) -> Result<Vec<String>, HistoryError> {
        self.behind.facts(stack)
    }

    fn latest(&self, stack: &StackKey) -> Result<Option<Summary>, HistoryError> {
        self.behind.latest(stack)
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
            && snapshot.is_some()
        {
            self.merge();
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
