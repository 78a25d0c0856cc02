//! From the alert state of earlier checks and one report to the next alert state.

use super::alert_state::{AlertState, LastNotice, RunbookState};
use super::check_run::CheckRun;
use super::debounce::{Debounce, PastRun, debounced};
use super::escalation_record::EscalationRecord;
use super::message::{Message, MessageKind, subject};
use super::stored::{VerdictWord, from_millis, millis};
use crate::report::model::{self, Change, Verdict};

/// Compares a report with the alert state, notes the change in the report, and yields the next
/// alert state. Due messages are in its outbox.
pub fn advance(state: &AlertState, check: &CheckRun<'_>, report: &mut model::Report) -> AlertState {
    let mut next = state.clone();
    next.correct_future(check.at);
    next.remove_expired(check.at);
    let overruling = debounce_run(&mut next, check, report);
    for runbook in &mut report.runbooks {
        // It was not judged, because another incident explains it.
        if runbook.blocked_by.is_some() {
            continue;
        }
        let id = runbook.id.as_str();
        let mute = next.mutes.get_key_value(id);
        let mute = mute.map(|(name, mute)| (name.as_str(), mute));
        let mute = mute.or_else(|| next.subject_mute(runbook));
        let mute = mute.map(|(name, mute)| (name.to_owned(), mute.clone()));
        let before = next.runbooks.get(id).cloned();
        let mut current = before.clone().unwrap_or_default();
        let escalation = next.escalations.get(id);
        let change = advance_runbook(&mut current, before.as_ref(), escalation, check, runbook);
        let told = current.told.as_ref().map(|told| model::Notification {
            by: told.by.as_str().into(),
            at: from_millis(told.at),
            channel: told.channel.as_str().into(),
        });
        if mute.is_none() {
            let messages = due_messages(&mut current, check, runbook);
            next.outbox.extend(messages);
        }
        runbook.standing = Some(model::Standing {
            change,
            before: before.as_ref().map(|before| before.settled.0),
            settled: current.settled.0,
            since: from_millis(current.since),
            held: current.settled.0 != runbook.verdict,
            muted: mute.as_ref().map(|(_, mute)| model::Muted {
                until: from_millis(mute.until),
                by: mute.by.as_str().into(),
            }),
            told,
        });
        current.muted_by = mute.map(|(name, _)| name);
        next.runbooks.insert(id.to_owned(), current);
    }
    if let Some(verdict) = overruling {
        apply_debounced_verdict(report, verdict, check.debounce);
    }
    next
}

/// The debounced verdict of the whole run, where it differs from the run's own.
fn debounce_run(
    next: &mut AlertState,
    check: &CheckRun<'_>,
    report: &model::Report,
) -> Option<Verdict> {
    let mut asked: Vec<_> = report.runbooks.iter().map(|r| r.id.as_str()).collect();
    asked.sort_unstable();
    let runs = next.runs.entry(asked.join(" ")).or_default();
    runs.push(PastRun::new(check.at, report.verdict));
    let verdict = debounced(runs, check.debounce);
    Some(verdict).filter(|verdict| *verdict != report.verdict)
}

fn apply_debounced_verdict(report: &mut model::Report, verdict: Verdict, debounce: Debounce) {
    let Debounce { needed, of } = debounce;
    let note = if verdict < report.verdict {
        format!(
            "{} is held back: it counts from {needed} bad runs of {of} on",
            report.verdict.word()
        )
    } else {
        format!("{needed} of the last {of} runs were as bad as this, so it still counts")
    };
    let (said, now) = (report.summary.clone(), report.verdict.word());
    report.summary = match verdict < report.verdict {
        true => format!("Held back ({now} in fewer than {needed} of {of} runs): {said}").into(),
        false => format!("Not over yet (this run is {now}): {said}").into(),
    };
    if verdict < Verdict::Critical {
        report.root_cause = None;
        report.escalation = None;
    }
    report.verdict = verdict;
    report.notes.push(note.into());
}

/// Takes one run into the state of a runbook.
fn advance_runbook(
    current: &mut RunbookState,
    before: Option<&RunbookState>,
    escalation: Option<&EscalationRecord>,
    check: &CheckRun<'_>,
    runbook: &model::RunbookReport,
) -> Change {
    current.runs.push(PastRun::new(check.at, runbook.verdict));
    let settled = debounced(&mut current.runs, check.debounce);
    let was = before.map_or(Verdict::Ok, |before| before.settled.0);
    let is_bad = |verdict| verdict >= Verdict::Warning;
    let change = match (is_bad(was), is_bad(settled)) {
        (false, true) => Change::New,
        (true, false) => Change::Resolved,
        (true, true) if settled > was => Change::Worse,
        (true, true) if settled < was => Change::Better,
        _ => Change::Unchanged,
    };
    if before.is_none() || settled != was {
        current.since = millis(check.at);
    }
    match change {
        Change::New => {
            // It may have been escalated before a check saw it: it is the same incident.
            let earlier = escalation.filter(|earlier| earlier.is_same_incident(&current.runs));
            let incident = earlier.map_or(check.id, |earlier| earlier.incident.as_str());
            current.incident = Some(incident.to_owned());
            current.told = None;
        }
        // The key stays until every channel that was notified has the end of it.
        Change::Resolved | Change::Worse | Change::Better | Change::Unchanged => {}
    }
    current.settled = VerdictWord(settled);
    change
}

/// The messages that are due, by the last one of each channel.
fn due_messages(
    current: &mut RunbookState,
    check: &CheckRun<'_>,
    runbook: &model::RunbookReport,
) -> Vec<Message> {
    let mut messages = Vec::new();
    for channel in check.channels {
        let settled = current.settled.0;
        let known = current.announced.get(&channel.name).cloned();
        let is_told = settled >= channel.from && channel.is_for(runbook);
        let kind = match (&known, is_told) {
            (None, true) => MessageKind::Trigger,
            (Some(known), true) if known.verdict.0 != settled => MessageKind::Update,
            (Some(_), false) => MessageKind::Resolve,
            _ => continue,
        };
        let subject = match &known {
            // Keep the key, even if another subject heads the list now.
            Some(known) => known.subject.clone(),
            None => subject(runbook),
        };
        let incident = known
            .map(|known| known.incident)
            .or_else(|| current.incident.clone())
            .unwrap_or_else(|| check.id.to_owned());
        let mut message = Message::new(check, channel, kind, &incident, settled, runbook);
        message.set_subject(subject.as_deref());
        messages.push(message);
        if kind == MessageKind::Resolve {
            current.announced.remove(&channel.name);
        } else {
            let verdict = VerdictWord(settled);
            let announced = LastNotice {
                verdict,
                incident,
                subject,
            };
            current.announced.insert(channel.name.clone(), announced);
        }
    }
    messages
}
