//! What labelled values, the cells of a row or the fields of an entry, say against a deployment of the alias.
//! They are no free text: what is not known to say that it was done does not say so.

use super::clause::{Clause, clauses, first_said};
use super::date;
use super::header::Column;
use super::outcome_words;
use super::prose::EntryKind;
use super::undone::{SaidAgainst, is_negated, standing};
use super::versions::is_partial;
use super::words::{self, whole_version};
use super::{DeployLogScope, NoVersion};

type Cells = [(Column, String)];

/// The words of every cell of a column.
pub(super) fn of(cells: &Cells, wanted: Column) -> impl Iterator<Item = Vec<String>> {
    let cells = cells.iter().filter(move |(column, _)| *column == wanted);
    cells.map(|(_, cell)| words::words(cell))
}

/// Whether it was somewhere else: another function, alias or environment, or one whose name is not known.
pub(super) fn elsewhere(cells: &Cells, scope: DeployLogScope<'_>) -> Option<EntryKind> {
    let is_ours = |word: &String| *word == scope.alias || words::is_production(word);
    let is_number = |word: &String| whole_version(word, true).is_some();
    let functions: Vec<String> = of(cells, Column::Function).flatten().collect();
    let is_other_function = functions.iter().any(|word| {
        word.contains(|c: char| c.is_alphabetic()) && whole_version(word, false).is_none()
    }) && !functions.iter().any(|word| {
        word.eq_ignore_ascii_case(scope.function)
            || matches!(word.as_str(), "lambda" | "backend" | "function")
    });
    let aliases: Vec<String> = of(cells, Column::Alias).flatten().collect();
    let is_other_alias = !aliases.is_empty() && !aliases.contains(&scope.alias.to_owned());
    if is_other_function || is_other_alias {
        return Some(EntryKind::Other);
    }
    let places: Vec<String> = of(cells, Column::Environment).flatten().collect();
    if places.iter().any(is_ours) {
        return None;
    }
    let names_another = |word: &String| {
        word.split('-').any(words::names_other_environment) || words::names_other_environment(word)
    };
    // An environment may stand under any header.
    let alone = of(cells, Column::Other)
        .filter(|words| words.len() == 1)
        .flatten();
    if places.iter().any(names_another)
        || alone
            .into_iter()
            .any(|word| words::is_other_environment(&word))
    {
        return Some(EntryKind::Other);
    }
    let is_known = |word: &String| {
        is_number(word)
            || outcome_words::is_done(word)
            || matches!(word.as_str(), "all" | "both")
            || word.ends_with("-prod")
    };
    (!places.is_empty() && !places.iter().any(is_known))
        .then_some(EntryKind::Unclear(NoVersion::Unclear))
}

fn is_denied(word: &str) -> bool {
    matches!(
        word,
        "no" | "not" | "false" | "never" | "none" | "null" | "n/a" | "n"
    )
}

/// Whether a value says yes, or when.
fn is_affirmed(cell: &str) -> bool {
    let first = words::words(cell).into_iter().next().unwrap_or_default();
    matches!(first.as_str(), "yes" | "true" | "y")
        || cell.contains(outcome_words::DONE)
        || date::find(cell).is_some_and(|found| found.start == 0)
}

/// The words of what says that it was taken back; empty where nothing does.
pub(super) fn taken_back(cells: &Cells) -> Vec<String> {
    let mut all = Vec::new();
    for (column, cell) in cells {
        let first = words::words(cell).into_iter().next().unwrap_or_default();
        let is_said = match column {
            // Any other word than no is a reason, or where it went.
            Column::Undone => {
                let is_no = is_denied(&first) || matches!(first.as_str(), "" | "0");
                is_affirmed(cell) || !(is_no || cell.contains(outcome_words::NOT_DONE))
            }
            Column::WayBack => is_affirmed(cell),
            _ => false,
        };
        if is_said {
            all.extend(["rolled", "back"].map(str::to_owned));
            // Times are no versions.
            let said = words::words(cell);
            let is_target = |at: usize| {
                let before = at.checked_sub(1).map_or("", |at| said[at].as_str());
                matches!(before, "to" | "->") || words::announces_version(before)
            };
            let kept = said.iter().enumerate().filter(|(at, word)| {
                whole_version(word, true).is_none()
                    || whole_version(word, false).is_some()
                    || is_target(*at)
            });
            all.extend(kept.map(|(_, word)| word.clone()));
        }
    }
    all
}

