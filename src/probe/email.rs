//! SES `GetAccount`: whether mail can be sent, the quota, and how much of it is used.

use super::{ProbeContext, aws, document::JsonObject};
use crate::fact::{FactValue, Probe};
use crate::observation::{Observation, Unavailable, UnavailableReason};
use crate::text::Untrusted;
use time::OffsetDateTime;

pub(super) async fn observe(context: &ProbeContext) -> Observation {
    let mut observation = Observation::new(Probe::Email);
    let Some(config) = aws::config(context, &mut observation).await else {
        return observation;
    };
    let bytes = aws::Bytes::default();
    let request = aws_sdk_sesv2::Client::new(config)
        .get_account()
        .customize()
        .interceptor(bytes.clone());
    let question = "GetAccount".to_owned();
    let answer = aws::question(
        &mut observation,
        context.deadline,
        question,
        "ses:GetAccount",
        request.send(),
    )
    .await;
    match answer.and_then(|_| bytes.document("SES account")) {
        Ok(account) => fields(&mut observation, &account, context.now),
        Err(unavailable) => observation.default_unavailable(unavailable),
    }
    observation
}

fn fields(observation: &mut Observation, account: &JsonObject, at: OffsetDateTime) {
    observation.put(
        "email.sending_enabled",
        account.flag("SendingEnabled").map(FactValue::Bool),
        at,
    );
    observation.put(
        "email.enforcement",
        account.text("EnforcementStatus").map(FactValue::Text),
        at,
    );
    observation.put(
        "email.production_access",
        account.flag("ProductionAccessEnabled").map(FactValue::Bool),
        at,
    );
    let remedy = match account.flag("ProductionAccessEnabled") {
        Ok(true) => "a higher SES sending quota",
        _ => "SES production access",
    };
    let remedy = FactValue::Text(Untrusted::new(remedy));
    observation.set("email.remedy", remedy, at);
    let max = account.whole("SendQuota.Max24HourSend");
    let sent = account
        .whole("SendQuota.SentLast24Hours")
        .and_then(|sent| match sent {
            0.. => Ok(sent),
            _ => Err(Unavailable::new(
                UnavailableReason::Contradictory,
                format!("SES reports {sent} sent"),
            )),
        });
    let quota = quota(max.clone(), sent.clone());
    let unlimited = max.clone().and_then(sane).map(|max| max == -1);
    let can_send = can_send(account, unlimited, quota.as_ref().map(|(left, _)| *left));
    observation.put("email.blocked", blocked(account).map(FactValue::Bool), at);
    observation.put("email.review", review(account).map(FactValue::Text), at);
    let case = account.text("Details.ReviewDetails.CaseId");
    observation.put("email.review_case", case.map(FactValue::Text), at);
    let usage = match (&max, &sent) {
        (Ok(-1), Ok(sent)) => Ok(format!("{sent} in 24 h, no daily limit")),
        (Ok(max), Ok(sent)) => Ok(format!("{sent} of {max} in 24 h")),
        (Err(unavailable), _) | (_, Err(unavailable)) => Err(unavailable.clone()),
    };
    let usage = usage.map(|usage| FactValue::Text(Untrusted::new(usage)));
    observation.put("email.usage", usage, at);
    observation.put("email.can_send", can_send.map(FactValue::Bool), at);
    observation.put("email.max_24h", max.clone().map(FactValue::Int), at);
    observation.put("email.sent_24h", sent.map(FactValue::Int), at);
    observation.put(
        "email.unlimited",
        max.and_then(sane).map(|max| FactValue::Bool(max == -1)),
        at,
    );
    observation.put(
        "email.left_24h",
        quota.clone().map(|(left, _)| FactValue::Int(left)),
        at,
    );
    observation.put(
        "email.used_percent",
        quota.map(|(_, percent)| FactValue::Float(percent)),
        at,
    );
}

/// One of the two obstacles is proof; that there is none takes both answers.
fn blocked(account: &JsonObject) -> Result<bool, Unavailable> {
    let disabled = account.flag("SendingEnabled").map(|enabled| !enabled);
    let shut = account
        .text("EnforcementStatus")
        .map(|status| status.is("SHUTDOWN"));
    match (disabled, shut) {
        (Ok(true), _) | (_, Ok(true)) => Ok(true),
        (disabled, shut) => Ok(disabled? || shut?),
    }
}

/// What became of the request for production access; an account that never asked has no review.
fn review(account: &JsonObject) -> Result<Untrusted, Unavailable> {
    match account.text("Details.ReviewDetails.Status") {
        Err(unavailable) if unavailable.why == UnavailableReason::Missing => {
            Ok(Untrusted::new("none"))
        }
        review => review,
    }
}

/// A limit is positive, or -1 for none.
fn sane(max: i64) -> Result<i64, Unavailable> {
    match max {
        -1 | 1.. => Ok(max),
        _ => Err(Unavailable::new(
            UnavailableReason::Contradictory,
            format!("SES reports a daily limit of {max}"),
        )),
    }
}

/// One obstacle is proof that it cannot; that it can takes all three.
fn can_send(
    account: &JsonObject,
    unlimited: Result<bool, Unavailable>,
    left: Result<i64, &Unavailable>,
) -> Result<bool, Unavailable> {
    let enabled = account.flag("SendingEnabled");
    // Under PROBATION mail still goes.
    let healthy = account
        .text("EnforcementStatus")
        .map(|status| status.is("HEALTHY") || status.is("PROBATION"));
    let room = match (unlimited, left) {
        (Ok(true), _) => Ok(true),
        (_, Ok(left)) => Ok(left > 0),
        (Err(unavailable), _) => Err(unavailable),
        (_, Err(unavailable)) => Err(unavailable.clone()),
    };
    let parts = [enabled, healthy, room];
    if parts.iter().any(|part| matches!(part, Ok(false))) {
        return Ok(false);
    }
    parts
        .into_iter()
        .try_fold(true, |all, part| Ok(all && part?))
}

/// What is left, and the share used.
fn quota(
    max: Result<i64, Unavailable>,
    sent: Result<i64, Unavailable>,
) -> Result<(i64, f64), Unavailable> {
    match (sane(max?)?, sent?) {
        (-1, _) => Err(Unavailable::new(
            UnavailableReason::Unsupported,
            "there is no daily limit",
        )),
        (max, sent) => Ok(((max - sent).max(0), 100.0 * sent as f64 / max as f64)),
    }
}
