//! One entry of the audit feed: its type, its time and a few words, whatever they are
//! called. Its strings are used again for the next entry: a feed has a million of them.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Words of a detail beyond this many bytes are not kept.
const DETAIL: usize = 200;
/// No entry is older: the platform did not exist. Milliseconds and nonsense fall out here too.
const EARLIEST: i64 = 1_577_836_800; // 2020-01-01

/// One entry, as far as it can be used.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// Its type as it came; empty when it has none that can be used.
    pub(super) kind: String,
    /// Seconds since 1970.
    pub(super) at: Option<i64>,
    /// The beginning of its detail.
    pub(super) detail: String,
}

impl Entry {
    fn clear(&mut self) {
        self.kind.clear();
        self.at = None;
        self.detail.clear();
    }
}

/// The fields that are read.
#[derive(Clone, Copy, PartialEq)]
enum Field {
    Kind,
    Time,
    Detail,
}

/// The field of a name and the name's rank: of several names the first wins.
fn field(name: &str) -> Option<(Field, usize)> {
    const NAMES: [(Field, &[&str]); 3] = [
        (Field::Kind, &["event_type", "type", "event", "action"]),
        (Field::Time, &["timestamp", "created_at", "ts"]),
        (Field::Detail, &["detail", "description"]),
    ];
    NAMES
        .iter()
        .find_map(|(field, names)| Some((*field, names.iter().position(|known| *known == name)?)))
}

/// Fills the entry from the next value; what is no object leaves it empty.
impl<'de> DeserializeSeed<'de> for &mut Entry {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.clear();
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Entry {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an audit entry")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut ranks = [usize::MAX; 3];
        let mut twice = false;
        while let Some(name) = map.next_key_seed(Name)? {
            let Some((field, rank)) = name else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let best = &mut ranks[field as usize];
            twice |= *best == rank && field != Field::Detail;
            if rank > *best {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            *best = rank;
            match field {
                Field::Kind => map.next_value_seed(Words(&mut self.kind, usize::MAX))?,
                Field::Time => self.at = map.next_value_seed(Time)?,
                Field::Detail => map.next_value_seed(Words(&mut self.detail, DETAIL))?,
            }
        }
        if twice {
            self.clear();
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        skip_list(list)
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}

fn skip_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<(), A::Error> {
    while list.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

fn skip_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

/// A field's name, looked up where it stands.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<(Field, usize)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<(Field, usize)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(field(name))
    }
}

/// Keeps at most so many bytes of a text; what is no text leaves nothing.
struct Words<'a>(&'a mut String, usize);

impl<'de> DeserializeSeed<'de> for Words<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.clear();
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Words<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        let end = text.floor_char_boundary(self.1);
        self.0.push_str(text.get(..end).unwrap_or_default());
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        skip_list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        skip_map(map)
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
}

/// A time in any form that is one.
struct Time;

impl<'de> DeserializeSeed<'de> for Time {
    type Value = Option<i64>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<i64>, D::Error> {
        let seconds = deserializer.deserialize_any(self)?;
        Ok(seconds.filter(|seconds| *seconds >= EARLIEST))
    }
}

impl<'de> Visitor<'de> for Time {
    type Value = Option<i64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time")
    }

    fn visit_str<E>(self, text: &str) -> Result<Option<i64>, E> {
        Ok(instant(text))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Option<i64>, E> {
        Ok(Some(n))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Option<i64>, E> {
        Ok(i64::try_from(n).ok())
    }

    fn visit_f64<E>(self, x: f64) -> Result<Option<i64>, E> {
        Ok(whole_seconds(x))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Option<i64>, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Option<i64>, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Option<i64>, A::Error> {
        skip_list(list).map(|()| None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Option<i64>, A::Error> {
        skip_map(map).map(|()| None)
    }
}

/// RFC 3339 with a zone, or a number of seconds written as text. A time without a zone
/// could be anybody's, so it is not one.
fn instant(text: &str) -> Option<i64> {
    if let Ok(time) = OffsetDateTime::parse(text, &Rfc3339) {
        return Some(time.unix_timestamp());
    }
    text.trim().parse::<f64>().ok().and_then(whole_seconds)
}

fn whole_seconds(seconds: f64) -> Option<i64> {
    // Beyond the year 9999, and for what is no number, there is no instant.
    (seconds.is_finite() && (0.0..253_402_300_800.0).contains(&seconds))
        .then_some(seconds.floor() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(json: &str) -> Entry {
        let mut entry = Entry::default();
        let mut json = serde_json::Deserializer::from_str(json);
        entry.deserialize(&mut json).expect("JSON");
        entry
    }

    #[test]
    fn every_form_of_time_is_read_and_nothing_else() {
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
    fn names_fall_back_in_order_whatever_the_order_in_the_entry() {
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
    fn a_field_that_stands_twice_makes_the_entry_unusable() {
        let entry = entry(r#"{"event_type":"pulse","event_type":"cert","timestamp":1774137600}"#);
        assert_eq!((entry.kind.as_str(), entry.at), ("", None));
    }
}
