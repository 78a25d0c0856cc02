//! Words that say that a deployment was planned or did not work.

use super::words::{self, whole_version};

pub(super) fn is_planned_word(word: &str) -> bool {
    matches!(
        word,
        "planned"
            | "scheduled"
            | "upcoming"
            | "tbd"
            | "todo"
            | "proposed"
            | "queued"
            | "tentative"
            | "postponed"
            | "deferred"
            | "draft"
    )
}

pub(super) fn is_negated(text: &[String]) -> bool {
    text.windows(2).any(|pair| {
        (pair[0] == "no" && pair[1] == "go")
            || pair[0] == "not"
                && (words::is_done(&pair[1])
                    || matches!(pair[1].as_str(), "yet" | "in" | "started"))
    })
}

/// Whether the words say that it was planned or did not work.
pub(super) fn is_undone(text: &[String]) -> bool {
    let is_version = |word: &str| whole_version(word, true).is_some();
    let is_act = |word: &str| {
        matches!(
            word,
            "deploy"
                | "deployment"
                | "deploying"
                | "promotion"
                | "rollout"
                | "release"
                | "canary"
                | "smoke"
                | "upload"
                | "to"
        )
    };
    let at = |at: usize| text.get(at).map_or("", String::as_str);
    text.iter().enumerate().any(|(here, word)| {
        let before = here.checked_sub(1).map_or("", at);
        let after = at(here + 1);
        if is_planned_word(word) {
            return before != "as"
                && !matches!(
                    after,
                    "maintenance" | "window" | "downtime" | "job" | "jobs" | "task" | "tasks"
                );
        }
        let fails = matches!(
            word.as_str(),
            "failed"
                | "aborted"
                | "cancelled"
                | "canceled"
                | "abandoned"
                | "rejected"
                | "unsuccessful"
                | "failure"
                | "skipped"
                | "blocked"
                | "withdrawn"
                | "denied"
                | "vetoed"
                | "yanked"
                | "halted"
        );
        fails
            && (here == 0
                || here + 1 == text.len()
                || is_version(before)
                || words::announces_version(after)
                || is_act(before)
                || is_act(after))
    }) || is_negated(text)
        || text.windows(2).any(|pair| {
            matches!(
                (pair[0].as_str(), pair[1].as_str()),
                ("waiting", "for")
                    | ("awaiting", _)
                    | (
                        "will",
                        "be" | "deploy"
                            | "promote"
                            | "go"
                            | "ship"
                            | "release"
                            | "move"
                            | "roll"
                            | "publish"
                            | "follow"
                    )
                    | ("plan" | "plans" | "planning" | "about", "to")
                    | ("to", "be")
                    | ("going", "to")
                    | ("dry", "run")
            )
        })
        || text.iter().any(|word| word == "dry-run")
}

/// Whether the words deny something that may be the deployment: `did not go out`, `wasn't moved`.
pub(super) fn is_in_doubt(text: &[String]) -> bool {
    // `to version 62 and, ten minutes later, back to 61`
    let is_back = |three: &[String]| {
        three[0] == "back" && three[1] == "to" && whole_version(&three[2], true).is_some()
    };
    text.windows(3).any(is_back)
        || text.iter().any(|word| word == "unchanged")
        || text.windows(2).any(|pair| {
            matches!(
                (pair[0].as_str(), pair[1].as_str()),
                ("did" | "was" | "could" | "would" | "will", "not")
                    | ("has" | "have" | "needs", "to")
                    | ("didn" | "wasn" | "couldn" | "wouldn" | "won", "t")
            )
        })
}
