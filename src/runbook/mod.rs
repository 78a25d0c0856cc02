//! Runbooks as validated data.
//!
//! A runbook is a TOML file: words, limits, steps with rules, and the cases that prove
//! them. Loading checks everything that can be checked before anyone is asked anything,
//! and lists every complaint at once with its line. This room knows the names and types
//! of facts; it does not know how they are learned, and it judges nothing.

mod case;
mod check;
mod checker;
mod embedded;
mod library;
pub mod listing;
pub mod metric;
mod metric_check;
pub mod model;
mod pasteable;
mod raw;
mod rule;
mod schema;
mod schema_words;
mod words;

/// The text of each embedded runbook.
pub fn embedded_texts() -> impl Iterator<Item = &'static str> {
    embedded::RUNBOOKS.iter().map(|(_, text)| *text)
}

pub use library::{Library, Missing};
pub use rule::Expression;
pub use schema::schema;
pub use words::{Words, stack_word};

use std::fmt;

/// Something wrong with a runbook file, where it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Complaint {
    /// The file, as the operator knows it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub text: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = crate::text::Printable::from(self.text.as_str());
        write!(
            f,
            "{}:{}: {text}",
            crate::text::Printable::from(self.file.as_str()),
            self.line
        )
    }
}

/// Everything wrong with the runbooks that were to be loaded.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Complaints(pub Vec<Complaint>);

/// Reads and checks one runbook.
///
/// # Errors
/// Every complaint about it, each with its line.
pub fn load(file: &str, text: &str) -> Result<model::Runbook, Complaints> {
    let mut check = checker::Checker::new(file, text);
    let runbook = raw::parse(text, &mut check).and_then(|raw| check::runbook(raw, &mut check));
    match (runbook, check.complaints) {
        (Some(runbook), complaints) if complaints.is_empty() => Ok(runbook),
        (_, mut complaints) => {
            complaints.sort();
            complaints.dedup();
            Err(Complaints(complaints))
        }
    }
}
