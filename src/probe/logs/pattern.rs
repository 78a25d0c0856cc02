//! Patterns of this program.

use regex::{Regex, RegexSet};

/// A pattern that is written in this program.
pub(in crate::probe) fn regex(pattern: &str) -> Regex {
    #[expect(
        clippy::expect_used,
        reason = "our own pattern, compiled by every test"
    )]
    Regex::new(pattern).expect("a valid pattern of ours")
}

/// Several of them, for one look at a text.
pub(super) fn regex_set(patterns: impl IntoIterator<Item = String>) -> RegexSet {
    #[expect(
        clippy::expect_used,
        reason = "our own patterns, compiled by every test"
    )]
    RegexSet::new(patterns).expect("valid patterns of ours")
}
