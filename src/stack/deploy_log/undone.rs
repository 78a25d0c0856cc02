//! What the words of an entry say against a deployment: planned, undone, or not to be sure of.

use super::DeployLogScope;
use super::clause::{Clause, first_said, is_verdict};
use super::outcome_words;
use super::words::{self, whole_version};

/// What the words say, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SaidAgainst {
    /// Nothing against it.
    Open,
    /// A word against it, which may be about something else.
    Mentioned,
    /// It may not serve.
    Doubtful,
    /// It was planned, or did not work.
    Undone,
}

pub(super) fn is_negated(text: &[String]) -> bool {
    text.windows(2).any(|pair| {
        let is_act = outcome_words::is_done(&pair[1])
            || matches!(
                pair[1].as_str(),
                "yet"
                    | "in"
                    | "in-progress"
                    | "started"
                    | "approved"
                    | "granted"
                    | "given"
                    | "obtained"
            );
        pair[0] == "not" && is_act
    })
}

/// What the clauses of an entry say.
pub(super) fn standing(clauses: &[Clause], scope: DeployLogScope<'_>) -> SaidAgainst {
    let all = clauses.iter().map(|clause| of_clause(clause, scope));
    all.max().unwrap_or(SaidAgainst::Open)
}

fn of_clause(clause: &[String], scope: DeployLogScope<'_>) -> SaidAgainst {
    let said = clause.iter().enumerate().filter_map(|(at, word)| {
        let before = at.checked_sub(1).map_or("", |at| clause[at].as_str());
        let next = clause.get(at + 1).map_or("", String::as_str);
        // `as planned`, `no errors`, `planned maintenance`
        let is_usual = matches!(before, "as" | "no" | "without" | "0")
            || (word == "dry-run" && next == "for")
            || matches!(
                next,
                "maintenance" | "window" | "downtime" | "job" | "jobs" | "task" | "tasks"
            );
        // `OutOfSync/Degraded`
        let is_against =
            |word: &str| outcome_words::is_failure(word) || outcome_words::is_plan_of_act(word);
        if is_usual || !word.split('/').any(is_against) {
            return None;
        }
        Some(match is_verdict(clause, at, scope) {
            true => SaidAgainst::Undone,
            false => SaidAgainst::Mentioned,
        })
    });
    let worst = said.max().unwrap_or(SaidAgainst::Open);
    let begins_as_announced = (1..clause.len()).any(|at| {
        is_to_come(&clause[at - 1], &clause[at]) && is_verdict(&clause[..at], at - 1, scope)
    });
    match () {
        () if is_negated(clause) || begins_as_announced => SaidAgainst::Undone,
        () if is_doubtful(clause, scope) => worst.max(SaidAgainst::Doubtful),
        () => worst,
    }
}

/// `will be deployed`, `waiting for approval`
fn is_to_come(one: &str, two: &str) -> bool {
    matches!(
        (one, two),
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
    )
}

/// Whether a clause may say that the version does not serve: `pulled after 5 min`, `traffic back on 60`, `10 %
/// only`, `did not go out`. Such verdicts have no end: a participle that is not known, where it is what the
/// clause says first, is one.
fn is_doubtful(clause: &[String], scope: DeployLogScope<'_>) -> bool {
    let has = |names: &[&str]| clause.iter().any(|word| names.contains(&word.as_str()));
    let last = clause.last().map_or("", String::as_str);
    let is_back = |three: &[String]| {
        // `to version 62 and, ten minutes later, back to 61`
        (three[0] == "back" && three[1] == "to" && whole_version(&three[2], true).is_some())
            || (three[0] == "removed" && three[1] == "from" && words::is_production(&three[2]))
    };
    // `no changes to deploy`
    let is_nothing = |three: &[String]| {
        matches!(three[0].as_str(), "change" | "changes" | "nothing")
            && three[1] == "to"
            && matches!(
                three[2].as_str(),
                "deploy" | "apply" | "release" | "publish"
            )
    };
    let tells = |pair: &[String]| {
        let (one, two) = (pair[0].as_str(), pair[1].as_str());
        is_to_come(one, two)
            || (one == "exit" && whole_version(two, true).is_some())
            || matches!(
                (one, two),
                ("did" | "was" | "could" | "would" | "will", "not")
                    | ("didn" | "wasn" | "couldn" | "wouldn" | "won", "t")
                    | ("has" | "have", "to")
                    | ("needs" | "need" | "requires" | "dark", _)
                    | ("in" | "under" | "for", "review")
                    | ("behind", "flag" | "a" | "the" | "feature")
                    | ("goes" | "go", "out" | "live")
                    | (
                        "next",
                        "week" | "sprint" | "month" | "train" | "release" | "window"
                    )
                    | ("to", "follow")
                    | (
                        "no" | "without" | "lacks" | "missing",
                        "approval" | "approvals"
                    )
                    | ("no", "updates")
                    | ("still" | "stays" | "stayed" | "kept", "on")
                    | ("waiting", _)
                    | ("rolled", "off")
                    | ("exit", "code")
                    | (
                        "for" | "until",
                        "monday" | "tuesday" | "wednesday" | "thursday" | "friday"
                    )
                    | ("before", "release" | "deploy" | "deployment")
            )
    };
    let is_of_test =
        clause.first().is_some_and(|word| word == "for") && has(&["test", "tests", "testing"]);
    // `edge function`
    let is_thing = clause.len() <= 2
        && matches!(last, "worker" | "consumer" | "function" | "job")
        && first_said(clause, scope).is_some();
    is_of_test
        || is_thing
        || first_said(clause, scope).is_some_and(outcome_words::is_fate)
        || matches!(
            last,
            "only" | "split" | "red" | "hold" | "tomorrow" | "tonight" | "soon" | "later"
        )
        || has(&[
            "unchanged",
            "untouched",
            "undone",
            "undeployed",
            "never",
            "unapproved",
        ])
        || clause
            .iter()
            .any(|word| outcome_words::is_against_in_others(word))
        || clause.windows(3).any(is_nothing)
        || (has(&["traffic"]) && !has(&["100", "all", "full"]))
        || (has(&["back"]) && !words::is_rollback(clause) && !has(&["to", "up"]))
        || clause.windows(2).any(tells)
        || clause.windows(3).any(is_back)
}
