//! The versions that an entry names.

use super::DeployLogScope;
use super::words::{self, whole_version};

/// The whole versions that are named, each once, and what else has a number.
pub(super) struct NamedVersions {
    pub(super) named: Vec<String>,
    /// Whether something else with a version of its own is named.
    pub(super) is_foreign: bool,
    pub(super) is_release: bool,
}

/// What the words of an entry name.
pub(super) fn versions(text: &[String], scope: DeployLogScope<'_>) -> NamedVersions {
    let function = scope.function.to_lowercase();
    let mut found = NamedVersions {
        named: Vec::new(),
        is_foreign: false,
        is_release: false,
    };
    let word = |at: usize, back: usize| at.checked_sub(back).map_or("", |at| text[at].as_str());
    for (at, own) in text.iter().enumerate() {
        let (one, two) = (word(at, 1), word(at, 2));
        found.is_release |= words::is_release(own);
        let is_said = words::announces_version(one);
        let is_of_function = one == function || one == scope.alias;
        let is_target = |word: &str| word == scope.alias || word == "alias" || word == function;
        // `prod 60 -> 61` moves from one to the other.
        let is_moved = one == "->"
            && (whole_version(two, false).is_some()
                || (whole_version(two, true).is_some() && is_target(word(at, 3))));
        let is_pointed = is_moved || (matches!(one, "->" | "now") && is_target(two));
        let next = |ahead: usize| text.get(at + ahead).map_or("", String::as_str);
        let is_left = next(1) == "->" && whole_version(next(2), true).is_some();
        let Some(version) = whole_version(own, is_said || is_of_function || is_pointed) else {
            continue;
        };
        let before = if is_said { two } else { one };
        // `layer duck-deps version 14`
        let is_named_thing = is_said
            && two.contains(['-', '_'])
            && two != function
            && words::is_thing_with_versions(word(at, 3));
        if is_named_thing || words::is_thing_with_versions(before) {
            found.is_foreign = true;
        } else if !is_left
            && !matches!(
                before,
                "was"
                    | "previously"
                    | "previous"
                    | "prev"
                    | "formerly"
                    | "replaces"
                    | "replacing"
                    | "supersedes"
            )
            && !found.named.contains(&version)
        {
            found.named.push(version);
        }
    }
    found
}
