//! Why a message was not accepted, and what that means for it.

use crate::alerting::outbox::DeliveryOutcome;
use crate::text::Printable;

/// Why a message was not accepted, and what that means for it.
pub(super) struct SendError {
    pub(super) outcome: DeliveryOutcome,
    pub(super) why: Printable,
}

impl SendError {
    /// The answer was lost, or there was none: it may be accepted another time.
    pub(super) fn passing(why: impl Into<Printable>) -> Self {
        Self {
            outcome: DeliveryOutcome::Failed { pause: None },
            why: why.into(),
        }
    }
}
