//! When a snapshot expires. DynamoDB deletes expired items itself, so the time is decided when
//! the item is written: the first snapshot of an hour lives longer, the first of a day for good.
//!
//! "First" is what the table shows at that moment. Two hosts that write the first at once both keep
//! theirs: one snapshot more is kept, never one less.

use super::super::{HistoryError, Snapshot, millis};
use super::item;
use super::requests::Table;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// In seconds since 1970; `None` is for good. `keep` is for how long any snapshot lives,
/// and for how long the first of an hour.
pub(super) async fn until(
    table: &Table,
    keep: &(time::Duration, time::Duration),
    snapshot: &Snapshot,
) -> Result<Option<i64>, HistoryError> {
    let (detail, hourly) = *keep;
    let at = snapshot.at.unix_timestamp();
    let after = |keep: time::Duration| Some(at.saturating_add(keep.whole_seconds()));
    if is_taken(table, snapshot, HOUR_MS).await? {
        return Ok(after(detail));
    }
    if is_taken(table, snapshot, DAY_MS).await? {
        return Ok(after(hourly.max(detail)));
    }
    Ok(None)
}

/// Whether another snapshot is in the same period.
async fn is_taken(table: &Table, snapshot: &Snapshot, width: i64) -> Result<bool, HistoryError> {
    let start = millis(snapshot.at).div_euclid(width) * width;
    let span = item::moment(start).zip(item::moment(start + width - 1));
    let Some((first, last)) = span else {
        return Ok(false);
    };
    // After every id of that millisecond.
    let span = (first, format!("{last}#~"));
    table.has_between(&snapshot.stack, span).await
}
