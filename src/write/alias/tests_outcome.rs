//! The outcome of a request for every answer and every state of the alias afterwards.

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

fn word(sent: &UpdateAnswer, alias: &AliasTarget, is_last: bool) -> &'static str {
    decide(&sample("41"), sent, alias, is_last).map_or("look again", |outcome| outcome.word())
}

#[test]
fn the_alias_as_read_back_decides_the_outcome_not_the_answer_alone() {
    let lost = UpdateAnswer::Lost("HTTP 500".to_owned());
    let refused = UpdateAnswer::Refused("409".to_owned());
    let never = UpdateAnswer::NotSent("refused".to_owned());
    let (old, ours, theirs) = (alias("42", "r42"), alias("41", "new"), alias("40", "other"));
    let mut weighted = ours.clone();
    weighted.weights.insert("42".to_owned(), 1_000);
    let table = [
        (&UpdateAnswer::Accepted, &ours, "in-force", "in-force"),
        (&UpdateAnswer::Accepted, &old, "look again", "overtaken"),
        (&UpdateAnswer::Accepted, &theirs, "overtaken", "overtaken"),
        (&UpdateAnswer::Accepted, &weighted, "overtaken", "overtaken"),
        (&UpdateAnswer::Outdated, &ours, "in-force", "in-force"),
        (&UpdateAnswer::Outdated, &old, "look again", "unchanged"),
        (&UpdateAnswer::Outdated, &theirs, "conflict", "conflict"),
        (&UpdateAnswer::Outdated, &weighted, "conflict", "conflict"),
        (&refused, &ours, "in-force", "in-force"),
        (&refused, &old, "unchanged", "unchanged"),
        (&refused, &theirs, "conflict", "conflict"),
        (&lost, &ours, "in-force", "in-force"),
        (&lost, &old, "look again", "unclear"),
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

/// A plan to the version that serves already: only a new revision proves that it was applied.
#[test]
fn reading_the_old_revision_is_never_a_success() {
    let same = sample("42");
    let old = alias("42", "r42");
    for sent in [UpdateAnswer::Accepted, UpdateAnswer::Lost(String::new())] {
        let outcome = decide(&same, &sent, &old, true);
        assert!(
            !matches!(outcome, Some(MoveOutcome::InForce { .. })),
            "{sent:?}"
        );
    }
}

#[test]
fn an_unreadable_alias_is_neither_a_success_nor_a_conflict() {
    let unavailable =
        Unavailable::new(crate::observation::UnavailableReason::TimedOut, "no answer");
    let why = String::new;
    let table = [
        (UpdateAnswer::Accepted, "overtaken"),
        (UpdateAnswer::Outdated, "unclear"),
        (UpdateAnswer::Refused(why()), "unclear"),
        (UpdateAnswer::Lost(why()), "unclear"),
        (UpdateAnswer::NotSent(why()), "unchanged"),
    ];
    for (sent, due) in table {
        assert_eq!(blind(&sent, &unavailable).word(), due, "{sent:?}");
    }
}

#[test]
fn only_an_unclear_outcome_stays_open_in_the_journal() {
    let old = alias("42", "r42");
    let settled = |answer: &UpdateAnswer| {
        decide(&sample("41"), answer, &old, true).map(|outcome| outcome.is_settled())
    };
    let lost = UpdateAnswer::Lost("HTTP 504".to_owned());
    assert_eq!(settled(&lost), Some(false));
    let refused = UpdateAnswer::Refused("409".to_owned());
    assert_eq!(settled(&refused), Some(true));
    assert_eq!(settled(&UpdateAnswer::Outdated), Some(true));
}
