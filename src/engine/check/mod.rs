//! `duckops check`: a run that is compared with the checks before it, recorded together with the
//! alert state, and notified.

mod options;
mod stateless;

pub use options::{CheckOptions, MuteChange, MuteEndError, parse_mute_end};

use super::paged;
use super::run::{EvaluatedRun, Run};
use super::runbooks::RequestedRunbooks;
use crate::alerting::delivery::{Delivery, MESSAGE_LIMIT};
use crate::alerting::{self, AlertState, MAX_ATTEMPTS};
use crate::fact::{duration, parse_instant, utc};
use crate::history::{CheckState, Exchanged, History, Nowhere, Retention, Snapshot, blocking};
use crate::report::model::{ChannelReport, Report};
use crate::state_dir::lock::{self, Holder, Lock, LockError};
use crate::text::Printable;
use stateless::{DueNotifications, check_run, without_state};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;

/// How many days of old history one check thins out.
const PRUNED_PER_CHECK: usize = 2;

/// Why a check came to no verdict, or did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// Another check of the same runbooks is active on this machine.
    #[error("{0}")]
    Locked(Printable),
    /// The mute could not be written.
    #[error("no mute was changed: {0}")]
    MuteUnchanged(String),
    /// It failed inside duckops.
    #[error("{0}")]
    Internal(String),
}

/// A check that was compared and recorded as far as that was possible. It excludes other checks
/// of the same runbooks as long as it lives.
pub struct FinishedCheck {
    /// Its report.
    pub report: Report,
    /// That the mute which was asked for is of nothing that was read.
    pub complaint: Option<Printable>,
    history: Option<Box<dyn History>>,
    due: DueNotifications,
    delivery: Delivery,
    options: Arc<CheckOptions>,
    _lock: Option<Lock>,
}

/// Runs a check. `state_dir` is where the lock is.
///
/// # Errors
/// [`CheckError`].
pub async fn run(
    requested: &RequestedRunbooks,
    mut run: Run,
    options: CheckOptions,
    state_dir: Option<&Path>,
) -> Result<FinishedCheck, CheckError> {
    let mut notes = Vec::new();
    let lock = match state_dir {
        Some(state_dir) if !run.is_unrecorded() => {
            let (stack, since) = (run.stack.key(), utc(run.now));
            match lock::take(state_dir, "check", &stack, &sorted_ids(requested), &since) {
                Ok(lock) => Some(lock),
                Err(LockError::Held(by)) => {
                    return Err(CheckError::Locked(active_since(by, run.now)));
                }
                Err(LockError::StateDir(why)) => {
                    notes.push(format!("nothing keeps a second check out: {why}").into());
                    None
                }
            }
        }
        _ => None,
    };
    let http = run.http.clone();
    let is_unrecorded = run.is_unrecorded();
    let limit = run.deadline;
    if !options.channels.clients.is_empty() {
        run.deadline = limit - kept_for_messages(limit);
    }
    let evaluated = requested.collect_and_evaluate(run).await;
    let complaint = unknown_subject(&options, &evaluated);
    let context = &evaluated.probe_context;
    let delivery = Delivery {
        http,
        key: evaluated.snapshot.stack.clone(),
        run: evaluated.snapshot.id.to_string(),
        host: options.host.clone(),
        end: context.began + limit,
        began: (context.now, context.began),
        channels: options.channels.configured.clone(),
    };
    let options = Arc::new(options);
    let compared = compare(evaluated, Arc::clone(&options), is_unrecorded).await?;
    let (mut report, history, due) = compared;
    notes.extend(alerting::channel_notes(&report.channels, report.started_at));
    report.notes.splice(0..0, notes);
    Ok(FinishedCheck {
        report,
        complaint,
        history,
        due,
        delivery,
        options,
        _lock: lock,
    })
}

/// That a mute is of a bond or request which nothing names: a mistyped id mutes nothing.
fn unknown_subject(options: &CheckOptions, evaluated: &EvaluatedRun) -> Option<Printable> {
    let Some(MuteChange::Begin { runbook, .. }) = &options.mute else {
        return None;
    };
    let (kind, name) = runbook.split_once(':')?;
    let all = evaluated.observations.connections()?;
    let is_known = match kind {
        "bond" => all.bonds.iter().any(|bond| bond.id == name),
        "peck" => all.pecks.iter().any(|peck| peck.id == name),
        _ => return None,
    };
    let name = Printable::from(name);
    (!is_known).then(|| {
        format!("muted, but nothing that was read names {kind} {name}: duckops {kind} list").into()
    })
}

