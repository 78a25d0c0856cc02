//! What a block is: a deployment of the alias, a rollback, something else, or not understood.

use super::blocks::{Block, Shape, blocks};
use super::date;
use super::markup::{content, is_conflicted};
use super::rollback::rollback;
use super::table::Column;
use super::undone::{is_in_doubt, is_negated, is_planned_word, is_undone};
use super::versions::{NamedVersions, is_described, is_elsewhere, versions, without_way_back};
use super::words::{self, whole_version};
use super::{DeployLogScope, NoVersion};

/// What an entry of the log is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EntryKind {
    /// This version serves since then.
    Deployed(String),
    RolledBack {
        left: Vec<String>,
        target: Option<String>,
    },
    /// No deployment of this alias.
    Other,
    /// It may be one.
    Unclear(NoVersion),
}

/// An entry with its date, in seconds since 1970.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) at: i64,
    pub(super) is_date_alone: bool,
    pub(super) kind: EntryKind,
}

/// Every entry of the log, in the order of the text.
pub(super) fn entries(text: &str, scope: DeployLogScope<'_>) -> Vec<Entry> {
    let blocks = blocks(&content(text));
    let mut entries: Vec<(Entry, Shape)> = blocks
        .iter()
        .map(|block| (entry(block, scope), block.shape))
        .collect();
    // In a log of items, rows or headings a dated sentence without a version is a remark.
    let is_entry = |(entry, shape): &(Entry, Shape)| {
        *shape != Shape::Prose && !matches!(entry.kind, EntryKind::Other | EntryKind::Unclear(_))
    };
    if entries.iter().any(is_entry) {
        for (entry, shape) in &mut entries {
            if *shape == Shape::Prose && entry.kind == EntryKind::Unclear(NoVersion::None) {
                entry.kind = EntryKind::Other;
            }
        }
    }
    let mut entries: Vec<_> = entries.into_iter().map(|(entry, _)| entry).collect();
    if is_conflicted(text) {
        // Which side holds is not known.
        entries.push(Entry {
            at: i64::MAX,
            is_date_alone: false,
            kind: EntryKind::Unclear(NoVersion::Unclear),
        });
    }
    entries
}

fn entry(block: &Block, scope: DeployLogScope<'_>) -> Entry {
    let recorded = recorded(&block.line, scope);
    let Some(found) = block.date else {
        // A row whose date cannot be read may be the newest.
        let kind = match judge(block, scope) {
            EntryKind::Other => EntryKind::Other,
            _ => EntryKind::Unclear(NoVersion::Unclear),
        };
        return Entry {
            at: i64::MAX,
            is_date_alone: false,
            kind,
        };
    };
    let is_to_come = date::is_to_come(found, scope.now);
    // A date to come may be an earlier one with day and month the other way round.
    let at = found.other.filter(|_| is_to_come).unwrap_or(found.at);
    let kind = match recorded {
        Some(kind) => kind,
        None if is_to_come && found.other.is_none() => EntryKind::Other,
        None => match judge(block, scope) {
            EntryKind::Other => EntryKind::Other,
            _ if found.other.is_some() => EntryKind::Unclear(NoVersion::Unclear),
            kind => kind,
        },
    };
    Entry {
        at,
        is_date_alone: found.is_alone,
        kind,
    }
}

/// A line that duckops wrote itself: `TIME | ALIAS | version N | COMMAND, was M | by … | …`.
fn recorded(line: &str, scope: DeployLogScope<'_>) -> Option<EntryKind> {
    let mut parts = line.split(" | ");
    let is_timed = time::OffsetDateTime::parse(
        parts.next()?.trim(),
        &time::format_description::well_known::Rfc3339,
    )
    .is_ok();
    let alias = parts.next()?.trim();
    let version = parts.next()?.trim().strip_prefix("version ")?;
    let (command, was) = parts.next()?.trim().rsplit_once(", was ")?;
    let version = whole_version(version, true)?;
    if !is_timed || !command.starts_with("alias ") {
        return None;
    }
    Some(match command {
        _ if alias != scope.alias => EntryKind::Other,
        _ if command.starts_with("alias rollback") => EntryKind::RolledBack {
            left: whole_version(was.trim(), true).into_iter().collect(),
            target: Some(version),
        },
        _ => EntryKind::Deployed(version),
    })
}

