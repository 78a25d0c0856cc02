//! The three writes to a bond: a pulse, a new key, the end.
//!
//! [`plan`] says what would be done; [`Hands`] carries it out, with consent, once.
//! A rotation is [`rotate`]; what a crash leaves of one, [`recover`] settles; a pulse and the
//! end are [`brief`]. This room is told what is known of a bond and does not look for it.

mod brief;
mod check;
mod hands;
mod id;
mod intent;
mod key;
pub mod plan;
mod post;
mod recover;
mod rotate;
mod spool;

#[cfg(test)]
mod tests;

pub use brief::Posted;
pub use check::{About, Against, State};
pub use hands::{Hands, NotBegun};
pub use id::{BondId, NoId};
pub use intent::{Intent, Open, Progress, open_intents};
pub use key::Key;
pub use plan::{Action, Plan};
pub use post::Credentials;
pub use recover::Recovered;
pub use rotate::{Carried, Rotated};
