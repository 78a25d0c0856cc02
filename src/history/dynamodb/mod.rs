//! History in one DynamoDB table that several hosts share. It knows how snapshots are
//! stored and found again, not what they mean; who may ask AWS, and in whose name, it is told.
//!
//! Under the key of a stack (`pk`) there lie, by `sk`:
//! - `snap#MS#ULID`, a snapshot each, its numbers as a map. Written only if it is not there,
//!   so that recording it twice changes nothing. `expires` is when DynamoDB may delete it.
//! - `ledger`, in revisions: changed only by who names the present one.
//! - `facts`, in revisions too: which facts there are, since when, and when each was above
//!   zero, to the hour. It spares looking for what was never recorded.
//!
//! Only single items are written under a condition. In [`History::exchange`] the snapshot
//! comes first and the ledger after it: who is told "done" finds both. Whoever dies between
//! the two, or loses, leaves a snapshot of what was really seen and a ledger that does not
//! know of it, which is harmless, because checks compare themselves with the ledger and never
//! with snapshots; and the next attempt brings the same snapshot, which changes nothing.
//!
//! Hosts have no common order of recording: samples come by time, then by id. A clock that
//! was set back therefore shows as a total that fell, which bounds nothing, and one that is
//! ahead as a sample from the future, as everywhere.
//!
//! Every read is strongly consistent, and every call ends with its budget. Once the table
//! did not answer, it is not asked again by this run.

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

/// What a run may have to do with the table. Making it needs more.
pub const ACTIONS: &[&str] = &[
    "dynamodb:DescribeTable",
    "dynamodb:Query",
    "dynamodb:PutItem",
];

/// How often an index that others change too is tried to be changed.
const TRIES: usize = 10;

/// Who asks AWS for a shared table, and where it must be.
#[derive(Clone, Debug)]
pub struct TableAccess {
    /// Region, credentials and transport.
    pub config: SdkConfig,
    /// The account of the stack. A table anywhere else is not used.
    pub account: String,
    /// How long a snapshot lives, and how long the first one of an hour.
    pub keep: (time::Duration, time::Duration),
    /// Drives the requests. Calls block, so they must come from a thread that it may spare.
    pub runtime: Handle,
}

/// A table, opened for one run. Nothing is asked before the first call.
pub(super) struct DynamoDb {
    table: Table,
    keep: (time::Duration, time::Duration),
    runtime: Handle,
    budget: Duration,
    /// Whether it was seen to be in the right account, of the right shape, and ready.
    proven: Cell<bool>,
    /// Why it is not asked any more.
    gone: RefCell<Option<HistoryError>>,
    known: RefCell<BTreeMap<String, SnapshotReader>>,
    /// What this run recorded already: who loses an exchange brings it again.
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

    /// Does this within the budget, once it is proven whose table it is.
    fn within<T>(
        &self,
        work: impl Future<Output = Result<T, HistoryError>>,
    ) -> Result<T, HistoryError> {
        if let Some(why) = &*self.gone.borrow() {
            return Err(why.clone());
        }
        let proven = async {
            if !self.proven.get() {
                self.table.prove().await?;
                self.proven.set(true);
            }
            work.await
        };
        let bounded = async { tokio::time::timeout(self.budget, proven).await };
        let done = self.runtime.block_on(bounded).unwrap_or_else(|_| {
            let ms = self.budget.as_millis();
            Err(self.table.silent(format!("nothing came within {ms} ms")))
        });
        if let Err(why @ HistoryError::NoAnswer { .. }) = &done {
            *self.gone.borrow_mut() = Some(why.clone());
        }
        done
    }

    /// The same, with what this run knows of a stack. What failed half-way is not kept.
    fn knowing<T>(
        &self,
        stack: &StackKey,
        work: impl AsyncFnOnce(&mut SnapshotReader) -> Result<T, HistoryError>,
    ) -> Result<T, HistoryError> {
        let known = self.known.borrow_mut().remove(&stack.0);
        let mut past = known.unwrap_or_else(|| SnapshotReader::new(stack));
        let done = self.within(work(&mut past))?;
        self.known.borrow_mut().insert(stack.0.clone(), past);
        Ok(done)
    }

    /// The snapshot, then the index of facts. Whoever dies in between leaves an index that
    /// the next snapshot completes.
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
        self.knowing(&snapshot.stack, async |past| {
            self.put(past, snapshot, late).await
        })?;
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

    fn facts(&self, stack: &StackKey) -> Result<Vec<String>, HistoryError> {
        self.knowing(stack, async |past| {
            let (_, facts) = past.facts(&self.table).await?;
            Ok(facts.names())
        })
    }

    fn latest(&self, stack: &StackKey) -> Result<Option<Summary>, HistoryError> {
        self.within(snapshot_reader::latest(&self.table, stack))
    }

    fn summaries(
        &self,
        stack: &StackKey,
        from: OffsetDateTime,
    ) -> Result<Vec<Summary>, HistoryError> {
        self.within(snapshot_reader::summaries(&self.table, stack, from))
    }

    fn ledger(&self, stack: &StackKey) -> Result<CheckState, HistoryError> {
        self.within(self.table.ledger((stack, item::LEDGER)))
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
        self.within(self.table.replace(key, revision, document))
    }

    /// DynamoDB deletes by itself what has expired.
    fn prune(&mut self, _: &Retention, _: OffsetDateTime) -> Result<Pruned, HistoryError> {
        Ok(Pruned::default())
    }
}
