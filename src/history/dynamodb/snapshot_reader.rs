//! Reads the snapshots of a stack from the newest backwards, as far as needed and each only once.
//! All windows of a run share one reader.

use super::super::{HistoryError, Sample, Snapshot, StackKey, Summary, instant, millis};
use super::item::{self, DynamoItem};
use super::requests::{ItemPage, KeyRange, Table};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::mem;
use time::OffsetDateTime;

const HOUR_MS: i64 = 3_600_000;

/// The facts that were ever recorded for a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct FactIndex(BTreeMap<String, FactSpan>);

/// The oldest sample of a fact, and one of its newest hour above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct FactSpan {
    first: i64,
    positive: Option<i64>,
}

impl FactIndex {
    /// Adds the facts of a snapshot; `false` if nothing changed.
    pub(super) fn learn(&mut self, snapshot: &Snapshot) -> bool {
        let at = millis(snapshot.at);
        let mut learned = false;
        for (fact, value) in &snapshot.numbers {
            let new = FactSpan {
                first: at,
                positive: None,
            };
            let known = self.0.get(fact).copied();
            let mut span = known.unwrap_or(new);
            span.first = span.first.min(at);
            let later = |positive: i64| at.div_euclid(HOUR_MS) > positive.div_euclid(HOUR_MS);
            if *value > 0 && span.positive.is_none_or(later) {
                span.positive = Some(at);
            }
            if known != Some(span) {
                self.0.insert(fact.clone(), span);
                learned = true;
            }
        }
        learned
    }

    pub(super) fn write(&self) -> String {
        // A map of text keys and integers cannot fail to serialize.
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}

/// The snapshots of one stack that were read so far.
pub(super) struct SnapshotReader {
    stack: StackKey,
    facts: Option<(u64, FactIndex)>,
    /// Newest first.
    samples: BTreeMap<String, Vec<(i64, i64)>>,
    /// The time back to which all snapshots were read.
    oldest: i64,
    next: Next,
}

enum Next {
    Newest,
    After(DynamoItem),
    Nothing,
}

impl SnapshotReader {
    pub(super) fn new(stack: &StackKey) -> Self {
        Self {
            stack: stack.clone(),
            facts: None,
            samples: BTreeMap::new(),
            oldest: i64::MAX,
            next: Next::Newest,
        }
    }

    /// Drops the cached samples after a write.
    pub(super) fn forget(&mut self) {
        *self = Self {
            facts: self.facts.take(),
            ..Self::new(&self.stack)
        };
    }

    /// The index of facts, with its revision.
    pub(super) async fn facts(&mut self, table: &Table) -> Result<(u64, FactIndex), HistoryError> {
        if let Some(facts) = &self.facts {
            return Ok(facts.clone());
        }
        let facts = read_facts(table, &self.stack).await?;
        Ok(self.facts.insert(facts).clone())
    }

    /// Replaces the cached index.
    pub(super) fn learned(&mut self, revision: u64, facts: FactIndex) {
        self.facts = Some((revision, facts));
    }

    /// Drops the cached index.
    pub(super) fn relearn(&mut self) {
        self.facts = None;
    }

    /// See [`super::History::samples`].
    pub(super) async fn samples(
        &mut self,
        table: &Table,
        fact: &str,
        from: i64,
    ) -> Result<Vec<Sample>, HistoryError> {
        let Some(known) = self.known(table, fact).await? else {
            return Ok(Vec::new());
        };
        // The newest one before `from` is wanted too, if there ever was one.
        while self.oldest >= from && self.more(table).await? {}
        while known.first < from && self.before(fact, from).is_none() && self.more(table).await? {}
        let baseline = self.before(fact, from);
        let inside = self.read(fact).iter().take_while(|(at, _)| *at >= from);
        let newest_first: Vec<_> = inside.copied().chain(baseline).collect();
        let sample = |(at, value): &(i64, i64)| {
            let (at, value) = (instant(*at)?, *value);
            Some(Sample { at, value })
        };
        let samples: Option<_> = newest_first.iter().rev().map(sample).collect();
        samples.ok_or_else(|| table.unreadable())
    }

