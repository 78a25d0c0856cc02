//! `duckops timeline`: recorded verdicts, the journal, the alias, executions and the audit feed
//! in one sequence.

use super::fail::Failure;
use super::history::with;
use super::out::Format;
use super::{Context, args, facts, journal};
use crate::engine::collect;
use crate::engine::run::stack_heading;
use crate::fact::{Probe, duration, instant, parse_duration, parse_instant};
use crate::history::{Sample, Summary};
use crate::observation::{FactState, Observations};
use crate::probe::{self, FeedItem, ProbeContext};
use crate::report::json::DocumentKind;
use crate::report::json::{self, Heading};
use crate::report::markdown::inert;
use crate::report::model::{Stack, Verdict};
use crate::state_dir::journal::Stage;
use crate::text::{Printable, Untrusted};
use crate::timeline::{self, Moment, Timeline, Witness};
use serde_json::json;
use std::collections::VecDeque;
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use time::OffsetDateTime;

/// So many audit events are told, the newest; how many more there were is said.
const EVENTS: usize = 200;

/// What was learned, and what could not be.
pub(super) struct Told {
    pub(super) timeline: Timeline,
    /// Pulses are counted and not told one by one.
    pub(super) pulses: u64,
    /// What could not be read, or is not told whole.
    pub(super) notes: Vec<Printable>,
    /// Whether something could not be read.
    pub(super) is_short: bool,
}

pub(super) async fn main(context: &Context, args: &args::Timeline) -> Result<u8, Failure> {
    let since = parse_duration(&args.since)
        .filter(|seconds| *seconds > 0)
        .ok_or_else(|| {
            let value = Printable::from(args.since.as_str());
            Failure::usage(format!("--since: `{value}` is not a duration such as 6h"))
        })?;
    let run = context.run()?;
    let (stack, now) = (stack_heading(&run.stack), run.now);
    let probes = collect::probes_for_facts(["executions.running", "alias.version"]);
    let from = now.unix_timestamp().saturating_sub(since);
    let (answered, events) = run
        .collect_with(&probes, async |asking| listen(&asking, from).await)
        .await;
    let told = gather(context, from, &answered.observations, events).await?;
    Ok(print(context, &told, &stack, (now, since)))
}

/// Everything since then, from every witness; a witness that is silent is said to be.
pub(super) async fn gather(
    context: &Context,
    from: i64,
    observations: &Observations,
    events: Events,
) -> Result<Told, Failure> {
    let mut notes = Vec::new();
    let mut moments = timeline::facts(observations);
    for (probe, paths) in [
        (
            Probe::Executions,
            &["executions.unsuccessful_24h", "executions.running"][..],
        ),
        (Probe::Alias, &["alias.version"]),
    ] {
        let silent = paths.iter().find_map(|path| match observations.get(path) {
            FactState::Unavailable(unavailable) => Some(&unavailable.detail),
            FactState::Known(_) | FactState::NotAsked => None,
        });
        if let Some(why) = silent {
            notes.push(format!("{probe} could not be read: {why}").into());
        }
    }
    match recorded(context, from).await {
        Ok((runs, samples)) => {
            moments.extend(timeline::verdicts(&runs));
            moments.extend(timeline::alias(&samples));
        }
        Err(failure) => notes.extend(failure.lines),
    }
    match written(context, from) {
        Ok(written) => moments.extend(written),
        Err(failure) => notes.extend(failure.lines),
    }
    if let Err(why) = &events.end {
        notes.push(format!("the audit feed could not be read to its end: {why}").into());
    }
    let is_short = !notes.is_empty();
    let count = |path| observations.int(path).unwrap_or(0);
    let listed = moments
        .iter()
        .filter(|moment| moment.witness == Witness::Executions);
    let (known, listed) = (
        count("executions.unsuccessful_24h_min") + count("executions.running"),
        listed.count() as i64,
    );
    if known > listed {
        let left_out = known - listed;
        notes.push(format!("{left_out} more executions of the last 24 h are not told").into());
    }
    if events.undated > 0 {
        let undated = events.undated;
        notes.push(format!("{undated} audit entries have no usable time and are not told").into());
    }
    if events.left_out > 0 {
        let left_out = events.left_out;
        notes.push(format!("{left_out} older audit events are not told").into());
    }
    moments.extend(events.moments);
    Ok(Told {
        timeline: Timeline::of(from, moments),
        pulses: events.pulses,
        notes,
        is_short,
    })
}

/// The runs, and where the alias was, from the newest sample before the window on.
async fn recorded(context: &Context, from: i64) -> Result<(Vec<Summary>, Vec<Sample>), Failure> {
    let from = OffsetDateTime::from_unix_timestamp(from.max(0))
        .map_err(|_| Failure::usage("--since goes back too far"))?;
    with(context, move |history, stack| {
        let failed = super::history::failed;
        let runs = history.summaries(stack, from).map_err(failed)?;
        let samples = history
            .samples(stack, "alias.number", from)
            .map_err(failed)?;
        Ok((runs, samples))
    })
    .await
}

/// What was changed from this machine.
fn written(context: &Context, from: i64) -> Result<Vec<Moment>, Failure> {
    let chain = journal::whole(context)?;
    let moment = |entry: &crate::state_dir::journal::Entry| {
        let what = match entry.stage {
            Stage::Sending => "sent",
            Stage::Outcome => entry.detail["outcome"].as_str().unwrap_or("outcome"),
            Stage::Verified => "verified",
            Stage::Plan | Stage::Consent => return None,
        };
        let at = parse_instant(&entry.at).filter(|at| *at >= from)?;
        let shown = |text: &str| Untrusted::new(text).printable(80);
        let text = format!("{}: {}", shown(&entry.action), shown(what));
        // A call for help changes nothing, so it is no reason of what came after it.
        let witness = match entry.action.starts_with("escalate ") {
            true => Witness::Call,
            false => Witness::Journal,
        };
        Some(Moment::new(at, witness, text))
    };
    Ok(chain
        .entries
        .iter()
        .filter_map(|(_, entry)| moment(entry))
        .collect())
}

