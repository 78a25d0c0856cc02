//! A pulse and the end of a bond: one request each, whose answer holds nothing to keep. The
//! outcome is what the stack shows of the bond afterwards.

use super::plan::{Action, BondPlan};
use super::post::{AnswerPart, Credentials, PostEnd, PostRequest, post};
use super::read::BondReader;
use super::summary::{BondSummary, ProvenState};
use crate::cloud::denial;
use crate::exit;
use crate::write::guarded::{PreflightError, WriteContext, WriteOutcome, WriteRequest};
use serde_json::{Value, json};
use std::time::Duration;

/// The most that is read of such an answer, in bytes.
const MAX_ANSWER: u64 = 64 * 1024;
/// How long the stack may take to show a pulse or an end.
const SHOWN_WITHIN: Duration = Duration::from_secs(10);
/// The pause between two reads.
const PAUSE: Duration = Duration::from_millis(500);

/// The answer to a pulse or an end, which is not yet the outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PostAnswer {
    /// The server accepted it.
    Accepted,
    /// The server refused it, with this status.
    Refused(u16),
    /// The server answered that another change came first, with this status.
    Conflict(u16),
    /// No answer, or one that does not say whether it was applied.
    Lost(String),
    /// The request never left.
    NotSent(String),
}

/// What the stack shows of the bond after the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// What was asked for.
    AsAsked,
    /// What was there before.
    AsBefore,
    /// The state of the bond is not known.
    Unreadable,
}

/// The outcome of a pulse or an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PostOutcome {
    /// The answer.
    pub answer: PostAnswer,
    /// The exit code.
    pub code: u8,
    /// Its word in output and journal.
    pub word: &'static str,
    /// One sentence.
    pub summary: String,
}

impl WriteOutcome for PostOutcome {
    fn json(&self) -> Value {
        json!({"outcome": self.word, "why": self.summary})
    }

    fn is_settled(&self) -> bool {
        self.word != "unclear"
    }
}

/// The request of a pulse or an end, and the bond as it was before.
pub(super) struct BondPost<'a> {
    pub(super) reader: BondReader<'a>,
    pub(super) before: &'a BondSummary,
    pub(super) credentials: &'a Credentials,
}

impl WriteRequest for BondPost<'_> {
    type Plan = BondPlan;
    type Prepared = ();
    type Answer = PostAnswer;
    type Outcome = PostOutcome;

    async fn prepare(&self, _: &WriteContext<'_>, _: &BondPlan) -> Result<(), PreflightError> {
        Ok(())
    }

    async fn send(&self, context: &WriteContext<'_>, plan: &BondPlan, (): &mut ()) -> PostAnswer {
        let what = plan.action.command();
        let waits = format!("{what}: waiting for the answer of {}", plan.host);
        context.operator.progress(&waits);
        let mut body = json!({"spaceduck_id": plan.bond.as_str()});
        if plan.action == Action::Pulse {
            body["status"] = "ACTIVE".into();
            body["timestamp"] = context.clock.at().unix_timestamp().into();
            body["beak_key"] = self.credentials.key.as_ref().map(|key| key.expose()).into();
        }
        let request = PostRequest {
            url: context.stack.endpoint(plan.action.path()),
            path: plan.action.path(),
            credentials: self.credentials,
            key_in_header: plan.action != Action::Pulse,
            id: &plan.id,
            body: &body,
        };
        let mut body = Vec::new();
        let end = post(context.http, &request, MAX_ANSWER, |part| {
            if let AnswerPart::Bytes(bytes) = part {
                body.extend_from_slice(bytes);
            }
        });
        match end.await {
            PostEnd::NotSent(why) => PostAnswer::NotSent(why),
            PostEnd::Lost(why) => PostAnswer::Lost(why),
            PostEnd::Whole(status) | PostEnd::Cut(status, _)
                if PostEnd::is_conflict(status, &body) =>
            {
                PostAnswer::Conflict(status)
            }
            PostEnd::Whole(status) | PostEnd::Cut(status, _)
                if PostEnd::is_refusal(status, &body) =>
            {
                PostAnswer::Refused(status)
            }
            PostEnd::Whole(status @ 200..300) => match denial("", &body, false) {
                None => PostAnswer::Accepted,
                Some(what) => PostAnswer::Lost(format!("HTTP {status}, but {what}")),
            },
            PostEnd::Whole(status @ 400..500) => PostAnswer::Lost(format!(
                "HTTP {status}, which does not say what the API did"
            )),
            PostEnd::Whole(status) => PostAnswer::Lost(format!("HTTP {status}")),
            PostEnd::Cut(status, why) => PostAnswer::Lost(format!("HTTP {status}, {why}")),
        }
    }

    async fn read_back(
        &self,
        context: &WriteContext<'_>,
        plan: &BondPlan,
        (): &mut (),
        answer: PostAnswer,
    ) -> PostOutcome {
        let before = self.before.last_pulse;
        let is_as_asked = |bond: &BondSummary| match plan.action {
            Action::Pulse => bond.last_pulse > before,
            Action::Rotate | Action::Disconnect => bond.state == ProvenState::Other("UNPECKED"),
        };
        let wait = match answer {
            PostAnswer::Accepted | PostAnswer::Lost(_) | PostAnswer::Conflict(_) => SHOWN_WITHIN,
            PostAnswer::Refused(_) | PostAnswer::NotSent(_) => Duration::ZERO,
        };
        let bond = self
            .reader
            .watch(context.operator, wait, PAUSE, is_as_asked);
        let reading = match bond.await {
            Ok(_) => Reading::AsAsked,
            Err(bond) => match bond.state {
                ProvenState::NotKnown(_) => Reading::Unreadable,
                ProvenState::Bonded | ProvenState::Other(_) => Reading::AsBefore,
            },
        };
        decide(plan.action, answer, reading)
    }
}

