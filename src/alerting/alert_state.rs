//! The state that one check leaves for the next, as a document in JSON. Several hosts may
//! share it, and versions of duckops too: the parts of a document of this format that this
//! version does not know are kept.

use super::debounce::Run;
use super::escalation::Escalated;
use super::outbox::Message;
use crate::report::model::Verdict;
use crate::text::Printable;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use time::{Duration, OffsetDateTime};

/// The format this version reads and writes.
const FORMAT: u32 = 1;
/// Runs of a set of runbooks that nobody asks for any more are forgotten.
const FORGOTTEN: Duration = Duration::days(30);

/// What earlier checks left.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    format: u32,
    #[serde(default)]
    pub(super) runbooks: BTreeMap<String, Standing>,
    /// The verdicts of whole runs, by the runbooks they were asked for.
    #[serde(default)]
    pub(super) runs: BTreeMap<String, Vec<Run>>,
    #[serde(default)]
    pub(super) mutes: BTreeMap<String, Mute>,
    /// The last call about each runbook.
    #[serde(default)]
    pub(super) escalations: BTreeMap<String, Escalated>,
    #[serde(default)]
    pub(super) outbox: Vec<Message>,
    /// What other versions keep beside it.
    #[serde(flatten)]
    others: BTreeMap<String, serde_json::Value>,
}

/// Why a state cannot be used. It is left as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// Not what a check wrote.
    #[error("what earlier checks left cannot be read: {0}")]
    Unreadable(Printable),
    /// A newer duckops wrote it.
    #[error("a newer duckops left format {0}, and this one knows {FORMAT}: use a newer duckops")]
    Newer(u32),
}

impl State {
    /// Reads a document; an empty one is the state before the first check.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn read(document: &str) -> Result<Self, StateError> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        if document.is_empty() {
            return Ok(Self::default());
        }
        let unreadable =
            |error: serde_json::Error| StateError::Unreadable(error.to_string().into());
        let Format { format } = serde_json::from_str(document).map_err(unreadable)?;
        if format > FORMAT {
            return Err(StateError::Newer(format));
        }
        serde_json::from_str(document).map_err(unreadable)
    }

    /// The document to keep.
    pub fn write(&self) -> String {
        let state = Self {
            format: FORMAT,
            ..self.clone()
        };
        // Maps with text keys and plain values: there is nothing in it that could fail.
        serde_json::to_string(&state).unwrap_or_default()
    }

    /// Lets go what is over.
    pub(super) fn forget(&mut self, now: OffsetDateTime) {
        let now = millis(now);
        self.mutes.retain(|_, mute| mute.until > now);
        let long_ago =
            now.saturating_sub(i64::try_from(FORGOTTEN.whole_milliseconds()).unwrap_or(0));
        self.runs
            .retain(|_, runs| runs.last().is_some_and(|run| run.at > long_ago));
        self.escalations
            .retain(|_, call| millis(call.at()) > long_ago);
    }

    /// Mutes a runbook until a time, in somebody's name.
    pub fn mute(&mut self, runbook: &str, until: OffsetDateTime, by: &str) {
        let mute = Mute {
            until: millis(until),
            by: by.to_owned(),
        };
        self.mutes.insert(runbook.to_owned(), mute);
    }

    /// Ends a mute; `false` where there was none.
    pub fn unmute(&mut self, runbook: &str) -> bool {
        self.mutes.remove(runbook).is_some()
    }
}

/// What is known of one runbook.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Standing {
    /// The verdict that counts.
    pub(super) settled: Word,
    /// Since when it does.
    pub(super) since: i64,
    /// The check that began the incident; its key for all who are told.
    pub(super) incident: Option<String>,
    /// The last runs, the newest last.
    #[serde(default)]
    pub(super) runs: Vec<Run>,
    /// What each channel was told last.
    #[serde(default)]
    pub(super) announced: BTreeMap<String, Announced>,
    /// Who told somebody of this incident first.
    #[serde(default)]
    pub(super) told: Option<Told>,
}

/// What a channel was told last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Announced {
    pub(super) verdict: Word,
    pub(super) incident: String,
}

/// A delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Told {
    pub(super) by: String,
    pub(super) at: i64,
    pub(super) channel: String,
}

/// A runbook that nobody is told of for a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mute {
    pub(super) until: i64,
    pub(super) by: String,
}

/// A verdict, written as its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word(pub(super) Verdict);

impl Default for Word {
    fn default() -> Self {
        Self(Verdict::Ok)
    }
}

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.word())
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        let verdict = Verdict::from_word(&word);
        verdict
            .map(Self)
            .ok_or_else(|| D::Error::custom("a word that is no verdict"))
    }
}

/// Whole milliseconds since 1970.
pub(super) fn millis(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX)
}

/// The time of such a number; one that no year has is the beginning of time.
pub(super) fn time(millis: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
