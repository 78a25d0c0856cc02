//! The clauses of a text. What one says depends on where its words stand: `failed` and `draft` alone are a
//! verdict on the deployment, in `draft status of certificates` they are what was deployed.

use super::DeployLogScope;
use super::outcome_words;
use super::words::{self, whole_version, words};

/// The words between two marks.
pub(super) type Clause = Vec<String>;

/// The clauses of a text, those of two words that are one as one word.
pub(super) fn clauses(text: &str) -> Vec<Clause> {
    let mut parts = vec![String::new()];
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let is_last = chars.peek().is_none_or(|next| next.is_whitespace());
        let is_end = match c {
            '\n' | '\t' | ',' | ';' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '"' | '!' | '?' => {
                true
            }
            '\u{2014}' | '\u{2013}' => true,
            '.' | ':' => is_last,
            '-' | '*' => is_last && before.is_whitespace(),
            _ => false,
        };
        match parts.last_mut() {
            Some(part) if !is_end => part.push(c),
            _ => parts.push(String::new()),
        }
        before = c;
    }
    let parts = parts.iter().map(|part| joined(words(part)));
    let parts: Vec<Clause> = parts.filter(|part| !part.is_empty()).collect();
    // `Error: none`
    let denies = |part: &Clause| {
        part.len() == 1
            && matches!(
                part[0].as_str(),
                "none" | "0" | "no" | "null" | "n/a" | "false"
            )
    };
    let is_denied = |at: usize| {
        let [word] = parts[at].as_slice() else {
            return false;
        };
        (outcome_words::is_failure(word) || outcome_words::is_plan(word))
            && parts.get(at + 1).is_some_and(denies)
    };
    let kept = parts.iter().enumerate().filter(|(at, _)| !is_denied(*at));
    kept.map(|(_, part)| part.clone()).collect()
}

/// `timed out` is one word.
fn joined(words: Vec<String>) -> Clause {
    const PAIRS: [(&str, &str); 6] = [
        ("timed", "out"),
        ("dry", "run"),
        ("on", "hold"),
        ("in", "progress"),
        ("no", "go"),
        ("called", "off"),
    ];
    let mut all: Clause = Vec::new();
    for word in words {
        match all.last_mut() {
            Some(last) if PAIRS.contains(&(last.as_str(), word.as_str())) => {
                last.push('-');
                last.push_str(&word);
            }
            _ => all.push(word),
        }
    }
    all
}

/// Words that begin a clause about what was deployed.
const CONTENTS: [&str; 64] = [
    "add",
    "adds",
    "added",
    "fix",
    "fixes",
    "fixed",
    "bugfix",
    "hotfix",
    "patch",
    "patches",
    "patched",
    "security",
    "new",
    "remove",
    "removes",
    "removed",
    "rename",
    "renames",
    "renamed",
    "update",
    "updates",
    "updated",
    "bump",
    "bumps",
    "bumped",
    "improve",
    "improves",
    "improved",
    "faster",
    "fewer",
    "less",
    "more",
    "refactor",
    "refactors",
    "refactored",
    "feature",
    "change",
    "changes",
    "changed",
    "support",
    "supports",
    "drop",
    "drops",
    "handle",
    "handles",
    "allow",
    "allows",
    "show",
    "shows",
    "hide",
    "hides",
    "retry",
    "retries",
    "block",
    "blocks",
    "reject",
    "rejects",
    "skips",
    "cancel",
    "introduces",
    "use",
    "uses",
    "cleanup",
    "corrects",
];

/// Whether it begins as what says what was deployed, and moves to nothing: `fixes callbacks of v59`, not `updates
/// to v62`, `hotfix v62`.
pub(super) fn begins_as_content(clause: &[String]) -> bool {
    let first = clause.first().map_or("", String::as_str);
    let moves = |pair: &[String]| pair[0] == "to" && whole_version(&pair[1], true).is_some();
    let is_verb = first.ends_with('s') && CONTENTS.contains(&first);
    (is_verb || first == "same") && !clause.windows(2).any(moves)
}

