//! The id of an agent whose bond is meant: opaque, but never anything else than a name.

use std::fmt;

/// No id is longer.
const LONGEST: usize = 128;

/// An id such as `AAAA000000000001` or `sd_7f3a`. It can stand in the name of a file and
/// in a JSON string as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BondId(String);

/// What is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no spaceduck id: one has at most 128 letters, digits and . _ : -, and begins with a letter or digit"
)]
pub struct NoId;

impl BondId {
    /// Takes a text for an id.
    ///
    /// # Errors
    /// That it cannot be one.
    pub fn parse(text: &str) -> Result<Self, NoId> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '-');
        let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if begins && text.len() <= LONGEST && text.chars().all(plain) {
            return Ok(Self(text.to_owned()));
        }
        Err(NoId)
    }

    /// The id as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BondId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_leave_the_folder_or_be_an_option_is_no_id() {
        for id in [
            "AAAA000000000001",
            "sd_7f3a",
            "SD-1",
            "a",
            "7",
            "a..b",
            "a:b",
        ] {
            assert_eq!(BondId::parse(id).expect(id).to_string(), id);
        }
        let long = "a".repeat(LONGEST + 1);
        for none in [
            "",
            ".",
            "..",
            "../x",
            "a/b",
            "-rf",
            "_a",
            "a b",
            "a\0",
            "a\n",
            "ä",
            "a\u{202e}",
            "a?x=",
            "a%2f",
            &long,
        ] {
            assert_eq!(BondId::parse(none), Err(NoId), "{none:?}");
        }
        assert!(BondId::parse(&long[1..]).is_ok());
    }
}
