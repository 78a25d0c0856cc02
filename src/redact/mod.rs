//! Redaction: the secrets known to a run, by value and in every encoding, and what looks like a
//! secret by its form.
//!
//! This module sees texts and does not know where they come from or go to.

mod encodings;
pub mod known;
mod own_texts;
mod pattern;
mod runs;
mod secrets;

pub use encodings::holds;
pub use pattern::{addresses, looks, prepare};
pub use runs::is_random;
pub use secrets::Secrets;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use std::collections::BTreeMap;

/// A search for all of these at once. It is made in nearly every run and looks through little, so one
/// that is quick to make is the faster one.
fn automaton(forms: &[impl AsRef<[u8]>]) -> Option<AhoCorasick> {
    let kind = Some(AhoCorasickKind::ContiguousNFA);
    AhoCorasick::builder().kind(kind).build(forms).ok()
}

named_enum! {
    /// What kind of secret stood there.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum SecretKind, word {
        Secret "secret" "One that this run knows, or whatever stood behind a secret's name.";
        BeakKey "beak_key" "The key of an agent.";
        AwsKey "aws_key" "The id of an AWS key, or a part of a signed request.";
        Token "token" "A token by its form.";
        Hook "hook_url" "An address that lets in whoever knows it.";
        PrivateKey "private_key" "A private key.";
        Account "account" "The number of the AWS account, where that was asked for.";
        Address "e_mail" "Where somebody gets mail, in lines that others wrote.";
    }
}

impl SecretKind {
    /// What stands in its place.
    pub fn mark(self) -> &'static str {
        match self {
            SecretKind::Secret => "<secret>",
            SecretKind::BeakKey => "<beak key>",
            SecretKind::AwsKey => "<AWS key>",
            SecretKind::Token => "<token>",
            SecretKind::Hook => "<hook URL>",
            SecretKind::PrivateKey => "<private key>",
            SecretKind::Account => "<account>",
            SecretKind::Address => "<e-mail>",
        }
    }

    /// The part of the pattern that finds it.
    fn group(self) -> Option<&'static str> {
        Some(match self {
            SecretKind::Secret => "named",
            SecretKind::BeakKey => "beak",
            SecretKind::AwsKey => "aws",
            SecretKind::Token => "token",
            SecretKind::Hook => "hook",
            SecretKind::PrivateKey => "pem",
            SecretKind::Account | SecretKind::Address => return None,
        })
    }
}

/// How many secrets of which kind were removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed(BTreeMap<SecretKind, usize>);

impl Removed {
    fn count(&mut self, kind: SecretKind) {
        *self.0.entry(kind).or_default() += 1;
    }

    /// What a manifest says; kinds that are not known are left out.
    pub fn from_words(counts: impl IntoIterator<Item = (String, usize)>) -> Self {
        let kind = |word: &str| SecretKind::ALL.into_iter().find(|kind| kind.word() == word);
        let known = counts
            .into_iter()
            .filter_map(|(word, many)| Some((kind(&word)?, many)));
        Self(known.collect())
    }

    /// Each kind that was removed, and how often.
    pub fn iter(&self) -> impl Iterator<Item = (SecretKind, usize)> {
        self.0.iter().map(|(kind, many)| (*kind, *many))
    }
}
