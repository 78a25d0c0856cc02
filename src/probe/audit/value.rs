//! Single values of an entry in any JSON type: text, id, time.

use crate::cloud::{MemberValue, skip_values};
use crate::probe::meaning::OwnField;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use time::OffsetDateTime;
use time::format_description::well_known::{Rfc2822, Rfc3339};

/// An id or a name beyond this many bytes is none.
const NAME: usize = 256;
/// No entry is older: the platform did not exist.
const EARLIEST: i64 = 1_577_836_800; // 2020-01-01

/// A value that is no list and no object.
enum Scalar<'a> {
    Text(&'a str),
    Integer(i64),
    /// Beyond what an `i64` holds.
    Large(u64),
    Fraction(f64),
}

/// Reads a value with a function; what is no scalar is skipped, and leaves the default.
struct ReadScalar<F>(F);

impl<'de, T: Default, F: FnOnce(Scalar<'_>) -> T> Visitor<'de> for ReadScalar<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<T, E> {
        Ok((self.0)(Scalar::Text(text)))
    }

    fn visit_i64<E>(self, n: i64) -> Result<T, E> {
        Ok((self.0)(Scalar::Integer(n)))
    }

    fn visit_u64<E>(self, n: u64) -> Result<T, E> {
        let value = i64::try_from(n).map_or(Scalar::Large(n), Scalar::Integer);
        Ok((self.0)(value))
    }

    fn visit_f64<E>(self, x: f64) -> Result<T, E> {
        Ok((self.0)(Scalar::Fraction(x)))
    }

    skip_values!(list object null boolean);
}

/// Keeps at most this many bytes of a text, up to the end of a word, because half an id is another
/// id. Anything but a text leaves it empty.
pub(super) struct TextSeed<'a>(pub(super) &'a mut String, pub(super) usize);

impl<'de> DeserializeSeed<'de> for TextSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Self(kept, most) = self;
        kept.clear();
        deserializer.deserialize_any(ReadScalar(|value: Scalar<'_>| {
            if let Scalar::Text(text) = value {
                kept.push_str(shortened(text, most));
            }
        }))
    }
}

fn shortened(text: &str, most: usize) -> &str {
    let kept = text.get(..text.floor_char_boundary(most));
    let kept = kept.unwrap_or_default();
    if kept.len() == text.len() {
        return kept;
    }
    let end = kept.rfind(|c: char| c.is_whitespace() || ",;".contains(c));
    kept.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// Keeps an id or a name, which may be a number; what is longer than one is none.
pub(in crate::probe) struct Id<'a>(pub(in crate::probe) &'a mut String);

impl<'de> DeserializeSeed<'de> for Id<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Self(id) = self;
        id.clear();
        deserializer.deserialize_any(ReadScalar(|value: Scalar<'_>| match value {
            Scalar::Text(text) if text.len() <= NAME => id.push_str(text),
            Scalar::Integer(n) => id.push_str(&n.to_string()),
            Scalar::Large(n) => id.push_str(&n.to_string()),
            Scalar::Text(_) | Scalar::Fraction(_) => {}
        }))
    }
}

/// What a field says against its entry, whatever it holds.
pub(super) struct Denial(pub(super) OwnField);

