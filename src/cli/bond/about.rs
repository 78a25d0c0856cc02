//! What is known of one bond, as the guard of a write wants it.

use super::again;
use crate::connections::Only;
use crate::fact::Probe;
use crate::probe::{self, Access, ProbeContext};
use crate::write::bond::{About, BondId, State};

/// Asks what is known of a bond: the feed, and where that proves nothing the lists, too.
pub(super) async fn about(ask: &ProbeContext, access: &Access, id: &BondId) -> About {
    let by_feed = one(ask, Access::default(), id).await;
    let proven = !matches!(by_feed.state, State::NotKnown(_));
    if proven || (access.token.is_none() && access.key.is_none()) {
        return by_feed;
    }
    one(ask, access.clone(), id).await
}

async fn one(ask: &ProbeContext, access: Access, id: &BondId) -> About {
    let ask = ProbeContext {
        only: Some(Only::Bond(id.to_string())),
        access,
        ..again(ask)
    };
    let mut observation = probe::observe(Probe::Connections, &ask).await;
    match observation.connections.take() {
        Some(all) => About::of(&all, id.as_str()),
        None => {
            let now = (ask.now + ask.began.elapsed()).unix_timestamp();
            About::nothing(observation.default_detail().as_str(), now)
        }
    }
}