/// Whether it served until a time that has come.
pub(super) fn ended(cells: &Cells, scope: DeployLogScope<'_>) -> bool {
    cells.iter().any(|(column, cell)| match column {
        Column::Ended => {
            let is_to_come =
                date::find(cell).is_some_and(|found| date::is_to_come(found, scope.now));
            is_affirmed(cell) && !is_to_come
        }
        Column::Status => {
            let clauses = clauses(cell);
            let first = clauses.first().and_then(|clause| first_said(clause, scope));
            first.is_some_and(outcome_words::is_past)
        }
        _ => false,
    })
}

/// What a value says of the deployment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    Done,
    Undone,
    /// Both, or nothing that is known.
    Unclear,
}

/// Whether the cells say that it was not done, or do not say that it was.
pub(super) fn undone(cells: &Cells, scope: DeployLogScope<'_>) -> Option<EntryKind> {
    let said: Vec<Says> = cells
        .iter()
        .filter_map(|(column, cell)| says(*column, cell, scope))
        .collect();
    if said.contains(&Says::Undone) {
        return Some(EntryKind::Other);
    }
    // A weight of 1 is all of it.
    let is_part = |cell: &str| {
        let mut shares = words::words(cell)
            .into_iter()
            .filter_map(|word| word.parse().ok());
        shares.any(|share: f64| share < 100.0 && (share != 1.0 || cell.contains('%')))
    };
    let is_partial = cells
        .iter()
        .any(|(column, cell)| *column == Column::Share && is_part(cell));
    (is_partial || said.contains(&Says::Unclear)).then_some(EntryKind::Unclear(NoVersion::Unclear))
}

fn says(column: Column, cell: &str, scope: DeployLogScope<'_>) -> Option<Says> {
    let clauses = clauses(cell);
    let first = clauses.first().and_then(|clause| clause.first());
    let first = first.map_or("", String::as_str);
    if matches!(column, Column::Undone | Column::Ended | Column::WayBack) {
        return None;
    }
    let is_mark = column == Column::Status
        || (column != Column::Against && !cell.contains(char::is_alphanumeric));
    if is_mark && cell.contains(outcome_words::NOT_DONE) {
        return Some(Says::Undone);
    }
    let denies = is_denied(first) || outcome_words::is_plan(first);
    match column {
        Column::Done if cell.contains(outcome_words::DONE) => None,
        Column::Done if first.is_empty() || denies || outcome_words::is_failure(first) => {
            Some(Says::Undone)
        }
        Column::Done if is_partial(cell) => Some(Says::Unclear),
        Column::Against if is_affirmed(cell) => {
            // A planned date is one of every deployment.
            let is_plan_alone = !matches!(first, "yes" | "true" | "y");
            (!is_plan_alone || !cell.contains(char::is_numeric)).then_some(Says::Undone)
        }
        Column::Approval
            if denies
                || clauses
                    .iter()
                    .flatten()
                    .any(|word| outcome_words::is_plan(word)) =>
        {
            Some(Says::Undone)
        }
        Column::ExitCode if first.is_empty() => None,
        Column::ExitCode if first == "0" => Some(Says::Done),
        Column::ExitCode => Some(Says::Undone),
        Column::Success if denies || first == "0" => Some(Says::Undone),
        Column::Success if matches!(first, "true" | "1") => Some(Says::Done),
        Column::Status | Column::Success if first.is_empty() => None,
        Column::Status | Column::Success => Some(status(&clauses, scope)),
        _ => None,
    }
}

fn status(clauses: &[Clause], scope: DeployLogScope<'_>) -> Says {
    let words = clauses.concat();
    // `0/3 green`
    let is_part = |word: &String| {
        let (some, all) = word.split_once('/').unwrap_or_default();
        let numbers = some.parse::<u32>().ok().zip(all.parse::<u32>().ok());
        numbers.is_some_and(|(some, all)| some < all)
    };
    let is_undone = |word: &String| {
        outcome_words::is_plan(word) || outcome_words::is_failure(word) || is_part(word)
    };
    let is_known = |word: &str| outcome_words::is_done(word) || outcome_words::is_past(word);
    // What it says first counts: `removed from prod` is not `live on prod`.
    let first = clauses.first().and_then(|clause| first_said(clause, scope));
    let is_done = first.map_or_else(|| words.iter().any(|word| is_known(word)), is_known);
    match () {
        () if is_negated(&words) || words.iter().any(is_undone) => Says::Undone,
        () if is_done && standing(clauses, scope) < SaidAgainst::Doubtful => Says::Done,
        () => Says::Unclear,
    }
}
