//! Pages and the tokens between them. A token belongs to the question that it came with;
//! brought to another one it is refused, as the real services do.

use super::FakeStack;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

/// One page of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ResultPage {
    /// The items on it.
    pub(super) items: Range<usize>,
    /// Its number, from 1.
    pub(super) number: usize,
    /// What leads to the next one.
    pub(super) next: Option<String>,
}

/// A token that this question never gave out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ForeignToken;

/// The page that `token` leads to in a list of `len` items, `size` on a page, which is at least 1.
pub(super) fn page(
    question: &impl Hash,
    len: usize,
    size: usize,
    token: Option<&str>,
) -> Result<ResultPage, ForeignToken> {
    let mut hasher = DefaultHasher::new();
    question.hash(&mut hasher);
    let family = hasher.finish();
    let number = match token {
        None => 1,
        Some(token) => token
            .strip_prefix(&format!("{family:016x}-"))
            .and_then(|number| number.parse().ok())
            .filter(|number| (2..=len.div_ceil(size)).contains(number))
            .ok_or(ForeignToken)?,
    };
    let start = (number - 1) * size;
    let end = len.min(start + size);
    Ok(ResultPage {
        items: start..end,
        number,
        next: (end < len).then(|| format!("{family:016x}-{}", number + 1)),
    })
}

/// How many items a page has: what was asked for or else is usual, unless the world has
/// smaller ones.
pub(super) fn size(world: &FakeStack, asked: Option<usize>, usual: usize) -> usize {
    let asked = asked.filter(|&asked| asked > 0).unwrap_or(usual);
    world
        .page_size
        .map_or(asked, |forced| forced.min(asked))
        .max(1)
}

impl ResultPage {
    /// What the log of requests adds for it.
    pub(super) fn note(&self) -> String {
        match self.number {
            1 => String::new(),
            number => format!(" page {number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn following_page_tokens_yields_every_item_once() {
        for (len, size) in [(0, 3), (1, 3), (3, 3), (7, 3), (7, 1), (7, 100)] {
            let mut met = Vec::new();
            let mut token = None;
            loop {
                let page = page(&"q", len, size, token.as_deref()).expect("our own token");
                met.extend(page.items);
                token = page.next;
                if token.is_none() {
                    break;
                }
            }
            assert_eq!(met, (0..len).collect::<Vec<_>>(), "{len} items by {size}");
        }
    }

    #[test]
    fn a_token_of_another_question_is_refused() {
        let token = page(&"FAILED", 9, 2, None).expect("the first page").next;
        assert_eq!(page(&"RUNNING", 9, 2, token.as_deref()), Err(ForeignToken));
        assert_eq!(page(&"FAILED", 9, 2, Some("rubbish")), Err(ForeignToken));
    }
}
