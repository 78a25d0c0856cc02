//! How history is opened, wherever it is kept, and what a run reads of it.

use super::{Context, run};
use crate::cloud::Aws;
use crate::evidence::RecordedSamples;
use crate::history::{self, History, HistoryError, Location, Retention, StackKey, TableAccess};
use crate::observation::{Unavailable, UnavailableReason};
use crate::stack::Stack;
use std::time::{Duration, Instant};
use time::OffsetDateTime;

/// Of a shared history: how long a snapshot lives, and how long the first one of an hour.
pub(super) type Keep = (time::Duration, time::Duration);

/// The same by the settings.
pub(super) fn keep(context: &Context) -> Keep {
    let Retention { detail, hourly, .. } = run::retention(context);
    (detail, hourly)
}

/// Opens history where the settings say; a shared one in the name of this stack.
pub(super) async fn open(
    location: &Location,
    stack: &Stack,
    aws: &Aws,
    keep: Keep,
    budget: Duration,
) -> Result<Box<dyn History>, HistoryError> {
    if let Location::DynamoDb(table) = location {
        return Ok(history::share(
            table,
            access(stack, aws, keep).await?,
            budget,
        ));
    }
    let place = location.clone();
    let opened = tokio::task::spawn_blocking(move || history::open(&place, budget)).await;
    opened.unwrap_or_else(|_| {
        Err(HistoryError::NoAnswer {
            place: location.to_string().into(),
            why: "opening it failed inside duckops".into(),
        })
    })
}

/// Who asks for a shared history. In which account the table is, it is for the table to prove.
pub(super) async fn access(
    stack: &Stack,
    aws: &Aws,
    keep: Keep,
) -> Result<TableAccess, HistoryError> {
    if let Some(other) = &stack.other_region {
        return Err(HistoryError::Elsewhere {
            place: "shared history".into(),
            why: format!(
                "region {} (from {}) is not the stack's region {} (from {})",
                other.value, other.origin, stack.region.value, stack.region.origin
            )
            .into(),
        });
    }
    let config = aws.config().await.map_err(|unavailable| {
        let why = unavailable.detail.clone();
        HistoryError::NoCredentials { why }
    })?;
    Ok(TableAccess {
        config: config.clone(),
        account: stack.account.value.clone(),
        keep,
        runtime: tokio::runtime::Handle::current(),
    })
}

pub(super) type Opened = Result<(Box<dyn History>, RecordedSamples), Unavailable>;

/// Reads what the windows of this run need. A table that answers slowly, each time within
/// its budget, must not use up the deadline all the same.
pub(super) async fn fetch(
    opened: Result<Box<dyn History>, HistoryError>,
    key: StackKey,
    (now, deadline): (OffsetDateTime, Instant),
) -> Opened {
    let unavailable = |error: HistoryError| {
        Unavailable::new(UnavailableReason::HistoryUnreadable, error.to_string())
            .fix(error.remedy())
    };
    let history = opened.map_err(unavailable)?;
    let fetched = tokio::task::spawn_blocking(move || {
        let past = RecordedSamples::fetch(history.as_ref(), &key, now)?;
        Ok::<_, HistoryError>((history, past))
    });
    let failed = |why: &str| Err(Unavailable::new(UnavailableReason::HistoryUnreadable, why));
    match tokio::time::timeout_at(deadline.into(), fetched).await {
        Ok(Ok(fetched)) => fetched.map_err(unavailable),
        Ok(Err(_)) => failed("reading history failed inside duckops"),
        Err(_) => failed("not all of it came before the deadline"),
    }
}
