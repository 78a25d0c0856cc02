//! The mail account, as SES version 2 says it.

use super::wire::{Payload, Reply, RequestContext};
use serde_json::json;

/// `GetAccount`
pub(super) fn get_account(scenery: &RequestContext<'_>) -> Reply {
    let mail = &scenery.world.mail;
    let account = json!({
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
    Reply::new("GetAccount", Ok(Payload::Json(account)))
}
