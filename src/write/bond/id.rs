//! The id of the agent whose bond is meant: opaque, and safe in a file name.

use std::fmt;

/// The longest id, in characters.
const MAX_LENGTH: usize = 128;

/// An id such as `AAAA000000000001` or `sd_7f3a`. It can stand in the name of a file and
/// in a JSON string as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BondId(String);

/// The text cannot be an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no spaceduck id: one has at most 128 letters, digits and . _ : -, and begins with a letter or digit"
)]
pub struct InvalidBondId;

impl BondId {
    /// Takes a text for an id.
    ///
    /// # Errors
    /// That it cannot be one.
    pub fn parse(text: &str) -> Result<Self, InvalidBondId> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '-');
        let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if begins && text.len() <= MAX_LENGTH && text.chars().all(plain) {
            return Ok(Self(text.to_owned()));
        }
        Err(InvalidBondId)
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
    fn a_path_or_an_option_is_not_a_bond_id() {
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
        let long = "a".repeat(MAX_LENGTH + 1);
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
            assert_eq!(BondId::parse(none), Err(InvalidBondId), "{none:?}");
        }
        assert!(BondId::parse(&long[1..]).is_ok());
    }
}
