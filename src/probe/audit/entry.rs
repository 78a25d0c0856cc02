//! One entry of the audit feed: type, time and a few details, whatever the fields are called. Its
//! strings are reused for the next entry, because a feed can have a million of them.

use super::value::{Denial, DetailSeed, Id, TextSeed, Time};
use crate::cloud::skip_values;
use crate::probe::meaning::{OwnField, normal};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::fmt;

/// Words of a detail beyond this many bytes are not kept.
const DETAIL: usize = 200;

/// One entry, as far as it can be used.
#[derive(Debug, Default)]
pub(super) struct AuditEntry {
    /// Its type as it came; empty when it has none that can be used.
    pub(super) kind: String,
    /// Seconds since 1970.
    pub(super) at: Option<i64>,
    /// The beginning of its detail.
    pub(super) detail: String,
    /// The word by which a field of its own denies its type, or leaves it open; empty when none does.
    pub(super) said: &'static str,
    /// The request that it is about, by a field of its own; with names it stands there.
    pub(super) peck: String,
    /// Whom it names, where that is wanted.
    pub(super) names: Option<Box<Names>>,
}

/// Whom an entry names, in fields of its own; what it does not name is empty.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) peck: String,
    pub(super) agent: String,
    pub(super) name: String,
    pub(super) duckling: String,
    pub(super) requester: String,
    pub(super) requester_name: String,
    pub(super) target: String,
    pub(super) purpose: String,
}

impl Names {
    fn all(&mut self) -> [&mut String; 8] {
        [
            &mut self.peck,
            &mut self.agent,
            &mut self.name,
            &mut self.duckling,
            &mut self.requester,
            &mut self.requester_name,
            &mut self.target,
            &mut self.purpose,
        ]
    }
}

impl AuditEntry {
    /// Adds what one of its fields says.
    fn say(&mut self, said: Option<&'static str>) {
        self.said = OwnField::worse(self.said, said.unwrap_or_default());
    }

    fn clear(&mut self) {
        self.kind.clear();
        self.at = None;
        self.detail.clear();
        self.said = "";
        self.peck.clear();
        for name in self.names.iter_mut().flat_map(|names| names.all()) {
            name.clear();
        }
    }
}

/// The fields that are read; those after the detail stand in the order of [`Names::all`].
#[derive(Clone, Copy, PartialEq)]
enum Field {
    Kind,
    Time,
    Detail,
    Peck,
    Agent,
    AgentName,
    Duckling,
    Requester,
    RequesterName,
    Target,
    Purpose,
}

/// How many fields there are.
const FIELDS: usize = Field::Purpose as usize + 1;

/// So much lower ranks a name in `camelCase` than the same with `_`.
const HUMPS: usize = 100;

/// What a name of a field stands for, if it is read.
enum Named {
    Read(Field, usize),
    /// It says what became of the entry.
    Own(OwnField),
}

/// The field of a name and the name's rank: of several names the first wins.
fn field(name: &str, with_names: bool) -> Option<(Field, usize)> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        let (field, rank) = snake_field(&normal(name), with_names)?;
        return Some((field, rank + HUMPS));
    }
    snake_field(name, with_names)
}

fn snake_field(name: &str, with_names: bool) -> Option<(Field, usize)> {
    let found = match name {
        "event_type" => (Field::Kind, 0),
        "type" => (Field::Kind, 1),
        "event" => (Field::Kind, 2),
        "action" => (Field::Kind, 3),
        "event_name" => (Field::Kind, 4),
        "timestamp" => (Field::Time, 0),
        "created_at" => (Field::Time, 1),
        "ts" => (Field::Time, 2),
        "time" => (Field::Time, 3),
        "event_time" => (Field::Time, 4),
        "occurred_at" => (Field::Time, 5),
        "detail" => (Field::Detail, 0),
        "description" => (Field::Detail, 1),
        "message" => (Field::Detail, 2),
        "summary" => (Field::Detail, 3),
        "note" => (Field::Detail, 4),
        "reason" => (Field::Detail, 5),
        "peck_id" => (Field::Peck, 0),
        "request_id" => (Field::Peck, 1),
        _ if !with_names => return None,
        "spaceduck_id" => (Field::Agent, 0),
        "agent_id" => (Field::Agent, 1),
        "sdid" => (Field::Agent, 2),
        "agent_name" => (Field::AgentName, 0),
        "name" => (Field::AgentName, 1),
        "duckling_id" => (Field::Duckling, 0),
        "requester_id" => (Field::Requester, 0),
        "sender_spaceduck_id" => (Field::Requester, 1),
        "requester" => (Field::Requester, 2),
        "from" => (Field::Requester, 3),
        "requester_name" => (Field::RequesterName, 0),
        "sender_name" => (Field::RequesterName, 1),
        "target_spaceduck_id" => (Field::Target, 0),
        "target_id" => (Field::Target, 1),
        "target" => (Field::Target, 2),
        "to" => (Field::Target, 3),
        "purpose" => (Field::Purpose, 0),
        _ => return None,
    };
    Some(found)
}

