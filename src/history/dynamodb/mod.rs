//! History in one DynamoDB table that several hosts share. It knows how snapshots are
//! stored and found, not what they mean; the AWS configuration is passed in.
//!
//! Items under the key of a stack (`pk`), by `sk`:
//! - `snap#MS#ULID`: one snapshot, its numbers as a map. Written only if absent, so that
//!   recording it twice changes nothing. `expires` is when DynamoDB may delete it.
//! - `ledger`: the check state, with a revision. A change must name the current one.
//! - `facts`: the index of recorded facts, with a revision: since when each is recorded, and the
//!   last hour it was above zero. It saves searching for facts that were never recorded.
//!
//! Writes are conditional and of single items. [`History::exchange`] writes the snapshot first and
//! the ledger after it, so that a caller who is told "done" finds both. A process that dies between
//! the two, or loses the exchange, leaves a true snapshot that the ledger does not know, which is
//! harmless: checks compare with the ledger and never with snapshots, and the next attempt writes
//! the same snapshot again, which changes nothing.
//!
//! Hosts share no order of recording: samples are sorted by time, then by id. A clock that was set
//! back therefore shows as a total that fell, which bounds nothing, and a clock that is ahead as a
//! sample from the future.
//!
//! Every read is strongly consistent, and every call ends within its budget. A table that did not
//! answer once is not asked again in the run.

mod item;
mod requests;
mod retain;
mod snapshot_reader;
mod table;
mod table_name;

pub use table::{Initialised, initialise};
pub use table_name::TableName;

use super::{
    CheckState, Exchanged, History, HistoryError, Pruned, Retention, Sample, Snapshot, StackKey,
    Summary, millis,
};
use aws_config::SdkConfig;
use requests::Table;
use snapshot_reader::SnapshotReader;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::runtime::Handle;
use ulid::Ulid;

/// The AWS actions of a run. Creating the table needs more.
pub const ACTIONS: &[&str] = &[
    "dynamodb:DescribeTable",
    "dynamodb:Query",
    "dynamodb:PutItem",
];

/// How often a concurrent change of the index is retried.
const TRIES: usize = 10;

/// The access to a shared table, and where the table must be.
#[derive(Clone, Debug)]
pub struct TableAccess {
    /// Region, credentials and transport.
    pub config: SdkConfig,
    /// The account of the stack; a table in another one is refused.
    pub account: String,
    /// How long any snapshot is kept, and how long the first one of an hour.
    pub keep: (time::Duration, time::Duration),
    /// Runs the requests. Calls block, so they must not come from a thread of this runtime.
    pub runtime: Handle,
}

/// A table, opened for one run. The first request is sent with the first call.
pub(super) struct DynamoDb {
    table: Table,
    keep: (time::Duration, time::Duration),
    runtime: Handle,
    budget: Duration,
    /// Whether it is known to be in the right account, of the right shape, and ready.
    proven: Cell<bool>,
    /// Why it is not asked again.
    gone: RefCell<Option<HistoryError>>,
    known: RefCell<BTreeMap<String, SnapshotReader>>,
    /// The snapshots this run has recorded: a lost exchange is retried with the same one.
    recorded: BTreeSet<Ulid>,
}

impl DynamoDb {
    pub(super) fn new(name: &TableName, access: TableAccess, budget: Duration) -> Self {
        Self {
            table: Table::new(name, &access.config, access.account),
            keep: access.keep,
            runtime: access.runtime,
            budget,
            proven: Cell::new(false),
            gone: RefCell::new(None),
            known: RefCell::default(),
            recorded: BTreeSet::new(),
        }
    }

    /// Runs what only reads, within the budget, while the table is proven to be the stack's: an
    /// answer of another table is dropped, and a round trip is saved.
    fn reading<T>(
        &self,
        work: impl Future<Output = Result<T, HistoryError>>,
    ) -> Result<T, HistoryError> {
        self.bounded(async {
            let (proven, answer) = tokio::join!(self.prove(), work);
            proven?;
            answer
        })
    }

    /// Runs what writes, within the budget, once the table is proven to be the stack's.
    fn writing<T>(
        &self,
        work: impl Future<Output = Result<T, HistoryError>>,
    ) -> Result<T, HistoryError> {
        self.bounded(async {
            self.prove().await?;
            work.await
        })
    }

    async fn prove(&self) -> Result<(), HistoryError> {
        if !self.proven.get() {
            self.table.prove().await?;
            self.proven.set(true);
        }
        Ok(())
    }

    fn bounded<T>(
        &self,
        work: impl Future<Output = Result<T, HistoryError>>,
    ) -> Result<T, HistoryError> {
        if let Some(why) = &*self.gone.borrow() {
            return Err(why.clone());
        }
        let bounded = async { tokio::time::timeout(self.budget, work).await };
        let done = self.runtime.block_on(bounded).unwrap_or_else(|_| {
            let ms = self.budget.as_millis();
            Err(self.table.silent(format!("nothing came within {ms} ms")))
        });
        if let Err(why @ HistoryError::NoAnswer { .. }) = &done {
            *self.gone.borrow_mut() = Some(why.clone());
        }
        done
    }

