//! When mail can go out again once the quota of 24 hours is used up.

use crate::fact::FactValue;
use crate::observation::{FactState, Observation, Observations, Unavailable, UnavailableReason};
use time::{Duration, OffsetDateTime};

/// The quota is a rolling window: each hour's mail leaves it 24 h after that hour's end.
pub(super) fn join_mail_forecast(
    observation: &mut Observation,
    observations: &Observations,
    now: OffsetDateTime,
) {
    const BUCKET: i64 = 3_600;
    let series = match observations.get("email.sends_hourly") {
        FactState::Known(fact) => &fact.value,
        FactState::Unavailable(unavailable) => {
            return observation.default_unavailable(unavailable.clone());
        }
        FactState::NotAsked => return,
    };
    let (FactValue::Series(hours), Some(max), Some(sent)) = (
        series,
        observations.int("email.max_24h"),
        observations.int("email.sent_24h"),
    ) else {
        return observation.default_unavailable(Unavailable::new(
            UnavailableReason::Missing,
            "without the quota there is no forecast",
        ));
    };
    let leaves = |hour: i64| hour + BUCKET + Duration::DAY.whole_seconds();
    let mut to_free = sent - max + 1;
    let first = hours.iter().find(|(_, mails)| {
        to_free -= mails;
        to_free <= 0
    });
    let last = hours.iter().rfind(|(_, mails)| *mails > 0);
    let (Some((first, _)), Some((last, _))) = (first, last) else {
        return observation.default_unavailable(Unavailable::new(
            UnavailableReason::NoData,
            "the mails of the metrics do not add up to what the quota counts",
        ));
    };
    let wait = |hour: i64| (leaves(hour) - now.unix_timestamp()).max(0);
    observation.set("email.capacity_in", FactValue::Duration(wait(*first)), now);
    observation.set(
        "email.capacity_at",
        FactValue::Instant(now.unix_timestamp() + wait(*first)),
        now,
    );
    observation.set(
        "email.full_capacity_in",
        FactValue::Duration(wait(*last)),
        now,
    );
}
