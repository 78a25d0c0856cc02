//! One entry of the audit feed: its type, its time and a few words, whatever they are called.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
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
    /// Its type in lower case, `-`, `.` and blanks as `_`.
    pub(super) kind: Option<String>,
    /// Its type as it came.
    pub(super) shown: String,
    /// Seconds since 1970.
    pub(super) at: Option<i64>,
    /// The beginning of its detail.
    pub(super) detail: String,
}

impl Entry {
    /// Whether its type speaks of a callback that failed, in any spelling.
    pub(super) fn is_callback_error(&self) -> bool {
        self.kind.as_deref().is_some_and(says_callback_error)
    }

    /// Whether its type or its detail does.
    pub(super) fn mentions_callback_error(&self) -> bool {
        self.is_callback_error() || says_callback_error(&normal(&self.detail))
    }

    /// Whether its type says that a certificate was issued, and not that it failed to be.
    pub(super) fn is_cert_issued(&self) -> bool {
        let denied = ["fail", "error", "not_", "unissued", "revoke"];
        self.is_about("cert")
            && self.is_about("issued")
            && !denied.iter().any(|word| self.is_about(word))
    }

    /// Whether its type says that an agent became known to the platform.
    pub(super) fn is_registration(&self) -> bool {
        (self.is_about("regist") || self.is_about("bonded")) && !self.is_about("unbonded")
    }

    /// Whether its type contains a word.
    pub(super) fn is_about(&self, word: &str) -> bool {
        self.kind.as_deref().is_some_and(|kind| kind.contains(word))
    }
}

fn says_callback_error(text: &str) -> bool {
    text.contains("callback") && (text.contains("error") || text.contains("fail"))
}

fn normal(text: &str) -> String {
    text.chars()
        .map(|c| {
            if matches!(c, '-' | '.' | ' ') {
                '_'
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect()
}

/// The fields that are read, with the rank of each name: the first name wins.
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

#[derive(Clone, Copy, PartialEq)]
enum Field {
    Kind,
    Time,
    Detail,
}

/// A value as far as an entry needs it.
enum Scalar {
    Text(String),
    Seconds(i64),
    Other,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntryVisitor)
    }
}

struct EntryVisitor;

/// What is no object counts as an entry of which nothing can be used.
impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an audit entry")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry, A::Error> {
        let mut entry = Entry::default();
        let mut ranks = [usize::MAX; 3];
        let mut twice = false;
        while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            let Some((field, rank)) = field(&name) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value = map.next_value::<Scalar>()?;
            let best = &mut ranks[field as usize];
            twice |= *best == rank && field != Field::Detail;
            if rank > *best {
                continue;
            }
            *best = rank;
            match (field, value) {
                (Field::Kind, Scalar::Text(text)) if !text.is_empty() => {
                    entry.kind = Some(normal(&text));
                    entry.shown = text;
                }
                (Field::Kind, _) => entry.kind = None,
                (Field::Time, Scalar::Seconds(seconds)) => entry.at = usable(seconds),
                (Field::Time, Scalar::Text(text)) => entry.at = instant(&text).and_then(usable),
                (Field::Time, Scalar::Other) => entry.at = None,
                (Field::Detail, Scalar::Text(text)) => entry.detail = head(&text),
                (Field::Detail, _) => {}
            }
        }
        if twice {
            (entry.kind, entry.at) = (None, None);
        }
        Ok(entry)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Entry, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Entry::default())
    }

    fn visit_unit<E>(self) -> Result<Entry, E> {
        Ok(Entry::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Entry, E> {
        Ok(Entry::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Entry, E> {
        Ok(Entry::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Entry, E> {
        Ok(Entry::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Entry, E> {
        Ok(Entry::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<Entry, E> {
        Ok(Entry::default())
    }
}

fn head(text: &str) -> String {
    text.get(..text.floor_char_boundary(DETAIL))
        .unwrap_or_default()
        .to_owned()
}

fn usable(seconds: i64) -> Option<i64> {
    (seconds >= EARLIEST).then_some(seconds)
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

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(text.to_owned()))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Scalar, E> {
        Ok(Scalar::Seconds(n))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Scalar, E> {
        Ok(i64::try_from(n).map_or(Scalar::Other, Scalar::Seconds))
    }

    fn visit_f64<E>(self, x: f64) -> Result<Scalar, E> {
        Ok(whole_seconds(x).map_or(Scalar::Other, Scalar::Seconds))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Scalar, E> {
        Ok(Scalar::Other)
    }

    fn visit_unit<E>(self) -> Result<Scalar, E> {
        Ok(Scalar::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Scalar, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(json: &str) -> Entry {
        serde_json::from_str(json).expect("JSON")
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
            (both.kind.as_deref(), both.at),
            (Some("peck_sent"), Some(1_774_137_600))
        );
        assert_eq!(entry(r#"{"type":"pulse"}"#).kind.as_deref(), Some("pulse"));
    }

    #[test]
    fn both_spellings_of_callback_error_are_one() {
        for kind in [
            "callback_error",
            "peck.callback-error",
            "CALLBACK_ERROR",
            "peck callback failed",
        ] {
            assert!(
                entry(&format!(r#"{{"event_type":"{kind}"}}"#)).is_callback_error(),
                "{kind}"
            );
        }
        assert!(!entry(r#"{"event_type":"peck.callback"}"#).is_callback_error());
    }

    #[test]
    fn a_field_that_stands_twice_makes_the_entry_unusable() {
        let entry = entry(r#"{"event_type":"pulse","event_type":"cert","timestamp":1774137600}"#);
        assert_eq!((entry.kind, entry.at), (None, None));
    }
}
