//! How times and verdicts are written in the alert state: milliseconds and words.

use crate::report::model::Verdict;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::{Duration, OffsetDateTime};

/// The clocks of hosts that share a state may differ by this much.
pub(super) const CLOCK_TOLERANCE: Duration = Duration::minutes(2);

/// A verdict, written as its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct VerdictWord(pub(super) Verdict);

impl Default for VerdictWord {
    fn default() -> Self {
        Self(Verdict::Ok)
    }
}

impl Serialize for VerdictWord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.word())
    }
}

impl<'de> Deserialize<'de> for VerdictWord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        let verdict = Verdict::from_word(&word);
        verdict
            .map(Self)
            .ok_or_else(|| D::Error::custom("a word that is no verdict"))
    }
}

/// Whole milliseconds since 1970.
pub(super) fn millis(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX)
}

/// The time of [`millis`]; 1970 for a number that no year has.
pub(super) fn from_millis(millis: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Whole milliseconds of a duration.
pub(super) fn millis_of(duration: Duration) -> i64 {
    i64::try_from(duration.whole_milliseconds()).unwrap_or(i64::MAX)
}
