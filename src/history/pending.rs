//! Snapshots that could not be recorded, one file each, until the next run records them.
//! Everything else is asked of the history behind.
//!
//! A file is whole or not there: it is written under another name, synced and renamed.
//! It is taken away only once its snapshot is recorded, and recording one twice changes
//! nothing, so a run that dies in between costs nothing either.

use super::{
    Exchanged, History, HistoryError, Ledger, Pruned, Retention, Sample, Snapshot, StackKey,
    Summary,
};
use serde::{Deserialize, Serialize};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use time::OffsetDateTime;

/// So many are recorded by one run; the rest wait for the next.
const AT_ONCE: usize = 50;
/// No snapshot is larger.
const LARGEST: u64 = 1 << 20;

/// A history with a folder in which snapshots wait for it.
pub struct Pending {
    behind: Box<dyn History>,
    folder: PathBuf,
    /// Which history they wait for: a folder may serve several.
    place: String,
}

impl Pending {
    /// `place` sets this history apart from others that use the same folder.
    pub fn new(behind: Box<dyn History>, folder: PathBuf, place: String) -> Self {
        Self {
            behind,
            folder,
            place,
        }
    }

    /// Keeps a snapshot for the next run if the history could not take it now.
    fn keep<T>(
        &self,
        snapshot: Option<&Snapshot>,
        outcome: Result<T, HistoryError>,
    ) -> Result<T, HistoryError> {
        match (outcome, snapshot) {
            (Err(error), Some(snapshot)) if error.may_pass() => {
                Err(match self.write(snapshot) {
                    Ok(()) => HistoryError::Queued {
                        why: error.to_string().into(),
                    },
                    Err(_) => error,
                })
            }
            (outcome, _) => outcome,
        }
    }

    fn write(&self, snapshot: &Snapshot) -> io::Result<()> {
        let mut folders = DirBuilder::new();
        folders.mode(0o700).recursive(true).create(&self.folder)?;
        let text = serde_json::to_vec(&Waiting::of(&self.place, snapshot))?;
        let name = self.folder.join(snapshot.id.to_string());
        let unfinished = name.with_extension("tmp");
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&unfinished)?;
        let written = file.write_all(&text).and_then(|()| file.sync_all());
        let written = written.and_then(|()| fs::rename(&unfinished, name.with_extension("json")));
        if written.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        written?;
        File::open(&self.folder)?.sync_all()
    }

    /// Records what waits. What cannot be recorded or read goes on waiting.
    fn merge(&mut self) {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return;
        };
        let mut files: Vec<_> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "json"))
            .collect();
        files.sort();
        for path in files.into_iter().take(AT_ONCE) {
            let Some(snapshot) = read(&path, &self.place) else {
                continue;
            };
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
        self.keep(Some(snapshot), recorded)
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

    fn ledger(&self, stack: &StackKey) -> Result<Ledger, HistoryError> {
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
        self.keep(snapshot, exchanged)
    }

    fn prune(&mut self, keep: &Retention, now: OffsetDateTime) -> Result<Pruned, HistoryError> {
        self.behind.prune(keep, now)
    }
}
