//! What a block is: a deployment of the alias, a rollback, something else, or not understood.

use super::blocks::{Block, Shape, blocks};
use super::clause::clauses;
use super::columns;
use super::date;
use super::date_forms::normalized;
use super::fields::fields;
use super::header::Column;
use super::markup::{content, is_conflicted, is_of_packages};
use super::outcome_words;
use super::prose::{EntryKind, prose};
use super::row::row;
use super::undone::is_negated;
use super::versions::{
    is_described, is_elsewhere, is_name, is_partial, versions, without_contents, without_way_back,
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
    let unclear = |why| Entry {
        at: i64::MAX,
        is_date_alone: false,
        kind: EntryKind::Unclear(why),
    };
    let content = content(text);
    // What was packaged was not always deployed, and has numbers of its own.
    if is_of_packages(&content) {
        return vec![unclear(NoVersion::Packages)];
    }
    let blocks = blocks(&normalized(&content, scope.now));
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
    let is_entry = |(entry, shape): &(Entry, Shape)| *shape != Shape::Prose && is_change(entry);
    if entries.iter().any(is_entry) {
        for (entry, shape) in &mut entries {
            if *shape == Shape::Prose && entry.kind == EntryKind::Unclear(NoVersion::None) {
                entry.kind = EntryKind::Other;
            }
        }
    }
    // A line above all others that names a version lower than theirs may name that of the document.
    let number = |(entry, _): &(Entry, Shape)| match &entry.kind {
        EntryKind::Deployed(version) => version.parse::<u32>().ok(),
        _ => None,
    };
    if let Some((first, rest)) = entries.split_first_mut()
        && first.1 == Shape::Prose
        && let Some(own) = number(first)
        && rest.iter().any(|entry| is_change(&entry.0))
        && rest
            .iter()
            .filter(|entry| is_change(&entry.0))
            .all(|entry| {
                entry.1 != Shape::Prose && number(entry).is_some_and(|version| own < version)
            })
    {
        first.0.kind = EntryKind::Unclear(NoVersion::Unclear);
    }
    // Which region and account are the stack's is not known here.
    let places = blocks
        .iter()
        .map(|block| match recorded(&block.line, scope) {
            Some(_) => Vec::new(),
            None => place(block),
        });
    let places: Vec<Vec<String>> = places.collect();
    let mut counted = places
        .iter()
        .zip(&entries)
        .filter(|(_, (entry, _))| is_change(entry))
        .map(|(place, _)| place);
    let first = counted.next();
    if counted.any(|place| Some(place) != first) {
        for (place, (entry, _)) in places.iter().zip(&mut entries) {
            if is_change(entry) && !place.is_empty() {
                entry.kind = EntryKind::Unclear(NoVersion::Unclear);
            }
        }
    }
    let mut entries: Vec<_> = entries.into_iter().map(|(entry, _)| entry).collect();
    if is_conflicted(text) {
        // Which side holds is not known.
        entries.push(unclear(NoVersion::Unclear));
    }
    entries
}

fn is_change(entry: &Entry) -> bool {
    !matches!(entry.kind, EntryKind::Other | EntryKind::Unclear(_))
}

/// The regions and accounts that an entry names.
fn place(block: &Block) -> Vec<String> {
    let mut named = words::words(&format!("{} {}", block.context, block.text));
    match named.iter().any(|word| word == "arn") {
        true => named.clear(),
        false => named.retain(|word| words::is_region(word) || words::is_account(word)),
    }
    named.sort();
    named.dedup();
    named
}

fn entry(block: &Block, scope: DeployLogScope<'_>) -> Entry {
    let recorded = recorded(&block.line, scope);
    let Some(found) = block.date else {
        // A row whose date cannot be read may be the newest.
        let kind = match judge(block, scope) {
            EntryKind::Other => EntryKind::Other,
            _ => EntryKind::Unclear(NoVersion::Undated),
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

/// What the block is, where the headings above it leave no doubt.
fn judge(block: &Block, scope: DeployLogScope<'_>) -> EntryKind {
    let context = clauses(&block.context).concat();
    let is_against = |word: &String| {
        let is_usual = matches!(word.as_str(), "started" | "ready" | "queue");
        outcome_words::is_failure(word) || (outcome_words::is_plan(word) && !is_usual)
    };
    let is_in_doubt = is_negated(&context) || context.iter().any(is_against);
    match under(&context, block, scope) {
        EntryKind::Deployed(_) if is_in_doubt => EntryKind::Unclear(NoVersion::Unclear),
        kind => kind,
    }
}

/// What a block is below its headings. One whose status or whose column says that it no longer serves ended.
fn under(context: &[String], block: &Block, scope: DeployLogScope<'_>) -> EntryKind {
    let (fields, whole) = match block.cells.is_empty() {
        true => fields(&block.text),
        false => (block.cells.clone(), String::new()),
    };
    match placed(context, block, (&fields, &whole), scope) {
        EntryKind::Deployed(version) if columns::ended(&fields, scope) => EntryKind::Ended(version),
        kind => kind,
    }
}

fn placed(
    context: &[String],
    block: &Block,
    (fields, whole): (&[(Column, String)], &str),
    scope: DeployLogScope<'_>,
) -> EntryKind {
    let is_ours = |word: &String| *word == scope.alias || words::is_production(word);
    let elsewhere = context.iter().any(|word| {
        words::names_other_environment(word.split('-').next().unwrap_or_default())
            || words::names_other_environment(word)
            || matches!(
                word.as_str(),
                "planned"
                    | "upcoming"
                    | "scheduled"
                    | "failed"
                    | "unsuccessful"
                    | "aborted"
                    | "cancelled"
                    | "canceled"
                    | "rejected"
                    | "backlog"
                    | "roadmap"
                    | "pending"
                    | "proposed"
                    | "queued"
                    | "todo"
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
    let whole = &without_contents(whole, block.shape == Shape::Heading, scope);
    let text = &without_way_back(whole);
    let text = match versions(&words::words(text), scope).named.is_empty() {
        true => whole,
        false => text,
    };
    if let Some(kind) = columns::elsewhere(fields, scope) {
        return kind;
    }
    let values = fields.iter().map(|(_, value)| value.as_str());
    if words::is_rollback(&words::words(&values.collect::<Vec<_>>().join(" ")))
        || !columns::taken_back(fields).is_empty()
    {
        return prose(&format!("{text}\nrolled back"), scope, &[]);
    }
    if let Some(kind) = columns::undone(fields, scope) {
        return kind;
    }
    match prose(text, scope, &[]) {
        EntryKind::Deployed(_)
            if is_described(text, scope)
                || is_elsewhere(&words::words(text), scope)
                || is_partial(&block.text) =>
        {
            EntryKind::Unclear(NoVersion::Unclear)
        }
        EntryKind::Deployed(_) if block.text.contains(outcome_words::TAKEN_BACK) => {
            EntryKind::Unclear(NoVersion::Unclear)
        }
        // A mark says what words say elsewhere.
        EntryKind::Deployed(_) if block.text.contains(outcome_words::NOT_DONE) => {
            match block.text.contains(outcome_words::DONE) {
                true => EntryKind::Unclear(NoVersion::Unclear),
                false => EntryKind::Other,
            }
        }
        kind => kind,
    }
}
