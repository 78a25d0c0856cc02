//! Sending an escalation: written to the alert state for other hosts, sent, and noted.

use super::journal::EscalationJournal;
use super::outcome::EscalationOutcome;
use super::preflight::already_sent;
use super::situation::Situation;
use crate::alerting::channels::text;
use crate::alerting::delivery::{Channels, Delivery};
use crate::alerting::{
    AlertChannel, AlertState, CheckRun, Debounce, DeliveryOutcome, EscalationContext,
    EscalationRecord, Message, escalation_message, update_state,
};
use crate::exit;
use crate::history::{History, Nowhere, StackKey, blocking};
use crate::report::model::{self, Verdict};
use crate::state_dir::journal::{Journal, Stage};
use crate::write::consent::{Consent, Terms};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use time::OffsetDateTime;

/// How long sending may take.
const SEND_LIMIT: Duration = Duration::from_secs(15);
/// A message older than this may not describe the situation any more.
const MAX_AGE: Duration = Duration::from_secs(600);

/// A situation and the channels that its message goes to.
pub struct Escalation<'a> {
    /// What is known.
    pub situation: &'a Situation,
    /// Where the message goes; empty where it is printed only.
    pub channels: Vec<AlertChannel>,
}

impl Escalation<'_> {
    /// The names of the channels.
    pub fn channel_names(&self) -> Vec<&str> {
        let channels = self.channels.iter();
        channels.map(|channel| channel.name.as_str()).collect()
    }

    /// The message as channels for plain text get it, and as it is pasted.
    pub fn message(&self) -> String {
        let pasted = AlertChannel {
            name: "pasted".to_owned(),
            from: Verdict::Ok,
        };
        let channel = self.channels.first().unwrap_or(&pasted);
        let draft = EscalationDraft {
            at: self.situation.report.started_at,
            ..self.draft()
        };
        let id = &self.situation.id;
        let runbook = self.situation.runbook();
        let message = escalation_message(
            &draft.check(),
            channel,
            id,
            runbook,
            &self.situation.context,
        );
        text(&message)
    }

    /// What has to be repeated to consent to it.
    pub fn terms(&self) -> Terms {
        let id = self.situation.runbook().id.as_str();
        Terms::of(&self.message(), id, id)
    }

    fn draft(&self) -> EscalationDraft {
        let situation = self.situation;
        EscalationDraft {
            at: situation.now(),
            id: situation.id.clone(),
            host: situation.host.clone(),
            stack: situation.report.stack.name.to_string(),
            channels: self.channels.clone(),
            runbook: situation.runbook().clone(),
            context: situation.context.clone(),
            since: situation.since(),
        }
    }
}

/// Everything that goes into the alert state, owned, because history works on another thread.
struct EscalationDraft {
    at: OffsetDateTime,
    id: String,
    host: String,
    stack: String,
    channels: Vec<AlertChannel>,
    runbook: model::Runbook,
    context: EscalationContext,
    since: OffsetDateTime,
}

/// Who escalates.
enum Claimed {
    /// This run, with these messages.
    ByThisRun(Vec<Message>),
    /// Another run was faster.
    Earlier(EscalationRecord),
}

impl EscalationDraft {
    fn check(&self) -> CheckRun<'_> {
        CheckRun {
            at: self.at,
            id: &self.id,
            host: &self.host,
            debounce: Debounce::NONE,
            channels: &self.channels,
            stack: &self.stack,
        }
    }

    /// Adds the escalation and its messages to the alert state in one change, unless another run
    /// did meanwhile.
    fn write(
        &self,
        history: &mut dyn History,
        key: &StackKey,
        again: bool,
    ) -> Result<Claimed, String> {
        update_state(history, key, &self.id, |state| {
            let earlier = state.escalated(self.runbook.id.as_str(), self.since);
            match earlier {
                Some(earlier) if !again => Claimed::Earlier(earlier.clone()),
                _ => Claimed::ByThisRun(self.add_to(state)),
            }
        })
    }

    fn add_to(&self, state: &mut AlertState) -> Vec<Message> {
        state.escalate(&self.check(), &self.runbook, &self.context)
    }
}

