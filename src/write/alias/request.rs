//! What a command asks for that moves the alias, and what is refused before anything is read.

use super::plan::Purpose;
use crate::exit;
use crate::write::guarded::Confirmation;
use crate::write::report::{WriteReport, next_action};
use std::time::Duration;

/// What is asked for, beside the version.
#[derive(Clone, Debug)]
pub struct MoveRequest {
    /// Rollback or promotion.
    pub purpose: Purpose,
    /// How long the API is watched afterwards.
    pub wait: Duration,
    /// Who approved, and what they said.
    pub approval: Option<(String, String)>,
    /// A small share first.
    pub canary: Option<Canary>,
    /// How consent is asked for.
    pub confirmation: Confirmation,
}

/// A promotion that begins with a small share.
#[derive(Clone, Copy, Debug)]
pub struct Canary {
    /// The share, in percent.
    pub percent: u32,
    /// How long it is watched.
    pub bake: Duration,
}

/// Refuses what is refused before anything is asked: a promotion without approval, and an
/// endpoint from the environment, named by its variable, unless it is allowed.
///
/// # Errors
/// The report of the refusal.
pub fn refuse_early(
    request: &MoveRequest,
    contact: &str,
    overridden_by: Option<&str>,
) -> Result<(), Box<WriteReport>> {
    if request.purpose == Purpose::Promotion && request.approval.is_none() {
        let next = format!(
            "Get the approval of {contact}, then pass --approved-by NAME --approval-note TEXT"
        );
        let why = "a promotion needs approval by name and note";
        return Err(Box::new(WriteReport {
            next: next_action(next, None),
            ..WriteReport::nothing_sent(exit::NO_CONSENT, "no-consent", why)
        }));
    }
    match overridden_by {
        None => Ok(()),
        Some(variable) => Err(Box::new(WriteReport::refused(
            format!("{variable} sends AWS requests to another endpoint"),
            "Unset it, or say in words that you mean it: --endpoint-override",
            None,
        ))),
    }
}
