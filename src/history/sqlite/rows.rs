//! The SQL statements: snapshots into rows and rows into samples, in the transaction given.
//! Times are whole milliseconds since 1970.

use super::super::{CheckState, Sample, Snapshot, StackKey, Summary, millis};
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

/// The newest positive reading of all, which is mostly the one that is asked for.
const EVER_POSITIVE: &str = "SELECT positive_ms FROM series WHERE stack = ?1 AND fact = ?2";

const LAST_POSITIVE: &str = "
SELECT at_ms FROM sample
WHERE series = (SELECT id FROM series WHERE stack = ?1 AND fact = ?2)
  AND at_ms BETWEEN ?3 AND ?4 AND value > 0
ORDER BY at_ms DESC LIMIT 1";

/// Of the facts whose names begin so: no name goes on with a code point above the last one.
const NEWEST: &str = "
SELECT substr(fact, length(?2) + 1), (
    SELECT value FROM sample WHERE series = series.id AND at_ms >= ?3
    ORDER BY at_ms DESC, seq DESC LIMIT 1) AS newest
FROM series WHERE stack = ?1 AND fact >= ?2 AND fact < ?2 || char(1114111)
ORDER BY fact";

const FACTS: &str = "SELECT fact FROM series WHERE stack = ?1 ORDER BY fact";

const SUMMARIES: &str = "
SELECT ulid, at_ms, verdict, runbooks, version FROM snapshot
WHERE stack = ?1 AND at_ms >= ?2 ORDER BY at_ms, seq";

const LEDGER: &str = "SELECT revision, document FROM ledger WHERE stack = ?1";

/// The sequence number of a queued snapshot: negative, descending. Its order of recording means
/// nothing, and it is never the newest.
const LATE: &str = "SELECT min(ifnull(min(seq), 0), 0) - 1 FROM snapshot";

/// Adds a snapshot and its samples, unless its id is there already.
pub(super) fn insert(db: &Connection, snapshot: &Snapshot, late: bool) -> rusqlite::Result<()> {
    let runbooks = serde_json::to_string(&snapshot.runbooks)
        .map_err(|e| Error::ToSqlConversionFailure(Box::new(e)))?;
    let (stack, at) = (&snapshot.stack.0, millis(snapshot.at));
    let number: Option<i64> = match late {
        true => Some(db.query_row(LATE, [], |row| row.get(0))?),
        false => None,
    };
    let added = db
        .prepare_cached(
            "INSERT INTO snapshot (seq, ulid, stack, at_ms, verdict, runbooks, version)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (ulid) DO NOTHING",
        )?
        .execute(params![
            number,
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
        "INSERT INTO series (stack, fact, positive_ms) VALUES (?1, ?2, ?3)
         ON CONFLICT (stack, fact) DO UPDATE SET positive_ms = excluded.positive_ms
         WHERE excluded.positive_ms > ifnull(positive_ms, excluded.positive_ms - 1)",
    )?;
    let mut sample = db.prepare_cached(
        "INSERT INTO sample (series, at_ms, seq, value)
         SELECT id, ?3, ?4, ?5 FROM series WHERE stack = ?1 AND fact = ?2",
    )?;
    for (fact, value) in &snapshot.numbers {
        series.execute(params![stack, fact, (*value > 0).then_some(at)])?;
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
    let mut query = db.prepare_cached(SAMPLES)?;
    let rows = query.query_map(params![stack.0, fact, millis(from)], |row| {
        let sample = Sample {
            at: instant(row, 0)?,
            value: row.get(1)?,
        };
        Ok((row.get::<_, i64>(2)? < 0, sample))
    })?;
    let (mut late, mut samples) = (Vec::new(), Vec::new());
    for row in rows {
        let (is_late, sample) = row?;
        if is_late { &mut late } else { &mut samples }.push(sample);
    }
    // Queued snapshots are placed by their time.
    late.sort_by_key(|sample: &Sample| sample.at);
    for sample in late {
        let place = samples.iter().position(|other| other.at > sample.at);
        samples.insert(place.unwrap_or(samples.len()), sample);
    }
    Ok(samples)
}

/// See [`super::History::last_positive`].
pub(super) fn last_positive(
    db: &Connection,
    stack: &StackKey,
    fact: &str,
    from: OffsetDateTime,
    to: OffsetDateTime,
) -> rusqlite::Result<Option<OffsetDateTime>> {
    let ever: Option<Option<i64>> = db
        .prepare_cached(EVER_POSITIVE)?
        .query_row(params![stack.0, fact], |row| row.get(0))
        .optional()?;
    match ever.flatten() {
        Some(newest) if newest <= millis(to) => {
            return Ok(super::super::instant(newest).filter(|newest| *newest >= from));
        }
        None => return Ok(None),
        // Recorded while the clock was ahead, so an older one is needed.
        Some(_) => {}
    }
    db.prepare_cached(LAST_POSITIVE)?
        .query_row(params![stack.0, fact, millis(from), millis(to)], |row| {
            instant(row, 0)
        })
        .optional()
}

/// See [`super::History::newest`].
pub(super) fn newest(
    db: &Connection,
    stack: &StackKey,
    beginning: &str,
    from: OffsetDateTime,
) -> rusqlite::Result<Vec<(String, i64)>> {
    let mut query = db.prepare_cached(NEWEST)?;
    let rows = query.query_map(params![stack.0, beginning, millis(from)], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, Option<i64>>(1)?))
    })?;
    let rows = rows.map(|row| row.map(|(name, value)| value.map(|value| (name, value))));
    rows.filter_map(Result::transpose).collect()
}

