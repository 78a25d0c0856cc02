//! `duckops check`: the same judgement as `triage`, compared with the checks before it.

use super::args;
use super::delivery::{Channels, Delivery, TRIES, host};
use super::fail::Failure;
use super::lock::{self, NoLock};
use super::{Context, out, textfile};
use crate::alerting::channels::Line;
use crate::alerting::{self, Channel, Check, Debounce, Message, State};
use crate::engine::run::EvaluatedRun;
use crate::engine::runbooks::RequestedRunbooks;
use crate::engine::{blocking, history_open};
use crate::fact::{parse_duration, parse_instant};
use crate::history::{CheckState, Exchanged, History, Retention, Snapshot};
use crate::report::model::Report;
use crate::report::prometheus;
use crate::runbook::Missing;
use crate::text::Printable;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;

/// Of the past, so much is thinned out by one check.
const THINNED_AT_ONCE: usize = 2;
/// Nobody mutes for longer.
const LONGEST_MUTE: time::Duration = time::Duration::days(30);

pub(super) async fn main(context: &Context, args: &args::Check) -> Result<u8, Failure> {
    let selection = RequestedRunbooks::load_several(&context.library, &args.asked)?;
    let ended = check(context, args, &selection).await;
    if let (Err(_), Some(path)) = (&ended, &args.textfile) {
        // Who reads the file must not go on believing the run before.
        let ids: Vec<_> = selection.ids().map(Printable::from).collect();
        let stack = Printable::from(context.settings.stack.name.value.as_str());
        let before = std::fs::read_to_string(path).unwrap_or_default();
        let before = prometheus::last_complete(&before);
        let page = prometheus::failure(&stack, &ids, super::now(&context.env), before);
        written(path, &page);
    }
    ended
}

async fn check(
    context: &Context,
    args: &args::Check,
    selection: &RequestedRunbooks,
) -> Result<u8, Failure> {
    let now = super::now(&context.env);
    let wish = Wish::of(context, args, now)?;
    let run = context.run()?;
    let mut notes = Vec::new();
    let _lock = match &context.settings.state_dir {
        Some(state) if !run.is_unrecorded() => {
            let mut ids: Vec<_> = selection.ids().collect();
            ids.sort_unstable();
            let key = format!("{} {}", context.settings.stack.key(), ids.join(" "));
            match lock::take(&state.value, &key, now) {
                Ok(lock) => Some(lock),
                Err(NoLock::Held(who)) => return Err(Failure::own(who)),
                Err(NoLock::Impossible(why)) => {
                    notes.push(format!("nothing keeps a second check out: {why}").into());
                    None
                }
            }
        }
        _ => None,
    };
    notes.extend(wish.complaints.iter().cloned());
    let http = run.http.clone();
    let judged = selection.collect_and_evaluate(run).await;
    let delivery = Delivery {
        http,
        key: judged.snapshot.stack.clone(),
        run: judged.snapshot.id.to_string(),
        host: wish.host.clone(),
        end: judged.probe_context.deadline,
        began: (judged.probe_context.now, judged.probe_context.began),
    };
    let mut checked = compare(judged, wish.clone()).await?;
    checked.report.notes.splice(0..0, notes);
    // What is found is said before anybody else is told: a channel holds up nothing.
    let code = tell(context, args, &checked.report);
    let mut history = checked.history;
    if let Some(open) = history.take_if(|_| !checked.claimed.is_empty()) {
        let lines = Arc::clone(&wish.lines);
        history = delivery.deliver(checked.claimed, lines, open).await.history;
    }
    thin(context, history, now).await;
    Ok(code)
}

/// What was asked for beside the judgement.
#[derive(Clone, Debug)]
struct Wish {
    debounce: Debounce,
    mute: Option<Muting>,
    /// Whom to tell; nobody without `--notify`.
    channels: Vec<Channel>,
    /// How, for those channels that can be used.
    lines: Arc<Vec<Line>>,
    /// Why the others cannot.
    complaints: Vec<Printable>,
    host: String,
}