/// Sends it. `on_send` is called when nothing but the outcome can stop it any more. `outcome`
/// brings the cautions of the preflight.
pub async fn send(
    escalation: &Escalation<'_>,
    channels: &Channels,
    journal: Option<&Journal>,
    consent: Consent,
    again: bool,
    mut outcome: EscalationOutcome,
    on_send: impl FnOnce(),
) -> EscalationOutcome {
    let situation = escalation.situation;
    if !consent.covers(&escalation.terms()) || situation.began.1.elapsed() > MAX_AGE {
        return EscalationOutcome {
            code: exit::WARNING,
            word: "refused",
            summary: "the message is not the one that was consented to, or older than 10 minutes; nobody was called".to_owned(),
            next: Some(("Make it anew and read it again".to_owned(), None)),
            ..outcome
        };
    }
    let due = situation.runbook().escalation.as_ref();
    let plan = json!({
        "runbook": situation.runbook().id.as_str(),
        "to": due.map(|due| due.to.as_str()),
        "channels": escalation.channel_names(),
    });
    let journal = EscalationJournal { journal, situation };
    outcome.cautions.extend(journal.append(vec![
        (Stage::Plan, plan),
        (Stage::Consent, json!({"how": consent.how()})),
        (Stage::Sending, json!({})),
    ]));
    on_send();
    let (history, claimed) = match claim(escalation, again).await {
        Ok(claimed) => claimed,
        // It is sent also where other hosts cannot learn of it.
        Err(why) => {
            let caution = format!("others will not know of this call: {why}");
            outcome.cautions.push(caution);
            outcome.recorded = Some(false);
            let messages = escalation.draft().add_to(&mut AlertState::default());
            let nowhere = Box::new(Nowhere) as Box<dyn History>;
            (nowhere, Claimed::ByThisRun(messages))
        }
    };
    let messages = match claimed {
        Claimed::ByThisRun(messages) => messages,
        Claimed::Earlier(earlier) => {
            let entry = json!({"outcome": "somebody called already"});
            let trouble = journal.append(vec![(Stage::Outcome, entry)]);
            outcome.cautions.extend(trouble);
            return already_sent(&earlier, situation, outcome);
        }
    };
    let delivery = Delivery {
        http: situation.http.clone(),
        key: situation.key.clone(),
        run: situation.id.clone(),
        host: situation.host.clone(),
        end: Instant::now() + SEND_LIMIT,
        began: situation.began,
    };
    let clients = Arc::clone(&channels.clients);
    let delivered = delivery.deliver(messages.clone(), clients, history).await;
    outcome.warnings = delivered.warnings;
    outcome.channels = accepted_by(&messages, &delivered.outcomes);
    outcome.word = delivery_word(&outcome.channels);
    let entry = json!({"outcome": outcome.word});
    let trouble = journal.append(vec![(Stage::Outcome, entry)]);
    let is_known = delivered.is_noted && outcome.recorded != Some(false);
    outcome.recorded = Some(is_known && trouble.is_none());
    outcome.cautions.extend(trouble);
    outcome.sent(situation.runbook())
}

/// Each channel, and whether it accepted its message.
fn accepted_by(
    messages: &[Message],
    outcomes: &[(String, DeliveryOutcome)],
) -> Vec<(String, bool)> {
    let accepted = |message: &Message| {
        let outcome = outcomes.iter().find(|(id, _)| *id == message.id);
        let is_accepted = matches!(outcome, Some((_, DeliveryOutcome::Delivered)));
        (message.channel.clone(), is_accepted)
    };
    messages.iter().map(accepted).collect()
}

fn delivery_word(channels: &[(String, bool)]) -> &'static str {
    match channels.iter().filter(|(_, accepted)| *accepted).count() {
        0 => "undelivered",
        some if some < channels.len() => "half-delivered",
        _ => "delivered",
    }
}

/// Adds the escalation to the alert state.
async fn claim(
    escalation: &Escalation<'_>,
    again: bool,
) -> Result<(Box<dyn History>, Claimed), String> {
    let Some(mut history) = escalation.situation.history.take() else {
        return Err("history cannot be used".to_owned());
    };
    let (draft, key) = (escalation.draft(), escalation.situation.key.clone());
    blocking(move || {
        let claimed = draft.write(history.as_mut(), &key, again)?;
        Ok((history, claimed))
    })
    .await
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test ends where it learns something")]
mod tests {
    use super::*;
    use crate::history::{self, BUSY_BUDGET, Location};
    use crate::report::sample;

    /// All of them have read that nobody escalated yet; reading and writing are two steps.
    #[test]
    fn one_of_several_concurrent_escalations_is_sent() {
        const RUNS: usize = 8;
        let folder = tempfile::tempdir().expect("a folder");
        let place = Location::Sqlite(folder.path().join("history.db"));
        let report = sample::one_bad_runbook();
        let key = StackKey("prod".to_owned());
        let begin = std::sync::Barrier::new(RUNS);
        let is_sent = |number: usize| {
            let draft = EscalationDraft {
                at: report.started_at,
                id: format!("run-{number}"),
                host: "a".to_owned(),
                stack: "prod".to_owned(),
                channels: vec![AlertChannel {
                    name: "hook".to_owned(),
                    from: Verdict::Critical,
                }],
                runbook: report.runbooks[0].clone(),
                context: EscalationContext::default(),
                since: report.started_at,
            };
            let mut history = history::open(&place, BUSY_BUDGET * 5).expect("history");
            begin.wait();
            let written = draft.write(history.as_mut(), &key, false);
            matches!(written.expect("written"), Claimed::ByThisRun(_))
        };
        let sent = std::thread::scope(|scope| {
            let is_sent = &is_sent;
            let run = |number| scope.spawn(move || is_sent(number));
            let running: Vec<_> = (0..RUNS).map(run).collect();
            let done = running.into_iter().map(|run| run.join().expect("it ran"));
            done.filter(|is_sent| *is_sent).count()
        });
        assert_eq!(sent, 1);
        let left = history::open(&place, BUSY_BUDGET).expect("history");
        let left = left.ledger(&key).expect("an alert state").document;
        assert_eq!(AlertState::read(&left).expect("a state").waiting(), 1);
    }
}
