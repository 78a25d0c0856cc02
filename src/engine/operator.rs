//! Who operates, and what was done from this machine lately.

use crate::fact::parse_instant;
use crate::stack::Environment;
use crate::state_dir::StateDirError;
use crate::state_dir::journal::{Journal, JournalEntry, Stage};
use crate::text::{Printable, Untrusted};
use time::OffsetDateTime;

/// Writes within this belong to the incident, in seconds.
const RECENT: i64 = 86_400;

/// The operator: as named, or the name of the login, which proves nothing.
pub fn operator(env: &Environment, named: Option<&str>) -> Printable {
    if let Some(name) = named {
        return Untrusted::new(name).printable(80);
    }
    let names = ["USER", "LOGNAME"].into_iter();
    let login = names
        .filter_map(|name| env.get(name))
        .find(|name| !name.is_empty());
    match login {
        Some(name) => format!("{} (by login)", Untrusted::new(name.as_str()).printable(80)).into(),
        None => "not known".into(),
    }
}

/// The outcome of each write of the last 24 h by the journal, a line each.
///
/// # Errors
/// The journal cannot be read.
pub fn recent_actions(
    journal: Option<&Journal>,
    now: OffsetDateTime,
) -> Result<Vec<Printable>, StateDirError> {
    let Some(journal) = journal else {
        return Ok(Vec::new());
    };
    let chain = journal.read()?;
    if !chain.is_whole() {
        let why =
            "the journal is not whole, so what it says is not repeated: duckops journal --verify";
        return Ok(vec![why.into()]);
    }
    let now = now.unix_timestamp();
    let is_recent = |entry: &JournalEntry| {
        parse_instant(&entry.at).is_some_and(|at| (0..=RECENT).contains(&(now - at)))
    };
    let open: Vec<&str> = chain.open().iter().map(|entry| entry.id.as_str()).collect();
    let entries = chain.entries.iter().map(|(_, entry)| entry);
    Ok(entries
        .filter(|entry| is_recent(entry))
        .filter_map(|entry| outcome_line(entry, open.contains(&entry.id.as_str())))
        .collect())
}

fn outcome_line(entry: &JournalEntry, is_open: bool) -> Option<Printable> {
    let outcome = match entry.stage {
        Stage::Outcome => entry.detail["outcome"].as_str().unwrap_or("outcome"),
        Stage::Verified => "verified",
        Stage::Sending if is_open => "sent, and nobody recorded what came of it",
        _ => return None,
    };
    let shown = |text: &str| Untrusted::new(text).printable(80);
    let (at, action) = (shown(&entry.at), shown(&entry.action));
    Some(format!("{at} {action}: {}", shown(outcome)).into())
}
