//! The call itself: written down for everybody to see, then sent, then noted.

use super::learn::Learned;
use super::told::Told;
use crate::alerting::channels;
use crate::alerting::{
    self, Brief, Channel, Check, Debounce, Escalated, Message, Outcome, State, escalation,
};
use crate::cli::delivery::{Channels, Delivery, amend};
use crate::cli::{Context, args, journal};
use crate::engine::blocking;
use crate::exit;
use crate::fact::{instant, parse_instant};
use crate::history::{History, Nowhere, StackKey};
use crate::report::model::{self, Verdict};
use crate::state_dir::journal::{Entry, Stage};
use crate::write::consent::{Consent, Terms};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use time::OffsetDateTime;

/// For so long the message may be on its way.
const SENDING: Duration = Duration::from_secs(15);
/// A message older than this tells of another moment.
const STALE: Duration = Duration::from_secs(600);

/// What is said, about what, to whom.
pub(super) struct Call<'a> {
    pub(super) runbook: &'a model::Runbook,
    pub(super) channels: Vec<Channel>,
    learned: &'a Learned,
}

impl<'a> Call<'a> {
    pub(super) fn of(learned: &'a Learned, channels: Vec<Channel>) -> Self {
        Self {
            runbook: &learned.report.runbooks[learned.place],
            channels,
            learned,
        }
    }

    /// The message as every channel that takes plain text gets it, and as it is pasted.
    pub(super) fn message(&self) -> String {
        let nobody = Channel {
            name: "pasted".to_owned(),
            from: Verdict::Ok,
        };
        let channel = self.channels.first().unwrap_or(&nobody);
        let learned = self.learned;
        let writing = Writing {
            at: learned.report.started_at,
            ..self.writing()
        };
        let message = escalation(
            &writing.check(),
            channel,
            &learned.id,
            self.runbook,
            &learned.brief,
        );
        channels::text(&message)
    }

    /// What has to be said to consent to it.
    pub(super) fn terms(&self) -> Terms {
        let id = self.runbook.id.as_str();
        Terms::of(&self.message(), id, id)
    }

    fn writing(&self) -> Writing {
        let learned = self.learned;
        Writing {
            at: learned.now(),
            id: learned.id.clone(),
            host: learned.host.clone(),
            stack: learned.report.stack.name.to_string(),
            channels: self.channels.clone(),
            runbook: self.runbook.clone(),
            brief: learned.brief.clone(),
            since: learned.since(),
        }
    }
}

/// Everything that is written down, to be taken to where history is waited for.
struct Writing {
    at: OffsetDateTime,
    id: String,
    host: String,
    stack: String,
    channels: Vec<Channel>,
    runbook: model::Runbook,
    brief: Brief,
    since: OffsetDateTime,
}

/// What came of writing it down.
enum Written {
    /// These messages are this run's to send.
    Ours(Vec<Message>),
    /// Somebody else was faster.
    Theirs(Escalated),
}

impl Writing {
    fn check(&self) -> Check<'_> {
        Check {
            at: self.at,
            id: &self.id,
            host: &self.host,
            debounce: Debounce::NONE,
            channels: &self.channels,
            stack: &self.stack,
        }
    }

    /// Writes the call down in one change with its messages, unless somebody did meanwhile.
    fn write(
        &self,
        history: &mut dyn History,
        key: &StackKey,
        again: bool,
    ) -> Result<Written, String> {
        amend(history, key, &self.id, |state| {
            let earlier = state.escalated(self.runbook.id.as_str(), self.since);
            match earlier {
                Some(earlier) if !again => Written::Theirs(earlier.clone()),
                _ => Written::Ours(state.escalate(&self.check(), &self.runbook, &self.brief)),
            }
        })
    }
}

