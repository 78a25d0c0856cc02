//! The three writes to a bond: a pulse, a new key, the end.
//!
//! [`BondCommand`] fills in the guarded write: [`guard`] and [`summary`] before it, [`plan`],
//! then [`bond_post`] (pulse and end) or [`rotate`] as its one request. [`recover`] settles what
//! a crash leaves of a rotation, [`open_writes`] what is left of the other two.

mod bond_post;
mod bond_write;
mod guard;
mod id;
mod intent;
mod key;
pub mod open_writes;
pub mod plan;
mod post;
mod read;
mod recover;
mod rotate;
mod rotation_report;
mod spool;
mod summary;

#[cfg(test)]
mod tests;

pub use bond_write::{BondCommand, BondRequest};
pub use guard::lock;
pub use id::{BondId, InvalidBondId};
pub use intent::{OpenIntent, RotationIntent, RotationProgress, open_intents};
pub use key::Key;
pub use plan::{Action, BondPlan};
pub use post::Credentials;
pub use recover::Recovered;
pub use rotate::RotationOutcome;
pub use rotation_report::recovered;
pub use summary::{BondSummary, Objection, ProvenState};
