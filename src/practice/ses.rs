//! The mail account, as SES version 2 says it.

use super::FakeStack;
use super::paging::{page, size};
use super::wire::{OperationResult, Refusal, RequestContext, ResponseBody, seconds};
use serde_json::{Value, json};
use time::OffsetDateTime;

/// `GetAccount`
pub(super) fn get_account(context: &RequestContext<'_>) -> OperationResult {
    let mail = &context.world.mail;
    let mut account = json!({
        "DedicatedIpAutoWarmupEnabled": false,
        "EnforcementStatus": mail.enforcement,
        "ProductionAccessEnabled": mail.production_access,
        "SendQuota": {
            "Max24HourSend": mail.max_24h,
            "MaxSendRate": mail.max_rate,
            "SentLast24Hours": mail.sent_24h,
        },
        "SendingEnabled": mail.sending_enabled,
        "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
    });
    if let Some(review) = &mail.review {
        let mut details = json!({"Status": review.status});
        if !review.case.is_empty() {
            details["CaseId"] = review.case.as_str().into();
        }
        account["Details"] = json!({"MailType": "TRANSACTIONAL", "ReviewDetails": details});
    }
    OperationResult::new("GetAccount", Ok(ResponseBody::Json(account)))
}

/// `ListEmailIdentities`: the sender, which is verified. Nobody else is in a sandbox.
pub(super) fn list_identities(context: &RequestContext<'_>) -> OperationResult {
    let sender = &context.world.status["auth"]["ses_sender"];
    let identities = json!([{
        "IdentityName": sender,
        "IdentityType": "EMAIL_ADDRESS",
        "SendingEnabled": context.world.mail.sending_enabled,
        "VerificationStatus": "SUCCESS",
    }]);
    let answer = json!({"EmailIdentities": identities});
    OperationResult::new("ListEmailIdentities", Ok(ResponseBody::Json(answer)))
}

/// `ListSuppressedDestinations`: an address for each mail that came back.
pub(super) fn list_suppressed(context: &RequestContext<'_>) -> OperationResult {
    let world = context.world;
    let wanted = context.request.parameter("Reason");
    let mut listed: Vec<Value> = Vec::new();
    for (reason, count, rate) in [
        ("BOUNCE", "Bounce", "Reputation.BounceRate"),
        ("COMPLAINT", "Complaint", "Reputation.ComplaintRate"),
    ] {
        if wanted.is_none_or(|wanted| wanted == reason) {
            let addresses = came_back(world, context.now, count, rate);
            listed.extend((1..).zip(addresses).map(|(nth, at)| {
                json!({
                    "EmailAddress": format!("{}-{nth}@example.com", reason.to_lowercase()),
                    "Reason": reason,
                    "LastUpdateTime": seconds(at),
                })
            }));
        }
    }
    let asked = context.request.parameter("PageSize");
    let size = size(world, asked.and_then(|asked| asked.parse().ok()), 1000);
    let token = context.request.parameter("NextToken");
    let outcome = page(&wanted, listed.len(), size, token)
        .map_err(|_| Refusal::unexpected(400, "InvalidNextTokenException", "Invalid token."))
        .map(|page| {
            let mut answer = json!({"SuppressedDestinationSummaries": listed[page.items]});
            if let Some(next) = page.next {
                answer["NextToken"] = next.into();
            }
            ResponseBody::Json(answer)
        });
    OperationResult::new("ListSuppressedDestinations", outcome)
}

/// When mails came back, newest first: as the metric counts them, or as SES's own rate says of the
/// mails of the last day.
fn came_back(
    world: &FakeStack,
    now: OffsetDateTime,
    count: &str,
    rate: &str,
) -> Vec<OffsetDateTime> {
    let points = |name: &str| {
        let series = world.metrics.iter().filter(|s| s.namespace == "AWS/SES");
        let of_name = series.filter(|series| series.name == name);
        let mut points: Vec<_> = of_name
            .flat_map(|series| series.points.iter().copied())
            .filter(|(at, _)| *at <= now)
            .collect();
        points.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        points
    };
    let counted = points(count);
    let times = |(at, mails): (OffsetDateTime, f64)| std::iter::repeat_n(at, mails as usize);
    if !counted.is_empty() {
        return counted.into_iter().flat_map(times).collect();
    }
    let newest = points(rate).into_iter().next();
    let mails = |(at, rate): (OffsetDateTime, f64)| (at, (rate * world.mail.sent_24h).round());
    newest.map(mails).into_iter().flat_map(times).collect()
}
