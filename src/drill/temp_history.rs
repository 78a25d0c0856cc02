//! History as a scene would have it, in a folder that goes when the scene is over.

use super::DrillError;
use crate::history::{self, Location, Snapshot, StackKey};
use crate::practice::FakeStack;
use crate::stack::Stack;
use crate::state_dir::output;
use std::path::{Path, PathBuf};
use ulid::Ulid;

/// What earlier runs of a scene would have recorded, in a folder that goes with it.
pub(super) struct TempHistory {
    pub(super) path: PathBuf,
    snapshots: Vec<(std::time::Duration, Vec<(&'static str, i64)>)>,
}

impl TempHistory {
    pub(super) fn keep(world: &FakeStack, temp_dir: &Path) -> Result<Self, DrillError> {
        let path = temp_dir.join(format!("duckops-practice-{}", Ulid::generate()));
        output::create_folder(&path).map_err(|why| DrillError::Write {
            path: path.clone(),
            what: "made",
            why,
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

    pub(super) fn write(&self, stack: &Stack, now: time::OffsetDateTime) -> Result<(), DrillError> {
        let mut history = history::open(&self.location(), history::BUSY_BUDGET)?;
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
            history.record(&snapshot)?;
        }
        Ok(())
    }
}

impl Drop for TempHistory {
    fn drop(&mut self) {
        output::remove_folder(&self.path);
    }
}

/// What a shell that practises is pointed at, beside the addresses: paths as texts.
pub(super) struct ServeFolder {
    /// `sqlite:` and the path of the recorded history.
    pub(super) history: String,
    pub(super) state: String,
    /// A file with the token that the practice stack takes.
    pub(super) token: String,
    /// What to put the configuration into that makes these addresses the stack's own.
    pub(super) config: String,
    /// The log that incidents of the practice stack are recorded in.
    pub(super) log: String,
}

impl ServeFolder {
    pub(super) fn make(folder: &Path, stack: &Stack, token: &str) -> Result<Self, DrillError> {
        let failed = |path: &Path, why: std::io::Error| DrillError::Write {
            path: path.to_owned(),
            what: "written",
            why,
        };
        let (state, config) = (folder.join("state"), folder.join("config"));
        let settings = config.join("duckops");
        for path in [&state, &config, &settings] {
            output::create_folder(path).map_err(|error| failed(path, error))?;
        }
        let token_file = folder.join("token");
        let text = format!(
            "# The practice stack: nothing here is production, and no other address is asked.\n\
             [stack.{}]\npractice = true\napi_url = \"{}\"\naccount = \"{}\"\n",
            stack.name.value, stack.api_url.value, stack.account.value
        );
        for (path, bytes) in [
            (&token_file, format!("{token}\n")),
            (&settings.join("config.toml"), text),
        ] {
            output::create(path, bytes.as_bytes(), 0o600).map_err(|error| failed(path, error))?;
        }
        let shown = |path: &Path| path.display().to_string();
        Ok(Self {
            history: format!("sqlite:{}", shown(&folder.join("history.db"))),
            state: shown(&state),
            token: shown(&token_file),
            config: shown(&config),
            log: shown(&folder.join("GOVERNANCE-LOG.md")),
        })
    }
}
