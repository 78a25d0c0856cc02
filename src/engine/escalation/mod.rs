//! `duckops escalate`: one message with everything that its recipient needs, sent once through
//! the configured channels after consent.

mod context;
mod draft;
mod journal;
mod outcome;
mod preflight;
mod send;
mod situation;

pub use draft::PreparedEscalation;
pub use journal::close_abandoned;
pub use outcome::EscalationOutcome;
pub use preflight::{EscalationOptions, Preflight, other_address, preflight};
pub use send::send;
pub use situation::{EscalationRequest, Situation, gather};
