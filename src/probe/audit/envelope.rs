//! The object around the entries of the feed, parsed when the answer is complete.

use crate::observation::{Unavailable, UnavailableReason};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// The names under which the list of entries may stand.
pub(super) const CONTAINERS: [&str; 3] = ["entries", "events", "items"];

/// Names of what says that a feed goes on.
const MORE: [&str; 10] = [
    "has_more",
    "hasMore",
    "truncated",
    "next_token",
    "nextToken",
    "next_cursor",
    "nextCursor",
    "next",
    "LastEvaluatedKey",
    "last_evaluated_key",
];

/// Whether a value of these says so.
fn says_more(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(more) => *more,
        Value::String(token) => !token.is_empty(),
        Value::Object(key) => !key.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Number(number) => number.as_f64() != Some(0.0),
    }
}

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
            "audit API 200 with an error in the body",
        )),
        (1, None, _) if envelope.more => Err(Unavailable::new(
            UnavailableReason::Incomplete,
            "the audit feed has more entries than it returned",
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
    more: bool,
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
                // The entries were taken out; whatever stands here now was no entry.
                Some(container) => match map.next_value::<Value>()? {
                    Value::Array(list) if list.is_empty() => envelope.lists += 1,
                    _ => envelope.wrong = Some(container),
                },
                None if MORE.contains(&name.as_str()) => {
                    envelope.more |= says_more(&map.next_value()?);
                }
                None if name == "error" => {
                    envelope.error |= !map.next_value::<Value>()?.is_null();
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(envelope)
    }
}
