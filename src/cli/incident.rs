//! What is told of an incident beside its verdicts: who tells it, and what was done about it.

use super::fail::Failure;
use super::{Context, journal};
use crate::fact::parse_instant;
use crate::state_dir::journal::{Entry, Stage};
use crate::text::{Printable, Untrusted};
use time::OffsetDateTime;

/// What was done no longer ago than this belongs to the incident, in seconds.
const RECENT: i64 = 86_400;

/// Who does it: somebody who says so, or the name of the login, which proves nothing.
pub(super) fn operator(context: &Context, named: Option<&str>) -> Printable {
    let login = || {
        let names = ["USER", "LOGNAME"].into_iter();
        names
            .filter_map(|name| context.env.get(name))
            .find(|name| !name.is_empty())
    };
    match (named, login()) {
        (Some(name), _) => Untrusted::new(name).printable(80),
        (None, Some(name)) => {
            format!("{} (by login)", Untrusted::new(name.as_str()).printable(80)).into()
        }
        (None, None) => "not known".into(),
    }
}

/// What the journal says was done lately: what each write came to, or that this is not known.
pub(super) fn actions(context: &Context, now: OffsetDateTime) -> Result<Vec<Printable>, Failure> {
    if context.settings.state_dir.is_none() {
        return Ok(Vec::new());
    }
    let chain = journal::open(context)?
        .read()
        .map_err(|error| Failure::own(error.to_string()))?;
    if !chain.is_whole() {
        let why =
            "the journal is not whole, so what it says is not repeated: duckops journal --verify";
        return Ok(vec![why.into()]);
    }
    let now = now.unix_timestamp();
    let is_recent = |entry: &Entry| {
        parse_instant(&entry.at).is_some_and(|at| (0..=RECENT).contains(&(now - at)))
    };
    let open: Vec<&str> = chain.open().iter().map(|entry| entry.id.as_str()).collect();
    let told = |entry: &Entry| {
        let what = match entry.stage {
            Stage::Outcome => entry.detail["outcome"].as_str().unwrap_or("outcome"),
            Stage::Verified => "verified",
            Stage::Sending if open.contains(&entry.id.as_str()) => {
                "sent, and nobody recorded what came of it"
            }
            _ => return None,
        };
        let shown = |text: &str| Untrusted::new(text).printable(80);
        let (at, action) = (shown(&entry.at), shown(&entry.action));
        Some(format!("{at} {action}: {}", shown(what)).into())
    };
    let entries = chain.entries.iter().map(|(_, entry)| entry);
    Ok(entries
        .filter(|entry| is_recent(entry))
        .filter_map(told)
        .collect())
}
