//! Patterns of this program.

use regex::Regex;

/// A pattern that is written in this program.
pub(super) fn regex(pattern: &str) -> Regex {
    #[expect(
        clippy::expect_used,
        reason = "our own pattern, compiled by every test"
    )]
    Regex::new(pattern).expect("a valid pattern of ours")
}
