//! Words of an entry: versions, and what says that it is no deployment of this alias.

/// The words of a text in lower case: letters, digits and the marks that are part of a name.
pub(super) fn words(text: &str) -> Vec<String> {
    let text = text
        // Digits as marks.
        .replace("\u{fe0f}\u{20e3}", "")
        .replace("->", " -> ")
        .replace(
            ['\u{2192}', '\u{279c}', '\u{2794}', '\u{27a1}', '\u{21d2}'],
            " -> ",
        )
        .replace("=>", " -> ");
    let is_part = |c: char| c.is_alphanumeric() || "-_./>".contains(c);
    let mut words = Vec::new();
    for part in text.split(|c: char| !is_part(c) && c != ':') {
        // A colon ends a name (`version: 61`) or joins two (`mission-control-api:61`).
        for word in part.split(':') {
            let word = match word {
                "->" => word,
                _ => word.trim_matches(['.', '-', '_', '/', '>']),
            };
            if !word.is_empty() {
                words.push(word.to_lowercase());
            }
        }
    }
    words
}

/// `v61`, and with `bare` also `61`.
pub(super) fn whole_version(word: &str, bare: bool) -> Option<String> {
    let number = match word.strip_prefix('v') {
        Some(number) => number,
        None if bare => word,
        None => return None,
    };
    let fits = (1..=6).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    let number = fits.then(|| number.trim_start_matches('0'))?;
    (!number.is_empty()).then(|| number.to_owned())
}

