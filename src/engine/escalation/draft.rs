//! An escalation before it is sent: its message, its terms of consent, its claim.

use super::situation::Situation;
use crate::alerting::channels::text;
use crate::alerting::{
    AlertChannel, AlertState, CheckRun, Debounce, EscalationContext, EscalationRecord, Message,
    escalation_message, update_state,
};
use crate::history::{History, StackKey};
use crate::report::model::{self, Verdict};
use crate::write::consent::Terms;
use time::OffsetDateTime;

/// A situation and the channels that its message goes to.
pub struct PreparedEscalation<'a> {
    /// What is known.
    pub situation: &'a Situation,
    /// Where the message goes; empty where it is printed only.
    pub channels: Vec<AlertChannel>,
}

impl PreparedEscalation<'_> {
    /// The names of the channels.
    pub fn channel_names(&self) -> Vec<&str> {
        let channels = self.channels.iter();
        channels.map(|channel| channel.name.as_str()).collect()
    }

    /// The message as channels for plain text get it, and as it is pasted.
    pub fn message(&self) -> String {
        let pasted = AlertChannel::new("pasted", Verdict::Ok);
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

    pub(super) fn draft(&self) -> EscalationDraft {
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
            has_state: situation.has_state,
            runbook_url: situation.runbook_url.clone(),
        }
    }
}

/// Everything that goes into the alert state, owned, because history works on another thread.
pub(super) struct EscalationDraft {
    at: OffsetDateTime,
    id: String,
    host: String,
    stack: String,
    channels: Vec<AlertChannel>,
    runbook: model::RunbookReport,
    context: EscalationContext,
    since: OffsetDateTime,
    pub(super) has_state: bool,
    runbook_url: Option<String>,
}

/// Who escalates.
pub(super) enum Claimed {
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
            has_state: self.has_state,
            runbook_url: self.runbook_url.as_deref(),
        }
    }

    /// Adds the escalation and its messages to the alert state in one change, unless another run
    /// did meanwhile.
    pub(super) fn write(
        &self,
        history: &mut dyn History,
        key: &StackKey,
        again: bool,
    ) -> Result<Claimed, String> {
        update_state(history, key, &self.id, |state| {
            state.correct_future(self.at);
            let id = self.runbook.id.as_str();
            let earlier = state.standing_escalation(id, self.since, self.at);
            match earlier {
                Some(earlier) if !again => Claimed::Earlier(earlier.clone()),
                _ => Claimed::ByThisRun(self.add_to(state)),
            }
        })
    }

    /// Adds the escalation to this alert state.
    pub(super) fn add_to(&self, state: &mut AlertState) -> Vec<Message> {
        let earlier = state.escalated(self.runbook.id.as_str(), self.since);
        let earlier = earlier.cloned();
        state.escalate(
            &self.check(),
            &self.runbook,
            &self.context,
            earlier.as_ref(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{self, BUSY_BUDGET, Location};
    use crate::report::sample;

    /// All of them have read that nothing was escalated yet; reading and writing are two steps.
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
                channels: vec![AlertChannel::new("hook", Verdict::Critical)],
                has_state: true,
                runbook_url: None,
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
