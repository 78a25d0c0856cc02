//! Splits the feed into entries while it arrives in chunks.
//!
//! Parsing slices costs half of what parsing through a reader does. So the bytes are split where an
//! entry begins and ends, each entry is parsed as a slice, and the envelope around the entries is
//! parsed at the end. The splitter only decides where to cut; the JSON parser decides validity.

use super::super::pages;
use super::entry::AuditEntry;
use super::envelope;
use crate::observation::{Unavailable, UnavailableReason};
use reqwest::header::HeaderMap;
use serde::de::DeserializeSeed;

/// One entry is never larger, and neither is everything around the entries.
const LARGEST: usize = 1024 * 1024;

/// Takes the entries of a feed, one at a time, in the feed's order.
pub(super) trait Sink {
    /// Whether entries are to say whom they name.
    fn wants_names(&self) -> bool {
        false
    }

    /// One entry; it is used again for the next.
    fn entry(&mut self, entry: &AuditEntry);

    /// The feed says that it has entries from this moment on, and of those before it not all.
    fn covers_since(&mut self, _since: i64) {}
}

/// A feed that is being read.
pub(super) struct FeedReader<S> {
    sink: S,
    entry: AuditEntry,
    /// How many entries came.
    entries: u64,
    place: Position,
    /// Everything but the entries.
    envelope: Vec<u8>,
    /// The beginning of an entry that a chunk's end has cut.
    cut: Vec<u8>,
    /// How deep the frame is nested, and whether a string of it is open.
    depth: usize,
    string: StringState,
    /// The last string of the frame's top level, without its quotes.
    name: Vec<u8>,
    /// Whether the colon behind that name was met: what follows is its value.
    named: bool,
    /// Whether a list of entries was met.
    listed: bool,
    /// Whether the document has come to its end: entries behind it are not its own.
    closed: bool,
}

/// Where the next byte belongs.
#[derive(Clone, Copy, PartialEq)]
enum Position {
    Envelope,
    /// In the list of entries: before one, or behind one.
    Before {
        first: bool,
    },
    Behind,
    /// In an entry.
    Inside(Inside),
}

/// How far an entry has come.
#[derive(Clone, Copy, PartialEq)]
struct Inside {
    /// Open brackets.
    nested: usize,
    string: StringState,
    /// Whether it is a number, true, false or null, which end where something else begins.
    bare: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum StringState {
    Closed,
    Open,
    Escaped,
}

impl StringState {
    /// After one more byte of an open string.
    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (StringState::Escaped, _) => StringState::Open,
            (_, b'\\') => StringState::Escaped,
            (_, b'"') => StringState::Closed,
            _ => StringState::Open,
        }
    }
}

impl<S: Sink> FeedReader<S> {
    pub(super) fn new(sink: S) -> Self {
        let names = sink.wants_names().then(Box::default);
        Self {
            sink,
            entry: AuditEntry {
                names,
                ..AuditEntry::default()
            },
            entries: 0,
            place: Position::Envelope,
            envelope: Vec::new(),
            cut: Vec::new(),
            depth: 0,
            string: StringState::Closed,
            name: Vec::new(),
            named: false,
            listed: false,
            closed: false,
        }
    }