/// The part of a run's time limit that is reserved for notifications. A hanging endpoint uses up
/// all the time it is given, and is what must be reported first.
fn kept_for_messages(limit: Duration) -> Duration {
    /// A little longer than what a rule needs to call a hanging API critical.
    const SHOWS_HANG: Duration = Duration::from_secs(11);
    let share = (limit / 4).min(MESSAGE_LIMIT);
    match limit.checked_sub(SHOWS_HANG) {
        Some(rest) => share.min(rest.max(Duration::from_secs(1))),
        None => share,
    }
}

fn sorted_ids(requested: &RequestedRunbooks) -> String {
    let mut ids: Vec<_> = requested.ids().collect();
    ids.sort_unstable();
    ids.join(" ")
}

/// That another run checks the same runbooks, and since when as far as that is known.
fn active_since(holder: Option<Holder>, now: OffsetDateTime) -> Printable {
    let Some(Holder { process, since }) = holder else {
        return "another check of these runbooks is active".into();
    };
    let age = parse_instant(&since).map(|since| now.unix_timestamp() - since);
    let age = age.filter(|age| *age > 0);
    let age = age.map_or(String::new(), |age| format!(", for {}", duration(age)));
    format!("another check of these runbooks is active since {since}{age} (process {process})")
        .into()
}

/// What a check does when its report has been printed.
pub struct Notified {
    /// Warnings for the operator, shown in every format.
    pub warnings: Vec<String>,
    /// How the channels stand afterwards.
    pub channels: Vec<ChannelReport>,
}

impl FinishedCheck {
    /// Delivers the claimed messages and thins out a little of the history. To be called when
    /// the report has been printed, because a channel may be slow.
    pub async fn notify_and_prune(mut self, retention: Retention) -> Notified {
        let said = self.due.said.iter().map(ToString::to_string);
        let mut warnings: Vec<_> = said.collect();
        let now = self.report.started_at;
        let mut channels = self.report.channels;
        let is_remembered = self.history.is_some() && self.due.has_state;
        if !self.due.claimed.is_empty() {
            let history = self.history.take().filter(|_| self.due.has_state);
            let history = history.unwrap_or_else(|| Box::new(Nowhere));
            let clients = Arc::clone(&self.options.channels.clients);
            let delivered = self
                .delivery
                .deliver(self.due.claimed, clients, history)
                .await;
            self.history = delivered.history.filter(|_| is_remembered);
            warnings.extend(delivered.warnings);
            if is_remembered {
                channels = delivered.channels;
            }
        }
        if let Some(history) = self.history
            && let Err(why) = prune(history, retention, now).await
        {
            warnings.push(format!("old history was not thinned out: {why}"));
        }
        Notified { warnings, channels }
    }
}

async fn prune(
    mut history: Box<dyn History>,
    retention: Retention,
    now: OffsetDateTime,
) -> Result<(), String> {
    let retention = Retention {
        at_once: Some(PRUNED_PER_CHECK),
        ..retention
    };
    blocking(move || {
        let pruned = history.prune(&retention, now);
        pruned.map(drop).map_err(|error| error.to_string())
    })
    .await
}

type Compared = (Report, Option<Box<dyn History>>, DueNotifications);

