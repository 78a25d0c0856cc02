//! Alerting: which verdict takes effect, what is muted, which messages are due, and sending them.
//!
//! The alert state is pure data: from the state of earlier checks and one report to the next
//! state. It changes no verdict of a runbook. [`delivery`] and [`channels`] do the sending.

mod advance;
mod alert_state;
pub mod channels;
mod check_run;
mod debounce;
pub mod delivery;
mod escalation;
mod escalation_record;
mod message;
mod mute;
mod outbox;
mod state_update;
mod stored;
mod subject_mute;
mod trouble;
mod trouble_record;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_matrix;

pub use advance::advance;
pub use alert_state::{AlertState, AlertStateError};
pub use check_run::{AlertChannel, CheckRun, unheard};
pub use debounce::Debounce;
pub use escalation_record::EscalationRecord;
pub use message::{EscalationContext, LEASE, Message, MessageKind, escalation_message};
pub use mute::Mute;
pub use outbox::DeliveryOutcome;
pub use state_update::{MAX_ATTEMPTS, backoff, update_state};
pub use subject_mute::{SUBJECTS, is_subject};
pub use trouble::channel_notes;
