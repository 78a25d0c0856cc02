//! Consent to a plan: given in words that repeat what the plan does.
//!
//! Only this module makes a [`Consent`]. It holds the digest of its plan, cannot be copied,
//! and a write takes it by value: a write without a question does not compile, and consent to
//! one plan is worth nothing for another.
//!
//! ```compile_fail,E0451
//! let consent = duckops::write::consent::Consent { plan: String::new(), how: "" };
//! ```

use crate::state_dir::sha256;

/// The words that consent to one plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What is typed at the terminal that shows the plan, such as `prod 41`.
    pub typed: String,
    /// What is passed with `--confirm` where there is none, such as `prod@42->41`.
    pub confirm: String,
    plan: String,
}

impl Terms {
    /// The terms of a plan, whose text holds all that matters about it.
    pub fn of(plan: &str, typed: impl Into<String>, confirm: impl Into<String>) -> Self {
        Self {
            typed: typed.into(),
            confirm: confirm.into(),
            plan: sha256(plan.as_bytes()),
        }
    }

    /// The digest of the plan.
    pub fn plan(&self) -> &str {
        &self.plan
    }
}

/// A reply as it was given, kept for as long as the plan it consents to is carried out: a
/// canary's second move is part of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A whole line at the terminal, typed after the plan was shown.
    Typed(String),
    /// The value of `--confirm`.
    Confirmed(String),
    /// No terminal, no flag, or the end of input before the end of a line.
    Nothing,
}

impl Reply {
    /// The reply to compare with the terms.
    pub fn text(&self) -> ReplyText<'_> {
        match self {
            Reply::Typed(line) => ReplyText::Typed(line),
            Reply::Confirmed(words) => ReplyText::Confirmed(words),
            Reply::Nothing => ReplyText::Nothing,
        }
    }
}

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyText<'a> {
    /// A line at the terminal that showed the plan.
    Typed(&'a str),
    /// The value of `--confirm`.
    Confirmed(&'a str),
    /// Nothing: no terminal, no flag, or the end of input.
    Nothing,
}

/// Reasons why there is no consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoConsent {
    /// No terminal, no flag, or an empty line.
    #[error("consent missing")]
    Unavailable,
    /// The answer is about something else than this plan.
    #[error("what was confirmed is not this plan")]
    OtherPlan,
}

/// Consent to one plan.
#[derive(Debug)]
pub struct Consent {
    plan: String,
    how: &'static str,
}

impl Consent {
    /// Takes an answer for consent if it repeats the terms exactly.
    ///
    /// # Errors
    /// That there was no answer, or one to something else.
    pub fn from(terms: &Terms, answer: ReplyText<'_>) -> Result<Self, NoConsent> {
        let (said, due, how) = match answer {
            ReplyText::Nothing => return Err(NoConsent::Unavailable),
            ReplyText::Typed(said) if said.trim().is_empty() => return Err(NoConsent::Unavailable),
            ReplyText::Typed(said) => (said.trim(), &terms.typed, "typed"),
            ReplyText::Confirmed(said) => (said, &terms.confirm, "--confirm"),
        };
        if said != due {
            return Err(NoConsent::OtherPlan);
        }
        Ok(Self {
            plan: terms.plan.clone(),
            how,
        })
    }

    /// Whether it was given to the plan of these terms.
    pub fn covers(&self, terms: &Terms) -> bool {
        self.plan == terms.plan
    }

    /// How it was given.
    pub fn how(&self) -> &'static str {
        self.how
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(plan: &str) -> Terms {
        Terms::of(plan, "prod 41", "prod@42->41")
    }

    #[test]
    fn only_the_exact_words_are_consent() {
        use ReplyText::{Confirmed, Nothing, Typed};
        let table = [
            (Typed("prod 41"), true),
            (Typed(" prod 41\n"), true),
            (Confirmed("prod@42->41"), true),
            (Nothing, false),
            (Typed(""), false),
            (Typed("y"), false),
            (Typed("yes"), false),
            (Typed("prod 42"), false),
            (Typed("PROD 41"), false),
            (Typed("prod@42->41"), false),
            (Confirmed("prod 41"), false),
            (Confirmed("prod@41->41"), false),
            (Confirmed("prod@42->41 "), false),
            (Confirmed(""), false),
        ];
        for (answer, is_consent) in table {
            assert_eq!(
                Consent::from(&terms("a"), answer).is_ok(),
                is_consent,
                "{answer:?}"
            );
        }
    }

    #[test]
    fn consent_to_one_plan_is_none_to_another() {
        let consent = Consent::from(&terms("a"), ReplyText::Typed("prod 41"));
        let covers = |plan| consent.as_ref().is_ok_and(|c| c.covers(&terms(plan)));
        assert!(covers("a"));
        assert!(!covers("b"));
    }
}
