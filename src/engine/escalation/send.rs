//! Sending an escalation: written to the alert state for other hosts, sent, and noted.

use super::draft::{Claimed, PreparedEscalation};
use super::journal::EscalationJournal;
use super::outcome::EscalationOutcome;
use super::preflight::already_sent;
use crate::alerting::delivery::{Channels, Delivery};
use crate::alerting::{AlertState, DeliveryOutcome, Message};
use crate::exit;
use crate::history::{History, Nowhere, blocking};
use crate::state_dir::journal::{Journal, Stage};
use crate::write::consent::Consent;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long sending may take.
const SEND_LIMIT: Duration = Duration::from_secs(15);
/// A message older than this may not describe the situation any more.
const MAX_AGE: Duration = Duration::from_secs(600);

/// Sends it. `on_send` is called when nothing but the outcome can stop it any more. `outcome`
/// brings the cautions of the preflight.
pub async fn send(
    escalation: &PreparedEscalation<'_>,
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
            summary: "the message changed since consent, or is older than 10 min; nothing was sent"
                .to_owned(),
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
            let entry = json!({"outcome": "already paged"});
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
        channels: Vec::new(),
    };
    let clients = Arc::clone(&channels.clients);
    let delivered = delivery.deliver(messages.clone(), clients, history).await;
    outcome.warnings = delivered.warnings;
    outcome.channels = accepted_by(&messages, &delivered.outcomes);
    let mut outcomes = delivered.outcomes.iter();
    outcome.is_tried_again = outcomes.all(|(_, outcome)| *outcome != DeliveryOutcome::Refused);
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
    escalation: &PreparedEscalation<'_>,
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