    /// Reads with the cached reader of a stack, which is dropped on failure.
    fn knowing<T>(
        &self,
        stack: &StackKey,
        work: impl AsyncFnOnce(&mut SnapshotReader) -> Result<T, HistoryError>,
    ) -> Result<T, HistoryError> {
        let mut past = self.reader(stack);
        let answer = self.reading(work(&mut past))?;
        self.known.borrow_mut().insert(stack.0.clone(), past);
        Ok(answer)
    }

    fn reader(&self, stack: &StackKey) -> SnapshotReader {
        let known = self.known.borrow_mut().remove(&stack.0);
        known.unwrap_or_else(|| SnapshotReader::new(stack))
    }

    /// Writes the snapshot, then the index of facts. After a crash in between the next snapshot
    /// completes the index.
    async fn put(
        &self,
        past: &mut SnapshotReader,
        snapshot: &Snapshot,
        late: bool,
    ) -> Result<(), HistoryError> {
        let table = &self.table;
        let expires = retain::until(table, &self.keep, snapshot).await?;
        let item = item::of(snapshot, late, expires).map_err(|why| table.not_writable(why))?;
        table.add(item).await?;
        past.forget();
        for _ in 0..TRIES {
            let (revision, mut facts) = past.facts(table).await?;
            if !facts.learn(snapshot) {
                return Ok(());
            }
            let document = facts.write();
            let key = (&snapshot.stack, item::FACTS);
            if table.replace(key, revision, &document).await? == Exchanged::Done {
                past.learned(revision + 1, facts);
                return Ok(());
            }
            past.relearn();
        }
        Err(table.not_writable("other hosts were always faster"))
    }

    fn record_as(&mut self, snapshot: &Snapshot, late: bool) -> Result<(), HistoryError> {
        if self.recorded.contains(&snapshot.id) {
            return Ok(());
        }
        let mut past = self.reader(&snapshot.stack);
        self.writing(self.put(&mut past, snapshot, late))?;
        self.known
            .borrow_mut()
            .insert(snapshot.stack.0.clone(), past);
        self.recorded.insert(snapshot.id);
        Ok(())
    }
}

impl History for DynamoDb {
    fn record(&mut self, snapshot: &Snapshot) -> Result<(), HistoryError> {
        self.record_as(snapshot, false)
    }

    fn record_late(&mut self, snapshot: &Snapshot) -> Result<(), HistoryError> {
        self.record_as(snapshot, true)
    }

    fn samples(
        &self,
        stack: &StackKey,
        fact: &str,
        from: OffsetDateTime,
    ) -> Result<Vec<Sample>, HistoryError> {
        self.knowing(stack, async |past| {
            past.samples(&self.table, fact, millis(from)).await
        })
    }

    fn last_positive(
        &self,
        stack: &StackKey,
        fact: &str,
        from: OffsetDateTime,
        to: OffsetDateTime,
    ) -> Result<Option<OffsetDateTime>, HistoryError> {
        let span = (millis(from), millis(to));
        self.knowing(stack, async |past| {
            past.last_positive(&self.table, fact, span).await
        })
    }

    fn newest(
        &self,
        stack: &StackKey,
        beginning: &str,
        from: OffsetDateTime,
    ) -> Result<Vec<(String, i64)>, HistoryError> {
        self.knowing(stack, async |past| {
            past.newest(&self.table, beginning, millis(from)).await
        })
    }

    fn facts(&self, stack: &StackKey) -> Result<Vec<String>, HistoryError> {
        self.knowing(stack, async |past| {
            let (_, facts) = past.facts(&self.table).await?;
            Ok(facts.names())
        })
    }

    fn summaries(
        &self,
        stack: &StackKey,
        from: OffsetDateTime,
    ) -> Result<Vec<Summary>, HistoryError> {
        self.reading(snapshot_reader::summaries(&self.table, stack, from))
    }

    fn ledger(&self, stack: &StackKey) -> Result<CheckState, HistoryError> {
        self.reading(self.table.ledger((stack, item::LEDGER)))
    }

    fn exchange(
        &mut self,
        stack: &StackKey,
        revision: u64,
        document: &str,
        snapshot: Option<&Snapshot>,
    ) -> Result<Exchanged, HistoryError> {
        if let Some(snapshot) = snapshot {
            self.record_as(snapshot, false)?;
        }
        let key = (stack, item::LEDGER);
        self.writing(self.table.replace(key, revision, document))
    }

    /// DynamoDB deletes expired items itself.
    fn prune(&mut self, _: &Retention, _: OffsetDateTime) -> Result<Pruned, HistoryError> {
        Ok(Pruned::default())
    }
}
