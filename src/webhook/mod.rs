//! Webhooks: test deliveries to an agent's receiver, the diagnosis of a failing one, and a receiver
//! for tests.
//!
//! [`sign`] and [`verify`] work on raw bytes; [`target`] decides which addresses may be reached;
//! [`send`] delivers once; [`diagnose`] runs the checks; [`bundle`] writes a delivery to files;
//! [`listen`] receives. Nothing here writes or prints the secret.

pub mod bundle;
pub mod diagnose;
pub mod listen;
mod payload;
pub mod received;
pub mod send;
pub mod send_report;
mod sign;
mod signature_diagnosis;
pub mod target;

pub use payload::{TestPayload, WebhookEvent};
pub use sign::{Malformed, sign, verify};
pub use signature_diagnosis::{explain_mismatch, verification};

/// The header that names the event.
pub const EVENT: &str = "X-Space-Duck-Event";
/// The header that holds the signature.
pub const SIGNATURE: &str = "X-Space-Duck-Signature";
/// A header of duckops, so that a test delivery can be found in the receiver's log.
pub const DELIVERY: &str = "X-Space-Duck-Delivery";
