//! Who operates, and what was done from this machine lately.

use super::actions::Writes;
use crate::stack::Environment;
use crate::state_dir::StateDirError;
use crate::state_dir::journal::Journal;
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

/// The outcome of each write of the last 24 h to the stack with this key, by the journal, a line
/// each.
///
/// # Errors
/// The journal cannot be read.
pub fn recent_actions(
    journal: Option<&Journal>,
    stack: &str,
    now: OffsetDateTime,
) -> Result<Vec<Printable>, StateDirError> {
    let Some(journal) = journal else {
        return Ok(Vec::new());
    };
    let chain = journal.recent()?;
    if !chain.is_whole() {
        let why =
            "the journal is not whole, so what it says is not repeated: duckops journal --verify";
        return Ok(vec![why.into()]);
    }
    let now = now.unix_timestamp();
    Ok(Writes::of(&chain, stack).lines(now - RECENT, now))
}
