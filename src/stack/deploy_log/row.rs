//! What a row of a table with a header is.

use super::blocks::Block;
use super::clause::{Clause, clauses, is_content};
use super::columns::{elsewhere, of, taken_back, undone};
use super::header::Column;
use super::prose::{EntryKind, prose, rolled_back};
use super::undone::{SaidAgainst, standing};
use super::versions::without_way_back;
use super::words::{self, whole_version};
use super::{DeployLogScope, NoVersion};

/// A row of a table with a header.
pub(super) fn row(block: &Block, scope: DeployLogScope<'_>) -> EntryKind {
    let cells = &block.cells;
    if let Some(kind) = elsewhere(cells, scope) {
        return kind;
    }
    let is_remark = |column: &Column| {
        matches!(
            column,
            Column::Status | Column::Approval | Column::Done | Column::Other
        )
    };
    let mut rest: Vec<String> = cells
        .iter()
        .filter(|(column, _)| is_remark(column))
        .flat_map(|(_, cell)| clauses(&without_way_back(cell)))
        .filter(|clause| !is_content(clause))
        .flatten()
        .collect();
    rest.extend(taken_back(cells));
    let versions: Vec<Vec<String>> = of(cells, Column::Version).collect();
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
            of(cells, Column::Previous)
                .flatten()
                .flat_map(|word| ["from".to_owned(), word]),
        );
        return rolled_back(&all);
    }
    if let Some(kind) = undone(cells, scope) {
        return kind;
    }
    // Without a column that says so, remarks may say that it was not done.
    if of(cells, Column::Status).all(|words| words.is_empty()) {
        let remarks = cells.iter().filter(|(column, _)| *column == Column::Other);
        let mut remarks: Vec<_> = remarks.flat_map(|(_, cell)| clauses(cell)).collect();
        let is_of_another = |word: &String| {
            whole_version(word, false).is_some_and(|version| !named.contains(&version))
        };
        let other_serves = |clause: &Clause| {
            clause.iter().any(is_of_another) && (is_back(clause) || tells_of_alias(clause, scope))
        };
        if remarks.iter().any(other_serves) {
            return EntryKind::Unclear(NoVersion::Unclear);
        }
        remarks.retain(|clause| !is_content(clause) && !clause.iter().any(is_of_another));
        match standing(&remarks, scope) {
            SaidAgainst::Undone => return EntryKind::Other,
            SaidAgainst::Doubtful => return EntryKind::Unclear(NoVersion::Unclear),
            SaidAgainst::Mentioned | SaidAgainst::Open => {}
        }
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
            let functions: Vec<String> = of(cells, Column::Function).flatten().collect();
            prose(&block.text, scope, &functions)
        }
        [one] => EntryKind::Deployed(one.clone()),
        _ => EntryKind::Unclear(NoVersion::Several),
    }
}

/// `back on v60`, `v60 stays`
fn is_back(clause: &[String]) -> bool {
    let stays = |word: &String| {
        matches!(
            word.as_str(),
            "still" | "stays" | "stayed" | "remains" | "again"
        )
    };
    let pairs =
        |pair: &[String]| pair[0] == "back" && matches!(pair[1].as_str(), "on" | "to" | "at");
    // `if it breaks go back to v60`
    let is_case = |word: &String| matches!(word.as_str(), "if" | "case" | "can" | "could");
    !clause.iter().any(is_case) && (clause.iter().any(stays) || clause.windows(2).any(pairs))
}

/// `prod now on v60`
fn tells_of_alias(clause: &[String], scope: DeployLogScope<'_>) -> bool {
    let is_ours = |word: &String| *word == scope.alias || words::is_production(word);
    let tells =
        |word: &String| matches!(word.as_str(), "now" | "is" | "serves" | "points" | "runs");
    clause.iter().any(is_ours) && clause.iter().any(tells)
}

fn mentions(words: &[String], version: &str) -> bool {
    words
        .iter()
        .any(|word| whole_version(word, true).as_deref() == Some(version))
}
