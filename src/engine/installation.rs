//! Whether this is a first installation whose history is still too young.
//!
//! That is the one case in which missing history is no fault. It needs every trace to agree: a
//! history that was lost leaves writes in the journal or a check state that are older than its
//! first snapshot.

use crate::alerting::AlertState;
use crate::history::{History, HistoryError, StackKey};
use crate::state_dir::journal::Chain;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// From this age on history is never too young.
const WARMING_UP: Duration = Duration::hours(48);

/// The oldest change of the stack that the journal of this machine holds.
#[derive(Clone, Copy, Debug)]
pub enum FirstWrite {
    /// It holds none.
    Never,
    /// It was made then.
    At(OffsetDateTime),
    /// The journal, or the time of an entry, cannot be read.
    Unreadable,
}

impl FirstWrite {
    /// Of one stack.
    pub(super) fn of(chain: &Chain, stack: &str) -> Self {
        let entries = chain.entries.iter().map(|(_, entry)| entry);
        let mut times = entries
            .filter(|entry| entry.stack == stack)
            .map(|entry| OffsetDateTime::parse(&entry.at, &Rfc3339));
        match times.next() {
            None => Self::Never,
            Some(Ok(at)) => Self::At(at),
            Some(Err(_)) => Self::Unreadable,
        }
    }

    fn is_before(self, first: OffsetDateTime) -> bool {
        match self {
            Self::Never => false,
            Self::At(at) => at < first,
            Self::Unreadable => true,
        }
    }
}

/// When the first snapshot was recorded, if this is a first installation of less than 48 h.
/// `oldest` is the oldest snapshot there is; without any, this run records the first one.
///
/// # Errors
/// The check state cannot be read from history.
pub(super) fn began(
    history: &dyn History,
    stack: &StackKey,
    oldest: Option<OffsetDateTime>,
    first_write: FirstWrite,
    now: OffsetDateTime,
) -> Result<Option<OffsetDateTime>, HistoryError> {
    let first = oldest.unwrap_or(now);
    let age = now - first;
    if age.is_negative() || age >= WARMING_UP || first_write.is_before(first) {
        return Ok(None);
    }
    let state = AlertState::read(&history.ledger(stack)?.document);
    let is_known_since_then = state.is_ok_and(|state| {
        let oldest = state.oldest_change();
        oldest.is_none_or(|oldest| oldest >= first - Duration::SECOND)
    });
    Ok(is_known_since_then.then_some(first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{self, Location, Snapshot};
    use std::time::Duration as Wait;
    use ulid::Ulid;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-03-22 03:12:09 UTC);

    fn hours(hours: i64) -> OffsetDateTime {
        NOW - Duration::hours(hours)
    }

    /// An empty history, or one with a check state in which a verdict counts since then.
    fn history(folder: &std::path::Path, since: Option<OffsetDateTime>) -> Box<dyn History> {
        let place = Location::Sqlite(folder.join("history.db"));
        let mut history = history::open(&place, Wait::from_secs(5)).expect("a database");
        if let Some(since) = since {
            let millis = since.unix_timestamp() * 1_000;
            let state = format!(
                r#"{{"format":1,"runbooks":{{"inc-001":{{"settled":"ok","since":{millis}}}}}}}"#
            );
            let key = StackKey("prod".to_owned());
            let snapshot = Snapshot {
                id: Ulid::generate(),
                at: since,
                stack: key.clone(),
                verdict: "ok".to_owned(),
                runbooks: Vec::new(),
                numbers: Vec::new(),
                duckops_version: String::new(),
            };
            let done = history.exchange(&key, 0, &state, Some(&snapshot));
            assert_eq!(done, Ok(crate::history::Exchanged::Done));
        }
        history
    }

    #[test]
    fn only_an_installation_without_older_traces_is_a_first_one() {
        use FirstWrite::{At, Never, Unreadable};
        // Oldest snapshot, first write, oldest verdict of the check state; when it began.
        let table = [
            (None, Never, None, Some(NOW)),
            (Some(hours(1)), Never, None, Some(hours(1))),
            (Some(hours(47)), Never, None, Some(hours(47))),
            (Some(hours(48)), Never, None, None),
            (Some(hours(-1)), Never, None, None),
            (Some(hours(5)), At(hours(4)), None, Some(hours(5))),
            (Some(hours(5)), At(hours(6)), None, None),
            (None, At(hours(1)), None, None),
            (Some(hours(5)), Unreadable, None, None),
            (Some(hours(5)), Never, Some(hours(5)), Some(hours(5))),
            (Some(hours(5)), Never, Some(hours(3)), Some(hours(5))),
            (Some(hours(5)), Never, Some(hours(9)), None),
        ];
        for (oldest, first_write, since, due) in table {
            let folder = tempfile::tempdir().expect("a folder");
            let history = history(folder.path(), since);
            let key = StackKey("prod".to_owned());
            let found = began(history.as_ref(), &key, oldest, first_write, NOW);
            assert_eq!(found, Ok(due), "{oldest:?} {first_write:?} {since:?}");
        }
    }
}