    /// See [`super::History::newest`].
    pub(super) async fn newest(
        &mut self,
        table: &Table,
        beginning: &str,
        from: i64,
    ) -> Result<Vec<(String, i64)>, HistoryError> {
        while self.oldest >= from && self.more(table).await? {}
        let newest = self.samples.iter().filter_map(|(fact, samples)| {
            let name = fact.strip_prefix(beginning)?;
            let (_, value) = samples.first().filter(|(at, _)| *at >= from)?;
            Some((name.to_owned(), *value))
        });
        Ok(newest.collect())
    }

    /// See [`super::History::last_positive`]. The index knows it to the hour, so no more
    /// than that is looked through, unless it speaks of a later time than is asked about.
    pub(super) async fn last_positive(
        &mut self,
        table: &Table,
        fact: &str,
        (from, to): (i64, i64),
    ) -> Result<Option<OffsetDateTime>, HistoryError> {
        let indexed = self
            .known(table, fact)
            .await?
            .and_then(|fact| fact.positive);
        let Some(indexed) = indexed else {
            return Ok(None);
        };
        let bound = if indexed <= to {
            indexed.max(from)
        } else {
            from
        };
        let found = loop {
            let positive = |(at, value): &&(i64, i64)| *at <= to && *value > 0;
            let found = self.read(fact).iter().find(positive).map(|(at, _)| *at);
            if found.is_some() || self.oldest < bound || !self.more(table).await? {
                break found;
            }
        };
        let newest = found.max(Some(indexed).filter(|indexed| *indexed <= to));
        Ok(newest.filter(|at| *at >= from).and_then(instant))
    }

    /// What the index has of a fact. The newest snapshots are read beside it: of all facts that are
    /// asked for, most are recorded with every run.
    async fn known(&mut self, table: &Table, fact: &str) -> Result<Option<FactSpan>, HistoryError> {
        if self.facts.is_none() && matches!(self.next, Next::Newest) {
            let stack = self.stack.clone();
            let (facts, page) = tokio::join!(read_facts(table, &stack), self.more(table));
            page?;
            self.facts = Some(facts?);
        }
        let (_, facts) = self.facts(table).await?;
        Ok(facts.0.get(fact).copied())
    }

    fn read(&self, fact: &str) -> &[(i64, i64)] {
        self.samples.get(fact).map_or(&[], Vec::as_slice)
    }

    fn before(&self, fact: &str, from: i64) -> Option<(i64, i64)> {
        self.read(fact).iter().find(|(at, _)| *at < from).copied()
    }

    /// Reads the next older page; `false` if there is none.
    async fn more(&mut self, table: &Table) -> Result<bool, HistoryError> {
        let after = match mem::replace(&mut self.next, Next::Nothing) {
            Next::Newest => None,
            Next::After(key) => Some(key),
            Next::Nothing => return Ok(false),
        };
        let span = KeyRange::Beginning(item::SNAPSHOT);
        let ItemPage { items, next } = table.page(&self.stack, &span, (true, None), after).await?;
        for item in &items {
            let (at, numbers) = item::numbers(item).ok_or_else(|| table.unreadable())?;
            if at > self.oldest {
                return Err(table.damaged("the answers to Query are out of order"));
            }
            self.oldest = at;
            for (fact, value) in numbers {
                self.samples.entry(fact).or_default().push((at, value));
            }
        }
        self.next = next.map_or(Next::Nothing, Next::After);
        Ok(true)
    }
}

async fn read_facts(table: &Table, stack: &StackKey) -> Result<(u64, FactIndex), HistoryError> {
    let read = table.ledger((stack, item::FACTS)).await?;
    let facts = match read.document.as_str() {
        "" => FactIndex::default(),
        text => serde_json::from_str(text).map_err(|_| table.unreadable())?,
    };
    Ok((read.revision, facts))
}

/// See [`super::History::summaries`].
pub(super) async fn summaries(
    table: &Table,
    stack: &StackKey,
    from: OffsetDateTime,
) -> Result<Vec<Summary>, HistoryError> {
    let (mut newest_first, mut after) = (Vec::new(), None);
    'pages: loop {
        let span = KeyRange::Beginning(item::SNAPSHOT);
        let ItemPage { items, next } = table.page(stack, &span, (true, None), after).await?;
        for item in &items {
            let summary = item::summary(item).ok_or_else(|| table.unreadable())?;
            if summary.at < from {
                break 'pages;
            }
            newest_first.push(summary);
        }
        match next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    newest_first.reverse();
    Ok(newest_first)
}
