//! Collecting the timeline: recorded verdicts, the journal, the alias, executions, audit events.

use super::actions::Writes;
use super::journal::{self, JournalError};
use super::run::Run;
use super::timeline_screen;
use super::with_history::with_history;
use crate::fact::{Probe, duration, instant, parse_instant};
use crate::history::{HistoryError, Sample, Summary};
use crate::observation::{FactState, Observations, Unavailable, UnavailableReason};
use crate::probe::{self, FeedItem, ProbeContext};
use crate::report::columns::Screen;
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::report::markdown::inert;
use crate::report::model::{NextAction, StackIdentity, Verdict};
use crate::report::words::wrap_in;
use crate::stack::Settings;
use crate::state_dir::journal::JournalEntry;
use crate::text::Printable;
use crate::timeline::{self, Moment, Timeline, Witness};
use serde_json::json;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use time::OffsetDateTime;

/// How many audit events are kept, the newest ones.
const MAX_EVENTS: usize = 200;

/// Lines that fit a terminal of 24 rows together with the prompt.
const SCREEN: usize = 22;

/// The facts that a timeline needs.
pub const FACTS: [&str; 2] = ["executions.running", "alias.version"];

/// A timeline, and what is missing from it.
pub struct CollectedTimeline {
    /// The sequence.
    pub timeline: Timeline,
    /// The number of pulses, which are not in the sequence.
    pub pulses: u64,
    /// What could not be read or was left out.
    pub notes: Vec<Printable>,
    /// What brings back the first source that could not be read, where there is one.
    pub next: Option<NextAction>,
    /// The runs that history has of this time. Without one nothing was compared.
    pub runs: usize,
}

/// Merges everything since `from`, in seconds since 1970. A source that cannot be read is a note.
/// `run` opens history.
pub async fn collect(
    settings: &Settings,
    run: Run,
    from: i64,
    observations: &Observations,
    events: AuditEvents,
) -> CollectedTimeline {
    let mut moments = timeline::facts(observations);
    let mut notes = Vec::new();
    let mut next = Vec::new();
    for (probe, unavailable) in unreadable_probes(observations) {
        notes.push(format!("{probe} could not be read: {}", unavailable.detail).into());
        next.push(NextAction::to_read(unavailable));
    }
    let mut compared = 0;
    match recorded(run, from).await {
        Ok((runs, samples)) => {
            let is_compared =
                |run: &&Summary| run.at.unix_timestamp() >= from && !run.runbooks.is_empty();
            compared = runs.iter().filter(is_compared).count();
            moments.extend(timeline::verdicts(&runs));
            moments.extend(timeline::alias(&samples));
        }
        Err(error) => notes.push(format!("history: {error}").into()),
    }
    match journal_moments(settings, from) {
        Ok(writes) => moments.extend(writes),
        Err(error) => notes.push(error.to_string().into()),
    }
    if let Err(unavailable) = &events.end {
        let why = &unavailable.detail;
        notes.push(format!("the audit feed could not be read to its end: {why}").into());
        next.push(NextAction::to_read(unavailable));
    }
    let doctor = || NextAction::of_fix(&"duckops doctor".into());
    let next = (!notes.is_empty()).then(|| next.into_iter().next().unwrap_or_else(doctor));
    notes.extend(omissions(observations, &moments, &events));
    moments.extend(events.moments);
    CollectedTimeline {
        timeline: Timeline::of(from, moments),
        pulses: events.pulses,
        notes,
        next,
        runs: compared,
    }
}

fn unreadable_probes(observations: &Observations) -> Vec<(Probe, &Unavailable)> {
    let probes = [
        (
            Probe::Executions,
            &["executions.unsuccessful_24h", "executions.running"][..],
        ),
        (Probe::Alias, &["alias.version"]),
    ];
    let why = |paths: &[&str]| {
        paths.iter().find_map(|path| match observations.get(path) {
            FactState::Unavailable(unavailable) => Some(unavailable),
            FactState::Known(_) | FactState::NotAsked => None,
        })
    };
    let unread = probes.into_iter();
    unread
        .filter_map(|(probe, paths)| Some((probe, why(paths)?)))
        .collect()
}

