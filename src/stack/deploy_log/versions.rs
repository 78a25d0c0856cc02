//! The versions that an entry names.

use super::DeployLogScope;
use super::clause::begins_as_content;
use super::outcome_words;
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
        // `to prod, 62 tests green`, `20 ms faster`
        let is_counted = text.get(at + 1).is_some_and(|word| {
            (word.len() > 3 && word.ends_with('s') && word.chars().all(char::is_alphabetic))
                || COUNTED.contains(&word.as_str())
        });
        let is_of_function = one == function || (one == scope.alias && !is_counted);
        let is_target = |word: &str| word == scope.alias || word == "alias" || word == function;
        // `prod 60 -> 61` moves from one to the other.
        let is_moved = one == "->"
            && (whole_version(two, false).is_some()
                || (whole_version(two, true).is_some() && is_target(word(at, 3))));
        let is_set = matches!(one, "to" | "at")
            && matches!(two, "points" | "pointed" | "moved" | "switched" | "set")
            && text[..at].iter().any(|word| is_target(word));
        let is_pointed = is_moved || is_set || (matches!(one, "->" | "now") && is_target(two));
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
        let is_gone = matches!(before, "deleted" | "removed" | "pruned" | "purged");
        if is_named_thing || is_gone || words::is_thing_with_versions(before) {
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

/// Words behind a number that is an amount.
const COUNTED: [&str; 12] = [
    "ms", "s", "sec", "min", "h", "kb", "mb", "faster", "slower", "less", "more", "fewer",
];

/// Words that may stand directly behind the version that was deployed, besides those that say so.
const BEHIND: [&str; 48] = [
    "latest",
    "status",
    "state",
    "result",
    "of",
    "commit",
    "build",
    "sha",
    "tag",
    "to",
    "by",
    "on",
    "in",
    "at",
    "into",
    "onto",
    "is",
    "was",
    "now",
    "and",
    "with",
    "for",
    "from",
    "after",
    "via",
    "as",
    "went",
    "goes",
    "has",
    "replaces",
    "replacing",
    "supersedes",
    "takes",
    "took",
    "serves",
    "out",
    "up",
    "because",
    "since",
    "it",
    "lambda",
    "部署",
    "发布",
    "デプロイ",
    "リリース",
    "を",
    "배포",
    "prod에",
];

/// Words directly behind a version that say what it contains, where nothing on its line says that it waits.
const CONTENTS: [&str; 23] = [
    "hotfix", "fix", "fixes", "bugfix", "patch", "patches", "security", "add", "adds", "new",
    "update", "updates", "bump", "bumps", "improve", "improves", "faster", "refactor", "feature",
    "removes", "renames", "changes", "supports",
];

/// Words on its line that say that it does.
const WAITING: [&str; 12] = [
    "if",
    "once",
    "tomorrow",
    "tonight",
    "later",
    "soon",
    "review",
    "open",
    "wanted",
    "requested",
    "needed",
    "required",
];

/// Whether a version is in question, or a word stands directly behind it that may say what became of it
/// instead: `v62 built`, `v62 if the test passes`, `v62 planerad`.
pub(super) fn is_described(text: &str, scope: DeployLogScope<'_>) -> bool {
    let is_asked = text
        .lines()
        .next()
        .is_some_and(|line| line.trim_end().ends_with('?'));
    let is_told = words::words(text).iter().any(|word| {
        matches!(
            word.as_str(),
            "deployed" | "redeployed" | "shipped" | "promoted" | "live"
        )
    });
    is_asked || (!is_told && text.lines().any(|line| is_line_described(line, scope)))
}

/// Words before a version that was made or thought of, and not moved to.
const PREPARED: [&str; 18] = [
    "attempted",
    "tried",
    "built",
    "merged",
    "tagged",
    "cut",
    "packaged",
    "uploaded",
    "reviewed",
    "tested",
    "prepared",
    "preparing",
    "hold",
    "holding",
    "maybe",
    "perhaps",
    "wip",
    "consider",
];

/// Words somewhere before one that is only meant or asked for.
const MEANT: [&str; 12] = [
    "next", "proposal", "propose", "remember", "reminder", "stop", "stopped", "asks", "asked",
    "wants", "please", "expected",
];

/// Words directly before one that is still to come.
const AHEAD: [&str; 8] = [
    "approve",
    "approves",
    "approved",
    "hopefully",
    "probably",
    "possibly",
    "for",
    "booked",
];

fn is_line_described(line: &str, scope: DeployLogScope<'_>) -> bool {
    let parts: Vec<&str> = line.split_whitespace().collect();
    let waits = || {
        words::words(line).iter().any(|word| {
            PREPARED.contains(&word.as_str())
                || WAITING.contains(&word.as_str())
                || outcome_words::is_plan(word)
                || outcome_words::is_failure(word)
        })
    };
    let is_meant = |part: &&str| {
        let word = part.trim_matches(|c: char| !c.is_alphanumeric());
        MEANT.contains(&word.to_lowercase().as_str())
    };
    parts.iter().enumerate().any(|(at, part)| {
        let before = at.checked_sub(1).map_or("", |at| parts[at]);
        let before = before.trim_end_matches(':').to_lowercase();
        let named = part
            .trim_start_matches(['(', '[', '*', '`', ':'])
            .to_lowercase();
        let is_version =
            |word: &str| whole_version(word, words::announces_version(&before)).is_some();
        if named.strip_suffix('?').is_some_and(is_version)
            || (is_version(&named)
                && ([&PREPARED[..], &AHEAD].concat().contains(&before.as_str())
                    || parts[..at].iter().any(is_meant)))
        {
            return true;
        }
        let next = parts
            .get(at + 1)
            .filter(|_| is_version(&named))
            .copied()
            .unwrap_or_default();
        let word = next
            .trim_end_matches(|c: char| !c.is_alphanumeric())
            .to_lowercase();
        // `v62 (pending approval)`
        if let Some(inside) = word.strip_prefix('(') {
            return outcome_words::is_plan(inside) || outcome_words::is_failure(inside);
        }
        // The marks of Thai are no letters.
        let is_word = word.contains(char::is_alphabetic)
            && word.chars().all(|c| c.is_alphabetic() || !c.is_ascii());
        let is_known = BEHIND.contains(&word.as_str())
            || outcome_words::is_done(&word)
            || outcome_words::is_past(&word)
            || word == scope.alias
            || (CONTENTS.contains(&word.as_str()) && !waits());
        is_word && !is_known
    })
}

/// Whether a word is a name with a hyphen, such as `webhook-relay`, and not this function's.
pub(super) fn is_name(word: &str, scope: DeployLogScope<'_>) -> bool {
    let prefix = word.split('-').next().unwrap_or_default();
    word.contains('-')
        && word.chars().all(|c| c.is_ascii_alphabetic() || c == '-')
        && word != scope.function.to_lowercase()
        && !matches!(
            prefix,
            "re" | "hot" | "go" | "roll" | "pre" | "post" | "fast" | "re-"
        )
}

/// Whether it speaks of a part of the traffic: `shifted 50% of prod to v62`.
pub(super) fn is_partial(text: &str) -> bool {
    let shares = text.match_indices('%').map(|(at, _)| {
        let before = text[..at].trim_end();
        let digits = before.bytes().rev().take_while(u8::is_ascii_digit).count();
        before[before.len() - digits..].parse::<u8>().ok()
    });
    let shares: Vec<_> = shares.flatten().collect();
    let is_about_traffic = |word: &String| {
        let parts = ["shift", "ramp", "weight", "traffic", "rollout"];
        parts.iter().any(|part| word.starts_with(part))
    };
    !shares.is_empty()
        && shares.iter().all(|share| *share < 100)
        && words::words(text).iter().any(is_about_traffic)
}

/// Whether the version goes to what may be a part of production, or to a function that has another name:
/// `v62 to green`, `to prod-shadow`, `webhook-relay v62`.
pub(super) fn is_elsewhere(text: &[String], scope: DeployLogScope<'_>) -> bool {
    let is_part = |word: &str| {
        matches!(word, "green" | "blue" | "shadow" | "dark") || word.starts_with("prod-")
    };
    text.windows(2).any(|pair| {
        (pair[0] == "to" && is_part(&pair[1]))
            || (is_name(&pair[0], scope) && whole_version(&pair[1], false).is_some())
    })
}

/// The text of an entry whose first words name its version, without those that only name others: the lines below
/// a heading, and in a line what begins as contents do, `(fixes callbacks of v59)`.
pub(super) fn without_contents(text: &str, is_heading: bool, scope: DeployLogScope<'_>) -> String {
    let named = |part: &str| versions(&words::words(part), scope).named;
    let ends = |c: char| c == '\n' || (!is_heading && "(),;:\u{2013}\u{2014}".contains(c));
    let mut parts = text.split_inclusive(ends);
    let first = parts.next().unwrap_or_default();
    let [own] = named(first).try_into().unwrap_or_default();
    if own.is_empty() {
        return text.to_owned();
    }
    let is_of_deployment = |word: &String| {
        *word == scope.alias
            || words::is_production(word)
            || outcome_words::is_done(word)
            || outcome_words::is_failure(word)
            || DEPLOYING.contains(&word.as_str())
    };
    let is_content = |part: &&str| {
        let others = named(part);
        let words = words::words(part);
        !others.is_empty()
            && !others.contains(&own)
            && (is_heading || begins_as_content(&words))
            && !words.iter().any(is_of_deployment)
    };
    let kept = parts.filter(|part| !is_content(part));
    std::iter::once(first).chain(kept).collect()
}

/// Words by which a line may tell of another deployment.
const DEPLOYING: [&str; 13] = [
    "alias", "->", "deploy", "back", "now", "still", "then", "later", "followed", "instead",
    "switched", "moved", "next",
];

/// The text without how to go back, where it names a version without that: `Rollback plan: …`, `Rollback to:
/// 60`, `(rollback: duckops alias rollback --to 60)`.
pub(super) fn without_way_back(text: &str) -> String {
    const PLANS: [&str; 7] = [
        "plan",
        "procedure",
        "steps",
        "command",
        "target",
        "version",
        "to:",
    ];
    let is_plan = |line: &str| {
        let line = line.trim_start_matches([' ', '-', '*']).to_lowercase();
        let rest = line
            .strip_prefix("rollback")
            .map(|rest| rest.trim_start().to_owned());
        rest.is_some_and(|rest| {
            PLANS.iter().any(|plan| rest.starts_with(plan)) || rest.contains("--")
        })
    };
    let kept: Vec<String> = text
        .lines()
        .filter(|line| !is_plan(line))
        .map(|line| match line.split_once('(') {
            Some((before, inside)) if is_plan(inside) => before.to_owned(),
            _ => line.to_owned(),
        })
        .collect();
    kept.join("\n")
}