/// The outcome by the answer and by what was read afterwards.
fn decide(action: Action, answer: PostAnswer, reading: Reading) -> PostOutcome {
    let is_end = action == Action::Disconnect;
    let what = if is_end { "the end" } else { "the pulse" };
    let (code, word, summary) = match (&answer, reading) {
        (PostAnswer::Accepted, Reading::AsAsked) => {
            (exit::OK, "done", format!("{what} is accepted and shown"))
        }
        (PostAnswer::Lost(why), Reading::AsAsked) => (
            exit::OK,
            "done",
            format!("{what} is shown; the answer was lost ({why}), the state is verified"),
        ),
        (PostAnswer::Accepted, _) => (
            exit::CRITICAL,
            "not-verified",
            format!("{what} was accepted, and is not shown yet"),
        ),
        (PostAnswer::Lost(why), _) => (
            exit::UNKNOWN,
            "unclear",
            format!("{what} may have been applied, or may still be: {why}"),
        ),
        (PostAnswer::Conflict(status), _) => (
            exit::CONFLICT,
            "conflict",
            format!(
                "the server answered that the bond changed first (HTTP {status}); nothing of ours was applied"
            ),
        ),
        // An agent's own pulse says nothing about the one that was refused.
        (PostAnswer::Refused(status), Reading::AsAsked) if is_end => (
            exit::CONFLICT,
            "conflict",
            format!(
                "the server refused it (HTTP {status}), and the bond was ended by another change; nothing of ours was applied"
            ),
        ),
        (PostAnswer::Refused(status), Reading::Unreadable) if is_end => (
            exit::UNKNOWN,
            "unclear",
            format!("the server refused it (HTTP {status}), and the bond cannot be read back"),
        ),
        (PostAnswer::Refused(status), _) => (
            exit::WARNING,
            "refused",
            format!("the server refused it (HTTP {status}); nothing was changed"),
        ),
        (PostAnswer::NotSent(why), _) => (
            exit::WARNING,
            "not-sent",
            format!("the request never left: {why}"),
        ),
    };
    PostOutcome {
        answer,
        code,
        word,
        summary,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_is_a_proven_rejection() {
        use Reading::{AsAsked, AsBefore, Unreadable};
        let lost = || PostAnswer::Lost("HTTP 504".to_owned());
        let table = [
            (Action::Disconnect, PostAnswer::Accepted, AsAsked, 0, true),
            (Action::Disconnect, PostAnswer::Accepted, AsBefore, 2, true),
            (Action::Disconnect, lost(), AsAsked, 0, true),
            (Action::Disconnect, lost(), AsBefore, 3, false),
            (Action::Disconnect, lost(), Unreadable, 3, false),
            (
                Action::Disconnect,
                PostAnswer::Refused(403),
                AsBefore,
                1,
                true,
            ),
            (
                Action::Disconnect,
                PostAnswer::Refused(403),
                AsAsked,
                4,
                true,
            ),
            (
                Action::Disconnect,
                PostAnswer::Refused(403),
                Unreadable,
                3,
                false,
            ),
            (
                Action::Disconnect,
                PostAnswer::Conflict(409),
                AsBefore,
                4,
                true,
            ),
            (Action::Pulse, lost(), AsBefore, 3, false),
            (Action::Pulse, PostAnswer::Refused(401), AsAsked, 1, true),
            (Action::Pulse, PostAnswer::Refused(401), Unreadable, 1, true),
        ];
        for (action, answer, reading, code, is_settled) in table {
            let outcome = decide(action, answer.clone(), reading);
            assert_eq!(
                (outcome.code, outcome.is_settled()),
                (code, is_settled),
                "{action:?} {answer:?} {reading:?}"
            );
        }
    }
}
