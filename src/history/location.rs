//! Where history is kept, as written by an operator. Parsing only; no file is touched.

use super::{HistoryError, TableName};
use crate::text::Untrusted;
use std::fmt;
use std::path::PathBuf;

/// A place for history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A SQLite database at this path.
    Sqlite(PathBuf),
    /// A DynamoDB table of this name, where the stack is.
    DynamoDb(TableName),
    /// Nowhere: nothing is recorded and nothing is known of earlier runs.
    None,
}

impl Location {
    /// Reads `sqlite:PATH`, `dynamodb:TABLE` or `none`.
    ///
    /// # Errors
    /// [`HistoryError::BadLocation`] for anything else, and for paths that would not mean
    /// what they seem to.
    pub fn parse(text: &str) -> Result<Self, HistoryError> {
        if text == "none" {
            return Ok(Self::None);
        }
        if let Some(name) = text.strip_prefix("dynamodb:") {
            let why = "a table's name is 3 to 255 of letters, digits, _, . and -";
            let table = TableName::parse(name).ok_or_else(|| bad(text, why))?;
            return Ok(Self::DynamoDb(table));
        }
        let Some(path) = text.strip_prefix("sqlite:") else {
            return Err(bad(text, "write sqlite:PATH, dynamodb:TABLE or none"));
        };
        // Each of these would quietly end up somewhere else than the operator thinks.
        let why = if path.is_empty() {
            "the path is missing"
        } else if path == ":memory:" {
            "memory does not outlast the run; write none"
        } else if path.starts_with('~') {
            "a shell does not expand ~ here; write the path out"
        } else if path.starts_with("file:") {
            "write a path, not a file: address"
        } else if path.starts_with("//") && !path.starts_with("///") {
            "write an absolute path with one slash, sqlite:/PATH"
        } else if path.ends_with('/') {
            "this is a folder; name the file in it"
        } else {
            return Ok(Self::Sqlite(PathBuf::from(path)));
        };
        Err(bad(text, why))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Location::DynamoDb(table) => write!(f, "dynamodb:{table}"),
            Location::None => f.write_str("none"),
        }
    }
}

fn bad(text: &str, why: &str) -> HistoryError {
    let shown = Untrusted::new(text).printable(200);
    HistoryError::BadLocation(format!("`{shown}` is no place to record in: {why}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_a_path_a_table_or_none() {
        let at = |p: &str| Ok(Location::Sqlite(PathBuf::from(p)));
        assert_eq!(Location::parse("none"), Ok(Location::None));
        assert_eq!(Location::parse("sqlite:/var/x.db"), at("/var/x.db"));
        assert_eq!(Location::parse("sqlite:///var/x.db"), at("///var/x.db"));
        assert_eq!(Location::parse("sqlite:x?mode=memory"), at("x?mode=memory"));
        for name in ["abc", "duckops-history", "a.b_C-9", &"x".repeat(255)] {
            let place = format!("dynamodb:{name}");
            let read = Location::parse(&place).map(|read| read.to_string());
            assert_eq!(read, Ok(place));
        }
        let long = format!("dynamodb:{}", "x".repeat(256));
        assert!(Location::parse(&long).is_err());
    }

    #[test]
    fn an_ambiguous_location_is_refused_with_its_reason() {
        let table = [
            ("dynamodb:", "3 to 255"),
            ("dynamodb:ab", "3 to 255"),
            ("dynamodb:ducks/../x", "3 to 255"),
            ("dynamodb:dücks", "3 to 255"),
            (
                "dynamodb:arn:aws:dynamodb:us-east-1:1:table/ducks",
                "3 to 255",
            ),
            ("dynamodb:ducks ", "3 to 255"),
            ("", "dynamodb:TABLE or none"),
            ("None", "dynamodb:TABLE or none"),
            ("/var/x.db", "dynamodb:TABLE or none"),
            ("sqlite:", "missing"),
            ("sqlite::memory:", "none"),
            ("sqlite:~/x.db", "~"),
            ("sqlite:file:x.db?mode=memory", "file:"),
            ("sqlite://var/x.db", "one slash"),
            ("sqlite:/var/", "folder"),
            ("ftp:\x1b[2J", "\\x1b[2J"),
        ];
        for (text, word) in table {
            match Location::parse(text) {
                Err(e @ HistoryError::BadLocation(_)) => {
                    assert!(e.to_string().contains(word), "{text:?}: {e}");
                }
                other => assert!(other.is_err(), "{text:?} was taken: {other:?}"),
            }
        }
    }
}
