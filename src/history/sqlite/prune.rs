//! Prunes one stretch of time in the transaction it is given. The progress is stored in the
//! database, so that no stretch is pruned twice.

use super::super::{Pruned, Retention, millis};
use rusqlite::{Connection, OptionalExtension, params};
use time::{Duration, OffsetDateTime};

/// The hours or days that one transaction prunes.
const GRAINS: i64 = 24;

const THINNED: &str = "SELECT up_to_ms FROM thinned WHERE grain_ms = ?1";
const OLDEST: &str = "SELECT min(at_ms) FROM snapshot WHERE at_ms >= ?1";

/// What stays of a series: the last reading of each grain, its lowest and its highest, which
/// are one reading where nothing changed. With
/// ?4 also both sides of every fall, the one at the edge of the stretch among them.
const THIN: &str = "
DELETE FROM sample WHERE series = ?1 AND (at_ms, seq) IN (
    SELECT at_ms, seq FROM (
        SELECT at_ms, seq, value,
            lag(value) OVER by_time AS before,
            lead(value) OVER by_time AS after,
            row_number() OVER (PARTITION BY at_ms / ?5 ORDER BY at_ms DESC, seq DESC) AS from_end,
            row_number() OVER (PARTITION BY at_ms / ?5 ORDER BY value, at_ms DESC, seq DESC) AS from_low,
            row_number() OVER (PARTITION BY at_ms / ?5 ORDER BY value DESC, at_ms DESC, seq DESC) AS from_high
        FROM sample WHERE series = ?1 AND at_ms >= ?2 AND at_ms < ?3
        WINDOW by_time AS (ORDER BY at_ms, seq))
    WHERE from_end > 1 AND from_low > 1 AND from_high > 1
      AND NOT (?4 AND (ifnull(before > value, 1) OR ifnull(after < value, 1))))";

const STAYING: &str = "
INSERT OR IGNORE INTO temp.staying
SELECT seq FROM sample WHERE series = ?1 AND at_ms >= ?2 AND at_ms < ?3";

/// Snapshots without samples, unless their verdict was a change.
const FORGET: &str = "
DELETE FROM snapshot WHERE seq IN (
    SELECT seq FROM (
        SELECT seq, runbooks IS lag(runbooks) OVER (PARTITION BY stack ORDER BY at_ms, seq) AS same
        FROM snapshot WHERE at_ms >= ?1 AND at_ms < ?2)
    WHERE same AND seq NOT IN (SELECT seq FROM temp.staying))";

/// Thins the next stretch to grains of this width, of what is older than `before`.
/// `None` when nothing is left to prune.
pub(super) fn part(
    db: &Connection,
    keep: &Retention,
    (width, before): (Duration, OffsetDateTime),
) -> rusqlite::Result<Option<Pruned>> {
    let width = i64::try_from(width.whole_milliseconds())
        .unwrap_or(i64::MAX)
        .max(1);
    let floor = |ms: i64| ms.div_euclid(width) * width;
    let up_to: Option<i64> = db
        .prepare_cached(THINNED)?
        .query_row([width], |row| row.get(0))
        .optional()?;
    let oldest: Option<i64> = db
        .prepare_cached(OLDEST)?
        .query_row([up_to.unwrap_or(i64::MIN)], |row| row.get(0))?;
    let Some(from) = oldest.map(floor) else {
        return Ok(None);
    };
    let to = floor(millis(before)).min(from.saturating_add(GRAINS * width));
    if to <= from {
        return Ok(None);
    }
    db.execute_batch("CREATE TEMP TABLE IF NOT EXISTS staying (seq INTEGER PRIMARY KEY); DELETE FROM temp.staying;")?;
    let mut pruned = Pruned::default();
    let mut series = db.prepare_cached("SELECT id, fact FROM series")?;
    let series = series.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (series, fact) in series.collect::<rusqlite::Result<Vec<(i64, String)>>>()? {
        let is_total = keep.totals.contains(&fact.as_str());
        let thinned = db
            .prepare_cached(THIN)?
            .execute(params![series, from, to, is_total, width])?;
        pruned.observations += thinned as u64;
        db.prepare_cached(STAYING)?
            .execute(params![series, from, to])?;
    }
    let forgotten = db.prepare_cached(FORGET)?.execute([from, to])?;
    pruned.snapshots = forgotten as u64;
    db.prepare_cached(
        "INSERT INTO thinned (grain_ms, up_to_ms) VALUES (?1, ?2)
         ON CONFLICT (grain_ms) DO UPDATE SET up_to_ms = ?2",
    )?
    .execute([width, to])?;
    Ok(Some(pruned))
}
