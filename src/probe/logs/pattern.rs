//! Patterns of this program.

use regex::{Regex, RegexSet, RegexSetBuilder};

/// A pattern that is written in this program.
pub(super) fn regex(pattern: &str) -> Regex {
    #[expect(
        clippy::expect_used,
        reason = "our own pattern, compiled by every test"
    )]
    Regex::new(pattern).expect("a valid pattern of ours")
}

/// Bytes for the states of a set: with the usual 2 MiB they are thrown away and made again, over and
/// over, on a long log.
const STATES: usize = 8 << 20;

/// Several of them, for one look at a text.
pub(super) fn regex_set(patterns: impl IntoIterator<Item = String>) -> RegexSet {
    #[expect(
        clippy::expect_used,
        reason = "our own patterns, compiled by every test"
    )]
    RegexSetBuilder::new(patterns)
        .dfa_size_limit(STATES)
        .build()
        .expect("valid patterns of ours")
}
