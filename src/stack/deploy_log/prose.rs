//! What an entry of free text is.

use super::rollback::{is_in_question, rollback};
use super::undone::{is_in_doubt, is_undone};
use super::versions::{NamedVersions, versions};
use super::words::{self, whole_version};
use super::{DeployLogScope, NoVersion};

/// What an entry of the log is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EntryKind {
    /// This version serves since then.
    Deployed(String),
    RolledBack {
        left: Vec<String>,
        target: Option<String>,
    },
    /// No deployment of this alias.
    Other,
    /// It may be one.
    Unclear(NoVersion),
}

pub(super) fn is_production(word: &str) -> bool {
    matches!(word, "prod" | "production" | "prd")
}

/// Words of free text.
pub(super) fn prose(text: &[String], scope: DeployLogScope<'_>, own: Vec<String>) -> EntryKind {
    let has = |name: &str| text.iter().any(|word| word == name);
    let function = scope.function.to_lowercase();
    let is_foreign =
        |word: &String| words::is_other_function(word, scope.function) && !own.contains(word);
    if text.iter().any(is_foreign) && !has(&function) {
        return EntryKind::Other;
    }
    if text.first().is_some_and(|word| word == "generated") {
        return EntryKind::Other;
    }
    if words::is_rollback(text) {
        return match is_in_question(text) {
            true => EntryKind::Unclear(NoVersion::Unclear),
            false => rolled_back(text),
        };
    }
    let is_ours = |word: &String| *word == scope.alias || is_production(word);
    let elsewhere = text.iter().enumerate().any(|(at, word)| {
        let before = at.checked_sub(1).map(|at| text[at].as_str());
        let is_named = matches!(
            before,
            None | Some("to" | "in" | "on" | "env" | "environment" | "stage")
        );
        words::is_other_environment(word) || (is_named && words::names_other_environment(word))
    });
    if elsewhere && !text.iter().any(is_ours) {
        return EntryKind::Other;
    }
    let names_environment = |pair: &[String]| {
        matches!(pair[0].as_str(), "env" | "environment") && !words::is_done(&pair[1])
    };
    if text.windows(2).any(names_environment) && !text.iter().any(is_ours) {
        return EntryKind::Unclear(NoVersion::Unclear);
    }
    let NamedVersions {
        named,
        is_foreign,
        is_release,
    } = versions(text, scope);
    let is_done = text.iter().enumerate().any(|(at, word)| {
        let is_denied = at.checked_sub(1).is_some_and(|at| text[at] == "not");
        words::is_done(word) && !is_denied
    });
    match (is_undone(text), is_done) {
        (true, false) => return EntryKind::Other,
        (true, true) => return EntryKind::Unclear(NoVersion::Unclear),
        (false, _) if is_in_doubt(text) => return EntryKind::Unclear(NoVersion::Unclear),
        (false, _) => {}
    }
    match named.as_slice() {
        // Of a part of the traffic, or of an alias that may be another one.
        [_, ..] if (!is_done && is_canary(text)) || names_other_alias(text, scope) => {
            EntryKind::Unclear(NoVersion::Unclear)
        }
        [] if is_foreign || words::is_about_document(text) => EntryKind::Other,
        [] => EntryKind::Unclear(NoVersion::None),
        // The release may be one of another thing; the version says which of the function's it is.
        [_] if is_release && is_foreign => EntryKind::Unclear(NoVersion::Unclear),
        [one] => EntryKind::Deployed(one.clone()),
        _ => EntryKind::Unclear(NoVersion::Several),
    }
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
        letters && !is_verb(word) && *word != scope.alias && !is_production(word)
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