    /// Takes the next bytes.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Result<(), Unavailable> {
        let mut at = 0;
        while let Some(byte) = chunk.get(at).copied() {
            match self.place {
                Position::Envelope => {
                    self.frame_byte(byte)?;
                    at += 1;
                }
                Position::Inside(inside) => at = self.inside(chunk, at, inside)?,
                Position::Before { .. } | Position::Behind if byte.is_ascii_whitespace() => at += 1,
                Position::Before { first: true } | Position::Behind if byte == b']' => {
                    self.place = Position::Envelope;
                    self.envelope.push(b']');
                    at += 1;
                }
                Position::Behind if byte == b',' => {
                    self.place = Position::Before { first: false };
                    at += 1;
                }
                Position::Before { .. } if !matches!(byte, b',' | b']' | b'}' | b':') => {
                    self.place = Position::Inside(Inside {
                        nested: 0,
                        string: StringState::Closed,
                        bare: !matches!(byte, b'{' | b'[' | b'"'),
                    });
                }
                Position::Before { .. } | Position::Behind => {
                    return Err(torn("the list of entries is not a list"));
                }
            }
        }
        Ok(())
    }

    fn frame_byte(&mut self, byte: u8) -> Result<(), Unavailable> {
        if self.envelope.len() >= LARGEST {
            return Err(too_large("what stands around the audit entries"));
        }
        if self.closed && !byte.is_ascii_whitespace() {
            return Err(torn("something follows its end"));
        }
        self.envelope.push(byte);
        if self.string != StringState::Closed {
            self.string = self.string.after(byte);
            if self.string != StringState::Closed && self.depth == 1 {
                self.name.push(byte);
            }
            return Ok(());
        }
        match byte {
            b'"' => {
                self.string = StringState::Open;
                if self.depth == 1 && !self.named {
                    self.name.clear();
                }
            }
            b'[' if self.depth == 1 && self.named && self.is_container() => {
                // Either of two lists may be the feed: neither counts twice.
                if std::mem::replace(&mut self.listed, true) {
                    return Err(envelope::two_lists());
                }
                self.named = false;
                self.place = Position::Before { first: true };
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.closed = self.depth == 0;
            }
            b':' if self.depth == 1 => self.named = true,
            b',' if self.depth == 1 => self.named = false,
            _ => {}
        }
        Ok(())
    }

    fn is_container(&self) -> bool {
        envelope::CONTAINERS
            .iter()
            .any(|known| known.as_bytes() == self.name)
    }

    /// Goes on in an entry from `start`; yields where the chunk goes on behind it.
    fn inside(
        &mut self,
        chunk: &[u8],
        start: usize,
        mut inside: Inside,
    ) -> Result<usize, Unavailable> {
        let rest = chunk.get(start..).unwrap_or_default();
        let (mut end, mut next) = (None, 0);
        while let Some(byte) = rest.get(next).copied() {
            if inside.string == StringState::Open {
                // Most bytes stand in strings, of which only the end is looked for.
                let tail = rest.get(next..).unwrap_or_default();
                let plain = memchr::memchr2(b'"', b'\\', tail).unwrap_or(tail.len());
                if plain > 0 {
                    next += plain;
                    continue;
                }
            }
            let offset = next;
            next += 1;
            if inside.string != StringState::Closed {
                inside.string = inside.string.after(byte);
                if inside.string == StringState::Closed && inside.nested == 0 {
                    end = Some(offset + 1);
                    break;
                }
                continue;
            }
            match byte {
                b',' | b']' | b'}' if inside.bare => {
                    end = Some(offset);
                    break;
                }
                byte if inside.bare && byte.is_ascii_whitespace() => {
                    end = Some(offset);
                    break;
                }
                b'"' => inside.string = StringState::Open,
                b'{' | b'[' => inside.nested += 1,
                b'}' | b']' => {
                    inside.nested = inside.nested.saturating_sub(1);
                    if inside.nested == 0 {
                        end = Some(offset + 1);
                        break;
                    }
                }
                _ => {}
            }
        }
        let upto = end.unwrap_or(rest.len());
        if self.cut.len() + upto > LARGEST {
            return Err(too_large("an audit entry"));
        }
        let part = rest.get(..upto).unwrap_or_default();
        match end {
            None => {
                self.place = Position::Inside(inside);
                self.cut.extend_from_slice(part);
            }
            Some(_) => {
                self.place = Position::Behind;
                if self.cut.is_empty() {
                    self.parse_entry(part)?;
                } else {
                    let mut cut = std::mem::take(&mut self.cut);
                    cut.extend_from_slice(part);
                    self.parse_entry(&cut)?;
                    cut.clear();
                    self.cut = cut;
                }
            }
        }
        Ok(start + upto)
    }

    fn parse_entry(&mut self, bytes: &[u8]) -> Result<(), Unavailable> {
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let read = self.entry.deserialize(&mut json).and_then(|()| json.end());
        read.map_err(|_| torn("an entry cannot be read"))?;
        self.sink.entry(&self.entry);
        self.entries += 1;
        Ok(())
    }

    /// The sink, and why the feed was not whole at `now`, if it was not: by its body, or by the
    /// headers of the answer.
    pub(super) fn end(
        mut self,
        pushed: Result<(), Unavailable>,
        headers: &HeaderMap,
        now: i64,
    ) -> (S, Result<(), Unavailable>) {
        let verdict = pushed.and_then(|()| match self.place {
            Position::Envelope => {
                if let Some(since) = envelope::check(&self.envelope, self.entries, now)? {
                    self.sink.covers_since(since);
                }
                match pages::headers_go_on(headers, self.entries) {
                    true => Err(pages::more("the audit feed", "entries")),
                    false => Ok(()),
                }
            }
            _ => Err(Unavailable::new(
                UnavailableReason::Broken,
                "the audit feed is torn: it ends among its entries",
            )),
        });
        (self.sink, verdict)
    }
}

fn torn(why: &str) -> Unavailable {
    Unavailable::new(
        UnavailableReason::NotJson,
        format!("audit feed torn or not JSON: {why}"),
    )
}

fn too_large(what: &str) -> Unavailable {
    Unavailable::new(
        UnavailableReason::TooLarge,
        format!("{what} is larger than 1 MiB"),
    )
}
