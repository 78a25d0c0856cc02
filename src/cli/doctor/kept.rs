//! What a check keeps, and whom it tells: for how long, and whether each channel can be used.
//! Nobody is told anything.

use crate::alerting::channels::ChannelClient;
use crate::cli::Context;
use crate::cli::checklist::Check;
use crate::fact::duration;
use crate::report::model::Verdict;

pub(super) fn checks(context: &Context) -> Vec<Check> {
    let (detail, hourly) = context.settings.retention;
    let kept = format!(
        "every reading for {}, one an hour for {}, then one a day",
        duration(detail),
        duration(hourly)
    );
    let mut checks = vec![Check::ok("retention", kept)];
    for channel in &context.settings.channels {
        let name = format!("channel {}", channel.name);
        checks.push(match ChannelClient::open(channel, &context.env) {
            Ok(_) => Check::ok(name, format!("told from {} on", channel.from)),
            Err(why) => Check::bad(
                name,
                Verdict::Warning,
                why.to_string(),
                "Put it right: until then its messages wait",
            ),
        });
    }
    checks
}