/// What is known to have happened and is not in the sequence.
fn omissions(
    observations: &Observations,
    moments: &[Moment],
    events: &AuditEvents,
) -> Vec<Printable> {
    let count = |path| observations.int(path).unwrap_or(0);
    let is_execution = |moment: &&Moment| moment.witness == Witness::Executions;
    let listed = i64::try_from(moments.iter().filter(is_execution).count()).unwrap_or(i64::MAX);
    let known = count("executions.unsuccessful_24h_min") + count("executions.running");
    let mut notes = Vec::new();
    if known > listed {
        let omitted = known - listed;
        notes.push(format!("not shown: {omitted} more executions of the last 24 h").into());
    }
    if events.undated > 0 {
        let undated = usize::try_from(events.undated).unwrap_or(usize::MAX);
        let undated = crate::report::count(undated, "audit entry", "audit entries");
        notes.push(format!("not shown: {undated} without a usable time").into());
    }
    if events.left_out > 0 {
        let omitted = events.left_out;
        notes.push(format!("not shown: {omitted} older audit events").into());
    }
    notes
}

/// The runs, and where the alias was, from the newest sample before the window on.
async fn recorded(run: Run, from: i64) -> Result<(Vec<Summary>, Vec<Sample>), HistoryError> {
    let from = OffsetDateTime::from_unix_timestamp(from.max(0));
    let from = from.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    with_history(run, move |history, stack| {
        let runs = history.summaries(stack, from)?;
        let samples = history.samples(stack, "alias.number", from)?;
        Ok((runs, samples))
    })
    .await
}

/// The writes of this machine to this stack.
fn journal_moments(settings: &Settings, from: i64) -> Result<Vec<Moment>, JournalError> {
    let chain = journal::read_whole_since(settings, from)?;
    let writes = Writes::of(&chain, &settings.stack.key());
    let moment = |entry: &JournalEntry| {
        // An escalation changes nothing, so it is no cause of what came after it.
        let witness = match entry.action.starts_with("escalate ") {
            true => Witness::Call,
            false => Witness::Journal,
        };
        let text = writes.moment(entry)?;
        Some(Moment {
            write: Some(entry.id.as_str().into()),
            ..Moment::new(parse_instant(&entry.at)?, witness, text)
        })
    };
    let moments = writes.entries().filter_map(moment);
    Ok(moments.filter(|moment| moment.at >= from).collect())
}

impl CollectedTimeline {
    /// What broke first and what came just before it, in one line; `since` in seconds.
    pub fn summary(&self, since: i64) -> String {
        let (timeline, pulses) = (&self.timeline, self.pulses);
        let span = duration(since);
        let Some(broke) = timeline.broke.and_then(|at| timeline.moments.get(at)) else {
            let many = timeline.moments.len();
            if self.next.is_some() {
                // What could not be read may hold what broke.
                return format!("not judged what broke in {span}: not every source was read");
            }
            let verdicts = match self.runs {
                0 => format!("no run is recorded in {span}, so no verdict to compare"),
                _ => format!("no recorded verdict became worse in {span}"),
            };
            return format!(
                "{verdicts}; {} and {}",
                crate::report::count(many, "event", "events"),
                crate::report::count(
                    usize::try_from(pulses).unwrap_or(usize::MAX),
                    "pulse",
                    "pulses"
                )
            );
        };
        let at = instant(broke.at);
        // Changes that people made come before outside events.
        let changed = timeline
            .before()
            .find(|moment| moment.witness != Witness::Audit);
        let changed = changed.or_else(|| timeline.before().find(|moment| is_change(moment)));
        match changed {
            Some(before) => format!(
                "{at} {}; {} before: {} ({})",
                broke.text,
                duration(broke.at - before.at),
                before.text,
                before.witness.word()
            ),
            None => format!("{at} {}; no change recorded in the hour before", broke.text),
        }
    }

