//! The lines of the journal, each bound by its hash to the one before it, and reading them
//! one by one.

use super::digest::sha256;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io::{BufRead, Read};

/// What stands before the hash of a line.
pub(super) const MARK: &str = ",\"hash\":\"";
/// The longest line that is read as one, in bytes; ours have less than a hundredth of it.
pub(super) const MAX_LINE: u64 = 1024 * 1024;
/// The most breaks that are listed.
const MAX_BREAKS: usize = 1000;
/// Of a line that is none, so much is skipped by those who only want what can be used, in bytes.
const MAX_SKIPPED: u64 = MAX_LINE;
const NO_LINE: &str = "this is no line of the journal";
const NO_TORN_LINE: &str = "the torn line before it is missing";
const OTHER_HASH: &str = "its hash is not that of its text";
const OTHER_LINE: &str = "it does not follow the line before it";
const OTHER_NUMBER: &str = "its number does not follow";
/// All that can be wrong with a line.
pub(super) const BREAKS: [&str; 5] = [NO_LINE, NO_TORN_LINE, OTHER_HASH, OTHER_LINE, OTHER_NUMBER];

named_enum! {
    /// How far a write has come.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub enum Stage, word {
        Plan "plan" "What would change.";
        Consent "consent" "Who consented, and how.";
        Sending "sending" "The request is about to be sent: from here on it may have been.";
        Outcome "outcome" "What it came to, as read back.";
        Verified "verified" "What verifying it came to.";
    }
}

/// One step of one write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalEntry {
    /// Which write; its steps share it.
    pub id: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Such as `alias rollback`.
    pub action: String,
    /// How far it has come.
    pub stage: Stage,
    /// Which stack: name, URL, account and region.
    pub stack: String,
    /// What there is to say; nothing secret.
    pub detail: serde_json::Value,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) entry: JournalEntry,
    /// How many bytes of a torn line stand before this one.
    pub(super) after_torn: usize,
    pub(super) previous: String,
}

/// What the journal holds, or the part of it that was asked for.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    /// The entries that could be read, oldest first, with their numbers.
    pub entries: Vec<(u64, JournalEntry)>,
    /// What is wrong with the chain, each with its line; of very many the first thousand.
    pub breaks: Vec<(usize, &'static str)>,
    /// Bytes after the last whole line: a write that was cut off.
    pub torn: usize,
    /// Whether only the end of the last line is missing.
    pub(super) unended: bool,
    /// The newest hash.
    pub head: String,
    /// The number of the newest entry.
    pub(super) last_number: u64,
}

impl Chain {
    pub(super) fn with_entries(self, entries: Vec<(u64, JournalEntry)>) -> Self {
        Self { entries, ..self }
    }

    /// The number of the newest entry; of a chain that is whole, how many there are.
    pub fn last_number(&self) -> u64 {
        self.last_number
    }

    /// Whether only the end of the last line is missing.
    pub(super) fn is_unended(&self) -> bool {
        self.unended
    }

    /// Whether nothing was changed, removed or inserted.
    pub fn is_whole(&self) -> bool {
        self.breaks.is_empty()
    }

    /// The `sending` entry of every write whose outcome is open: not recorded, or recorded as
    /// one that a later reading has to settle (`"settled": false`).
    pub fn open(&self) -> Vec<&JournalEntry> {
        let entries = || self.entries.iter().map(|(_, entry)| entry);
        let mut settled: HashMap<&str, bool> = HashMap::new();
        for entry in entries().filter(|entry| entry.stage == Stage::Outcome) {
            settled.insert(&entry.id, entry.settles());
        }
        entries()
            .filter(|entry| entry.stage == Stage::Sending)
            .filter(|entry| !settled.get(entry.id.as_str()).unwrap_or(&false))
            .collect()
    }
}

impl JournalEntry {
    /// Whether this outcome is the last word, and not one that a later reading has to settle.
    pub(super) fn settles(&self) -> bool {
        self.stage == Stage::Outcome && self.detail["settled"] != false
    }
}

/// What stands where the first line names the line before it.
pub(super) fn nothing() -> String {
    "0".repeat(64)
}

/// How far a journal is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effort {
    /// All of it, to find every break or to go on behind it.
    ToTheEnd,
    /// As long as it can hold something that may be used.
    WhileUsable,
}

/// A journal that is being read, line by line.
#[derive(Debug)]
pub(super) struct Scan {
    chain: Chain,
    /// Up to where whole lines were read, in bytes.
    offset: u64,
    /// Where the last good line begins and ends, in bytes.
    last_line: (u64, u64),
    /// How many lines were read.
    line: usize,
    /// A line that is none, which the next one may explain as torn: where, and how long.
    pending: Option<(usize, usize)>,
}

