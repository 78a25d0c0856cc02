//! The items of a checklist: what was checked, what was found, what to do.

use super::model::Verdict;
use crate::text::Printable;

/// One thing that was checked.
#[derive(Clone, Debug)]
pub struct ChecklistItem {
    /// What was checked.
    pub name: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// What was found.
    pub found: Printable,
    /// What to do; none where it is well.
    pub fix: Option<Printable>,
}

impl ChecklistItem {
    /// An item that is well.
    pub fn ok(name: impl Into<String>, found: impl Into<Printable>) -> Self {
        Self {
            name: name.into(),
            verdict: Verdict::Ok,
            found: found.into(),
            fix: None,
        }
    }

    /// An item with another verdict than ok.
    pub fn bad(
        name: impl Into<String>,
        verdict: Verdict,
        found: impl Into<Printable>,
        fix: impl Into<Printable>,
    ) -> Self {
        Self {
            name: name.into(),
            verdict,
            found: found.into(),
            fix: Some(fix.into()),
        }
    }
}
