//! History as a scene would have it, in a folder that goes when the scene is over.

use crate::cli::fail::Failure;
use crate::history::{self, Location, Snapshot, StackKey};
use crate::practice::FakeStack;
use crate::stack::Stack;
use crate::state_dir::output;
use std::path::PathBuf;
use ulid::Ulid;

/// What earlier runs of a scene would have recorded, in a folder that goes with it.
pub(super) struct Recorded {
    pub(super) path: PathBuf,
    snapshots: Vec<(std::time::Duration, Vec<(&'static str, i64)>)>,
}

impl Recorded {
    pub(super) fn keep(world: &FakeStack) -> Result<Self, Failure> {
        let path = std::env::temp_dir().join(format!("duckops-practice-{}", Ulid::generate()));
        output::create_folder(&path).map_err(|error| {
            Failure::own(format!("{} could not be made: {error}", path.display()))
        })?;
        let snapshots = world
            .recorded
            .iter()
            .map(|r| (r.ago, r.facts.clone()))
            .collect();
        Ok(Self { path, snapshots })
    }

    pub(super) fn location(&self) -> Location {
        Location::Sqlite(self.path.join("history.db"))
    }

    pub(super) fn write(&self, stack: &Stack, now: time::OffsetDateTime) -> Result<(), Failure> {
        let failed = |error: history::HistoryError| Failure::own(format!("history: {error}"));
        let mut history = history::open(&self.location(), history::BUSY_BUDGET).map_err(failed)?;
        for (ago, numbers) in &self.snapshots {
            let snapshot = Snapshot {
                id: Ulid::generate(),
                at: now - *ago,
                stack: StackKey(stack.key()),
                verdict: "unknown".to_owned(),
                runbooks: Vec::new(),
                numbers: numbers
                    .iter()
                    .map(|(fact, value)| ((*fact).to_owned(), *value))
                    .collect(),
                duckops_version: env!("CARGO_PKG_VERSION").to_owned(),
            };
            history.record(&snapshot).map_err(failed)?;
        }
        Ok(())
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        output::remove_folder(&self.path);
    }
}
