//! What an entry of free text is.

use super::clause::{Clause, clauses, is_content, is_verdict};
use super::outcome_words;
use super::rollback::{self, is_in_question, rollback};
use super::undone::{SaidAgainst, standing};
use super::versions::{NamedVersions, versions};
use super::words::{self, whole_version};
use super::{DeployLogScope, NoVersion};

/// What an entry of the log is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EntryKind {
    /// This version serves since then.
    Deployed(String),
    /// This version served for a time.
    Ended(String),
    RolledBack {
        left: Vec<String>,
        target: Option<String>,
    },
    /// No deployment of this alias.
    Other,
    /// It may be one.
    Unclear(NoVersion),
}

/// Free text, of which the function `own` is ours.
pub(super) fn prose(whole: &str, scope: DeployLogScope<'_>, own: &[String]) -> EntryKind {
    let clauses: Vec<Clause> = clauses(whole)
        .into_iter()
        .filter(|clause| !is_content(clause))
        .collect();
    let said = clauses.concat();
    let text = words::words(whole);
    let has = |name: &str| text.iter().any(|word| word == name);
    let is_foreign =
        |word: &String| words::is_other_function(word, scope.function) && !own.contains(word);
    if text.iter().any(is_foreign) && !has(&scope.function.to_lowercase()) {
        return EntryKind::Other;
    }
    if text.first().is_some_and(|word| word == "generated") {
        return EntryKind::Other;
    }
    if let Some((original, rest)) = rollback::quoted(whole) {
        return of_quoted(original, &rest);
    }
    if words::is_rollback(&said) {
        // A state such as UPDATE_ROLLBACK_COMPLETE does not say where it went.
        let is_state = text
            .windows(2)
            .any(|pair| pair[0] == "update" && pair[1] == "rollback");
        return match is_in_question(&text) || is_state {
            true => EntryKind::Unclear(NoVersion::Unclear),
            false => rolled_back(&text),
        };
    }
    let is_ours = |word: &String| *word == scope.alias || words::is_production(word);
    let places = clauses.iter().enumerate();
    let elsewhere = places
        .map(|(at, clause)| elsewhere(clause, at == 0, scope))
        .max();
    if !text.iter().any(is_ours) {
        match elsewhere {
            Some(SaidAgainst::Undone) => return EntryKind::Other,
            None | Some(SaidAgainst::Open) => {}
            Some(_) => return EntryKind::Unclear(NoVersion::Unclear),
        }
    }
    let NamedVersions {
        named,
        is_foreign,
        is_release,
    } = versions(&text, scope);
    // `v62 to prod failed` names where it was to go; `v62 live, smoke test failed` says that it went.
    let is_said = |also_by_place: bool| {
        text.iter().enumerate().any(|(at, word)| {
            let is_denied = at.checked_sub(1).is_some_and(|at| text[at] == "not");
            outcome_words::is_done(word) && !is_denied && (also_by_place || !is_ours(word))
        })
    };
    let (is_done, is_told) = (is_said(true), is_said(false));
    let may_be_one =
        !named.is_empty() || said.iter().any(|word| whole_version(word, true).is_some());
    match standing(&clauses, scope) {
        SaidAgainst::Undone if is_told => return EntryKind::Unclear(NoVersion::Unclear),
        SaidAgainst::Undone => return EntryKind::Other,
        SaidAgainst::Doubtful if may_be_one => return EntryKind::Unclear(NoVersion::Unclear),
        SaidAgainst::Mentioned if !named.is_empty() && !is_done => {
            return EntryKind::Unclear(NoVersion::Unclear);
        }
        _ => {}
    }
    match named.as_slice() {
        // Of a part of the traffic, or of an alias that may be another one.
        [_, ..] if (!is_done && is_canary(&text)) || names_other_alias(&text, scope) => {
            EntryKind::Unclear(NoVersion::Unclear)
        }
        [] if is_foreign || words::is_about_document(&text) => EntryKind::Other,
        [] => EntryKind::Unclear(NoVersion::None),
        // The release may be one of another thing; the version says which of the function's it is.
        [_] if is_release && is_foreign => EntryKind::Unclear(NoVersion::Unclear),
        [one] => EntryKind::Deployed(one.clone()),
        _ => EntryKind::Unclear(NoVersion::Several),
    }
}

/// `Revert "prod alias -> 62"` left what it quotes. One that quotes a revert puts it back.
fn of_quoted(original: &str, rest: &str) -> EntryKind {
    let original = words::words(original);
    if words::is_rollback(&original) {
        return EntryKind::Unclear(NoVersion::Unclear);
    }
    let (others, target) = rollback(&original);
    let (own, goes) = rollback(&words::words(rest));
    let left = target
        .into_iter()
        .chain(if goes.is_some() { own } else { others });
    EntryKind::RolledBack {
        left: left.collect(),
        target: goes,
    }
}

/// Whether a clause says that it was to another environment: `to staging`, not `tested on staging first`.
fn elsewhere(clause: &[String], is_first: bool, scope: DeployLogScope<'_>) -> SaidAgainst {
    let has = |names: &[&str]| clause.iter().any(|word| names.contains(&word.as_str()));
    let names_version = clause
        .iter()
        .any(|word| whole_version(word, false).is_some());
    let is_tried = has(&[
        "tested", "verified", "same", "as", "from", "tried", "checked", "built",
    ]);
    let named = clause.iter().enumerate().filter_map(|(at, word)| {
        let before = at.checked_sub(1).map_or("", |at| clause[at].as_str());
        let leads_there = matches!(before, "to" | "in" | "on" | "env" | "environment" | "stage");
        let is_place = words::is_other_environment(word);
        let may_be_place = (leads_there || at == 0) && words::names_other_environment(word);
        // `v62 fix for pecks on staging`
        let ends = leads_there && at + 1 == clause.len() && names_version && !is_tried;
        match is_verdict(clause, at, scope) {
            _ if !is_place && !may_be_place => None,
            true if is_place || leads_there || is_first => Some(SaidAgainst::Undone),
            _ if ends && is_place => Some(SaidAgainst::Undone),
            true => Some(SaidAgainst::Mentioned),
            false => is_place.then_some(SaidAgainst::Mentioned),
        }
    });
    named.max().unwrap_or(SaidAgainst::Open)
}

/// `canary 10 %`
fn is_canary(text: &[String]) -> bool {
    text.windows(2).any(|pair| {
        let share = pair[1].parse::<u8>();
        pair[0] == "canary" && share.is_ok_and(|share| share < 100)
    })
}

/// `alias live now v62`, where the alias has another name.
fn names_other_alias(text: &[String], scope: DeployLogScope<'_>) -> bool {
    let is_verb = |word: &str| {
        matches!(
            word,
            "is" | "was"
                | "now"
                | "moved"
                | "moves"
                | "set"
                | "points"
                | "pointed"
                | "updated"
                | "update"
                | "switched"
                | "changed"
                | "shifted"
                | "promoted"
                | "to"
                | "at"
        )
    };
    let is_name = |word: &String| {
        let letters = word.bytes().all(|byte| byte.is_ascii_alphabetic());
        letters && !is_verb(word) && *word != scope.alias && !words::is_production(word)
    };
    text.windows(3).any(|group| {
        let named = group[0] == "alias" && is_name(&group[1]);
        let told = group[2] == "->" || is_verb(&group[2]);
        named && (told || whole_version(&group[2], false).is_some())
    })
}

pub(super) fn rolled_back(text: &[String]) -> EntryKind {
    let (left, target) = rollback(text);
    EntryKind::RolledBack { left, target }
}
