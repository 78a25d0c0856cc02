//! Reads the cause out of an error of the HTTP stack.

use super::TlsFailure;
use crate::observation::Unavailable;
use crate::text::{Printable, Untrusted, words_of};

/// An error with all its causes, one after the other: what is searched, not what is shown.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

/// The innermost cause of an error, which says what happened; those around it only say where.
pub fn innermost(error: &(dyn std::error::Error + 'static)) -> Printable {
    if let Some(words) = TlsFailure::of(error).and_then(TlsFailure::words) {
        return words.into();
    }
    let mut inner = error;
    while let Some(next) = inner.source() {
        inner = next;
    }
    Untrusted::new(words_of(&inner)).printable(160)
}

/// The innermost cause as the end of a sentence: the system's words begin with a capital.
pub fn lowercase(error: &(dyn std::error::Error + 'static)) -> String {
    let words = innermost(error).to_string();
    let mut chars = words.chars();
    let first = chars.next();
    // An acronym such as DNS keeps its capitals.
    let is_word = chars.clone().next().is_some_and(char::is_lowercase);
    let first = first.map(|first| match is_word {
        true => first.to_ascii_lowercase(),
        false => first,
    });
    first.into_iter().chain(chars).collect()
}

/// Why keys that have expired could not be renewed.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.detail)]
pub(super) struct NotRenewed(pub(super) Unavailable);
