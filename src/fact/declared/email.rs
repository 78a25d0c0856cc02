//! The facts of the email probe.

use super::super::{Declared, FactType, steady};

pub(super) const FACTS: &[Declared] = facts! { steady:
    "email.sending_enabled" Bool "" "whether SES sends at all";
    "email.enforcement" Text "" "how SES rates the account; HEALTHY is well";
    "email.production_access" Bool "" "whether the account is out of the sandbox";
    "email.remedy" Text "" "what lifts a limit that is used up: production access, or a higher quota";
    "email.unlimited" Bool "" "whether there is no daily limit";
    "email.max_24h" Int "recipients" "recipients that SES allows in 24 h";
    "email.sent_24h" Int "recipients" "recipients of the last 24 h";
    "email.usage" Text "" "both in words, such as `12 of 200 in 24 h`";
    "email.left_24h" Int "recipients" "recipients left in 24 h";
    "email.can_send" Bool ""
        "whether SES takes mail now: sending enabled, HEALTHY or PROBATION, something left of the limit";
    "email.blocked" Bool ""
        "whether SES sends nothing at all, whatever the quota: sending disabled or SHUTDOWN";
    "email.review" Text ""
        "the review of the request for production access: PENDING, FAILED, GRANTED, DENIED or none";
    "email.review_case" Text "" "the number of its support case";
    "email.used_percent" Float "percent" "how much of the limit is used";
};
