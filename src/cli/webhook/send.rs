//! `duckops webhook send`: one signed test delivery, and what the receiver said.

use super::{payload, secret};
use crate::cli::Context;
use crate::cli::args::{Delivery, Target};
use crate::cli::fail::Failure;
use crate::exit;
use crate::report::model::Verdict;
use crate::text::Printable;
use crate::webhook::send::{Answer, Sent, deliver};
use crate::webhook::{sign, target};
use serde_json::json;

struct Told {
    code: u8,
    outcome: &'static str,
    summary: String,
    next: String,
    status: Option<u16>,
    took_ms: Option<u128>,
}

pub(super) async fn main(
    context: &Context,
    delivery: &Delivery,
    place: &Target,
) -> Result<u8, Failure> {
    let secret = secret(&delivery.secret)?;
    let payload = payload(context, delivery)?;
    let url = target::parse(&place.url).map_err(|why| Failure::usage(format!("--url: {why}")))?;
    let told = match target::resolve(&url, place.allow_private).await {
        Err(refused) => not_sent(&refused.to_string()),
        Ok(target) => {
            let signature = sign(secret.expose(), &payload.body);
            told(deliver(&target, &payload, &signature).await)
        }
    };
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
    let text = format!(
        "{}: {summary}\n{label:<12} {}, delivery {} (a test: {} bytes)\nNEXT         {}\n",
        told.outcome.to_uppercase(),
        payload.event,
        payload.delivery,
        payload.body.len(),
        told.next
    );
    let extra = json!({
        "outcome": told.outcome,
        "event": payload.event,
        "delivery_id": payload.delivery,
        "bytes": payload.body.len(),
        "status": told.status,
        "took_ms": told.took_ms.and_then(|ms| u64::try_from(ms).ok()),
        "next": told.next,
    });
    Ok(context.out.document(
        "webhook-send",
        verdict,
        told.code,
        summary.as_str(),
        &text,
        &extra,
    ))
}

fn not_sent(why: &str) -> Told {
    Told {
        code: exit::WARNING,
        outcome: "not-sent",
        summary: format!("{why}; nothing was sent"),
        next: "Find out which part fails: duckops webhook diagnose".to_owned(),
        status: None,
        took_ms: None,
    }
}

fn told(sent: Sent) -> Told {
    match sent {
        Sent::Never { why, .. } => not_sent(&why),
        Sent::Lost(why) => Told {
            code: exit::UNKNOWN,
            outcome: "unclear",
            summary: format!("sent, and not answered: {why}; the receiver may have taken it"),
            next: "Search the receiver's log for the delivery id before it is sent again"
                .to_owned(),
            status: None,
            took_ms: None,
        },
        Sent::Answered(answer) => answered(&answer),
    }
}

fn answered(answer: &Answer) -> Told {
    let (status, took) = (answer.status, answer.took.as_millis());
    let accepted = answer.is_accepted();
    let redirect = match status {
        300..=399 => ", a redirect that is not followed",
        _ => "",
    };
    Told {
        code: if accepted { exit::OK } else { exit::WARNING },
        outcome: if accepted { "accepted" } else { "not-accepted" },
        summary: format!("HTTP {status} in {took} ms{redirect}"),
        next: match accepted {
            true => "See in the receiver's log that it was handled; then the incident can be closed",
            false => "Find out which part fails: duckops webhook diagnose; the bond is none the worse for it",
        }
        .to_owned(),
        status: Some(status),
        took_ms: Some(took),
    }
}
