//! The feed as it arrives: chunks in, entries out, one at a time.

use super::entry::Entry;
use crate::reading::{Silence, Why};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::cell::Cell;
use std::fmt;
use std::io::{self, Read};
use std::rc::Rc;
use tokio::sync::mpsc::Receiver;

/// One entry, or the space between two, is never larger.
const LARGEST_ENTRY: usize = 1024 * 1024;
/// The names under which the list of entries may stand.
const CONTAINERS: [&str; 3] = ["entries", "events", "items"];

/// The body as a blocking reader.
pub(super) struct Chunks {
    receiver: Receiver<bytes::Bytes>,
    chunk: bytes::Bytes,
}

impl Chunks {
    pub(super) fn new(receiver: Receiver<bytes::Bytes>) -> Self {
        Self {
            receiver,
            chunk: bytes::Bytes::new(),
        }
    }
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.receiver.blocking_recv() {
                Some(chunk) => self.chunk = chunk,
                None => return Ok(0),
            }
        }
        let size = buffer.len().min(self.chunk.len());
        let (now, later) = (self.chunk.slice(..size), self.chunk.slice(size..));
        buffer[..size].copy_from_slice(&now);
        self.chunk = later;
        Ok(size)
    }
}

/// Counts bytes since the last whole entry and stops what does not end.
struct Bounded<R> {
    inner: R,
    since_entry: Rc<Cell<usize>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.inner.read(buffer)?;
        self.since_entry.set(self.since_entry.get() + size);
        if self.since_entry.get() > LARGEST_ENTRY + buffer.len() {
            return Err(io::Error::other("an entry is larger than 1 MiB"));
        }
        Ok(size)
    }
}

/// Takes the entries of a feed, one at a time, in the feed's order.
pub(super) trait Sink {
    /// One entry; it is used again for the next.
    fn entry(&mut self, entry: &Entry);
}

/// Reads a feed to its end; with the reason when that was not reached.
pub(super) fn read<S: Sink>(body: impl Read, mut sink: S) -> (S, Result<(), Silence>) {
    let since_entry = Rc::new(Cell::new(0));
    let bounded = Bounded {
        inner: body,
        since_entry: Rc::clone(&since_entry),
    };
    let buffered = io::BufReader::with_capacity(64 * 1024, bounded);
    let mut json = serde_json::Deserializer::from_reader(buffered);
    let mut found = Found::default();
    let seed = Feed {
        sink: &mut sink,
        found: &mut found,
        since_entry: &since_entry,
    };
    let read = seed.deserialize(&mut json).and_then(|()| json.end());
    (sink, found.verdict(read))
}

/// What the top of the document held.
#[derive(Default)]
struct Found {
    lists: usize,
    error: bool,
    wrong: Option<&'static str>,
}

impl Found {
    fn verdict(&self, read: serde_json::Result<()>) -> Result<(), Silence> {
        if let Err(error) = read {
            let why = match error.classify() {
                serde_json::error::Category::Eof => Why::Broken,
                serde_json::error::Category::Io => Why::TooLarge,
                _ => Why::NotJson,
            };
            return Err(Silence::new(
                why,
                format!("the audit feed is torn or not JSON: {error}"),
            ));
        }
        match (self.lists, self.wrong, self.error) {
            (1, None, false) => Ok(()),
            (_, Some(name), _) => Err(Silence::new(
                Why::Mistyped,
                format!("`{name}` in the audit feed is not a list"),
            )),
            (0 | 1, _, true) => Err(Silence::new(
                Why::NotJson,
                "the audit feed answered 200 with an error in the body",
            )),
            (0, _, false) => Err(Silence::new(
                Why::Missing,
                "the audit feed has no `entries`",
            )),
            (_, _, _) => Err(Silence::new(
                Why::Contradictory,
                "the audit feed has two lists of entries",
            )),
        }
    }
}

struct Feed<'a, S> {
    sink: &'a mut S,
    found: &'a mut Found,
    since_entry: &'a Cell<usize>,
}

impl<'de, S: Sink> DeserializeSeed<'de> for Feed<'_, S> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, S: Sink> Visitor<'de> for Feed<'_, S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a list of entries")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            if let Some(container) = CONTAINERS.into_iter().find(|known| *known == name) {
                if map.next_value_seed(List {
                    sink: self.sink,
                    since_entry: self.since_entry,
                })? {
                    self.found.lists += 1;
                } else {
                    self.found.wrong = Some(container);
                }
            } else {
                self.found.error |= name == "error";
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Reads a list entry by entry; yields whether it was one.
struct List<'a, S> {
    sink: &'a mut S,
    since_entry: &'a Cell<usize>,
}

impl<'de, S: Sink> DeserializeSeed<'de> for List<'_, S> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, S: Sink> Visitor<'de> for List<'_, S> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<bool, A::Error> {
        let mut entry = Entry::default();
        while list.next_element_seed(&mut entry)?.is_some() {
            self.since_entry.set(0);
            self.sink.entry(&entry);
        }
        Ok(true)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(false)
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_bool<E>(self, _: bool) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_i64<E>(self, _: i64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_u64<E>(self, _: u64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_f64<E>(self, _: f64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_str<E>(self, _: &str) -> Result<bool, E> {
        Ok(false)
    }
}
