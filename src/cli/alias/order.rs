//! What the arguments of `alias rollback` and `alias promote` ask for.

use crate::cli::args::{AliasAction, AliasRead, Guard};
use crate::cli::fail::Failure;
use crate::fact::parse_duration;
use crate::text::Printable;
use crate::write::alias::plan::Purpose;
use std::time::Duration;

/// What was asked for.
pub(super) struct Order<'a> {
    pub(super) purpose: Purpose,
    pub(super) to: Option<&'a str>,
    pub(super) read: &'a AliasRead,
    pub(super) guard: &'a Guard,
    pub(super) wait: Duration,
    pub(super) approval: Option<(String, String)>,
    pub(super) canary: Option<Canary>,
}

/// A small share first.
pub(super) struct Canary {
    pub(super) percent: u32,
    pub(super) bake: Duration,
}

pub(super) fn order(action: &AliasAction) -> Result<Order<'_>, Failure> {
    let (read, guard) = match action {
        AliasAction::Rollback { read, guard, .. } | AliasAction::Promote { read, guard, .. } => {
            (read, guard)
        }
        AliasAction::Show(_) | AliasAction::Check { .. } => {
            return Err(Failure::internal());
        }
    };
    let wait = duration("--wait", &guard.wait)?;
    Ok(match action {
        AliasAction::Promote {
            to,
            approved_by,
            approval_note,
            canary,
            bake,
            ..
        } => Order {
            purpose: Purpose::Promotion,
            to: Some(to),
            read,
            guard,
            wait,
            approval: said(approved_by).zip(said(approval_note)),
            canary: match (canary, bake) {
                (Some(percent), Some(bake)) => Some(Canary {
                    percent: *percent,
                    bake: duration("--bake", bake)?,
                }),
                _ => None,
            },
        },
        AliasAction::Rollback { to, .. } => Order {
            purpose: Purpose::Rollback,
            to: to.as_deref(),
            read,
            guard,
            wait,
            approval: None,
            canary: None,
        },
        AliasAction::Show(_) | AliasAction::Check { .. } => return Err(Failure::internal()),
    })
}

/// A text that says something.
fn said(text: &Option<String>) -> Option<String> {
    let text = text.as_ref().map(|text| text.trim().to_owned());
    text.filter(|text| !text.is_empty())
}

pub(super) fn duration(flag: &str, text: &str) -> Result<Duration, Failure> {
    parse_duration(text)
        .and_then(|seconds| u64::try_from(seconds).ok())
        .map(Duration::from_secs)
        .ok_or_else(|| {
            let text = Printable::from(text);
            Failure::usage(format!("{flag}: `{text}` is not a duration such as 5m"))
        })
}
