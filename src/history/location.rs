//! Where history is kept, as an operator writes it. This room only reads the words; it
//! touches no file.

use super::HistoryError;
use crate::text::Untrusted;
use std::fmt;
use std::path::PathBuf;

/// A place for history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A SQLite database at this path.
    Sqlite(PathBuf),
    /// Nowhere: nothing is recorded and nothing is known of earlier runs.
    None,
}

impl Location {
    /// Reads `sqlite:PATH` or `none`.
    ///
    /// # Errors
    /// [`HistoryError::BadLocation`] for anything else, for a shared table (which this
    /// version does not offer), and for paths that would not mean what they seem to.
    pub fn parse(text: &str) -> Result<Self, HistoryError> {
        if text == "none" {
            return Ok(Self::None);
        }
        if text.starts_with("dynamodb:") {
            return Err(bad(
                text,
                "this version cannot share history in a DynamoDB table; use sqlite:PATH or none",
            ));
        }
        let Some(path) = text.strip_prefix("sqlite:") else {
            return Err(bad(text, "write sqlite:PATH or none"));
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
    fn a_place_is_a_path_or_none() {
        let at = |p: &str| Ok(Location::Sqlite(PathBuf::from(p)));
        assert_eq!(Location::parse("none"), Ok(Location::None));
        assert_eq!(Location::parse("sqlite:/var/x.db"), at("/var/x.db"));
        assert_eq!(Location::parse("sqlite:///var/x.db"), at("///var/x.db"));
        assert_eq!(Location::parse("sqlite:x?mode=memory"), at("x?mode=memory"));
    }

    #[test]
    fn a_place_that_would_surprise_is_refused_and_says_why() {
        let table = [
            ("dynamodb:ducks", "DynamoDB"),
            ("dynamodb:", "DynamoDB"),
            ("", "sqlite:PATH or none"),
            ("None", "sqlite:PATH or none"),
            ("/var/x.db", "sqlite:PATH or none"),
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
