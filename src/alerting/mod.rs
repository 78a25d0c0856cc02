//! What holds from run to run: since when a runbook has its verdict, whether that counts
//! yet, who muted it, and what must still be told to whom.
//!
//! Pure: from the state that earlier checks left and the verdicts of this one to the next
//! state. It knows neither where the state is kept nor how a message is sent, asks no
//! clock, and changes no verdict that a runbook was given.

mod alert_state;
pub mod channels;
mod debounce;
mod escalation;
mod outbox;

#[cfg(test)]
mod tests;

pub use alert_state::{Mute, State, StateError};
pub use debounce::Debounce;
pub use escalation::{Brief, Escalated, escalation};
pub use outbox::{Kind, LEASE, Message, Outcome};

use crate::report::model::{self, Change, Verdict};
use crate::text::Printable;
use alert_state::{Announced, Standing};
use debounce::{Run, settled};
use time::OffsetDateTime;

/// A channel that messages may go to, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its name in the configuration.
    pub name: String,
    /// Verdicts from this one on are told.
    pub from: Verdict,
}

/// One check, as it is compared with the ones before.
#[derive(Clone, Copy, Debug)]
pub struct Check<'a> {
    /// When it began.
    pub at: OffsetDateTime,
    /// Sets it apart from every other check.
    pub id: &'a str,
    /// Which machine it ran on.
    pub host: &'a str,
    /// How many bad runs of how many make a verdict count.
    pub debounce: Debounce,
    /// To whom transitions are told; none without `--notify`.
    pub channels: &'a [Channel],
    /// The stack by its name, for messages and their keys.
    pub stack: &'a str,
}

/// Compares this report with what earlier checks left, writes into the report what came of
/// it, and yields what is left for the next check. Messages that are due stand in its outbox.
pub fn advance(state: &State, check: &Check<'_>, report: &mut model::Report) -> State {
    let mut next = state.clone();
    next.forget(check.at);
    let stands = settle_run(&mut next, check, report);
    for runbook in &mut report.runbooks {
        // What another incident explains was not judged: nothing was learned of it.
        if runbook.blocked_by.is_some() {
            continue;
        }
        let id = runbook.id.as_str();
        let mute = next.mutes.get(id).cloned();
        let before = next.runbooks.get(id).cloned();
        let mut standing = before.clone().unwrap_or_default();
        let called = next.escalations.get(id);
        let change = step(&mut standing, before.as_ref(), called, check, runbook);
        let told = standing.told.as_ref().map(|told| model::Told {
            by: told.by.as_str().into(),
            at: alert_state::time(told.at),
            channel: told.channel.as_str().into(),
        });
        if mute.is_none() {
            let told = announce(&mut standing, check, runbook);
            next.outbox.extend(told);
        }
        runbook.standing = Some(model::Standing {
            change,
            before: before.as_ref().map(|before| before.settled.0),
            settled: standing.settled.0,
            since: alert_state::time(standing.since),
            held: standing.settled.0 != runbook.verdict,
            muted: mute.map(|mute| model::Muted {
                until: alert_state::time(mute.until),
                by: mute.by.as_str().into(),
            }),
            told,
        });
        next.runbooks.insert(id.to_owned(), standing);
    }
    if let Some(verdict) = stands {
        overrule(report, verdict, check.debounce);
    }
    next
}

/// The verdict that the whole run has by the rule of so many of so many; `None` where the
/// run's own verdict stands.
fn settle_run(next: &mut State, check: &Check<'_>, report: &model::Report) -> Option<Verdict> {
    let mut asked: Vec<_> = report.runbooks.iter().map(|r| r.id.as_str()).collect();
    asked.sort_unstable();
    let runs = next.runs.entry(asked.join(" ")).or_default();
    runs.push(Run::new(check.at, report.verdict));
    let verdict = settled(runs, check.debounce);
    Some(verdict).filter(|verdict| *verdict != report.verdict)
}

fn overrule(report: &mut model::Report, verdict: Verdict, debounce: Debounce) {
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

/// Moves a standing on by one run.
fn step(
    standing: &mut Standing,
    before: Option<&Standing>,
    called: Option<&Escalated>,
    check: &Check<'_>,
    runbook: &model::Runbook,
) -> Change {
    standing.runs.push(Run::new(check.at, runbook.verdict));
    let settled = settled(&mut standing.runs, check.debounce);
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
        standing.since = alert_state::millis(check.at);
    }
    match change {
        Change::New => {
            // Somebody may have been called before a check saw it: it is the same incident.
            let called = called.filter(|call| call.is_of_this(&standing.runs));
            let incident = called.map_or(check.id, |call| call.incident.as_str());
            standing.incident = Some(incident.to_owned());
            standing.told = None;
        }
        // The key stays until everybody who was told has been told of the end.
        Change::Resolved | Change::Worse | Change::Better | Change::Unchanged => {}
    }
    standing.settled = alert_state::Word(settled);
    change
}

/// What each channel must be told, given what it was told last.
fn announce(standing: &mut Standing, check: &Check<'_>, runbook: &model::Runbook) -> Vec<Message> {
    let mut messages = Vec::new();
    for channel in check.channels {
        let settled = standing.settled.0;
        let known = standing.announced.get(&channel.name).cloned();
        let kind = match (&known, settled >= channel.from) {
            (None, true) => Kind::Trigger,
            (Some(known), true) if known.verdict.0 != settled => Kind::Update,
            (Some(_), false) => Kind::Resolve,
            _ => continue,
        };
        let incident = known
            .map(|known| known.incident)
            .or_else(|| standing.incident.clone())
            .unwrap_or_else(|| check.id.to_owned());
        messages.push(Message::new(
            check, channel, kind, &incident, settled, runbook,
        ));
        if kind == Kind::Resolve {
            standing.announced.remove(&channel.name);
        } else {
            let verdict = alert_state::Word(settled);
            let announced = Announced { verdict, incident };
            standing.announced.insert(channel.name.clone(), announced);
        }
    }
    messages
}

/// One line for each mute in force, for those who wonder why it is so quiet.
pub fn muted(state: &State, now: OffsetDateTime) -> Vec<Printable> {
    let in_force = state
        .mutes
        .iter()
        .filter(|(_, mute)| mute.until > alert_state::millis(now));
    in_force
        .map(|(id, mute)| {
            let until = crate::fact::instant(alert_state::time(mute.until).unix_timestamp());
            format!(
                "{} is muted until {until} by {}: nobody is told of it",
                id.to_uppercase(),
                mute.by
            )
            .into()
        })
        .collect()
}