fn judge(block: &Block, scope: DeployLogScope<'_>) -> EntryKind {
    let context = words::words(&block.context);
    let is_ours = |word: &String| *word == scope.alias || is_production(word);
    let elsewhere = context.iter().any(|word| {
        words::names_other_environment(word)
            || matches!(
                word.as_str(),
                "planned"
                    | "upcoming"
                    | "scheduled"
                    | "example"
                    | "examples"
                    | "template"
                    | "format"
            )
            || words::is_other_function(word, scope.function)
    });
    if block.is_open_task || (elsewhere && !context.iter().any(is_ours)) {
        return EntryKind::Other;
    }
    if !block.cells.is_empty() {
        return row(block, scope);
    }
    let text = without_way_back(&block.text);
    let text = match versions(&words::words(&text), scope).named.is_empty() {
        true => &block.text,
        false => &text,
    };
    match prose(&words::words(text), scope, Vec::new()) {
        EntryKind::Deployed(_)
            if is_described(text, scope) || is_elsewhere(&words::words(text), scope) =>
        {
            EntryKind::Unclear(NoVersion::Unclear)
        }
        // A mark says what words say elsewhere.
        EntryKind::Deployed(_) if block.text.contains(words::NOT_DONE) => {
            match block.text.contains(words::DONE) {
                true => EntryKind::Unclear(NoVersion::Unclear),
                false => EntryKind::Other,
            }
        }
        kind => kind,
    }
}

fn is_production(word: &str) -> bool {
    matches!(word, "prod" | "production" | "prd")
}

/// A row of a table with a header.
fn row(block: &Block, scope: DeployLogScope<'_>) -> EntryKind {
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
        .filter(|(column, _)| matches!(column, Column::Status | Column::Other))
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
    let is_undone = block.cells.iter().any(denies)
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

/// Words of free text.
fn prose(text: &[String], scope: DeployLogScope<'_>, own: Vec<String>) -> EntryKind {
    let has = |name: &str| text.iter().any(|word| word == name);
    let function = scope.function.to_lowercase();
    let is_foreign =
        |word: &String| words::is_other_function(word, scope.function) && !own.contains(word);
    if text.iter().any(is_foreign) && !has(&function) {
        return EntryKind::Other;
    }
    if words::is_rollback(text) {
        return rolled_back(text);
    }
    let is_ours = |word: &String| *word == scope.alias || is_production(word);
    let elsewhere = text.iter().enumerate().any(|(at, word)| {
        let before = at.checked_sub(1).map(|at| text[at].as_str());
        let is_named = matches!(
            before,
            None | Some("to" | "in" | "on" | "env" | "environment" | "stage")
        );
        words::is_other_environment(word) || (is_named && words::names_other_environment(word))
    });
    if elsewhere && !text.iter().any(is_ours) {
        return EntryKind::Other;
    }
    let NamedVersions {
        named,
        is_foreign,
        is_release,
    } = versions(text, scope);
    let is_done = text.iter().enumerate().any(|(at, word)| {
        let is_denied = at.checked_sub(1).is_some_and(|at| text[at] == "not");
        words::is_done(word) && !is_denied
    });
    match (is_undone(text), is_done) {
        (true, false) => return EntryKind::Other,
        (true, true) => return EntryKind::Unclear(NoVersion::Unclear),
        (false, _) if is_in_doubt(text) => return EntryKind::Unclear(NoVersion::Unclear),
        (false, _) => {}
    }
    match named.as_slice() {
        // Of a part of the traffic, or of an alias that may be another one.
        [_, ..] if (!is_done && is_canary(text)) || names_other_alias(text, scope) => {
            EntryKind::Unclear(NoVersion::Unclear)
        }
        [] if is_foreign || words::is_about_document(text) => EntryKind::Other,
        [] => EntryKind::Unclear(NoVersion::None),
        // The release may be one of another thing; the version says which of the function's it is.
        [_] if is_release && is_foreign => EntryKind::Unclear(NoVersion::Unclear),
        [one] => EntryKind::Deployed(one.clone()),
        _ => EntryKind::Unclear(NoVersion::Several),
    }
}

/// `canary 10 %`
fn is_canary(text: &[String]) -> bool {
    text.windows(2).any(|pair| {
        let share = pair[1].parse::<u8>();
        pair[0] == "canary" && share.is_ok_and(|share| share < 100)
    })
}

/// `alias live now v62`, where the alias has another name.
fn names_other_alias(text: &[String], scope: DeployLogScope<'_>) -> bool {
    let is_verb = |word: &str| {
        matches!(
            word,
            "is" | "was"
                | "now"
                | "moved"
                | "moves"
                | "set"
                | "points"
                | "pointed"
                | "updated"
                | "update"
                | "switched"
                | "changed"
                | "shifted"
                | "promoted"
                | "to"
                | "at"
        )
    };
    let is_name = |word: &String| {
        let letters = word.bytes().all(|byte| byte.is_ascii_alphabetic());
        letters && !is_verb(word) && *word != scope.alias && !is_production(word)
    };
    text.windows(3).any(|group| {
        let named = group[0] == "alias" && is_name(&group[1]);
        let told = group[2] == "->" || is_verb(&group[2]);
        named && (told || whole_version(&group[2], false).is_some())
    })
}

fn rolled_back(text: &[String]) -> EntryKind {
    let (left, target) = rollback(text);
    EntryKind::RolledBack { left, target }
}