impl Scan {
    pub(super) fn new() -> Self {
        let head = nothing();
        let chain = Chain {
            head,
            ..Chain::default()
        };
        Self::after(chain, 0, (0, 0))
    }

    /// Continues after what was read before: this many lines, with the last one at this position.
    pub(super) fn after(chain: Chain, line: usize, last_line: (u64, u64)) -> Self {
        Self {
            chain,
            offset: last_line.1,
            last_line,
            line,
            pending: None,
        }
    }

    /// Up to where whole lines were read, in bytes.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// What was found, how many lines there were, and where the last one begins and ends; only
    /// where reading can go on behind it.
    pub(super) fn position(&self) -> Option<(&Chain, usize, (u64, u64))> {
        let can_go_on = self.pending.is_none()
            && self.offset > 0
            && self.offset == self.last_line.1
            && !self.chain.unended;
        can_go_on.then_some((&self.chain, self.line, self.last_line))
    }

    pub(super) fn read(
        &mut self,
        mut source: impl BufRead,
        effort: Effort,
        mut keep: impl FnMut(u64, JournalEntry),
    ) -> std::io::Result<()> {
        let mut line = Vec::new();
        loop {
            line.clear();
            let length = source
                .by_ref()
                .take(MAX_LINE)
                .read_until(b'\n', &mut line)?;
            if length == 0 || (effort == Effort::WhileUsable && self.is_useless()) {
                return Ok(());
            }
            if length as u64 == MAX_LINE && !line.ends_with(b"\n") {
                let limit = match effort {
                    Effort::WhileUsable => MAX_SKIPPED,
                    Effort::ToTheEnd => u64::MAX,
                };
                let more = source.by_ref().take(limit).skip_until(b'\n')? as u64;
                self.overlong(length as u64 + more);
                if more == limit {
                    return Ok(());
                }
                continue;
            }
            if let Some((number, entry)) = self.add(&line) {
                keep(number, entry);
            }
        }
    }

    /// The entry of one line, with the break that ends it unless it is the last one.
    fn add(&mut self, bytes: &[u8]) -> Option<(u64, JournalEntry)> {
        let text = String::from_utf8_lossy(bytes);
        self.line += 1;
        let at = self.line;
        let whole = text.strip_suffix('\n').unwrap_or(&text);
        let parsed = parse(whole);
        if whole.len() == text.len() {
            if !matches!(parsed, Some((_, _, true))) {
                self.chain.torn = text.len();
                return None;
            }
            self.chain.unended = true;
        }
        let begins = self.offset;
        self.offset += bytes.len() as u64;
        let Some((line, hash, right)) = parsed else {
            // Fine only if the next line says that it follows a torn one of this length.
            if self.pending.replace((at, whole.len())).is_some() {
                self.broken(at, NO_LINE);
            }
            return None;
        };
        match self.pending.take() {
            Some((torn, length)) if length != line.after_torn => self.broken(torn, NO_LINE),
            None if line.after_torn > 0 => self.broken(at, NO_TORN_LINE),
            _ => {}
        }
        if !right {
            self.broken(at, OTHER_HASH);
        }
        if line.previous != self.chain.head {
            self.broken(at, OTHER_LINE);
        } else if line.number != self.chain.last_number + 1 {
            self.broken(at, OTHER_NUMBER);
        }
        self.chain.last_number = line.number;
        self.chain.head = hash;
        self.last_line = (begins, self.offset);
        Some((line.number, line.entry))
    }

    /// A line that is too long to be one of the journal.
    fn overlong(&mut self, length: u64) {
        self.line += 1;
        self.offset += length;
        self.broken(self.line, NO_LINE);
    }

    /// Whether it is broken in more places than are worth following.
    fn is_useless(&self) -> bool {
        self.chain.breaks.len() >= MAX_BREAKS
    }

    fn broken(&mut self, line: usize, why: &'static str) {
        if !self.is_useless() {
            self.chain.breaks.push((line, why));
        }
    }

    pub(super) fn end(mut self) -> Chain {
        if let Some((at, _)) = self.pending.take() {
            self.broken(at, NO_LINE);
        }
        self.chain
    }
}

/// A line, the hash that it names, and whether that is the hash of its text.
pub(super) fn parse(text: &str) -> Option<(Line, String, bool)> {
    let (body, hash) = text.rsplit_once(MARK)?;
    let hash = hash.strip_suffix("\"}")?;
    let line = serde_json::from_str(&format!("{body}}}")).ok()?;
    Some((line, hash.to_owned(), sha256(body.as_bytes()) == hash))
}
