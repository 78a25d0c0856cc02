//! One check and the channels that it notifies, as the alert state needs them.

use super::debounce::Debounce;
use crate::report::model::{Change, Report, RunbookReport, Verdict};
use crate::text::Printable;
use time::OffsetDateTime;

/// A channel that messages may go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertChannel {
    /// Its name in the configuration.
    pub name: String,
    /// The least verdict that is sent to it.
    pub from: Verdict,
    /// The priorities that are sent to it, such as `P0`; all of them where it is empty.
    pub priorities: Vec<String>,
    /// The recipients that a rule must name for this channel, such as `T-JOSH`; empty means all.
    pub recipients: Vec<String>,
}

impl AlertChannel {
    /// A channel that receives every message from this verdict on.
    pub fn new(name: impl Into<String>, from: Verdict) -> Self {
        Self {
            name: name.into(),
            from,
            priorities: Vec::new(),
            recipients: Vec::new(),
        }
    }

    /// Whether an incident is for this channel, by its priority and by whom it calls for.
    pub fn is_for(&self, runbook: &RunbookReport) -> bool {
        let call = runbook.escalation.as_ref();
        let priority = call.map_or(&runbook.severity, |call| &call.priority);
        let of_priority = self.priorities.iter().any(|one| one == priority.as_str());
        let to = |name: &String| call.is_some_and(|call| call.to.as_str() == name);
        (self.priorities.is_empty() || of_priority)
            && (self.recipients.is_empty() || self.recipients.iter().any(to))
    }
}

/// The incidents that need an escalation but that every channel's settings exclude, one line each,
/// with whether it is new.
pub fn unheard(report: &Report, channels: &[AlertChannel]) -> Vec<(Printable, bool)> {
    let calls = report.runbooks.iter().filter_map(|runbook| {
        let standing = runbook.standing.as_ref();
        let is_kept_back = runbook.blocked_by.is_some()
            || standing.is_some_and(|standing| standing.muted.is_some())
            || channels.iter().any(|channel| channel.is_for(runbook));
        let call = runbook.escalation.as_ref().filter(|_| !is_kept_back)?;
        let line = format!(
            "no channel takes {}: `priority` and `for` of each keep {} for {} out",
            runbook.id.as_str().to_uppercase(),
            call.priority,
            call.to
        );
        let change = standing.map(|standing| standing.change);
        Some((line.into(), !matches!(change, Some(Change::Unchanged))))
    });
    match channels.is_empty() {
        true => Vec::new(),
        false => calls.collect(),
    }
}

/// One check, as it is compared with the ones before.
#[derive(Clone, Copy, Debug)]
pub struct CheckRun<'a> {
    /// When it began.
    pub at: OffsetDateTime,
    /// Unique among all checks.
    pub id: &'a str,
    /// Which machine it ran on.
    pub host: &'a str,
    /// How many bad runs of how many make a verdict count.
    pub debounce: Debounce,
    /// Where messages go; none without `--notify`.
    pub channels: &'a [AlertChannel],
    /// The stack by its name, for messages and their keys.
    pub stack: &'a str,
    /// Whether the alert state outlives the run. Without it an incident has only the key that
    /// every run can make anew.
    pub has_state: bool,
    /// Where the document of a runbook is, with `{runbook}` for its id.
    pub runbook_url: Option<&'a str>,
}
