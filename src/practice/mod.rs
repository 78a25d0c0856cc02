//! The practice stack: the world outside `duckops`, played over real HTTP on loopback.
//!
//! A [`FakeStack`] is everything the production stack would answer, as plain data; a
//! [`Practice`] speaks it as the status and audit API and as the AWS operations that the
//! runbooks ask for; a [`Scene`] is a world with one thing wrong and the verdict that is
//! due. This room knows how the stack answers. It must not know what `duckops` asks for,
//! how it reads the answers or what it concludes: it is what the conclusions are tested on.

mod alias;
mod beak;
mod bond;
mod bond_state;
mod cbor;
mod cloudtrail;
mod cloudwatch;
mod effect;
mod fault;
mod fault_response;
mod lambda;
mod live;
mod logs;
mod metrics;
mod operation;
mod paging;
mod pattern;
mod people;
mod route;
mod scene;
mod search;
mod server;
mod ses;
mod sfn;
mod sts;
mod wire;
mod world;

#[cfg(test)]
mod sdk_tests;

pub use bond_state::{FakeBond, Issued};
pub use cbor::Tree;
pub use effect::Effect;
pub use fault::Fault;
pub use operation::Operation;
pub use scene::{Expect, Scene, find, scenes};
pub use server::{Practice, ReceivedRequest};
pub use world::{
    EarlierRun, FakeAlias, FakeExecution, FakeMetric, FakeStack, LogEvent, Mail, Review,
    TrailEvent, Version,
};
