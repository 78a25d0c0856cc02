//! The alert state that one check leaves for the next, as a JSON document.
//!
//! Several hosts and several versions of duckops may share it, so members that this version does
//! not know are kept.

use super::debounce::PastRun;
use super::escalation_record::EscalationRecord;
use super::message::Message;
use super::mute::Mute;
use super::stored::{CLOCK_TOLERANCE, VerdictWord, from_millis, millis, millis_of};
use super::trouble_record::{ChannelTrouble, RefusedMessage};
use crate::fact;
use crate::text::Printable;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use time::{Duration, OffsetDateTime};

/// The format this version reads and writes.
const FORMAT: u32 = 1;
/// State of a runbook set that was not checked for this long is removed.
const FORGOTTEN: Duration = Duration::days(30);

/// Everything that a check needs of the checks before it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AlertState {
    format: u32,
    #[serde(default)]
    pub(super) runbooks: BTreeMap<String, RunbookState>,
    /// The verdicts of whole runs, by the runbooks they were asked for.
    #[serde(default)]
    pub(super) runs: BTreeMap<String, Vec<PastRun>>,
    #[serde(default)]
    pub(super) mutes: BTreeMap<String, Mute>,
    /// The last escalation of each runbook.
    #[serde(default)]
    pub(super) escalations: BTreeMap<String, EscalationRecord>,
    #[serde(default)]
    pub(super) outbox: Vec<Message>,
    /// The channels that cannot be used, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) troubles: BTreeMap<String, ChannelTrouble>,
    /// Messages that a channel refused for good.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) refused: Vec<RefusedMessage>,
    /// Members of other versions.
    #[serde(flatten)]
    others: BTreeMap<String, serde_json::Value>,
}

/// Why a state cannot be used. It is left as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AlertStateError {
    /// Not what a check wrote.
    #[error("what earlier checks left cannot be read: {0}")]
    Unreadable(Printable),
    /// A newer duckops wrote it.
    #[error(
        "written by a newer duckops in format {0}, this one reads {FORMAT}: use a newer duckops"
    )]
    Newer(u32),
}

impl AlertState {
    /// Since when the verdict that changed least recently counts; `None` before the first check.
    pub fn oldest_change(&self) -> Option<OffsetDateTime> {
        let since = self.runbooks.values().map(|state| state.since).min()?;
        Some(from_millis(since))
    }