impl<'de> DeserializeSeed<'de> for Denial {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Denial {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, is: bool) -> Result<Self::Value, E> {
        Ok(self.0.denial(MemberValue::Flag(is)))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Self::Value, E> {
        Ok(self.0.denial(MemberValue::Number(n as f64)))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Self::Value, E> {
        Ok(self.0.denial(MemberValue::Number(n as f64)))
    }

    fn visit_f64<E>(self, x: f64) -> Result<Self::Value, E> {
        Ok(self.0.denial(MemberValue::Number(x)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.0.denial(MemberValue::Text(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut held = MemberValue::Nothing;
        while list.next_element::<IgnoredAny>()?.is_some() {
            held = MemberValue::Something;
        }
        Ok(self.0.denial(held))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        if self.0.is_told_inside() {
            return said_inside(map);
        }
        let mut held = MemberValue::Nothing;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            held = MemberValue::Something;
        }
        Ok(self.0.denial(held))
    }
}

/// What the fields of an object say against its entry, a failure before what is still to come.
fn said_inside<'de, A: MapAccess<'de>>(mut map: A) -> Result<Option<&'static str>, A::Error> {
    let mut said = "";
    while let Some(own) = map.next_key_seed(OwnName)? {
        let Some(own) = own else {
            map.next_value::<IgnoredAny>()?;
            continue;
        };
        let told = map.next_value_seed(Denial(own))?;
        said = OwnField::worse(said, told.unwrap_or_default());
    }
    Ok(Some(OwnField::inside(said)).filter(|said| !said.is_empty()))
}

/// The name of a field inside of an object, if it says what became of it.
struct OwnName;

impl<'de> DeserializeSeed<'de> for OwnName {
    type Value = Option<OwnField>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for OwnName {
    type Value = Option<OwnField>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        let own = OwnField::named(name);
        Ok(own.or_else(|| OwnField::is_holder(name).then_some(OwnField::Holder)))
    }
}

/// A detail: a text, of which the beginning is kept, or an object whose fields say what became of the entry.
pub(super) struct DetailSeed<'a>(pub(super) &'a mut String, pub(super) usize);

impl<'de> DeserializeSeed<'de> for DetailSeed<'_> {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.0.clear();
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for DetailSeed<'_> {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a detail")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        self.0.push_str(shortened(text, self.1));
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        said_inside(map)
    }

    skip_values!(list null boolean integer float);
}

/// A time in any form that is one.
pub(in crate::probe) struct Time;

impl<'de> DeserializeSeed<'de> for Time {
    type Value = Option<i64>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<i64>, D::Error> {
        let seconds =
            deserializer.deserialize_any(ReadScalar(|value: Scalar<'_>| match value {
                Scalar::Text(text) => instant(text),
                Scalar::Integer(n) => whole_seconds(n as f64),
                Scalar::Large(_) => None,
                Scalar::Fraction(x) => whole_seconds(x),
            }))?;
        Ok(seconds.filter(|seconds| *seconds >= EARLIEST))
    }
}

/// The same of a value that was read already.
pub(in crate::probe) fn moment(value: MemberValue<'_>) -> Option<i64> {
    let seconds = match value {
        MemberValue::Text(text) => instant(text),
        MemberValue::Number(number) => whole_seconds(number),
        _ => None,
    };
    seconds.filter(|seconds| *seconds >= EARLIEST)
}

/// RFC 3339 with a zone, also `+0000` for it and a blank before the time, as databases write it,
/// the date of a mail, or a number written as text. A time without a zone could be anybody's, so it
/// is not one.
fn instant(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(time) = OffsetDateTime::parse(text, &Rfc2822) {
        return Some(time.unix_timestamp());
    }
    // `2026-03-22 03:12:09 UTC`
    let own;
    let text = match text.split_once(' ') {
        Some((date, time)) if date.len() == 10 => {
            let time = time
                .replace(" UTC", "Z")
                .replace(" GMT", "Z")
                .replace(' ', "");
            own = format!("{date}T{time}");
            own.as_str()
        }
        _ => text,
    };
    if let Ok(time) = OffsetDateTime::parse(text, &Rfc3339) {
        return Some(time.unix_timestamp());
    }
    if let Some((date, zone)) = text.split_at_checked(text.len().saturating_sub(2))
        && let Ok(time) = OffsetDateTime::parse(&format!("{date}:{zone}"), &Rfc3339)
    {
        return Some(time.unix_timestamp());
    }
    text.parse::<f64>().ok().and_then(whole_seconds)
}

/// A time in seconds, or in thousandths, millionths or billionths of one: from a million
/// millions on, seconds would be beyond the year 9999.
fn whole_seconds(number: f64) -> Option<i64> {
    let seconds = match number {
        1e18.. => number / 1e9,
        1e15.. => number / 1e6,
        1e12.. => number / 1e3,
        _ => number,
    };
    // Beyond the year 9999, and for what is no number, there is no instant.
    (seconds.is_finite() && (0.0..253_402_300_800.0).contains(&seconds))
        .then_some(seconds.floor() as i64)
}
