//! What the alert state adds to a report that no check made: who was paged already, and what is muted.

use crate::alerting::AlertState;
use crate::fact::duration;
use crate::history::{History, Snapshot};
use crate::report::clock;
use crate::report::model::{NextAction, Report};
use crate::text::Printable;
use crate::timeline::spell;
use std::collections::BTreeMap;
use time::Duration;

/// How far back recorded runs are read for the begin of an incident.
const LOOK_BACK: Duration = Duration::days(2);

/// What is known of earlier pages and of mutes.
#[derive(Default)]
pub(super) struct KnownPages {
    /// By runbook: when and by whom.
    pages: BTreeMap<String, Printable>,
    /// The mutes in force, a line each.
    pub(super) mutes: Vec<Printable>,
}

/// Reads what the alert state knows about these runbooks. What cannot be read is not said: the verdict
/// does not depend on it.
pub(super) fn read(history: &mut dyn History, snapshot: &Snapshot, report: &Report) -> KnownPages {
    let (stack, now) = (&snapshot.stack, snapshot.at);
    let stored = history.ledger(stack).ok();
    let state = stored.and_then(|stored| AlertState::read(&stored.document).ok());
    let Some(mut state) = state else {
        return KnownPages::default();
    };
    state.correct_future(now);
    let due = report
        .runbooks
        .iter()
        .filter(|one| one.escalation.is_some());
    let due = due.map(|runbook| runbook.id.to_string());
    let paged: Vec<String> = due
        .filter(|id| state.escalated(id, now - LOOK_BACK).is_some())
        .collect();
    let runs = match paged.is_empty() {
        true => Vec::new(),
        false => history
            .summaries(stack, now - LOOK_BACK)
            .unwrap_or_default(),
    };
    let page = |id: &String| {
        let since = spell(&runs, id).map_or(now - Duration::DAY, |spell| spell.since);
        let call = state.standing_escalation(id, since, now)?;
        let age = match (now - call.at()).whole_seconds() {
            ..=0 => "now".to_owned(),
            age => format!("{} ago ({})", duration(age), clock(call.at(), now)),
        };
        let by = match call.by.as_str() {
            "not known" => Printable::from(call.host.as_str()),
            by => Printable::from(by),
        };
        let delivery = state.delivery(id, call);
        let said = format!("paged {age} by {by}, {delivery}");
        Some((id.clone(), said.into()))
    };
    KnownPages {
        pages: paged.iter().filter_map(page).collect(),
        mutes: state.mute_notes(now),
    }
}

impl KnownPages {
    /// An incident that was paged is not to be paged again: what is next is its record.
    pub(super) fn mark(&self, report: &mut Report) {
        let leading = report.runbooks.first().map(|runbook| &runbook.id);
        let leading = report.root_cause.as_ref().or(leading).cloned();
        for (id, said) in &self.pages {
            let is_page = |next: &NextAction| {
                let command = next.command.as_ref().map(Printable::as_str);
                command.is_some_and(|command| {
                    let mut words = command.split(' ').skip(1);
                    words.next() == Some("escalate") && words.next() == Some(id)
                })
            };
            let record = || {
                let command = format!("duckops record {id}");
                Some(NextAction {
                    text: "Record the incident; the page was sent".into(),
                    command: Some(command.into()),
                })
            };
            let of_this = report
                .runbooks
                .iter_mut()
                .filter(|one| one.id.as_str() == id);
            for runbook in of_this {
                if let Some(due) = &mut runbook.escalation {
                    due.paged = Some(said.clone());
                }
                if runbook.next_action.as_ref().is_some_and(is_page) {
                    runbook.next_action = record();
                    runbook.then = None;
                }
            }
            if leading
                .as_ref()
                .is_some_and(|leading| leading.as_str() == id)
            {
                if let Some(due) = &mut report.escalation {
                    due.paged = Some(said.clone());
                }
                if report.next_action.as_ref().is_some_and(is_page) {
                    report.next_action = record();
                }
            }
        }
    }
}