    /// The word before the first line.
    fn label(&self) -> &'static str {
        match (self.timeline.broke, self.next.is_some(), self.runs) {
            (Some(_), _, _) => timeline_screen::BROKE,
            (None, true, _) => "UNKNOWN",
            (None, false, 0) => "NOTE",
            (None, false, _) => "OK",
        }
    }

    /// The sequence as a document, for people as a table of one screen or the whole of it, or as
    /// Markdown.
    pub fn document(
        &self,
        stack: StackIdentity,
        (now, since): (OffsetDateTime, i64),
        (is_markdown, explains): (bool, bool),
        screen: Screen,
    ) -> Document {
        let verdict = match self.next.is_some() {
            true => Verdict::Unknown,
            false => Verdict::Ok,
        };
        let moments = &self.timeline.moments;
        let one = |moment: &Moment| json!({"at": instant(moment.at), "witness": moment.witness.word(), "text": moment.text.as_str()});
        let broke = self.timeline.broke.and_then(|at| moments.get(at));
        let extra = json!({
            "moments": moments.iter().map(one).collect::<Vec<_>>(),
            "pulses": self.pulses,
            "broke": broke.map(one),
            "before": self.timeline.before().map(one).collect::<Vec<_>>(),
            "notes": self.notes.iter().map(Printable::as_str).collect::<Vec<_>>(),
        });
        let summary = Printable::from(self.summary(since));
        let mut notes = String::new();
        for note in &self.notes {
            notes.push('\n');
            let columns = screen.columns.unwrap_or(timeline_screen::PAGE);
            for line in wrap_in(&format!("note: {note}"), columns) {
                notes.push_str(&line);
                notes.push('\n');
            }
        }
        let mut text = match is_markdown {
            true => format!("{}\n\n{}", inert(summary.as_str()), markdown(moments)),
            false => {
                let answer = (summary.as_str(), self.label(), self.next.as_ref());
                let answer = timeline_screen::answer(answer, now, screen);
                let beside = answer.lines().count() + 1 + notes.lines().count();
                let lines = (!explains).then(|| SCREEN.saturating_sub(beside));
                format!(
                    "{answer}\n{}",
                    timeline_screen::table(&self.timeline, now, screen, lines)
                )
            }
        };
        text.push_str(&notes);
        let mut document = Document::new(DocumentKind::Timeline, verdict, summary, text, extra);
        document.heading.next_action = self.next.clone();
        document.heading.stack = Some(stack);
        document.heading.started_at = Some(now);
        document
    }
}

/// Whether an entry of the audit feed is a change of the stack, and no ordinary request.
fn is_change(moment: &Moment) -> bool {
    const CHANGES: [&str; 8] = [
        "deploy", "release", "version", "config", "rotat", "unpeck", "revok", "policy",
    ];
    let text = moment.text.as_str().to_ascii_lowercase();
    CHANGES.iter().any(|word| text.contains(word))
}

fn markdown(moments: &[Moment]) -> String {
    let rows = moments.iter().map(|moment| {
        let (at, what) = (instant(moment.at), inert(moment.text.as_str()));
        format!("| {at} | {} | {what} |\n", moment.witness.word())
    });
    let head = "| at | source | what |\n| --- | --- | --- |\n".to_owned();
    std::iter::once(head).chain(rows).collect()
}

/// The events of the audit feed within the window.
pub struct AuditEvents {
    moments: VecDeque<Moment>,
    pulses: u64,
    left_out: u64,
    /// Entries without a usable time.
    undated: u64,
    end: Result<(), Unavailable>,
}

/// Reads the whole feed and keeps the events since `from`, in seconds since 1970. Pulses are
/// counted only.
pub async fn collect_audit_events(context: &ProbeContext, from: i64) -> AuditEvents {
    let events = Arc::new(Mutex::new(AuditEvents {
        moments: VecDeque::new(),
        pulses: 0,
        left_out: 0,
        undated: 0,
        end: Ok(()),
    }));
    let shared = Arc::clone(&events);
    let end = probe::listen(context, move |entry: FeedItem| {
        let Ok(mut events) = shared.lock() else {
            return;
        };
        let Some(at) = entry.at else {
            events.undated += 1;
            return;
        };
        if at < from {
            return;
        }
        let kind = entry.kind.printable(60);
        if is_pulse(kind.as_str()) {
            events.pulses += 1;
            return;
        }
        // Whatever the order of the feed is, the newest stay.
        let place = events.moments.partition_point(|moment| moment.at <= at);
        events
            .moments
            .insert(place, Moment::new(at, Witness::Audit, kind));
        if events.moments.len() > MAX_EVENTS {
            events.moments.pop_front();
            events.left_out += 1;
        }
    })
    .await;
    let mut events = match Arc::try_unwrap(events).map(Mutex::into_inner) {
        Ok(Ok(events)) => events,
        _ => AuditEvents {
            moments: VecDeque::new(),
            pulses: 0,
            left_out: 0,
            undated: 0,
            end: Err(Unavailable::new(
                UnavailableReason::Broken,
                "reading it failed inside duckops",
            )),
        },
    };
    events.end = events.end.and(end);
    events
}

/// Whether a type of event is a pulse, and not a missing one.
fn is_pulse(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    let undone = [
        "fail", "miss", "lost", "reject", "denied", "error", "timeout", "no_", "no-",
    ];
    kind.contains("pulse") && !undone.iter().any(|word| kind.contains(word))
}