/// Sends it, and tells what came of it.
pub(super) async fn send(
    context: &Context,
    args: &args::Escalate,
    learned: &Learned,
    call: &Call<'_>,
    channels: &Channels,
    consent: Consent,
    mut told: Told,
) -> Told {
    if !consent.covers(&call.terms()) || learned.began.1.elapsed() > STALE {
        return Told {
            code: exit::WARNING,
            outcome: "refused",
            summary: "the message is not the one that was consented to, or older than 10 minutes; nobody was called".to_owned(),
            next: Some(("Make it anew and read it again".to_owned(), None)),
            ..told
        };
    }
    let due = call.runbook.escalation.as_ref();
    let plan = json!({
        "runbook": call.runbook.id.as_str(),
        "to": due.map(|due| due.to.as_str()),
        "channels": call.channels.iter().map(|channel| &channel.name).collect::<Vec<_>>(),
    });
    let pages = Pages { context, learned };
    told.cautions.extend(pages.write(vec![
        (Stage::Plan, plan),
        (Stage::Consent, json!({"how": consent.how()})),
        (Stage::Sending, json!({})),
    ]));
    let _ = context.sending.tells.set("duckops journal".to_owned());
    context.sending.begun.store(true, Ordering::SeqCst);
    let (history, written) = match write_down(learned, call, args.again).await {
        Ok(written) => written,
        // Whoever must be called is called, also where nobody will know of it.
        Err(why) => {
            told.cautions
                .push(format!("others will not know of this call: {why}"));
            told.recorded = Some(false);
            let writing = call.writing();
            let mut state = State::default();
            let messages = state.escalate(&writing.check(), &writing.runbook, &writing.brief);
            (
                Box::new(Nowhere) as Box<dyn History>,
                Written::Ours(messages),
            )
        }
    };
    let messages = match written {
        Written::Ours(messages) => messages,
        Written::Theirs(earlier) => {
            let outcome = json!({"outcome": "somebody called already"});
            told.cautions
                .extend(pages.write(vec![(Stage::Outcome, outcome)]));
            return super::already(&earlier, learned, told);
        }
    };
    let delivery = Delivery {
        http: learned.http.clone(),
        key: learned.key.clone(),
        run: learned.id.clone(),
        host: learned.host.clone(),
        end: Instant::now() + SENDING,
        began: learned.began,
    };
    let lines = Arc::clone(&channels.lines);
    let delivered = delivery.deliver(messages.clone(), lines, history).await;
    told.channels = messages
        .iter()
        .map(|message| {
            let mut outcomes = delivered.outcomes.iter();
            let outcome = outcomes.find(|(id, _)| *id == message.id);
            let took = matches!(outcome, Some((_, Outcome::Delivered)));
            (message.channel.clone(), took)
        })
        .collect();
    let took = |(_, took): &&(String, bool)| *took;
    let outcome = match told.channels.iter().filter(took).count() {
        0 => "undelivered",
        some if some < told.channels.len() => "half-delivered",
        _ => "delivered",
    };
    let trouble = pages.write(vec![(Stage::Outcome, json!({"outcome": outcome}))]);
    let is_known = delivered.is_noted && told.recorded != Some(false);
    told.recorded = Some(is_known && trouble.is_none());
    told.cautions.extend(trouble);
    told.outcome = outcome;
    told.came_to(call)
}

/// Writes the call down.
async fn write_down(
    learned: &Learned,
    call: &Call<'_>,
    again: bool,
) -> Result<(Box<dyn History>, Written), String> {
    let Some(mut history) = learned.history.take() else {
        return Err("history cannot be used".to_owned());
    };
    let (writing, key) = (call.writing(), learned.key.clone());
    let written = blocking(move || {
        let written = writing.write(history.as_mut(), &key, again)?;
        Ok((history, written))
    });
    written.await
}

