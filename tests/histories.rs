//! Claim: history keeps the same promises wherever it is kept, and hosts that share a table
//! share one history.
//!
//! Each claim of `suite` is made twice, of a SQLite file and of a DynamoDB table as moto
//! emulates it.

mod faults;
mod hosts;
mod init;
mod suite;
mod table;

use crate::support::emulator::{ACCOUNT, Kind, Turn};
use duckops::cloud::{Aws, Http};
use duckops::history::{
    self, History, Location, Sample, Snapshot, StackKey, TableAccess, TableName,
};
use duckops::stack::{Flags, Settings, Stack};
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;
use time::OffsetDateTime;
use ulid::Ulid;

const LONG: Duration = Duration::from_secs(20);
const TOTAL: &str = "peck.callback_errors";
const ALIVE: &str = "status.agents.alive";

/// A place for history that can be opened again and again, also by several at once.
trait Place: Sync {
    fn open(&self) -> Box<dyn History>;
}

struct File(TempDir);

impl File {
    fn new() -> Self {
        Self(TempDir::new().expect("a folder"))
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("h.db")
    }
}

impl Place for File {
    fn open(&self) -> Box<dyn History> {
        history::open(&Location::Sqlite(self.path()), LONG).expect("history")
    }
}

/// A table that is there, in an emulator for this test alone.
struct Table {
    emulator: Turn,
    runtime: tokio::runtime::Runtime,
    keep: (time::Duration, time::Duration),
}

fn ducks() -> TableName {
    match Location::parse("dynamodb:ducks") {
        Ok(Location::DynamoDb(name)) => name,
        other => panic!("{other:?}"),
    }
}

/// The stack as it is built in.
fn stack() -> Stack {
    let settings = Settings::resolve(&Flags::default(), &|_| None);
    settings.expect("settings").stack
}

impl Table {
    fn new() -> Self {
        let table = Self::missing();
        let name = ducks();
        let made = history::initialise(&name, table.access(), LONG);
        table.runtime.block_on(made).expect("a table");
        table
    }

    fn missing() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        Self {
            emulator: Kind::Moto.take(),
            runtime: runtime.expect("a runtime"),
            keep: (time::Duration::days(7), time::Duration::days(90)),
        }
    }

    fn access(&self) -> TableAccess {
        access(&self.runtime, &self.emulator.url(), self.keep)
    }

    fn share(&self, budget: Duration) -> Box<dyn History> {
        history::share(&ducks(), self.access(), budget)
    }
}

/// Who asks that address in the name of the stack.
fn access(
    runtime: &tokio::runtime::Runtime,
    url: &str,
    keep: (time::Duration, time::Duration),
) -> TableAccess {
    let aws = Aws::practice(&stack(), Http::direct(None), url);
    let config = runtime.block_on(aws.config()).expect("a configuration");
    TableAccess {
        config: config.clone(),
        account: ACCOUNT.to_owned(),
        keep,
        runtime: runtime.handle().clone(),
    }
}

impl Place for Table {
    fn open(&self) -> Box<dyn History> {
        self.share(LONG)
    }
}

fn at(second: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(1_770_000_000 + second)
}

fn prod() -> StackKey {
    StackKey("prod https://x 123456789012 us-east-1".to_owned())
}

fn snapshot(number: u128, second: i64, total: i64) -> Snapshot {
    Snapshot {
        id: Ulid::from(number),
        at: at(second),
        stack: prod(),
        verdict: "warning".to_owned(),
        runbooks: vec![("inc-004".to_owned(), "warning".to_owned())],
        numbers: vec![(TOTAL.to_owned(), total), (ALIVE.to_owned(), total % 2)],
        duckops_version: "0.1.0".to_owned(),
    }
}

/// Seconds and values of the samples from a second on.
fn since(history: &dyn History, second: i64) -> Vec<(i64, i64)> {
    let samples = history.samples(&prod(), TOTAL, at(second));
    let second = |s: &Sample| (s.at - at(0)).whole_seconds();
    let samples = samples.expect("samples");
    samples.iter().map(|s| (second(s), s.value)).collect()
}
