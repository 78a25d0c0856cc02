//! The question at the terminal. Without one, nobody is asked, and silence is no consent.

use super::out;
use crate::write::consent::Answer;
use std::io::{IsTerminal, Write};

/// Consent once given, kept as the words it was given in.
pub(super) enum Words {
    Typed(String),
    Confirmed(String),
    None,
}

impl Words {
    pub(super) fn answer(&self) -> Answer<'_> {
        match self {
            Words::Typed(line) => Answer::Typed(line),
            Words::Confirmed(words) => Answer::Confirmed(words),
            Words::None => Answer::Nothing,
        }
    }
}

/// Whether somebody can be asked: both what they read and what they type is a terminal.
pub(super) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks for the words that consent to what stands above; `None` at the end of input.
pub(super) async fn ask(words: &str) -> Option<String> {
    out::warn("");
    out::warn(&format!("To go ahead, type: {words}"));
    let _ = write!(std::io::stderr(), "> ");
    let line = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin()
            .read_line(&mut line)
            .map(|read| (read, line))
    });
    match line.await {
        Ok(Ok((read, line))) if read > 0 => Some(line),
        _ => None,
    }
}