/// Whether it only says what was deployed: `removes staging flag`. One that ends with a failure may be about
/// the deployment: `hotfix failed`.
pub(super) fn is_content(clause: &[String]) -> bool {
    let begins = clause
        .first()
        .is_some_and(|word| CONTENTS.contains(&word.as_str()));
    let names_version = clause
        .iter()
        .any(|word| whole_version(word, false).is_some());
    let last = clause.last().map_or("", String::as_str);
    let judges = outcome_words::is_failure(last)
        || outcome_words::is_plan(last)
        || outcome_words::is_done(last);
    let ends = matches!(
        last,
        "added" | "fixed" | "renamed" | "improved" | "hidden" | "listed" | "shown" | "sorted"
    );
    (begins || ends) && clause.len() > 1 && !names_version && !judges
}

/// Whether the word at `at` is what the clause says of the deployment: nothing but the deployment before it,
/// and nothing that it could describe behind it.
pub(super) fn is_verdict(clause: &[String], at: usize, scope: DeployLogScope<'_>) -> bool {
    let next = clause.get(at + 1).map_or("", String::as_str);
    let names_it = next == "of"
        && clause
            .get(at + 2)
            .is_some_and(|word| is_of_deployment(word, scope));
    let ends = next.is_empty()
        || names_it
        || is_of_deployment(next, scope)
        || FOLLOWS.contains(&next)
        || next.starts_with(|c: char| c.is_ascii_digit());
    ends && clause[..at].iter().all(|word| is_lead(word, scope))
}

/// The first word that is not about the deployment as such.
pub(super) fn first_said<'a>(clause: &'a [String], scope: DeployLogScope<'_>) -> Option<&'a str> {
    let first = clause.iter().find(|word| !is_lead(word, scope));
    first.map(String::as_str)
}

fn is_lead(word: &str, scope: DeployLogScope<'_>) -> bool {
    is_of_deployment(word, scope) || LEADS.contains(&word) || is_ticket(word)
}

/// `CHG0012345`
fn is_ticket(word: &str) -> bool {
    let number = word.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '-');
    let letters = word.len() - number.len();
    letters >= 2 && number.len() >= 3 && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_of_deployment(word: &str, scope: DeployLogScope<'_>) -> bool {
    word == scope.alias
        || word.eq_ignore_ascii_case(scope.function)
        || words::is_production(word)
        || words::announces_version(word)
        || whole_version(word, true).is_some()
        || is_act(word)
}

/// Words for a deployment and its parts.
fn is_act(word: &str) -> bool {
    matches!(
        word,
        "deploy"
            | "deploys"
            | "deployed"
            | "deploying"
            | "deployment"
            | "redeploy"
            | "promotion"
            | "promoted"
            | "promote"
            | "rollout"
            | "release"
            | "released"
            | "shipped"
            | "pushed"
            | "published"
            | "canary"
            | "smoke"
            | "upload"
            | "attempt"
            | "attempted"
            | "lambda"
            | "function"
            | "alias"
            | "update"
            | "create"
    )
}

const LEADS: [&str; 58] = [
    "for",
    "change",
    "request",
    "approval",
    "approvals",
    "cab",
    "gate",
    "manual",
    "rfc",
    "cr",
    "ticket",
    "review",
    "sign-off",
    "signoff",
    "by",
    "to",
    "in",
    "on",
    "at",
    "into",
    "of",
    "the",
    "a",
    "this",
    "it",
    "we",
    "is",
    "was",
    "were",
    "has",
    "have",
    "had",
    "been",
    "be",
    "being",
    "got",
    "gets",
    "now",
    "then",
    "but",
    "and",
    "status",
    "result",
    "outcome",
    "state",
    "still",
    "again",
    "currently",
    "only",
    "env",
    "environment",
    "test",
    "tests",
    "check",
    "checks",
    "health",
    "build",
    "will",
];

const FOLLOWS: [&str; 48] = [
    "out",
    "for",
    "by",
    "at",
    "on",
    "to",
    "in",
    "because",
    "due",
    "after",
    "until",
    "till",
    "since",
    "before",
    "during",
    "with",
    "then",
    "again",
    "but",
    "from",
    "per",
    "via",
    "when",
    "while",
    "only",
    "tonight",
    "tomorrow",
    "today",
    "yet",
    "this",
    "next",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "env",
    "environment",
    "account",
    "cluster",
    "twice",
];
