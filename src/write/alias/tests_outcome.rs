//! What a request came to, for every answer and every state of the alias afterwards.

use super::super::plan::sample;
use super::*;
use std::collections::BTreeMap;

fn alias(version: &str, revision: &str) -> AliasTarget {
    AliasTarget {
        version: version.to_owned(),
        revision: revision.to_owned(),
        weights: BTreeMap::new(),
    }
}

fn word(sent: &Sent, alias: &AliasTarget, is_last: bool) -> &'static str {
    decide(&sample("41"), sent, alias, is_last).map_or("look again", |outcome| outcome.word())
}

#[test]
fn what_is_read_back_decides_and_never_the_answer_alone() {
    let lost = Sent::Lost("HTTP 500".to_owned());
    let refused = Sent::Refused("409".to_owned());
    let never = Sent::Never("refused".to_owned());
    let (old, ours, theirs) = (alias("42", "r42"), alias("41", "new"), alias("40", "other"));
    let mut weighted = ours.clone();
    weighted.weights.insert("42".to_owned(), 1_000);
    let table = [
        (&Sent::Accepted, &ours, "in-force", "in-force"),
        (&Sent::Accepted, &old, "look again", "overtaken"),
        (&Sent::Accepted, &theirs, "overtaken", "overtaken"),
        (&Sent::Accepted, &weighted, "overtaken", "overtaken"),
        (&Sent::Outdated, &ours, "in-force", "in-force"),
        (&Sent::Outdated, &old, "look again", "unchanged"),
        (&Sent::Outdated, &theirs, "conflict", "conflict"),
        (&Sent::Outdated, &weighted, "conflict", "conflict"),
        (&refused, &ours, "in-force", "in-force"),
        (&refused, &old, "unchanged", "unchanged"),
        (&refused, &theirs, "conflict", "conflict"),
        (&lost, &ours, "in-force", "in-force"),
        (&lost, &old, "look again", "unchanged"),
        (&lost, &theirs, "unclear", "unclear"),
        (&lost, &weighted, "unclear", "unclear"),
        (&never, &old, "unchanged", "unchanged"),
        (&never, &theirs, "unchanged", "unchanged"),
    ];
    for (sent, alias, first, last) in table {
        assert_eq!(word(sent, alias, false), first, "{sent:?} {alias:?}");
        assert_eq!(word(sent, alias, true), last, "{sent:?} {alias:?}");
    }
}

/// A plan whose target is where the alias is: only a new revision shows that it was done.
#[test]
fn the_old_revision_is_never_taken_for_success() {
    let same = sample("42");
    let old = alias("42", "r42");
    for sent in [Sent::Accepted, Sent::Lost(String::new())] {
        let outcome = decide(&same, &sent, &old, true);
        assert!(
            !matches!(outcome, Some(Outcome::InForce { .. })),
            "{sent:?}"
        );
    }
}

#[test]
fn an_alias_that_cannot_be_read_back_is_never_a_success_nor_a_conflict() {
    let unavailable =
        Unavailable::new(crate::observation::UnavailableReason::TimedOut, "no answer");
    let why = String::new;
    let table = [
        (Sent::Accepted, "overtaken"),
        (Sent::Outdated, "unclear"),
        (Sent::Refused(why()), "unclear"),
        (Sent::Lost(why()), "unclear"),
        (Sent::Never(why()), "unchanged"),
    ];
    for (sent, due) in table {
        assert_eq!(blind(&sent, &unavailable).word(), due, "{sent:?}");
    }
}
