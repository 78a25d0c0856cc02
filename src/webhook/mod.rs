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
mod signature_diagnosis;
pub mod target;

pub use payload::{TestPayload, WebhookEvent};
pub use sign::{Malformed, sign, verify};
pub use signature_diagnosis::explain_mismatch;

/// The header that names the event.
pub const EVENT: &str = "X-Space-Duck-Event";
/// The header that holds the signature.
pub const SIGNATURE: &str = "X-Space-Duck-Signature";
/// A header of our own, by which a receiver's log can be searched for a test delivery.
pub const DELIVERY: &str = "X-Space-Duck-Delivery";
