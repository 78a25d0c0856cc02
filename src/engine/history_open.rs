//! Where history is kept, how it is opened, and what a run reads of it.

use super::installation::{self, FirstWrite};
use crate::cloud::Aws;
use crate::evidence::RecordedSamples;
use crate::fact;
use crate::history::{
    self, History, HistoryError, Location, Queue, Retention, StackKey, TableAccess,
};
use crate::observation::{Unavailable, UnavailableReason};
use crate::stack::{Origin, Setting, Settings, Stack};
use crate::text::Printable;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use time::OffsetDateTime;

/// Of a shared history: how long a snapshot lives, and how long the first one of an hour.
pub type SharedRetention = (time::Duration, time::Duration);

/// The value of `--history`, or of what stands in for it, is not a place for history.
#[derive(Debug, thiserror::Error)]
#[error("{origin}: {error}\nuse sqlite:PATH, dynamodb:TABLE or none")]
pub struct BadHistorySetting {
    origin: Origin,
    error: HistoryError,
}

/// How long history is kept, by the settings.
pub fn retention(settings: &Settings) -> Retention {
    let (detail, hourly) = settings.retention;
    Retention {
        detail: time::Duration::seconds(detail),
        hourly: time::Duration::seconds(hourly),
        totals: fact::TOTALS,
        at_once: None,
    }
}

/// How long a shared history is kept, by the settings.
pub fn shared_retention(settings: &Settings) -> SharedRetention {
    let Retention { detail, hourly, .. } = retention(settings);
    (detail, hourly)
}

/// Where history is kept, and a note for the report when it is kept nowhere.
///
/// # Errors
/// [`BadHistorySetting`].
pub fn location(settings: &Settings) -> Result<(Location, Option<Printable>), BadHistorySetting> {
    match (&settings.history, &settings.state_dir) {
        (Some(named), _) => match Location::parse(&named.value) {
            Ok(location) => Ok((location, None)),
            Err(error) => Err(BadHistorySetting {
                origin: named.origin.clone(),
                error,
            }),
        },
        (None, Some(folder)) if !is_in_missing_home(folder) => {
            Ok((Location::Sqlite(folder.value.join("history.db")), None))
        }
        (None, _) => {
            let note =
                "this run is not recorded: there is no state directory; set HOME or --state-dir";
            Ok((Location::None, Some(note.into())))
        }
    }
}

/// The folder in which snapshots wait while history cannot be written, beside the other state.
pub fn queue(settings: &Settings, location: &Location) -> Option<Queue> {
    let state_dir = settings.state_dir.as_ref();
    let folder = state_dir
        .filter(|folder| !is_in_missing_home(folder))?
        .value
        .join("pending");
    let (account, region) = (&settings.stack.account, &settings.stack.region);
    match location {
        Location::None => None,
        Location::Sqlite(_) => Some(Queue::new(folder, location.to_string())),
        // The same name elsewhere is another table.
        Location::DynamoDb(_) => {
            let place = format!("{location} in {} {}", account.value, region.value);
            Some(Queue::new(folder, place))
        }
    }
}

/// Whether the state folder would lie in a home that does not exist: root could create it, and it
/// would never be found.
fn is_in_missing_home(state_dir: &Setting<PathBuf>) -> bool {
    // HOME/.local/state/duckops
    let home = state_dir.value.ancestors().nth(3);
    state_dir.origin == Origin::Environment("HOME") && !home.is_some_and(Path::is_dir)
}

/// Opens history where the settings say; a shared one in the name of this stack.
///
/// # Errors
/// The database or the table cannot be used.
pub async fn open(
    location: &Location,
    stack: &Stack,
    aws: &Aws,
    retention: SharedRetention,
    budget: Duration,
) -> Result<Box<dyn History>, HistoryError> {
    if let Location::DynamoDb(table) = location {
        let access = access(stack, aws, retention).await?;
        return Ok(history::share(table, access, budget));
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

/// The identity that opens a shared history. The table itself proves which account it is in.
///
/// # Errors
/// There are no credentials, or the environment names another region than the stack's.
pub async fn access(
    stack: &Stack,
    aws: &Aws,
    retention: SharedRetention,
) -> Result<TableAccess, HistoryError> {
    if let Some(other) = &stack.other_region {
        return Err(HistoryError::Elsewhere {
            place: "shared history".into(),
            why: format!(
                "region {} ({}), the stack is in {} ({})",
                other.value, other.origin, stack.region.value, stack.region.origin
            )
            .into(),
        });
    }
    let config = aws
        .config()
        .await
        .map_err(|unavailable| HistoryError::NoCredentials {
            why: unavailable.detail.clone(),
            remedy: unavailable.remedy(),
        })?;
    Ok(TableAccess {
        config: config.clone(),
        account: stack.account.value.clone(),
        keep: retention,
        runtime: tokio::runtime::Handle::current(),
    })
}

/// An open history with what the windows of a run need of it, or why neither is to be had.
pub(super) type FetchedHistory = Result<(Box<dyn History>, RecordedSamples), Unavailable>;

/// Reads what the windows of this run need. Without `first_write` nothing is recorded, and no
/// history is a young one. A table that answers slowly, each time within
/// its budget, must not use up the deadline all the same.
pub(super) async fn fetch(
    opened: Result<Box<dyn History>, HistoryError>,
    key: StackKey,
    first_write: Option<FirstWrite>,
    (now, deadline): (OffsetDateTime, Instant),
) -> FetchedHistory {
    let history = opened.map_err(unreadable)?;
    let fetched = tokio::task::spawn_blocking(move || {
        let mut past = RecordedSamples::fetch(history.as_ref(), &key, now)?;
        if let Some(first_write) = first_write {
            let oldest = past.oldest();
            past.installed = installation::began(history.as_ref(), &key, oldest, first_write, now)?;
        }
        Ok::<_, HistoryError>((history, past))
    });
    let failed = |why: &str| Err(Unavailable::new(UnavailableReason::HistoryUnreadable, why));
    match tokio::time::timeout_at(deadline.into(), fetched).await {
        Ok(Ok(fetched)) => fetched.map_err(unreadable),
        Ok(Err(_)) => failed("reading history failed inside duckops"),
        Err(_) => failed("not all of it came before the deadline"),
    }
}

fn unreadable(error: HistoryError) -> Unavailable {
    Unavailable::new(UnavailableReason::HistoryUnreadable, error.to_string()).fix(error.remedy())
}
