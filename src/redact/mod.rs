//! What must not be told: the secrets that this run knows, by value and in every guise, and
//! what looks like a secret although nobody here knows it.
//!
//! This room sees texts and knows nothing of where they come from or go to.

#![cfg_attr(
    test,
    allow(clippy::expect_used, reason = "a test ends where it learns something")
)]

mod guise;
mod pattern;
mod secrets;

pub use guise::{hex, holds};
pub use pattern::{addresses, looks};
pub use secrets::Secrets;

use std::collections::BTreeMap;

/// What kind of secret stood there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// One that this run knows, or whatever stood behind a secret's name.
    Secret,
    /// The key of an agent.
    BeakKey,
    /// The id of an AWS key, or a part of a signed request.
    AwsKey,
    /// A token by its form.
    Token,
    /// An address that lets in whoever knows it.
    Hook,
    /// A private key.
    PrivateKey,
    /// The number of the AWS account, where that was asked for.
    Account,
    /// Where somebody gets mail, in lines that others wrote.
    Address,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Secret,
        Self::BeakKey,
        Self::AwsKey,
        Self::Token,
        Self::Hook,
        Self::PrivateKey,
        Self::Account,
        Self::Address,
    ];

    /// What stands in its place.
    pub fn mark(self) -> &'static str {
        match self {
            Kind::Secret => "<secret>",
            Kind::BeakKey => "<beak key>",
            Kind::AwsKey => "<AWS key>",
            Kind::Token => "<token>",
            Kind::Hook => "<hook URL>",
            Kind::PrivateKey => "<private key>",
            Kind::Account => "<account>",
            Kind::Address => "<e-mail>",
        }
    }

    /// Its name in a manifest.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Secret => "secret",
            Kind::BeakKey => "beak_key",
            Kind::AwsKey => "aws_key",
            Kind::Token => "token",
            Kind::Hook => "hook_url",
            Kind::PrivateKey => "private_key",
            Kind::Account => "account",
            Kind::Address => "e_mail",
        }
    }

    /// The part of the pattern that finds it.
    fn group(self) -> Option<&'static str> {
        Some(match self {
            Kind::Secret => "named",
            Kind::BeakKey => "beak",
            Kind::AwsKey => "aws",
            Kind::Token => "token",
            Kind::Hook => "hook",
            Kind::PrivateKey => "pem",
            Kind::Account | Kind::Address => return None,
        })
    }
}

/// How many secrets of which kind were removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed(BTreeMap<Kind, usize>);

impl Removed {
    fn count(&mut self, kind: Kind) {
        *self.0.entry(kind).or_default() += 1;
    }

    /// What a manifest says; kinds that are not known are left out.
    pub fn from_words(counts: impl IntoIterator<Item = (String, usize)>) -> Self {
        let kind = |word: &str| Kind::ALL.into_iter().find(|kind| kind.word() == word);
        let known = counts
            .into_iter()
            .filter_map(|(word, many)| Some((kind(&word)?, many)));
        Self(known.collect())
    }

    /// Each kind that was removed, and how often.
    pub fn iter(&self) -> impl Iterator<Item = (Kind, usize)> {
        self.0.iter().map(|(kind, many)| (*kind, *many))
    }
}
