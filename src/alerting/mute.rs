//! A mute, as the alert state keeps it.

use serde::{Deserialize, Serialize};

/// A runbook, or a single subject of one, that sends no messages until a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mute {
    pub(super) until: i64,
    pub(super) by: String,
    /// When it was asked for, in milliseconds since 1970. Mutes of earlier versions do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) begun: Option<i64>,
}
