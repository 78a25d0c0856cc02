//! DEPLOY-LOG.md: which version did its newest entry deploy?
//!
//! The log is free text, so only what is understood counts. An entry is a date and a whole version
//! number of this function, in a list, a table, a heading with fields or prose. What is no deployment
//! of the alias (planned, failed, another environment or function, a date to come, an example) is
//! passed over. Where the newest entry cannot be understood the log is not used: an older one would
//! be a guess.

mod blocks;
mod clause;
mod columns;
mod date;
mod date_forms;
mod entry;
mod fields;
mod header;
mod marks;
mod markup;
mod outcome_words;
mod preamble;
mod prose;
mod record;
mod rollback;
mod row;
mod table;
#[cfg(test)]
mod tests;
mod undone;
mod versions;
mod wiki;
mod words;

use entry::{Entry, entries};
use prose::EntryKind;

const DAY: i64 = 86_400;

/// What the log is about. Without an instant no date is one to come.
#[derive(Clone, Copy, Debug)]
pub struct DeployLogScope<'a> {
    /// The function.
    pub function: &'a str,
    /// The alias.
    pub alias: &'a str,
    /// The present moment, in seconds since 1970.
    pub now: i64,
}

/// Why the log names no version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoVersion {
    /// No line has a date.
    #[error("no entry in it has a date such as 2026-03-22")]
    NoDate,
    /// An entry has a date that is not whole.
    #[error("an entry in it has no whole date such as 2026-03-22, and may be the newest")]
    Undated,
    /// The newest entry names no version.
    #[error("its newest entry names no version such as v61")]
    None,
    /// The newest entry names several versions.
    #[error("its newest entry names more than one version")]
    Several,
    /// The newest entry may or may not be a deployment.
    #[error("its newest entry is not understood as a deployment")]
    Unclear,
    /// It is what a packaging tool writes.
    #[error("it is the history of packages or charts, not of deployments of the function")]
    Packages,
    /// The newest entry is a rollback and does not say where to.
    #[error("its newest entry is a rollback that does not say to which version")]
    NoTarget,
}

/// A deployment or a rollback that the log records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedChange {
    /// When, in seconds since 1970; the beginning of the day where there is only a date.
    pub at: i64,
    /// Whether the entry has a date alone.
    pub is_date_alone: bool,
    /// The version that serves since then; `None` for a rollback that does not say where to.
    pub version: Option<String>,
    /// The versions that were left by a rollback; empty for a deployment.
    pub left: Vec<String>,
    /// Whether it is a rollback.
    pub is_rollback: bool,
}

/// Everything that the log records of this function and alias, newest first.
pub fn changes(text: &str, scope: DeployLogScope<'_>) -> Vec<LoggedChange> {
    let mut found: Vec<_> = entries(text, scope)
        .into_iter()
        .filter_map(change)
        .collect();
    found.sort_by_key(|change| std::cmp::Reverse(change.at));
    found
}

fn change(entry: Entry) -> Option<LoggedChange> {
    let (version, left, is_rollback) = match entry.kind {
        EntryKind::Deployed(version) | EntryKind::Ended(version) => {
            (Some(version), Vec::new(), false)
        }
        EntryKind::RolledBack { left, target } => (target, left, true),
        EntryKind::Other | EntryKind::Unclear(_) => return None,
    };
    Some(LoggedChange {
        at: entry.at,
        is_date_alone: entry.is_date_alone,
        version,
        left,
        is_rollback,
    })
}

/// The version that the newest entry names.
///
/// # Errors
/// That there is none, or more than one, or that the newest entry is not understood.
pub fn newest_version(text: &str, scope: DeployLogScope<'_>) -> Result<String, NoVersion> {
    newest_change(text, scope).map(|(version, _)| version)
}

/// The newest entry and the version that serves since then.
///
/// # Errors
/// As [`newest_version`].
pub fn newest_change(
    text: &str,
    scope: DeployLogScope<'_>,
) -> Result<(String, LoggedChange), NoVersion> {
    let mut entries = entries(text, scope);
    entries.retain(|entry| entry.kind != EntryKind::Other);
    let newest = entries.iter().map(|entry| entry.at).max();
    let newest = newest.ok_or(NoVersion::NoDate)?;
    // Logs grow at either end: what is ambiguous at one moment must not be decided by its place, and a date
    // alone may be any moment of its day.
    let may_be_newest = |entry: &Entry| {
        let is_its_day = entry.at.div_euclid(DAY) == newest.div_euclid(DAY);
        entry.at == newest || (entry.is_date_alone && is_its_day)
    };
    entries.retain(may_be_newest);
    let left: Vec<String> = entries
        .iter()
        .flat_map(|entry| match &entry.kind {
            EntryKind::RolledBack { left, .. } => left.clone(),
            _ => Vec::new(),
        })
        .collect();
    let mut found: Option<(String, LoggedChange)> = None;
    // Which one serves instead is not said.
    if entries
        .iter()
        .all(|entry| matches!(entry.kind, EntryKind::Ended(_)))
    {
        return Err(entries
            .first()
            .map_or(NoVersion::NoDate, |_| NoVersion::Unclear));
    }
    entries.retain(|entry| !matches!(entry.kind, EntryKind::Ended(_)));
    for entry in entries {
        if let EntryKind::Unclear(why) = entry.kind {
            return Err(why);
        }
        let Some(change) = change(entry) else {
            continue;
        };
        let version = change.version.clone().ok_or(NoVersion::NoTarget)?;
        // A deployment and its rollback may have one date.
        if !change.is_rollback && left.contains(&version) {
            continue;
        }
        match &found {
            Some((known, _)) if *known != version => return Err(NoVersion::Several),
            _ => found = Some((version, change)),
        }
    }
    found.ok_or(NoVersion::None)
}