    /// Reads a document; an empty one is the state before the first check.
    ///
    /// # Errors
    /// [`AlertStateError`].
    pub fn read(document: &str) -> Result<Self, AlertStateError> {
        #[derive(Deserialize)]
        struct StateFormat {
            format: u32,
        }
        if document.is_empty() {
            return Ok(Self::default());
        }
        let unreadable =
            |error: serde_json::Error| AlertStateError::Unreadable(error.to_string().into());
        let StateFormat { format } = serde_json::from_str(document).map_err(unreadable)?;
        if format > FORMAT {
            return Err(AlertStateError::Newer(format));
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

    /// Removes mutes that are over and what no run has touched for [`FORGOTTEN`].
    pub(super) fn remove_expired(&mut self, now: OffsetDateTime) {
        let now = millis(now);
        self.mutes.retain(|_, mute| mute.until > now);
        let long_ago = now.saturating_sub(millis_of(FORGOTTEN));
        self.runs
            .retain(|_, runs| runs.last().is_some_and(|run| run.at > long_ago));
        self.escalations
            .retain(|_, call| millis(call.at()) > long_ago);
    }

    /// Pulls times that lie in the future back to `now`. A clock that was ahead wrote them, and
    /// what really happened then is not known; left as they are they would postpone messages and
    /// hide incidents until the clock gets there.
    pub fn correct_future(&mut self, now: OffsetDateTime) {
        let now = millis(now);
        let limit = now.saturating_add(millis_of(CLOCK_TOLERANCE));
        let correct = |at: &mut i64| {
            if *at > limit {
                *at = now;
            }
        };
        for standing in self.runbooks.values_mut() {
            // A verdict cannot stand since later than now, however little the clocks differ.
            standing.since = standing.since.min(now);
            standing
                .runs
                .iter_mut()
                .for_each(|run| correct(&mut run.at));
            if let Some(told) = &mut standing.told {
                correct(&mut told.at);
            }
        }
        let runs = self.runs.values_mut().flatten();
        runs.for_each(|run| correct(&mut run.at));
        for call in self.escalations.values_mut() {
            correct(&mut call.at);
            call.delivered.iter_mut().for_each(correct);
        }
        for message in &mut self.outbox {
            correct(&mut message.at);
        }
        for trouble in self.troubles.values_mut() {
            correct(&mut trouble.since);
        }
        // It keeps its length.
        for mute in self.mutes.values_mut() {
            if let Some(begun) = mute.begun.filter(|begun| *begun > limit) {
                mute.until = mute.until.saturating_sub(begun.saturating_sub(now));
                mute.begun = Some(now);
            }
        }
    }

    /// Mutes a runbook, or one subject such as `bond:ID`, from now until a time; `by` is who asked
    /// for it.
    pub fn mute(&mut self, now: OffsetDateTime, runbook: &str, until: OffsetDateTime, by: &str) {
        let mute = Mute {
            until: millis(until),
            by: by.to_owned(),
            begun: Some(millis(now)),
        };
        self.mutes.insert(runbook.to_owned(), mute);
    }

    /// Ends a mute; `false` where there was none.
    pub fn unmute(&mut self, runbook: &str) -> bool {
        self.mutes.remove(runbook).is_some()
    }

    /// Whether a mute keeps messages about a runbook back at this time, in milliseconds since 1970.
    pub(super) fn is_muted(&self, runbook: &str, now: i64) -> bool {
        let standing = self.runbooks.get(runbook);
        let covering = standing.and_then(|standing| standing.muted_by.as_deref());
        let mutes = [Some(runbook), covering].into_iter().flatten();
        let mut mutes = mutes.filter_map(|name| self.mutes.get(name));
        mutes.any(|mute| mute.until > now)
    }

    /// A note for each mute in force: a muted runbook sends no notification.
    pub fn mute_notes(&self, now: OffsetDateTime) -> Vec<Printable> {
        let now = millis(now);
        let in_force = self.mutes.iter().filter(|(_, mute)| mute.until > now);
        let note = |(id, mute): (&String, &Mute)| {
            let until = fact::utc(from_millis(mute.until));
            let by = &mute.by;
            match id.split_once(':') {
                Some((kind, name)) => {
                    format!(
                        "{kind} {name} is muted until {until} by {by}: no message about it alone"
                    )
                }
                None => {
                    let id = id.to_uppercase();
                    format!("{id} is muted until {until} by {by}: no messages")
                }
            }
            .into()
        };
        in_force.map(note).collect()
    }
}

/// The alert state of one runbook.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct RunbookState {
    /// The debounced verdict.
    pub(super) settled: VerdictWord,
    /// When it began, in milliseconds since 1970.
    pub(super) since: i64,
    /// The id of the check that began the incident, as part of the key of its messages.
    pub(super) incident: Option<String>,
    /// The last runs, the newest last.
    #[serde(default)]
    pub(super) runs: Vec<PastRun>,
    /// The last message of each channel.
    #[serde(default)]
    pub(super) announced: BTreeMap<String, LastNotice>,
    /// The first delivery of this incident.
    #[serde(default)]
    pub(super) told: Option<FirstDelivery>,
    /// Which mute covered it when it was judged last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) muted_by: Option<String>,
}

/// The verdict and the incident of the last message to a channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct LastNotice {
    pub(super) verdict: VerdictWord,
    pub(super) incident: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) subject: Option<String>,
}

/// A message that a channel accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct FirstDelivery {
    pub(super) by: String,
    pub(super) at: i64,
    pub(super) channel: String,
}
