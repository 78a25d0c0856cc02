//! Webhooks: what the stack sends to an agent's receiver, sent on purpose; and the receiver's
//! side of it.
//!
//! [`sign`] and [`verify`] speak of raw bytes; [`target`] says where anything may be sent at
//! all; [`send`] delivers once; [`diagnose`] asks one question after the other; [`bundle`]
//! writes it all down for somebody else; [`listen`] receives. The secret is in none of what
//! they make or print.

#![cfg_attr(
    test,
    allow(
        clippy::expect_used,
        clippy::panic,
        reason = "a test ends where it learns something"
    )
)]

pub mod bundle;
pub mod diagnose;
pub mod listen;
mod payload;
pub mod send;
mod sign;
pub mod target;

pub use payload::{Event, Payload};
pub use sign::{Malformed, near_miss, sign, verify};

/// The header that names the event.
pub const EVENT: &str = "x-space-duck-event";
/// The header that holds the signature.
pub const SIGNATURE: &str = "x-space-duck-signature";
/// A header by which a receiver's log can be searched for a test delivery.
pub const DELIVERY: &str = "x-space-duck-delivery";
