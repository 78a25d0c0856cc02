//! What a row of a table with a header is.

use super::blocks::Block;
use super::prose::{EntryKind, is_production, prose, rolled_back};
use super::table::Column;
use super::undone::{is_negated, is_planned_word};
use super::words::{self, whole_version};
use super::{DeployLogScope, NoVersion};

/// A row of a table with a header.
pub(super) fn row(block: &Block, scope: DeployLogScope<'_>) -> EntryKind {
    let of = |wanted: Column| {
        let cells = block
            .cells
            .iter()
            .filter(move |(column, _)| *column == wanted);
        cells.map(|(_, cell)| words::words(cell))
    };
    let any = |wanted: Column, holds: &dyn Fn(&String) -> bool| {
        of(wanted).flatten().any(|word| holds(&word))
    };
    let is_ours = |word: &String| *word == scope.alias || is_production(word);
    let functions: Vec<String> = of(Column::Function).flatten().collect();
    let is_other_function = functions.iter().any(|word| {
        word.contains(|c: char| c.is_alphabetic()) && whole_version(word, false).is_none()
    }) && !functions.iter().any(|word| {
        word.eq_ignore_ascii_case(scope.function)
            || matches!(word.as_str(), "lambda" | "backend" | "function")
    });
    // An environment may stand under any header.
    let alone = of(Column::Other).filter(|words| words.len() == 1).flatten();
    let names_another = alone
        .into_iter()
        .any(|word| words::is_other_environment(&word));
    let is_other_alias =
        any(Column::Alias, &|_| true) && !any(Column::Alias, &|word| *word == scope.alias);
    let is_elsewhere = (names_another
        || any(Column::Environment, &|word| {
            words::names_other_environment(word)
        }))
        && !any(Column::Environment, &is_ours);
    if is_other_function || is_other_alias || is_elsewhere {
        return EntryKind::Other;
    }
    let status: Vec<String> = of(Column::Status).flatten().collect();
    let rest: Vec<String> = block
        .cells
        .iter()
        .filter(|(column, _)| matches!(column, Column::Status | Column::Approval | Column::Other))
        .flat_map(|(_, cell)| words::words(cell))
        .collect();
    let is_marked = block.cells.iter().any(|(column, cell)| {
        let is_mark = *column == Column::Status || !cell.contains(char::is_alphanumeric);
        is_mark && cell.contains(words::NOT_DONE)
    });
    let denies = |(column, cell): &(Column, String)| {
        let first = words::words(cell).into_iter().next();
        *column == Column::Done
            && !cell.contains(words::DONE)
            && first.is_none_or(|word| word == "no" || word == "not" || words::is_plan(&word))
    };
    let is_approved = !any(Column::Approval, &|word| {
        word == "no" || word == "not" || words::is_plan(word)
    });
    let is_undone = !is_approved
        || block.cells.iter().any(denies)
        || status
            .iter()
            .any(|word| words::is_plan(word) || words::is_failure(word))
        || is_marked
        || is_negated(&status);
    let versions: Vec<Vec<String>> = of(Column::Version).collect();
    let number = |words: &[String]| {
        words
            .iter()
            .rev()
            .find_map(|word| whole_version(word, true))
    };
    let named: Vec<String> = versions.iter().filter_map(|words| number(words)).collect();
    if words::is_rollback(&rest) {
        // The version column of such a row holds where it went or what was left: the words tell.
        let mut all = rest.clone();
        let held = named.iter().filter(|version| !mentions(&rest, version));
        all.extend(held.map(|version| format!("v{version}")));
        all.extend(
            of(Column::Previous)
                .flatten()
                .flat_map(|word| ["from".to_owned(), word]),
        );
        return rolled_back(&all);
    }
    if is_undone {
        return EntryKind::Other;
    }
    if any(Column::Share, &|word| {
        word.parse::<u8>().is_ok_and(|share| share < 100)
    }) {
        return EntryKind::Unclear(NoVersion::Unclear);
    }
    let is_understood = |word: &String| words::is_done(word) || words::is_past(word);
    if !status.is_empty() && !status.iter().any(is_understood) {
        return EntryKind::Unclear(NoVersion::Unclear);
    }
    let first_other = block
        .cells
        .iter()
        .find(|(column, _)| *column == Column::Other);
    let leading = first_other
        .map(|(_, cell)| words::words(cell))
        .unwrap_or_default();
    if status.is_empty()
        && leading
            .first()
            .is_some_and(|word| is_planned_word(word) || word == "failed")
    {
        return EntryKind::Other;
    }
    match named.as_slice() {
        [] if versions
            .iter()
            .flatten()
            .any(|word| words::is_release(word)) =>
        {
            EntryKind::Unclear(NoVersion::None)
        }
        [] => {
            let text: Vec<String> = words::words(&block.text);
            prose(&text, scope, functions)
        }
        [one] => EntryKind::Deployed(one.clone()),
        _ => EntryKind::Unclear(NoVersion::Several),
    }
}

fn mentions(words: &[String], version: &str) -> bool {
    words
        .iter()
        .any(|word| whole_version(word, true).as_deref() == Some(version))
}
