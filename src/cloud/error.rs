//! Reads the cause out of an error of the HTTP stack.

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

/// What TLS says, where it is what failed, at whatever depth.
pub fn tls<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        // An I/O error hides what it wraps from its own sources.
        let wrapped = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        let found = error
            .downcast_ref::<rustls::Error>()
            .or_else(|| wrapped.and_then(|inner| tls(inner)));
        if found.is_some() {
            return found;
        }
        next = error.source();
    }
    None
}

/// Whether TLS is what failed.
pub fn is_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    tls(error).is_some()
}