/// See [`super::History::facts`].
pub(super) fn facts(db: &Connection, stack: &StackKey) -> rusqlite::Result<Vec<String>> {
    db.prepare_cached(FACTS)?
        .query_map(params![stack.0], |row| row.get(0))?
        .collect()
}

/// See [`super::History::summaries`].
pub(super) fn summaries(
    db: &Connection,
    stack: &StackKey,
    from: OffsetDateTime,
) -> rusqlite::Result<Vec<Summary>> {
    db.prepare_cached(SUMMARIES)?
        .query_map(params![stack.0, millis(from)], summary)?
        .collect()
}

fn summary(row: &Row<'_>) -> rusqlite::Result<Summary> {
    let (id, runbooks): (String, String) = (row.get(0)?, row.get(3)?);
    Ok(Summary {
        id: id.parse().map_err(|e| damaged(0, Box::new(e)))?,
        at: instant(row, 1)?,
        verdict: row.get(2)?,
        runbooks: serde_json::from_str(&runbooks).map_err(|e| damaged(3, Box::new(e)))?,
        duckops_version: row.get(4)?,
    })
}

/// See [`super::History::ledger`].
pub(super) fn ledger(db: &Connection, stack: &StackKey) -> rusqlite::Result<CheckState> {
    let found = db.prepare_cached(LEDGER)?.query_row([&stack.0], |row| {
        let revision: i64 = row.get(0)?;
        Ok(CheckState {
            revision: u64::try_from(revision).map_err(|e| damaged(0, Box::new(e)))?,
            document: row.get(1)?,
        })
    });
    Ok(found.optional()?.unwrap_or_default())
}

/// Puts a document in place of revision `revision`; `false` if that is not the one there.
pub(super) fn exchange(
    db: &Connection,
    stack: &StackKey,
    revision: u64,
    document: &str,
) -> rusqlite::Result<bool> {
    if ledger(db, stack)?.revision != revision {
        return Ok(false);
    }
    let next = i64::try_from(revision)
        .ok()
        .and_then(|revision| revision.checked_add(1));
    db.prepare_cached(
        "INSERT INTO ledger (stack, revision, document) VALUES (?1, ?2, ?3)
         ON CONFLICT (stack) DO UPDATE SET revision = ?2, document = ?3",
    )?
    .execute(params![stack.0, next, document])?;
    Ok(true)
}

fn damaged(column: usize, why: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::FromSqlConversionFailure(column, Type::Text, why)
}

fn instant(row: &Row<'_>, column: usize) -> rusqlite::Result<OffsetDateTime> {
    let ms: i64 = row.get(column)?;
    super::super::instant(ms).ok_or(Error::IntegralValueOutOfRange(column, ms))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // A broken test may say so loudly.
    use super::*;

    #[test]
    fn every_query_finds_its_rows_by_index_and_walks_no_table() {
        let db = Connection::open_in_memory().expect("a database");
        db.execute_batch(super::super::schema::TABLES)
            .expect("tables");
        let all = [
            SAMPLES,
            EVER_POSITIVE,
            LAST_POSITIVE,
            NEWEST,
            FACTS,
            SUMMARIES,
            LEDGER,
        ];
        for query in all {
            let mut plan = db
                .prepare(&format!("EXPLAIN QUERY PLAN {query}"))
                .expect("a plan");
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
}