async fn compare(
    evaluated: EvaluatedRun,
    options: Arc<CheckOptions>,
    is_unrecorded: bool,
) -> Result<Compared, CheckError> {
    let EvaluatedRun {
        mut report,
        snapshot,
        mut recorder,
        probe_context,
        ..
    } = evaluated;
    let changes_mute = options.mute.is_some();
    let Some(mut history) = recorder.history.take() else {
        let lost = recorder.enqueue(&snapshot).err();
        let lost = lost.map(|why| Printable::from(format!("this run was not recorded: {why}")));
        report.notes.extend(lost.clone());
        if changes_mute {
            let why = "history cannot be used".to_owned();
            return Err(CheckError::MuteUnchanged(why));
        }
        let why = "history cannot be used";
        let mut due = without_state(&mut report, &snapshot, &options, why);
        // Formats for cron have no notes.
        due.said
            .push(format!("not compared with earlier checks: {why}: duckops doctor").into());
        due.said.extend(lost);
        return Ok((report, None, due));
    };
    let original = report.clone();
    let compared = {
        let (options, snapshot) = (Arc::clone(&options), snapshot.clone());
        blocking(move || {
            let mut compared = compare_and_record(history.as_mut(), &original, &snapshot, &options);
            if let Ok((report, _)) = &mut compared {
                paged::read(history.as_mut(), &snapshot, report).mark(report);
            }
            Ok((history, compared))
        })
    };
    let (history, compared) = compared.await.map_err(CheckError::Internal)?;
    let due = match compared {
        Ok((compared, due)) if !is_unrecorded => {
            report = compared;
            due
        }
        Ok((compared, _)) => {
            report = compared;
            without_state(&mut report, &snapshot, &options, "no history is kept")
        }
        Err(why) if changes_mute => return Err(CheckError::MuteUnchanged(why)),
        Err(why) => {
            let note: Printable = format!("not compared with earlier checks: {why}").into();
            report.notes.push(note.clone());
            let mut due = without_state(&mut report, &snapshot, &options, &why);
            due.said.push(note);
            report.took = probe_context.began.elapsed();
            return Ok((report, None, due));
        }
    };
    report.took = probe_context.began.elapsed();
    Ok((report, Some(history), due))
}

/// Reads the alert state, compares, and writes the next one in one change with the snapshot.
/// A run that was overtaken compares again.
fn compare_and_record(
    history: &mut dyn History,
    report: &Report,
    snapshot: &Snapshot,
    options: &CheckOptions,
) -> Result<(Report, DueNotifications), String> {
    let id = snapshot.id.to_string();
    let stack = report.stack.name.to_string();
    let check = check_run(snapshot.at, (&id, &stack), options);
    let channels = &options.channels;
    let (usable, closed) = (channels.usable(), channels.closed());
    for attempt in 0..MAX_ATTEMPTS {
        let (revision, mut state) = match read_state(history, snapshot) {
            Ok(read) => read,
            // A run that cannot be compared is recorded all the same.
            Err(why) => {
                let recorded = history.record(snapshot).map_err(|error| error.to_string());
                return Err(recorded.err().unwrap_or(why));
            }
        };
        change_mute(&mut state, check.at, options.mute.as_ref(), attempt)?;
        let mut compared = report.clone();
        let mut next = alerting::advance(&state, &check, &mut compared);
        let mut due = DueNotifications {
            has_state: true,
            ..DueNotifications::default()
        };
        // Without --notify nothing is known of the channels.
        if !channels.configured.is_empty() {
            due.said = next.note_closed(check.at, &channels.configured, &closed);
            due.claimed = next.claim(check.at, check.id, &usable);
            compared.channels = next.channel_reports(check.at, &channels.configured);
            due.say_unheard(&mut compared, &channels.configured);
        }
        compared.notes.extend(next.mute_notes(check.at));
        let exchanged = history.exchange(&snapshot.stack, revision, &next.write(), Some(snapshot));
        match exchanged.map_err(|error| error.to_string())? {
            Exchanged::Done => return Ok((compared, due)),
            Exchanged::Lost => alerting::backoff(&id, attempt),
        }
    }
    Err("other checks were always faster".to_owned())
}

fn read_state(history: &dyn History, snapshot: &Snapshot) -> Result<(u64, AlertState), String> {
    let read = history.ledger(&snapshot.stack);
    let CheckState { revision, document } = read.map_err(|error| error.to_string())?;
    let state = AlertState::read(&document).map_err(|error| error.to_string())?;
    Ok((revision, state))
}

/// Whether there is a mute to end is asked at the first attempt: a later one may see another
/// run's end of it.
fn change_mute(
    state: &mut AlertState,
    now: OffsetDateTime,
    change: Option<&MuteChange>,
    attempt: u32,
) -> Result<(), String> {
    match change {
        Some(MuteChange::Begin { runbook, until, by }) => state.mute(now, runbook, *until, by),
        Some(MuteChange::End { runbook }) if !state.unmute(runbook) && attempt == 0 => {
            let name = match runbook.contains(':') {
                true => runbook.clone(),
                false => runbook.to_uppercase(),
            };
            return Err(format!("{name} was not muted"));
        }
        _ => {}
    }
    Ok(())
}
