//! The mail account, as SES version 2 says it.

use super::wire::{OperationResult, RequestContext, ResponseBody};
use serde_json::json;

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
