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
            let word = word.to_lowercase();
            // `UPDATE_ROLLBACK_COMPLETE`
            let ends_as_state = word.rsplit_once('_').is_some_and(|(_, end)| is_state(end));
            match ends_as_state {
                true => words.extend(
                    word.split('_')
                        .filter(|part| !part.is_empty())
                        .map(str::to_owned),
                ),
                false if word.is_empty() => {}
                false => words.push(word),
            }
        }
    }
    words
}

/// The last word of a state such as `UPDATE_FAILED`.
fn is_state(word: &str) -> bool {
    matches!(
        word,
        "complete"
            | "completed"
            | "failed"
            | "failure"
            | "progress"
            | "success"
            | "succeeded"
            | "error"
            | "back"
            | "rollback"
            | "stopped"
            | "pending"
            | "cancelled"
            | "canceled"
            | "aborted"
            | "rejected"
            | "skipped"
            | "out"
            | "approval"
    )
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
                | "loadtest"
                | "load-test"
                | "acceptance"
                | "acc"
                | "accept"
                | "acpt"
                | "pre"
                | "tst"
        )
}

/// The number of an AWS account.
pub(super) fn is_account(word: &str) -> bool {
    word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// `us-east-1`
pub(super) fn is_region(word: &str) -> bool {
    let mut parts = word.rsplit('-');
    let number = parts.next().unwrap_or_default();
    number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit()) && parts.count() == 2
}

/// `prod`, whatever the alias is called.
pub(super) fn is_production(word: &str) -> bool {
    matches!(
        word,
        "prod" | "production" | "prd" | "生产" | "生产环境" | "本番" | "本番環境" | "운영"
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
            "rollback"
                | "roll-back"
                | "rolled-back"
                | "rolledback"
                | "reverted"
                | "revert"
                | "auto-rollback"
                | "autorollback"
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
