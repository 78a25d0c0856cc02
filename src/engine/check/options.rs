//! What a check was asked for beside the verdict: debouncing, a mute, notifications.

use crate::alerting::Debounce;
use crate::alerting::delivery::Channels;
use crate::fact::{parse_duration, parse_instant};
use time::OffsetDateTime;

/// The longest mute; a longer one would be forgotten.
const LONGEST_MUTE: time::Duration = time::Duration::days(30);

/// What a check was asked for beside the verdict.
#[derive(Debug)]
pub struct CheckOptions {
    /// How many bad runs of how many make a verdict take effect.
    pub debounce: Debounce,
    /// The mute to begin or to end.
    pub mute: Option<MuteChange>,
    /// The channels to notify; empty without `--notify`.
    pub channels: Channels,
    /// The name of this machine.
    pub host: String,
    /// Where the document of a runbook is, with `{runbook}` for its id.
    pub runbook_url: Option<String>,
}

/// A mute to begin or to end.
#[derive(Clone, Debug)]
pub enum MuteChange {
    /// To begin one.
    Begin {
        /// The id of the runbook, or one subject such as `bond:ID`.
        runbook: String,
        /// When it ends.
        until: OffsetDateTime,
        /// Who asked for it; safe to print.
        by: String,
    },
    /// To end one.
    End {
        /// The id of the runbook, or one subject such as `bond:ID`.
        runbook: String,
    },
}

/// Why a text is not the end of a mute. Completes "`TEXT` …".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MuteEndError {
    /// Neither a time nor a duration.
    #[error("is neither a time such as 2026-03-22T06:00:00Z nor a duration such as 2h")]
    NoTime,
    /// It is in the past.
    #[error("is over already")]
    Past,
    /// It is too far away.
    #[error("is more than 30 days away; a mute that long is forgotten")]
    TooLong,
}

/// Reads the end of a mute: a time, or a duration from now.
///
/// # Errors
/// [`MuteEndError`].
pub fn parse_mute_end(text: &str, now: OffsetDateTime) -> Result<OffsetDateTime, MuteEndError> {
    let instant =
        parse_instant(text).and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    let from_now = || now.checked_add(time::Duration::seconds(parse_duration(text)?));
    let end = instant.or_else(from_now).ok_or(MuteEndError::NoTime)?;
    if end <= now {
        return Err(MuteEndError::Past);
    }
    if end - now > LONGEST_MUTE {
        return Err(MuteEndError::TooLong);
    }
    Ok(end)
}
