//! The statements: snapshots into rows and rows into samples. Each reads or writes in
//! the transaction it is given and knows nothing of files, waiting or versions.
//! Times are whole milliseconds since 1970.

use super::super::{Sample, Snapshot, StackKey, Summary};
use rusqlite::types::Type;
use rusqlite::{Connection, Error, OptionalExtension, Row, params};
use time::OffsetDateTime;

const SAMPLES: &str = "
SELECT at_ms, value, seq FROM sample
WHERE series = (SELECT id FROM series WHERE stack = ?1 AND fact = ?2) AND at_ms >= ?3
UNION ALL
SELECT at_ms, value, seq FROM (
    SELECT at_ms, value, seq FROM sample
    WHERE series = (SELECT id FROM series WHERE stack = ?1 AND fact = ?2) AND at_ms < ?3
    ORDER BY at_ms DESC, seq DESC LIMIT 1)
ORDER BY seq";

const LAST_POSITIVE: &str = "
SELECT at_ms FROM sample
WHERE series = (SELECT id FROM series WHERE stack = ?1 AND fact = ?2)
  AND at_ms BETWEEN ?3 AND ?4 AND value > 0
ORDER BY at_ms DESC LIMIT 1";

const FACTS: &str = "SELECT fact FROM series WHERE stack = ?1 ORDER BY fact";

const LATEST: &str = "
SELECT ulid, at_ms, verdict, runbooks, version FROM snapshot
WHERE stack = ?1 ORDER BY seq DESC LIMIT 1";

/// Adds a snapshot and its samples, unless its id is there already.
pub(super) fn insert(db: &Connection, snapshot: &Snapshot) -> rusqlite::Result<()> {
    let runbooks = serde_json::to_string(&snapshot.runbooks)
        .map_err(|e| Error::ToSqlConversionFailure(Box::new(e)))?;
    let (stack, at) = (&snapshot.stack.0, millis(snapshot.at));
    let added = db
        .prepare_cached(
            "INSERT INTO snapshot (ulid, stack, at_ms, verdict, runbooks, version)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (ulid) DO NOTHING",
        )?
        .execute(params![
            snapshot.id.to_string(),
            stack,
            at,
            snapshot.verdict,
            runbooks,
            snapshot.duckops_version,
        ])?;
    if added == 0 {
        return Ok(());
    }
    let seq = db.last_insert_rowid();
    let mut series = db.prepare_cached(
        "INSERT INTO series (stack, fact) VALUES (?1, ?2) ON CONFLICT (stack, fact) DO NOTHING",
    )?;
    let mut sample = db.prepare_cached(
        "INSERT INTO sample (series, at_ms, seq, value)
         SELECT id, ?3, ?4, ?5 FROM series WHERE stack = ?1 AND fact = ?2",
    )?;
    for (fact, value) in &snapshot.numbers {
        series.execute(params![stack, fact])?;
        sample.execute(params![stack, fact, at, seq, value])?;
    }
    Ok(())
}

/// See [`super::History::samples`]. One statement, so that nothing is recorded between
/// the window and its baseline.
pub(super) fn samples(
    db: &Connection,
    stack: &StackKey,
    fact: &str,
    from: OffsetDateTime,
) -> rusqlite::Result<Vec<Sample>> {
    db.prepare_cached(SAMPLES)?
        .query_map(params![stack.0, fact, millis(from)], |row| {
            Ok(Sample {
                at: instant(row, 0)?,
                value: row.get(1)?,
            })
        })?
        .collect()
}

/// See [`super::History::last_positive`].
pub(super) fn last_positive(
    db: &Connection,
    stack: &StackKey,
    fact: &str,
    from: OffsetDateTime,
    to: OffsetDateTime,
) -> rusqlite::Result<Option<OffsetDateTime>> {
    db.prepare_cached(LAST_POSITIVE)?
        .query_row(params![stack.0, fact, millis(from), millis(to)], |row| {
            instant(row, 0)
        })
        .optional()
}

/// See [`super::History::facts`].
pub(super) fn facts(db: &Connection, stack: &StackKey) -> rusqlite::Result<Vec<String>> {
    db.prepare_cached(FACTS)?
        .query_map(params![stack.0], |row| row.get(0))?
        .collect()
}

/// See [`super::History::latest`].
pub(super) fn latest(db: &Connection, stack: &StackKey) -> rusqlite::Result<Option<Summary>> {
    let summary = |row: &Row<'_>| {
        let (id, runbooks): (String, String) = (row.get(0)?, row.get(3)?);
        Ok(Summary {
            id: id.parse().map_err(|e| damaged(0, Box::new(e)))?,
            at: instant(row, 1)?,
            verdict: row.get(2)?,
            runbooks: serde_json::from_str(&runbooks).map_err(|e| damaged(3, Box::new(e)))?,
            duckops_version: row.get(4)?,
        })
    };
    db.prepare_cached(LATEST)?
        .query_row(params![stack.0], summary)
        .optional()
}

fn damaged(column: usize, why: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::FromSqlConversionFailure(column, Type::Text, why)
}

fn millis(at: OffsetDateTime) -> i64 {
    // In range: the years that `time` knows are far fewer than 64 bits of milliseconds.
    i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX)
}

fn instant(row: &Row<'_>, column: usize) -> rusqlite::Result<OffsetDateTime> {
    let ms: i64 = row.get(column)?;
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000)
        .map_err(|_| Error::IntegralValueOutOfRange(column, ms))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // A broken test may say so loudly.
    use super::*;

    #[test]
    fn every_query_finds_its_rows_by_index_and_walks_no_table() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(super::super::schema::TABLES).unwrap();
        for query in [SAMPLES, LAST_POSITIVE, FACTS, LATEST] {
            let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
            let steps = plan.raw_query().mapped(|row| row.get::<_, String>(3));
            let steps: Vec<_> = steps.map(Result::unwrap).collect();
            let searched = steps.iter().filter(|s| s.starts_with("SEARCH")).count();
            assert!(searched > 0, "{steps:#?}");
            for step in &steps {
                let walks = step.starts_with("SCAN") && !step.contains("(subquery");
                assert!(!walks, "{steps:#?}");
                assert!(
                    !step.starts_with("SEARCH sample") || step.contains("at_ms"),
                    "{step}"
                );
            }
        }
    }

    #[test]
    fn times_survive_to_the_millisecond_also_before_1970() {
        for ms in [0, 1, -1, -1_500, 1_770_000_000_123, i64::from(i32::MIN)] {
            let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).unwrap();
            assert_eq!(millis(at), ms);
        }
    }
}