/// Fills the entry from the next value; what is no object leaves it empty.
impl<'de> DeserializeSeed<'de> for &mut AuditEntry {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.clear();
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut AuditEntry {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an audit entry")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut ranks = [usize::MAX; FIELDS];
        let mut twice = false;
        while let Some(name) = map.next_key_seed(Name(self.names.is_some()))? {
            let (field, rank) = match name {
                Some(Named::Read(field, rank)) => (field, rank),
                Some(Named::Own(own)) => {
                    let said = map.next_value_seed(Denial(own))?;
                    self.say(said);
                    continue;
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let best = &mut ranks[field as usize];
            twice |= *best == rank && field != Field::Detail;
            if rank > *best {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            *best = rank;
            match field {
                Field::Kind => map.next_value_seed(TextSeed(&mut self.kind, usize::MAX))?,
                Field::Time => self.at = map.next_value_seed(Time)?,
                Field::Detail => {
                    let said = map.next_value_seed(DetailSeed(&mut self.detail, DETAIL))?;
                    self.say(said);
                }
                name => {
                    let place = name as usize - Field::Peck as usize;
                    let mut names = self.names.iter_mut().flat_map(|names| names.all());
                    match names.nth(place) {
                        Some(text) => map.next_value_seed(Id(text))?,
                        None if name == Field::Peck => {
                            map.next_value_seed(Id(&mut self.peck))?;
                        }
                        None => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
            }
        }
        if twice {
            self.clear();
        }
        Ok(())
    }

    skip_values!(list null boolean integer float text);
}

/// A field's name, looked up where it stands; whether names of people are wanted, too.
struct Name(bool);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<Named>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<Named>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        let read = field(name, self.0).map(|(field, rank)| Named::Read(field, rank));
        let own =
            || OwnField::named(name).or(OwnField::is_holder(name).then_some(OwnField::Holder));
        Ok(read.or_else(|| own().map(Named::Own)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(json: &str) -> AuditEntry {
        let mut entry = AuditEntry::default();
        let mut json = serde_json::Deserializer::from_str(json);
        entry.deserialize(&mut json).expect("JSON");
        entry
    }

    #[test]
    fn only_known_time_formats_are_read() {
        let noon = 1_774_137_600;
        for good in [
            "1774137600",
            "1774137600.9",
            "\"1774137600\"",
            "\"1774137600.5\"",
            "\"2026-03-22T00:00:00Z\"",
            "\"2026-03-22T02:00:00+02:00\"",
            "\"2026-03-22T00:00:00.123Z\"",
        ] {
            assert_eq!(
                entry(&format!(r#"{{"timestamp":{good}}}"#)).at,
                Some(noon),
                "{good}"
            );
        }
        for bad in [
            "null",
            "true",
            "\"\"",
            "\"yesterday\"",
            "\"2026-03-22T00:00:00\"",
            "\"2026-03-22\"",
            "-5",
            "0",
            "\"NaN\"",
            "\"inf\"",
            "1e300",
            "[]",
            "{}",
        ] {
            assert_eq!(
                entry(&format!(r#"{{"timestamp":{bad}}}"#)).at,
                None,
                "{bad}"
            );
        }
    }

    #[test]
    fn fallback_field_names_have_a_fixed_priority() {
        let both = entry(
            r#"{"action":"x","ts":1,"event_type":"peck.sent","created_at":5,"timestamp":1774137600}"#,
        );
        assert_eq!(
            (both.kind.as_str(), both.at),
            ("peck.sent", Some(1_774_137_600))
        );
        assert_eq!(entry(r#"{"type":"pulse"}"#).kind, "pulse");
        let later = r#"{"timestamp":1774137600,"ts":"nonsense","event_type":"a","action":[]}"#;
        assert_eq!(
            (entry(later).kind.as_str(), entry(later).at),
            ("a", Some(1_774_137_600))
        );
    }

    #[test]
    fn a_shortened_detail_ends_with_a_whole_word() {
        for length in 180..=200 {
            let detail = format!("{} peck_1234", "x".repeat(length));
            let read = entry(&format!(r#"{{"detail":"{detail}"}}"#)).detail;
            let cut = detail.len() > DETAIL;
            assert_eq!(read == detail, !cut, "{length}");
            assert_eq!(read.contains("peck_"), !cut, "{length}: {read}");
        }
    }

    #[test]
    fn a_duplicate_field_makes_the_entry_unusable() {
        let entry = entry(r#"{"event_type":"pulse","event_type":"cert","timestamp":1774137600}"#);
        assert_eq!((entry.kind.as_str(), entry.at), ("", None));
    }
}