/// What the audit feed tells of the window.
pub(super) struct Events {
    moments: VecDeque<Moment>,
    pulses: u64,
    left_out: u64,
    /// Entries of which nobody can say when they were.
    undated: u64,
    end: Result<(), Printable>,
}

/// Listens to the whole feed and keeps what happened since then, pulses only as a number.
pub(super) async fn listen(asking: &ProbeContext, from: i64) -> Events {
    let kept = Arc::new(Mutex::new(Events {
        moments: VecDeque::new(),
        pulses: 0,
        left_out: 0,
        undated: 0,
        end: Ok(()),
    }));
    let shared = Arc::clone(&kept);
    let end = probe::listen(asking, move |entry: FeedItem| {
        let Ok(mut kept) = shared.lock() else { return };
        let Some(at) = entry.at else {
            kept.undated += 1;
            return;
        };
        if at < from {
            return;
        }
        let kind = entry.kind.printable(60);
        if is_pulse(kind.as_str()) {
            kept.pulses += 1;
            return;
        }
        // Whatever the order of the feed is, the newest stay.
        let place = kept.moments.partition_point(|moment| moment.at <= at);
        kept.moments
            .insert(place, Moment::new(at, Witness::Audit, kind));
        if kept.moments.len() > EVENTS {
            kept.moments.pop_front();
            kept.left_out += 1;
        }
    })
    .await;
    let mut events = match Arc::try_unwrap(kept).map(Mutex::into_inner) {
        Ok(Ok(events)) => events,
        _ => Events {
            moments: VecDeque::new(),
            pulses: 0,
            left_out: 0,
            undated: 0,
            end: Err("reading it failed inside duckops".into()),
        },
    };
    events.end = events
        .end
        .and(end.map_err(|unavailable| unavailable.detail));
    events
}

/// A sign of life, and not that one failed to come.
fn is_pulse(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    let undone = [
        "fail", "miss", "lost", "reject", "denied", "error", "timeout", "no_", "no-",
    ];
    kind.contains("pulse") && !undone.iter().any(|word| kind.contains(word))
}

fn print(context: &Context, told: &Told, stack: &Stack, (now, since): (OffsetDateTime, i64)) -> u8 {
    let verdict = match told.is_short {
        true => Verdict::Unknown,
        false => Verdict::Ok,
    };
    let code = verdict.exit_code();
    let summary = Printable::from(summary(told, since));
    let moments = &told.timeline.moments;
    if context.out.format == Format::Json {
        let heading = Heading {
            stack: Some(stack),
            started_at: Some(now),
            took: None,
            verdict,
            exit_code: code,
            summary: &summary,
            next_action: None,
        };
        let one = |moment: &Moment| json!({"at": instant(moment.at), "witness": moment.witness.word(), "text": moment.text.as_str()});
        let broke = told.timeline.broke.and_then(|at| moments.get(at));
        let extra = json!({
            "moments": moments.iter().map(one).collect::<Vec<_>>(),
            "pulses": told.pulses,
            "broke": broke.map(one),
            "before": told.timeline.before().map(one).collect::<Vec<_>>(),
            "notes": told.notes.iter().map(Printable::as_str).collect::<Vec<_>>(),
        });
        return context.out.print(
            &json::document(DocumentKind::Timeline, &heading, &extra, true),
            code,
        );
    }
    let mut text;
    if context.out.format == Format::Markdown {
        text = format!(
            "{}\n\n| at | witness | what |\n| --- | --- | --- |\n",
            inert(summary.as_str())
        );
        for moment in moments {
            let (at, what) = (instant(moment.at), inert(moment.text.as_str()));
            let _ = writeln!(text, "| {at} | {} | {what} |", moment.witness.word());
        }
    } else {
        text = format!("{summary}\n\n");
        let rows = moments.iter().map(|moment| {
            let mark = if moment.is_bad { "!" } else { "" };
            let witness = moment.witness.word();
            [
                Printable::from(instant(moment.at)),
                mark.into(),
                witness.into(),
                moment.text.clone(),
            ]
        });
        text.push_str(&facts::table(context, ["AT", "", "WITNESS", "WHAT"], rows));
    }
    for note in &told.notes {
        let _ = writeln!(text, "\nnote: {note}");
    }
    context.out.print(&text, code)
}

/// What broke first and what came just before it, in one line.
pub(super) fn summary(told: &Told, since: i64) -> String {
    let (timeline, pulses) = (&told.timeline, told.pulses);
    let span = duration(since);
    let Some(broke) = timeline.broke.and_then(|at| timeline.moments.get(at)) else {
        let many = timeline.moments.len();
        if told.is_short {
            // What could not be read may hold what broke.
            return format!("not known what broke in {span}: not every witness could be read");
        }
        return format!(
            "no recorded verdict became worse in {span}; {many} events and {pulses} pulses"
        );
    };
    let at = instant(broke.at);
    // What somebody changed comes before what came from outside.
    let changed = timeline
        .before()
        .find(|moment| moment.witness != Witness::Audit);
    match changed.or_else(|| timeline.before().next()) {
        Some(before) => format!(
            "{at} {}; {} before: {} ({})",
            broke.text,
            duration(broke.at - before.at),
            before.text,
            before.witness.word()
        ),
        None => format!("{at} {}; nothing is known of the hour before", broke.text),
    }
}