#[derive(Clone, Debug)]
enum Muting {
    Begin {
        runbook: String,
        until: OffsetDateTime,
        by: String,
    },
    End {
        runbook: String,
    },
}

impl Wish {
    fn of(context: &Context, args: &args::Check, now: OffsetDateTime) -> Result<Self, Failure> {
        let debounce = match &args.debounce {
            None => Debounce::NONE,
            Some(text) => Debounce::parse(text).ok_or_else(|| {
                let text = Printable::from(text.as_str());
                Failure::usage(format!(
                    "--for: `{text}` is not so many of so many runs, such as 3/5, of at most 20"
                ))
            })?,
        };
        let known = |id: &String| -> Result<String, Missing> {
            context.library.get(id).map(|runbook| runbook.id)
        };
        let mute = match (&args.mute, &args.unmute) {
            (Some(runbook), _) => Some(Muting::Begin {
                runbook: known(runbook)?,
                until: until(args.until.as_deref().unwrap_or_default(), now)?,
                by: Printable::from(args.by.as_deref().unwrap_or_default()).to_string(),
            }),
            (None, Some(runbook)) => Some(Muting::End {
                runbook: known(runbook)?,
            }),
            (None, None) => None,
        };
        let mut wish = Self {
            debounce,
            mute,
            channels: Vec::new(),
            lines: Arc::default(),
            complaints: Vec::new(),
            host: host(),
        };
        if args.notify {
            if context.settings.channels.is_empty() {
                return Err(Failure::usage(
                    "--notify: the configuration file names no channel; see [notify.NAME] in the README",
                ));
            }
            let channels = Channels::open(context);
            wish.complaints = channels.complaints("is not told now");
            wish.channels = channels.named;
            wish.lines = channels.lines;
        }
        Ok(wish)
    }

    /// The channels that can be used.
    fn usable(&self) -> Vec<Channel> {
        let usable = |channel: &&Channel| self.lines.iter().any(|line| line.name() == channel.name);
        self.channels.iter().filter(usable).cloned().collect()
    }
}

/// A time, or how long from now.
fn until(text: &str, now: OffsetDateTime) -> Result<OffsetDateTime, Failure> {
    let wrong = |why: &str| {
        let text = Printable::from(text);
        Failure::usage(format!("--until: `{text}` {why}"))
    };
    let at = parse_instant(text)
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .or_else(|| now.checked_add(time::Duration::seconds(parse_duration(text)?)))
        .ok_or_else(|| {
            wrong("is neither a time such as 2026-03-22T06:00:00Z nor a duration such as 2h")
        })?;
    if at <= now {
        return Err(wrong("is over already"));
    }
    if at - now > LONGEST_MUTE {
        return Err(wrong(
            "is more than 30 days away; a mute that long is forgotten",
        ));
    }
    Ok(at)
}

/// A check that was compared with the ones before, and recorded as far as that was possible.
struct Checked {
    report: Report,
    history: Option<Box<dyn History>>,
    /// The messages that this run must deliver.
    claimed: Vec<Message>,
}

async fn compare(judged: EvaluatedRun, wish: Wish) -> Result<Checked, Failure> {
    let EvaluatedRun {
        mut report,
        snapshot,
        mut recorder,
        probe_context,
        ..
    } = judged;
    let Some(mut history) = recorder.history.take() else {
        let kept = recorder.enqueue(&snapshot);
        if let Err(why) = kept {
            report
                .notes
                .push(format!("this run was not recorded: {why}").into());
        }
        return match wish.mute {
            Some(_) => Err(Failure::own("no mute was changed: history cannot be used")),
            None => Ok(Checked {
                report,
                history: None,
                claimed: Vec::new(),
            }),
        };
    };
    let wants_mute = wish.mute.is_some();
    let plain = report.clone();
    let outcome = blocking(move || {
        let done = settle(history.as_mut(), &plain, &snapshot, &wish);
        Ok((history, done))
    })
    .await
    .map_err(Failure::own)?;
    let (history, done) = outcome;
    let mut claimed = Vec::new();
    match done {
        Ok(compared) => (report, claimed) = compared,
        Err(why) if wants_mute => {
            return Err(Failure::own(format!("no mute was changed: {why}")));
        }
        Err(why) => report
            .notes
            .push(format!("not compared with earlier checks: {why}").into()),
    }
    report.took = probe_context.began.elapsed();
    Ok(Checked {
        report,
        history: Some(history),
        claimed,
    })
}

