//! Delivering what the outbox holds for this run, and noting what came of it.

use super::check::nap;
use super::{Context, out};
use crate::alerting::channels::{Line, Unusable};
use crate::alerting::{Channel, Message, Outcome, State};
use crate::cloud::Http;
use crate::engine::blocking;
use crate::history::{CheckState, Exchanged, History, StackKey};
use crate::report::model::Verdict;
use crate::text::Printable;
use std::sync::Arc;
use std::time::{Duration, Instant};
use time::OffsetDateTime;

/// The longest that one message may take. Far less than its lease.
const EACH: Duration = Duration::from_secs(5);
/// The longest that all of them may take.
const ALL: Duration = Duration::from_secs(15);
/// So often a run that others overtook tries again to leave what it has to.
pub(super) const TRIES: u32 = 40;

/// The channels of the configuration.
#[derive(Debug, Default)]
pub(super) struct Channels {
    pub(super) named: Vec<Channel>,
    /// How to speak to those that can be used.
    pub(super) lines: Arc<Vec<Line>>,
    /// Those that cannot, and why.
    unusable: Vec<(String, Unusable)>,
}

impl Channels {
    /// Reads their secrets.
    pub(super) fn open(context: &Context) -> Self {
        let mut channels = Self::default();
        let mut lines = Vec::new();
        for channel in &context.settings.channels {
            channels.named.push(Channel {
                name: channel.name.clone(),
                from: Verdict::from_word(&channel.from).unwrap_or(Verdict::Critical),
            });
            match Line::open(channel, &|name| context.env.get(name).cloned()) {
                Ok(line) => lines.push(line),
                Err(why) => channels.unusable.push((channel.name.clone(), why)),
            }
        }
        channels.lines = Arc::new(lines);
        channels
    }

    /// A line for each that cannot be used: what that means, and why it is so.
    pub(super) fn complaints(&self, what: &str) -> Vec<Printable> {
        let line = |(name, why): &(String, Unusable)| format!("channel {name} {what}: {why}");
        self.unusable
            .iter()
            .map(|channel| line(channel).into())
            .collect()
    }
}

/// This machine's name, as others know it.
pub(super) fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_| std::fs::read_to_string("/etc/hostname"))
        .unwrap_or_default();
    let name = Printable::from(name.trim());
    match name.is_empty() {
        true => "unknown host".to_owned(),
        false => name.to_string(),
    }
}

/// Everything that this run claimed, on its way.
pub(super) struct Delivery {
    pub(super) http: Http,
    pub(super) key: StackKey,
    /// The id of this run, by which it claimed.
    pub(super) run: String,
    /// The name of this machine.
    pub(super) host: String,
    /// When the run must be over.
    pub(super) end: Instant,
    /// The clock at its begin, and the steady clock at the same moment.
    pub(super) began: (OffsetDateTime, Instant),
}

/// Changes what is left for the next run; whoever was overtaken does it again with what others
/// left meanwhile. Where nothing changed, nothing is written.
pub(super) fn amend<T>(
    history: &mut dyn History,
    key: &StackKey,
    run: &str,
    mut change: impl FnMut(&mut State) -> T,
) -> Result<T, String> {
    for attempt in 0..TRIES {
        let CheckState { revision, document } =
            history.ledger(key).map_err(|error| error.to_string())?;
        let mut state = State::read(&document).map_err(|error| error.to_string())?;
        let before = state.clone();
        let done = change(&mut state);
        if state == before {
            return Ok(done);
        }
        match history.exchange(key, revision, &state.write(), None) {
            Ok(Exchanged::Done) => return Ok(done),
            Ok(Exchanged::Lost) => nap(run, attempt),
            Err(error) => return Err(error.to_string()),
        }
    }
    Err("other runs were always faster".to_owned())
}

/// What came of it.
#[derive(Default)]
pub(super) struct Delivered {
    pub(super) history: Option<Box<dyn History>>,
    /// By the id of each message.
    pub(super) outcomes: Vec<(String, Outcome)>,
    /// Whether whoever comes next knows of it.
    pub(super) is_noted: bool,
}

impl Delivery {
    /// Sends to every channel at once, in order within each, and notes what came of it.
    pub(super) async fn deliver(
        self,
        messages: Vec<Message>,
        lines: Arc<Vec<Line>>,
        history: Box<dyn History>,
    ) -> Delivered {
        let end = self.end.min(Instant::now() + ALL);
        let mut sending = Vec::new();
        for line in 0..lines.len() {
            let name = lines[line].name();
            let of_line = messages.iter().filter(|message| message.channel == name);
            let of_line: Vec<_> = of_line.cloned().collect();
            let (lines, http) = (Arc::clone(&lines), self.http.clone());
            sending.push(tokio::spawn(async move {
                in_order(&lines[line], &http, of_line, end).await
            }));
        }
        let mut outcomes = Vec::new();
        for sent in sending {
            outcomes.extend(sent.await.unwrap_or_default());
        }
        let noted = blocking(move || {
            let mut history = history;
            let noted = self.note(history.as_mut(), &outcomes);
            Ok((history, outcomes, noted))
        });
        match noted.await {
            Ok((history, outcomes, noted)) => {
                if let Err(why) = &noted {
                    out::warn(&format!(
                        "duckops: what was delivered could not be noted and may be sent again, with the same key: {why}"
                    ));
                }
                Delivered {
                    history: Some(history),
                    outcomes,
                    is_noted: noted.is_ok(),
                }
            }
            Err(_) => Delivered::default(),
        }
    }

    fn note(
        &self,
        history: &mut dyn History,
        outcomes: &[(String, Outcome)],
    ) -> Result<(), String> {
        let (wall, steady) = self.began;
        amend(history, &self.key, &self.run, |state| {
            let now = wall + steady.elapsed();
            for (id, outcome) in outcomes {
                state.settle(now, &self.run, &self.host, id, outcome);
            }
        })
    }
}

/// What cannot be delivered holds back what comes after it in the same channel.
async fn in_order(
    line: &Line,
    http: &Http,
    messages: Vec<Message>,
    end: Instant,
) -> Vec<(String, Outcome)> {
    let mut outcomes = Vec::new();
    let mut is_open = true;
    for message in messages {
        let left = EACH.min(end.saturating_duration_since(Instant::now()));
        if !is_open || left.is_zero() {
            outcomes.push((message.id, Outcome::Untried));
            continue;
        }
        let (outcome, why) = line.send(http, &message, left).await;
        if let Some(why) = why {
            is_open = false;
            out::warn(&format!(
                "duckops: channel {} was not told of {}, which waits for the next check: {why}",
                line.name(),
                message.runbook.to_uppercase()
            ));
        }
        outcomes.push((message.id, outcome));
    }
    outcomes
}
