//! What came of one delivery, for the operator: the outcome, what it proves, and what to do next.

use super::TestPayload;
use super::send::{ReceiverResponse, SendOutcome};
use super::target::TargetError;
use crate::exit;
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::report::model::Verdict;
use crate::text::Printable;
use serde_json::json;

/// The report of one delivery.
#[derive(Clone, Debug)]
pub struct SendReport {
    code: u8,
    outcome: &'static str,
    summary: String,
    next: String,
    /// Whether the next thing is to find out which part fails.
    is_to_diagnose: bool,
    status: Option<u16>,
    took_ms: Option<u64>,
}

impl SendReport {
    /// A target that may not be reached.
    pub fn refused(refused: &TargetError) -> Self {
        match refused {
            TargetError::Address { .. } => {
                let next = "Give the address that deliveries come to from outside";
                SendReport {
                    next: next.to_owned(),
                    is_to_diagnose: false,
                    ..not_sent(&refused.to_string())
                }
            }
            _ => not_sent(&refused.to_string()),
        }
    }

    /// What the delivery came to.
    pub fn of(sent: SendOutcome, payload: &TestPayload) -> Self {
        match sent {
            SendOutcome::NotSent { why, .. } => not_sent(why.as_str()),
            SendOutcome::NoAnswer(why) => SendReport {
                code: exit::UNKNOWN,
                outcome: "unclear",
                summary: format!("sent, and not answered: {why}; the receiver may have taken it"),
                next: look(payload),
                is_to_diagnose: false,
                status: None,
                took_ms: None,
            },
            SendOutcome::Answered(answer) => answered(&answer, payload),
        }
    }

    /// The report as a document; `to` is where it was sent, `diagnose` the command that finds out
    /// which part fails.
    pub fn document(
        &self,
        payload: &TestPayload,
        to: Option<&Printable>,
        diagnose: &str,
    ) -> Document {
        let summary = Printable::from(self.summary.as_str());
        let label = match self.outcome {
            "not-sent" => "it was to be",
            _ => "sent as",
        };
        let mut text = format!(
            "{:<12} {summary}\n{label:<12} a test delivery of {}, {} bytes\ndelivery id  {}\n",
            self.outcome.replace('-', " ").to_uppercase(),
            payload.event,
            payload.body.len(),
            payload.delivery,
        );
        if let Some(to) = to {
            text.push_str(&format!("to           {to}\n"));
        }
        let cautions = payload.append_warnings(&mut text);
        text.push_str(&format!("NEXT         {}\n", self.next));
        let mut next = self.next.clone();
        if self.is_to_diagnose {
            text.push_str(&format!("             {diagnose}\n"));
            next = format!("{next}: {diagnose}");
        }
        let extra = json!({
            "outcome": self.outcome,
            "event": payload.event,
            "delivery_id": payload.delivery,
            "bytes": payload.body.len(),
            "to": to.map(Printable::as_str),
            "status": self.status,
            "took_ms": self.took_ms,
            "cautions": cautions,
            "next": next,
        });
        let verdict = Verdict::of_write(self.code);
        let document = Document::new(DocumentKind::WebhookSend, verdict, summary, text, extra);
        document.with_exit_code(self.code)
    }
}

const DIAGNOSE: &str = "Find out which part fails";

fn not_sent(why: &str) -> SendReport {
    SendReport {
        code: exit::WARNING,
        outcome: "not-sent",
        summary: format!("{why}; nothing was sent"),
        next: DIAGNOSE.to_owned(),
        is_to_diagnose: true,
        status: None,
        took_ms: None,
    }
}

fn look(payload: &TestPayload) -> String {
    format!(
        "Search the receiver's log for {} before it is sent again",
        payload.delivery
    )
}

fn answered(answer: &ReceiverResponse, payload: &TestPayload) -> SendReport {
    let (status, took) = (answer.status, answer.took.as_millis());
    let (code, outcome, more, next) = if answer.is_accepted() {
        let next = "See in the receiver's log that it was handled; then the incident can be closed";
        (exit::OK, "accepted", "", next.to_owned())
    } else if answer.is_from_gateway() {
        let more = ", from something before the receiver, which may have taken it";
        (exit::UNKNOWN, "unclear", more, look(payload))
    } else {
        let more = match status {
            300..=399 => ", a redirect, which is not followed",
            _ => "",
        };
        let next = format!("{DIAGNOSE}; the bond stands as it did");
        (exit::WARNING, "not-accepted", more, next)
    };
    SendReport {
        code,
        outcome,
        summary: format!("HTTP {status} in {took} ms{more}"),
        next,
        is_to_diagnose: outcome == "not-accepted",
        status: Some(status),
        took_ms: u64::try_from(took).ok(),
    }
}
