//! What a block is: a deployment of the alias, a rollback, something else, or not understood.

use super::blocks::{Block, Shape, blocks};
use super::date;
use super::markup::{content, is_conflicted};
use super::prose::{EntryKind, is_production, prose};
use super::row::row;
use super::versions::{
    is_described, is_elsewhere, is_name, is_partial, versions, without_way_back,
};
use super::words::{self, whole_version};
use super::{DeployLogScope, NoVersion};

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
    // Where sections or headings are named for this function, one that is named for another is that one's.
    let function = scope.function.to_lowercase();
    let above = |block: &Block| words::words(&block.context);
    let heads = |block: &Block| match block.shape {
        Shape::Heading => words::words(&block.line),
        _ => Vec::new(),
    };
    let is_ours =
        |block: &Block| above(block).contains(&function) || heads(block).contains(&function);
    if blocks.iter().any(is_ours) {
        let names = |words: Vec<String>| words.iter().any(|word| is_name(word, scope));
        for (block, (entry, _)) in blocks
            .iter()
            .zip(&mut entries)
            .filter(|(block, _)| !is_ours(block))
        {
            if names(above(block)) {
                entry.kind = EntryKind::Other;
            } else if names(heads(block)) && entry.kind != EntryKind::Other {
                entry.kind = EntryKind::Unclear(NoVersion::Unclear);
            }
        }
    }
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
            if is_described(text, scope)
                || is_elsewhere(&words::words(text), scope)
                || is_partial(&block.text) =>
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
