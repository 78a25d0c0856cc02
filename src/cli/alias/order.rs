//! The arguments of `alias rollback` and `alias promote` as a request.

use crate::cli::args::{AliasAction, AliasRead, Guard};
use crate::cli::fail::Failure;
use crate::cli::prompt::duration;
use crate::write::alias::findings::AliasQuery;
use crate::write::alias::plan::Purpose;
use crate::write::alias::request::{Canary, MoveRequest};
use crate::write::guarded::Confirmation;

/// The number of a version that is written as deploy logs and the status API write it, too: `v61`.
pub(super) fn version_number(asked: &str) -> String {
    let number = asked.strip_prefix('v').unwrap_or(asked);
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    if is_number { number } else { asked }.to_owned()
}

/// The request, the query that has to be answered first, and the arguments that both read.
pub(super) struct Order<'a> {
    pub(super) request: MoveRequest,
    pub(super) query: AliasQuery,
    pub(super) read: &'a AliasRead,
    pub(super) guard: &'a Guard,
}

pub(super) fn order(action: &AliasAction) -> Result<Order<'_>, Failure> {
    let (purpose, to, read, guard) = match action {
        AliasAction::Rollback {
            read, guard, to, ..
        } => (
            Purpose::Rollback,
            to.as_deref().map(version_number),
            read,
            guard,
        ),
        AliasAction::Promote {
            read, guard, to, ..
        } => (Purpose::Promotion, Some(version_number(to)), read, guard),
        AliasAction::Show(_) | AliasAction::Check { .. } => return Err(Failure::internal()),
    };
    let wait = duration("--wait", &guard.wait)?;
    let (approval, canary) = match action {
        AliasAction::Promote {
            approved_by,
            approval_note,
            canary,
            bake,
            ..
        } => {
            let canary = match (canary, bake) {
                (Some(percent), Some(bake)) => Some(Canary {
                    percent: *percent,
                    bake: duration("--bake", bake)?,
                }),
                _ => None,
            };
            (non_blank(approved_by).zip(non_blank(approval_note)), canary)
        }
        _ => (None, None),
    };
    Ok(Order {
        request: MoveRequest {
            purpose,
            wait,
            approval,
            canary,
            confirmation: Confirmation {
                dry_run: guard.dry_run,
                confirm: guard.confirm.clone(),
                ..Confirmation::default()
            },
        },
        query: AliasQuery {
            purpose: Some(purpose),
            to,
            smoke: read.smoke,
            other_hosts: guard.endpoint_override,
            around: false,
        },
        read,
        guard,
    })
}

/// A text with more than blanks in it, without those around it.
fn non_blank(text: &Option<String>) -> Option<String> {
    let text = text.as_ref().map(|text| text.trim().to_owned());
    text.filter(|text| !text.is_empty())
}