/// `v2.0.1` or `2.0`: the number of a release.
pub(super) fn is_release(word: &str) -> bool {
    let number = word.strip_prefix('v').unwrap_or(word);
    let number = number.split(['-', '+']).next().unwrap_or(number);
    number.contains('.')
        && number
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether the next word, a number, is a version.
pub(super) fn announces_version(word: &str) -> bool {
    // `versione`, `versie`
    word.starts_with("vers") || word.ends_with("version") || word == "ver"
}

/// Things that have versions of their own: the number behind such a word is none of the function's.
pub(super) fn is_thing_with_versions(word: &str) -> bool {
    matches!(
        word,
        "api"
            | "schema"
            | "runbook"
            | "runbooks"
            | "doc"
            | "docs"
            | "document"
            | "node"
            | "nodejs"
            | "python"
            | "java"
            | "ruby"
            | "go"
            | "dotnet"
            | "terraform"
            | "sdk"
            | "cli"
            | "protocol"
            | "template"
            | "spec"
            | "format"
            | "policy"
            | "plan"
            | "config"
            | "configuration"
            | "table"
            | "database"
            | "db"
            | "migration"
            | "layer"
            | "image"
            | "chart"
            | "helm"
            | "frontend"
            | "ui"
            | "web"
            | "website"
            | "app"
            | "page"
            | "site"
            | "dashboard"
            | "android"
            | "ios"
            | "client"
            | "openapi"
            | "contract"
            | "checklist"
            | "log"
    )
}

/// Words of an environment that is not production, wherever they stand.
pub(super) fn is_other_environment(word: &str) -> bool {
    matches!(
        word,
        "staging"
            | "stage"
            | "stg"
            | "staged"
            | "qa"
            | "uat"
            | "sandbox"
            | "preprod"
            | "pre-prod"
            | "pre-production"
            | "preproduction"
            | "nonprod"
            | "non-prod"
            | "preview"
            | "dev"
            | "development"
    )
}

/// Words of an environment where a name is expected: in a column or a bracket.
pub(super) fn names_other_environment(word: &str) -> bool {
    is_other_environment(word)
        || matches!(
            word,
            "test"
                | "testing"
                | "beta"
                | "demo"
                | "canary"
                | "local"
                | "integration"
                | "int"
                | "perf"
        )
}

/// Words that say that it was not done yet.
pub(super) fn is_plan(word: &str) -> bool {
    matches!(
        word,
        "planned"
            | "scheduled"
            | "pending"
            | "upcoming"
            | "tbd"
            | "todo"
            | "draft"
            | "proposed"
            | "queued"
            | "candidate"
            | "tentative"
            | "waiting"
            | "postponed"
            | "deferred"
            | "on-hold"
            | "next"
            | "in-progress"
            | "progress"
            | "ongoing"
            | "started"
            | "wip"
            | "ready"
    )
}

/// Words that say that it did not work.
pub(super) fn is_failure(word: &str) -> bool {
    matches!(
        word,
        "failed"
            | "failure"
            | "aborted"
            | "abandoned"
            | "cancelled"
            | "canceled"
            | "rejected"
            | "skipped"
            | "error"
            | "errored"
            | "blocked"
            | "withdrawn"
            | "void"
            | "no-go"
            | "fail"
            | "unsuccessful"
            | "dry-run"
            | "dryrun"
            | "denied"
    )
}

/// Marks by which a status says that it is not done, or did not work.
pub(super) const NOT_DONE: [char; 16] = [
    '🛑', '❌', '✗', '✘', '✖', '🚫', '⛔', '⏳', '🔴', '🟡', '🚧', '🕒', '🔜', '⏸', '🗓', '📅',
];

/// Marks by which it is done.
pub(super) const DONE: [char; 4] = ['✅', '✔', '✓', '🟢'];

/// Words that say that it was done.
pub(super) fn is_done(word: &str) -> bool {
    matches!(
        word,
        "live"
            | "deployed"
            | "promoted"
            | "released"
            | "shipped"
            | "done"
            | "ok"
            | "success"
            | "successful"
            | "succeeded"
            | "complete"
            | "completed"
            | "active"
            | "serving"
            | "current"
            | "verified"
            | "passed"
            | "pass"
            | "green"
            | "good"
            | "yes"
            | "stable"
            | "healthy"
            | "finished"
            | "prod"
            | "production"
            | "rolled-out"
    )
}

/// Words of a version that served once.
pub(super) fn is_past(word: &str) -> bool {
    matches!(
        word,
        "retired"
            | "superseded"
            | "replaced"
            | "old"
            | "previous"
            | "former"
            | "archived"
            | "inactive"
    )
}

/// Words that stand in entries that are about the document, and no deployment.
pub(super) fn is_about_document(words: &[String]) -> bool {
    let has = |word: &str| words.iter().any(|known| known == word);
    has("review")
        || has("reviewed")
        || has("runbook")
        || has("example")
        || has("template")
        || (has("last") && (has("updated") || has("update") || has("modified") || has("edited")))
        || (has("generated") && !has("deployed"))
}

/// Whether the words speak of rolling back.
pub(super) fn is_rollback(words: &[String]) -> bool {
    let rolls = |word: &String| matches!(word.as_str(), "roll" | "rolled" | "rolling" | "rolls");
    // `rolled back`, `rolled prod back`
    let pair = |group: &[String]| {
        (rolls(&group[0]) && group[1..].iter().take(2).any(|word| word == "back"))
            || (group[0] == "backed" && group[1] == "out")
    };
    let single = |word: &String| {
        matches!(
            word.as_str(),
            "rollback" | "roll-back" | "rolled-back" | "rolledback" | "reverted" | "revert"
        )
    };
    words.iter().any(single)
        || (0..words.len()).any(|at| words.len() > at + 1 && pair(&words[at..]))
}

/// `auth-api`, `billing_worker`: the name of a function that is not ours.
pub(super) fn is_other_function(word: &str, function: &str) -> bool {
    const KINDS: [&str; 9] = [
        "api", "service", "worker", "lambda", "function", "handler", "fn", "job", "consumer",
    ];
    let is_name = word.contains(['-', '_']) && word.contains(|c: char| c.is_alphabetic());
    let end = word.rsplit(['-', '_']).next().unwrap_or_default();
    is_name && !word.eq_ignore_ascii_case(function) && KINDS.contains(&end)
}
