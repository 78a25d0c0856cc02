//! Channels that cannot be used and messages that were refused, as the alert state keeps them.

use serde::{Deserialize, Serialize};

/// A channel that cannot be used. Times are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ChannelTrouble {
    pub(super) why: String,
    pub(super) since: i64,
    pub(super) said: i64,
    /// Whether it cannot even be opened here, such as for a secret that cannot be read.
    #[serde(default)]
    pub(super) is_closed: bool,
}

/// How the reason begins for which a message was dropped unsent.
pub(super) const DROPPED: &str = "dropped: ";

/// A message that a channel refused for good, or that was dropped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct RefusedMessage {
    pub(super) id: String,
    pub(super) channel: String,
    pub(super) runbook: String,
    pub(super) verdict: String,
    pub(super) why: String,
    pub(super) at: i64,
    pub(super) said: i64,
}
