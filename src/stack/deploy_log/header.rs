//! What a column or a label holds.

use super::outcome_words;
use super::words::{is_production, is_thing_with_versions, names_other_environment, words};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Date,
    /// When it was done, or whether.
    Done,
    /// Whether, or when, it was taken back.
    Undone,
    /// Whether, or until when, it served.
    Ended,
    /// Whether it failed, waits or was a trial: `dry_run`, `failed`.
    Against,
    Version,
    /// The version before.
    Previous,
    /// How to go back, where nothing says that it was done.
    WayBack,
    Environment,
    /// Which alias.
    Alias,
    Status,
    /// Whether it went well: yes or no.
    Success,
    ExitCode,
    Function,
    /// Whether it was approved.
    Approval,
    /// The part of the traffic.
    Share,
    Other,
}

/// The words of a header, those of names such as `rolled_back` and `rolledBack` apart.
fn parts(header: &str) -> Vec<String> {
    let mut text = String::new();
    let mut before = ' ';
    for c in header.chars() {
        if c.is_uppercase() && before.is_lowercase() {
            text.push(' ');
        }
        text.push(if matches!(c, '_' | '-') { ' ' } else { c });
        before = c;
    }
    words(&text)
}

/// Words beside the one that tells what a column holds: `in prod?`, `rolled back at`.
const BESIDE: [&str; 17] = [
    "in",
    "on",
    "to",
    "at",
    "is",
    "was",
    "since",
    "when",
    "date",
    "time",
    "datetime",
    "timestamp",
    "utc",
    "yet",
    "now",
    "ts",
    "day",
];

impl Column {
    pub(super) fn of(header: &str) -> Self {
        let words = parts(header);
        let has = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
        // Whether nothing but these words says what it holds.
        let only = |names: &[&str]| {
            let mut told = words.iter().filter(|word| !BESIDE.contains(&word.as_str()));
            has(names) && told.all(|word| names.contains(&word.as_str()))
        };
        // The word is nearly the same in many languages.
        let begins = |name: &str| words.iter().any(|word| word.starts_with(name));
        let is_back = has(&[
            "rollback", "rolled", "roll", "reverted", "revert", "backout", "fallback",
        ]);
        let is_of_thing = words
            .iter()
            .any(|word| is_thing_with_versions(word) && word != "app" || word == "runtime");
        match () {
            () if is_back
                && only(&[
                    "rolled",
                    "reverted",
                    "back",
                    "rolledback",
                    "backed",
                    "out",
                    "undone",
                ]) =>
            {
                Self::Undone
            }
            () if is_back => Self::WayBack,
            () if only(&["backed", "out"]) || only(&["undone"]) || only(&["withdrawn"]) => {
                Self::Undone
            }
            () if only(&[
                "retired",
                "removed",
                "superseded",
                "decommissioned",
                "ended",
                "until",
            ]) =>
            {
                Self::Ended
            }
            () if has(&["from", "previous", "prev", "old", "before", "replaced"]) => Self::Previous,
            () if has(&["ver", "functionversion", "v", "版本", "バージョン", "버전"])
                || begins("vers") =>
            {
                match is_of_thing {
                    true => Self::Other,
                    false => Self::Version,
                }
            }
            () if has(&[
                "date",
                "when",
                "time",
                "timestamp",
                "day",
                "utc",
                "datum",
                "日期",
                "日付",
                "日時",
                "时间",
                "날짜",
            ]) && !words.iter().any(|word| is_production(word)) =>
            {
                Self::Date
            }
            () if words == ["done"]
                || only(&["prod", "production", "prd", "live", "deployed", "go"]) =>
            {
                Self::Done
            }
            () if only(&["active", "activated", "promoted", "serving"]) => Self::Done,
            () if has(&["deployed", "released", "live"]) && !has(&["by", "until", "to"]) => {
                Self::Done
            }
            () if has(&[
                "env",
                "environment",
                "stage",
                "target",
                "环境",
                "環境",
                "환경",
            ]) =>
            {
                Self::Environment
            }
            () if has(&["alias"]) => Self::Alias,
            () if words == ["exit", "code"] || words == ["exitcode"] || words == ["rc"] => {
                Self::ExitCode
            }
            () if words.len() == 1
                && has(&["success", "successful", "succeeded", "ok", "passed"]) =>
            {
                Self::Success
            }
            () if has(&["machine", "static", "statistics", "stats", "statement"]) => Self::Other,
            () if has(&[
                "state",
                "result",
                "results",
                "outcome",
                "conclusion",
                "verdict",
                "estado",
                "状态",
                "状態",
                "ステータス",
                "结果",
                "結果",
                "상태",
                "결과",
            ]) || begins("stat") =>
            {
                Self::Status
            }
            () if has(&["function", "lambda", "service", "component", "app"]) => Self::Function,
            () if has(&["approved", "approval"]) && !has(&["by"]) => Self::Approval,
            () if has(&["traffic", "weight", "share", "percent"]) => Self::Share,
            () if is_against(&words) => Self::Against,
            () => Self::Other,
        }
    }
}

fn is_against(words: &[String]) -> bool {
    let told: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|word| !BESIDE.contains(word))
        .collect();
    match told.as_slice() {
        ["dry", "run"] | ["called", "off"] | ["pre", "release"] => true,
        [word] => {
            matches!(*word, "canary" | "simulated" | "withdrawn")
                || outcome_words::is_failure(word)
                || outcome_words::is_plan_of_act(word)
        }
        _ => false,
    }
}

/// How well the date of a label tells when it was deployed, the best first; `None` for one that does not.
pub(super) fn date_of(label: &str) -> Option<u8> {
    let words = parts(label);
    let has = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
    if has(&[
        "updated",
        "modified",
        "edited",
        "reviewed",
        "review",
        "generated",
        "expires",
        "due",
    ]) {
        return None;
    }
    if words.iter().any(|word| names_other_environment(word)) {
        return Some(3);
    }
    match Column::of(label) {
        Column::Done => Some(0),
        Column::Date => Some(1),
        Column::Other | Column::Success => Some(2),
        Column::Approval | Column::Against => Some(4),
        _ => None,
    }
}

/// Whether a date under a label says that it was done, somewhere or for a time, or was taken back.
pub(super) fn is_event(label: &str) -> bool {
    let is_place = || {
        parts(label)
            .iter()
            .any(|word| names_other_environment(word))
    };
    matches!(
        Column::of(label),
        Column::Done | Column::Undone | Column::Ended
    ) || is_place()
}
