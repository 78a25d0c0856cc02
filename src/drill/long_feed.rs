//! A feed that is long, for measuring.

use crate::practice::FakeStack;
use std::fmt::Write;

/// A feed of pulses of a hundred thousand agents, one a second back from now: for measuring,
/// not for judging.
pub fn long_feed(world: &FakeStack, entries: u64) -> bytes::Bytes {
    let now = u64::try_from(world.now.unix_timestamp()).unwrap_or(0);
    let mut text = String::from("{\"entries\":[");
    for ago in 0..entries {
        let comma = if ago == 0 { "" } else { "," };
        let (at, agent) = (now.saturating_sub(ago), ago % 100_000);
        let _ = write!(
            text,
            "{comma}{{\"event_type\":\"duck.pulse\",\"timestamp\":{at},\"spaceduck_id\":\"AAAA{agent:012X}\",\"detail\":\"pulse of an agent in the practice stack, trust tier T1, health ALIVE, region us-east-1, kept for measuring\"}}"
        );
    }
    text.push_str("]}");
    text.into()
}
