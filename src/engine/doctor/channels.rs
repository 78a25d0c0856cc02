//! Retention of history, and whether each channel can be used. No channel is notified.

use crate::alerting::channels::ChannelClient;
use crate::fact::duration;
use crate::report::checklist::ChecklistItem;
use crate::report::model::Verdict;
use crate::stack::{Environment, Settings};

pub(super) fn checks(settings: &Settings, env: &Environment) -> Vec<ChecklistItem> {
    let (detail, hourly) = settings.retention;
    let kept = format!(
        "every reading for {}, one an hour for {}, then one a day",
        duration(detail),
        duration(hourly)
    );
    let mut checks = vec![ChecklistItem::ok("retention", kept)];
    for channel in &settings.channels {
        let name = format!("channel {}", channel.name);
        checks.push(match ChannelClient::open(channel, env) {
            Ok(_) => ChecklistItem::ok(name, format!("gets messages from {} on", channel.from)),
            Err(why) => ChecklistItem::bad(
                name,
                Verdict::Warning,
                why.to_string(),
                "Correct it: until then its messages wait",
            ),
        });
    }
    checks
}
