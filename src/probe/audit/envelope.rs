//! The object around the entries of the feed, parsed when the answer is complete.

use crate::observation::{Unavailable, UnavailableReason};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The names under which the list of entries may stand.
pub(super) const CONTAINERS: [&str; 3] = ["entries", "events", "items"];

/// What stands around the entries must be an object with one list of them and no error.
pub(super) fn check(bytes: &[u8]) -> Result<(), Unavailable> {
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(|error| {
        let why = if error.is_eof() {
            UnavailableReason::Broken
        } else {
            UnavailableReason::NotJson
        };
        Unavailable::new(why, format!("the audit feed is torn or not JSON: {error}"))
    })?;
    match (envelope.lists, envelope.wrong, envelope.error) {
        (_, _, true) => Err(Unavailable::new(
            UnavailableReason::NotJson,
            "the audit feed answered 200 with an error in the body",
        )),
        (1, None, _) => Ok(()),
        (_, Some(name), _) => Err(Unavailable::new(
            UnavailableReason::Mistyped,
            format!("`{name}` in the audit feed is not a list"),
        )),
        (0, _, _) => Err(Unavailable::new(
            UnavailableReason::Missing,
            "the audit feed has no `entries`",
        )),
        (_, _, _) => Err(two_lists()),
    }
}

pub(super) fn two_lists() -> Unavailable {
    Unavailable::new(
        UnavailableReason::Contradictory,
        "the audit feed has two lists of entries",
    )
}

/// The top level of the document.
#[derive(Default)]
struct Envelope {
    lists: usize,
    error: bool,
    wrong: Option<&'static str>,
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EnvelopeVisitor)
    }
}

struct EnvelopeVisitor;

impl<'de> Visitor<'de> for EnvelopeVisitor {
    type Value = Envelope;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a list of entries")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope, A::Error> {
        let mut envelope = Envelope::default();
        while let Some(name) = map.next_key::<String>()? {
            match CONTAINERS.into_iter().find(|known| *known == name) {
                Some(container) => match map.next_value::<List>()? {
                    List(true) => envelope.lists += 1,
                    List(false) => envelope.wrong = Some(container),
                },
                None => {
                    envelope.error |= name == "error";
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(envelope)
    }
}

/// Whether a value is a list.
struct List(bool);

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor)
    }
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = List;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<List, A::Error> {
        // The entries were taken out; whatever stands here now was no entry.
        let mut empty = true;
        while list.next_element::<IgnoredAny>()?.is_some() {
            empty = false;
        }
        Ok(List(empty))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<List, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(List(false))
    }

    fn visit_unit<E>(self) -> Result<List, E> {
        Ok(List(false))
    }

    fn visit_bool<E>(self, _: bool) -> Result<List, E> {
        Ok(List(false))
    }

    fn visit_i64<E>(self, _: i64) -> Result<List, E> {
        Ok(List(false))
    }

    fn visit_u64<E>(self, _: u64) -> Result<List, E> {
        Ok(List(false))
    }

    fn visit_f64<E>(self, _: f64) -> Result<List, E> {
        Ok(List(false))
    }

    fn visit_str<E>(self, _: &str) -> Result<List, E> {
        Ok(List(false))
    }
}
