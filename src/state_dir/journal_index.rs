//! The index of the journal: up to where its chain was read, and the entries before that
//! which still matter. It is a copy and may be removed; without it, or where the journal is not
//! the one that it was made of, the journal is read from its beginning.

use super::chain::{BREAKS, Chain, JournalEntry, MAX_LINE, Scan, Stage, parse};
use super::{output, private_file};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

const FORMAT: u32 = 1;
/// How many entries of one command on one stack are kept: some 400 writes.
const PER_COMMAND: usize = 2000;
/// The most entries of an index. Beyond that there is none.
const MAX_ENTRIES: usize = 20_000;
/// The largest index that is read, in bytes.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    format: u32,
    head: String,
    number: u64,
    lines: usize,
    /// Where the last line of the indexed part begins and ends, in bytes.
    last_line: (u64, u64),
    entries: Vec<(u64, JournalEntry)>,
    /// What is wrong with the chain up to there, each with its line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    breaks: Vec<(usize, String)>,
}

/// The newest entries of each command on each stack, the first of each stack, and those of writes
/// without an outcome.
#[derive(Default)]
pub(super) struct Recent {
    commands: BTreeMap<(String, String), VecDeque<(u64, JournalEntry)>>,
    /// Entries that are older, by their write, which has no outcome.
    older: HashMap<String, Vec<(u64, JournalEntry)>>,
    /// The first entry of each stack: since when it was written to.
    first: BTreeMap<String, (u64, JournalEntry)>,
    settled: HashSet<String>,
}

impl Recent {
    pub(super) fn add(&mut self, number: u64, entry: JournalEntry) {
        if !self.first.contains_key(&entry.stack) {
            let first = (number, entry.clone());
            self.first.insert(entry.stack.clone(), first);
        }
        if entry.settles() {
            self.older.remove(&entry.id);
            self.settled.insert(entry.id.clone());
        } else if entry.stage == Stage::Outcome {
            self.settled.remove(&entry.id);
        }
        let command = (entry.stack.clone(), entry.action.clone());
        let newest = self.commands.entry(command).or_default();
        newest.push_back((number, entry));
        if newest.len() > PER_COMMAND
            && let Some((number, entry)) = newest.pop_front()
            && !self.settled.contains(&entry.id)
        {
            let older = self.older.entry(entry.id.clone());
            older.or_default().push((number, entry));
        }
    }

    /// All of them, oldest first.
    pub(super) fn entries(&self) -> Vec<(u64, JournalEntry)> {
        let newest = self.commands.values().flatten();
        let older = self.older.values().flatten();
        let all = newest.chain(older).chain(self.first.values());
        let mut entries: Vec<_> = all.cloned().collect();
        entries.sort_by_key(|(number, _)| *number);
        entries.dedup_by_key(|(number, _)| *number);
        entries
    }
}

/// Where reading goes on, if there is an index of this very journal.
pub(super) fn load(journal: &Path, file: &mut File) -> Option<(Scan, Recent)> {
    let path = journal.with_extension("index");
    let mut bytes = Vec::new();
    let source = private_file::existing(&path).ok()??;
    source.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
    let index: Index = serde_json::from_slice(&bytes).ok()?;
    let (begins, ends) = index.last_line;
    let length = ends
        .checked_sub(begins)
        .filter(|length| *length <= MAX_LINE)?;
    if index.format != FORMAT {
        return None;
    }
    // The last line is bound to all before it: where it stands, they did.
    let mut line = vec![0; usize::try_from(length).ok()?];
    file.seek(SeekFrom::Start(begins)).ok()?;
    file.read_exact(&mut line).ok()?;
    let line = std::str::from_utf8(&line).ok()?.strip_suffix('\n')?;
    let (line, hash, is_right) = parse(line)?;
    if !is_right || hash != index.head || line.number != index.number {
        return None;
    }
    let mut recent = Recent::default();
    for (number, entry) in index.entries {
        recent.add(number, entry);
    }
    let known = |why: &str| BREAKS.into_iter().find(|known| *known == why);
    let breaks = index.breaks.iter();
    let breaks = breaks.map(|(line, why)| Some((*line, known(why)?)));
    let chain = Chain {
        head: index.head,
        last_number: index.number,
        breaks: breaks.collect::<Option<_>>()?,
        ..Chain::default()
    };
    Some((Scan::after(chain, index.lines, index.last_line), recent))
}

/// Writes the index of what was read; where that cannot be, the next run reads more.
pub(super) fn save(journal: &Path, scan: &Scan, recent: &Recent) {
    let Some((chain, lines, last_line)) = scan.position() else {
        return;
    };
    let entries = recent.entries();
    if entries.len() > MAX_ENTRIES {
        return;
    }
    let index = Index {
        format: FORMAT,
        head: chain.head.clone(),
        number: chain.last_number,
        lines,
        last_line,
        entries,
        breaks: chain
            .breaks
            .iter()
            .map(|(line, why)| (*line, (*why).to_owned()))
            .collect(),
    };
    if let Ok(text) = serde_json::to_vec(&index) {
        let _ = output::replace(&journal.with_extension("index"), &text, output::PRIVATE);
    }
}
