//! Words that the lists and pages of pecks and bonds share.

use crate::fact::{duration, instant};
use crate::text::{Printable, Untrusted};

/// So many records stand in a table; the JSON document has them all.
pub(super) const MAX_ROWS: usize = 40;

/// The records of a command as text.
#[derive(Clone, Debug)]
pub struct RecordText {
    /// The text; its lines are not yet safe to print.
    pub text: String,
    /// Whether it stands alone, without the report of the run.
    pub is_alone: bool,
}

impl From<String> for RecordText {
    fn from(text: String) -> Self {
        Self {
            text,
            is_alone: false,
        }
    }
}

/// `2026-03-22T03:12:09Z (5m ago)`
pub(super) fn when(at: Option<i64>, now: i64) -> String {
    match at {
        None => "not known".to_owned(),
        Some(at) if at > now => instant(at),
        Some(at) => format!("{} ({} ago)", instant(at), duration(now - at)),
    }
}

/// An id or another text from outside, short enough for a line.
pub(super) fn text(text: &str) -> Printable {
    Untrusted::new(text).printable(80)
}

/// An agent by its id and by the name it chose itself, which stands in quotes.
pub(super) fn agent(id: Option<&str>, name: Option<&Untrusted>) -> String {
    match (id, name) {
        (None, None) => "not known".to_owned(),
        (Some(id), None) => text(id).to_string(),
        (None, Some(name)) => format!("\"{}\"", name.printable(80)),
        (Some(id), Some(name)) => format!("{} \"{}\"", text(id), name.printable(80)),
    }
}

/// What stands below a table that does not show all records.
pub(super) fn omitted(records: usize) -> String {
    match records.saturating_sub(MAX_ROWS) {
        0 => String::new(),
        more => format!("and {more} more: --output json has them all\n"),
    }
}
