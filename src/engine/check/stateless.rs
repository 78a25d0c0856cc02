//! The notifications of a check whose alert state cannot be read or written: sent in each
//! run, with the deduplication key that needs no state.

use super::options::CheckOptions;
use crate::alerting::{self, AlertChannel, AlertState, CheckRun, Debounce, Message};
use crate::history::Snapshot;
use crate::report::model::Report;
use crate::text::Printable;
use time::OffsetDateTime;

/// What is to be sent and said once the report has been printed.
#[derive(Default)]
pub(super) struct DueNotifications {
    /// The messages that this run must deliver.
    pub(super) claimed: Vec<Message>,
    /// What standard error must say in every format.
    pub(super) said: Vec<Printable>,
    /// Whether the alert state holds them.
    pub(super) has_state: bool,
}

impl DueNotifications {
    /// Names the incidents that no channel is for: in the report always, on standard error when they
    /// begin or change.
    pub(super) fn say_unheard(&mut self, report: &mut Report, channels: &[AlertChannel]) {
        for (line, is_news) in alerting::unheard(report, channels) {
            self.said.extend(is_news.then(|| line.clone()));
            report.notes.push(line);
        }
    }
}

/// A check as alerting needs it, by its id and the name of its stack.
pub(super) fn check_run<'a>(
    at: OffsetDateTime,
    (id, stack): (&'a str, &'a str),
    options: &'a CheckOptions,
) -> CheckRun<'a> {
    CheckRun {
        at,
        id,
        host: &options.host,
        debounce: options.debounce,
        channels: &options.channels.configured,
        stack,
        has_state: true,
        runbook_url: options.runbook_url.as_deref(),
    }
}

/// The messages of a run without earlier state; `why` is the reason. A verdict that normally must
/// be seen several times counts at once, because earlier runs are not counted.
pub(super) fn without_state(
    report: &mut Report,
    snapshot: &Snapshot,
    options: &CheckOptions,
    why: &str,
) -> DueNotifications {
    let channels = &options.channels;
    if channels.configured.is_empty() {
        return DueNotifications::default();
    }
    let id = snapshot.id.to_string();
    let stack = report.stack.name.to_string();
    let check = CheckRun {
        debounce: Debounce::NONE,
        has_state: false,
        ..check_run(snapshot.at, (&id, &stack), options)
    };
    // What it says of changes is not known.
    let mut unused = report.clone();
    let mut state = alerting::advance(&AlertState::default(), &check, &mut unused);
    let mut said = state.note_closed(check.at, &channels.configured, &channels.closed());
    let claimed = state.claim(check.at, check.id, &channels.usable());
    report.channels = state.channel_reports(check.at, &channels.configured);
    let note: Printable = format!(
        "earlier notifications not readable ({why}): each check sends again, with the same key, without end, mute or debounce"
    )
    .into();
    if !claimed.is_empty() {
        said.push(note.clone());
    }
    report.notes.push(note);
    let mut due = DueNotifications {
        claimed,
        said,
        has_state: false,
    };
    due.say_unheard(report, &channels.configured);
    due
}