/// Calls about this runbook that were begun on this machine, and of which nobody wrote down what
/// came of them, get what the others know. If that cannot be written, the next run tries again.
pub(super) fn close(context: &Context, learned: &Learned) {
    let Ok(journal) = journal::open(context) else {
        return;
    };
    let Ok(chain) = journal.read() else { return };
    let runbook = learned.report.runbooks[learned.place].id.as_str();
    let action = format!("escalate {runbook}");
    let call = learned.state.escalated(runbook, OffsetDateTime::UNIX_EPOCH);
    // One that may be on its way now is written down by whoever sends it.
    let over = (learned.now() - alerting::LEASE).unix_timestamp();
    let is_left = |entry: &&Entry| {
        entry.action == action
            && entry.stack == learned.key.0
            && parse_instant(&entry.at).is_some_and(|at| at < over)
    };
    let settled = |entry: &Entry| {
        let of_this = call.filter(|call| call.is_of(&entry.id));
        let outcome = match of_this.and_then(Escalated::delivered) {
            Some(_) => "delivered",
            None => "undelivered",
        };
        Entry {
            at: instant(learned.now().unix_timestamp()),
            stage: Stage::Outcome,
            detail: json!({"outcome": outcome, "found_later": true}),
            ..entry.clone()
        }
    };
    let left = chain.open().into_iter().filter(is_left);
    let entries: Vec<_> = left.map(settled).collect();
    if !entries.is_empty() {
        let _ = journal.append(&entries);
    }
}

/// The pages of the journal that tell of this call.
struct Pages<'a> {
    context: &'a Context,
    learned: &'a Learned,
}

impl Pages<'_> {
    /// Adds these steps; yields what went wrong, which holds nobody up.
    fn write(&self, steps: Vec<(Stage, Value)>) -> Option<String> {
        let learned = self.learned;
        let runbook = &learned.report.runbooks[learned.place].id;
        let entry = |(stage, detail)| Entry {
            id: learned.id.clone(),
            at: instant(learned.now().unix_timestamp()),
            action: format!("escalate {runbook}"),
            stage,
            stack: learned.key.0.clone(),
            detail,
        };
        let entries: Vec<_> = steps.into_iter().map(entry).collect();
        let written = match journal::open(self.context) {
            Ok(journal) => journal.append(&entries).map_err(|error| error.to_string()),
            Err(failure) => Err(failure
                .lines
                .first()
                .map(ToString::to_string)
                .unwrap_or_default()),
        };
        written
            .err()
            .map(|why| format!("the journal does not have it: {why}"))
    }
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test ends where it learns something")]
mod tests {
    use super::*;
    use crate::history::{self, BUSY_BUDGET, Location};
    use crate::report::sample;

    /// Everybody has seen that nobody called yet; the seeing and the calling are not one.
    #[test]
    fn of_those_who_all_saw_that_nobody_called_one_calls() {
        const CALLERS: usize = 8;
        let folder = tempfile::tempdir().expect("a folder");
        let place = Location::Sqlite(folder.path().join("history.db"));
        let report = sample::one_bad_runbook();
        let key = StackKey("prod".to_owned());
        let begin = std::sync::Barrier::new(CALLERS);
        let calls = |caller: usize| {
            let writing = Writing {
                at: report.started_at,
                id: format!("run-{caller}"),
                host: "a".to_owned(),
                stack: "prod".to_owned(),
                channels: vec![Channel {
                    name: "hook".to_owned(),
                    from: Verdict::Critical,
                }],
                runbook: report.runbooks[0].clone(),
                brief: Brief::default(),
                since: report.started_at,
            };
            let mut history = history::open(&place, BUSY_BUDGET * 5).expect("history");
            begin.wait();
            let written = writing.write(history.as_mut(), &key, false);
            matches!(written.expect("written"), Written::Ours(_))
        };
        let ours = std::thread::scope(|scope| {
            let calls = &calls;
            let run = |caller| scope.spawn(move || calls(caller));
            let running: Vec<_> = (0..CALLERS).map(run).collect();
            let done = running.into_iter().map(|run| run.join().expect("it ran"));
            done.filter(|ours| *ours).count()
        });
        assert_eq!(ours, 1);
        let left = history::open(&place, BUSY_BUDGET).expect("history");
        let left = left.ledger(&key).expect("a ledger").document;
        assert_eq!(State::read(&left).expect("a state").waiting(), 1);
    }
}
