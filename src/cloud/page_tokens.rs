//! Pagination that must end: a token that was given before leads round in a circle, and a list
//! that is never complete must not pass for one that is.

use crate::observation::{Unavailable, UnavailableReason};
use std::collections::HashSet;

/// The page tokens of one list, from its first page on.
#[derive(Debug, Default)]
pub struct PageTokens {
    current: Option<String>,
    seen: HashSet<String>,
}

impl PageTokens {
    /// The token to ask the next page with; `None` for the first page.
    pub fn current(&self) -> Option<String> {
        self.current.clone()
    }

    /// Takes the token that a page ended with. `false` says that it was the last page. `what`
    /// names the list, as in "the pagination of … did not end".
    ///
    /// # Errors
    /// [`UnavailableReason::Incomplete`] for a token that any earlier page ended with.
    pub fn advance(&mut self, next: Option<String>, what: &str) -> Result<bool, Unavailable> {
        let Some(next) = next else {
            return Ok(false);
        };
        if !self.seen.insert(next.clone()) {
            let detail = format!("the pagination of {what} did not end");
            return Err(Unavailable::new(UnavailableReason::Incomplete, detail));
        }
        self.current = Some(next);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What became of each page in turn: `None` where the pagination was given up.
    fn read(pages: &[Option<&str>]) -> Vec<Option<bool>> {
        let mut tokens = PageTokens::default();
        let ended = |unavailable: Unavailable| {
            assert_eq!(unavailable.why, UnavailableReason::Incomplete);
            assert_eq!(
                unavailable.detail.as_str(),
                "the pagination of the list did not end"
            );
        };
        let pages = pages.iter();
        pages
            .map(|next| {
                let next = next.map(str::to_owned);
                let moved = tokens.advance(next.clone(), "the list").map_err(ended).ok();
                if moved == Some(true) {
                    assert_eq!(tokens.current(), next);
                }
                moved
            })
            .collect()
    }

    #[test]
    fn tokens_that_alternate_end_the_pagination() {
        assert_eq!(
            read(&[Some("a"), Some("b"), Some("a")]),
            [Some(true), Some(true), None]
        );
    }

    #[test]
    fn a_token_that_repeats_at_once_ends_the_pagination() {
        assert_eq!(read(&[Some("a"), Some("a")]), [Some(true), None]);
    }

    #[test]
    fn pages_are_read_until_there_is_no_token() {
        assert_eq!(
            read(&[Some("a"), Some("b"), Some("c"), None]),
            [Some(true), Some(true), Some(true), Some(false)]
        );
        assert_eq!(read(&[None]), [Some(false)]);
    }
}
