//! The few things that `duckops` changes, each as a guarded write.
//!
//! [`guarded`] is the one form: a plan, a [`consent::Consent`] bound to it, one request, what
//! reading back shows, a [`report`]. [`alias`] and [`bond`] fill it in. This module knows no
//! terminal, and it judges no incident.

pub mod alias;
pub mod bond;
pub mod clock;
pub mod consent;
pub mod guarded;
mod open_state;
mod operator;
mod preflight_error;
pub mod report;

pub use clock::Clock;