/// Reads what earlier checks left, compares, and leaves what the next one needs, in one
/// change with the snapshot. Whoever was overtaken compares again.
fn settle(
    history: &mut dyn History,
    report: &Report,
    snapshot: &Snapshot,
    wish: &Wish,
) -> Result<(Report, Vec<Message>), String> {
    let usable = wish.usable();
    let id = snapshot.id.to_string();
    let stack = report.stack.name.to_string();
    let check = Check {
        at: snapshot.at,
        id: &id,
        host: &wish.host,
        debounce: wish.debounce,
        channels: &wish.channels,
        stack: &stack,
    };
    for attempt in 0..TRIES {
        let read = history
            .ledger(&snapshot.stack)
            .map_err(|error| error.to_string())
            .and_then(|CheckState { revision, document }| {
                let state = State::read(&document).map_err(|error| error.to_string())?;
                Ok((revision, state))
            });
        let (revision, mut state) = match read {
            Ok(read) => read,
            // What cannot be compared is recorded all the same.
            Err(why) => {
                let recorded = history.record(snapshot).map_err(|error| error.to_string());
                return Err(recorded.err().unwrap_or(why));
            }
        };
        match &wish.mute {
            Some(Muting::Begin { runbook, until, by }) => state.mute(runbook, *until, by),
            Some(Muting::End { runbook }) if !state.unmute(runbook) && attempt == 0 => {
                return Err(format!("{} was not muted", runbook.to_uppercase()));
            }
            _ => {}
        }
        let mut compared = report.clone();
        let mut next = alerting::advance(&state, &check, &mut compared);
        let claimed = next.claim(check.at, check.id, &usable);
        compared.notes.extend(alerting::muted(&next, check.at));
        let exchanged = history.exchange(&snapshot.stack, revision, &next.write(), Some(snapshot));
        match exchanged.map_err(|error| error.to_string())? {
            Exchanged::Done => return Ok((compared, claimed)),
            Exchanged::Lost => nap(&id, attempt),
        }
    }
    Err("other checks were always faster".to_owned())
}

/// Uneven, so that those who collided do not collide again.
pub(super) fn nap(run: &str, attempt: u32) {
    let uneven = 2 + u64::from(run.as_bytes().last().copied().unwrap_or(0) % 16);
    std::thread::sleep(Duration::from_millis(
        uneven * u64::from(attempt.min(8) + 1),
    ));
}

/// Prints the report, and writes the file for the textfile collector.
fn tell(context: &Context, args: &args::Check, report: &Report) -> u8 {
    if let Some(path) = &args.textfile {
        written(path, &prometheus::render(report));
    }
    if report.is_silent() && context.out.is_quiet() {
        return report.exit_code();
    }
    if args.changes && !report.has_changed() {
        return report.exit_code();
    }
    context.out.report(report)
}

/// A file that cannot be written changes no verdict.
fn written(path: &Path, page: &str) {
    if let Err(error) = textfile::write(path, page) {
        let path = Printable::from(path.to_string_lossy().into_owned());
        out::warn(&format!("duckops: {path} was not written: {error}"));
    }
}

/// A little tidying after every check, when everything was said.
async fn thin(context: &Context, history: Option<Box<dyn History>>, now: OffsetDateTime) {
    let Some(mut history) = history else { return };
    let keep = Retention {
        at_once: Some(THINNED_AT_ONCE),
        ..history_open::retention(&context.settings)
    };
    let thinned = blocking(move || history.prune(&keep, now).map_err(|error| error.to_string()));
    if let Err(why) = thinned.await {
        out::warn(&format!("duckops: old history was not thinned out: {why}"));
    }
}
