//! `duckops webhook send`: one signed test delivery, and what the receiver said.

use super::{cautioned, out_of_the_way, payload, secret};
use crate::cli::Context;
use crate::cli::args::{Delivery, Target};
use crate::cli::fail::Failure;
use crate::cloud::Http;
use crate::exit;
use crate::report::json::DocumentKind;
use crate::report::model::Verdict;
use crate::text::Printable;
use crate::webhook::send::{ReceiverResponse, SendOutcome, deliver};
use crate::webhook::target::{self, TargetError};
use crate::webhook::{TestPayload, sign};
use serde_json::json;
use std::sync::atomic::Ordering;
use std::time::Instant;

struct SendResult {
    code: u8,
    outcome: &'static str,
    summary: String,
    next: String,
    status: Option<u16>,
    took_ms: Option<u64>,
}

const DIAGNOSE: &str =
    "Find out which part fails: duckops webhook diagnose --url URL --secret-file FILE";

pub(super) async fn main(
    context: &Context,
    delivery: &Delivery,
    place: &Target,
) -> Result<u8, Failure> {
    let until = Instant::now() + context.settings.deadline.value;
    let secret = secret(context, &delivery.secret)?;
    let payload = payload(context, delivery).await?;
    let url = target::parse(&place.url).map_err(|why| Failure::usage(format!("--url: {why}")))?;
    out_of_the_way(context);
    let left = || until.saturating_duration_since(Instant::now());
    let (told, to) = match target::resolve(&url, place.allow_private, left()).await {
        Err(refused) => (not_permitted(&refused), None),
        Ok(target) => {
            let signature = sign(secret.expose(), &payload.body);
            let http = Http::new(crate::cli::observer(context.verbose));
            let tells = format!(
                "the receiver's log, by the delivery id {},",
                payload.delivery
            );
            // From here on an interrupt waits for what comes of it.
            let _ = context.sending.tells.set(tells);
            context.sending.begun.store(true, Ordering::SeqCst);
            let sent = deliver(&http, &target, &payload, &signature, left()).await;
            (
                told(sent, &payload),
                Some(Printable::from(target.without_query())),
            )
        }
    };
    Ok(print(context, &told, &payload, to.as_ref()))
}

fn print(
    context: &Context,
    told: &SendResult,
    payload: &TestPayload,
    to: Option<&Printable>,
) -> u8 {
    let verdict = match told.code {
        exit::OK => Verdict::Ok,
        exit::UNKNOWN => Verdict::Unknown,
        _ => Verdict::Warning,
    };
    let summary = Printable::from(told.summary.as_str());
    let label = match told.outcome {
        "not-sent" => "it was to be",
        _ => "sent as",
    };
    let mut text = format!(
        "{}: {summary}\n{label:<12} a test delivery of {}, {} bytes, delivery id {}\n",
        told.outcome.to_uppercase(),
        payload.event,
        payload.body.len(),
        payload.delivery,
    );
    if let Some(to) = to {
        text.push_str(&format!("to           {to}\n"));
    }
    let cautions = cautioned(payload, &mut text);
    text.push_str(&format!("NEXT         {}\n", told.next));
    let extra = json!({
        "outcome": told.outcome,
        "event": payload.event,
        "delivery_id": payload.delivery,
        "bytes": payload.body.len(),
        "to": to.map(Printable::as_str),
        "status": told.status,
        "took_ms": told.took_ms,
        "cautions": cautions,
        "next": told.next,
    });
    let (kind, summary) = (DocumentKind::WebhookSend, summary.as_str());
    context
        .out
        .document(kind, verdict, told.code, summary, &text, &extra)
}

fn not_sent(why: &str, next: &str) -> SendResult {
    SendResult {
        code: exit::WARNING,
        outcome: "not-sent",
        summary: format!("{why}; nothing was sent"),
        next: next.to_owned(),
        status: None,
        took_ms: None,
    }
}

fn not_permitted(refused: &TargetError) -> SendResult {
    let next = match refused {
        TargetError::Address { .. } => "Give the address that deliveries come to from outside",
        _ => DIAGNOSE,
    };
    not_sent(&refused.to_string(), next)
}

fn told(sent: SendOutcome, payload: &TestPayload) -> SendResult {
    match sent {
        SendOutcome::NotSent { why, .. } => not_sent(why.as_str(), DIAGNOSE),
        SendOutcome::NoAnswer(why) => SendResult {
            code: exit::UNKNOWN,
            outcome: "unclear",
            summary: format!("sent, and not answered: {why}; the receiver may have taken it"),
            next: look(payload),
            status: None,
            took_ms: None,
        },
        SendOutcome::Answered(answer) => answered(&answer, payload),
    }
}

fn look(payload: &TestPayload) -> String {
    format!(
        "Search the receiver's log for {} before it is sent again",
        payload.delivery
    )
}

fn answered(answer: &ReceiverResponse, payload: &TestPayload) -> SendResult {
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
    SendResult {
        code,
        outcome,
        summary: format!("HTTP {status} in {took} ms{more}"),
        next,
        status: Some(status),
        took_ms: u64::try_from(took).ok(),
    }
}
